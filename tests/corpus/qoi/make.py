"""Small QOI files, and what they must read as. Needs numpy and Pillow."""

import hashlib
import io
import pathlib
import struct

import numpy as np
from PIL import Image

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


def pillow(array, **options):
    out = io.BytesIO()
    Image.fromarray(array).save(out, "QOI", **options)
    return out.getvalue()


good("rgb.qoi", pillow(rgb), rgb, "three channels", "Pillow")
good("rgba.qoi", pillow(rgba), rgba, "four channels", "Pillow")
flat = np.full((40, 50, 3), 7, np.uint8)
flat[20, 20:30] = 9
good("runs.qoi", pillow(flat), flat, "long runs", "Pillow")
good("linear.qoi", pillow(rgb, colorspace="linear"), rgb, "a linear colour space", "Pillow")
noise = np.random.default_rng(1).integers(0, 256, (12, 13, 4), dtype=np.uint8)
good("noise.qoi", pillow(noise), noise, "no two pixels alike", "Pillow")

broken("truncated.qoi", pillow(rgba)[:-60], "Malformed", "the codes end early")
broken("channels.qoi", b"qoif" + struct.pack(">IIBB", 2, 2, 5, 0) + b"\0" * 20, "Malformed", "five channels")
broken("huge.qoi", b"qoif" + struct.pack(">IIBB", 60000, 60000, 4, 0) + b"\0" * 20, "Malformed | LimitExceeded", "pixels that are not there")
done()
