"""Small bitmaps of every header kind, and what they must read as. Needs numpy and Pillow."""

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


def pillow(image, format="BMP", **options):
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def read(content):
    return np.asarray(Image.open(io.BytesIO(content)))


def rows_of(data, stride):
    return b"".join(bytes(r).ljust(stride, b"\0") for r in data)


def file(header, palette, pixels):
    offset = 14 + len(header) + len(palette)
    return b"BM" + struct.pack("<IHHI", offset + len(pixels), 0, 0, offset) + header + palette + pixels


def info(w, h, bits, compression=0, colors=0, size=40, masks=(), extra=b""):
    head = struct.pack("<IiiHHIIiiII", size, w, h, 1, bits, compression, 0, 2835, 2835, colors, 0)
    return (head + b"".join(struct.pack("<I", m) for m in masks) + extra).ljust(size, b"\0")


content = pillow(Image.fromarray(rgb))
good("rgb24.bmp", content, rgb, "24 bits, the plain case", "Pillow")
content = pillow(Image.fromarray(gray))
good("gray8.bmp", content, gray, "8 bits with a grey ramp reads as grey", "Pillow")
mask = (x + y) % 3 == 0
good("bw1.bmp", pillow(Image.fromarray(mask)), mask, "1 bit, black and white", "Pillow")
palette = Image.fromarray(rgb).quantize(16)
content = pillow(palette)
good("pal8.bmp", content, np.asarray(palette.convert("RGB")), "8 bits with colours", "Pillow")

# OS/2 1.x, 4 bits, three bytes a colour.
colors = [(i * 16, 255 - i * 16, i * 7) for i in range(16)]
index = (x + y) % 16
packed = [[(a << 4) | b for a, b in zip(r[0::2], list(r[1::2]) + [0])] for r in index[::-1]]
content = file(struct.pack("<IHHHH", 12, 17, 13, 1, 4), bytes(v for r, g, b in colors for v in (b, g, r)), rows_of(packed, 12))
good("os2_4bit.bmp", content, np.array(colors, np.uint8)[index], "OS/2 1.x header, 4 bits", "by hand")
assert (np.asarray(Image.open(io.BytesIO(content)).convert("RGB")) == np.array(colors, np.uint8)[index]).all()

# Version 4, masks in an unusual order with alpha, highest row first.
pixels = rgba[..., [0, 1, 2, 3]].tobytes()
content = file(info(17, -13, 32, 3, size=108, masks=(0xFF, 0xFF00, 0xFF0000, 0xFF000000)), b"", pixels)
good("v4_rgba_topdown.bmp", content, rgba, "bit fields with alpha, top-down", "by hand")
assert (read(content) == rgba).all()

# 5-6-5 with masks behind a plain header.
v565 = ((rgb[..., 0] >> 3).astype(np.uint16) << 11) | ((rgb[..., 1] >> 2).astype(np.uint16) << 5) | (rgb[..., 2] >> 3)
content = file(info(17, 13, 16, 3) + struct.pack("<III", 0xF800, 0x7E0, 0x1F), b"", rows_of([r.astype("<u2").tobytes() for r in v565[::-1]], 36))
good("rgb565.bmp", content, read(content), "16 bits, 5-6-5", "by hand, read by Pillow")

# 10 bits a channel and 2 of alpha, which Pillow refuses.
v10 = rgba.astype(np.uint32)
word = (v10[..., 0] * 4) << 20 | (v10[..., 1] * 4) << 10 | (v10[..., 2] * 4) | (v10[..., 3] >> 6) << 30
content = file(info(17, 13, 32, 3, size=56, masks=(0x3FF00000, 0xFFC00, 0x3FF, 0xC0000000)), b"", word[::-1].astype("<u4").tobytes())
full = np.stack([v10[..., 0] * 4 * 65535 // 1023, v10[..., 1] * 4 * 65535 // 1023, v10[..., 2] * 4 * 65535 // 1023, (v10[..., 3] >> 6) * 65535 // 3], -1)
good("a2r10g10b10.bmp", content, full.astype(np.uint16), "wide masks keep their precision", "by hand")

# Run lengths with a delta, an absolute run and an early end of bitmap.
rle = bytes([5, 1, 0, 3, 2, 3, 4, 0, 0, 0, 0, 2, 2, 1, 3, 7, 0, 1])
want = np.zeros((5, 8), int)
want[4, :8] = [1, 1, 1, 1, 1, 2, 3, 4]
want[2, 2:5] = 7
palette8 = bytes(v for i in range(256) for v in (i, i * 3 % 256, 255 - i, 0))
table = np.array([[255 - i, i * 3 % 256, i] for i in range(256)], np.uint8)
content = file(info(8, 5, 8, 1), palette8, rle)
good("rle8.bmp", content, table[want], "run lengths, delta, early end", "by hand")
rle4 = bytes([5, 0x12, 0, 3, 0x34, 0x50, 0, 0, 8, 0x66, 0, 1])
want = np.array([[6] * 8, [1, 2, 1, 2, 1, 3, 4, 5]])
content = file(info(8, 2, 4, 2), palette8[:64], rle4)
good("rle4.bmp", content, table[want], "run lengths of 4 bits", "by hand")
# Runs that pass the end of a row: one value is cut off, listed pixels go on in the next row; a line that was full
# needs no other to end it, and an empty one stays empty.
over = bytes([9, 1, 2, 9, 0, 0]) + bytes([4, 2, 0, 6, 3, 4, 5, 6, 7, 8, 3, 9, 0, 0]) + bytes([0, 0, 8, 5, 0, 0, 8, 6])
want = np.zeros((6, 8), int)
want[5], want[4, :4], want[4, 4:], want[3, :2], want[1], want[0] = 1, 2, [3, 4, 5, 6], [7, 8], 5, 6
content = file(info(8, 6, 8, 1), palette8, over)
good("rle8_overlong.bmp", content, table[want], "runs that pass the end of a row, an empty line", "by hand")

# An OS/2 array of two bitmaps.
one = pillow(Image.fromarray(rgb[:4, :5]))
two = pillow(Image.fromarray(rgb[4:8, :5]))
def moved(content, by):
    return content[:10] + struct.pack("<I", struct.unpack("<I", content[10:14])[0] + by) + content[14:]
first = struct.pack("<2sIIHH", b"BA", 40, 14 + len(one), 0, 0)
second = struct.pack("<2sIIHH", b"BA", 40, 0, 0, 0)
content = first + moved(one, 14) + second + moved(two, 28 + len(one))
good("array.bmp", content, rgb[:4, :5], "an OS/2 array of bitmaps", "by hand", 2)

good("bare.dib", pillow(Image.fromarray(rgb))[14:], rgb, "no file header", "Pillow")

broken("truncated.bmp", pillow(Image.fromarray(rgb))[:-40], "Malformed", "the pixels end early")
broken("rle_truncated.bmp", file(info(8, 5, 8, 1), palette8, rle[:6]), "Malformed", "the runs end early")
broken("negative_width.bmp", file(info(-8, 5, 24), b"", b"\0" * 120), "Malformed", "a width below 0")
broken("huge.bmp", file(info(60000, 60000, 24), b"", b"\0" * 120), "Malformed | LimitExceeded", "pixels that are not there")
broken("jpeg_inside.bmp", file(info(8, 5, 0, 4), b"", b"\0" * 120), "Unsupported", "a JPEG stream for printers")
folder.done()
