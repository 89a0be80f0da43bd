//! Blocks of a few rows of MCUs, and their decoding.

use super::frame::Frame;
use super::scan::{Block, BlockDecoder, Layout, Scan, ScanComponent, Walker};

/// Blocks of some rows of MCUs, by component.
pub(crate) struct Strip {
    blocks: Vec<Vec<Block>>,
}

impl Strip {
    pub(crate) fn new(frame: &Frame, rows: usize) -> Self {
        Strip { blocks: frame.components.iter().map(|c| vec![[0; 64]; rows * c.v * c.blocks_w]).collect() }
    }

    pub(crate) fn blocks(&self) -> Vec<&[Block]> {
        self.blocks.iter().map(Vec::as_slice).collect()
    }

    /// Decodes rows `row` to `row + rows` of MCUs, as far as there are.
    pub(crate) fn fill<D: BlockDecoder>(
        &mut self,
        walker: &mut Walker<D>,
        frame: &Frame,
        scan: &Scan,
        row: usize,
        rows: usize,
    ) {
        let rows = rows.min(frame.mcus_h.saturating_sub(row));
        Part::of(self.blocks.iter_mut().map(Vec::as_mut_slice)).cleared().fill(walker, frame, scan, rows);
    }

    /// Parts of `rows` rows of MCUs each.
    pub(crate) fn split(&mut self, frame: &Frame, rows: usize) -> Vec<Part<'_>> {
        let mut parts: Vec<Part<'_>> = Vec::new();
        for (c, blocks) in frame.components.iter().zip(&mut self.blocks) {
            for (i, chunk) in blocks.chunks_mut((rows * c.v * c.blocks_w).max(1)).enumerate() {
                if parts.len() <= i {
                    parts.push(Part { blocks: Vec::with_capacity(4) });
                }
                parts[i].blocks.push(chunk);
            }
        }
        parts.into_iter().map(Part::cleared).collect()
    }
}

/// Borrowed blocks of some rows of MCUs, by component.
pub(crate) struct Part<'b> {
    blocks: Vec<&'b mut [Block]>,
}

impl<'b> Part<'b> {
    pub(crate) fn of(blocks: impl Iterator<Item = &'b mut [Block]>) -> Self {
        Part { blocks: blocks.collect() }
    }

    fn cleared(mut self) -> Self {
        for blocks in &mut self.blocks {
            blocks.fill([0; 64]);
        }
        self
    }

    /// Decodes `rows` rows of MCUs from the first on.
    pub(crate) fn fill<D: BlockDecoder>(&mut self, walker: &mut Walker<D>, frame: &Frame, scan: &Scan, rows: usize) {
        let component = |c: &ScanComponent| frame.components.get(c.index);
        let layout: Vec<_> = scan.components.iter().filter_map(component).map(Layout::of).collect();
        for row in 0..rows {
            let mut by_frame: Vec<Option<&mut [Block]>> = Vec::with_capacity(4);
            for (blocks, c) in self.blocks.iter_mut().zip(&frame.components) {
                let line = c.v * c.blocks_w;
                by_frame.push(blocks.get_mut(row * line..(row + 1) * line));
            }
            let mut rows: Vec<&mut [Block]> = Vec::with_capacity(4);
            for c in &scan.components {
                rows.push(by_frame.get_mut(c.index).and_then(Option::take).unwrap_or_default());
            }
            D::interleaved_row(walker, frame.mcus_w, &layout, &mut rows);
        }
    }
}
