//! Compressions that only other programs write.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]
#![allow(clippy::print_stderr, reason = "a skipped check says so in the test's output")]

use std::process::Command;

use imageio_core::v3;
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
        ('jpegxl', rgb, {}), ('jpegxl', deep, {'tile': (32, 32)}), ('jpegxr', gray, {})]
for k, (codec, array, more) in enumerate(rows):
    name = '%s/%d.tif' % (sys.argv[1], k)
    args = {'reversible': True} if codec == 'jpeg2000' else {'lossless': True} if codec == 'jpegxl' else {}
    tifffile.imwrite(name, array, compression=codec, compressionargs=args, photometric='rgb' if array.ndim == 3 else 'minisblack', **more)
    a = np.ascontiguousarray(tifffile.imread(name))
    a = a.astype(a.dtype.newbyteorder('<'))
    print(codec, name, hashlib.sha256(a.tobytes()).hexdigest(), sep='\t')
";

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
    assert_eq!(read + left.len(), 10);
    std::fs::remove_dir_all(folder).unwrap();
}
