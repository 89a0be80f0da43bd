//! What Huffman coded scans of every kind go on with from block to block.

use super::bits::Bits;
use super::scan::End;

/// Where a scan stands in its data.
pub(crate) struct Coded<'a> {
    pub(crate) bits: Bits<'a>,
    /// By component of the scan: the last DC value.
    pub(crate) predictions: [i32; 4],
    /// Whether a code came up that the tables do not have.
    pub(crate) corrupt: bool,
}

impl<'a> Coded<'a> {
    pub(crate) fn new(data: &'a [u8], position: usize) -> Self {
        Coded { bits: Bits::new(data, position), predictions: [0; 4], corrupt: false }
    }

    /// Goes on behind restart marker `number`; `false` if it was not where it should be.
    pub(crate) fn restart(&mut self, number: u8) -> bool {
        self.predictions = [0; 4];
        self.bits.restart(number)
    }

    pub(crate) fn end(&self) -> End {
        End { position: self.bits.position(), at_end: self.bits.at_end_of_data(), corrupt: self.corrupt }
    }
}
