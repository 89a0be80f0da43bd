use ndarray::{ArrayD, ArrayViewD};

use super::Element;
use crate::error::{Error, Result};

/// What becomes of values that the target type can't hold.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cast {
    /// Every value must be kept exactly; otherwise the cast fails and says which value.
    Exact,
    /// Round to the nearest (ties to even) and clip to the range; NaN becomes 0 in integers.
    Clip,
    /// As numpy's `astype`: floats are cut towards zero, integers wrap.
    Wrap,
    /// Full range to full range: `0..=255` ⇄ `0..=65535` ⇄ `0.0..=1.0`, rounded and clipped.
    Scale,
}

pub(super) fn cast<S: Element, T: Element>(from: ArrayViewD<'_, S>, how: Cast) -> Result<ArrayD<T>> {
    if let Some(same) = T::unwrap_view(&S::wrap_view(from.view())) {
        return Ok(same.as_standard_layout().into_owned());
    }
    if S::DTYPE.is_complex() && !T::DTYPE.is_complex() && how == Cast::Scale {
        return Err(Error::mismatch("complex values have no full range to scale from"));
    }
    let mut out = super::ndimage::try_zeros::<T>(from.shape())?;
    for (to, value) in out.iter_mut().zip(from.iter()) {
        *to = match how {
            Cast::Exact => exact(*value)?,
            Cast::Clip => clip(*value),
            Cast::Wrap => wrap(*value),
            Cast::Scale => scale(*value),
        };
    }
    Ok(out)
}

fn exact<S: Element, T: Element>(value: S) -> Result<T> {
    let kept = match value.to_i128() {
        Some(wide) => {
            let (to, fits) = T::from_i128(wide);
            let same = to.to_i128().map_or(to.to_c128().re as i128 == wide, |back| back == wide);
            (fits && same).then_some(to)
        }
        None => {
            let wide = value.to_c128();
            let to = T::from_c128(wide);
            let back = to.to_c128();
            let same = |a: f64, b: f64| a == b || (a.is_nan() && b.is_nan());
            (same(back.re, wide.re) && same(back.im, wide.im)).then_some(to)
        }
    };
    kept.ok_or_else(|| Error::mismatch(format!("{value:?} ({}) has no exact value in {}", S::DTYPE, T::DTYPE)))
}

fn clip<S: Element, T: Element>(value: S) -> T {
    if T::DTYPE.is_complex() {
        return T::from_c128(value.to_c128());
    }
    match value.to_i128() {
        Some(wide) => {
            let (to, fits) = T::from_i128(wide);
            // Rust's own conversion from floats saturates, which is the clipping wanted here.
            if fits { to } else { T::from_f64(wide as f64) }
        }
        None if T::DTYPE.is_integer() => T::from_f64(value.to_c128().re.round_ties_even()),
        None => T::from_c128(value.to_c128()),
    }
}

fn wrap<S: Element, T: Element>(value: S) -> T {
    match value.to_i128() {
        Some(wide) => T::from_i128(wide).0,
        None => {
            let wide = value.to_c128();
            if T::DTYPE.is_integer() && wide.re.is_finite() {
                T::from_i128(wide.re as i128).0
            } else {
                T::from_c128(wide)
            }
        }
    }
}

fn scale<S: Element, T: Element>(value: S) -> T {
    let unit = value.to_c128().re / full_scale::<S>();
    let wide = unit * full_scale::<T>();
    if T::DTYPE.is_integer() {
        T::from_f64(wide.round_ties_even())
    } else if T::DTYPE == super::Dtype::Bool {
        T::from_f64(f64::from(u8::from(wide >= 0.5)))
    } else {
        T::from_f64(wide)
    }
}

fn full_scale<T: Element>() -> f64 {
    match T::DTYPE {
        super::Dtype::U8 => f64::from(u8::MAX),
        super::Dtype::I8 => f64::from(i8::MAX),
        super::Dtype::U16 => f64::from(u16::MAX),
        super::Dtype::I16 => f64::from(i16::MAX),
        super::Dtype::U32 => f64::from(u32::MAX),
        super::Dtype::I32 => f64::from(i32::MAX),
        super::Dtype::U64 => u64::MAX as f64,
        super::Dtype::I64 => i64::MAX as f64,
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NdImage;
    use ndarray::arr1;

    fn f(values: &[f64]) -> NdImage {
        arr1(values).into()
    }

    #[test]
    fn said_by_how() {
        let image = f(&[-1.0, 0.5, 1.5, 300.0, f64::NAN]);
        assert_eq!(image.cast::<u8>(Cast::Clip).unwrap().into_raw_vec_and_offset().0, [0, 0, 2, 255, 0]);
        assert_eq!(image.cast::<u8>(Cast::Wrap).unwrap().into_raw_vec_and_offset().0, [255, 0, 1, 44, 0]);
        assert!(image.cast::<u8>(Cast::Exact).is_err());
        assert_eq!(f(&[3.0]).cast::<u8>(Cast::Exact).unwrap()[0], 3);
        assert_eq!(
            NdImage::from(arr1(&[255u8, 1])).cast::<u16>(Cast::Scale).unwrap().as_slice().unwrap(),
            [65535, 257]
        );
        assert_eq!(NdImage::from(arr1(&[51u8])).cast::<f32>(Cast::Scale).unwrap()[0], 0.2);
        assert_eq!(
            NdImage::from(arr1(&[u64::MAX])).cast::<f64>(Cast::Exact).unwrap_err().kind(),
            crate::ErrorKind::Mismatch
        );
        assert_eq!(NdImage::from(arr1(&[-5i64])).cast::<u16>(Cast::Clip).unwrap()[0], 0);
    }
}
