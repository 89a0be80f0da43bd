"""Small icons and cursors, and what they must read as. Needs numpy and Pillow."""

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


def icon(image, **options):
    out = io.BytesIO()
    image.save(out, "ICO", **options)
    return out.getvalue()


def dib(w, h, bits, palette, pixels, mask):
    return struct.pack("<IiiHHIIiiII", 40, w, 2 * h, 1, bits, 0, 0, 0, 0, 0, 0) + palette + pixels + mask


def directory(kind, entries):
    """entries: (width, height, first word, second word, payload)"""
    head, data, offset = struct.pack("<HHH", 0, kind, len(entries)), b"", 6 + 16 * len(entries)
    for w, h, a, b, payload in entries:
        head += struct.pack("<BBBBHHII", w % 256, h % 256, 0, 0, a, b, len(payload), offset + len(data))
        data += payload
    return head + data


def png(array):
    out = io.BytesIO()
    Image.fromarray(array).save(out, "PNG")
    return out.getvalue()


good("png_rgba.ico", icon(Image.fromarray(rgba), sizes=[(17, 13)]), rgba, "one PNG inside", "Pillow")
content = icon(Image.fromarray(rgba), sizes=[(17, 13)], bitmap_format="bmp")
good("bmp_rgba.ico", content, rgba, "one bitmap of 32 bits inside", "Pillow")

# 4 bits with a mask, 9 pixels wide.
index = (x[:6, :9] + y[:6, :9]) % 16
clear = (x[:6, :9] * y[:6, :9]) % 4 == 1
palette = bytes(v for i in range(16) for v in (i * 3, 255 - i * 5, i * 16, 0))
table = np.array([[i * 16, 255 - i * 5, i * 3] for i in range(16)], np.uint8)
pixels = b"".join(bytes((a << 4) | b for a, b in zip(r[0::2], list(r[1::2]) + [0])).ljust(8, b"\0") for r in index[::-1])
mask = b"".join(np.packbits(r).tobytes().ljust(4, b"\0") for r in clear[::-1])
payload = dib(9, 6, 4, palette, pixels, mask)
four = np.dstack([table[index], np.where(clear, 0, 255).astype(np.uint8)])
content = directory(1, [(9, 6, 1, 4, payload)])
assert (np.asarray(Image.open(io.BytesIO(content))) == four).all()
good("bmp4_mask.ico", content, four, "4 bits with a mask", "by hand, checked with Pillow")

content = directory(1, [(9, 6, 1, 4, payload), (17, 13, 1, 32, png(rgba)), (8, 8, 1, 32, png(rgb[:8, :8]))])
assert (np.asarray(Image.open(io.BytesIO(content))) == rgba).all()
good("several.ico", content, rgba, "the largest of several is the default", "by hand, checked with Pillow", 3)
good("png_gray.ico", directory(1, [(17, 13, 1, 8, png(gray))]), gray, "a grey PNG stays grey", "by hand")
bw = (x + y) % 3 == 0
good("png_bw.ico", directory(1, [(17, 13, 1, 1, png(bw))]), bw, "a black and white PNG is bool", "by hand")

pixels = rgba[::-1, :, [2, 1, 0, 3]].tobytes()
content = directory(2, [(17, 13, 3, 4, dib(17, 13, 32, b"", pixels, b"\0" * 4 * 13))])
assert (np.asarray(Image.open(io.BytesIO(content))) == rgba).all()
good("arrow.cur", content, rgba, "a cursor with alpha and its hot spot at 3, 4", "by hand, checked with Pillow")
xor = (x[:6, :9] % 2 == 1) & ~clear
bits = b"".join(np.packbits(r).tobytes().ljust(4, b"\0") for r in xor[::-1])
content = directory(2, [(9, 6, 0, 0, dib(9, 6, 1, b"\0\0\0\0\xff\xff\xff\0", bits, mask))])
luma = np.dstack([np.where(xor, 255, 0), np.where(clear, 0, 255)]).astype(np.uint8)
assert (np.asarray(Image.open(io.BytesIO(content))) == luma).all()
good("bw.cur", content, luma, "a black and white cursor: grey and alpha", "by hand, checked with Pillow")

broken("empty_list.ico", struct.pack("<HHH", 0, 1, 0), "Malformed", "no picture")
broken("truncated_list.ico", directory(1, [(9, 6, 1, 4, payload)])[:15], "Malformed", "half of an entry")
broken("truncated_png.ico", icon(Image.fromarray(rgba), sizes=[(17, 13)])[:-90], "Malformed", "the PNG ends early")
broken("truncated_mask.ico", directory(1, [(9, 6, 1, 4, payload)])[:-10], "Malformed", "the mask ends early")
folder.done()
