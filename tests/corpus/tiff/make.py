"""Makes the files of this folder and their manifest; needs numpy, tifffile, imagecodecs and Pillow.

    python3 make.py
"""
import hashlib, struct
import numpy as np, tifffile
from PIL import Image

rng = np.random.default_rng(7)
y, x = np.mgrid[0:13, 0:21]
gray = ((x * 11 + y * 7) % 256).astype('u1')
rgb = np.stack([gray, gray[::-1], 255 - gray], -1)
wave = np.sin(x / 3.0) * np.cos(y / 4.0)
rows = []

def note(name, why, array=None, by='tifffile'):
    a = tifffile.imread(name) if array is None else array
    a = np.ascontiguousarray(a)
    le = a.astype(a.dtype.newbyteorder('<')) if a.dtype.itemsize > 1 else a
    with tifffile.TiffFile(name) as t: n = len(t.series)
    rows.append(f'''[[file]]
name = "{name}"
shape = {list(a.shape)}
dtype = "{a.dtype.newbyteorder('=').name}"
sha256 = "{hashlib.sha256(le.tobytes()).hexdigest()}"
n_images = {n}
why = "{why}"
made_by = "make.py with {by}"
''')

def write(name, array, why, **kw):
    tifffile.imwrite(name, array, **kw)
    assert np.array_equal(tifffile.imread(name), array), name
    note(name, why)

write('gray16_be_strips.tif', (gray.astype('u2') * 257), 'big-endian samples in several strips', byteorder='>', rowsperstrip=5)
write('rgb_lzw_pred_tiles.tif', rgb, 'tiles that reach over the edge, LZW, differences', photometric='rgb', tile=(16, 16), compression='lzw', predictor=True)
write('f32_deflate_fpred_big.tif', wave.astype('f4'), 'BigTIFF, floating-point predictor', bigtiff=True, compression='zlib', predictor=3, rowsperstrip=4)
write('f64_zstd_be.tif', wave, 'Zstandard, big-endian', byteorder='>', compression='zstd')
write('planar_i16_packbits.tif', np.stack([gray, 255 - gray]).astype('i2') - 99, 'planes of samples, PackBits', planarconfig='separate', photometric='minisblack', compression='packbits')
write('bool.tif', gray > 99, 'one bit a sample')
write('complex64.tif', (wave + 1j * wave[::-1]).astype('c8'), 'complex samples')
write('stack_shaped.tif', np.stack([gray, gray // 2, gray // 3]), 'an array of pages with one piece of pixels', photometric='minisblack')
write('hyperstack_imagej.tif', np.arange(2 * 3 * 6 * 8, dtype='u2').reshape(2, 3, 6, 8), 'ImageJ hyperstack', imagej=True, metadata={'axes': 'ZCYX'})
write('stack.ome.tif', np.arange(2 * 3 * 6 * 8, dtype='u1').reshape(2, 3, 6, 8), 'OME-TIFF', metadata={'axes': 'TZYX'})

with tifffile.TiffWriter('pages_mixed.tif', shaped=False) as t:
    for k in range(3): t.write(gray // (k + 1), metadata=None)
    t.write(wave.astype('f4'), metadata=None)
note('pages_mixed.tif', 'plain pages of two kinds: two images')

with tifffile.TiffWriter('pyramid_subifds.tif') as t:
    big = rng.integers(0, 255, (32, 48), 'u1')
    t.write(big, subifds=2, tile=(16, 16), photometric='minisblack')
    t.write(big[::2, ::2], subfiletype=1, tile=(16, 16), photometric='minisblack')
    t.write(big[::4, ::4], subfiletype=1, tile=(16, 16), photometric='minisblack')
note('pyramid_subifds.tif', 'smaller versions in directories below')

Image.fromarray(gray > 99).save('group4.tif', compression='group4')
note('group4.tif', 'fax compression', by='Pillow')
Image.fromarray(gray > 99).save('group3.tif', compression='group3')
note('group3.tif', 'fax compression with line ends', by='Pillow')

def packed(name, values, bits, why):
    """A page of samples of `bits` bits."""
    rows_ = [''.join(format(int(v), f'0{bits}b') for v in r) for r in values]
    data = b''.join(int(r.ljust(-(-len(r) // 8) * 8, '0'), 2).to_bytes(-(-len(r) // 8), 'big') for r in rows_)
    h, w = values.shape
    entries = [(256, 4, 1, w), (257, 4, 1, h), (258, 3, 1, bits), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8 + 2 + 9 * 12 + 4), (277, 3, 1, 1), (278, 4, 1, h), (279, 4, 1, len(data))]
    out = b'II*\0\x08\0\0\0' + struct.pack('<H', len(entries)) + b''.join(struct.pack('<HHII', *e) for e in entries) + b'\0\0\0\0' + data
    open(name, 'wb').write(out)
    note(name, why, by='struct')

packed('packed12.tif', gray.astype('u2') * 16 + 3, 12, 'samples of 12 bits')

open('manifest.toml', 'w').write('\n'.join(rows))

# What must be refused.
bad = []
def broken(name, data, kind, why):
    open(f'../../bad/tiff/{name}', 'wb').write(data)
    bad.append(f'[[file]]\nname = "{name}"\nkind = "{kind}"\nwhy = "{why}"\n')

whole = open('gray16_be_strips.tif', 'rb').read()
broken('short.tif', whole[:-40], 'Malformed', 'the last strip ends early')
broken('header.tif', whole[:6], 'Malformed', 'the header is cut off')
lzw = bytearray(open('rgb_lzw_pred_tiles.tif', 'rb').read())
with tifffile.TiffFile('rgb_lzw_pred_tiles.tif') as t: at = t.pages[0].dataoffsets[0]
lzw[at + 3:at + 12] = b'\xff' * 9
broken('lzw.tif', bytes(lzw), 'Malformed', 'codes that were never defined')
one = bytearray(open('packed12.tif', 'rb').read())
one[10 + 8:10 + 12] = struct.pack('<I', 0)
broken('width0.tif', bytes(one), 'Malformed', 'a width of 0')
one[10 + 8:10 + 12] = struct.pack('<I', 2_000_000_000); one[22 + 8:22 + 12] = struct.pack('<I', 2_000_000_000)
broken('huge.tif', bytes(one), 'LimitExceeded', 'sides that no memory holds')
one = bytearray(open('packed12.tif', 'rb').read())
one[10 + 3 * 12 + 8:10 + 3 * 12 + 10] = struct.pack('<H', 32809)
broken('thunderscan.tif', bytes(one), 'Unsupported', 'ThunderScan of other samples than those of 4 bits')
open('../../bad/tiff/manifest.toml', 'w').write('\n'.join(bad))

import make_codecs
