//! The first format, `CntZImage`: a part that says which pixels are valid, and a part of their values.

use crate::bits;
use crate::element::{Element, Kind};
use crate::error::Result;
use crate::header::Header;
use crate::mask::Mask;
use crate::reader::Reader;

const WHAT: &str = "a block";

/// A part's place among the blocks of the raster.
struct Block {
    y: [usize; 2],
    x: [usize; 2],
}

struct Part<'a> {
    grid: [usize; 2],
    max: f32,
    data: Reader<'a>,
}

impl<'a> Part<'a> {
    fn read(r: &mut Reader<'a>) -> Result<Self> {
        const WHAT: &str = "the header of a part";
        let grid = [r.u32(WHAT)? as usize, r.u32(WHAT)? as usize];
        let length = r.u32(WHAT)? as usize;
        let max = r.array(WHAT).map(f32::from_le_bytes)?;
        let start = r.at();
        let data = Reader::within(r.take(length, "a part")?, start);
        Ok(Part { grid, max, data })
    }

    /// The blocks in order: what is left at the right and below makes blocks of its own.
    fn blocks(&self, header: &Header) -> Result<impl Iterator<Item = Block> + use<>> {
        let [down, across] = self.grid;
        if !(1..=header.height).contains(&down) || !(1..=header.width).contains(&across) {
            return Err(self.data.bad("more blocks than pixels, or none"));
        }
        let spans = |size: usize, count: usize| {
            let step = size / count;
            (0..count).map(move |k| [k * step, (k + 1) * step]).chain([[count * step, size]]).filter(|[a, b]| a < b)
        };
        let (width, rows) = (header.width, spans(header.height, down));
        Ok(rows.flat_map(move |y| spans(width, across).map(move |x| Block { y, x })))
    }
}

/// Reads the part of validity: nothing if every pixel is valid.
pub(crate) fn mask(r: &mut Reader<'_>, header: &Header) -> Result<Option<Mask>> {
    let mut part = Part::read(r)?;
    let pixels = header.width * header.height;
    if part.grid == [0, 0] {
        return match (part.data.rest().is_empty(), part.max > 0.0) {
            (true, true) => Ok(None),
            (true, false) => Ok(Some(Mask::none(pixels))),
            (false, _) => Mask::read(&mut part.data, pixels).map(Some),
        };
    }
    let mut mask = Mask::none(pixels);
    let mut quanta = Vec::new();
    for Block { y, x } in part.blocks(header)? {
        let head = part.data.u8(WHAT)?;
        let mut counts: Box<dyn FnMut() -> Result<bool>> = match head {
            2 | 3 => continue,
            4 => Box::new(|| Ok(true)),
            0 => {
                let data = &mut part.data;
                Box::new(|| Ok(data.array(WHAT).map(f32::from_le_bytes)? > 0.0))
            }
            _ if head & 63 > 4 => return Err(part.data.bad("a block of a kind that is none")),
            _ => {
                let offset = offset(&mut part.data, head)?;
                stuffed(&mut part.data, (y[1] - y[0]) * (x[1] - x[0]), &mut quanta)?;
                let mut quanta = quanta.iter();
                Box::new(move || Ok(offset + quanta.next().copied().unwrap_or(0) as f32 > 0.0))
            }
        };
        for row in y[0]..y[1] {
            for column in x[0]..x[1] {
                if counts()? {
                    mask.set(row * header.width + column);
                }
            }
        }
    }
    Ok(Some(mask))
}

/// Reads the part of values.
pub(crate) fn values<T: Element>(
    r: &mut Reader<'_>,
    header: &Header,
    mask: Option<&Mask>,
    out: &mut [T],
) -> Result<()> {
    let mut part = Part::read(r)?;
    let (step, max) = (2.0 * header.max_error, part.max);
    let mut quanta = Vec::new();
    for Block { y, x } in part.blocks(header)? {
        let places = || {
            let row = move |y: usize| (x[0]..x[1]).map(move |x| y * header.width + x);
            (y[0]..y[1]).flat_map(row).filter(|at| mask.is_none_or(|mask| mask.is_valid(*at)))
        };
        let mut set = |at: usize, value: f32| {
            if let Some(to) = out.get_mut(at) {
                *to = T::from_f64(value.into());
            }
        };
        let head = part.data.u8(WHAT)?;
        match head & 63 {
            2 => places().for_each(|at| set(at, 0.0)),
            0 => {
                for at in places() {
                    set(at, part.data.array(WHAT).map(f32::from_le_bytes)?);
                }
            }
            3 => {
                let value = offset(&mut part.data, head)?;
                places().for_each(|at| set(at, value));
            }
            1 => {
                let offset = f64::from(offset(&mut part.data, head)?);
                let valid = places().count();
                stuffed(&mut part.data, valid, &mut quanta)?;
                for (at, quantum) in places().zip(&quanta) {
                    let value = (offset + f64::from(*quantum) * step) as f32;
                    set(at, if max < value { max } else { value });
                }
            }
            _ => return Err(part.data.bad("a block of a kind that is none")),
        }
    }
    Ok(())
}

/// An offset, whose width the two upper bits of `head` say.
fn offset(data: &mut Reader<'_>, head: u8) -> Result<f32> {
    let kind = match head >> 6 {
        0 => Kind::F32,
        1 => Kind::I16,
        2 => Kind::I8,
        _ => return Err(data.bad("an offset without a width")),
    };
    data.element(kind, WHAT).map(|value| value as f32)
}

/// Integers of a block, in words that are filled from the highest bit down.
fn stuffed(data: &mut Reader<'_>, count: usize, quanta: &mut Vec<u32>) -> Result<()> {
    let head = data.u8(WHAT)?;
    bits::count(data, head, count)?;
    let bits = usize::from(head & 63);
    if bits > 31 {
        return Err(data.bad("integers of more than 31 bits"));
    }
    let packed = data.take((bits * count).div_ceil(8), WHAT)?;
    quanta.clear();
    quanta.resize(count, 0);
    bits::words(packed, bits as u32, quanta.iter_mut());
    Ok(())
}
