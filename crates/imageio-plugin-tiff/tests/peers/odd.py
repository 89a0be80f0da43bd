"""Makes files that few programs write, and says what tifffile, or libtiff by way of Pillow, finds in them.

    odd.py FOLDER

Prints a line for each: file, feature that reads it, shape, dtype, SHA-256 of its little-endian bytes.
"""
import hashlib, io, itertools, os, shutil, struct, subprocess, sys, warnings
import imagecodecs, numpy as np, tifffile
from PIL import Image

warnings.simplefilter('ignore')
os.chdir(sys.argv[1])
rng = np.random.default_rng(11)

def say(name, feature, a):
    a = np.ascontiguousarray(a)
    le = a.astype(a.dtype.newbyteorder('<'))
    print(name, feature, 'x'.join(map(str, a.shape)), a.dtype.newbyteorder('=').name, hashlib.sha256(le.tobytes()).hexdigest(), sep='\t')

def some(dtype, shape=(20, 31)):
    kind = np.dtype(dtype).kind
    if kind in 'ui':
        info = np.iinfo(dtype)
        return rng.integers(info.min, info.max, shape, dtype, endpoint=True)
    a = rng.random(shape) + (1j * rng.random(shape) if kind == 'c' else 0)
    return a.astype(dtype)

# The predictor for real numbers on others, which sorts their bytes.
for dtype in ('u8', 'c8'):
    for order in '<>':
        name = f'sorted_{dtype}_{"le" if order == "<" else "be"}.tif'
        a = some(dtype)
        tifffile.imwrite(name, a, compression='zlib', predictor=3, byteorder=order)
        # tifffile does not read big-endian complex numbers that it wrote.
        assert np.array_equal(tifffile.imread(name), a) or (dtype, order) == ('c8', '>'), name
        say(name, '', a)

# libtiff's differences of integers as large as real and complex numbers.
if shutil.which('tiffcp'):
    for dtype in ('f2', 'f4', 'f8', 'c8'):
        for order, flag in (('le', '-L'), ('be', '-B')):
            name = f'differences_{dtype}_{order}.tif'
            a = some(dtype)
            tifffile.imwrite('plain.tif', a, photometric='minisblack', metadata=None)
            done = subprocess.run(['tiffcp', flag, '-c', 'zip:2', 'plain.tif', name], capture_output=True)
            if done.returncode == 0:
                say(name, '', a)

    # Its sorted bytes of floats of 24 bits, which no other program writes.
    for order, flag in (('<', '-L'), ('>', '-B')):
        a = some('f4')
        stored = imagecodecs.float24_encode(a, byteorder=order)
        tag = lambda number, kind, value: struct.pack(order + 'HHI', number, kind, 1) + (
            struct.pack(order + 'I', value) if kind == 4 else struct.pack(order + 'HH', value, 0))
        tags = [(256, 4, 31), (257, 4, 20), (258, 3, 24), (259, 3, 1), (262, 3, 1), (273, 4, 134), (277, 3, 1),
                (278, 4, 20), (279, 4, len(stored)), (339, 3, 3)]
        head = struct.pack(order + '2sHIH', b'II' if order == '<' else b'MM', 42, 8, len(tags))
        open('plain.tif', 'wb').write(head + b''.join(tag(*t) for t in tags) + bytes(4) + bytes(stored))
        for predictor in (1, 3):
            name = f'float24_{predictor}{flag}.tif'
            done = subprocess.run(['tiffcp', flag, '-c', f'zip:{predictor}', 'plain.tif', name], capture_output=True)
            # libtiff does not read big-endian ones that it wrote: their bytes are the wrong way round.
            if done.returncode == 0 and (predictor, order) != (3, '>'):
                say(name, '', imagecodecs.float24_decode(stored, byteorder=order).reshape(20, 31))

# GDAL's differences of complex integers as large as both parts.
try:
    import rasterio
except ImportError:
    rasterio = None
for interleave, order, tiled in itertools.product(('band', 'pixel'), ('little', 'big'), (False, True)) if rasterio else ():
    a = rng.integers(-3000, 3000, (3, 20, 31)) + 1j * rng.integers(-3000, 3000, (3, 20, 31))
    name = f'complex_{interleave}_{order}_{tiled}.tif'
    block = {'tiled': True, 'blockxsize': 16, 'blockysize': 16} if tiled else {}
    with rasterio.open(name, 'w', driver='GTiff', count=3, height=20, width=31, dtype='complex_int16', compress='LZW',
                       interleave=interleave, predictor=2, ENDIANNESS=order, **block) as file:
        file.write(a.astype('c8'))
    with rasterio.open(name) as file:
        assert np.array_equal(file.read(), a), name
    say(name, '', (a if interleave == 'band' else np.moveaxis(a, 0, -1)).astype('c8'))

# Volumes whose tiles hold a band or a frame for each plane.
for codec, feature in (('lerc', 'lerc'), ('jpegxl', 'jpegxl')):
    for dtype, shape, tile, more in (
            ('u1', (8, 33, 47), (4, 16, 16), {}), ('u2', (5, 33, 47), (3, 16, 32), {}), ('f4', (5, 33, 47), (8, 48, 48), {}),
            ('u2', (8, 33, 47, 3), (4, 16, 16), {'photometric': 'rgb'}),
            ('u1', (3, 8, 33, 47), (4, 16, 16), {'photometric': 'rgb', 'planarconfig': 'separate'})):
        name = f'volume_{dtype}_{len(shape)}_{shape[0]}.{codec}.tif'
        a = (np.indices(shape).sum(0) * 3 % 200).astype(dtype)
        args = {'lossless': True} if codec == 'jpegxl' else {}
        tifffile.imwrite(name, a, compression=codec, compressionargs=args, volumetric=True, tile=tile, **more)
        assert np.array_equal(tifffile.imread(name), a), name
        say(name, feature, a)

# A tile whose columns are samples to LERC.
a = (np.indices((2, 12, 40)).sum(0) * 3 % 200).astype('f8')
tifffile.imwrite('columns.lerc.tif', a, compression='lerc', volumetric=True, tile=(3, 16, 48))
assert np.array_equal(tifffile.imread('columns.lerc.tif'), a)
say('columns.lerc.tif', 'lerc', a)

# Samples that are rows of pixels to JPEG XL.
name = 'rows.jpegxl.tif'
a = some('u2', (20, 31, 5))
tifffile.imwrite(name, a, compression='jpegxl', compressionargs={'lossless': True}, photometric='minisblack', planarconfig='contig')
assert np.array_equal(tifffile.imread(name), a), name
say(name, 'jpegxl', a)

# JPEG 2000 of many bits; tifffile does not read signed ones of fewer bits than their elements.
for bits, signed, samples in itertools.product((17, 20, 22), (False, True), (1, 3)):
    least = -(1 << (bits - 1)) if signed else 0
    shape = (20, 31) if samples == 1 else (20, 31, samples)
    a = rng.integers(least, least + (1 << bits) - 1, shape, endpoint=True).astype('i4' if signed else 'u4')
    blob = imagecodecs.jpeg2k_encode(a, reversible=True, level=0, bitspersample=bits, codecformat=0, mct=samples == 3)
    assert signed or np.array_equal(imagecodecs.jpeg2k_decode(blob), a), bits
    name = f'wide_{bits}_{signed}_{samples}.jpeg2000.tif'
    tifffile.imwrite(name, iter([bytes(blob)]), shape=a.shape, dtype=a.dtype, compression=34712, photometric='minisblack',
                     planarconfig='contig' if samples == 3 else None, metadata=None)
    say(name, 'jpeg2000', a)

# JPEG of 8 bits in images that say how many bits a sensor has.
for bits in (10, 12, 14, 16):
    name = f'labelled_{bits}.jpeg.tif'
    tifffile.imwrite(name, (np.add.outer(np.arange(48), np.arange(64)) * 2 % 256).astype('u1'), compression='jpeg', metadata=None)
    with tifffile.TiffFile(name, mode='r+') as file:
        file.pages[0].tags[258].overwrite(bits)
    say(name, 'jpeg', tifffile.imread(name))

# JPEG XR whose format gives blue first, with alpha.
a = some('u1', (32, 48, 4))
blob = bytearray(imagecodecs.jpegxr_encode(a))
at = blob.index(bytes.fromhex('2dadc7f58d6add43a7a8a29935261ae9'))
blob[at:at + 16] = bytes.fromhex('24c3dd6f034efe4bb1853d77768dc90f')
tifffile.imwrite('blue.jxr.tif', iter([bytes(blob)]), shape=a.shape, dtype=a.dtype, compression='jpegxr', photometric='rgb',
                 extrasamples=['unassalpha'], tile=(32, 48), metadata=None)
say('blue.jxr.tif', 'jpegxr', tifffile.imread('blue.jxr.tif'))

# JPEG XR with alpha, which is a stream of its own.
for dtype in ('u1', 'u2', 'f2', 'f4'):
    name = f'alpha_{dtype}.jxr.tif'
    tifffile.imwrite(name, some(dtype, (32, 48, 4)), compression='jpegxr', photometric='rgb', tile=(32, 48))
    say(name, 'jpegxr', tifffile.imread(name))

# JPEG whose quantisation table is cut off within the tables of the file.
stream = io.BytesIO()
Image.fromarray((np.add.outer(np.arange(24), np.arange(40)) * 4 % 256).astype('u1')).save(stream, 'JPEG', quality=60)
stream = stream.getvalue()
at = stream.index(b'\xff\xdb')
length = struct.unpack_from('>H', stream, at + 2)[0]
table = stream[at:at + 2 + length]
app = stream.index(b'\xff\xe0')
strip = b'\xff\xd8' + stream[at + 2 + length:]
for cut in (20, 21):
    name = f'cut{cut}.jpeg.tif'
    tables = b'\xff\xd8' + table[:-cut]
    out = bytearray(struct.pack('<2sHI', b'II', 42, 8))
    data = 8 + 2 + 12 * 9 + 4
    entries = [(256, 4, 1, 40), (257, 4, 1, 24), (258, 3, 1, 8), (259, 3, 1, 7), (262, 3, 1, 1), (273, 4, 1, data + len(tables) + len(tables) % 2),
               (278, 4, 1, 24), (279, 4, 1, len(strip)), (347, 7, len(tables), data)]
    out += struct.pack('<H', len(entries))
    for entry in entries:
        out += struct.pack('<HHII', *entry)
    out += struct.pack('<I', 0) + tables + b'\0' * (len(tables) % 2) + strip
    open(name, 'wb').write(out)
    say(name, 'jpeg', np.asarray(Image.open(name)))
