"""Small Radiance pictures, and what they must read as. Needs numpy and OpenCV."""

import pathlib
import struct
import sys

import cv2
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from fixtures import Folder, gray, rgb, rgba, x, y

folder = Folder(__file__)
good, broken = folder.good, folder.broken


codes = np.dstack([rgb, 120 + (x + y) % 20]).astype(np.uint8)
codes[2, 3] = 0


def floats(codes):
    f = np.ldexp(np.float32(1), codes[..., 3].astype(int) - 136).astype(np.float32)
    return np.where(codes[..., 3:] == 0, np.float32(0), codes[..., :3].astype(np.float32) * f[..., None])


def file(resolution, data, lines=b""):
    return b"#?RADIANCE\n" + lines + b"FORMAT=32-bit_rle_rgbe\n\n" + resolution + b"\n" + data


def planes(codes):
    """Each plane as runs of one byte and runs of others."""
    out = b""
    for row in codes:
        out += bytes([2, 2]) + struct.pack(">H", len(row))
        for plane in row.T:
            out += bytes([128 + 3]) + b"%c" % plane[0] if (plane[:3] == plane[0]).all() else bytes([3]) + plane[:3].tobytes()
            out += bytes([len(row) - 3]) + plane[3:].tobytes()
    return out


def checked(content, want):
    path = folder.here / "checked.hdr"
    path.write_bytes(content)
    got = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[..., ::-1]
    path.unlink()
    assert (got == want).all()
    return content


want = floats(codes)
content = checked(file(b"-Y 13 +X 17", codes.tobytes(), b"# by hand\nEXPOSURE=2\nGAMMA=1\n"), want)
good("flat.hdr", content, want, "plain pixels; the exposure is not applied", "by hand, checked with OpenCV")
content = checked(file(b"-Y 13 +X 17", planes(codes), b"SOFTWARE=hand\n"), want)
good("runs.hdr", content, want, "runs of each plane", "by hand, checked with OpenCV")
old = bytes([10, 20, 30, 130, 1, 1, 1, 4, 50, 60, 70, 136])
good("old_runs.hdr", file(b"-Y 1 +X 6", old), floats(np.array([[[10, 20, 30, 130]] * 5 + [[50, 60, 70, 136]]], np.uint8)), "the older kind of runs", "by hand")
good("upside_down.hdr", file(b"+Y 13 -X 17", codes[::-1, ::-1].tobytes()), want, "from the lower right", "by hand")
good("columns.hdr", file(b"+X 17 -Y 13", codes.transpose(1, 0, 2).tobytes()), want, "column by column", "by hand")
good("xyz.hdr", file(b"-Y 13 +X 17", codes.tobytes()).replace(b"rgbe", b"xyze"), want, "CIE XYZ is given as it is", "by hand")

broken("truncated.hdr", file(b"-Y 13 +X 17", codes.tobytes()[:-3]), "Malformed", "the pixels end early")
broken("long_run.hdr", file(b"-Y 1 +X 8", bytes([2, 2, 0, 8, 128 + 9, 7] + [0] * 30)), "Malformed", "a run beyond the end of its plane")
broken("format.hdr", file(b"-Y 1 +X 1", b"\0" * 4).replace(b"32-bit_rle_rgbe", b"16-bit"), "Unsupported", "another pixel format")
broken("huge.hdr", file(b"-Y 60000 +X 60000", codes.tobytes()), "Malformed | LimitExceeded", "pixels that are not there")
folder.done()
