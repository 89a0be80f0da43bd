"""Small farbfeld files, and what they must read as. Needs numpy."""

import hashlib
import io
import pathlib
import struct

import numpy as np

HERE = pathlib.Path(__file__).parent
BAD = HERE.parent.parent / "bad" / HERE.name
rows, bad = [], []


def good(name, content, array, why, made_by, n_images=1):
    """Writes a file; `array` is what a default read has to give."""
    array = np.ascontiguousarray(array)
    if array.dtype == bool:
        array = array.astype(np.uint8).astype(bool)
    little = array.astype(array.dtype.newbyteorder("<"))
    (HERE / name).write_bytes(content)
    rows.append(
        f'[[file]]\nname = "{name}"\nshape = {list(array.shape)}\ndtype = "{array.dtype.name}"\n'
        f'sha256 = "{hashlib.sha256(little.tobytes()).hexdigest()}"\nn_images = {n_images}\n'
        f'why = "{why}"\nmade_by = "{made_by}"\n'
    )


def broken(name, content, kind, why):
    (BAD / name).write_bytes(content)
    bad.append(f'[[file]]\nname = "{name}"\nkind = "{kind}"\nwhy = "{why}"\n')


def done():
    (HERE / "manifest.toml").write_text("\n".join(rows))
    (BAD / "manifest.toml").write_text("\n".join(bad))


y, x = np.mgrid[0:13, 0:17]
rgba = np.stack([x * 15 % 256, y * 19 % 256, (x + 2 * y) * 7 % 256, (x * y) * 3 % 256], -1).astype(np.uint8)
rgb, gray = rgba[..., :3], rgba[..., 2]


def file(array):
    return b"farbfeld" + struct.pack(">II", array.shape[1], array.shape[0]) + array.astype(">u2").tobytes()


deep = (rgba.astype(np.uint16) * 257) ^ 0x1234
good("picture.ff", file(deep), deep, "the plain case", "numpy")
good("one_pixel.ff", file(deep[:1, :1]), deep[:1, :1], "one pixel", "numpy")
good("column.ff", file(deep[:, :1]), deep[:, :1], "one column", "numpy")

broken("truncated.ff", file(deep)[:-1], "Malformed", "one byte is missing")
broken("no_width.ff", b"farbfeld" + struct.pack(">II", 0, 5), "Malformed", "a width of 0")
broken("huge.ff", b"farbfeld" + struct.pack(">II", 2**31, 2**31), "Malformed | LimitExceeded", "pixels that are not there")
done()
