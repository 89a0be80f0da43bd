"""Small textures, and what they must read as. Needs numpy and Pillow; hashes only of what every decoder agrees on."""

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
    Image.fromarray(array).save(out, "DDS", **options)
    return out.getvalue()


def file(w, h, flags, four_cc, bits, masks, data, mips=1, caps2=0, depth=0, dx10=b""):
    have = 0x1007 | (0x20000 if mips > 1 else 0) | (0x800000 if depth else 0)
    head = struct.pack("<7I", 124, have, h, w, 0, depth, mips) + b"\0" * 44
    head += struct.pack("<4I", 32, flags, four_cc, bits) + struct.pack("<4I", *masks) + struct.pack("<5I", 0x1000, caps2, 0, 0, 0)
    return b"DDS " + head + dx10 + data


def read(content):
    return np.asarray(Image.open(io.BytesIO(content)))


good("rgb.dds", pillow(rgb), rgb, "24 bits by masks", "Pillow")
good("rgba.dds", pillow(rgba), rgba, "32 bits by masks", "Pillow")
good("gray.dds", pillow(gray), gray, "luminance", "Pillow")
good("la.dds", pillow(rgba[..., [0, 3]]), rgba[..., [0, 3]], "luminance and alpha", "Pillow")
half = rgba[..., [0, 3]] >> 4
content = file(17, 13, 0x20001, 0, 8, (0xF, 0, 0, 0xF0), (half[..., 0] | half[..., 1] << 4).tobytes())
good("a4l4.dds", content, half * 17, "luminance and alpha in one byte", "by hand")
v565 = ((rgb[..., 0] >> 3).astype(np.uint16) << 11) | ((rgb[..., 1] >> 2).astype(np.uint16) << 5) | (rgb[..., 2] >> 3)
content = file(17, 13, 0x40, 0, 16, (0xF800, 0x7E0, 0x1F, 0), v565.astype("<u2").tobytes())
good("rgb565.dds", content, read(content), "16 bits by masks", "by hand, read by Pillow")
palette = np.random.default_rng(2).integers(0, 256, (256, 4), dtype=np.uint8)
content = file(17, 13, 0x20, 0, 8, (0,) * 4, palette.tobytes() + gray.tobytes())
good("palette.dds", content, palette[gray], "a palette with alpha", "by hand")
# Two colours a block, chosen so that no rounding is needed.
block = struct.pack("<HHI", 0xFFFF, 0x0000, 0x00FF00FF)
want = np.zeros((4, 4, 4), np.uint8)
want[..., 3] = 255
want[(1, 3), :, :3] = 255
want[(0, 2), :, :3] = [[170] * 3] * 4
content = file(4, 4, 4, int.from_bytes(b"DXT1", "little"), 0, (0,) * 4, struct.pack("<HHI", 0xFFFF, 0x0000, 0x00550055))
want[(0, 2), :, :3] = 0
good("bc1.dds", content, want, "one block of BC1", "by hand")
assert (read(content) == want).all()
# A cube of six faces with two levels each, and a volume of three slices.
faces = [np.full((2, 2, 4), 20 * i, np.uint8) for i in range(6)]
small = [np.full((1, 1, 4), 200 + i, np.uint8) for i in range(6)]
data = b"".join(f.tobytes() + s.tobytes() for f, s in zip(faces, small))
rgba_masks = (0xFF, 0xFF00, 0xFF0000, 0xFF000000)
good("cube.dds", file(2, 2, 0x41, 0, 32, rgba_masks, data, mips=2, caps2=0xFE00), faces[0], "six faces with two levels", "by hand", 6)
slices = [np.full((2, 3, 4), 30 * i, np.uint8) for i in range(3)]
good("volume.dds", file(3, 2, 0x41, 0, 32, rgba_masks, b"".join(s.tobytes() for s in slices), caps2=0x200000, depth=3), slices[0], "three slices", "by hand", 3)
# 16-bit samples by the newer header.
deep = (rgba.astype(np.uint16) * 257) ^ 0x1234
dx10 = struct.pack("<5I", 11, 3, 0, 1, 0)
good("rgba16.dds", file(17, 13, 4, int.from_bytes(b"DX10", "little"), 0, (0,) * 4, deep.astype("<u2").tobytes(), dx10=dx10), deep, "16 bits a channel", "by hand")

broken("truncated.dds", pillow(rgba)[:-9], "Malformed", "the pixels end early")
broken("header.dds", pillow(rgba)[:100], "Malformed", "half of a header")
broken("four_cc.dds", file(4, 4, 4, int.from_bytes(b"WHAT", "little"), 0, (0,) * 4, b"\0" * 64), "Unsupported", "an unknown pixel format")
broken("huge.dds", file(60000, 60000, 4, int.from_bytes(b"DXT1", "little"), 0, (0,) * 4, b"\0" * 64), "Malformed | LimitExceeded", "blocks that are not there")
folder.done()
