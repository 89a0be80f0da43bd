"""Small QOI files, and what they must read as. Needs numpy and Pillow."""

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
folder.done()
