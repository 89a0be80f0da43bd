#!/usr/bin/env python3
"""Makes the files of this folder and of ../../bad/png, with their manifests. Needs numpy and Pillow.

The pixels are known before anything is encoded: stills are encoded by the few lines below (Pillow has no 16-bit
colour), and what Pillow reads of them is held against that; animations are composed here, in real numbers, by the
formulas of the APNG specification.
"""
import hashlib, io, pathlib, struct, zlib
import numpy as np
import PIL
from PIL import Image

HERE = pathlib.Path(__file__).parent
BAD = HERE.parent.parent / "bad" / "png"
MAGIC = b"\x89PNG\r\n\x1a\n"
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
rng = np.random.default_rng(7)
good, bad = [], []


def chunk(kind, data=b""):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def ihdr(w, h, depth, color, interlaced=False):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, depth, color, 0, 0, interlaced))


def rows(samples, depth, interlaced=False):
    """Filtered rows (type 0, now and then 1 or 2) of (h, w, channels)."""
    out = b""
    for x, y, dx, dy in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        part = samples[y::dy, x::dx]
        if not part.size:
            continue
        above = None
        for i, row in enumerate(part):
            if depth == 16:
                packed = np.frombuffer(row.astype(">u2").tobytes(), np.uint8)
            elif depth == 8:
                packed = row.astype(np.uint8).ravel()
            else:
                bits = np.unpackbits(row.astype(np.uint8).reshape(-1, 1), axis=1)[:, 8 - depth :].ravel()
                packed = np.packbits(bits)
            kind = i % 3 if depth >= 8 else 0
            step = samples.shape[2] * depth // 8
            data = packed.astype(np.int16)
            if kind == 1:
                data[step:] -= packed[:-step]
            elif kind == 2 and above is not None:
                data -= above
            out += bytes([kind]) + (data % 256).astype(np.uint8).tobytes()
            above = packed
    return out


def pixels(samples, depth, interlaced=False):
    return zlib.compress(rows(samples, depth, interlaced), 9)


def still(samples, depth, color, before=b"", behind=b"", interlaced=False, pieces=1):
    h, w, _ = samples.shape
    data = pixels(samples, depth, interlaced)
    size = -(-len(data) // pieces)
    idat = b"".join(chunk(b"IDAT", data[i : i + size]) for i in range(0, len(data), size))
    return MAGIC + ihdr(w, h, depth, color, interlaced) + before + idat + behind + chunk(b"IEND")


def add(name, content, array, why, n_images=1, pillow=True):
    (HERE / name).write_bytes(content)
    assert len(content) < 5000, name
    array = np.ascontiguousarray(array)
    if pillow:
        mode = {2: "LA", 3: "RGB", 4: "RGBA"}.get(array.shape[-1]) if array.ndim == 3 else None
        image = Image.open(io.BytesIO(content))
        read = np.asarray(image.convert(mode) if mode else image)
        assert (read == array).all(), name
    sha = hashlib.sha256(array.astype(array.dtype.newbyteorder("<")).tobytes()).hexdigest()
    good.append((name, list(array.shape), array.dtype.name, sha, n_images, why))


def refuse(name, content, kind, why):
    (BAD / name).write_bytes(content)
    bad.append((name, kind, why))


def ramp(h, w, c, top):
    y, x, k = np.mgrid[0:h, 0:w, 0:c]
    return ((y * 7 + x * 11 + k * 29 + (x * y) // 3) * (top // 97 + 1)) % (top + 1)


# Stills.
bits = ramp(13, 19, 1, 1)
add("gray1.png", still(bits, 1, 0), bits[..., 0].astype(bool), "one bit is bool")
two = ramp(11, 17, 1, 3)
add("gray2_adam7.png", still(two, 2, 0, interlaced=True), (two[..., 0] * 85).astype(np.uint8), "interlaced, samples of 2 bits spread over 8")
wide = ramp(9, 7, 1, 65535)
key = int(wide[4, 3, 0])
array = np.concatenate([wide, np.where(wide == key, 0, 65535)], axis=2).astype(np.uint16)
add("gray16_key.png", still(wide, 16, 0, before=chunk(b"tRNS", struct.pack(">H", key))), array, "a transparent grey becomes alpha, in 16 bits", pillow=False)
deep = ramp(10, 13, 3, 65535).astype(np.uint16)
add("rgb16_adam7.png", still(deep, 16, 2, interlaced=True, pieces=4), deep, "16-bit colour stays so; interlaced; four data chunks", pillow=False)
palette = rng.integers(0, 256, (5, 3), dtype=np.uint8)
alpha = np.array([0, 128, 255, 255, 255], np.uint8)
index = ramp(12, 15, 1, 4)
array = np.concatenate([palette[index[..., 0]], alpha[index]], axis=2)
before = chunk(b"PLTE", palette.tobytes()) + chunk(b"tRNS", alpha[:2].tobytes())
add("palette4_alpha.png", still(index, 4, 3, before=before), array, "a palette with fewer alphas than colours")
rgba = ramp(9, 14, 4, 255).astype(np.uint8)
told = (
    chunk(b"gAMA", struct.pack(">I", 45455))
    + chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000))
    + chunk(b"sRGB", b"\1")
    + chunk(b"iCCP", b"small\0\0" + zlib.compress(b"not really a profile"))
    + chunk(b"cICP", bytes([1, 13, 0, 1]))
    + chunk(b"sBIT", bytes([5, 6, 5, 8]))
    + chunk(b"bKGD", struct.pack(">3H", 1, 2, 3))
    + chunk(b"pHYs", struct.pack(">IIB", 3937, 7874, 1))
    + chunk(b"tIME", struct.pack(">H5B", 2024, 5, 6, 7, 8, 9))
    + chunk(b"eXIf", b"II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0")
    + chunk(b"tEXt", "Author\0Grün".encode("latin-1"))
    + chunk(b"zTXt", b"Note\0\0" + zlib.compress(b"packed"))
    + chunk(b"vpAg", b"private")
)
late = chunk(b"iTXt", "Title\0\0\0ja\0Titel\0日本".encode()) + chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta/>")
add("told.png", still(rgba, 8, 6, before=told, behind=late), rgba, "every metadata chunk, two of them behind the pixels")


# Animations.
def fctl(n, w, h, x, y, delay, dispose, blend):
    return chunk(b"fcTL", struct.pack(">5I2H2B", n, w, h, x, y, *delay, dispose, blend))


def over(below, top):
    b, t = below / 255.0, top / 255.0
    a = t[..., 3:] + b[..., 3:] * (1 - t[..., 3:])
    c = t[..., :3] * t[..., 3:] + b[..., :3] * b[..., 3:] * (1 - t[..., 3:])
    c = np.divide(c, a, out=b[..., :3].copy(), where=a > 0)
    return np.rint(np.concatenate([c, a], axis=2) * 255)


def compose(size, frames):
    canvas, shown = np.zeros((*size, 4)), []
    for k, (part, x, y, dispose, blend) in enumerate(frames):
        h, w, _ = part.shape
        area = (slice(y, y + h), slice(x, x + w))
        saved = canvas.copy()
        canvas[area] = over(canvas[area], part) if blend else part
        shown.append(canvas.astype(np.uint8))
        if dispose == 1 or (dispose == 2 and k == 0):
            canvas[area] = 0
        elif dispose == 2:
            canvas = saved
    return np.stack(shown)


def animation(size, frames, delays, plays, extra=None):
    h, w = size
    out, n = MAGIC + ihdr(w, h, 8, 6) + chunk(b"acTL", struct.pack(">II", len(frames), plays)), 0
    if extra is not None:
        out += chunk(b"IDAT", pixels(extra, 8))
    for k, ((part, x, y, dispose, blend), delay) in enumerate(zip(frames, delays)):
        out += fctl(n, part.shape[1], part.shape[0], x, y, delay, dispose, blend)
        n += 1
        data = pixels(part, 8)
        if k == 0 and extra is None:
            out += chunk(b"IDAT", data)
            continue
        for piece in (data[: len(data) // 2], data[len(data) // 2 :]):
            out += chunk(b"fdAT", struct.pack(">I", n) + piece)
            n += 1
    return out + chunk(b"IEND")


def part(h, w):
    out = rng.integers(0, 256, (h, w, 4), dtype=np.uint8)
    out[..., 3] = rng.choice([0, 60, 128, 255], (h, w))
    return out


size = (8, 10)
frames = [
    (part(8, 10), 0, 0, 0, 0),
    (part(4, 5), 2, 1, 1, 1),
    (part(5, 4), 3, 2, 2, 1),
    (part(3, 6), 4, 5, 0, 1),
    (part(8, 10), 0, 0, 1, 0),
    (part(4, 4), 1, 1, 0, 1),
]
delays = [(1, 10), (2, 10), (30, 0), (1001, 30000), (0, 100), (5, 4)]
moving = animation(size, frames, delays, 3)
add("moving.png", moving, compose(size, frames), "every way to dispose and to blend, translucent pixels, a frame that needs no other", len(frames), pillow=False)
extra = part(8, 10)
cut = frames[1:3]
array = np.concatenate([extra[None], compose(size, cut)])
add("with_still.apng", animation(size, cut, delays[:2], 0, extra), array, "a still in front that is no frame; frames begin on an empty canvas", 3, pillow=False)

# What must be refused.
plain = still(rgba[:4, :5], 8, 6)
at = plain.index(b"IDAT")
length = struct.unpack(">I", plain[at - 4 : at])[0]
refuse("truncated.png", plain[: at + length // 2], "Malformed", "the file ends inside the pixels")
refuse("idat_crc.png", plain[: at + 4 + length] + b"\0\0\0\0" + plain[at + 8 + length :], "Malformed", "wrong checksum of the pixels")
refuse("ihdr_crc.png", plain[:29] + b"\0\0\0\0" + plain[33:], "Malformed", "wrong checksum of the header")
refuse("no_palette.png", still(index, 8, 3), "Malformed", "indexed without a palette")
refuse("rgb_4_bits.png", MAGIC + ihdr(5, 4, 4, 2) + plain[33:], "Malformed", "a bit depth that RGB does not have")
refuse("short_pixels.png", MAGIC + ihdr(50, 40, 8, 6) + plain[33:], "Malformed", "fewer rows than the header says")
refuse("bomb.png", MAGIC + ihdr(1 << 30, 1 << 30, 16, 6) + plain[33:], "LimitExceeded", "eight exabytes out of a hundred bytes")
refuse("unknown_critical.png", plain[:33] + chunk(b"ABcD", b"x") + plain[33:], "Unsupported", "a critical chunk that nobody knows")
refuse("cgbi.png", MAGIC + chunk(b"CgBI", b"\x50\0\x20\2") + plain[8:], "Unsupported", "Apple's variant")
second = [m for m in range(len(moving)) if moving[m : m + 4] == b"fcTL"][2]
refuse("missing_frames.png", moving[: second - 4] + chunk(b"IEND"), "Malformed", "an animation with fewer frames than it declares")

made_by = f"make.py (numpy {np.__version__}, held against Pillow {PIL.__version__} where that reads it)"
with open(HERE / "manifest.toml", "w") as out:
    for name, shape, dtype, sha, n, why in good:
        out.write(f'[[file]]\nname = "{name}"\nshape = {shape}\ndtype = "{dtype}"\nsha256 = "{sha}"\nn_images = {n}\nwhy = "{why}"\nmade_by = "{made_by}"\n\n')
with open(BAD / "manifest.toml", "w") as out:
    for name, kind, why in bad:
        out.write(f'[[file]]\nname = "{name}"\nkind = "{kind}"\nwhy = "{why}"\n\n')
