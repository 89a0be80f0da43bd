"""Small DNG files, and what they must read as. Needs numpy, tifffile and imagecodecs.

    python3 make.py [the imageio program, built with the feature raw]

What a default read gives is this project's own arithmetic, so the hashes come from the program; that it is near the
reference is held elsewhere, against rawpy.
"""
import hashlib, json, pathlib, struct, subprocess, sys, tempfile
import numpy as np, tifffile, imagecodecs

here = pathlib.Path(__file__).resolve().parent
bad = here.parent.parent / 'bad' / 'raw'
program = sys.argv[1] if len(sys.argv) > 1 else 'imageio'
MATRIX = (9000, 10000, -2500, 10000, -1000, 10000, -4000, 10000, 12500, 10000, 1500, 10000, -500, 10000, 2000, 10000, 6000, 10000)

def scene(h, w):
    y, x = np.mgrid[0:h, 0:w] / [[[h]], [[w]]]
    disc = ((y - .5) ** 2 + (x - .4) ** 2 < .05)
    rgb = np.stack([.15 + .6 * x, .2 + .5 * (1 - y), .1 + .5 * x * y], -1)
    rgb[disc] = [.7, .25, .2]
    return rgb

def mosaic(rgb, colors, size=(2, 2)):
    h, w = rgb.shape[:2]
    pattern = np.array(colors).reshape(size)
    y, x = np.mgrid[0:h, 0:w]
    return np.take_along_axis(rgb, pattern[y % size[0], x % size[1]][..., None], 2)[..., 0]

def tags(colors=(0, 1, 1, 2), size=(2, 2), black=0, white=65535, orientation=1, more=()):
    out = [(271, 's', 0, 'Example', True), (272, 's', 0, 'Synthetic', True), (274, 'H', 1, orientation, True),
           (50706, 'B', 4, b'\1\4\0\0', True), (50707, 'B', 4, b'\1\1\0\0', True), (50708, 's', 0, 'Example Synthetic', True),
           (50714, 'H', 1, black, True), (50717, 'I', 1, white, True), (50721, '2i', 9, MATRIX, True),
           (50728, '2I', 3, (5500, 10000, 10000, 10000, 7000, 10000), True), (50778, 'H', 1, 21, True)]
    if colors: out += [(33421, 'H', 2, size, True), (33422, 'B', len(colors), bytes(colors), True)]
    return out + list(more)

rows = []
def note(name, why):
    with tempfile.TemporaryDirectory() as d:
        npy = pathlib.Path(d) / 'x.npy'
        subprocess.run([program, 'read', str(here / name), '--json', '--out', str(npy)], check=True, stdout=subprocess.DEVNULL)
        a = np.load(npy)
    rows.append(f'''[[file]]
name = "{name}"
shape = {list(a.shape)}
dtype = "{a.dtype.name}"
sha256 = "{hashlib.sha256(a.tobytes()).hexdigest()}"
n_images = 1
why = "{why}"
made_by = "make.py with tifffile"
''')

def write(name, array, why, photometric=32803, **kw):
    extratags = kw.pop('extratags', None) or tags()
    tifffile.imwrite(here / name, array, photometric=photometric, extratags=extratags, metadata=None, **kw)
    note(name, why)

full = scene(36, 52)
u16 = (full * 60000).astype('u2')
write('bayer16.dng', mosaic(u16, (0, 1, 1, 2)), 'sixteen bits as they are')
twelve = (full * 3500).astype('u2') + 256
write('black_orientation6.dng', mosaic(twelve, (2, 1, 1, 0)), 'black, white and an orientation', extratags=tags((2, 1, 1, 0), black=256, white=4095, orientation=6))
write('big_endian_strips.dng', mosaic(u16, (1, 0, 2, 1)), 'big-endian, several strips', byteorder='>', rowsperstrip=7, extratags=tags((1, 0, 2, 1)))
active = [(50829, 'I', 4, (4, 2, 34, 50), True), (50719, 'H', 2, (2, 2), True), (50720, 'H', 2, (40, 26), True)]
write('active_area.dng', mosaic(u16, (2, 1, 1, 0)), 'masked elements around those that see light; filters count from within', extratags=tags((2, 1, 1, 0), more=active))
write('linear_rgb.dng', u16, 'linear colour, nothing to interpolate', photometric=34892, extratags=tags(None))
curve = tuple(int(v) for v in (np.arange(256) / 255.) ** 2 * 65535)
write('curve8.dng', mosaic((np.sqrt(full) * 250).astype('u1'), (0, 1, 1, 2)), 'eight bits through a curve', extratags=tags(more=[(50712, 'H', 256, curve, True)]))
write('float32_deflate.dng', mosaic(full, (0, 1, 1, 2)).astype('f4'), 'real numbers, deflate, floating-point predictor', compression='zlib', predictor=3, extratags=tags(white=1, more=[]))
xtrans = ['RGB'.index(c) for c in 'GGRGGBGGBGGRBRGRBGGGBGGRGGRGGBRBGBRG']
write('xtrans.dng', mosaic(u16, xtrans, (6, 6)), 'filters in a pattern of six by six', extratags=tags(tuple(xtrans), (6, 6)))
(here / 'manifest.toml').write_text('\n'.join(rows))

broken = []
def wrong(name, data, kind, why):
    (bad / name).write_bytes(data)
    broken.append(f'[[file]]\nname = "{name}"\nkind = "{kind}"\nwhy = "{why}"\n')

good = (here / 'bayer16.dng').read_bytes()
wrong('short.dng', good[:len(good) - 900], 'Malformed', 'the samples end early')
def patched(tag, value, data=None):
    data = bytearray(data or good)
    n = struct.unpack_from('<H', data, 8)[0]
    for k in range(n):
        at = 10 + 12 * k
        if struct.unpack_from('<H', data, at)[0] == tag: struct.pack_into('<I', data, at + 8, value)
    return bytes(data)
wrong('huge.dng', patched(278, 3_000_000, patched(257, 3_000_000)), 'LimitExceeded', 'more rows than the file could hold')
wrong('width0.dng', patched(256, 0), 'Malformed', 'no columns')
wrong('compression.dng', patched(259, 4711), 'Unsupported', 'an unknown compression')
wrong('no_raw.dng', patched(262, 1), 'Malformed', 'a DNG whose image is not raw')
wrong('header.dng', good[:9], 'Malformed', 'nothing behind the header')
bad.joinpath('manifest.toml').write_text('\n'.join(broken))
