//! Where decoded rows go: whole rows of the array, or the part of each that a tile covers.

use imageio_core::Dtype;

/// What a destination is made of: bytes of elements in native order, or truth values.
pub(crate) trait Cell: Copy + Default + bytemuck::Zeroable + Send + Sync + 'static {
    /// Bytes of one cell.
    const SIZE: usize;
    /// `true` if plain pixels can be read into cells as they are.
    const RAW: bool;

    /// Cells of one sample.
    fn elements_per_sample(dtype: Dtype) -> usize;

    /// The cells as bytes, where any byte is a valid cell.
    fn bytes(cells: &mut [Self]) -> Option<&mut [u8]>;

    /// Copies elements in native byte order.
    fn put(from: &[u8], to: &mut [Self]);
}

impl Cell for u8 {
    const SIZE: usize = 1;
    const RAW: bool = true;

    fn elements_per_sample(dtype: Dtype) -> usize {
        dtype.size()
    }

    fn bytes(cells: &mut [Self]) -> Option<&mut [u8]> {
        Some(cells)
    }

    #[inline]
    fn put(from: &[u8], to: &mut [Self]) {
        let n = to.len().min(from.len());
        let (to, _) = to.split_at_mut(n);
        to.copy_from_slice(from.split_at(n).0);
    }
}

impl Cell for bool {
    const SIZE: usize = 1;
    const RAW: bool = false;

    fn elements_per_sample(_: Dtype) -> usize {
        1
    }

    fn bytes(_: &mut [Self]) -> Option<&mut [u8]> {
        None
    }

    fn put(from: &[u8], to: &mut [Self]) {
        for (to, from) in to.iter_mut().zip(from) {
            *to = *from != 0;
        }
    }
}

/// The rows that a strip or tile fills.
pub(crate) enum Rows<'d, T> {
    /// Whole rows, one after the other.
    Block { data: &'d mut [T], row: usize },
    /// A piece of each row.
    Split(Vec<&'d mut [T]>),
}

impl<T: Copy> Rows<'_, T> {
    /// Number of cells.
    pub fn len(&self) -> usize {
        match self {
            Rows::Block { data, .. } => data.len(),
            Rows::Split(rows) => rows.iter().map(|r| r.len()).sum(),
        }
    }

    /// The rows as one slice, if they are one.
    pub fn block(&mut self) -> Option<&mut [T]> {
        match self {
            Rows::Block { data, .. } => Some(data),
            Rows::Split(_) => None,
        }
    }

    /// The rows in order.
    pub fn iter_mut(&mut self) -> Box<dyn Iterator<Item = &mut [T]> + '_> {
        match self {
            Rows::Block { data, row } => Box::new(data.chunks_exact_mut((*row).max(1))),
            Rows::Split(rows) => Box::new(rows.iter_mut().map(|r| &mut **r)),
        }
    }
}
