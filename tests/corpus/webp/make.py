#!/usr/bin/env python3
"""Makes the files of this folder and of ../../bad/webp, with their manifests. Needs numpy and Pillow (libwebp).

Pillow encodes; what Pillow decodes again is what a default read has to give, bit for bit.
"""
import hashlib, io, pathlib, struct
import numpy as np
import PIL
from PIL import Image

HERE = pathlib.Path(__file__).parent
BAD = HERE.parent.parent / "bad" / "webp"
BAD.mkdir(parents=True, exist_ok=True)
good, bad = [], []


def picture(height, width, channels, seed):
    """Slopes, an edge, some noise; alpha from clear to opaque."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    rng = np.random.default_rng(seed)
    planes = [128 + 90 * np.sin(x / (5 + c) + seed) + 30 * np.cos(y / (3 + c)) + 60 * (x + y > width) for c in range(3)]
    planes = [p + rng.normal(0, 4, p.shape) for p in planes]
    if channels == 4:
        planes.append(np.clip(20 * (x - y / 2), 0, 255))
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


def add(name, why, data):
    (HERE / name).write_bytes(data)
    image = Image.open(io.BytesIO(data))
    array = np.asarray(image)
    good.append(dict(name=name, shape=list(array.shape), dtype=str(array.dtype),
                     sha256=hashlib.sha256(array.tobytes()).hexdigest(), n_images=getattr(image, "n_frames", 1),
                     why=why, made_by=f"make.py (Pillow {PIL.__version__})"))


def save(array, **options):
    out = io.BytesIO()
    Image.fromarray(array).save(out, "WEBP", **options)
    return out.getvalue()


def animate(arrays, **options):
    out = io.BytesIO()
    images = [Image.fromarray(a) for a in arrays]
    images[0].save(out, "WEBP", save_all=True, append_images=images[1:], **options)
    return out.getvalue()


def chunk(name, data):
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) & 1)


def riff(*chunks):
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def chunks(data):
    at, out = 12, {}
    while at + 8 <= len(data):
        size = struct.unpack("<I", data[at + 4:at + 8])[0]
        out[data[at:at + 4]] = data[at + 8:at + 8 + size]
        at += 8 + size + (size & 1)
    return out


def u24(*values):
    return b"".join(struct.pack("<I", v)[:3] for v in values)


rgb, rgba = picture(29, 37, 3, 1), picture(29, 37, 4, 2)
add("lossy.webp", "one chunk, an odd size", save(rgb, quality=60))
add("lossy_coarse.webp", "strong loop filter, segments", save(picture(70, 90, 3, 3), quality=8, method=6))
add("lossy_alpha.webp", "alpha in a chunk of its own", save(rgba, quality=70))
add("lossless.webp", "predictors and colour transforms", save(rgb, lossless=True))
add("lossless_alpha.webp", "colours under transparency are kept", save(rgba, lossless=True, exact=True))
few = (np.indices((40, 33)).sum(0) // 7 % 3 * 120).astype(np.uint8)
add("lossless_palette.webp", "packed palette indices", save(np.stack([few, 255 - few, few], -1), lossless=True))
exif = Image.Exif()
exif[0x0112], exif[0x010f] = 6, "Example"
xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">imageio</x:xmpmeta>'
add("metadata.webp", "ICC, EXIF with an orientation, XMP",
    save(rgb[:12], quality=50, icc_profile=b"a profile".ljust(140, b"."), exif=exif, xmp=xmp))
base = picture(48, 60, 4, 5)
frames = [base]
for k in range(4):
    frame = frames[-1].copy()
    frame[4 + 6 * k:24 + 6 * k, 8 * k:12 + 8 * k] = picture(20, 20, 4, 10 + k)[:, :12]
    frame[30:40, 40:50, 3] = 255 * (k % 2)
    frames.append(frame)
few_colours = [f // 64 * 64 + np.array([0, 0, 0, 63], np.uint8) * (f[..., 3:] > 127) for f in frames]
add("animation.webp", "frames smaller than the canvas, blended or not",
    animate(few_colours, lossless=True, duration=[40, 50, 60, 70, 80], loop=3, minimize_size=True))
add("animation_lossy.webp", "lossy frames, opaque", animate([f[:32, :40, :3] for f in frames[:3]], quality=40, duration=100))

# Frames that are cleared again, which Pillow does not write: put together from its chunks.
parts = [chunks(save(picture(10, 12, 4, k), lossless=True, exact=True))[b"VP8L"] for k in range(3)]
anmf = lambda x, y, bits, part: chunk(b"ANMF", u24(x // 2, y // 2, 11, 9, 25) + bytes([bits]) + chunk(b"VP8L", part))
vp8x = lambda flags, w, h: chunk(b"VP8X", bytes([flags, 0, 0, 0]) + u24(w - 1, h - 1))
anim = chunk(b"ANIM", bytes([1, 2, 3, 255]) + struct.pack("<H", 0))
add("disposal.webp", "frames are cleared before the next is blended",
    riff(vp8x(0x12, 24, 20), anim, anmf(2, 2, 1, parts[0]), anmf(6, 4, 1, parts[1]), anmf(8, 8, 0, parts[2])))

# Alpha that is stored as it is, filtered by gradients.
alpha = rgba[..., 3].astype(int)
padded = np.pad(alpha, ((1, 0), (1, 0)))
guess = np.clip(padded[1:, :-1] + padded[:-1, 1:] - padded[:-1, :-1], 0, 255)
guess[0, 1:], guess[1:, 0], guess[0, 0] = alpha[0, :-1], alpha[:-1, 0], 0
lossy = chunks(save(rgba, quality=30))[b"VP8 "]
plain = bytes([3 << 2]) + ((alpha - guess) % 256).astype(np.uint8).tobytes()
add("alpha_gradient.webp", "alpha without compression, filtered by gradients",
    riff(vp8x(0x10, 37, 29), chunk(b"ALPH", plain), chunk(b"VP8 ", lossy)))


def refuse(name, kind, why, data):
    (BAD / name).write_bytes(data)
    bad.append(dict(name=name, kind=kind, why=why))


whole = save(rgb, quality=60)
refuse("truncated.webp", "Malformed", "the file ends inside the pixels", whole[:len(whole) * 2 // 3])
refuse("lying_length.webp", "Malformed", "the coefficients end early, and the lengths agree",
       riff(chunk(b"VP8 ", chunks(whole)[b"VP8 "][:-60])))
refuse("outside.webp", "Malformed", "a frame leaves the canvas", riff(vp8x(0x12, 16, 16), anim, anmf(6, 4, 0, parts[0])))
refuse("sizes.webp", "Malformed", "image and file disagree on the size",
       riff(vp8x(0, 99, 29), chunk(b"VP8 ", chunks(whole)[b"VP8 "])))
refuse("no_image.webp", "Malformed", "metadata alone", riff(vp8x(8, 10, 10), chunk(b"EXIF", b"II*\0\x08\0\0\0\0\0")))
refuse("lossless_noise.webp", "Malformed", "lossless data that are noise",
       riff(chunk(b"VP8L", parts[0][:5] + bytes(range(7, 250, 3)))))
refuse("inter_frame.webp", "Unsupported", "a frame that refers to another one",
       riff(chunk(b"VP8 ", b"\x31" + chunks(whole)[b"VP8 "][1:])))


def manifest(folder, rows):
    def value(v):
        return '"%s"' % v if isinstance(v, str) else str(v)
    text = "\n".join("[[file]]\n" + "".join(f"{k} = {value(v)}\n" for k, v in row.items()) for row in rows)
    (folder / "manifest.toml").write_text(text)


manifest(HERE, good)
manifest(BAD, bad)
