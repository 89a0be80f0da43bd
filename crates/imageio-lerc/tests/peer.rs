//! Blobs of every kind that the peer writes, decoded to what the peer decodes from them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]
#![allow(clippy::print_stderr, reason = "a skipped check says so in the test's output")]

mod support;

use imageio_lerc::Format;
use support::{check, check_other};

const SCRIPT: &str = r"
import struct, sys, itertools, numpy as np, imagecodecs
out = open(sys.argv[1], 'wb')
rng = np.random.default_rng(11)
sizes = [(1, 1), (7, 5), (8, 8), (9, 17), (33, 64), (65, 31), (1, 70), (40, 3)]

def content(kind, dtype, shape):
    y, x = np.mgrid[0:shape[0], 0:shape[1]]
    d = np.arange(shape[2])
    info = np.iinfo(dtype) if dtype.kind != 'f' else None
    if kind == 'noise':
        a = rng.random(shape) * 2e4 - 1e4 if info is None else rng.integers(info.min, info.max, shape, endpoint=True)
    elif kind == 'smooth':
        a = (np.sin(y / 9)[..., None] * 40 + np.cos(x / 7)[..., None] * 30 + d * 3) * (1 if info is None else 0.9) + (0 if info is None or info.min < 0 else 90)
        a = a if info is None else np.rint(a)
    elif kind == 'coarse':
        # Few digits, so that planes of bytes are the shortest form of real numbers.
        a = np.rint((np.sin(y / 9)[..., None] * 40 + np.cos(x / 7)[..., None] * 30 + d * 3) * (64 if info is None else 1)) / (64 if info is None else 1) + (0 if info is None or info.min < 0 else 70)
    elif kind == 'parts':
        a = ((y // 5 + x // 6)[..., None] % 3 * 17 + (rng.random(shape) < 0.05) * 60 + d)
    elif kind == 'far':
        # Differences of the largest extent, and values at both ends.
        lo, hi = (-1e6, 1e6) if info is None else (info.min, info.max)
        a = np.where((y + x)[..., None] % 16 < 8, lo, hi) + 0 * d
        a = np.where(rng.random(shape) < 0.1, (lo + 100 if info is None else info.min // 2 + 3), a)
    else:
        a = np.full(shape, 7) + d * (kind == 'flats')
    return np.ascontiguousarray(a.astype(dtype))

def put(b):
    out.write(struct.pack('<I', len(b)))
    out.write(b)

k = 0
for code, kind, level, mask, version, layout in itertools.product(
    ['i1', 'u1', 'i2', 'u2', 'i4', 'u4', 'f4', 'f8'], ['noise', 'smooth', 'coarse', 'parts', 'far', 'flat', 'flats'],
    [0, 1, 2], ['all', 'some', 'half', 'one', 'none'], [2, 3, 4, 5, 6], ['plain', 'deep', 'bands', 'masks']):
    dtype = np.dtype(code)
    level = [None, 0.01 if dtype.kind == 'f' else 1, 0.5 if dtype.kind == 'f' else 3][level]
    if layout == 'deep' and version < 4 or layout == 'masks' and mask == 'all':
        continue
    k += 1
    h, w = sizes[k * 5 % len(sizes)] if k % 37 else (130, 97)
    n = 1 if layout == 'plain' else 3
    a = content(kind, dtype, (h, w, n))
    y, x = np.mgrid[0:h, 0:w]
    valid = {'all': None, 'some': (x * 3 + y) % 7 != 0, 'half': x * 2 < w, 'one': (x == 0) & (y == 0), 'none': x < 0}[mask]
    args = {'level': level, 'version': version}
    if layout == 'deep':
        args['planar'] = False
    elif layout != 'plain':
        a = np.ascontiguousarray(np.moveaxis(a, -1, 0))
        args['planar'] = True
    else:
        a = a[..., 0].copy()
    if valid is not None:
        args['masks'] = np.stack([valid, ~valid, valid | (y > 3)]) if layout == 'masks' else valid
    try:
        # Version 2 is written and read by whole words, beyond the end of what it takes.
        blob = bytes(imagecodecs.lerc_encode(a, out=bytearray(a.nbytes * 2 + 4096), **args))
    except Exception as e:
        assert 'NaN' in str(e), (code, kind, level, mask, version, layout, str(e))
        continue
    want, masks = imagecodecs.lerc_decode(blob + bytes(8), masks=True)
    put(f'{a.dtype} {kind} {level} {mask} v{version} {layout} {h}x{w}'.encode())
    put(blob)
    put(want.tobytes())
    bands = n if layout in ('bands', 'masks') else 1
    put(b'' if masks is None else np.broadcast_to(masks, (bands, h, w)).astype('u1').tobytes())
";

#[test]
fn every_kind_of_blob_is_what_the_peer_makes_of_it() {
    let Some(cases) = support::cases("peer", SCRIPT) else { return };
    let (mut versions, mut others) = ([0; 7], 0);
    for case in &cases {
        let Format::Lerc2(version) = with_type!(case.kind.as_str(), check(case)) else { panic!("{}", case.label) };
        versions[usize::from(version)] += 1;
        others += usize::from(with_type!(case.kind.as_str(), check_other(case)));
    }
    eprintln!("{} rasters, by version {versions:?}; the other decoder reads {others}", cases.len());
    assert_eq!(cases.len(), CASES);
    assert!(others > CASES * 9 / 10 && others < CASES - 30);
    assert!(versions[2..].iter().all(|count| *count > 1000));
}

/// Rasters that the script makes.
const CASES: usize = 14_280;
