//! Makes the pictures of docs/raw.md: a synthetic scene, put behind colour filters, written as DNG, developed.
//!
//! `cargo run -p imageio-plugin-raw --example pictures [folder]`

use imageio_core::ndarray::{Array2, Array3};
use imageio_core::{NdImage, ReadOptions, Result, WriteOptions, v3};
use imageio_plugin_png as _;
use imageio_plugin_raw as raw;

const SIZE: (usize, usize) = (120, 160);
/// What the camera's colours are made of: XYZ to camera under D65.
const MATRIX: [f64; 9] = [0.9, -0.25, -0.1, -0.4, 1.25, 0.15, -0.05, 0.2, 0.6];

/// Linear sRGB light of a scene: a sky, a hill with fine stripes, a red ball with a shine, a ring chart.
fn scene(y: f64, x: f64) -> [f64; 3] {
    let mut color = [0.25 + 0.3 * y, 0.4 + 0.25 * y, 0.75 - 0.1 * y];
    if y > 0.62 + 0.1 * (x * 7.0).sin() {
        let stripe = 0.5 + 0.5 * (x * 300.0 + y * 90.0).sin();
        color = [0.12 + 0.12 * stripe, 0.25 + 0.25 * stripe, 0.06 + 0.05 * stripe];
    }
    let (dy, dx) = (y - 0.45, (x - 0.3) * 1.33);
    let r = (dy * dy + dx * dx).sqrt();
    if r < 0.24 {
        let light = (1.0 - ((dy + 0.09).powi(2) + (dx + 0.08).powi(2)).sqrt() * 2.6).max(0.08);
        color = [0.8 * light, 0.1 * light, 0.08 * light];
        let shine = (-((dy + 0.1).powi(2) + (dx + 0.09).powi(2)) * 900.0).exp();
        color = color.map(|v| v + shine);
    }
    let (dy, dx) = (y - 0.4, (x - 0.76) * 1.33);
    let r = (dy * dy + dx * dx).sqrt();
    if r < 0.22 {
        let ring = 0.5 + 0.5 * (r * r * 2600.0).cos();
        color = [0.9 * ring + 0.03; 3];
    }
    color
}

/// What the sensor records, as 14 bits above black.
fn sensor(exposure: f64) -> Array2<u16> {
    const XYZ: [[f64; 3]; 3] = [[0.4125, 0.3576, 0.1804], [0.2127, 0.7152, 0.0722], [0.0193, 0.1192, 0.9502]];
    Array2::from_shape_fn(SIZE, |(y, x)| {
        let light = scene((y as f64 + 0.5) / SIZE.0 as f64, (x as f64 + 0.5) / SIZE.1 as f64);
        let xyz = [0, 1, 2].map(|i| (0..3).map(|k| XYZ[i][k] * light[k]).sum::<f64>());
        let filter = [[0, 1], [1, 2]][y % 2][x % 2];
        let seen: f64 = (0..3).map(|k| MATRIX[filter * 3 + k] * xyz[k]).sum();
        (512.0 + (seen * exposure * 9000.0).max(0.0)).min(15871.0) as u16
    })
}

fn dng(exposure: f64) -> Result<Vec<u8>> {
    let options = raw::WriteOptions::new()
        .cfa_pattern("RGGB".to_owned())
        .black_level(vec![512.0])
        .white_level(15871u32)
        .color_matrix(MATRIX.to_vec())
        .camera_whitebalance(vec![1.35, 1.0, 1.6])
        .camera("Example Synthetic".to_owned());
    let bytes = v3::imwrite_with("<bytes>", &sensor(exposure), &WriteOptions::new().extension("dng").with(options))?;
    Ok(bytes.unwrap_or_default())
}

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "docs/images/raw".to_owned());
    let (plain, long) = (dng(1.0)?, dng(3.0)?);
    let save = |name: &str, image: &NdImage| -> Result<()> {
        v3::imwrite_with(format!("{folder}/{name}.png").as_str(), image, &WriteOptions::new().set("compression", 9))?;
        Ok(())
    };
    let options = raw::ReadOptions::new;
    let dark = || options().no_auto_bright(true);
    let rows = [
        ("bilinear", &plain, options().demosaic(raw::Demosaic::Bilinear)),
        ("ppg", &plain, options().demosaic(raw::Demosaic::Ppg)),
        ("ahd", &plain, options()),
        ("half_size", &plain, options().half_size(true)),
        ("daylight", &plain, options()),
        ("camera", &plain, options().use_camera_wb(true)),
        ("auto", &plain, options().use_auto_wb(true)),
        ("user", &plain, options().user_wb(vec![1.0, 1.0, 2.0, 1.0])),
        ("clip", &long, dark()),
        ("unclip", &long, dark().highlight(raw::Highlight::Unclip)),
        ("blend", &long, dark().highlight(raw::Highlight::Blend)),
        ("reconstruct", &long, dark().highlight(raw::Highlight::Reconstruct)),
        ("dark", &plain, dark()),
        ("bright", &plain, dark().bright(2.0)),
        ("linear", &plain, dark().gamma(vec![1.0, 1.0])),
    ];
    for (name, file, options) in rows {
        save(name, &v3::imread_with(file, &ReadOptions::new().with(options))?)?;
    }
    // Each sample of the mosaic in the colour of its filter.
    let mosaic = v3::imread_with(&plain, &ReadOptions::new().with(options().mosaic(true)))?;
    let mosaic = mosaic.try_into_array::<u16>()?;
    let shown = Array3::from_shape_fn((SIZE.0, SIZE.1, 3), |(y, x, c)| {
        let filter = [[0, 1], [1, 2]][y % 2][x % 2];
        let level = (f64::from(mosaic[[y, x]]) - 512.0).max(0.0) / 15359.0;
        if filter == c { (level.powf(0.45) * 255.0) as u8 } else { 0 }
    });
    save("mosaic", &NdImage::from(shown))
}
