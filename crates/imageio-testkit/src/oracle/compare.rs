use imageio_core::ndarray::{ArrayD, Axis};
use imageio_core::{Cast, NdImage};

use super::rows::{Alternative, Row, Tolerance};
use crate::digest::sha256;

type Thumb = Vec<Vec<Option<f64>>>;

/// What a reading is to be: the row's own, or an alternative.
struct Wanted<'a> {
    shape: Option<&'a Vec<usize>>,
    dtype: Option<&'a String>,
    sha256: Option<&'a String>,
    sha256_f32: Option<&'a String>,
    mean: Option<f64>,
    thumb: Option<&'a Thumb>,
}

impl<'a> From<&'a Row> for Wanted<'a> {
    fn from(row: &'a Row) -> Self {
        Wanted {
            shape: row.shape.as_ref(),
            dtype: row.dtype.as_ref(),
            sha256: row.sha256.as_ref(),
            sha256_f32: row.sha256_f32.as_ref(),
            mean: row.mean,
            thumb: row.thumb.as_ref(),
        }
    }
}

impl<'a> From<&'a Alternative> for Wanted<'a> {
    fn from(alt: &'a Alternative) -> Self {
        Wanted {
            shape: alt.shape.as_ref(),
            dtype: alt.dtype.as_ref(),
            sha256: alt.sha256.as_ref(),
            sha256_f32: None,
            mean: alt.mean,
            thumb: alt.thumb.as_ref(),
        }
    }
}

pub(super) fn row(image: &NdImage, row: &Row) -> Result<(), String> {
    let hash = sha256(image);
    let tolerance = row.tolerance.as_ref();
    let alternatives = || row.alt.iter().flatten().filter(|alt| alt.counts());
    if let Some(prefer) = &row.prefer {
        let alt = alternatives().find(|alt| alt.oracle == *prefer).ok_or("the preferred reading is not in the row")?;
        return same(image, &hash, &alt.into(), tolerance);
    }
    let own = same(image, &hash, &row.into(), tolerance);
    let own = own.and_then(|()| match row.lossy && row.sha256.as_ref() != Some(&hash) {
        true => frames(image, row),
        false => Ok(()),
    });
    match own {
        Ok(()) => Ok(()),
        Err(_) if alternatives().any(|alt| same(image, &hash, &alt.into(), tolerance).is_ok()) => Ok(()),
        Err(why) => Err(why),
    }
}

fn same(image: &NdImage, hash: &str, wanted: &Wanted<'_>, tolerance: Option<&Tolerance>) -> Result<(), String> {
    if let Some(shape) = wanted.shape.filter(|shape| *shape != image.shape()) {
        return Err(format!("shape {:?}, expected {shape:?}", image.shape()));
    }
    if let Some(dtype) = wanted.dtype.filter(|dtype| *dtype != image.dtype().name()) {
        return Err(format!("dtype {}, expected {dtype}", image.dtype()));
    }
    if wanted.sha256.is_some_and(|expected| expected == hash) {
        return Ok(());
    }
    if let (Some(expected), imageio_core::Dtype::Bool) = (wanted.sha256, image.dtype()) {
        // numpy counts every byte but 0 as true, and some programs hand it 255.
        let wide = image.cast::<u8>(Cast::Wrap).map_err(|e| e.to_string())?.mapv(|v| v * 255);
        if sha256(&NdImage::from(wide)) == *expected {
            return Ok(());
        }
    }
    if let (Some(expected), true) = (wanted.sha256_f32, image.dtype().is_float()) {
        let single = image.cast::<f32>(Cast::Wrap).map_err(|e| e.to_string())?;
        if sha256(&NdImage::from(single)) == *expected {
            return Ok(());
        }
    }
    match tolerance {
        None | Some(Tolerance::Absolute(0.0)) => Err("pixels differ (exact expected)".into()),
        Some(tolerance) => grid(&first_plane(image)?, wanted.thumb, tolerance, wanted.mean, integral(image)),
    }
}

fn integral(image: &NdImage) -> bool {
    image.dtype().is_integer() || image.dtype() == imageio_core::Dtype::Bool
}

/// The first picture of a stack, as `(height, width, channels)` of `f64`.
fn first_plane(image: &NdImage) -> Result<ArrayD<f64>, String> {
    let mut plane = image.cast::<f64>(Cast::Wrap).map_err(|e| e.to_string())?;
    while plane.ndim() > 3 || (plane.ndim() == 3 && plane.shape()[2] > 4) {
        plane = plane.index_axis(Axis(0), 0).to_owned();
    }
    if plane.ndim() == 2 {
        plane = plane.insert_axis(Axis(2));
    }
    Ok(plane)
}

fn frames(image: &NdImage, row: &Row) -> Result<(), String> {
    let Some(tolerance) = &row.tolerance else { return Ok(()) };
    for frame in row.frames.iter().flatten() {
        let index = frame.get("index").and_then(|i| i.as_u64()).map(|i| i as usize);
        let thumb = frame.get("thumb").cloned().and_then(|t| serde_json::from_value::<Thumb>(t).ok());
        if let (Some(k), Some(thumb)) = (index, thumb) {
            // A row of one image describes the others, too; only a stack holds them.
            let Some(one) = image.index_first(k).filter(|one| one.ndim() >= 2) else { continue };
            let plane = first_plane(&one)?;
            grid(&plane, Some(&thumb), tolerance, None, integral(image)).map_err(|why| format!("frame {k}: {why}"))?;
        }
    }
    Ok(())
}

fn grid(
    plane: &ArrayD<f64>,
    thumb: Option<&Thumb>,
    tolerance: &Tolerance,
    mean: Option<f64>,
    integral: bool,
) -> Result<(), String> {
    let Some(thumb) = thumb else {
        let Some(mean) = mean else { return Ok(()) };
        let off = (plane.mean().unwrap_or(0.0) - mean).abs();
        let limit = limit(tolerance, mean.abs(), false);
        return if off <= limit { Ok(()) } else { Err(format!("mean off by {off:.4} (limit {limit:.4})")) };
    };
    let side = (thumb.first().map_or(0, Vec::len) as f64).sqrt().round() as usize;
    let means = cell_means(plane, side);
    if means.len() != thumb.len() {
        return Err(format!("{} channels in the grid, expected {}", means.len(), thumb.len()));
    }
    let (mut worst, mut top) = (0.0f64, 1e-12f64);
    for (got, expected) in means.iter().zip(thumb) {
        let (mut sum, mut n) = (0.0, 0usize);
        for (g, e) in got.iter().zip(expected) {
            match e {
                Some(e) if g.is_finite() => {
                    sum += (g - e).abs();
                    n += 1;
                    top = top.max(e.abs());
                }
                None if !g.is_finite() => {}
                _ => return Err("non-finite values in other places".into()),
            }
        }
        if n > 0 {
            worst = worst.max(sum / n as f64);
        }
    }
    let limit = limit(tolerance, top, integral);
    if worst <= limit { Ok(()) } else { Err(format!("grid of means off by {worst:.4} (limit {limit:.4})")) }
}

fn limit(tolerance: &Tolerance, scale: f64, integral: bool) -> f64 {
    match tolerance {
        Tolerance::Absolute(value) => value + if integral { 0.1 } else { 0.0 },
        Tolerance::Words(words) => {
            let figure = words.split_whitespace().find_map(|word| word.parse::<f64>().ok());
            figure.unwrap_or(0.0) * scale
        }
    }
}

/// Means over a grid of `side` × `side` cells, one list a channel.
fn cell_means(plane: &ArrayD<f64>, side: usize) -> Vec<Vec<f64>> {
    let &[height, width, channels] = plane.shape() else { return Vec::new() };
    let bounds = |k: usize, n: usize| {
        let from = k * n / side;
        (from, ((k + 1) * n / side).max(from + 1).min(n))
    };
    let cell = |row: usize, column: usize, channel: usize| {
        let ((y0, y1), (x0, x1)) = (bounds(row, height), bounds(column, width));
        let mut sum = 0.0;
        for y in y0..y1 {
            for x in x0..x1 {
                sum += plane[[y, x, channel]];
            }
        }
        sum / ((y1 - y0) * (x1 - x0)).max(1) as f64
    };
    (0..channels).map(|channel| (0..side * side).map(|i| cell(i / side, i % side, channel)).collect()).collect()
}
