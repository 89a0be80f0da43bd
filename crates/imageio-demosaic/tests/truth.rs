//! Mosaics of pictures that are known, and how near each method comes to them.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use imageio_demosaic::{
    Cfa, Developer, Error, Highlight, Image, Layout, Method, Samples, Sensor, Settings, Space, Turn, WhiteBalance,
};

const SIZE: (usize, usize) = (118, 205);

/// A scene with gradients, a disc with sharp edges, fine stripes and saturated colours; linear, 0 to 65535.
fn scene(height: usize, width: usize) -> Vec<[u16; 3]> {
    let mut out = Vec::with_capacity(height * width);
    for y in 0..height {
        for x in 0..width {
            let (fy, fx) = (y as f64 / height as f64, x as f64 / width as f64);
            let wave = 0.5 + 0.5 * (fx * 40.0).sin() * (fy * 25.0).cos();
            let mut color = [0.2 + 0.5 * fx, 0.25 + 0.4 * wave * (1.0 - fx), 0.15 + 0.6 * fy];
            let (dy, dx) = (fy - 0.5, fx - 0.4);
            if dy * dy + dx * dx < 0.04 {
                color = [0.8, 0.2, 0.15 + 0.3 * wave];
            }
            if fx > 0.75 {
                let stripe = 0.5 + 0.3 * (y as f64 * 1.1).sin();
                color = [stripe, stripe * 0.95, stripe * 0.8];
            }
            out.push(color.map(|v| (v * 65535.0) as u16));
        }
    }
    out
}

fn mosaic(truth: &[[u16; 3]], width: usize, cfa: &Cfa) -> Vec<u16> {
    truth.iter().enumerate().map(|(i, pixel)| pixel[usize::from(cfa.at(i / width, i % width)) % 3]).collect()
}

fn sensor() -> Sensor {
    Sensor { black: [0.0; 4], white: 65535.0, xyz_to_camera: None, as_shot: None }
}

fn plain(method: Method) -> Settings {
    Settings {
        method,
        gamma: (1.0, 1.0),
        auto_bright: false,
        adjust_maximum_thr: 0.0,
        space: Space::Raw,
        white_balance: WhiteBalance::User([1.0; 4]),
        ..Settings::default()
    }
}

fn develop(samples: &[u16], height: usize, width: usize, cfa: &Cfa, settings: &Settings) -> Vec<u16> {
    let image = Image::mosaic_u16(samples, width, height, cfa).unwrap();
    let developer = Developer::new(&image, &sensor(), settings).unwrap();
    let (h, w) = developer.size(&image);
    let mut out = vec![0u16; h * w * 3];
    developer.write(&image, &mut out).unwrap();
    out
}

fn psnr(got: &[u16], truth: &[[u16; 3]]) -> f64 {
    let squares = got.iter().zip(truth.iter().flatten()).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2));
    let mean = squares.sum::<f64>() / got.len() as f64;
    20.0 * (65535.0 / mean.sqrt().max(1e-9)).log10()
}

#[test]
fn methods_come_near_the_truth() {
    let (height, width) = SIZE;
    let truth = scene(height, width);
    let mut table = Vec::new();
    for letters in ["RGGB", "BGGR", "GRBG", "GBRG"] {
        let cfa = Cfa::from_letters(letters).unwrap();
        let samples = mosaic(&truth, width, &cfa);
        let quality = |method| psnr(&develop(&samples, height, width, &cfa, &plain(method)), &truth);
        let row = [Method::Bilinear, Method::Ppg, Method::Ahd, Method::XTrans].map(quality);
        println!("{letters}: bilinear {:.2}, ppg {:.2}, ahd {:.2}, xtrans {:.2} dB", row[0], row[1], row[2], row[3]);
        table.push(row);
    }
    for row in table {
        assert!(row[0] > 26.0, "bilinear {}", row[0]);
        assert!(row[1] > row[0] + 2.0, "ppg {} against {}", row[1], row[0]);
        assert!(row[2] > row[0] + 2.0, "ahd {} against {}", row[2], row[0]);
    }
    let cfa = Cfa::x_trans();
    let samples = mosaic(&truth, width, &cfa);
    let bilinear = psnr(&develop(&samples, height, width, &cfa, &plain(Method::Bilinear)), &truth);
    let directed = psnr(&develop(&samples, height, width, &cfa, &plain(Method::XTrans)), &truth);
    println!("X-Trans: bilinear {bilinear:.2}, xtrans {directed:.2} dB");
    assert!(directed > bilinear + 1.0);
}

#[test]
fn flat_fields_stay_flat_and_elements_stay_as_they_are() {
    let (height, width) = (70, 210);
    for (letters, methods) in [("GRBG", &[Method::Bilinear, Method::Ppg, Method::Ahd, Method::XTrans][..])] {
        let cfa = Cfa::from_letters(letters).unwrap();
        let truth = vec![[20000u16, 30000, 10000]; height * width];
        let samples = mosaic(&truth, width, &cfa);
        for method in methods {
            let out = develop(&samples, height, width, &cfa, &plain(*method));
            assert!(out.chunks(3).all(|p| p.iter().zip([20000u16, 30000, 10000]).all(|(a, b)| a.abs_diff(b) <= 1)));
        }
    }
    let truth = scene(height, width);
    let cfa = Cfa::from_letters("RGGB").unwrap();
    let samples = mosaic(&truth, width, &cfa);
    for method in [Method::Bilinear, Method::Ppg, Method::Ahd] {
        let out = develop(&samples, height, width, &cfa, &plain(method));
        for (i, sample) in samples.iter().enumerate() {
            let c = usize::from(cfa.at(i / width, i % width));
            assert!(out[i * 3 + c].abs_diff(*sample) <= 1, "{method:?} at {i}");
        }
    }
}

#[test]
fn bilinear_is_the_mean_of_neighbours() {
    let (height, width) = (9, 11);
    let samples: Vec<u16> = (0..height * width).map(|i| (i * 7919 % 60000) as u16).collect();
    let cfa = Cfa::from_letters("RGGB").unwrap();
    let out = develop(&samples, height, width, &cfa, &plain(Method::Bilinear));
    let s = |y: usize, x: usize| f64::from(samples[y * width + x]);
    // (4, 4) is red: green from the sides, blue from the corners.
    let at = (4 * width + 4) * 3;
    assert_eq!(f64::from(out[at + 1]), ((s(3, 4) + s(5, 4) + s(4, 3) + s(4, 5)) / 4.0).floor());
    assert_eq!(f64::from(out[at + 2]), ((s(3, 3) + s(5, 5) + s(5, 3) + s(3, 5)) / 4.0).floor());
    // (4, 5) is green in a row of red.
    let at = (4 * width + 5) * 3;
    assert_eq!(f64::from(out[at]), ((s(4, 4) + s(4, 6)) / 2.0).floor());
    assert_eq!(f64::from(out[at + 2]), ((s(3, 5) + s(5, 5)) / 2.0).floor());
}

#[test]
fn at_the_edges_stand_means_of_the_neighbours_that_are_there() {
    let (height, width) = (70, 75);
    let samples: Vec<u16> = (0..height * width).map(|i| (i * 7919 % 60000) as u16).collect();
    let cfa = Cfa::from_letters("GRBG").unwrap();
    // Of the three neighbours, five or eight those of the colour that is asked for.
    let mean = |y: usize, x: usize, color: u8| {
        let (mut sum, mut n) = (0.0, 0.0);
        for row in y.saturating_sub(1)..(y + 2).min(height) {
            for column in x.saturating_sub(1)..(x + 2).min(width) {
                if cfa.at(row, column) == color {
                    sum += f64::from(samples[row * width + column]);
                    n += 1.0;
                }
            }
        }
        if cfa.at(y, x) == color { f64::from(samples[y * width + x]) } else { sum / n }
    };
    let four = Settings { four_color: true, ..plain(Method::Bilinear) };
    let rows = [
        (plain(Method::Bilinear), 1, true),
        (four, 1, true),
        (plain(Method::Ppg), 3, false),
        (plain(Method::Ahd), 5, true),
    ];
    for (settings, border, all) in rows {
        let out = develop(&samples, height, width, &cfa, &settings);
        let mut met = 0;
        for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
            let from_edge = y.min(x).min(height - 1 - y).min(width - 1 - x);
            // With greens apart, green is the mean of two, of which one is the element itself or a mean.
            if from_edge >= border || settings.four_color && cfa.at(y, x) == 1 {
                continue;
            }
            for color in 0..3u8 {
                // Within three elements it is green that is a mean; red and blue follow it but for the outermost.
                if (color == 1 || all || from_edge == 0) && !(settings.four_color && color == 1) {
                    let (got, wanted) = (f64::from(out[(y * width + x) * 3 + usize::from(color)]), mean(y, x, color));
                    assert!((got - wanted).abs() <= 1.0, "{:?} {y} {x} {color}: {got} {wanted}", settings.method);
                    met += 1;
                }
            }
        }
        assert!(met > height, "{met}");
    }
}

#[test]
fn turns_are_those_of_the_whole_picture() {
    let (height, width) = (131, 203);
    let truth = scene(height, width);
    let cfa = Cfa::from_letters("BGGR").unwrap();
    let samples = mosaic(&truth, width, &cfa);
    let upright = develop(&samples, height, width, &cfa, &plain(Method::Ahd));
    for k in 0..8 {
        let turn = Turn { swap: k & 1 != 0, flip_rows: k & 2 != 0, flip_columns: k & 4 != 0 };
        let settings = Settings { turn, ..plain(Method::Ahd) };
        let out = develop(&samples, height, width, &cfa, &settings);
        let (h, w) = turn.size(height, width);
        for y in 0..h {
            for x in 0..w {
                let (a, b) =
                    (if turn.flip_rows { h - 1 - y } else { y }, if turn.flip_columns { w - 1 - x } else { x });
                let (row, column) = if turn.swap { (b, a) } else { (a, b) };
                let (to, from) = ((y * w + x) * 3, (row * width + column) * 3);
                assert_eq!(out[to..to + 3], upright[from..from + 3], "{turn:?} {y} {x}");
            }
        }
    }
}

#[test]
fn half_size_is_one_pixel_a_block() {
    let cfa = Cfa::from_letters("RGGB").unwrap();
    let samples = [100u16, 200, 300, 400, 500, 600, 700, 800];
    let settings = Settings { half_size: true, ..plain(Method::Ahd) };
    assert_eq!(develop(&samples, 2, 4, &cfa, &settings), [100, 350, 600, 300, 550, 800]);
    // Odd sizes round up.
    let image = Image::mosaic_u16(&samples, 3, 2, &cfa).unwrap();
    assert_eq!(imageio_demosaic::size(&image, &settings), (1, 2));
}

#[test]
fn levels_and_balance() {
    let cfa = Cfa::from_letters("RGGB").unwrap();
    let samples = [150u16, 200, 200, 300].repeat(8);
    let samples: Vec<u16> = samples
        .chunks(16)
        .flat_map(|row| {
            let even: Vec<u16> = (0..8).map(|x| if x % 2 == 0 { row[0] } else { row[1] }).collect();
            let odd: Vec<u16> = (0..8).map(|x| if x % 2 == 0 { row[2] } else { row[3] }).collect();
            [even, odd].concat()
        })
        .collect();
    let image = Image::mosaic_u16(&samples, 8, 4, &cfa).unwrap();
    let sensor = Sensor { black: [100.0; 4], white: 1100.0, xyz_to_camera: None, as_shot: Some([2.0, 1.0, 0.5, 0.0]) };
    let settings = Settings { white_balance: WhiteBalance::AsShot, ..plain(Method::Bilinear) };
    let developer = Developer::new(&image, &sensor, &settings).unwrap();
    assert_eq!(developer.multipliers(), [4.0, 2.0, 1.0, 2.0]);
    let mut out = vec![0u16; 8 * 4 * 3];
    developer.write(&image, &mut out).unwrap();
    // (150 - 100) / 1000 * 4, and so on.
    assert!(out.chunks(3).all(|p| p[0].abs_diff(13107) < 2 && p[1].abs_diff(13107) < 2 && p[2].abs_diff(13107) < 2));
    let settings = Settings { white_balance: WhiteBalance::Auto, ..plain(Method::Bilinear) };
    let developer = Developer::new(&image, &sensor, &settings).unwrap();
    let m = developer.multipliers();
    assert!((m[0] - 4.0).abs() < 1e-3 && (m[1] - 2.0).abs() < 1e-3 && (m[2] - 1.0).abs() < 1e-3, "{m:?}");
    let dark = Sensor { white: 100.0, ..sensor };
    assert!(matches!(Developer::new(&image, &dark, &settings), Err(Error::Size(_))));
}

#[test]
fn brightness_is_found() {
    // A thousandth of the pixels is much brighter than the rest, which is at half scale at most.
    let (height, width) = (100, 100);
    let cfa = Cfa::from_letters("RGGB").unwrap();
    let samples: Vec<u16> = (0..height * width).map(|i| (i % 100 * 327) as u16).collect();
    let settings = Settings { auto_bright: true, auto_bright_thr: 0.01, ..plain(Method::Bilinear) };
    let out = develop(&samples, height, width, &cfa, &settings);
    let full = out.iter().filter(|v| **v == 65535).count();
    assert!(full > 0 && full < height * width * 3 / 20, "{full}");
    let twice = develop(&samples, height, width, &cfa, &Settings { bright: 2.0, ..plain(Method::Bilinear) });
    let once = develop(&samples, height, width, &cfa, &plain(Method::Bilinear));
    assert!(twice.iter().zip(&once).all(|(a, b)| a.abs_diff(2 * b) <= 2));
}

#[test]
fn what_does_not_fit_is_refused() {
    let cfa = Cfa::x_trans();
    let samples = vec![0u16; 36 * 4];
    let image = Image::mosaic_u16(&samples, 12, 12, &cfa).unwrap();
    assert!(matches!(Developer::new(&image, &sensor(), &plain(Method::Ahd)), Err(Error::Method(_))));
    assert!(Image::mosaic_u16(&samples, 13, 12, &cfa).is_err());
    assert!(Image::new(Samples::U16(&samples), Layout::Rgb, 12, 5, 36, 0).is_err());
    assert!(Image::new(Samples::U16(&samples), Layout::Rgb, usize::MAX, 5, 36, 0).is_err());
    let bayer = Cfa::from_letters("RGGB").unwrap();
    let image = Image::mosaic_u16(&samples, 12, 12, &bayer).unwrap();
    let settings = plain(Method::Ahd);
    let developer = Developer::new(&image, &sensor(), &settings).unwrap();
    assert!(matches!(developer.write(&image, &mut [0u8; 7]), Err(Error::Size(_))));
    let stop = || true;
    let mut out = vec![0u8; 12 * 12 * 3];
    assert_eq!(developer.cancel(&stop).write(&image, &mut out), Err(Error::Cancelled));
}

#[test]
fn every_size_down_to_one_element() {
    let cfa = Cfa::from_letters("RGGB").unwrap();
    for (height, width) in [(1, 1), (1, 2), (2, 1), (3, 5), (65, 1), (1, 193), (64, 192), (66, 194)] {
        let samples: Vec<u16> = (0..height * width).map(|i| i as u16).collect();
        for method in [Method::Bilinear, Method::Ppg, Method::Ahd, Method::XTrans] {
            for highlight in [Highlight::Clip, Highlight::Blend, Highlight::Reconstruct(5)] {
                let settings = Settings { highlight, median_passes: 1, ..plain(method) };
                assert_eq!(develop(&samples, height, width, &cfa, &settings).len(), height * width * 3);
            }
        }
        let four = Settings { four_color: true, ..plain(Method::Bilinear) };
        assert_eq!(develop(&samples, height, width, &cfa, &four).len(), height * width * 3);
    }
}

#[test]
fn highlights() {
    // A red sensor channel that is full where the others are not.
    let cfa = Cfa::from_letters("RGGB").unwrap();
    let (height, width) = (40, 40);
    let samples: Vec<u16> = (0..height * width)
        .map(|i| match cfa.at(i / width, i % width) {
            0 => 60000,
            1 => 65535,
            _ => 50000,
        })
        .collect();
    let balance = WhiteBalance::User([2.0, 1.0, 1.5, 1.0]);
    let with = |highlight| {
        let settings = Settings { highlight, white_balance: balance, ..plain(Method::Bilinear) };
        let out = develop(&samples, height, width, &cfa, &settings);
        let at = (20 * width + 20) * 3;
        [out[at], out[at + 1], out[at + 2]]
    };
    assert_eq!(with(Highlight::Clip), [65535, 65535, 65535]);
    let free = with(Highlight::Unclip);
    assert!(free[0] > free[1] && free[1].abs_diff(32767) < 3, "{free:?}");
    let mixed = with(Highlight::Blend);
    assert!(mixed[0] - mixed[1] < free[0] - free[1], "{mixed:?}");
    let whole = with(Highlight::Reconstruct(3));
    assert!(whole[1] > free[1], "{whole:?}");
}

#[test]
fn medians_remove_speckles() {
    let (height, width) = (30, 30);
    let cfa = Cfa::from_letters("RGGB").unwrap();
    let mut samples = vec![20000u16; height * width];
    samples[14 * width + 14] = 60000;
    let settings = Settings { median_passes: 2, ..plain(Method::Bilinear) };
    let out = develop(&samples, height, width, &cfa, &settings);
    let at = (14 * width + 14) * 3;
    // Interpolation has spread the speckle over nine pixels, of which the middle one is no outlier but lower.
    assert!(out[at] <= 30000, "{}", out[at]);
    assert_eq!(develop(&samples, height, width, &cfa, &plain(Method::Bilinear))[at], 60000);
}
