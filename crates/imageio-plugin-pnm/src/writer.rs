use std::io::Write;

use imageio_core::{Dtype, Error, ErrorKind, ImageWriter, Metadata, Result, Sink, Value, WriteCx};
use imageio_raster::rows::write_rows;
use imageio_raster::{Picture, swizzle, unkept};

use crate::options::WriteOptions;

/// A file being written.
pub(crate) struct PnmWriter {
    sink: Sink,
    extension: Option<String>,
    notes: Vec<String>,
}

/// Members of the family.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Member {
    Pbm,
    Pgm,
    Ppm,
    Pam,
    Pfm,
}

impl PnmWriter {
    pub fn new(sink: Sink, extension: Option<String>) -> Self {
        PnmWriter { sink, extension, notes: Vec::new() }
    }

    /// The member that holds such a picture and that the name allows.
    fn member(&self, dtype: Dtype, picture: &Picture) -> Result<Member> {
        let natural = match (dtype, picture.channels) {
            (Dtype::F32, 1 | 3) => Some(Member::Pfm),
            (Dtype::F32, _) => None,
            (Dtype::Bool, 1) => Some(Member::Pbm),
            (Dtype::Bool, _) => None,
            (_, 1) => Some(Member::Pgm),
            (_, 3) => Some(Member::Ppm),
            _ => Some(Member::Pam),
        };
        let integer = dtype != Dtype::F32;
        let chosen = match self.extension.as_deref() {
            Some("pbm") => natural.filter(|m| *m == Member::Pbm),
            Some("pgm") => natural.filter(|m| *m == Member::Pgm),
            Some("ppm") => natural.filter(|m| *m == Member::Ppm),
            Some("pam") => natural.filter(|_| integer).map(|_| Member::Pam),
            Some("pfm") => natural.filter(|m| *m == Member::Pfm),
            Some("pnm") => natural.filter(|m| matches!(m, Member::Pbm | Member::Pgm | Member::Ppm)),
            _ => natural,
        };
        let (hint, name) = match self.extension.as_deref() {
            Some("pbm") => ("a .pbm holds (height, width) of bool", "PBM"),
            Some("pgm") => ("a .pgm holds (height, width) of uint8 or uint16", "PGM"),
            Some("ppm") => ("a .ppm holds (height, width, 3) of uint8 or uint16; a .pam holds alpha, too", "PPM"),
            Some("pam") => ("a .pam holds bool of one channel, uint8 and uint16 of 1 to 4", "PAM"),
            Some("pfm") => ("a .pfm holds (height, width) and (height, width, 3) of float32", "PFM"),
            _ => ("a .pnm holds what .pbm, .pgm and .ppm hold; a .pam holds alpha, a .pfm float32", "PNM"),
        };
        chosen.ok_or_else(|| {
            let Picture { height, width, channels } = picture;
            Error::mismatch(format!("{name} has no place for {dtype} with {channels} channels ({height} × {width})"))
                .with_hint(hint)
        })
    }

    fn maxval(&mut self, values: &[u16], options: &WriteOptions, metadata: Option<&Metadata>) -> Result<u16> {
        let largest = || values.iter().copied().max().unwrap_or(0);
        if let Some(maxval) = options.maxval {
            let largest = largest();
            if largest > maxval {
                let message = format!("a sample of {largest} with option `maxval` = {maxval}");
                return Err(Error::new(ErrorKind::InvalidOption, message));
            }
            return Ok(maxval);
        }
        let said = metadata.and_then(|m| m.get("maxval")).and_then(Value::as_u64).and_then(|v| u16::try_from(v).ok());
        match said.filter(|v| *v > 255 && *v < u16::MAX) {
            Some(maxval) if largest() <= maxval => Ok(maxval),
            Some(maxval) => {
                self.notes
                    .push(format!("samples are larger than the maxval of {maxval} in the metadata: 65535 is stored"));
                Ok(u16::MAX)
            }
            None => Ok(u16::MAX),
        }
    }

    fn header(&mut self, member: Member, plain: bool, picture: &Picture, maxval: u16, cx: &WriteCx<'_>) -> Result<()> {
        let Picture { height, width, channels } = *picture;
        let mut text = match (member, plain) {
            (Member::Pbm, true) => "P1\n",
            (Member::Pgm, true) => "P2\n",
            (Member::Ppm, true) => "P3\n",
            (Member::Pbm, false) => "P4\n",
            (Member::Pgm, false) => "P5\n",
            (Member::Ppm, false) => "P6\n",
            (Member::Pam, _) => "P7\n",
            (Member::Pfm, _) if channels == 3 => "PF\n",
            (Member::Pfm, _) => "Pf\n",
        }
        .to_owned();
        if member == Member::Pfm {
            if cx.metadata().is_some_and(|m| m.get("comment").is_some()) {
                self.notes.push("PFM has no place for a comment".to_owned());
            }
        } else {
            for line in comment_lines(cx.metadata()) {
                text.push_str(&format!("# {line}\n"));
            }
        }
        match member {
            Member::Pbm => text.push_str(&format!("{width} {height}\n")),
            Member::Pgm | Member::Ppm => text.push_str(&format!("{width} {height}\n{maxval}\n")),
            Member::Pfm => {
                let sign = if cfg!(target_endian = "little") { "-" } else { "" };
                text.push_str(&format!("{width} {height}\n{sign}1.0\n"));
            }
            Member::Pam => {
                let tuple_type = match (cx.image().dtype(), channels) {
                    (Dtype::Bool, _) => "BLACKANDWHITE",
                    (_, 1) => "GRAYSCALE",
                    (_, 2) => "GRAYSCALE_ALPHA",
                    (_, 3) => "RGB",
                    _ => "RGB_ALPHA",
                };
                text.push_str(&format!(
                    "WIDTH {width}\nHEIGHT {height}\nDEPTH {channels}\nMAXVAL {maxval}\nTUPLTYPE {tuple_type}\nENDHDR\n"
                ));
            }
        }
        self.sink.write_all(text.as_bytes())?;
        Ok(())
    }
}

/// Comments line by line, so that none ends early and becomes part of the header.
fn comment_lines(metadata: Option<&Metadata>) -> Vec<String> {
    let lines = |v: &Value| v.as_str().map(|s| s.split(['\n', '\r']).map(str::to_owned).collect::<Vec<_>>());
    match metadata.and_then(|m| m.get("comment")) {
        Some(Value::List(all)) => all.iter().filter_map(lines).flatten().collect(),
        Some(one) => lines(one).unwrap_or_default(),
        None => Vec::new(),
    }
}

/// Numbers as text, lines of at most 70 characters as the format wants it.
fn write_text(sink: &mut Sink, numbers: impl Iterator<Item = u16>) -> Result<()> {
    let mut block = String::new();
    let mut column = 0;
    for number in numbers {
        let word = number.to_string();
        if column + word.len() + 1 > 70 {
            block.push('\n');
            column = 0;
        } else if column > 0 {
            block.push(' ');
            column += 1;
        }
        block.push_str(&word);
        column += word.len();
        if block.len() > 128 * 1024 {
            sink.write_all(block.as_bytes())?;
            block.clear();
        }
    }
    block.push('\n');
    sink.write_all(block.as_bytes())?;
    Ok(())
}

impl ImageWriter for PnmWriter {
    fn write_frame(&mut self, cx: &WriteCx<'_>) -> Result<()> {
        let options = WriteOptions::parse(cx.options())?;
        let dtype = cx.image().dtype();
        let picture = Picture::of(cx.image(), &[1, 2, 3, 4])?;
        let member = self.member(dtype, &picture)?;
        if options.plain && matches!(member, Member::Pam | Member::Pfm) {
            return Err(Error::new(ErrorKind::InvalidOption, "option `plain` is for PBM, PGM and PPM"));
        }
        if options.maxval.is_some() && dtype != Dtype::U16 {
            return Err(Error::new(ErrorKind::InvalidOption, "option `maxval` is for uint16"));
        }
        if cx.index() > 0 && (options.plain || member == Member::Pfm) {
            return Err(Error::mismatch("plain text and PFM hold one image")
                .with_hint("write each image to a file of its own, or leave `plain` out"));
        }
        self.notes.extend(unkept(cx.metadata(), "Netpbm", &["comment", "maxval", "format", "tuple_type", "scale"]));
        let (w, row) = (picture.width, picture.row());
        match dtype {
            Dtype::Bool => {
                let pixels = cx.elements::<bool>()?;
                self.header(member, options.plain, &picture, 1, cx)?;
                match (member, options.plain) {
                    (Member::Pam, _) => write_rows(&mut self.sink, &pixels, row, row, false, |from, to| {
                        to.iter_mut().zip(from).for_each(|(to, from)| *to = u8::from(*from));
                    }),
                    (_, true) => write_text(&mut self.sink, pixels.iter().map(|white| u16::from(!white))),
                    (_, false) => write_rows(&mut self.sink, &pixels, row, w.div_ceil(8), false, |from, to| {
                        swizzle::pack_bits(from, to, |white| !white);
                    }),
                }
            }
            Dtype::U8 => {
                let pixels = cx.elements::<u8>()?;
                self.header(member, options.plain, &picture, 255, cx)?;
                if options.plain {
                    return write_text(&mut self.sink, pixels.iter().map(|v| u16::from(*v)));
                }
                Ok(self.sink.write_all(&pixels)?)
            }
            Dtype::U16 => {
                let pixels = cx.elements::<u16>()?;
                let maxval = self.maxval(&pixels, &options, cx.metadata())?;
                self.header(member, options.plain, &picture, maxval, cx)?;
                if options.plain {
                    return write_text(&mut self.sink, pixels.iter().copied());
                }
                write_rows(&mut self.sink, &pixels, row, row * 2, false, swizzle::u16_to_be)
            }
            _ => {
                let pixels = cx.elements::<f32>()?;
                self.header(member, false, &picture, 1, cx)?;
                write_rows(&mut self.sink, &pixels, row, row * 4, true, |from, to| {
                    for (to, from) in to.as_chunks_mut::<4>().0.iter_mut().zip(from) {
                        *to = from.to_ne_bytes();
                    }
                })
            }
        }
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}
