"""Small farbfeld files, and what they must read as. Needs numpy."""

import pathlib
import struct
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from fixtures import Folder, gray, rgb, rgba, x, y

folder = Folder(__file__)
good, broken = folder.good, folder.broken


def file(array):
    return b"farbfeld" + struct.pack(">II", array.shape[1], array.shape[0]) + array.astype(">u2").tobytes()


deep = (rgba.astype(np.uint16) * 257) ^ 0x1234
good("picture.ff", file(deep), deep, "the plain case", "numpy")
good("one_pixel.ff", file(deep[:1, :1]), deep[:1, :1], "one pixel", "numpy")
good("column.ff", file(deep[:, :1]), deep[:, :1], "one column", "numpy")

broken("truncated.ff", file(deep)[:-1], "Malformed", "one byte is missing")
broken("no_width.ff", b"farbfeld" + struct.pack(">II", 0, 5), "Malformed", "a width of 0")
broken("huge.ff", b"farbfeld" + struct.pack(">II", 2**31, 2**31), "Malformed | LimitExceeded", "pixels that are not there")
folder.done()
