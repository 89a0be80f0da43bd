//! Tone curves: a power with a linear start, as BT.709 and sRGB define them.

use rayon::prelude::*;

/// A curve from linear light to the stored value, both from 0 to 65535.
#[derive(Debug, Clone)]
pub struct Curve {
    table: Vec<u16>,
}

impl Curve {
    /// `power` is the exponent's inverse (2.222 for BT.709), `slope` that of the linear start (4.5), `white` the
    /// linear value that becomes full scale. A power of 1 is no curve; a slope of 0 has no linear start.
    pub fn new(power: f64, slope: f64, white: f64) -> Self {
        let exponent = if power > 0.0 { 1.0 / power } else { 1.0 };
        let white = white.max(1.0);
        let (join, offset) = join(exponent, slope);
        let table = (0..=65535u32).into_par_iter().map(|i| {
            let linear = f64::from(i) / white;
            if linear >= 1.0 {
                return 65535;
            }
            let tone = match () {
                () if (exponent - 1.0).abs() < 1e-9 => linear,
                () if linear < join => linear * slope,
                () => (1.0 + offset) * linear.powf(exponent) - offset,
            };
            // The scale has 65536 steps, of which the last is white alone.
            (tone * 65536.0).clamp(0.0, 65535.0) as u16
        });
        Curve { table: table.collect() }
    }

    /// The stored value of a linear one.
    #[inline]
    pub fn at(&self, linear: u16) -> u16 {
        self.table[usize::from(linear)]
    }

    /// The curve for 8-bit results.
    pub fn bytes(&self) -> Vec<u8> {
        self.table.iter().map(|v| (v >> 8) as u8).collect()
    }
}

/// Where the linear start meets the power, so that value and slope agree, and the offset that this takes:
/// `slope·x = (1 + offset)·x^exponent − offset`.
fn join(exponent: f64, slope: f64) -> (f64, f64) {
    if slope <= 0.0 || (exponent - 1.0).abs() < 1e-9 || (slope - 1.0) * (exponent - 1.0) > 0.0 {
        return (0.0, 0.0);
    }
    // With equal slopes, (1 + offset) is slope·x^(1 − exponent)/exponent; put into the equation of the values it
    // leaves one unknown, which is found by halving.
    let offset_at = |x: f64| slope * x.powf(1.0 - exponent) / exponent - 1.0;
    let miss = |x: f64| slope * x - (slope * x / exponent - offset_at(x));
    let (mut low, mut high) = (1e-12, 1.0);
    if miss(low) * miss(high) > 0.0 {
        return (0.0, 0.0);
    }
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        if miss(low) * miss(middle) <= 0.0 { high = middle } else { low = middle }
    }
    let x = 0.5 * (low + high);
    (x, offset_at(x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bt709() {
        let (x, offset) = join(0.45, 4.5);
        assert!((x - 0.018).abs() < 2e-4 && (offset - 0.099).abs() < 1e-3, "{x} {offset}");
        let curve = Curve::new(1.0 / 0.45, 4.5, 65536.0);
        assert_eq!((curve.at(0), curve.at(65535)), (0, 65535));
        assert_eq!(curve.at(655), (655.0 * 4.5) as u16);
        let middle = (1.099 * 0.5f64.powf(0.45) - 0.099) * 65536.0;
        assert!((f64::from(curve.at(32768)) - middle).abs() < 40.0);
    }

    #[test]
    fn srgb_and_none() {
        let (x, offset) = join(1.0 / 2.4, 12.92);
        assert!((x - 0.0031).abs() < 1e-4 && (offset - 0.055).abs() < 1e-3, "{x} {offset}");
        let line = Curve::new(1.0, 1.0, 65536.0);
        assert!([0u16, 1, 77, 30000, 65535].iter().all(|v| line.at(*v) == *v));
        assert_eq!(Curve::new(1.0, 1.0, 32768.0).at(40000), 65535);
        assert_eq!(Curve::new(2.0, 0.0, 65536.0).at(16384), 32768);
    }
}
