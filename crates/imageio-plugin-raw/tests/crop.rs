//! Which part of the sensor a picture shows: rawpy's sizes, and the same part of rawpy's picture.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that fails says so")]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use imageio_core::{ReadOptions, v3};
use imageio_plugin_raw::{self as raw, Crop, Demosaic};

use self::common::{difference, more_files, python, read, samples};

/// Mosaics whose active area and default crop begin at odd and even places, by tifffile.
const FILES: &str = r#"
import sys, numpy as np, tifffile
M = (9000, 10000, -2500, 10000, -1000, 10000, -4000, 10000, 12500, 10000, 1500, 10000, -500, 10000, 2000, 10000, 6000, 10000)
y, x = np.mgrid[0:120, 0:160]
a = (6000 + 5000 * np.sin(x / 9) * np.cos(y / 7) + (x * y) % 97).astype('u2')
for n, (area, origin, size) in enumerate([((0, 0, 120, 160), (4, 6), (150, 100)), ((4, 2, 118, 156), (2, 2), (140, 100)),
                                          ((3, 5, 113, 150), (8, 8), (120, 90)), ((1, 4, 119, 160), (3, 5), (101, 99))]):
    tags = [(50706, 'B', 4, b'\1\4\0\0', True), (50708, 's', 0, 'Example Synthetic', True), (50714, 'H', 1, 512, True),
            (50717, 'I', 1, 16383, True), (50721, '2i', 9, M, True), (50728, '2I', 3, (55, 100, 100, 100, 70, 100), True),
            (50778, 'H', 1, 21, True), (33421, 'H', 2, (2, 2), True), (33422, 'B', 4, b'\0\1\1\2', True),
            (50829, 'I', 4, area, True), (50719, 'I', 2, origin, True), (50720, 'I', 2, size, True)]
    tifffile.imwrite(f'{sys.argv[1]}/crop{n}.dng', a, photometric=32803, extratags=tags, metadata=None)
"#;

/// Sizes of the sensor, the visible part and the crop, and the picture.
const SIZES: &str = r#"
import sys, numpy as np, rawpy
with rawpy.imread(sys.argv[1]) as r:
    s = r.sizes
    p = r.postprocess(no_auto_bright=True, user_flip=0, demosaic_algorithm=rawpy.DemosaicAlgorithm.LINEAR)
    n = [s.raw_height, s.raw_width, s.top_margin, s.left_margin, s.height, s.width,
         s.crop_top_margin, s.crop_left_margin, s.crop_height, s.crop_width]
    sys.stdout.buffer.write(np.array(n, '<u4').tobytes() + p.tobytes())
"#;

fn compare(python: &str, file: &Path) -> bool {
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let out = Command::new(python).arg("-c").arg(SIZES).arg(file).output().unwrap();
    if !out.status.success() {
        println!("skipped: {name}, which rawpy does not read");
        return false;
    }
    let (sizes, picture) = out.stdout.split_at(40);
    let sizes: Vec<usize> =
        sizes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize).collect();
    let &[raw_height, raw_width, top, left, height, width, crop_top, crop_left, crop_height, crop_width] = &sizes[..]
    else {
        panic!("{name}: {sizes:?}")
    };
    let develop = |crop| {
        let options = raw::ReadOptions::new().no_auto_bright(true).demosaic(Demosaic::Bilinear).crop(crop);
        let options = ReadOptions::new().plugin(&raw::DESCRIPTOR).with(options).set("rotate", false);
        let said = v3::improps_with(file, &options).unwrap();
        let image = v3::imread_with(file, &options).unwrap();
        assert_eq!(&said.shape[..], image.shape(), "{name}: {crop:?}");
        image
    };
    // A window of rawpy's picture, without as many pixels at its edges as a method looks at.
    let window = |picture: &[u16], stride: usize, top: usize, left: usize, height: usize, width: usize| {
        let rows = (top..top + height).flat_map(|y| &picture[(y * stride + left) * 3..][..width * 3]);
        rows.copied().collect::<Vec<u16>>()
    };
    let theirs: Vec<u16> = picture.iter().map(|v| u16::from(*v)).collect();
    let hold = |what: &str, mine: &[u16], theirs: &[u16]| {
        let (mean, psnr) = difference(mine, theirs, 255.0);
        println!("{name}: {what}: mean {mean:.3}, {psnr:.1} dB");
        assert!(mean < 0.5, "{name}: {what}: {mean}");
    };
    for crop in [Crop::Auto, Crop::Visible] {
        let mine = develop(crop);
        assert_eq!(mine.shape()[..2], [height, width], "{name}: {crop:?}");
        hold("visible", &samples(mine), &theirs);
    }
    let mine = develop(Crop::Sensor);
    assert_eq!(mine.shape()[..2], [raw_height, raw_width], "{name}: sensor");
    let inner = |all: &[u16], stride, top, left| window(all, stride, top + 1, left + 1, height - 2, width - 2);
    hold("sensor", &inner(&samples(mine), raw_width, top, left), &inner(&theirs, width, 0, 0));
    if crop_height > 0 {
        let mine = develop(Crop::Default);
        assert_eq!(mine.shape()[..2], [crop_height, crop_width], "{name}: default crop");
        let (h, w) = (crop_height - 2, crop_width - 2);
        let theirs = window(&theirs, width, crop_top - top + 1, crop_left - left + 1, h, w);
        hold("default crop", &window(&samples(mine), crop_width, 1, 1, h, w), &theirs);
    }
    // The mosaic of the same part is the part of the mosaic.
    let mosaic = |crop| read(file, raw::ReadOptions::new().mosaic(true).crop(crop));
    assert_eq!(mosaic(Crop::Sensor).shape()[..2], [raw_height, raw_width], "{name}");
    assert_eq!(mosaic(Crop::Visible).shape()[..2], [height, width], "{name}");
    true
}

#[test]
fn pictures_show_what_rawpys_sizes_say() {
    let Some(python) = python() else {
        println!("skipped: IMAGEIO_PEERS names no Python with rawpy");
        return;
    };
    let folder = std::env::temp_dir().join(format!("imageio-raw-crop-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let out = Command::new(&python).args(["-c", FILES]).arg(&folder).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let mut files: Vec<PathBuf> = (0..4).map(|n| folder.join(format!("crop{n}.dng"))).collect();
    files.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/raw/active_area.dng"));
    files.extend(more_files().into_iter().filter(|file| std::fs::metadata(file).is_ok_and(|m| m.len() > 1 << 20)));
    let met = files.iter().filter(|file| compare(&python, file)).count();
    std::fs::remove_dir_all(&folder).unwrap();
    println!("{met} files");
    assert!(met >= 5, "{met} files");
}
