//! Boxes, of which a file consists (ISO/IEC 14496-12 section 4.2), and numbers in them.

use crate::{Doubt, Result};

/// The name of a box.
pub(crate) type Name = [u8; 4];

/// A place inside a box; what lies beyond the end is in doubt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bytes<'b>(pub &'b [u8]);

impl<'b> Bytes<'b> {
    pub fn take(&mut self, n: usize) -> Result<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or(Doubt("a box ends early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| Doubt("a box ends early"))
    }

    pub fn u8(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    pub fn u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub fn i32(&mut self) -> Result<i32> {
        self.array().map(i32::from_be_bytes)
    }

    pub fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_be_bytes)
    }

    pub fn name(&mut self) -> Result<Name> {
        self.array()
    }

    /// A number of 64 bits in version 1 of a box, and of 32 in version 0; `None` for "all bits set".
    pub fn sized(&mut self, version: u8) -> Result<Option<u64>> {
        match version {
            0 => self.u32().map(|n| (n != u32::MAX).then_some(u64::from(n))),
            1 => self.u64().map(|n| (n != u64::MAX).then_some(n)),
            _ => Err(Doubt("a box is of an unknown version")),
        }
    }

    /// Version and flags.
    pub fn full(&mut self) -> Result<(u8, u32)> {
        let word = self.u32()?;
        Ok(((word >> 24) as u8, word & 0xff_ffff))
    }

    /// The number of entries of a table, each of `size` bytes; all of them are there.
    pub fn entries(&mut self, size: usize) -> Result<usize> {
        let n = self.u32()? as usize;
        match n.checked_mul(size) {
            Some(bytes) if bytes <= self.0.len() => Ok(n),
            _ => Err(Doubt("a table is longer than its box")),
        }
    }
}

/// The boxes in the content of another.
pub(crate) fn children(content: &[u8]) -> impl Iterator<Item = Result<(Name, &[u8])>> {
    let mut rest = Bytes(content);
    std::iter::from_fn(move || {
        // QuickTime ends some lists with a zero.
        if rest.0.is_empty() || rest.0 == [0; 4] {
            return None;
        }
        let next = child(&mut rest);
        if next.is_err() {
            rest = Bytes(&[]);
        }
        Some(next)
    })
}

fn child<'b>(rest: &mut Bytes<'b>) -> Result<(Name, &'b [u8])> {
    let size = rest.u32()?;
    let name = rest.name()?;
    let length = match size {
        0 => return Err(Doubt("a box inside another has no size")),
        1 => rest.u64()?.checked_sub(16),
        n => u64::from(n).checked_sub(8),
    };
    let length = length.and_then(|n| usize::try_from(n).ok()).ok_or(Doubt("a box has an impossible size"))?;
    Ok((name, rest.take(length)?))
}
