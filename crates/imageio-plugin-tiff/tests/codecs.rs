//! Compressions that only other programs write.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]
#![allow(clippy::print_stderr, reason = "a skipped check says so in the test's output")]

mod support;

use std::process::Command;

use imageio_core::{ErrorKind, v3};
use imageio_plugin_tiff as _;
use imageio_testkit::digest::sha256;

/// Writes a file for each line of arguments, and says what tifffile reads from it.
const SCRIPT: &str = r"
import hashlib, sys, numpy as np, tifffile
y, x = np.mgrid[0:70, 0:90]
gray = ((x * 3 + y * 5) % 256).astype('u1')
rgb = np.stack([gray, gray[::-1], 255 - gray], -1)
deep = (x * 300 + y * 7).astype('u2')
real = np.sin(x / 9).astype('f4')
rows = [('lzma', gray, {}), ('lzma', rgb, {'predictor': True}), ('lzma', deep, {'tile': (32, 32), 'predictor': True, 'byteorder': '>'}),
        ('lzma', real, {'predictor': 3}), ('jpeg2000', gray, {'tile': (64, 64)}), ('jpeg2000', rgb, {}), ('jpeg2000', deep, {'tile': (32, 32)}),
        ('jpegxl', rgb, {}), ('jpegxl', deep, {'tile': (32, 32)}), ('jpegxr', gray, {}), ('jpegxl', real.astype('f2'), {}),
        ('jpeg2000', (gray - 128).astype('i1'), {}), ('jpeg2000', (deep - 30000).astype('i2'), {'tile': (32, 32)})]
for k, (codec, array, more) in enumerate(rows):
    name = '%s/%d.tif' % (sys.argv[1], k)
    args = {'reversible': True} if codec == 'jpeg2000' else {'lossless': True} if codec == 'jpegxl' else {}
    tifffile.imwrite(name, array, compression=codec, compressionargs=args, photometric='rgb' if array.ndim == 3 else 'minisblack', **more)
    a = np.ascontiguousarray(tifffile.imread(name))
    a = a.astype(a.dtype.newbyteorder('<'))
    print(codec, name, hashlib.sha256(a.tobytes()).hexdigest(), sep='\t')

# LERC holds samples in the file's byte order and streams in the file's bit order, as libtiff writes them.
import imagecodecs
for k, (array, order, fill) in enumerate([(deep, '<', 1), (deep, '>', 1), (real, '>', 1), (deep, '<', 2), (real, '>', 2)]):
    name = '%s/lerc%d.tif' % (sys.argv[1], k)
    stored = array.astype(array.dtype.newbyteorder(order)).view(array.dtype)
    stream = imagecodecs.lerc_encode(stored)
    if fill == 2:
        stream = imagecodecs.bitorder_encode(stream)
    tifffile.imwrite(name, iter([stream]), shape=array.shape, dtype=array.dtype, byteorder=order, compression='lerc', photometric='minisblack',
                     metadata=None, extratags=[(65266, 3, 1, fill, True)])
    with tifffile.TiffFile(name) as t:
        place, code = t.pages[0].tags[65266].offset, 'little' if order == '<' else 'big'
    with open(name, 'r+b') as f:
        # tifffile writes no FillOrder.
        f.seek(place)
        f.write((266).to_bytes(2, code))
    assert (tifffile.imread(name) == array).all()
    print('lerc', name, hashlib.sha256(array.tobytes()).hexdigest(), sep='\t')

# Pixels that a LERC stream leaves out are no numbers, or transparent where the file has alpha, as libtiff has it.
valid = (x + y) % 7 != 0
none = np.where(valid, real, np.float32('nan'))
alpha = np.concatenate([np.where(valid[..., None], rgb, 0), np.where(valid, 255, 0)[..., None]], -1).astype('u1')
for k, (stored, want, more) in enumerate([(real, none, {}), (rgb, alpha, {'extrasamples': ['unassalpha']})]):
    name = '%s/mask%d.tif' % (sys.argv[1], k)
    stream = imagecodecs.lerc_encode(stored, masks=valid)
    tifffile.imwrite(name, iter([stream]), shape=want.shape, dtype=want.dtype, compression='lerc',
                     photometric='rgb' if want.ndim == 3 else 'minisblack', metadata=None, **more)
    print('lerc', name, hashlib.sha256(want.tobytes()).hexdigest(), sep='\t')
";

/// libtiff ignores the tag as well.
#[test]
fn a_predictor_without_meaning_matters_to_compressed_pixels_only() {
    for (compression, pixels) in [(1, &[1, 2, 3, 4, 5, 6][..]), (32773, &[5, 1, 2, 3, 4, 5, 6])] {
        let mut file = support::File::new();
        let place = file.put(pixels);
        let mut tags = vec![(256, 3, vec![3]), (257, 3, vec![2]), (258, 3, vec![8]), (259, 3, vec![compression])];
        tags.extend([(262, 3, vec![1]), (277, 3, vec![1]), (278, 3, vec![2]), (317, 3, vec![50])]);
        tags.extend([(273, 4, vec![place]), (279, 4, vec![pixels.len() as u32])]);
        let first = file.directory(&tags);
        let read = v3::imread(file.finish(first));
        if compression == 1 {
            assert_eq!(read.unwrap().as_bytes(), Some(pixels));
        } else {
            let error = read.unwrap_err();
            assert_eq!((error.kind(), error.context_value("tag")), (ErrorKind::Unsupported, Some("Predictor (317)")));
        }
    }
}

#[test]
fn lossless_ones_are_exact() {
    let Some(python) = std::env::var_os("IMAGEIO_PEERS") else {
        eprintln!("skipped: IMAGEIO_PEERS names no Python with the peers");
        return;
    };
    let folder = std::env::temp_dir().join(format!("imageio-tiff-codecs-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let output = Command::new(python).args(["-c", SCRIPT]).arg(&folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (mut read, mut left) = (0, Vec::new());
    let said = String::from_utf8(output.stdout).unwrap();
    for line in said.lines() {
        let mut fields = line.split('\t');
        let (codec, name, digest) = (fields.next().unwrap(), fields.next().unwrap(), fields.next().unwrap());
        let has = match codec {
            "lzma" => cfg!(feature = "lzma"),
            "jpeg2000" => cfg!(feature = "jpeg2000"),
            "jpegxl" => cfg!(feature = "jpegxl"),
            "lerc" => cfg!(feature = "lerc"),
            _ => cfg!(feature = "jpegxr"),
        };
        if !has {
            let error = v3::imread(name).unwrap_err().to_string();
            assert!(error.contains("feature `tiff-codecs`") && error.contains(&format!("`{codec}`")), "{error}");
            left.push(codec);
            continue;
        }
        let image = v3::imread(name).unwrap_or_else(|e| panic!("{name} {codec}: {e}"));
        // JPEG XR is lossless here for gray only, which tifffile's decoder is the judge of as well.
        assert_eq!(sha256(&image), digest, "{name} {codec}");
        read += 1;
    }
    eprintln!("{read} files read; without their features: {left:?}");
    assert_eq!(read + left.len(), 20);
    std::fs::remove_dir_all(folder).unwrap();
}
