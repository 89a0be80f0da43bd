//! PIZ: sample values are numbered, wavelet-transformed in 16-bit integers, and Huffman-coded.

use imageio_core::{Error, Result};

use super::cut_off;
use crate::bytes::Bytes;
use crate::header::Part;
use crate::layout::{Block, Lines};

const VALUES: usize = 1 << 16;
/// Symbols of the code: the values and one for runs.
const SYMBOLS: usize = VALUES + 1;
const MAX_LEN: usize = 58;
/// Codes of up to this length are looked up.
const FAST: usize = 13;

/// Tables for one block, kept for the next.
#[derive(Default)]
pub(crate) struct Tables {
    /// Value of each number.
    values: Vec<u16>,
    lens: Vec<u8>,
    /// By the next [`FAST`] bits: symbol, and below it the length in six bits, 0 for runs and longer codes.
    fast: Vec<u32>,
    /// Symbols by length, then by value.
    sorted: Vec<u32>,
}

pub(crate) fn decompress(
    part: &Part,
    block: &Block,
    layout: &Lines,
    raw: &[u8],
    words: &mut [u16],
    lines: &mut [u8],
    tables: &mut Tables,
) -> Result<()> {
    let mut input = Bytes(raw);
    let max = tables.read_values(&mut input)?;
    let len = input.u32().and_then(|n| usize::try_from(n).ok()).ok_or_else(cut_off)?;
    let coded = input.take(len).ok_or_else(cut_off)?;
    tables.decode(coded, words)?;
    let mut rest = &mut *words;
    let mut planes = Vec::with_capacity(part.channels.len());
    for ((channel, len), height) in part.channels.iter().zip(&layout.lens).zip(&layout.counts) {
        let (plane, left) = rest.split_at_mut((len / 2 * height).min(rest.len()));
        rest = left;
        // Samples of 32 bits are transformed as two pictures of 16 bits.
        let size = channel.kind.size() / 2;
        let width = len / channel.kind.size();
        for half in 0..size {
            let Some(plane) = plane.get_mut(half..) else { continue };
            if max < 1 << 14 {
                inverse_wavelet(plane, width, size, *height, len / 2, near);
            } else {
                inverse_wavelet(plane, width, size, *height, len / 2, modular);
            }
        }
        planes.push(&*plane);
    }
    let values = tables.values.as_slice();
    layout.visit(block.height, |channel, _, range| {
        let (Some(plane), Some(out)) = (planes.get_mut(channel), lines.get_mut(range)) else { return };
        let (line, left) = plane.split_at((out.len() / 2).min(plane.len()));
        *plane = left;
        for (out, number) in out.as_chunks_mut::<2>().0.iter_mut().zip(line) {
            // The table has an entry for every number.
            *out = values.get(usize::from(*number)).copied().unwrap_or_default().to_le_bytes();
        }
    });
    Ok(())
}

impl Tables {
    /// Reads which values there are and numbers them; gives the largest number.
    fn read_values(&mut self, input: &mut Bytes<'_>) -> Result<usize> {
        let (Some(first), Some(last)) = (input.u16(), input.u16()) else { return Err(cut_off()) };
        let (first, last) = (usize::from(first), usize::from(last));
        if last >= VALUES / 8 {
            return Err(Error::malformed("the table of values in a block is too long"));
        }
        let bitmap = if first <= last { input.take(last - first + 1).ok_or_else(cut_off)? } else { &[] };
        self.values.clear();
        // Zero is always there and never in the table.
        self.values.push(0);
        for (byte, bits) in bitmap.iter().enumerate() {
            let mut bits = u32::from(*bits);
            while bits != 0 {
                let value = (first + byte) * 8 + bits.trailing_zeros() as usize;
                if value != 0 {
                    self.values.push(value as u16);
                }
                bits &= bits - 1;
            }
        }
        let max = self.values.len() - 1;
        self.values.resize(VALUES, 0);
        Ok(max)
    }

    /// Decodes as many symbols as `out` holds.
    fn decode(&mut self, coded: &[u8], out: &mut [u16]) -> Result<()> {
        let mut input = Bytes(coded);
        let mut word = || input.u32().ok_or_else(cut_off);
        let (first, last, _, bits, _) = (word()?, word()?, word()?, word()?, word()?);
        let (first, last) = (first as usize, last as usize);
        if first > last || last >= SYMBOLS {
            return Err(Error::malformed("the Huffman code of a block is damaged"));
        }
        let used = self.read_lens(input.0, first, last)?;
        let data = input.0.get(used..).unwrap_or_default();
        if u64::from(bits) > data.len() as u64 * 8 {
            return Err(cut_off());
        }
        let code = self.build(first, last)?;
        self.decode_symbols(&code, data, u64::from(bits), last as u32, out)
    }

    /// Lengths of the codes of all symbols: six bits each, with runs of zeros. Gives the bytes they take.
    fn read_lens(&mut self, packed: &[u8], first: usize, last: usize) -> Result<usize> {
        const SHORT_RUN: u64 = 59;
        const LONG_RUN: u64 = 63;
        self.lens.clear();
        self.lens.resize(SYMBOLS, 0);
        let mut at = 0;
        let mut symbol = first;
        while symbol <= last {
            let len = peek(packed, at) >> 58;
            at += 6;
            if len < SHORT_RUN {
                self.lens[symbol] = len as u8;
                symbol += 1;
                continue;
            }
            let run = if len == LONG_RUN {
                let run = (peek(packed, at) >> 56) + 6;
                at += 8;
                run
            } else {
                len - SHORT_RUN + 2
            };
            symbol += run as usize;
            if symbol > last + 1 {
                return Err(Error::malformed("the Huffman code of a block is damaged"));
            }
        }
        let bytes = at.div_ceil(8);
        if bytes > packed.len() { Err(cut_off()) } else { Ok(bytes) }
    }

    /// Numbers the codes: among those of one length by symbol, and longer ones below shorter ones.
    fn build(&mut self, first: usize, last: usize) -> Result<Code> {
        let mut code =
            Code { starts: [0; MAX_LEN + 1], counts: [0; MAX_LEN + 1], places: [0; MAX_LEN + 1], shortest: 1 };
        let lens = &self.lens[first..=last];
        for len in lens {
            code.counts[usize::from(*len)] += 1;
        }
        code.counts[0] = 0;
        let mut start = 0u64;
        for len in (1..=MAX_LEN).rev() {
            code.starts[len] = start;
            start += code.counts[len];
            if start > 1 << len {
                return Err(Error::malformed("the Huffman code of a block has too many symbols"));
            }
            start >>= 1;
        }
        let mut place = 0;
        for (at, count) in code.places.iter_mut().zip(code.counts) {
            *at = place;
            place += count as usize;
        }
        self.sorted.clear();
        self.sorted.resize(place, 0);
        self.fast.clear();
        self.fast.resize(1 << FAST, 0);
        let mut next = code.places;
        for (symbol, len) in (first..).zip(lens) {
            let len = usize::from(*len);
            if len == 0 {
                continue;
            }
            let rank = next[len] - code.places[len];
            self.sorted[next[len]] = symbol as u32;
            next[len] += 1;
            if len <= FAST && symbol != last {
                let from = (code.starts[len] as usize + rank) << (FAST - len);
                let entries = self.fast.get_mut(from..from + (1 << (FAST - len)));
                entries
                    .ok_or_else(|| Error::malformed("the Huffman code of a block is damaged"))?
                    .fill((symbol as u32) << 6 | len as u32);
            }
        }
        let run = usize::from(self.lens[last]);
        code.shortest = if run == 0 { FAST + 1 } else { run.min(FAST + 1) };
        Ok(code)
    }

    fn decode_symbols(&self, code: &Code, data: &[u8], bits: u64, run: u32, out: &mut [u16]) -> Result<()> {
        let bits = usize::try_from(bits).unwrap_or(usize::MAX);
        let Ok(table) = <&[u32; 1 << FAST]>::try_from(self.fast.as_slice()) else { return Err(cut_off()) };
        let mut at = 0;
        let mut filled = 0;
        while filled < out.len() {
            // The window has 57 bits or more: enough for four codes from the table.
            let mut window = peek(data, at);
            let mut shortest = 1;
            if let Some(places) = out.get_mut(filled..).and_then(|rest| rest.first_chunk_mut::<4>()) {
                let mut done = 0;
                for place in places {
                    let entry = table[(window >> (64 - FAST)) as usize];
                    if entry == 0 {
                        break;
                    }
                    *place = (entry >> 6) as u16;
                    window <<= entry & 63;
                    at += (entry & 63) as usize;
                    done += 1;
                }
                filled += done;
                if done == 4 {
                    continue;
                }
                if at > bits {
                    return Err(cut_off());
                }
                shortest = code.shortest;
            }
            let (symbol, len) = self.any(code, shortest, data, at)?;
            at += len as usize;
            if symbol == run {
                let n = (peek(data, at) >> 56) as usize;
                at += 8;
                let Some(value) = filled.checked_sub(1).map(|last| out[last]) else {
                    return Err(Error::malformed("a run of nothing in a block"));
                };
                let place = out.get_mut(filled..filled + n);
                place.ok_or_else(|| Error::malformed("a run of samples goes beyond its block"))?.fill(value);
                filled += n;
            } else {
                out[filled] = symbol as u16;
                filled += 1;
            }
            if at > bits {
                return Err(cut_off());
            }
        }
        if at > bits { Err(cut_off()) } else { Ok(()) }
    }

    /// The code at `at`, whatever its length: the shortest for which the bits are not below the first code.
    fn any(&self, code: &Code, shortest: usize, data: &[u8], at: usize) -> Result<(u32, u32)> {
        let window = peek(data, at);
        for len in shortest..=MAX_LEN {
            if code.counts[len] == 0 {
                continue;
            }
            // The longest codes may need a bit more than the window has.
            let value = if len <= 57 { window >> (64 - len) } else { (peek_wide(data, at) >> (128 - len)) as u64 };
            let Some(rank) = value.checked_sub(code.starts[len]) else { continue };
            if rank < code.counts[len] {
                return Ok((self.sorted[code.places[len] + rank as usize], len as u32));
            }
        }
        Err(Error::malformed("a block holds a code that does not exist"))
    }
}

/// Codes of each length: the first, how many there are, and where their symbols are.
struct Code {
    starts: [u64; MAX_LEN + 1],
    counts: [u64; MAX_LEN + 1],
    places: [usize; MAX_LEN + 1],
    /// Length to begin a search with: shorter codes are all in the table.
    shortest: usize,
}

/// The bits from `at` on, highest first: at least 57 of them; zeros behind the end.
#[inline]
fn peek(data: &[u8], at: usize) -> u64 {
    let tail = data.get(at / 8..).unwrap_or_default();
    let word = match tail.first_chunk::<8>() {
        Some(bytes) => u64::from_be_bytes(*bytes),
        None => {
            let mut bytes = [0; 8];
            bytes[..tail.len()].copy_from_slice(tail);
            u64::from_be_bytes(bytes)
        }
    };
    word << (at % 8)
}

fn peek_wide(data: &[u8], at: usize) -> u128 {
    let mut bytes = [0; 16];
    let tail = data.get(at / 8..).unwrap_or_default();
    let n = tail.len().min(16);
    bytes[..n].copy_from_slice(&tail[..n]);
    u128::from_be_bytes(bytes) << (at % 8)
}

/// The transform for values below 2^14: mean and difference.
#[inline(always)]
fn near(l: u16, h: u16) -> (u16, u16) {
    let (l, h) = (l as i16, h as i16);
    let a = l.wrapping_add(h & 1).wrapping_add(h >> 1);
    (a as u16, a.wrapping_sub(h) as u16)
}

/// The transform for all values, which wraps around.
#[inline(always)]
fn modular(l: u16, h: u16) -> (u16, u16) {
    let b = l.wrapping_sub(h >> 1);
    (h.wrapping_add(b).wrapping_sub(1 << 15), b)
}

/// Undoes the two-dimensional transform from the coarsest level to the finest. Neighbours are `ox` apart, lines `oy`.
fn inverse_wavelet(
    data: &mut [u16],
    nx: usize,
    ox: usize,
    ny: usize,
    oy: usize,
    undo: impl Fn(u16, u16) -> (u16, u16) + Copy,
) {
    let n = nx.min(ny);
    if n == 0 {
        return;
    }
    let mut p2 = 1 << n.ilog2();
    let mut p = p2 >> 1;
    while p >= 1 {
        let mut y = 0;
        while y + p2 <= ny {
            let (top, bottom) = data.split_at_mut((y + p) * oy);
            let top = &mut top[y * oy..];
            if p == 1 && ox == 1 {
                quads_tight(&mut top[..nx], &mut bottom[..nx], undo);
            } else {
                quads(top, bottom, nx, ox, p, undo);
            }
            y += p2;
        }
        if ny & p != 0 {
            let line = &mut data[y * oy..];
            let mut x = 0;
            while x + p2 <= nx {
                let (a, b) = (x * ox, (x + p) * ox);
                (line[a], line[b]) = undo(line[a], line[b]);
                x += p2;
            }
        }
        p2 = p;
        p >>= 1;
    }
}

/// One pair of lines of one level.
fn quads(top: &mut [u16], bottom: &mut [u16], nx: usize, ox: usize, p: usize, undo: impl Fn(u16, u16) -> (u16, u16)) {
    let mut x = 0;
    while x + 2 * p <= nx {
        let (a, b) = (x * ox, (x + p) * ox);
        let (i00, i10) = undo(top[a], bottom[a]);
        let (i01, i11) = undo(top[b], bottom[b]);
        (top[a], top[b]) = undo(i00, i01);
        (bottom[a], bottom[b]) = undo(i10, i11);
        x += 2 * p;
    }
    if nx & p != 0 {
        let a = x * ox;
        (top[a], bottom[a]) = undo(top[a], bottom[a]);
    }
}

/// The finest level, which is three quarters of the work: neighbours lie side by side.
fn quads_tight(top: &mut [u16], bottom: &mut [u16], undo: impl Fn(u16, u16) -> (u16, u16)) {
    let (top, top_last) = top.as_chunks_mut::<2>();
    let (bottom, bottom_last) = bottom.as_chunks_mut::<2>();
    for ([a, b], [c, d]) in top.iter_mut().zip(bottom) {
        let (i00, i10) = undo(*a, *c);
        let (i01, i11) = undo(*b, *d);
        (*a, *b) = undo(i00, i01);
        (*c, *d) = undo(i10, i11);
    }
    if let ([a], [c]) = (top_last, bottom_last) {
        (*a, *c) = undo(*a, *c);
    }
}
