//! Where samples are, and when (sections 8.6.1, 8.7).

use super::boxes::{Bytes, Name};
use super::track::Track;
use crate::{Doubt, Result};

/// Samples of a track that are listed one by one.
const MANY: usize = 1 << 22;

/// Samples from which on their bytes are held against their number, and the fewest that pictures take up on average.
const SEVERAL: usize = 50_000;
const SHORTEST: u64 = 8;

/// A sample: a picture, as it is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// Where it begins in the file, in bytes.
    pub at: u64,
    /// Its bytes.
    pub size: u32,
    /// When it is decoded, in units of the track.
    pub decoded: i64,
    /// How much later it is shown.
    pub offset: u32,
    /// For how long.
    pub length: u32,
    /// Decoding may begin here.
    pub is_key: bool,
}

/// The tables as they are in the file.
#[derive(Default)]
pub(super) struct Tables<'b> {
    lengths: Option<&'b [u8]>,
    offsets: Option<&'b [u8]>,
    keys: Option<&'b [u8]>,
    chunks: Option<&'b [u8]>,
    sizes: Option<&'b [u8]>,
    places: Option<(usize, &'b [u8])>,
}

impl<'b> Tables<'b> {
    /// Takes a table; `false` if it is none of these.
    pub fn take(&mut self, name: &Name, content: &'b [u8]) -> Result<bool> {
        let twice = match name {
            b"stts" => self.lengths.replace(content).is_some(),
            b"ctts" => self.offsets.replace(content).is_some(),
            b"stss" => self.keys.replace(content).is_some(),
            b"stsc" => self.chunks.replace(content).is_some(),
            b"stsz" => self.sizes.replace(content).is_some(),
            b"stco" => self.places.replace((4, content)).is_some(),
            b"co64" => self.places.replace((8, content)).is_some(),
            b"stps" | b"stz2" | b"senc" | b"saiz" | b"saio" => return Err(Doubt("a table of samples is unusual")),
            _ => return Ok(false),
        };
        if twice { Err(Doubt("a track has a table twice")) } else { Ok(true) }
    }

    /// Puts together what the tables say.
    pub fn finish(self, track: &mut Track, file: u64) -> Result<()> {
        const MISSING: Doubt = Doubt("a track lacks a table");
        let sizes = Sizes::new(self.sizes.ok_or(MISSING)?)?;
        (track.n_samples, track.n_bytes) = (sizes.n as u64, sizes.sum());
        let lengths = pairs(self.lengths.ok_or(MISSING)?)?;
        let (mut n, mut sum) = (0_u64, 0_u64);
        for (count, length) in runs(lengths) {
            n += u64::from(count);
            // The numbers are no more than 2^32, and so are the entries.
            sum = sum.checked_add(u64::from(count) * u64::from(length)).ok_or(Doubt("a track is too long"))?;
        }
        if n != track.n_samples {
            return Err(Doubt("tables disagree on the number of samples"));
        }
        track.media_length = sum;
        track.sample_length = match (runs(lengths).next(), runs(lengths).nth(1), runs(lengths).nth(2)) {
            (Some((_, length)), None, _) => Some(length),
            (Some((_, length)), Some((1, _)), None) => Some(length),
            _ => None,
        };
        track.has_offsets = self.offsets.is_some();
        if &track.handler != b"vide" {
            return Ok(());
        }
        if sizes.n > MANY || sizes.sum() > file {
            return Err(Doubt("there are more samples than the file can hold"));
        }
        if sizes.n > SEVERAL && sizes.sum() < SHORTEST * sizes.n as u64 {
            return Err(Doubt("samples are too short to be pictures"));
        }
        track.samples = Vec::with_capacity(sizes.n);
        self.place(&sizes, &mut track.samples, file)?;
        self.time(lengths, &mut track.samples)?;
        self.mark(&mut track.samples)
    }

    /// Where every sample is.
    fn place(&self, sizes: &Sizes<'_>, samples: &mut Vec<Sample>, file: u64) -> Result<()> {
        const DISAGREE: Doubt = Doubt("tables disagree on the places of samples");
        let (Some((width, places)), Some(chunks)) = (self.places, self.chunks) else {
            return Err(Doubt("a track lacks a table"));
        };
        let (mut places, mut chunks) = (Bytes(places), Bytes(chunks));
        places.full()?;
        chunks.full()?;
        let (n_chunks, n_runs) = (places.entries(width)?, chunks.entries(12)?);
        let mut runs = chunks.0.chunks_exact(12).take(n_runs).map(|run| {
            let mut run = Bytes(run);
            Ok((run.u32()?, run.u32()?, run.u32()?))
        });
        let mut next = runs.next().transpose()?;
        let mut per_chunk = 0;
        for chunk in 1..=n_chunks {
            let mut at = if width == 4 { u64::from(places.u32()?) } else { places.u64()? };
            if let Some((first, n, description)) = next
                && first as usize == chunk
            {
                if description != 1 {
                    return Err(DISAGREE);
                }
                per_chunk = n;
                next = runs.next().transpose()?;
            }
            for _ in 0..per_chunk {
                let size = sizes.get(samples.len()).ok_or(DISAGREE)?;
                let end = at.checked_add(u64::from(size)).filter(|end| *end <= file);
                samples.push(Sample { at, size, decoded: 0, offset: 0, length: 0, is_key: false });
                at = end.ok_or(Doubt("a sample lies beyond the end of the file"))?;
            }
        }
        // What is left over begins at a chunk that there is not.
        if samples.len() == sizes.n && next.is_none() { Ok(()) } else { Err(DISAGREE) }
    }

    /// When every sample is decoded and shown.
    fn time(&self, lengths: &[u8], samples: &mut [Sample]) -> Result<()> {
        let mut decoded = 0_i64;
        let mut left = samples.iter_mut();
        for (count, length) in runs(lengths) {
            if length == 0 || length > i32::MAX as u32 {
                return Err(Doubt("a sample has no length"));
            }
            for sample in left.by_ref().take(count as usize) {
                (sample.decoded, sample.length) = (decoded, length);
                decoded = decoded.checked_add(i64::from(length)).ok_or(Doubt("a track is too long"))?;
            }
        }
        let Some(offsets) = self.offsets else { return Ok(()) };
        let mut left = samples.iter_mut();
        let mut n = 0_u64;
        for (count, offset) in runs(pairs(offsets)?) {
            // With a sign in version 1, and in version 0 as many programs write it.
            if offset > i32::MAX as u32 {
                return Err(Doubt("samples are shown before they are decoded"));
            }
            n += u64::from(count);
            for sample in left.by_ref().take(count as usize) {
                sample.offset = offset;
            }
        }
        if n == samples.len() as u64 { Ok(()) } else { Err(Doubt("tables disagree on the number of samples")) }
    }

    /// Which samples decoding may begin with.
    fn mark(&self, samples: &mut [Sample]) -> Result<()> {
        let Some(keys) = self.keys else {
            samples.iter_mut().for_each(|sample| sample.is_key = true);
            return Ok(());
        };
        let mut keys = Bytes(keys);
        keys.full()?;
        let mut last = 0;
        for _ in 0..keys.entries(4)? {
            let key = keys.u32()? as usize;
            let sample = key.checked_sub(1).and_then(|at| samples.get_mut(at)).filter(|_| key > last);
            sample.ok_or(Doubt("the list of places to begin is out of order"))?.is_key = true;
            last = key;
        }
        if last == 0 { Err(Doubt("there is no place to begin")) } else { Ok(()) }
    }
}

/// The table of a box that holds pairs of numbers.
fn pairs(content: &[u8]) -> Result<&[u8]> {
    let mut bytes = Bytes(content);
    bytes.full()?;
    let n = bytes.entries(8)?;
    bytes.take(n * 8)
}

/// How often, and what.
fn runs(table: &[u8]) -> impl Iterator<Item = (u32, u32)> {
    table.chunks_exact(8).map(|pair| {
        let number = |at: usize| u32::from_be_bytes([pair[at], pair[at + 1], pair[at + 2], pair[at + 3]]);
        (number(0), number(4))
    })
}

/// The box `stsz`.
struct Sizes<'b> {
    all: u32,
    n: usize,
    table: &'b [u8],
}

impl<'b> Sizes<'b> {
    fn new(content: &'b [u8]) -> Result<Self> {
        let mut bytes = Bytes(content);
        bytes.full()?;
        let all = bytes.u32()?;
        let (n, table) = match all {
            0 => (bytes.entries(4)?, bytes.0),
            _ => (bytes.u32()? as usize, &[][..]),
        };
        Ok(Sizes { all, n, table })
    }

    fn get(&self, at: usize) -> Option<u32> {
        if self.all > 0 {
            return (at < self.n).then_some(self.all);
        }
        let entry = self.table.get(4 * at..)?.first_chunk()?;
        (at < self.n).then_some(u32::from_be_bytes(*entry))
    }

    /// Bytes of all.
    fn sum(&self) -> u64 {
        match self.all {
            0 => (0..self.n).filter_map(|at| self.get(at)).map(u64::from).sum(),
            all => u64::from(all) * self.n as u64,
        }
    }
}
