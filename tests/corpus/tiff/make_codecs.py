"""Makes files of compressions that few programs write, and their rows of the manifest; needs numpy, imagecodecs, tifffile,
Pillow and libtiff.

    python3 make_codecs.py
"""
import hashlib, re, struct
import imagecodecs, numpy as np, tifffile
from PIL import Image
from libtiff import *

H, W = 13, 21
y, x = np.mgrid[0:H, 0:W]
gray = ((x * 11 + y * 7) % 256).astype('u1')
wave = (np.sin(x / 3.0) * np.cos(y / 4.0) + 1).astype('f4')
rng = np.random.default_rng(11)
rows = []

def note(name, a, why, by):
    le = np.ascontiguousarray(a).astype(a.dtype.newbyteorder('<'))
    rows.append(f'''[[file]]
name = "{name}"
shape = {list(a.shape)}
dtype = "{a.dtype.newbyteorder('=').name}"
sha256 = "{hashlib.sha256(le.tobytes()).hexdigest()}"
n_images = 1
why = "{why}"
made_by = "make_codecs.py with {by}"
''')

def ycbcr(name, h, v, compression, why, strip=8, tile=None, more=()):
    """Data units of h by v samples of luma and one each of chroma (TIFF 6.0 section 21)."""
    planes = [rng.integers(0, 256, (-(-64 // s), -(-64 // t)), 'u1') for s, t in ((1, 1), (v, h), (v, h))]
    def chunk(r, c):
        n, m = (tile or (r.stop - r.start, W))
        out = []
        for j in range(r.start // v, -(-(r.start + n) // v)):
            for i in range(c.start // h, -(-(c.start + m) // h)):
                out += [planes[0][j * v:j * v + v, i * h:i * h + h].ravel(), planes[1][j, i:i + 1], planes[2][j, i:i + 1]]
        return np.concatenate(out)
    fields = [(BITSPERSAMPLE, 8), (COMPRESSION, compression), (PHOTOMETRIC, 6), (SAMPLESPERPIXEL, 3), (YCBCRSUBSAMPLING, h, v), *more]
    write(name, (H, W), fields, chunk, strip, tile)
    note(name, rgb(name, (H, W)), why, 'libtiff, whose RGBA interface gives the pixels')

ycbcr('ycbcr420.tif', 2, 2, 1, 'chroma of half the size, uncompressed')
ycbcr('ycbcr422_lzw.tif', 2, 1, 5, 'chroma of half the width, LZW', strip=5)
ycbcr('ycbcr440_deflate.tif', 1, 2, 8, 'chroma of half the height, deflate')
ycbcr('ycbcr411_tiles.tif', 4, 1, 32773, 'chroma of a quarter of the width, PackBits, tiles over the edge', tile=(16, 16))
ycbcr('ycbcr444by4.tif', 4, 4, 5, 'chroma of a quarter of both sides, LZW')
ycbcr('ycbcr_range.tif', 2, 2, 5, 'chroma with coefficients and black and white of video',
      more=[(YCBCRCOEFFICIENTS, [.2126, .7152, .0722]), (REFERENCEBLACKWHITE, [16., 235., 128., 240., 128., 240.])])

def patch(name, changes):
    """Overwrites the values of tags in place."""
    b = bytearray(open(name, 'rb').read())
    e = '<' if b[:2] == b'II' else '>'
    ifd, = struct.unpack_from(e + 'I', b, 4)
    for k in range(struct.unpack_from(e + 'H', b, ifd)[0]):
        at = ifd + 2 + 12 * k
        tag, kind, count = struct.unpack_from(e + 'HHI', b, at)
        if tag in changes:
            assert kind == 3
            place = at + 8 if count < 3 else struct.unpack_from(e + 'I', b, at + 8)[0]
            struct.pack_into(f'{e}{count}H', b, place, *[changes[tag]] * count)
    open(name, 'wb').write(b)

def pixarlog(name, a, fmt, bits, kind, why, strip=5, tile=None, mode='w'):
    samples = a.shape[2] if a.ndim == 3 else 1
    fields = [(BITSPERSAMPLE, bits), (SAMPLEFORMAT, kind), (SAMPLESPERPIXEL, samples), (PHOTOMETRIC, 2 if samples == 3 else 1), (COMPRESSION, 32909), (PIXARLOGDATAFMT, fmt)]
    edge = lambda p: np.pad(p, [(0, tile[0] - p.shape[0]), (0, tile[1] - p.shape[1])] + [(0, 0)] * (p.ndim - 2), mode='edge') if tile else p
    write(name, a.shape, fields, lambda r, c: edge(a[r, c]), strip, tile, mode)
    # libtiff says 8 bits of every file that it writes.
    patch(name, {BITSPERSAMPLE: bits, SAMPLEFORMAT: kind})
    # Older versions of libtiff than imagecodecs has do not sum up single samples.
    decoded = imagecodecs.tiff_decode(open(name, 'rb').read())
    assert decoded.dtype == a.dtype and np.abs(decoded.astype('f8') - a).max() < a.max() / 50, name
    note(name, decoded, why, 'libtiff')

pixarlog('pixarlog8.tif', gray, 0, 8, 1, 'logarithms as 8-bit samples')
pixarlog('pixarlog16_rgb.tif', np.stack([gray, gray[::-1], 255 - gray], -1).astype('u2') * 257, 4, 16, 1, 'logarithms as 16-bit RGB')
pixarlog('pixarlog_f32.tif', wave, 5, 32, 3, 'logarithms as floats')

def sgilog(name, a, compression, photometric, why, strip=5, tile=None, mode='w'):
    fields = [(COMPRESSION, compression), (PHOTOMETRIC, photometric), (SAMPLESPERPIXEL, 3 if a.ndim == 3 else 1), (BITSPERSAMPLE, 32), (SGILOGDATAFMT, 0)]
    edge = lambda p: np.pad(p, [(0, tile[0] - p.shape[0]), (0, tile[1] - p.shape[1])] + [(0, 0)] * (p.ndim - 2), mode='edge') if tile else p
    write(name, a.shape, fields, lambda r, c: edge(a[r, c]), strip, tile, mode)
    note(name, read(name, a.shape, 'f4', strip, tile, [(SGILOGDATAFMT, 0)]), why, 'libtiff')

luminance = np.where(y == 3, 0, np.exp2((x - 10) * 1.3 + y / 3)).astype('f4')
xyz = np.stack([luminance * (.7 + x / 60), luminance, luminance * (.4 + y / 12)], -1).astype('f4')
sgilog('logl.tif', np.where(x == 4, -luminance, luminance), 34676, 32844, 'luminance as a logarithm')
sgilog('logluv32_be.tif', xyz, 34676, 32845, 'luminance and chromaticity of 32 bits', mode='wb')
sgilog('logluv24_tiles.tif', xyz, 34677, 32845, 'luminance and chromaticity of 24 bits, tiles', tile=(16, 16))

def thunder(row):
    """ThunderScan by its description: raw pixels, runs, differences."""
    out, last, k = b'', 0, 0
    while k < len(row):
        run = 0
        # libtiff loses runs that end a row.
        while k + run < len(row) - 1 and row[k + run] == last and run < 63: run += 1
        d = [(int(v) - int(p) + 8) % 16 - 8 for v, p in zip(row[k:k + 3], [last, *row[k:k + 2]])]
        if run > 1:
            out += bytes([run]); k += run
        elif len(d) == 3 and all(abs(v) <= 1 for v in d):
            out += bytes([0x40 | sum((v & 3) << s for v, s in zip(d, (4, 2, 0)))]); k += 3
        elif len(d) > 1 and all(abs(v) <= 3 for v in d[:2]):
            out += bytes([0x80 | (d[0] & 7) << 3 | d[1] & 7]); k += 2
        else:
            out += bytes([0xc0 | int(row[k])]); k += 1
        last = int(row[k - 1])
    return out

four = np.where(y < 6, np.abs((x + y) % 9 - 4), np.where(y < 9, rng.integers(0, 16, (H, W)), x // 4 * 3 % 16)).astype('u1')
data = b''.join(map(thunder, four))
entries = [(256, 4, 1, W), (257, 4, 1, H), (258, 3, 1, 4), (259, 3, 1, 32809), (262, 3, 1, 1), (273, 4, 1, 8 + 2 + 9 * 12 + 4), (277, 3, 1, 1), (278, 4, 1, H), (279, 4, 1, len(data))]
open('thunderscan.tif', 'wb').write(b'II*\0\x08\0\0\0' + struct.pack('<H', len(entries)) + b''.join(struct.pack('<HHII', *e) for e in entries) + b'\0\0\0\0' + data)
packed = read('thunderscan.tif', (H, (W + 1) // 2), 'u1')
assert np.array_equal(np.stack([packed >> 4, packed & 15], -1).reshape(H, -1)[:, :W], four)
note('thunderscan.tif', four, '4-bit pixels as runs and differences', 'struct, read back by libtiff')

# Palettes; tests/palette.rs of the plugin has the digests of the colours, which are printed here.
def palette(name, indices, colours, why, by):
    a = np.ascontiguousarray(colours)
    print(name, a.shape, a.dtype, hashlib.sha256(a.tobytes()).hexdigest())
    note(name, indices, why, by)

index = (gray // 4).astype('u1')
table = rng.integers(0, 256, (256, 3), 'u1')
im = Image.fromarray(index, 'P')
im.putpalette(table.tobytes())
im.save('palette8.tif', compression='tiff_lzw')
palette('palette8.tif', index, np.asarray(Image.open('palette8.tif').convert('RGB')), 'a palette of 8-bit colours', 'Pillow')

wide = rng.integers(0, 65536, (3, 256), 'u2')
with tifffile.TiffWriter('palette16_pages.tif', shaped=False) as t:
    for k in (1, 3): t.write(index // k, photometric='palette', colormap=wide // k, metadata=None)
with tifffile.TiffFile('palette16_pages.tif') as t:
    pages = [np.moveaxis(p.colormap[:, p.asarray()], 0, -1) for p in t.pages]
palette('palette16_pages.tif', np.stack([index, index // 3]), np.stack(pages), 'pages with palettes of their own, of 16-bit colours', 'tifffile')

def packed(name, values, bits, why):
    lines = [''.join(format(int(v), f'0{bits}b') for v in r) for r in values]
    data = b''.join(int(r.ljust(-(-len(r) // 8) * 8, '0'), 2).to_bytes(-(-len(r) // 8), 'big') for r in lines)
    colours = np.arange(3 << bits, dtype='u2') * (65535 // (3 << bits)) // 257 * 257
    at = 8 + 2 + 10 * 12 + 4
    entries = [(256, 4, 1, W), (257, 4, 1, H), (258, 3, 1, bits), (259, 3, 1, 1), (262, 3, 1, 3), (273, 4, 1, at + colours.nbytes), (277, 3, 1, 1), (278, 4, 1, H), (279, 4, 1, len(data)), (320, 3, 3 << bits, at)]
    open(name, 'wb').write(b'II*\0\x08\0\0\0' + struct.pack('<H', len(entries)) + b''.join(struct.pack('<HHII', *e) for e in entries) + b'\0\0\0\0' + colours.tobytes() + data)
    palette(name, values.astype(bool) if bits == 1 else values, rgb(name, values.shape), why, 'struct, shown by libtiff')

packed('palette4.tif', four, 4, 'indices of 4 bits')
packed('palette1.tif', four & 1, 1, 'indices of one bit')

def jpeg(name, a, why, args, **kw):
    bits = args.get('bitspersample')
    tifffile.imwrite(name, a, compression='jpeg', compressionargs=args, bitspersample=bits, photometric='rgb' if a.ndim == 3 else 'minisblack', **kw)
    note(name, tifffile.imread(name), why, 'tifffile')

smooth = (np.sin(x / 9) * 1500 + np.cos(y / 7) * 500 + 2040).astype('u2')
jpeg('jpeg12.tif', smooth, 'JPEG of 12 bits', {'level': 90, 'bitspersample': 12})
jpeg('jpeg12_rgb_tiles.tif', np.stack([smooth, smooth[::-1], 4095 - smooth], -1), 'JPEG of 12 bits and three components, subsampled, in tiles', {'level': 90, 'bitspersample': 12}, tile=(16, 16))
jpeg('jpeg_lossless16.tif', smooth * 16 + gray, 'lossless JPEG', {'lossless': True, 'predictor': 4, 'bitspersample': 16})

old = open('manifest.toml').read()
kept = [row for row in re.split(r'\n(?=\[\[file\]\])', old) if 'make_codecs.py' not in row]
open('manifest.toml', 'w').write('\n'.join([row.rstrip('\n') + '\n' for row in kept] + rows))
