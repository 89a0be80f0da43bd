use imageio_core::{
    Dtype, Error, FrameSink, ImageProperties, ImageReader, Metadata, QueryCx, ReadCx, Request, Result, Value,
};
use imageio_raster::{ByteSource, Streams, swizzle};

use crate::header::{Header, Storage};
use crate::options::ReadOptions;
use crate::plain;

/// An opened file: one picture, or several one after the other.
pub(crate) struct PnmReader<'r> {
    streams: Streams<'r>,
    headers: Vec<Header>,
    /// Whether every picture has been found.
    complete: bool,
    notes: Vec<String>,
}

impl<'r> PnmReader<'r> {
    pub fn open(request: &mut dyn Request<'r>) -> Result<Self> {
        let mut streams = Streams::open(request)?;
        let header = header_at(&mut streams, 0)?;
        streams.widen(request, header.raster().map_or(0, |raster| raster.bytes()))?;
        Ok(PnmReader { streams, headers: vec![header], complete: false, notes: Vec::new() })
    }

    /// Finds the pictures up to `index`, or all.
    fn find(&mut self, index: usize) -> Result<()> {
        while !self.complete && self.headers.len() <= index {
            let Some(raster) = self.headers.last().and_then(Header::raster) else {
                // Text holds one picture.
                self.complete = true;
                return Ok(());
            };
            let end = raster.offset.saturating_add(raster.bytes());
            if self.streams.size().is_some_and(|size| end >= size) {
                self.complete = true;
                return Ok(());
            }
            match self.next(end) {
                Ok(Some(header)) => self.headers.push(header),
                Ok(None) => self.complete = true,
                Err(e) if e.kind() == imageio_core::ErrorKind::Malformed => {
                    self.notes.push(format!("what follows the picture at offset {end} is no other picture: {e}"));
                    self.complete = true;
                }
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    fn next(&mut self, end: u64) -> Result<Option<Header>> {
        let mut stream = self.streams.at(end)?;
        let mut source = ByteSource::new(&mut stream, end);
        match source.peek()? {
            None => return Ok(None),
            Some(b'P') => {}
            Some(_) => {
                // A line end behind the last picture is no news.
                let rest = source.chunk()?;
                if rest.len() > 2 || rest.iter().any(|b| !b.is_ascii_whitespace()) {
                    self.notes.push(format!("trailing data at offset {end}"));
                }
                return Ok(None);
            }
        }
        Header::parse(&mut source).map(Some)
    }

    fn header(&mut self, index: usize) -> Result<&Header> {
        self.find(index)?;
        let count = self.headers.len();
        self.headers.get(index).ok_or_else(|| Error::index_out_of_range(index, Some(count)))
    }
}

fn header_at(streams: &mut Streams<'_>, at: u64) -> Result<Header> {
    let mut stream = streams.at(at)?;
    Header::parse(&mut ByteSource::new(&mut stream, at))
}

impl ImageReader for PnmReader<'_> {
    fn properties(&mut self, cx: &QueryCx<'_>) -> Result<ImageProperties> {
        let properties = self.header(cx.index())?.properties();
        self.find(usize::MAX)?;
        Ok(properties.with_n_images(self.headers.len()))
    }

    fn read_frame(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        let options = ReadOptions::parse(cx.options())?;
        let header = self.header(cx.index())?.clone();
        read(&mut self.streams, &header, &options, cx.sink())
    }

    fn metadata(&mut self, cx: &QueryCx<'_>) -> Result<Metadata> {
        let options = ReadOptions::parse(cx.options())?;
        let header = self.header(cx.index())?;
        let mut metadata = Metadata::new();
        metadata.insert("format", header.magic.as_str());
        match header.dtype() {
            Dtype::Bool => {}
            Dtype::F32 => metadata.insert_applied("scale", header.scale),
            _ if is_scaled(header, &options) => metadata.insert_applied("maxval", header.maxval),
            _ => metadata.insert("maxval", header.maxval),
        }
        metadata.insert_opt("tuple_type", header.tuple_type.clone());
        match header.comments.as_slice() {
            [] => {}
            [one] => metadata.insert("comment", one.as_str()),
            many => metadata.insert("comment", many.iter().map(|c| Value::from(c.as_str())).collect::<Vec<_>>()),
        }
        Ok(metadata)
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}

fn is_scaled(header: &Header, options: &ReadOptions) -> bool {
    options.scale.unwrap_or(header.dtype() == Dtype::U8)
}

/// A table from stored samples of 8 bits to those of the array, rounded to even as Pillow does.
fn table8(header: &Header, options: &ReadOptions) -> Option<[u8; 256]> {
    if header.maxval == 255 || !is_scaled(header, options) {
        return None;
    }
    let max = f64::from(header.maxval);
    Some(std::array::from_fn(|v| (v as f64 / max * 255.0).round_ties_even().min(255.0) as u8))
}

fn read(streams: &mut Streams<'_>, header: &Header, options: &ReadOptions, sink: &mut FrameSink<'_>) -> Result<()> {
    let shape = header.shape();
    sink.check(header.dtype(), &shape)?;
    let Some(raster) = header.raster() else { return read_plain(streams, header, options, sink) };
    raster.check(streams)?;
    let row = header.width * header.channels;
    match header.storage {
        Storage::Bits => {
            let out = sink.slice::<bool>(&shape)?;
            streams.read(&raster, out, row, |from, to| swizzle::bits(from, to, |black| !black))
        }
        Storage::BlackAndWhite => {
            let out = sink.slice::<bool>(&shape)?;
            streams.read(&raster, out, row, |from, to| {
                to.iter_mut().zip(from).for_each(|(to, from)| *to = *from != 0);
            })
        }
        Storage::Float { little_endian } => {
            let out = sink.slice::<f32>(&shape)?;
            let factor = (1.0 / header.scale) as f32;
            streams.read(&raster, out, row, |from, to| {
                let values = to.iter_mut().zip(from.as_chunks::<4>().0);
                match little_endian {
                    true => values.for_each(|(to, from)| *to = f32::from_le_bytes(*from)),
                    false => values.for_each(|(to, from)| *to = f32::from_be_bytes(*from)),
                }
                if factor != 1.0 {
                    to.iter_mut().for_each(|v| *v *= factor);
                }
            })
        }
        Storage::Thumbnail => {
            let out = sink.slice::<u8>(&shape)?;
            streams.read(&raster, out, row, |from, to| {
                to.as_chunks_mut::<3>().0.iter_mut().zip(from).for_each(|(to, from)| *to = rgb332(*from));
            })
        }
        _ if header.dtype() == Dtype::U8 => {
            let out = sink.slice::<u8>(&shape)?;
            match table8(header, options) {
                None => streams.read_in_place(&raster, out, None),
                Some(table) => streams.read(&raster, out, row, |from, to| {
                    to.iter_mut().zip(from).for_each(|(to, from)| *to = table[usize::from(*from)]);
                }),
            }
        }
        _ => match scale16(header, options) {
            None => streams.read_in_place(&raster, sink.bytes(Dtype::U16, &shape)?, Some(&swizzle::be_to_native)),
            Some(max) => streams.read(&raster, sink.slice::<u16>(&shape)?, row, |from, to| {
                swizzle::be_to_u16(from, to);
                to.iter_mut().for_each(|v| *v = stretch(*v, max));
            }),
        },
    }
}

/// Three bits of red, three of green, two of blue, each stretched to 0 … 255 and cut, as XV and Pillow do.
fn rgb332(byte: u8) -> [u8; 3] {
    let stretch = |bits: u8, most: u16| (u16::from(bits) * 255 / most) as u8;
    [stretch(byte >> 5, 7), stretch(byte >> 2 & 7, 7), stretch(byte & 3, 3)]
}

fn scale16(header: &Header, options: &ReadOptions) -> Option<f64> {
    (is_scaled(header, options) && header.maxval != u16::MAX).then_some(f64::from(header.maxval))
}

fn stretch(v: u16, max: f64) -> u16 {
    (f64::from(v) / max * 65_535.0).round_ties_even().min(65_535.0) as u16
}

fn read_plain(
    streams: &mut Streams<'_>,
    header: &Header,
    options: &ReadOptions,
    sink: &mut FrameSink<'_>,
) -> Result<()> {
    let bits = header.storage == Storage::PlainBits;
    // A digit each, and something between numbers.
    let least = header.samples().saturating_mul(if bits { 1 } else { 2 }) - u64::from(!bits);
    streams.expect_until(header.data.saturating_add(least))?;
    let mut stream = streams.at(header.data)?;
    let mut source = ByteSource::new(&mut stream, header.data);
    let shape = header.shape();
    if bits {
        return plain::bits(&mut source, sink.slice::<bool>(&shape)?);
    }
    if header.dtype() == Dtype::U8 {
        let table = table8(header, options).unwrap_or(std::array::from_fn(|v| v as u8));
        let out = sink.slice::<u8>(&shape)?;
        return plain::numbers(&mut source, out, header.maxval, |v| table[usize::from(v & 255)]);
    }
    let scale = scale16(header, options);
    let out = sink.slice::<u16>(&shape)?;
    plain::numbers(&mut source, out, header.maxval, |v| scale.map_or(v, |max| stretch(v, max)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_as_pillow_does() {
        let header = |maxval| {
            let text = format!("P5 1 1 {maxval}\n");
            let mut stream = text.as_bytes();
            Header::parse(&mut ByteSource::new(&mut stream, 0)).unwrap()
        };
        let table = |maxval| table8(&header(maxval), &ReadOptions::new()).unwrap();
        assert_eq!((table(2)[1], table(6)[1], table(31)[30], table(31)[40]), (128, 42, 247, 255));
        assert!(table8(&header(255), &ReadOptions::new()).is_none());
        assert!(table8(&header(31), &ReadOptions::new().scale(false)).is_none());
        assert_eq!(stretch(1023, 1023.0), 65_535);
    }
}
