"""Small Netpbm files of every member, and what they must read as. Needs numpy."""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from fixtures import Folder, gray, rgb, rgba, x, y

folder = Folder(__file__)
good, broken = folder.good, folder.broken


deep = (rgba.astype(np.uint16) * 257) ^ 0x1234
float3 = (rgb.astype(np.float32) - 60) / 37
mask = (x + y) % 3 == 0


def text(array):
    return "\n".join(" ".join(str(int(v)) for v in row.ravel()) for row in array).encode() + b"\n"


good("p6.ppm", b"P6\n# made by hand\n17 13\n255\n" + rgb.tobytes(), rgb, "colour, 8 bits", "numpy")
good("p5_16.pgm", b"P5 17 13 65535\n" + deep[..., 0].astype(">u2").tobytes(), deep[..., 0], "grey, 16 bits", "numpy")
good("p5_1023.pgm", b"P5 17 13 1023\n" + (deep[..., 0] >> 6).astype(">u2").tobytes(), deep[..., 0] >> 6, "16 bits keep their numbers", "numpy")
small = rgb % 32
good("p3_31.ppm", b"P3\n17 13 # comment\n31\n" + text(small), np.array([round(v / 31 * 255) for v in range(32)], np.uint8)[small], "text; 8 bits are stretched", "numpy")
good("p4.pbm", b"P4\n17 13\n" + np.packbits(mask, axis=1).tobytes(), ~mask, "bits; 1 is black", "numpy")
good("p1.pbm", b"P1\n17 13\n" + b"\n".join(bytes(48 + v for v in row) for row in mask.astype(np.uint8)), ~mask, "digits without space", "numpy")
pam = b"P7\nWIDTH 17\nHEIGHT 13\nDEPTH %d\nMAXVAL %d\nTUPLTYPE %s\nENDHDR\n"
good("rgba.pam", pam % (4, 255, b"RGB_ALPHA") + rgba.tobytes(), rgba, "with alpha", "numpy")
good("la16.pam", pam % (2, 65535, b"GRAYSCALE_ALPHA") + deep[..., :2].astype(">u2").tobytes(), deep[..., :2], "grey and alpha, 16 bits", "numpy")
good("bw.pam", pam % (1, 1, b"BLACKANDWHITE") + mask.astype(np.uint8).tobytes(), mask, "1 is white here", "numpy")
good("color_be.pfm", b"PF\n17 13\n1.0\n" + float3[::-1].astype(">f4").tobytes(), float3, "floating point, big-endian", "numpy")
good("gray_scale2.pfm", b"Pf\n17 13\n-2.0\n" + float3[::-1, :, 0].astype("<f4").tobytes(), float3[..., 0] * np.float32(0.5), "floating point with a scale", "numpy")
good("two.pgm", b"P5 17 13 255\n" + gray.tobytes() + b"P6 5 4 255\n" + rgb[:4, :5].tobytes(), gray, "two pictures in one file", "numpy", 2)

broken("truncated.ppm", b"P6 17 13 255\n" + rgb.tobytes()[:-1], "Malformed", "one byte is missing")
broken("truncated_text.pgm", b"P2 17 13 255\n" + text(gray)[:-30], "Malformed", "numbers are missing")
broken("maxval.pgm", b"P5 17 13 70000\n" + gray.tobytes() * 2, "Malformed", "a maximum beyond 65535")
broken("sample_above_maxval.pgm", b"P2 2 1 9\n3 10\n", "Malformed", "a number above the maximum")
broken("huge.ppm", b"P6 100000 100000 255\n" + rgb.tobytes(), "Malformed | LimitExceeded", "pixels that are not there")
folder.done()
