use imageio_core::{Dtype, Error, ImageProperties, Result};
use imageio_raster::ByteSource;
use imageio_raster::rows::Raster;

/// How samples are stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Storage {
    /// Text, one `0` or `1` a pixel; 1 is black.
    PlainBits,
    /// Text, numbers up to the maximum.
    Plain,
    /// Eight pixels a byte; 1 is black.
    Bits,
    /// Binary, one or two bytes a sample.
    Samples,
    /// Binary, one byte a pixel; 1 is white.
    BlackAndWhite,
    /// 32-bit floating point, the lowest row first.
    Float { little_endian: bool },
    /// One byte a pixel: three bits of red, three of green, two of blue (thumbnails of XV).
    Thumbnail,
}

/// What stands before the pixels of one picture.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Header {
    /// Two letters, such as `P6`.
    pub magic: String,
    pub storage: Storage,
    pub height: usize,
    pub width: usize,
    pub channels: usize,
    /// Largest sample; 1 where pixels are bits.
    pub maxval: u16,
    /// What samples are to be divided by (PFM).
    pub scale: f64,
    pub tuple_type: Option<String>,
    pub comments: Vec<String>,
    comment_bytes: usize,
    /// Offset of the pixels.
    pub data: u64,
}

/// Longest token of a header; the longest number has ten digits.
const LONGEST: usize = 64;
/// Bytes of comments that are kept.
const COMMENTS: usize = 64 * 1024;

/// Whether a file starts like one of the family: the magic and white space or a comment behind it.
pub(crate) fn is_ours(head: &[u8]) -> bool {
    let known = matches!(head, [b'P', b'1'..=b'7' | b'F' | b'f', ..]);
    let behind = match head {
        [b'P', b'F', b'4', rest @ ..] => rest.first(),
        _ => head.get(2),
    };
    known && behind.is_none_or(|b| b.is_ascii_whitespace() || *b == b'#')
}

impl Header {
    /// Parses what `source` stands at.
    pub fn parse(source: &mut ByteSource<'_>) -> Result<Self> {
        let start = source.offset();
        let foreign = || Error::malformed("no Netpbm signature").with("offset", start);
        let mut magic = String::new();
        while let Some(byte) = source.peek()? {
            if byte.is_ascii_whitespace() || byte == b'#' || magic.len() == 3 {
                break;
            }
            magic.push(char::from(byte));
            source.consume(1);
        }
        let mut header = Header {
            storage: Storage::Samples,
            height: 0,
            width: 0,
            channels: 1,
            maxval: 1,
            scale: 1.0,
            tuple_type: None,
            comments: Vec::new(),
            comment_bytes: 0,
            data: 0,
            magic,
        };
        match header.magic.as_str() {
            "P1" => header.storage = Storage::PlainBits,
            "P2" | "P3" => header.storage = Storage::Plain,
            "P4" => header.storage = Storage::Bits,
            "P5" | "P6" => {}
            "PF" | "Pf" | "PF4" => header.storage = Storage::Float { little_endian: true },
            // The rest of the line that the signature stands on: nothing in a PAM.
            "P7" if line(source)?.is_some_and(|rest| rest.trim() == "332") => header.storage = Storage::Thumbnail,
            "P7" => header.pam(source)?,
            _ => return Err(foreign()),
        }
        if header.magic != "P7" || header.storage == Storage::Thumbnail {
            header.classic(source)?;
        }
        if header.width == 0 || header.height == 0 || header.channels == 0 {
            let (h, w) = (header.height, header.width);
            return Err(Error::malformed(format!("a picture of {w} × {h} pixels")).with("offset", start));
        }
        header.data = source.offset();
        Ok(header)
    }

    fn classic(&mut self, source: &mut ByteSource<'_>) -> Result<()> {
        self.width = self.number(source, "width")?;
        self.height = self.number(source, "height")?;
        self.channels = match self.magic.as_str() {
            "P3" | "P6" | "PF" | "P7" => 3,
            "PF4" => 4,
            _ => 1,
        };
        match self.storage {
            Storage::PlainBits | Storage::Bits => {}
            Storage::Float { .. } => {
                let at = source.offset();
                let token = self.token(source)?;
                let scale = token.parse::<f64>().ok().filter(|s| s.is_finite() && *s != 0.0);
                let scale = scale.ok_or_else(|| {
                    Error::malformed(format!("`{token}` is no scale: a number other than 0 is expected"))
                        .with("offset", at)
                })?;
                self.storage = Storage::Float { little_endian: scale < 0.0 };
                self.scale = scale.abs();
            }
            Storage::Thumbnail => match self.number(source, "maximum")? {
                255 => self.maxval = 255,
                other => {
                    let message = format!("a thumbnail with a maximum of {other}: 255 is expected");
                    return Err(Error::malformed(message).with("offset", source.offset()));
                }
            },
            _ => {
                let maxval = self.number(source, "maximum")?;
                self.set_maxval(maxval, source)?;
            }
        }
        Ok(())
    }

    fn pam(&mut self, source: &mut ByteSource<'_>) -> Result<()> {
        let (mut depth, mut maxval) = (None, None);
        loop {
            let at = source.offset();
            let Some(text) = line(source)? else { return Err(source.early_end()) };
            let text = text.trim();
            if let Some(comment) = text.strip_prefix('#') {
                self.comment(comment);
                continue;
            }
            let (key, value) = text.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((text, ""));
            let value = value.trim();
            let number = || {
                value
                    .parse::<usize>()
                    .map_err(|_| Error::malformed(format!("`{value}` is no number for {key}")).with("offset", at))
            };
            match key {
                "" => {}
                "ENDHDR" => break,
                "WIDTH" => self.width = number()?,
                "HEIGHT" => self.height = number()?,
                "DEPTH" => depth = Some(number()?),
                "MAXVAL" => maxval = Some(number()?),
                // Several lines of it are one, put together with a space.
                "TUPLTYPE" => match &mut self.tuple_type {
                    Some(said) => {
                        said.push(' ');
                        said.push_str(value);
                    }
                    None => self.tuple_type = Some(value.to_owned()),
                },
                _ => return Err(Error::malformed(format!("`{key}` in a PAM header")).with("offset", at)),
            }
        }
        let missing = |what: &str| Error::malformed(format!("a PAM header without {what}"));
        self.channels = depth.ok_or_else(|| missing("DEPTH"))?;
        let maxval = maxval.ok_or_else(|| missing("MAXVAL"))?;
        self.set_maxval(maxval, source)?;
        if self.tuple_type.as_deref() == Some("BLACKANDWHITE") && self.channels == 1 && maxval == 1 {
            self.storage = Storage::BlackAndWhite;
        }
        Ok(())
    }

    fn set_maxval(&mut self, maxval: usize, source: &ByteSource<'_>) -> Result<()> {
        self.maxval = match u16::try_from(maxval) {
            Ok(maxval) if maxval > 0 => maxval,
            _ => {
                let message = format!("a maximum of {maxval}: 1 to 65535 are allowed");
                return Err(Error::malformed(message).with("offset", source.offset()));
            }
        };
        Ok(())
    }

    /// The next word; takes the one white space behind it.
    fn token(&mut self, source: &mut ByteSource<'_>) -> Result<String> {
        let mut token = String::new();
        loop {
            match source.next_or_end()? {
                None if token.is_empty() => return Err(source.early_end()),
                None => return Ok(token),
                Some(b'#') => {
                    let comment = line(source)?.unwrap_or_default();
                    self.comment(&comment);
                }
                Some(byte) if byte.is_ascii_whitespace() || byte == 0x0B => {
                    if !token.is_empty() {
                        return Ok(token);
                    }
                }
                Some(byte) => token.push(char::from(byte)),
            }
            if token.len() > LONGEST {
                return Err(Error::malformed("a word too long for a header").with("offset", source.offset()));
            }
        }
    }

    fn number(&mut self, source: &mut ByteSource<'_>, what: &str) -> Result<usize> {
        let at = source.offset();
        let token = self.token(source)?;
        token.parse().map_err(|_| Error::malformed(format!("`{token}` is no {what}")).with("offset", at))
    }

    fn comment(&mut self, comment: &str) {
        // A line counts with its end, so that empty ones are bounded as well.
        let room = self.comment_bytes + comment.len() + 1;
        if room <= COMMENTS {
            self.comment_bytes = room;
            self.comments.push(comment.trim().to_owned());
        }
    }

    /// Element type of a read.
    pub fn dtype(&self) -> Dtype {
        match self.storage {
            Storage::PlainBits | Storage::Bits | Storage::BlackAndWhite => Dtype::Bool,
            Storage::Float { .. } => Dtype::F32,
            Storage::Thumbnail => Dtype::U8,
            Storage::Plain | Storage::Samples if self.maxval < 256 => Dtype::U8,
            Storage::Plain | Storage::Samples => Dtype::U16,
        }
    }

    pub fn shape(&self) -> Vec<usize> {
        let mut shape = vec![self.height, self.width];
        if self.channels > 1 {
            shape.push(self.channels);
        }
        shape
    }

    pub fn properties(&self) -> ImageProperties {
        let channels = match self.channels {
            1 => "L",
            2 => "LA",
            3 => "RGB",
            4 => "RGBA",
            _ => return ImageProperties::new(self.dtype(), self.shape()),
        };
        ImageProperties::picture(self.dtype(), self.height, self.width, channels)
    }

    /// Where the rows lie, for binary pictures.
    pub fn raster(&self) -> Option<Raster> {
        let samples = self.width.checked_mul(self.channels);
        let row = match self.storage {
            Storage::PlainBits | Storage::Plain => return None,
            Storage::Bits => Some(self.width.div_ceil(8)),
            Storage::Thumbnail => Some(self.width),
            Storage::BlackAndWhite => samples,
            Storage::Samples if self.maxval < 256 => samples,
            Storage::Samples => samples.and_then(|n| n.checked_mul(2)),
            Storage::Float { .. } => samples.and_then(|n| n.checked_mul(4)),
        };
        let float = matches!(self.storage, Storage::Float { .. });
        // A row that can't be counted can't be in any file either.
        Some(Raster::new(self.data, row.unwrap_or(usize::MAX), self.height).bottom_up(float))
    }

    /// Number of samples, as far as it can be counted.
    pub fn samples(&self) -> u64 {
        [self.height, self.width, self.channels].iter().fold(1, |n, m| u64::saturating_mul(n, *m as u64))
    }
}

/// The rest of a line as text, without its end; `None` at the end of the file.
fn line(source: &mut ByteSource<'_>) -> Result<Option<String>> {
    let mut bytes = Vec::new();
    let mut any = false;
    while let Some(byte) = source.next_or_end()? {
        any = true;
        if matches!(byte, b'\n' | b'\r') {
            break;
        }
        if bytes.len() < COMMENTS {
            bytes.push(byte);
        }
    }
    Ok(any.then(|| String::from_utf8_lossy(&bytes).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use imageio_core::ErrorKind;

    fn parse(text: &[u8]) -> Result<Header> {
        let mut stream = text;
        Header::parse(&mut ByteSource::new(&mut stream, 0))
    }

    #[test]
    fn classic_headers() {
        let rows: [(&[u8], Dtype, &[usize], u64); 7] = [
            (b"P6\n3 2\n255\n", Dtype::U8, &[2, 3, 3], 11),
            (b"P5 3 2 1023\n", Dtype::U16, &[2, 3], 12),
            (b"P4\n# a comment\n9 1\n", Dtype::Bool, &[1, 9], 19),
            (b"P1\t9\r\n1\n", Dtype::Bool, &[1, 9], 8),
            (b"PF\n3 2\n-1.0\n", Dtype::F32, &[2, 3, 3], 12),
            (b"Pf 3 2 2.5\n", Dtype::F32, &[2, 3], 11),
            (b"P5#c\n3#w\n 2\n7\n", Dtype::U8, &[2, 3], 14),
        ];
        for (text, dtype, shape, data) in rows {
            let header = parse(text).unwrap();
            assert_eq!((header.dtype(), header.shape().as_slice(), header.data), (dtype, shape, data));
        }
        let header = parse(b"P4\n# a comment\n9 1\n").unwrap();
        assert_eq!(header.comments, ["a comment"]);
    }

    #[test]
    fn arbitrary_maps() {
        let header =
            parse(b"P7\nWIDTH 3\n# hello\nHEIGHT 2\nDEPTH 4\nMAXVAL 65535\nTUPLTYPE RGB\nTUPLTYPE _ALPHA\nENDHDR\n")
                .unwrap();
        assert_eq!((header.dtype(), header.shape()), (Dtype::U16, vec![2, 3, 4]));
        assert_eq!(header.tuple_type.as_deref(), Some("RGB _ALPHA"));
        let header = parse(b"P7\nWIDTH 3\nHEIGHT 2\nDEPTH 1\nMAXVAL 1\nTUPLTYPE BLACKANDWHITE\nENDHDR\n").unwrap();
        assert_eq!(header.storage, Storage::BlackAndWhite);
    }

    #[test]
    fn refusals() {
        let rows: [&[u8]; 10] = [
            b"P6\n3",
            b"P6\n3 0 255\n",
            b"P5\n1 1\n70000\n",
            b"P5\n1 1\n0\n",
            b"P5\n1 x\n1\n",
            b"Pf\n1 1\n0\n",
            b"Pf\n1 1\nnan\n",
            b"P7\nWIDTH 3\nHEIGHT 2\nMAXVAL 1\nENDHDR\n",
            b"P7\nWIDTH 3\n",
            b"P8\n1 1\n",
        ];
        for text in rows {
            assert_eq!(parse(text).unwrap_err().kind(), ErrorKind::Malformed, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn empty_comments_are_bounded() {
        let text = [b"P5\n".as_slice(), &b"#\n".repeat(3 * COMMENTS), b"1 1 255\n"].concat();
        let header = parse(&text).unwrap();
        assert_eq!((header.comments.len(), header.data), (COMMENTS, text.len() as u64));
    }

    #[test]
    fn thumbnails() {
        let header = parse(b"P7 332\n#IMGINFO:640x411 RGB (31861 bytes)\n#END_OF_COMMENTS\n3 2 255\n").unwrap();
        assert_eq!((header.storage, header.shape(), header.dtype()), (Storage::Thumbnail, vec![2, 3, 3], Dtype::U8));
        assert_eq!((header.raster().unwrap().bytes(), header.comments.len()), (6, 2));
        assert_eq!(parse(b"P7 332\n3 2 15\n").unwrap_err().kind(), ErrorKind::Malformed);
    }

    #[test]
    fn heads() {
        assert!(is_ours(b"P6\n") && is_ours(b"P7") && is_ours(b"PF4 1") && is_ours(b"P5# x"));
        assert!(!is_ours(b"P8\n") && !is_ours(b"PK\x03\x04") && !is_ours(b"P61") && !is_ours(b"PFA"));
    }
}
