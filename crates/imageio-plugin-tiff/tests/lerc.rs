//! LERC in TIFF: every element type, layout, error and second compression, against what tifffile reads.
#![cfg(all(feature = "lerc", feature = "zstd"))]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]
#![allow(clippy::print_stderr, reason = "a skipped check says so in the test's output")]

use std::process::Command;

use imageio_core::v3;
use imageio_plugin_tiff as _;
use imageio_testkit::digest::sha256;

const SCRIPT: &str = r"
import hashlib, itertools, sys, numpy as np, tifffile, imagecodecs
y, x = np.mgrid[0:70, 0:91]
rng = np.random.default_rng(2)
k = 0

def say(name, a):
    a = np.ascontiguousarray(a)
    a = a.astype(a.dtype.newbyteorder('<'))
    print(name, hashlib.sha256(a.tobytes()).hexdigest(), sep='\t')

for code, level, more, layout, samples in itertools.product(
    ['i1', 'u1', 'i2', 'u2', 'i4', 'u4', 'f4', 'f8'], [None, 1], [None, 'deflate', 'zstd'], ['strip', 'strips', 'tile'], [1, 3, 'separate']):
    k += 1
    dtype = np.dtype(code)
    a = np.sin(x / 9) * 30 + y / 2 + rng.normal(0, 1, x.shape) + (40 if dtype.kind == 'u' else 0)
    a = a if dtype.kind == 'f' else np.rint(a)
    if samples != 1:
        a = np.stack([a, a[::-1], a + 2], 0 if samples == 'separate' else -1)
    a = np.ascontiguousarray(a.astype(dtype))
    name = '%s/%d.tif' % (sys.argv[1], k)
    args = {'level': level} | ({'compression': more} if more else {})
    where = {'strip': {'rowsperstrip': 70}, 'strips': {'rowsperstrip': 16}, 'tile': {'tile': (32, 48)}}[layout]
    tifffile.imwrite(name, a, compression='lerc', compressionargs=args, photometric='minisblack', metadata=None,
                     planarconfig=None if samples == 1 else 'separate' if samples == 'separate' else 'contig', **where)
    say(name, tifffile.imread(name))

# Later versions, which hold real numbers as planes of bytes, and bands in place of samples; masks of each.
coarse = (np.rint(np.sin(x / 9) * 640 + y * 8) / 64)
valid = (x + y) % 7 != 0
cases = [('planes', coarse.astype('f4'), {'version': 6}, None), ('double', coarse, {'version': 6}, None),
         ('first', np.rint(coarse).astype('i2'), {'version': 2}, None),
         ('masked', coarse.astype('f4'), {'version': 6}, valid),
         ('bands', np.stack([coarse, coarse * 2, coarse + 1]).astype('f4'), {'version': 4, 'planar': True}, np.stack([valid, ~valid, x > 5])),
         ('oneband', np.stack([coarse, coarse * 2, coarse + 1]).astype('f4'), {'version': 6, 'planar': True}, valid)]
for title, a, args, mask in cases:
    name = '%s/%s.tif' % (sys.argv[1], title)
    more = {} if mask is None else {'masks': mask}
    blob = bytes(imagecodecs.lerc_encode(a, out=bytearray(a.nbytes * 2 + 4096), **args, **more))
    want = a if mask is None else np.where(mask, a, np.float32('nan'))
    if a.ndim == 3:
        want = np.moveaxis(want, 0, -1)
    want = np.ascontiguousarray(want)
    tifffile.imwrite(name, iter([blob]), shape=want.shape, dtype=want.dtype, compression='lerc', photometric='minisblack',
                     planarconfig='contig' if a.ndim == 3 else None, metadata=None)
    say(name, want)

# Samples of the other byte order that are left out.
name = sys.argv[1] + '/turned.tif'
a = coarse.astype('f4')
turned = a.astype('>f4').view('f4')
blob = bytes(imagecodecs.lerc_encode(turned, masks=valid))
tifffile.imwrite(name, iter([blob]), shape=a.shape, dtype=a.dtype, byteorder='>', compression='lerc', photometric='minisblack', metadata=None)
say(name, np.where(valid, a, np.float32('nan')))
";

#[test]
fn every_kind_is_what_the_peer_reads() {
    let Some(python) = std::env::var_os("IMAGEIO_PEERS") else {
        eprintln!("skipped: IMAGEIO_PEERS names no Python with the peers");
        return;
    };
    let folder = std::env::temp_dir().join(format!("imageio-tiff-lerc-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let output = Command::new(python).args(["-c", SCRIPT]).arg(&folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    let mut files = 0;
    for line in said.lines() {
        let (name, digest) = line.split_once('\t').unwrap();
        let image = v3::imread(name).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(sha256(&image), digest, "{name}");
        files += 1;
    }
    assert_eq!(files, 8 * 2 * 3 * 3 * 3 + 7);
    std::fs::remove_dir_all(folder).unwrap();
}
