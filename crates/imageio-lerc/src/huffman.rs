//! Huffman codes of bytes, in words that are filled from the highest bit down.

use crate::bits::{self, MOST};
use crate::error::{Error, Result};
use crate::reader::Reader;

/// Bits that are looked up at once: three times as many are always at hand.
const FIRST: u32 = 11;
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
    /// By the next bits: one or two symbols (the lowest bytes), the bits that they take, and their number, which is 0
    /// where the code is longer.
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
        let entry = self.single(window);
        match entry >> 8 {
            0 => self.find(stream, window),
            length => {
                stream.bit += length as usize;
                Ok(entry as u8)
            }
        }
    }

    /// The next symbol and its length.
    #[inline]
    fn single(&self, window: u64) -> u32 {
        let entry = self.pairs[(window >> (64 - FIRST)) as usize];
        (entry >> 24) << 8 | entry & 0xff
    }

    /// As many symbols as fit into `out`, handed through `next` in order.
    #[inline(always)]
    pub fn symbols(&self, stream: &mut Stream<'_>, out: &mut [u8], mut next: impl FnMut(u8) -> u8) -> Result<()> {
        let mut done = 0;
        // Three looks give six symbols at most, and each look writes two.
        while done + 6 <= out.len() {
            let mut window = stream.window();
            let mut bit = stream.bit;
            let mut long = false;
            for _ in 0..3 {
                let entry = self.pairs[(window >> (64 - FIRST)) as usize];
                let length = entry >> 16 & 0xf;
                if length == 0 {
                    long = true;
                    break;
                }
                let Some(to) = out.get_mut(done..done + 2) else { break };
                to[0] = next(entry as u8);
                done += 1;
                if entry & PAIR != 0 {
                    to[1] = next((entry >> 8) as u8);
                    done += 1;
                }
                window <<= length;
                bit += length as usize;
            }
            stream.bit = bit;
            if long {
                if let Some(to) = out.get_mut(done) {
                    *to = next(self.symbol(stream)?);
                    done += 1;
                }
            }
        }
        for to in out.iter_mut().skip(done) {
            *to = next(self.symbol(stream)?);
        }
        Ok(())
    }
}

/// Marks entries of two symbols.
const PAIR: u32 = 1 << 20;

/// Entries of one symbol made to such of two, where the bits suffice.
fn pairs(first: &[u16; SIZE]) -> Box<[u32; SIZE]> {
    let mut pairs = Box::new([0; SIZE]);
    for (bits, (pair, one)) in pairs.iter_mut().zip(first).enumerate() {
        let (length, symbol) = (u32::from(one >> 8), u32::from(one & 0xff));
        if length == 0 {
            continue;
        }
        let two = first[bits << length & (SIZE - 1)];
        let more = u32::from(two >> 8);
        *pair = match more != 0 && length + more <= FIRST {
            true => length << 24 | PAIR | (length + more) << 16 | u32::from(two & 0xff) << 8 | symbol,
            false => length << 24 | length << 16 | symbol,
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
