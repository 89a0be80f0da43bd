//! Huffman codes of bytes, in words that are filled from the highest bit down.

use crate::bits::{self, MOST};
use crate::error::{Error, Result};
use crate::reader::Reader;

/// Bits that are looked up at once.
const FIRST: u32 = 12;
/// Looks at a window of 64 bits that never run out of them.
const LOOKS: usize = 64 / FIRST as usize;
const SIZE: usize = 1 << FIRST;
const WHAT: &str = "Huffman codes";

/// A code of more than [`FIRST`] bits.
#[derive(Clone, Copy)]
struct Long {
    /// From the highest of 32 bits down.
    code: u32,
    length: u32,
    symbol: u8,
}

/// What bits stand for which bytes.
pub(crate) struct Table {
    /// By the next bits: the bits that one or two symbols take (6 bits), the symbols (a byte each), their number (4 bits),
    /// and the bits of the first alone (4 bits). 0 where the code is longer.
    pairs: Box<[u32; SIZE]>,
    long: Vec<Long>,
}

impl Table {
    /// Reads codes, and gives what follows them.
    pub fn read<'a>(r: &mut Reader<'a>, version: u8) -> Result<(Self, Stream<'a>)> {
        if r.i32(WHAT)? < 2 {
            return Err(r.bad("Huffman codes of a version that is none"));
        }
        let [size, from, to] = [r.i32(WHAT)?, r.i32(WHAT)?, r.i32(WHAT)?].map(|v| usize::try_from(v).unwrap_or(0));
        if !(1..=256).contains(&size) || from >= size || to <= from || to - from > size {
            return Err(r.bad("Huffman codes of no symbols"));
        }
        let mut lengths = [0; MOST];
        bits::read(r, version, to - from, &mut lengths)?;
        let start = r.at();
        let mut stream = Stream { data: r.rest(), bit: 0, start };
        let mut first = [0_u16; SIZE];
        let mut long = Vec::new();
        for (k, length) in (from..to).zip(lengths) {
            if length == 0 {
                continue;
            }
            if length > 32 {
                return Err(r.bad("a Huffman code of more than 32 bits"));
            }
            let symbol = (k % size) as u8;
            let code = (stream.window() >> 32) as u32 & (u32::MAX << (32 - length));
            stream.bit += length as usize;
            if length > FIRST {
                long.push(Long { code, length, symbol });
                continue;
            }
            let at = (code >> (32 - FIRST)) as usize;
            if let Some(entries) = first.get_mut(at..at + (1 << (FIRST - length))) {
                entries.fill((length << 8) as u16 | u16::from(symbol));
            }
        }
        long.sort_unstable_by_key(|long| long.code);
        stream.bit = stream.bit.next_multiple_of(32);
        stream.check()?;
        Ok((Table { pairs: pairs(&first), long }, stream))
    }

    /// A symbol whose code is too long for the table.
    #[cold]
    fn find(&self, stream: &mut Stream<'_>, window: u64) -> Result<u8> {
        let bits = (window >> 32) as u32;
        let after = self.long.partition_point(|long| long.code <= bits);
        match after.checked_sub(1).and_then(|at| self.long.get(at)) {
            Some(long) if (bits ^ long.code) >> (32 - long.length) == 0 => {
                stream.bit += long.length as usize;
                Ok(long.symbol)
            }
            _ => Err(stream.bad()),
        }
    }

    /// The next symbol.
    #[inline]
    pub fn symbol(&self, stream: &mut Stream<'_>) -> Result<u8> {
        let window = stream.window();
        let entry = self.pairs[(window >> (64 - FIRST)) as usize];
        if entry == 0 {
            return self.find(stream, window);
        }
        stream.bit += (entry >> 28) as usize;
        Ok((entry >> 8) as u8)
    }

    /// As many symbols as fit into `out`.
    pub fn symbols(&self, stream: &mut Stream<'_>, out: &mut [u8]) -> Result<()> {
        let mut done = 0;
        while done + 2 * LOOKS <= out.len() {
            let mut window = stream.wide();
            let mut used = 0;
            let mut is_long = false;
            for _ in 0..LOOKS {
                let entry = self.pairs[(window >> (64 - FIRST)) as usize];
                if entry == 0 {
                    is_long = true;
                    break;
                }
                let Some(to) = out.get_mut(done..).and_then(|out| out.first_chunk_mut()) else { break };
                // Whether there is a second symbol is not predictable: it is written in any case.
                *to = [(entry >> 8) as u8, (entry >> 16) as u8];
                done += (entry >> 24 & 0xf) as usize;
                window <<= entry & 63;
                used += entry & 63;
            }
            stream.bit += used as usize;
            if is_long {
                if let Some(to) = out.get_mut(done) {
                    *to = self.symbol(stream)?;
                    done += 1;
                }
            }
        }
        for to in out.iter_mut().skip(done) {
            *to = self.symbol(stream)?;
        }
        Ok(())
    }
}

/// Entries of one symbol made to such of two, where the bits suffice.
fn pairs(first: &[u16; SIZE]) -> Box<[u32; SIZE]> {
    let mut pairs = Box::new([0; SIZE]);
    for (bits, (pair, one)) in pairs.iter_mut().zip(first).enumerate() {
        let (length, symbol) = (u32::from(one >> 8), u32::from(one & 0xff));
        if length == 0 {
            continue;
        }
        let two = first[bits << length & (SIZE - 1)];
        let both = length + u32::from(two >> 8);
        *pair = match both > length && both <= FIRST {
            true => length << 28 | 2 << 24 | u32::from(two & 0xff) << 16 | symbol << 8 | both,
            false => length << 28 | 1 << 24 | symbol << 8 | length,
        };
    }
    pairs
}

/// Bits behind the codes.
pub(crate) struct Stream<'a> {
    data: &'a [u8],
    bit: usize,
    /// Where the data start in the blob.
    start: usize,
}

impl Stream<'_> {
    /// At least 33 of the next bits, from the highest down; zeros beyond the end.
    #[inline(always)]
    fn window(&self) -> u64 {
        let at = (self.bit >> 5) << 2;
        let words = match self.data.get(at..).and_then(|data| data.first_chunk()) {
            Some(bytes) => u64::from_le_bytes(*bytes),
            None => self.tail(at),
        };
        words.rotate_left(32) << (self.bit & 31)
    }

    /// The next 64 bits, from the highest down; zeros beyond the end.
    #[inline(always)]
    fn wide(&self) -> u64 {
        let at = (self.bit >> 5) << 2;
        let Some(bytes) = self.data.get(at..).and_then(|data| data.first_chunk::<12>()) else { return self.narrow(at) };
        let shift = self.bit & 31;
        let [a, b, c, d, e, f, g, h, last @ ..] = *bytes;
        let last = u64::from(u32::from_le_bytes(last));
        u64::from_le_bytes([a, b, c, d, e, f, g, h]).rotate_left(32) << shift | last << shift >> 32
    }

    #[cold]
    fn narrow(&self, at: usize) -> u64 {
        let shift = self.bit & 31;
        self.tail(at).rotate_left(32) << shift | (self.tail(at + 8) & 0xffff_ffff) << shift >> 32
    }

    #[cold]
    fn tail(&self, at: usize) -> u64 {
        let mut bytes = [0; 8];
        for (to, from) in bytes.iter_mut().zip(self.data.get(at..).unwrap_or(&[])) {
            *to = *from;
        }
        u64::from_le_bytes(bytes)
    }

    /// An error if more was read than there is.
    pub fn check(&self) -> Result<()> {
        let needed = self.bit.div_ceil(8);
        match needed <= self.data.len() {
            true => Ok(()),
            false => Err(Error::Truncated { what: WHAT, at: self.start, needed, left: self.data.len() }),
        }
    }

    #[cold]
    fn bad(&self) -> Error {
        Error::Malformed { what: "bits that are no Huffman code", at: self.start + self.bit / 8 }
    }
}
