"""Small Targa files of every type, and what they must read as. Needs numpy and Pillow."""

import io
import pathlib
import struct
import sys

import numpy as np
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from fixtures import Folder, gray, rgb, rgba, x, y

folder = Folder(__file__)
good, broken = folder.good, folder.broken


def pillow(array, **options):
    out = io.BytesIO()
    image = array if isinstance(array, Image.Image) else Image.fromarray(array)
    image.save(out, "TGA", **options)
    return out.getvalue()


def file(kind, bits, descriptor, pixels, w=17, h=13, palette=b"", start=0, length=0, depth=0):
    return struct.pack("<BBBHHBHHHHBB", 0, int(depth > 0), kind, start, length, depth, 0, 0, w, h, bits, descriptor) + palette + pixels


def read(content):
    image = Image.open(io.BytesIO(content))
    return np.asarray(image.convert(image.palette.mode) if image.mode == "P" else image)


good("rgb24.tga", pillow(rgb), rgb, "24 bits from the bottom", "Pillow")
good("rgba32_rle.tga", pillow(rgba, rle=True), rgba, "32 bits, run lengths", "Pillow")
good("gray8_topdown.tga", pillow(gray, orientation=1), gray, "grey from the top", "Pillow")
la = rgba[..., [0, 3]]
good("la16_rle.tga", pillow(la, rle=True), la, "grey and alpha, run lengths", "Pillow")
index = (x + y) % 5
palette = bytes(v for i in range(5) for v in (i * 3, 255 - i * 5, i * 16))
content = file(1, 8, 0x20, index.astype(np.uint8).tobytes(), palette=palette, start=0, length=5, depth=24)
good("palette24.tga", content, read(content), "a palette of 24 bits", "by hand, read by Pillow")
content = file(9, 8, 0x20, bytes([0x80 | 127, 3, 0x80 | (17 * 13 - 129), 4]), palette=struct.pack("<3H", 0x7C00, 0x83E0, 0x001F), start=2, length=3, depth=16)
want = np.where(np.arange(17 * 13)[:, None] < 128, [0, 255, 0, 0], [0, 0, 255, 255]).astype(np.uint8).reshape(13, 17, 4)
good("palette16_start.tga", content, want, "a palette of 16 bits that starts at 2; runs pass the end of rows", "by hand")
v = ((rgba[..., 3] & 1).astype(np.uint16) << 15) | ((rgb[..., 0] >> 3).astype(np.uint16) << 10) | ((rgb[..., 1] >> 3).astype(np.uint16) << 5) | (rgb[..., 2] >> 3)
content = file(2, 16, 0x31, v.astype("<u2").tobytes())
good("rgba16_right.tga", content, read(content), "16 bits from the right", "by hand, read by Pillow")
area = bytearray(495)
area[:2] = struct.pack("<H", 495)
area[2:8] = b"nobody"
content = file(2, 32, 0x28, rgba[..., [2, 1, 0, 3]].tobytes())
content += bytes(area) + struct.pack("<II", len(content), 0) + b"TRUEVISION-XFILE.\0"
opaque = rgba.copy()
opaque[..., 3] = 255
assert (read(content) == opaque).all()
good("opaque_by_extension.tga", content, opaque, "the extension area says that alpha means nothing", "by hand, checked with Pillow")
wide = bytes(v for i in range(300) for v in (i % 256, i // 2, 255 - i // 2))
table = np.frombuffer(wide, np.uint8).reshape(-1, 3)[:, ::-1]
index = (x * 17 + y * 7) % 300
content = file(1, 16, 0x20, index.astype("<u2").tobytes(), palette=wide, length=300, depth=24)
good("palette_of_300.tga", content, table[index], "indices of 16 bits", "by hand")

broken("truncated.tga", pillow(rgb)[:300], "Malformed", "the pixels end early")
broken("truncated_rle.tga", pillow(rgba, rle=True)[:200], "Malformed", "the packets end early")
broken("long_palette.tga", file(1, 8, 0x20, b"\0" * 221, palette=palette, start=254, length=5, depth=24), "Malformed", "colours that no index reaches")
folder.done()
