"""What the scripts need of libtiff's C library: writing with its rarer codecs, and reading as it does."""
import ctypes as C, ctypes.util
import numpy as np

lib = C.CDLL(ctypes.util.find_library('tiff') or 'libtiff.so.6')
lib.TIFFOpen.restype = C.c_void_p
lib.TIFFOpen.argtypes = [C.c_char_p, C.c_char_p]
lib.TIFFClose.argtypes = [C.c_void_p]
for name in ('TIFFWriteEncodedStrip', 'TIFFReadEncodedStrip', 'TIFFWriteEncodedTile', 'TIFFReadEncodedTile'):
    f = getattr(lib, name)
    f.argtypes, f.restype = [C.c_void_p, C.c_uint32, C.c_void_p, C.c_ssize_t], C.c_ssize_t
lib.TIFFReadRGBAImageOriented.argtypes = [C.c_void_p, C.c_uint32, C.c_uint32, C.c_void_p, C.c_int, C.c_int]

IMAGEWIDTH, IMAGELENGTH, BITSPERSAMPLE, COMPRESSION, PHOTOMETRIC, SAMPLESPERPIXEL, ROWSPERSTRIP, PLANARCONFIG = 256, 257, 258, 259, 262, 277, 278, 284
TILEWIDTH, TILELENGTH, SAMPLEFORMAT, YCBCRCOEFFICIENTS, YCBCRSUBSAMPLING, REFERENCEBLACKWHITE = 322, 323, 339, 529, 530, 532
PIXARLOGDATAFMT, SGILOGDATAFMT = 65549, 65560

def field(t, tag, *values):
    """Sets a tag; lists are arrays of floats."""
    args = [(C.c_float * len(v))(*v) if isinstance(v, list) else C.c_int(v) for v in values]
    assert lib.TIFFSetField(C.c_void_p(t), C.c_uint32(tag), *args) == 1, (tag, values)

def chunks(shape, rows, tile):
    h, w = shape[:2]
    if tile is None:
        return [(slice(y, min(y + rows, h)), slice(0, w)) for y in range(0, h, rows)]
    return [(slice(y, y + tile[0]), slice(x, x + tile[1])) for y in range(0, h, tile[0]) for x in range(0, w, tile[1])]

def write(path, shape, fields, chunk, rows=None, tile=None, mode='w'):
    """A page whose strips or tiles are what `chunk` gives for the rows and columns of each."""
    t = lib.TIFFOpen(path.encode(), mode.encode())
    field(t, IMAGEWIDTH, shape[1]), field(t, IMAGELENGTH, shape[0]), field(t, PLANARCONFIG, 1)
    for tag, *values in fields: field(t, tag, *values)
    if tile: field(t, TILELENGTH, tile[0]), field(t, TILEWIDTH, tile[1])
    else: field(t, ROWSPERSTRIP, rows or shape[0])
    put = lib.TIFFWriteEncodedTile if tile else lib.TIFFWriteEncodedStrip
    for k, (r, c) in enumerate(chunks(shape, rows or shape[0], tile)):
        a = np.ascontiguousarray(chunk(r, c))
        assert put(t, k, a.ctypes.data, a.nbytes) == a.nbytes, path
    lib.TIFFClose(t)

def read(path, shape, dtype, rows=None, tile=None, fields=()):
    t = lib.TIFFOpen(path.encode(), b'r')
    for tag, *values in fields: field(t, tag, *values)
    out = np.zeros(shape, dtype)
    get = lib.TIFFReadEncodedTile if tile else lib.TIFFReadEncodedStrip
    for k, (r, c) in enumerate(chunks(shape, rows or shape[0], tile)):
        part = out[r, c]
        a = np.zeros((tile or part.shape[:2]) + shape[2:], dtype)
        assert get(t, k, a.ctypes.data, a.nbytes) == a.nbytes, path
        out[r, c] = a[:part.shape[0], :part.shape[1]]
    lib.TIFFClose(t)
    return out

def rgb(path, shape):
    """What libtiff's RGBA interface shows."""
    t = lib.TIFFOpen(path.encode(), b'r')
    out = np.zeros(shape[:2], '<u4')
    assert lib.TIFFReadRGBAImageOriented(t, shape[1], shape[0], out.ctypes.data, 1, 1) == 1, path
    lib.TIFFClose(t)
    return np.ascontiguousarray(out.view('u1').reshape(*shape[:2], 4)[..., :3])
