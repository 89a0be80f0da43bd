//! Damaged variants of files that are made of elements within elements: MP4, Matroska, RIFF. Flipped bits hardly ever
//! meet what a reader of those trusts, so the parts themselves are made to lie.

use std::ops::Range;

use crate::samples::Random;

/// What elements look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Mp4,
    Matroska,
    Riff,
    Other,
}

/// An element: where it begins, where its content begins, where it ends, and within which others it lies.
#[derive(Debug, Clone)]
struct Element {
    start: usize,
    content: usize,
    end: usize,
    within: Vec<usize>,
}

impl Element {
    fn all(&self) -> Range<usize> {
        self.start..self.end
    }
}

/// Numbers that readers trip over.
const NUMBERS: [u64; 16] =
    [0, 1, 2, 7, 8, 16, 255, 0xffff, 0x1_0000, 1 << 20, 1_000_000_000, 0x7fff_ffff, 1 << 31, 0xffff_ffff, 1 << 62, !0];

/// A file that is to be damaged.
#[derive(Debug, Clone)]
pub struct Seed {
    content: Vec<u8>,
    kind: Kind,
    elements: Vec<Element>,
}

impl Seed {
    /// Finds the elements of a file; one of another kind is damaged without regard to any.
    pub fn new(content: Vec<u8>) -> Self {
        let kind = match (content.get(..4), content.get(4..8)) {
            (Some(b"\x1a\x45\xdf\xa3"), _) => Kind::Matroska,
            (Some(b"RIFF"), _) => Kind::Riff,
            (_, Some(b"ftyp" | b"moov" | b"wide" | b"mdat" | b"free")) => Kind::Mp4,
            _ => Kind::Other,
        };
        let mut seed = Seed { content, kind, elements: Vec::new() };
        let whole = 0..seed.content.len();
        seed.find(whole, &[]);
        seed
    }

    fn find(&mut self, range: Range<usize>, within: &[usize]) {
        let mut at = range.start;
        while at < range.end {
            let Some((content, end, inside)) = self.head(at).filter(|(_, end, _)| *end <= range.end) else { break };
            let number = self.elements.len();
            self.elements.push(Element { start: at, content, end, within: within.to_vec() });
            if let Some(skip) = inside {
                let path = [within, &[number]].concat();
                self.find(content + skip..end, &path);
            }
            at = end;
        }
    }

    /// Where the content of the element at a place begins and ends, and how far into it others begin.
    fn head(&self, at: usize) -> Option<(usize, usize, Option<usize>)> {
        let bytes = self.content.get(at..)?;
        match self.kind {
            Kind::Mp4 => {
                let size = u32::from_be_bytes(*bytes.first_chunk()?) as usize;
                let inside = match bytes.get(4..8)? {
                    b"moov" | b"trak" | b"mdia" | b"minf" | b"stbl" | b"edts" | b"udta" | b"dinf" | b"mvex"
                    | b"moof" | b"traf" | b"ilst" | b"mfra" => Some(0),
                    b"meta" => Some(4),
                    b"stsd" | b"dref" => Some(8),
                    b"avc1" | b"hev1" | b"hvc1" | b"vp09" | b"av01" => Some(78),
                    b"mp4a" => Some(28),
                    _ => None,
                };
                (size >= 8).then_some((at + 8, at + size, inside))
            }
            Kind::Riff => {
                let size = u32::from_le_bytes(*bytes.get(4..8)?.first_chunk()?) as usize;
                let inside = matches!(bytes.get(..4)?, b"RIFF" | b"LIST").then_some(4);
                Some((at + 8, at + 8 + size + size % 2, inside))
            }
            Kind::Matroska => {
                let n = bytes.first()?.leading_zeros() as usize + 1;
                let m = bytes.get(n)?.leading_zeros() as usize + 1;
                let id = bytes.get(..n)?.iter().fold(0_u64, |id, byte| id << 8 | u64::from(*byte));
                let size = bytes.get(n..n + m).filter(|_| n <= 4 && m <= 8)?;
                let size = size.iter().fold(0_u64, |size, byte| size << 8 | u64::from(*byte)) & ((1 << (7 * m)) - 1);
                let master = [
                    0x1a45_dfa3,
                    0x1853_8067,
                    0x114d_9b74,
                    0x1549_a966,
                    0x1654_ae6b,
                    0x1f43_b675,
                    0x1254_c367,
                    0x1043_a770,
                    0x1c53_bb6b,
                    0xae,
                    0xe0,
                    0xe1,
                    0xa0,
                    0xbb,
                    0xb7,
                    0x7373,
                    0x63c0,
                    0x67c8,
                    0x4dbb,
                    0x55b0,
                ];
                let start = at + n + m;
                Some((start, start.checked_add(usize::try_from(size).ok()?)?, master.contains(&id).then_some(0)))
            }
            Kind::Other => None,
        }
    }

    /// A damaged variant, another one for every number.
    pub fn damaged(&self, number: u64) -> Vec<u8> {
        let mut random = Random::new(number.wrapping_mul(977).wrapping_add(self.content.len() as u64));
        // A few files have two kinds of damage: the second goes by what the first made of it.
        let mut content = self.once(&mut random);
        if random.below(6) == 0 {
            content = Seed::new(content).once(&mut random);
        }
        content
    }

    fn once(&self, random: &mut Random) -> Vec<u8> {
        let mut out = self.content.clone();
        let n = out.len();
        let element = match self.elements.len() {
            0 => None,
            many => self.elements.get(random.below(many)),
        };
        match (random.below(14), element) {
            (0, _) | (_, None) => bytes(&mut out, random),
            (1, _) => out.truncate(random.below(n)),
            (2, _) => {
                let start = random.below(n);
                let end = (start + 1 + random.below(200)).min(n);
                out[start.min(end)..end].fill([0, 0xff][random.below(2)]);
            }
            (3 | 4, Some(e)) => self.lie(&mut out, e, random),
            (5, Some(e)) => {
                let other = &self.elements[random.below(self.elements.len())];
                let (a, b) = if e.start <= other.start { (e, other) } else { (other, e) };
                if a.end <= b.start {
                    let parts = [&out[..a.start], &out[b.all()], &out[a.end..b.start], &out[a.all()], &out[b.end..]];
                    out = parts.concat();
                }
            }
            (6, Some(e)) => {
                let times = 1 + random.below(3) * random.below(40);
                let copies = out[e.all()].repeat(times.min(1 + 100_000 / (e.end - e.start).max(1)));
                self.insert(&mut out, e, e.end, &copies);
            }
            (7, Some(e)) => {
                let by = (e.end - e.start) as i64;
                out.drain(e.all());
                self.grow(&mut out, e, -by);
            }
            (8, Some(e)) => {
                // Elements that hold themselves.
                let head = out[e.start..e.content].to_vec();
                let mut nested = Vec::new();
                for _ in 0..1 + random.below(3000) {
                    nested.extend_from_slice(&head);
                }
                self.insert(&mut out, e, e.content, &nested);
            }
            (9, Some(e)) => {
                let other = &self.elements[random.below(self.elements.len())];
                let name = |e: &Element| match self.kind {
                    Kind::Mp4 => e.start + 4..e.start + 8,
                    Kind::Riff => e.start..e.start + 4,
                    _ => e.start..e.start + self.content[e.start].leading_zeros() as usize + 1,
                };
                let (to, from) = (name(e), name(other));
                if to.len() == from.len() {
                    out.copy_within(from, to.start);
                }
            }
            (10, Some(e)) => {
                let content = random.bytes(e.end - e.content);
                out[e.content..e.end].copy_from_slice(&content);
            }
            // Counts, sizes, times, matrices: numbers in what has no parts.
            (_, Some(e)) => {
                for _ in 0..1 + random.below(3) {
                    let width = [1, 2, 4, 4, 4, 8][random.below(6)];
                    let reach = (e.end - e.content).min(96) / width.min(4);
                    let at = e.content + random.below(reach) * width.min(4);
                    let value = NUMBERS[random.below(NUMBERS.len())];
                    let (low, high) = (value.to_le_bytes(), value.to_be_bytes());
                    let digits = if self.kind == Kind::Riff { &low[..width] } else { &high[8 - width..] };
                    if at + width <= e.end.min(n) {
                        out[at..at + width].copy_from_slice(digits);
                    }
                }
            }
        }
        out
    }

    /// Makes an element say another length.
    fn lie(&self, out: &mut [u8], e: &Element, random: &mut Random) {
        let length = (e.end - e.start) as u64;
        let near = [length + 1, length.wrapping_sub(1), length * 2, length / 2, out.len() as u64];
        let pick = random.below(NUMBERS.len() + near.len());
        let value = NUMBERS.get(pick).copied().unwrap_or_else(|| near[pick - NUMBERS.len()]);
        self.say(out, e, value);
    }

    /// Writes what an element says as its length, as far as it fits.
    fn say(&self, out: &mut [u8], e: &Element, value: u64) {
        match self.kind {
            Kind::Mp4 => out[e.start..e.start + 4].copy_from_slice(&(value as u32).to_be_bytes()),
            Kind::Riff => out[e.start + 4..e.start + 8].copy_from_slice(&(value as u32).to_le_bytes()),
            Kind::Matroska => {
                let at = e.start + self.content[e.start].leading_zeros() as usize + 1;
                let width = e.content - at;
                let marked = value & ((1 << (7 * width)) - 1) | 1 << (7 * width);
                out[at..e.content].copy_from_slice(&marked.to_be_bytes()[8 - width..]);
            }
            Kind::Other => {}
        }
    }

    fn insert(&self, out: &mut Vec<u8>, e: &Element, at: usize, what: &[u8]) {
        out.splice(at..at, what.iter().copied());
        self.grow(out, e, what.len() as i64);
        if at == e.content {
            let overhead = if self.kind == Kind::Mp4 { e.content - e.start } else { 0 };
            self.say(out, e, (e.end - e.content + what.len() + overhead) as u64);
        }
    }

    /// Tells those around an element that they are longer now.
    fn grow(&self, out: &mut [u8], e: &Element, by: i64) {
        for number in &e.within {
            let around = &self.elements[*number];
            let overhead = if self.kind == Kind::Mp4 { around.content - around.start } else { 0 };
            let length = (around.end - around.content + overhead) as i64 + by;
            self.say(out, around, length.max(0) as u64);
        }
    }
}

fn bytes(out: &mut [u8], random: &mut Random) {
    // The header is where damage does most.
    let reach = if random.below(2) == 0 { out.len() } else { out.len().min(1500) };
    for _ in 0..1 + random.below(4) {
        let at = random.below(reach);
        let bit = 1 << random.below(8);
        let value = random.below(256) as u8;
        if let Some(byte) = out.get_mut(at) {
            *byte = if value < 128 { *byte ^ bit } else { value };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_and_lie() {
        let file = b"\0\0\0\x0cftypisom\0\0\0\x20moov\0\0\0\x10trak\0\0\0\x08tkhd\0\0\0\x08free".to_vec();
        let seed = Seed::new(file.clone());
        assert_eq!((seed.kind, seed.elements.len()), (Kind::Mp4, 5));
        assert_eq!((seed.elements[3].all(), &seed.elements[3].within), (28..36, &vec![1, 2]));
        let mut longer = file.clone();
        seed.insert(&mut longer, &seed.elements[3], 36, &[0; 8]);
        assert_eq!((longer[15], longer[23], longer.len()), (0x28, 0x18, file.len() + 8));
        let many: Vec<Vec<u8>> = (0..200).map(|k| seed.damaged(k)).collect();
        assert!(many.iter().filter(|damaged| **damaged != file).count() > 150);
        assert_eq!(many[7], seed.damaged(7), "the same every time");
        let element = Seed::new(vec![0x1a, 0x45, 0xdf, 0xa3, 0x83, 0xec, 0x81, 0]);
        assert_eq!((element.kind, element.elements.len()), (Kind::Matroska, 2));
        let chunk = Seed::new(b"RIFF\x10\0\0\0AVI LIST\x04\0\0\0movi".to_vec());
        assert_eq!((chunk.kind, chunk.elements.len()), (Kind::Riff, 2));
        assert!(Seed::new(Vec::new()).damaged(3).is_empty());
    }
}
