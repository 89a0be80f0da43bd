//! Gamma correction by table.

use imageio_core::{Error, ErrorKind, Result};

use crate::chunk::{Fields, Source};
use crate::decode::Pixels;
use crate::header::{Header, Layout};
use crate::options::ApplyGamma;

/// The exponent that values are raised to, if any.
pub(crate) fn exponent(option: ApplyGamma, header: &Header, source: &mut Source<'_>) -> Result<Option<f64>> {
    match option {
        ApplyGamma::Off => Ok(None),
        ApplyGamma::Exponent(exponent) if exponent.is_finite() && exponent > 0.0 => Ok(Some(exponent)),
        ApplyGamma::Exponent(exponent) => Err(Error::new(
            ErrorKind::InvalidOption,
            format!("option `apply_gamma`: {exponent} is no exponent above 0"),
        )),
        ApplyGamma::File => {
            let Some(chunk) = header.others.iter().find(|c| &c.kind == b"gAMA") else { return Ok(None) };
            let (data, right) = source.data(*chunk, 1 << 16)?;
            let stored = Fields(&data).u32().filter(|stored| right && *stored > 0);
            Ok(stored.map(|stored| f64::from(stored) / 100_000.0))
        }
    }
}

/// Raises colours, taken as 0 to 1, to `exponent`; alpha and single bits stay.
pub(crate) fn apply(exponent: f64, layout: Layout, pixels: Pixels<'_>) {
    let table = |max: u16| -> Vec<u16> {
        let top = f64::from(max);
        (0..=max).map(|v| ((f64::from(v) / top).powf(exponent) * top).round() as u16).collect()
    };
    let colors = layout.channels - usize::from(layout.has_alpha());
    match pixels {
        Pixels::Bool(_) => {}
        Pixels::U8(samples) => {
            let table: Vec<u8> = table(255).into_iter().map(|v| v as u8).collect();
            for pixel in samples.chunks_exact_mut(layout.channels) {
                pixel.iter_mut().take(colors).for_each(|v| *v = table[usize::from(*v)]);
            }
        }
        Pixels::U16(samples) => {
            let table = table(u16::MAX);
            for pixel in samples.chunks_exact_mut(layout.channels) {
                pixel.iter_mut().take(colors).for_each(|v| *v = table[usize::from(*v)]);
            }
        }
    }
}
