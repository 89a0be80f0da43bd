use std::sync::Arc;

use imageio_core::{Error, Orientation, Result};
use imageio_demosaic::Cfa;
use imageio_rawfile::{Area, Cameras, Facts, Samples, as_shot};

/// rawloader's cameras.
pub(crate) struct Loader;

impl Cameras for Loader {
    fn name(&self) -> &'static str {
        "rawloader"
    }

    fn next(&self) -> Option<&'static str> {
        Some("rawler")
    }

    fn facts(&self, file: &Arc<Vec<u8>>) -> Result<Facts> {
        if file.get(4..12) == Some(b"ftypcrx ") {
            return Err(Error::unsupported("Canon's CR3"));
        }
        facts(&told(rawloader::decode_dummy(&mut file.as_slice()))?)
    }

    fn samples(&self, file: &Arc<Vec<u8>>) -> Result<Samples> {
        Ok(match told(rawloader::decode(&mut file.as_slice()))?.data {
            rawloader::RawImageData::Integer(samples) => Samples::U16(samples),
            rawloader::RawImageData::Float(samples) => Samples::F32(samples),
        })
    }
}

/// Errors without the request to report them, which is rawloader's to every error.
fn told(result: Result<rawloader::RawImage, rawloader::RawLoaderError>) -> Result<rawloader::RawImage> {
    result.map_err(|e| {
        let text = e.to_string();
        let text = text.trim_start_matches("RawLoaderError: ").trim_matches('"');
        let text = text.split("\nPlease").next().unwrap_or(text).split("\\nPlease").next().unwrap_or(text);
        let text = match text.contains("panic") {
            true => "the decoder gave up; the file is cut off or damaged",
            false => text,
        };
        Error::malformed(text.to_owned()).with("decoder", "rawloader")
    })
}

fn facts(image: &rawloader::RawImage) -> Result<Facts> {
    let (height, width) = (image.height, image.width);
    if height == 0 || width == 0 || !matches!(image.cpp, 1 | 3) {
        return Err(Error::unsupported(format!("a raw image of {width} × {height} × {} samples", image.cpp)));
    }
    let cfa = match image.cfa.is_valid() && image.cpp == 1 {
        true => Cfa::from_letters(&image.cfa.to_string()).ok(),
        false => None,
    };
    let [top, right, bottom, left] = image.crops;
    let visible = Area {
        top,
        left,
        height: height.saturating_sub(top).saturating_sub(bottom),
        width: width.saturating_sub(left).saturating_sub(right),
    }
    .within(height, width);
    let m = image.xyz_to_cam;
    let matrix = [0, 1, 2].map(|i| [0, 1, 2].map(|j| f64::from(m[i][j])));
    let known = matrix.iter().flatten().any(|v| *v != 0.0) && matrix.iter().flatten().all(|v| v.is_finite());
    // The table counts in thousandths of a thousand; only proportions matter to colours.
    let large = matrix.iter().flatten().fold(0.0f64, |a, b| a.max(b.abs())) > 50.0;
    let matrix = matrix.map(|row| row.map(|v| if large { v / 10_000.0 } else { v }));
    let level = |levels: [u16; 4]| levels.map(f32::from);
    let [r, g, b, e] = level(image.blacklevels);
    let float = matches!(image.data, rawloader::RawImageData::Float(_));
    Ok(Facts {
        make: image.clean_make.clone(),
        model: image.clean_model.clone(),
        height,
        width,
        channels: image.cpp,
        float,
        cfa,
        black: [r, g, b, if e > 0.0 { e } else { g }],
        white: image.whitelevels[..3].iter().copied().min().map_or(65535.0, f32::from),
        xyz_to_camera: known.then_some(matrix),
        as_shot: as_shot(image.wb_coeffs),
        visible,
        default_crop: visible,
        orientation: Orientation::from_exif(u64::from(image.orientation.to_u16())),
        mosaic_only: None,
    })
}
