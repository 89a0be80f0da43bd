//! Elements that do not lie one after the other. Written once for every use, since each use is compiled for each dtype.

use ndarray::{ArrayD, ArrayViewD, ArrayViewMutD, Axis, Ix2};

use super::Element;

/// Copies every element; the shapes are the same.
pub(super) fn copy<T: Element>(mut to: ArrayViewMutD<'_, T>, from: ArrayViewD<'_, T>) {
    if let (Some(to), Some(from)) = (to.as_slice_mut(), from.to_slice()) {
        to.copy_from_slice(from);
        return;
    }
    match *to.shape() {
        [len] => (0..len).for_each(|x| to[[x]] = from[[x]]),
        // Without a view for each row, which may be as short as a pixel.
        [rows, columns] => {
            if let (Ok(mut to), Ok(from)) = (to.into_dimensionality::<Ix2>(), from.into_dimensionality::<Ix2>()) {
                for y in 0..rows {
                    (0..columns).for_each(|x| to[[y, x]] = from[[y, x]]);
                }
            }
        }
        _ => {
            for k in 0..to.shape().first().copied().unwrap_or(0) {
                copy(to.view_mut().index_axis_move(Axis(0), k), from.clone().index_axis_move(Axis(0), k));
            }
        }
    }
}

/// A copy in row-major order.
pub(super) fn to_rows<T: Element>(view: ArrayViewD<'_, T>) -> ArrayD<T> {
    let data = match view.to_slice() {
        Some(elements) => elements.to_vec(),
        None => bytemuck::zeroed_vec(view.len()),
    };
    match ArrayD::from_shape_vec(view.raw_dim(), data) {
        Ok(mut rows) => {
            if !view.is_standard_layout() {
                copy(rows.view_mut(), view);
            }
            rows
        }
        // The length is that of the shape.
        Err(_) => ArrayD::default(view.raw_dim()),
    }
}

/// Whether two arrays have the same shape and elements.
pub(super) fn same<T: Element>(a: &ArrayD<T>, b: &ArrayD<T>) -> bool {
    if a.shape() != b.shape() {
        return false;
    }
    match (a.as_slice(), b.as_slice()) {
        (Some(a), Some(b)) => a == b,
        _ => to_rows(a.view()).as_slice() == to_rows(b.view()).as_slice(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array3, Array4, Slice};

    #[test]
    fn every_layout_is_copied() {
        let source = Array4::from_shape_fn((3, 4, 5, 2), |(a, b, c, d)| (a * 1000 + b * 100 + c * 10 + d) as u16);
        let whole = source.view().into_dyn();
        let cut = |axis, slice| whole.clone().slice_axis_move(Axis(axis), slice);
        for view in [
            whole.clone(),
            whole.clone().reversed_axes(),
            cut(1, Slice::new(0, None, -2)),
            cut(2, Slice::from(1..4)),
            cut(0, Slice::from(..0)),
            whole.clone().index_axis_move(Axis(3), 0),
            whole.clone().index_axis_move(Axis(3), 0).index_axis_move(Axis(0), 1),
            whole.clone().index_axis_move(Axis(3), 0).index_axis_move(Axis(1), 1).index_axis_move(Axis(1), 2),
            whole.clone().index_axis_move(Axis(0), 1).index_axis_move(Axis(0), 1).index_axis_move(Axis(0), 1),
        ] {
            let rows = to_rows(view.clone());
            assert!(rows.is_standard_layout());
            assert_eq!(rows, view);
            assert!(same(&rows, &view.to_owned()));
        }
    }

    #[test]
    fn gaps_stay_as_they_are() {
        let source = Array3::from_shape_fn((2, 3, 3), |(y, x, c)| (y * 9 + x * 3 + c) as u8 + 1);
        let mut wide = Array3::<u8>::zeros((2, 3, 4));
        copy(wide.slice_axis_mut(Axis(2), Slice::from(..3)).into_dyn(), source.view().into_dyn());
        assert_eq!(wide.slice_axis(Axis(2), Slice::from(..3)), source);
        assert!(wide.index_axis(Axis(2), 3).iter().all(|v| *v == 0));
        let mut other = source.clone().into_dyn();
        other[[1, 2, 2]] = 0;
        assert!(!same(&source.clone().into_dyn(), &other));
        assert!(!same(&source.clone().into_dyn(), &source.reversed_axes().into_dyn()));
    }
}
