#!/usr/bin/env python3
"""Makes the GIF files and both manifests; needs Pillow and numpy. Pixels are what Pillow reads, unless said."""
import hashlib, io, os, random, struct
import numpy as np
from PIL import GifImagePlugin, Image, ImageSequence

GifImagePlugin.LOADING_STRATEGY = GifImagePlugin.LoadingStrategy.RGB_AFTER_DIFFERENT_PALETTE_ONLY
here = os.path.dirname(os.path.abspath(__file__))
bad = os.path.join(here, '..', '..', 'bad', 'gif')
rng = random.Random(89)
rows = []

def add(name, data, mode, why, pixels=None):
    if pixels is None:
        im = Image.open(io.BytesIO(data))
        pixels = np.stack([np.asarray(f.convert(mode)) for f in ImageSequence.Iterator(im)])
    with open(os.path.join(here, name), 'wb') as f:
        f.write(data)
    rows.append((name, list(pixels.shape), hashlib.sha256(pixels.tobytes()).hexdigest(), why))

def palette(n):
    return bytes(rng.randrange(256) for _ in range(3 * n))

def head(width, height, colours=b'', background=0):
    bits = (len(colours) // 3 - 1).bit_length()
    return b'GIF89a' + struct.pack('<HHBBB', width, height, 0x80 | bits - 1 if colours else 0, background, 0) + colours

def blocks(data):
    return b''.join(bytes([len(data[i:i + 255])]) + data[i:i + 255] for i in range(0, len(data), 255)) + b'\0'

def lzw(indices, bits):
    """Codes of one width: a clear code comes before they would grow."""
    clear, out, n, codes = 1 << bits, 0, 0, []
    for i, v in enumerate(indices):
        if i % ((1 << bits) - 2) == 0:
            codes.append(clear)
        codes.append(v)
    for code in codes + [clear + 1]:
        out |= code << n
        n += bits + 1
    return bytes([bits]) + blocks(out.to_bytes((n + 7) // 8, 'little'))

def control(disposal=0, delay=0, transparent=None):
    return b'!\xf9\x04' + struct.pack('<BHB', disposal << 2 | (transparent is not None), delay, transparent or 0) + b'\0'

def image(x, y, width, height, bits=3, interlaced=False, local=b'', indices=None):
    if indices is None:
        indices = [rng.randrange(1 << bits) for _ in range(width * height)]
    flags = 0x40 * interlaced | (0x80 | (len(local) // 3 - 1).bit_length() - 1 if local else 0)
    return b',' + struct.pack('<HHHHB', x, y, width, height, flags) + local + lzw(indices, bits)

def pillow(frames, **options):
    out = io.BytesIO()
    frames[0].save(out, 'GIF', save_all=True, append_images=frames[1:], **options)
    return out.getvalue()

noise = [Image.fromarray(np.random.default_rng(k).integers(0, 4, (13, 17, 3), np.uint8) * 85) for k in range(3)]
add('still.gif', pillow(noise[:1]), 'RGB', 'a still, 64 colours, LZW as Pillow writes it')
add('moving.gif', pillow(noise, duration=[30, 70, 110], loop=3, comment=b'three of them'), 'RGB',
    'several frames with local palettes, durations, a loop count and a comment')

keep = head(11, 9, palette(8)) + control(1, 5) + image(0, 0, 11, 9)
keep += control(1, 6, 3) + image(2, 1, 7, 5) + control(0, 7) + image(5, 4, 6, 5, interlaced=True)
keep += control(3, 8) + image(0, 0, 4, 9) + control(1, 9, 1) + image(1, 1, 9, 7) + b';'
add('keep.gif', keep, 'RGB', 'rectangles drawn over each other, one taken back, nothing ever transparent')

dispose = head(12, 10, palette(8), 5) + control(2, 5, 2) + image(0, 0, 12, 10)
dispose += control(3, 6, 2) + image(3, 2, 6, 6) + control(2, 7, 2) + image(1, 1, 5, 8, interlaced=True)
dispose += control(1, 8, 2) + image(6, 0, 6, 10) + control(2, 9, 4) + image(2, 2, 8, 5, local=palette(8))
dispose += control(1, 9, 4) + image(0, 5, 5, 5, local=palette(8)) + b';'
add('dispose.gif', dispose, 'RGBA', 'every disposal, transparency, a local palette')

opaque = head(9, 9, palette(8), 6) + control(2, 5) + image(0, 0, 9, 9) + control(2, 5, 1) + image(2, 3, 5, 4)
opaque += control(1, 5) + image(1, 1, 3, 3) + b';'
add('background.gif', opaque, 'RGBA', 'disposed to the background colour, since the first frame has no transparency')

add('outside.gif', head(6, 5, palette(8)) + control(2, 4, 0) + image(3, 2, 7, 6) + b';', 'RGBA',
    'the first frame reaches outside the screen and enlarges the canvas')

ramp = bytes(v for v in range(256) for _ in range(3))
grey = head(7, 5, ramp) + image(0, 0, 7, 5, 8) + control(1, 3, 2)
grey += image(2, 1, 4, 3, 2, local=ramp[:12]) + b';'
add('grey.gif', grey, 'L', 'grey ramps only, one of them short')

first = np.repeat(np.array([rng.randrange(256) for _ in range(20)], np.uint8).reshape(4, 5, 1), 3, 2)
local = palette(4)
grey = head(5, 4) + image(0, 0, 5, 4, 8, indices=first[..., 0].ravel().tolist())
grey += image(1, 1, 3, 2, 8, local=local, indices=[0, 1, 2, 3, 9, 0]) + b';'
second = first.copy()
for at, index in enumerate([0, 1, 2, 3, 9, 0]):
    second[1 + at // 3, 1 + at % 3] = list(local[3 * index:3 * index + 3]) if index < 4 else 0
add('no_palette.gif', grey, 'RGB', 'no palette, then a short one and an index beyond it (pixels computed here)',
    np.stack([first, second]))

junk = head(6, 4, palette(8)) + b'!\x01\x0c' + bytes(12) + b'\x02hi\0' + image(0, 0, 6, 4) + b'\0\0\0'
junk += b'!\xff\x0bANIMEXTS1.0\x03\x01\x02\0\0' + control(1, 1) + image(0, 0, 0, 4, indices=[])
junk += control(1, 3, 7) + image(4, 1, 2, 2)
add('untidy.gif', junk, 'RGB', 'plain text, bytes between blocks, an empty frame, no trailer (frame 1 is frame 0)',
    np.stack([np.asarray(f.convert('RGB')) for f in ImageSequence.Iterator(Image.open(io.BytesIO(
        junk.replace(control(1, 1) + image(0, 0, 0, 4, indices=[]), b''))))])[[0, 0, 1]])

with open(os.path.join(here, 'manifest.toml'), 'w') as f:
    for name, shape, sha, why in rows:
        f.write(f'[[file]]\nname = "{name}"\nshape = {shape}\ndtype = "uint8"\nsha256 = "{sha}"\n'
                f'n_images = {shape[0]}\nwhy = "{why}"\nmade_by = "make.py"\n\n')

whole = head(8, 8, palette(8)) + image(0, 0, 8, 8) + b';'
broken = [
    ('short.gif', whole[:-12], 'Malformed', 'image data end early'),
    ('header.gif', whole[:20], 'Malformed', 'the global palette ends early'),
    ('empty.gif', head(8, 8, palette(8)) + b';', 'Malformed', 'no image at all'),
    ('code_size.gif', head(8, 8, palette(8)) + image(0, 0, 8, 8).replace(b'\x03', b'\x63', 1) + b';', 'Malformed',
     'an LZW code size of 99'),
    ('code.gif', head(2, 1, palette(4)) + b',' + struct.pack('<HHHHB', 0, 0, 2, 1, 0) + b'\x02\x02\x3c\0\0;', 'Malformed',
     'a code that was never defined'),
    ('canvas.gif', head(0, 7, palette(4)) + b',' + struct.pack('<HHHHB', 0, 0, 0, 1, 0) + b'\x02\0;', 'Malformed',
     'a canvas without pixels'),
    ('second.gif', whole[:-1] + control(1, 1) + image(0, 0, 8, 8)[:-9], 'Malformed', 'the second frame ends early'),
    ('bomb.gif', head(65535, 65535, palette(4)) + image(0, 0, 4, 4, 2) + b';', 'LimitExceeded', '17 GB of background'),
    ('bomb_below.gif', head(16000, 16000, palette(4)) + image(0, 0, 4, 4, 2) + b';', 'LimitExceeded',
     '1 GB of background out of a hundred bytes'),
]
os.makedirs(bad, exist_ok=True)
with open(os.path.join(bad, 'manifest.toml'), 'w') as f:
    for name, content, kind, why in broken:
        with open(os.path.join(bad, name), 'wb') as g:
            g.write(content)
        f.write(f'[[file]]\nname = "{name}"\nkind = "{kind}"\nwhy = "{why}"\n\n')
