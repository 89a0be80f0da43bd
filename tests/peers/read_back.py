#!/usr/bin/env python3
"""Reads files that the library wrote with programs that everybody else uses, and compares.

usage: read_back.py LIST     LIST: one file a line, `path <tab> sha256 <tab> shape <tab> dtype <tab> lossless`
Prints a line for each file that differs, then `N read, M differ, K without a reader`.
"""
import hashlib
import sys

import numpy as np
import tifffile
from PIL import Image

Image.MAX_IMAGE_PIXELS = None
PILLOW = {'png', 'jpg', 'bmp', 'ico', 'webp', 'tga', 'ppm', 'pgm', 'pbm', 'gif', 'qoi', 'dds', 'pfm'}


def pillow(path, dtype):
    with Image.open(path) as im:
        if im.mode == 'P':
            im = im.convert('RGBA' if 'transparency' in im.info else 'RGB')
        if im.mode == 'I;16' or (im.mode == 'I' and dtype == 'uint16'):
            return np.asarray(im).astype(np.uint16)
        # Pillow hands out bools whose true is the byte 255.
        return np.asarray(im) != 0 if im.mode == '1' else np.asarray(im)


def read(path, dtype):
    ext = path.rsplit('.', 1)[-1]
    if ext in ('tif', 'tiff'):
        return tifffile.imread(path)
    if ext == 'npy':
        return np.load(path)
    if ext == 'npz':
        with np.load(path) as f:
            return f[f.files[0]]
    if ext in PILLOW:
        return pillow(path, dtype)
    return None


def same_size(array, shape):
    """Formats without a grey or alpha-less form come back with more channels of the same picture."""
    if list(array.shape) == shape:
        return array
    if array.ndim == 3 and len(shape) == 2:
        return array[..., 0]
    if array.ndim == 3 and len(shape) == 3 and array.shape[2] > shape[2]:
        return array[..., [0, 3]] if shape[2] == 2 else array[..., :shape[2]]
    return array


count = differ = without = 0
for line in open(sys.argv[1]):
    path, sha, shape, dtype, lossless = line.rstrip('\n').split('\t')
    shape = [int(n) for n in shape.split('x')]
    name = path.rsplit('/', 1)[-1]
    try:
        array = read(path, dtype)
    except Exception as e:
        print(f'{name}: {type(e).__name__}: {e}')
        differ += 1
        continue
    if array is None:
        without += 1
        continue
    count += 1
    array = same_size(array, shape)
    if list(array.shape) != shape:
        print(f'{name}: shape {list(array.shape)}, written {shape}')
        differ += 1
    elif lossless == 'true':
        array = np.ascontiguousarray(array).astype(np.dtype(dtype).newbyteorder('<'), copy=False)
        if hashlib.sha256(array.tobytes()).hexdigest() != sha:
            print(f'{name}: pixels differ')
            differ += 1
print(f'{count} read, {differ} differ, {without} without a reader')
sys.exit(1 if differ else 0)
