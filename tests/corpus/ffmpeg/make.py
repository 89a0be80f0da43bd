"""Small videos, and what they must read as. Needs ffmpeg and numpy; hashes only of what every decoder agrees on."""

import pathlib
import subprocess
import sys
import tempfile

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from fixtures import Folder

folder = Folder(__file__)
scratch = pathlib.Path(tempfile.mkdtemp())
MADE_BY = "ffmpeg 5.1"


def ffmpeg(name, *arguments, feed=None):
    path = scratch / name
    command = ["ffmpeg", "-v", "error", "-y", *map(str, arguments), "-fflags", "+bitexact", "-flags:v", "+bitexact", path]
    subprocess.run(command, check=True, input=feed)
    return path.read_bytes()


def frames(n, height=24, width=32):
    y, x = np.mgrid[0:height, 0:width]
    stack = [np.stack([(x * 7 + 9 * k) % 256, (y * 9 + x * k) % 256, (x + y) * 5 % 256], -1) for k in range(n)]
    return np.stack(stack).astype(np.uint8)


def lossy(name, content, shape, why):
    (folder.here / name).write_bytes(content)
    folder.rows.append(
        f'[[file]]\nname = "{name}"\nshape = {list(shape)}\ndtype = "uint8"\nn_images = {shape[0]}\n'
        f'why = "{why}"\nmade_by = "{MADE_BY}"\n'
    )


rgb = frames(5)
raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "32x24", "-r", "10", "-i", "pipe:0"]
test = ["-f", "lavfi", "-i", "testsrc2=s=48x32:r=25:d=0.6"]
h264 = ["-c:v", "libx264", "-bf", "2", "-g", "6", "-preset", "veryfast", "-x264-params", "open-gop=1"]

ffv1 = ffmpeg("ffv1.mkv", *raw, "-pix_fmt", "bgr0", "-c:v", "ffv1", feed=rgb.tobytes())
folder.good("ffv1.mkv", ffv1, rgb, "lossless colour, a container without a number of frames", MADE_BY, 5)
ffmpeg("upright.mov", *raw, "-c:v", "png", feed=rgb[:3].tobytes())
turned = ffmpeg("turned.mov", "-i", scratch / "upright.mov", "-c", "copy", "-metadata:s:v", "rotate=90")
folder.good("turned.mov", turned, rgb[:3], "a matrix that turns the picture by a quarter", MADE_BY, 3)
ordered = ffmpeg("b_frames.mp4", *test, *h264, "-movflags", "+faststart")
lossy("b_frames.mp4", ordered, (15, 32, 48, 3), "frames that are decoded in another order than shown, open groups")
drop = ["-vf", "select=not(mod(n\\,4)-1)+not(mod(n\\,3))", "-vsync", "vfr", "-c:v", "libvpx-vp9", "-g", "4"]
lossy("varying.webm", ffmpeg("varying.webm", *test, *drop), (8, 32, 48, 3), "frames at varying distances")

broken = folder.broken
broken("empty.mp4", b"", "Malformed", "nothing at all")
broken("text.mp4", b"This is no video, whatever its name says.\n" * 9, "Malformed", "a text under a video's name")
late = ffmpeg("late.mp4", *test, *h264)
broken("no_index.mp4", late[: len(late) * 3 // 5], "Malformed", "cut before the index at the end")
broken("truncated.mp4", ordered[: len(ordered) * 3 // 4], "Malformed", "index at the front, frames cut off")
broken("truncated.mkv", ffv1[: len(ffv1) * 3 // 4], "Malformed", "cut in the middle of a frame")
sound = ffmpeg("sound.mp4", "-f", "lavfi", "-i", "sine=d=0.2", "-c:a", "aac")
broken("sound.mp4", sound, "Unsupported", "sound alone")
avi = ffmpeg("plain.avi", *raw, "-c:v", "mjpeg", feed=rgb[:2].tobytes())
broken("codec.avi", avi.replace(b"MJPG", b"QqZ!"), "Unsupported", "a codec that nobody knows")
small = ffmpeg("small.h264", "-f", "lavfi", "-i", "testsrc2=s=32x32:r=25:d=0.2", "-c:v", "libx264")
large = ffmpeg("large.h264", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=0.2", "-c:v", "libx264")
broken("sizes.h264", small + large, "Unsupported", "frames of two sizes")
folder.done()
