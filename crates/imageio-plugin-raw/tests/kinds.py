"""DNG files of every kind of packing, by tifffile and imagecodecs, and what they hold: NAME.dng and NAME.bin."""
import sys, numpy as np, tifffile, imagecodecs
folder = sys.argv[1]
MATRIX = (9000, 10000, -2500, 10000, -1000, 10000, -4000, 10000, 12500, 10000, 1500, 10000, -500, 10000, 2000, 10000, 6000, 10000)

def tags(white, cfa=True):
    out = [(271, 's', 0, 'Example', True), (272, 's', 0, 'Synthetic', True), (50706, 'B', 4, b'\1\4\0\0', True),
           (50707, 'B', 4, b'\1\4\0\0', True), (50708, 's', 0, 'Example Synthetic', True),
           (50717, 'I', 1 if cfa else 3, white if cfa else (white,) * 3, True), (50721, '2i', 9, MATRIX, True),
           (50728, '2I', 3, (5500, 10000, 10000, 10000, 7000, 10000), True), (50778, 'H', 1, 21, True)]
    return out + ([(33421, 'H', 2, (2, 2), True), (33422, 'B', 4, b'\0\1\1\2', True)] if cfa else [])

rng = np.random.default_rng(7)
h, w = 192, 256
y, x = np.mgrid[0:h, 0:w]
smooth = (np.sin(x / 31) * np.cos(y / 23) + 1.2) / 2.4
noisy = np.clip(smooth + rng.normal(0, .01, (h, w)), 0, 1)
rgb = np.clip(np.stack([noisy, smooth, 1 - smooth], -1), 0, 1)

def write(name, data, expected, white, cfa=True, **kw):
    tifffile.imwrite(f'{folder}/{name}.dng', data, photometric=32803 if cfa else 34892, extratags=tags(white, cfa), metadata=None, **kw)
    np.ascontiguousarray(expected).astype('<f4' if expected.dtype.kind == 'f' else '<u2').tofile(f'{folder}/{name}.bin')
    print(name, *expected.shape, 'f4' if expected.dtype.kind == 'f' else 'u2')

def tiles(a, side, encode):
    for top in range(0, a.shape[0], side):
        for left in range(0, a.shape[1], side):
            yield encode(np.ascontiguousarray(a[top:top + side, left:left + side]))

for bits in (12, 14, 16):
    full = (1 << bits) - 1
    a = (noisy * full).astype('u2')
    # One component a tile; two are what the plugin's own writer makes.
    write(f'ljpeg{bits}', tiles(a, 64, lambda t: imagecodecs.ljpeg_encode(t, bitspersample=bits)), a, full,
          shape=a.shape, dtype='u2', tile=(64, 64), compression=7)
a = (noisy * 65535).astype('u2')
write('deflate', a, a, 65535, compression=8, tile=(64, 64))
write('deflate_predictor', a, a, 65535, compression=8, predictor=2, tile=(64, 64))
write('strips', a, a, 65535, rowsperstrip=17)
for kind in ('f2', 'f4'):
    f = noisy.astype(kind)
    write('float_' + kind, f, f.astype('f4'), 1, compression=8, predictor=3, tile=(64, 64))
    write('float_plain_' + kind, f, f.astype('f4'), 1)
c = (rgb * 65535).astype('u2')
write('linear', c, c, 65535, cfa=False)
write('linear_deflate', c, c, 65535, cfa=False, compression=8, tile=(64, 64))
# Lossy: eight bits of a curve, in which the decoder's arithmetic may differ by one.
b = (np.sqrt(rgb) * 255).astype('u1')
coded = list(tiles(b, 64, lambda t: imagecodecs.jpeg_encode(t, level=95, colorspace='RGB', outcolorspace='YCbCr', subsampling='444')))
write('lossy', iter(coded), np.zeros((h, w, 3), 'u2'), 65535, cfa=False, shape=b.shape, dtype='u1', tile=(64, 64), compression=34892)
