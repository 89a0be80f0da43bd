"""Makes files that few programs write, and says what tifffile, or libtiff by way of Pillow, finds in them.

    odd.py FOLDER

Prints a line for each: file, feature that reads it, shape, dtype, SHA-256 of its little-endian bytes.
"""
import hashlib, io, os, shutil, struct, subprocess, sys, warnings
import numpy as np, tifffile
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
    for dtype in ('f4', 'f8', 'c8'):
        for order, flag in (('le', '-L'), ('be', '-B')):
            name = f'differences_{dtype}_{order}.tif'
            a = some(dtype)
            tifffile.imwrite('plain.tif', a, photometric='minisblack', metadata=None)
            done = subprocess.run(['tiffcp', flag, '-c', 'zip:2', 'plain.tif', name], capture_output=True)
            if done.returncode == 0:
                say(name, '', a)

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
