"""Reads what was written with everything that is there: tifffile, Pillow, OpenImageIO, libtiff's programs.

    read_back.py LIST

LIST has a line for each file: path, SHA-256 of the little-endian bytes, shape, dtype, words. Prints how many files
each reader read and ends with an error if one read anything else than what was written.
"""
import collections, hashlib, os, shutil, subprocess, sys
import numpy as np, tifffile
from PIL import Image
try:
    import OpenImageIO as oiio
except ImportError:
    oiio = None

read, bad = collections.Counter(), []

def check(who, path, array, digest, shape):
    a = np.ascontiguousarray(array)
    le = a.astype(a.dtype.newbyteorder('<'))
    if list(a.shape) != shape or hashlib.sha256(le.tobytes()).hexdigest() != digest:
        bad.append(f'{who}: {path}: {a.shape} {a.dtype}')
    read[who] += 1

def pillow(path, digest, shape, dtype, words):
    """Pillow holds fewer kinds of pixels; of several pages it shows one at a time."""
    with Image.open(path) as im:
        if im.n_frames > 1:
            frames = []
            for k in range(im.n_frames):
                im.seek(k)
                frames.append(np.asarray(im))
            array = np.stack(frames).reshape(shape)
        else:
            array = np.asarray(im).reshape(shape)
    check('Pillow', path, array.astype(dtype), digest, shape)

def libtiff(path, words):
    out = subprocess.run(['tiffinfo', '-D', path], capture_output=True, text=True)
    said = out.stderr.strip()
    # Tags that libtiff has no name for are no error.
    said = '\n'.join(l for l in said.splitlines() if 'Unknown field' not in l)
    if out.returncode or said:
        bad.append(f'tiffinfo: {path}: {said}')
    read['tiffinfo'] += 1
    plain = words.get('plain')
    if plain and not 'tile' in words:
        out = subprocess.run(['tiffcmp', '-t', plain, path], capture_output=True, text=True)
        # Tags that say how pixels are stored differ; pixels may not.
        if 'Scanline' in out.stdout or 'Scanline' in out.stderr or out.returncode not in (0, 1):
            bad.append(f'tiffcmp: {path}: {out.stdout[:200]}{out.stderr[:200]}')
        read['tiffcmp'] += 1

for line in open(sys.argv[1]):
    path, digest, shape, dtype, words = line.rstrip('\n').split('\t')
    words = dict(w.split('=', 1) for w in words.split())
    shape = [int(n) for n in shape.split('x')]
    with tifffile.TiffFile(path) as t:
        page = t.pages[0]
        check('tifffile', path, t.asarray(squeeze=None) if 'squeeze' in words else t.asarray(), digest, shape)
        for key in ('axes', 'kind'):
            if key in words and getattr(t.series[0], key) != words[key]:
                bad.append(f'tifffile: {path}: {key} {getattr(t.series[0], key)!r} is not {words[key]!r}')
        if 'contiguous' in words and (t.series[0].dataoffset is None or tifffile.memmap(path, mode='r').astype(dtype).tobytes() != t.asarray().astype(dtype).tobytes()):
            bad.append(f'tifffile: {path} is not in one piece')
        if 'levels' in words and len(t.series[0].levels) != int(words['levels']):
            bad.append(f'tifffile: {path}: {len(t.series[0].levels)} levels')
    if 'pillow' in words:
        pillow(path, digest, shape, dtype, words)
    if oiio and 'oiio' in words:
        a = oiio.ImageInput.open(path)
        if a is None:
            bad.append(f'OpenImageIO: {path}: {oiio.geterror()}')
        else:
            pixels = a.read_image(dtype if dtype != 'float32' else 'float')
            a.close()
            check('OpenImageIO', path, np.asarray(pixels).astype(dtype).reshape(shape), digest, shape)
    if shutil.which('tiffinfo') and 'libtiff' in words:
        libtiff(path, words)

print(', '.join(f'{who}: {n}' for who, n in sorted(read.items())))
for line in bad[:40]:
    print(line)
print(f'{len(bad)} differences')
sys.exit(bool(bad))
