"""Makes the files of this folder and of ../../bad/jpeg, and both manifests.

Needs Pillow, numpy, imagecodecs, and cjpeg and jpegtran of libjpeg-turbo. What a file holds is what libjpeg-turbo
decodes it to.
"""

import hashlib
import io
import os
import subprocess

import imagecodecs
import numpy as np
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
BAD = os.path.join(HERE, "..", "..", "bad", "jpeg")
rows, bad_rows = [], []


def picture(h, w, c):
    y, x = np.mgrid[0:h, 0:w]
    planes = [127 + 120 * np.sin(x / (5 + 2 * i) + i) * np.cos(y / (7 - i)) for i in range(c)]
    return np.stack(planes, -1).round().astype(np.uint8)


def saved(image, **options):
    out = io.BytesIO()
    image.save(out, **{"format": "JPEG", **options})
    return out.getvalue()


def run(*command, data):
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


def ppm(a):
    head = b"P6" if a.ndim == 3 else b"P5"
    return head + b"\n%d %d\n255\n" % (a.shape[1], a.shape[0]) + a.tobytes()


def good(name, data, why, made_by, array=None, n_images=1):
    if array is None:
        array = np.asarray(Image.open(io.BytesIO(data)))
    with open(os.path.join(HERE, name), "wb") as f:
        f.write(data)
    digest = hashlib.sha256(np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes()).hexdigest()
    rows.append(
        f'[[file]]\nname = "{name}"\nshape = {list(array.shape)}\ndtype = "{array.dtype.name}"\nsha256 = "{digest}"\n'
        f'n_images = {n_images}\nwhy = "{why}"\nmade_by = "{made_by}"\n'
    )


def bad(name, data, kind, why):
    with open(os.path.join(BAD, name), "wb") as f:
        f.write(data)
    bad_rows.append(f'[[file]]\nname = "{name}"\nkind = "{kind}"\nwhy = "{why}"\n')


rgb = picture(29, 37, 3)
image = Image.fromarray(rgb)
plain = saved(image, quality=80)
good("rgb420.jpg", plain, "4:2:0, the usual case, with blocks cut off at the edges", "Pillow")
good("gray.jpg", saved(Image.fromarray(rgb[..., 0])), "one component", "Pillow")
good("progressive.jpg", saved(image, progressive=True, subsampling=1), "progressive, 4:2:2", "Pillow")
good("restart440.jpg", run("cjpeg", "-sample", "1x2", "-restart", "3B", data=ppm(rgb)), "4:4:0, an interval of 3", "cjpeg")
good("sample410.jpg", run("cjpeg", "-sample", "4x2", data=ppm(rgb)), "colour at a quarter across and half down", "cjpeg")
good("rgb_stored.jpg", saved(image, keep_rgb=True), "RGB without a colour transform", "Pillow")
good("cmyk.jpg", saved(Image.fromarray(picture(20, 17, 4), "CMYK")), "CMYK, inverted as Adobe has it", "Pillow")
good("arithmetic.jpg", run("jpegtran", "-arithmetic", data=plain), "arithmetic coding", "jpegtran")
good(
    "arithmetic_progressive.jpg",
    run("jpegtran", "-arithmetic", "-progressive", data=plain),
    "progressive with arithmetic coding",
    "jpegtran",
)
deep = (picture(21, 18, 3).astype(np.uint16) * 16 + 7)
data = imagecodecs.jpeg_encode(deep, bitspersample=12, level=95)
good("twelve_bits.jpg", data, "12 bits in a sequential frame", "imagecodecs", imagecodecs.jpeg_decode(data))
wide = (picture(19, 23, 1)[..., 0].astype(np.uint16) * 257 + 1)
data = imagecodecs.jpeg_encode(wide, bitspersample=16, lossless=True)
good("lossless16.jpg", data, "16 bits, lossless", "imagecodecs", wide)

exif = Image.Exif()
exif[0x0112] = 6
exif[0x010F] = "Maker"
full = saved(
    image,
    exif=exif,
    icc_profile=b"\0" * 36 + b"acsp" + bytes(range(256)) * 2,
    xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>",
    comment="caf\u00e9".encode(),
    dpi=(300, 150),
)
good("metadata.jpg", full, "EXIF with an orientation, ICC profile, XMP, comment, densities", "Pillow")
out = io.BytesIO()
image.save(out, format="MPO", save_all=True, append_images=[Image.fromarray(picture(16, 24, 3))])
good("two.mpo", out.getvalue(), "two images of different sizes", "Pillow", n_images=2)

bad("cut.jpg", plain[: len(plain) * 2 // 3], "Malformed", "the image data end early")
bad("headers_only.jpg", plain[: plain.index(b"\xff\xda")], "Malformed", "there is no scan")
at = plain.index(b"\xff\xc0")
height = bytearray(plain)
height[at + 5 : at + 7] = b"\0\0"
bad("no_height.jpg", bytes(height), "Unsupported", "the height would be in a DNL marker")
frame = plain[at : at + 19]
bad("two_frames.jpg", plain[:at] + frame + plain[at:], "Malformed", "two frame headers")
hierarchical = bytearray(plain)
hierarchical[at + 1] = 0xC5
bad("hierarchical.jpg", bytes(hierarchical), "Unsupported", "a hierarchical frame")
table = plain.index(b"\xff\xc4")
overfull = bytearray(plain)
overfull[table + 5] = 9
bad("overfull.jpg", bytes(overfull), "Malformed", "a Huffman table with too many short codes")
quant = plain.index(b"\xff\xdb")
bad("no_table.jpg", plain[:quant] + plain[quant + 2 * 69 :], "Malformed", "no quantisation tables")

with open(os.path.join(HERE, "manifest.toml"), "w") as f:
    f.write("\n".join(rows))
with open(os.path.join(BAD, "manifest.toml"), "w") as f:
    f.write("\n".join(bad_rows))
