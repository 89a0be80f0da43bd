//! Smaller versions of a page.

use imageio_core::{Dtype, half::f16};

use super::Arrangement;

/// A page of half the length and width, each pixel the mean of four: integers rounded, truth values by majority.
/// Returns the bytes and the new arrangement; sides of one pixel stay.
pub(crate) fn halve(bytes: &[u8], a: &Arrangement, dtype: Dtype) -> (Vec<u8>, Arrangement) {
    let small = Arrangement { pages: 1, length: (a.length / 2).max(1), width: (a.width / 2).max(1), ..a.clone() };
    macro_rules! mean {
        ($ty:ty, $from:expr, $wide:ty, $sum:expr) => {{
            const SIZE: usize = size_of::<$ty>();
            let read = |four: &[&[u8]], out: &mut Vec<u8>| {
                let from: fn([u8; SIZE]) -> $wide = $from;
                let sum: fn($wide, i64) -> $ty = $sum;
                let mut total = <$wide>::default();
                for one in four {
                    let mut raw = [0; SIZE];
                    raw.copy_from_slice(one);
                    total += from(raw);
                }
                out.extend_from_slice(&sum(total, four.len() as i64).to_ne_bytes());
            };
            spread(bytes, a, &small, SIZE, &read)
        }};
    }
    macro_rules! int {
        ($ty:ty) => {
            mean!($ty, |b| i128::from(<$ty>::from_ne_bytes(b)), i128, |t, n| {
                // Rounded to the nearest, halves away from zero.
                let n = i128::from(n);
                ((t + t.signum() * (n / 2)) / n) as $ty
            })
        };
    }
    let out = match dtype {
        Dtype::Bool => spread(bytes, a, &small, 1, &|four, out| {
            let set: usize = four.iter().map(|b| usize::from(b.first() == Some(&1))).sum();
            out.push(u8::from(2 * set >= four.len()));
        }),
        Dtype::U8 => int!(u8),
        Dtype::I8 => int!(i8),
        Dtype::U16 => int!(u16),
        Dtype::I16 => int!(i16),
        Dtype::U32 => int!(u32),
        Dtype::I32 => int!(i32),
        Dtype::U64 => int!(u64),
        Dtype::I64 => int!(i64),
        Dtype::F16 => mean!(f16, |b| f16::from_ne_bytes(b).to_f64(), f64, |t, n| f16::from_f64(t / n as f64)),
        Dtype::F32 => mean!(f32, |b| f64::from(f32::from_ne_bytes(b)), f64, |t, n| (t / n as f64) as f32),
        Dtype::F64 => mean!(f64, f64::from_ne_bytes, f64, |t, n| t / n as f64),
        // Parts of complex numbers are averaged one by one.
        Dtype::C64 | Dtype::C128 => {
            let parts = Arrangement { samples: 2 * a.contig(), planar: false, ..a.clone() };
            let real = if dtype == Dtype::C64 { Dtype::F32 } else { Dtype::F64 };
            let planes = bytes.chunks_exact((bytes.len() / a.planes().max(1)).max(1));
            planes.flat_map(|plane| halve(plane, &parts, real).0).collect()
        }
    };
    (out, small)
}

fn spread(
    bytes: &[u8],
    a: &Arrangement,
    small: &Arrangement,
    size: usize,
    mean: &dyn Fn(&[&[u8]], &mut Vec<u8>),
) -> Vec<u8> {
    let contig = a.contig();
    let row = a.width * contig * size;
    let mut out = Vec::with_capacity(small.length * small.width * contig * size * a.planes());
    let (down, across) = (if a.length > 1 { 2 } else { 1 }, if a.width > 1 { 2 } else { 1 });
    for plane in bytes.chunks_exact((row * a.length).max(1)) {
        for y in 0..small.length {
            for x in 0..small.width {
                for c in 0..contig {
                    let places = (0..down).flat_map(|dy| (0..across).map(move |dx| (down * y + dy, across * x + dx)));
                    let mut four: [&[u8]; 4] = [&[]; 4];
                    let mut n = 0;
                    for (y, x) in places {
                        let at = y * row + (x * contig + c) * size;
                        if let (Some(slot), Some(value)) = (four.get_mut(n), plane.get(at..at + size)) {
                            *slot = value;
                            n += 1;
                        }
                    }
                    mean(four.get(..n).unwrap_or_default(), &mut out);
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_rounded() {
        let a = Arrangement::new(&[3, 5], None, false).unwrap();
        let bytes: Vec<u8> = vec![1, 2, 3, 4, 9, 2, 2, 3, 5, 9, 9, 9, 9, 9, 9];
        let (out, small) = halve(&bytes, &a, Dtype::U8);
        assert_eq!((out, small.length, small.width), (vec![2, 4], 1, 2));
        let values: Vec<u8> = [-1i16, -2, -2, -2].iter().flat_map(|v| v.to_ne_bytes()).collect();
        let a = Arrangement::new(&[2, 2], None, false).unwrap();
        assert_eq!(halve(&values, &a, Dtype::I16).0, (-2i16).to_ne_bytes());
        let one = Arrangement::new(&[1, 4], None, false).unwrap();
        assert_eq!(halve(&[1, 3, 7, 9], &one, Dtype::U8).0, [2, 8]);
    }
}
