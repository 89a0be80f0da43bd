//! Reading from files, of which nothing but whether it works is told.

use std::io::{Read, Seek, SeekFrom};

use crate::{Doubt, Result};

const FAILED: Doubt = Doubt("the file can't be read");

/// Reads the bytes at a place.
pub(crate) fn read_at(source: &mut (impl Read + Seek), at: u64, into: &mut [u8]) -> Result<()> {
    source.seek(SeekFrom::Start(at)).and_then(|_| source.read_exact(into)).map_err(|_| FAILED)
}

/// Bytes of the file.
pub(crate) fn length(source: &mut impl Seek) -> Result<u64> {
    source.seek(SeekFrom::End(0)).map_err(|_| FAILED)
}
