//! From options and facts to the settings of `imageio-demosaic`.

use imageio_core::{Error, ErrorKind, OptionValue, Options, Orientation, Result};
use imageio_demosaic::{
    Cfa, Developer, Highlight, Image, Layout, Method, Output, Samples as Data, Sensor, Settings, Space, Turn,
    WhiteBalance,
};

use crate::facts::{Area, Facts, Samples};
use crate::options::{self, Demosaic, OutputColor, ReadOptions};
use crate::reader::demosaic_error;

/// What is to be done to the samples.
pub(crate) struct Plan {
    settings: Settings,
    sensor: Sensor,
    /// A sensor without colour filters.
    monochrome: bool,
}

/// Whether the picture is turned upright: rawpy does, so it is not done only if the common option says no.
pub(crate) fn turns(options: &Options) -> Result<bool> {
    match options.get("rotate") {
        Some(value) => bool::from_value(value)
            .map_err(|why| Error::new(ErrorKind::InvalidOption, format!("option `rotate`: {why}"))),
        None => Ok(true),
    }
}

impl Plan {
    pub fn new(facts: &Facts, options: &ReadOptions, all: &Options) -> Result<Self> {
        if let Some(only) = &facts.mosaic_only {
            return Err(Error::unsupported(only.why.clone())
                .with_hint(format!("{}its mosaic can still be read: option `mosaic = true`", only.advice)));
        }
        let wrong = |name: &str, why: &str| Error::new(ErrorKind::InvalidOption, format!("option `{name}`: {why}"));
        if !matches!(options.output_bps, 8 | 16) {
            return Err(wrong("output_bps", "8 or 16"));
        }
        let gamma = match options.gamma.as_deref() {
            None => (2.222, 4.5),
            Some(&[power, slope]) if power > 0.0 && slope >= 0.0 && power.is_finite() && slope.is_finite() => {
                (power, slope)
            }
            Some(_) => return Err(wrong("gamma", "two numbers, such as [2.222, 4.5]")),
        };
        let user = match options.user_wb.as_deref() {
            None => None,
            Some(v) if matches!(v.len(), 3 | 4) && v.iter().take(3).all(|m| m.is_finite() && *m > 0.0) => {
                Some([v[0], v[1], v[2], v.get(3).copied().unwrap_or(0.0)].map(|m| m as f32))
            }
            Some(_) => return Err(wrong("user_wb", "multipliers of red, green, blue and second green above 0")),
        };
        let white_balance = match user {
            Some(multipliers) => WhiteBalance::User(multipliers),
            None if options.use_auto_wb => WhiteBalance::Auto,
            None if options.use_camera_wb => WhiteBalance::AsShot,
            None => WhiteBalance::Daylight,
        };
        let bayer = facts.cfa.as_ref().is_none_or(Cfa::is_bayer);
        let method = match options.demosaic {
            Demosaic::Auto if bayer => Method::Ahd,
            Demosaic::Auto | Demosaic::XTrans => Method::XTrans,
            Demosaic::Bilinear => Method::Bilinear,
            Demosaic::Ppg => Method::Ppg,
            Demosaic::Ahd => Method::Ahd,
        };
        let highlight = match options.highlight {
            options::Highlight::Clip => Highlight::Clip,
            options::Highlight::Unclip => Highlight::Unclip,
            options::Highlight::Blend => Highlight::Blend,
            options::Highlight::Reconstruct => Highlight::Reconstruct(5),
        };
        let space = match options.output_color {
            OutputColor::Raw => Space::Raw,
            OutputColor::Srgb => Space::Srgb,
            OutputColor::Adobe => Space::Adobe,
            OutputColor::Wide => Space::Wide,
            OutputColor::ProPhoto => Space::ProPhoto,
            OutputColor::Xyz => Space::Xyz,
        };
        let mut sensor = Sensor {
            black: facts.black,
            white: facts.white,
            xyz_to_camera: facts.xyz_to_camera,
            as_shot: facts.as_shot,
        };
        if let Some(black) = options.user_black {
            sensor.black = [black as f32; 4];
        }
        if let Some(white) = options.user_sat {
            sensor.white = white as f32;
        }
        let monochrome = facts.cfa.is_none() && facts.channels == 1;
        if monochrome {
            sensor.xyz_to_camera = None;
            sensor.as_shot = None;
        }
        // Who says what is white wants no other level.
        let adjust_maximum_thr = if options.user_sat.is_some() { 0.0 } else { options.adjust_maximum_thr };
        let settings = Settings {
            method,
            white_balance,
            space,
            gamma,
            auto_bright: !options.no_auto_bright,
            auto_bright_thr: options.auto_bright_thr,
            bright: options.bright,
            exposure: options.exp_shift,
            adjust_maximum_thr,
            highlight,
            half_size: options.half_size && facts.cfa.is_some(),
            four_color: options.four_color_rgb,
            median_passes: options.median_filter_passes,
            turn: if turns(all)? { turn(facts.orientation) } else { Turn::default() },
        };
        Ok(Plan { settings, sensor, monochrome })
    }

    /// Height and width of the picture.
    pub fn size(&self, facts: &Facts, area: Area) -> (usize, usize) {
        let side = |n: usize| if self.settings.half_size && facts.cfa.is_some() { n.div_ceil(2) } else { n };
        self.settings.turn.size(side(area.height), side(area.width))
    }
}

fn turn(orientation: Orientation) -> Turn {
    let (swap, flip_rows, flip_columns) = match orientation {
        Orientation::Normal => (false, false, false),
        Orientation::FlipHorizontal => (false, false, true),
        Orientation::Rotate180 => (false, true, true),
        Orientation::FlipVertical => (false, true, false),
        Orientation::Transpose => (true, false, false),
        Orientation::Rotate90 => (true, false, true),
        Orientation::Transverse => (true, true, true),
        Orientation::Rotate270 => (true, true, false),
    };
    Turn { swap, flip_rows, flip_columns }
}

/// Develops; `memory` gives the memory of the result, and is asked as late as possible.
pub(crate) fn run<'m, O: Output>(
    samples: Samples,
    facts: &Facts,
    area: Area,
    plan: &Plan,
    stopped: &(dyn Fn() -> bool + Sync),
    memory: impl FnOnce(usize) -> Result<&'m mut [O]>,
) -> Result<()> {
    let (samples, channels) = match plan.monochrome {
        true => (tripled(samples), 3),
        false => (samples, facts.channels),
    };
    let stride = facts.width * channels;
    let offset = area.top * stride + area.left * channels;
    let cfa = facts.cfa.as_ref().map(|cfa| cfa.shifted(area.top, area.left));
    let layout = match &cfa {
        Some(cfa) => Layout::Mosaic(cfa),
        None => Layout::Rgb,
    };
    let data = match &samples {
        Samples::U16(samples) => Data::U16(samples),
        Samples::F32(samples) => Data::F32(samples),
    };
    let image = Image::new(data, layout, area.width, area.height, stride, offset).map_err(demosaic_error)?;
    let developer = Developer::new(&image, &plan.sensor, &plan.settings).map_err(demosaic_error)?.cancel(stopped);
    let (height, width) = developer.size(&image);
    let n = height * width * 3;
    if !plan.settings.auto_bright || developer.is_quick(&image) {
        return developer.write(&image, memory(n)?).map_err(demosaic_error);
    }
    let linear = developer.linear(&image).map_err(demosaic_error)?;
    // The mosaic and the result are never both there.
    drop(samples);
    linear.write(memory(n)?).map_err(demosaic_error)
}

/// Grey as three equal colours.
fn tripled(samples: Samples) -> Samples {
    match samples {
        Samples::U16(samples) => Samples::U16(samples.iter().flat_map(|v| [*v; 3]).collect()),
        Samples::F32(samples) => Samples::F32(samples.iter().flat_map(|v| [*v; 3]).collect()),
    }
}
