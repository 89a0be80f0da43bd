use imageio_core::{Dtype, ImageProperties};

/// Length of the header.
pub(crate) const LENGTH: u64 = 18;

/// The first 18 bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Header {
    pub id_length: u8,
    pub has_palette: u8,
    pub image_type: u8,
    pub palette_start: u16,
    pub palette_length: u16,
    pub palette_bits: u8,
    pub origin: [u16; 2],
    pub width: u16,
    pub height: u16,
    pub bits: u8,
    pub descriptor: u8,
}

/// What a picture is read as.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Bool,
    Gray,
    GrayAlpha,
    Rgb,
    Rgba,
}

impl Kind {
    pub fn letters(self) -> &'static str {
        match self {
            Kind::Bool | Kind::Gray => "L",
            Kind::GrayAlpha => "LA",
            Kind::Rgb => "RGB",
            Kind::Rgba => "RGBA",
        }
    }
}

impl Header {
    pub fn parse(head: &[u8]) -> Option<Self> {
        let raw = head.first_chunk::<18>()?;
        let u16_at = |at: usize| u16::from_le_bytes([raw[at], raw[at + 1]]);
        Some(Header {
            id_length: raw[0],
            has_palette: raw[1],
            image_type: raw[2],
            palette_start: u16_at(3),
            palette_length: u16_at(5),
            palette_bits: raw[7],
            origin: [u16_at(8), u16_at(10)],
            width: u16_at(12),
            height: u16_at(14),
            bits: raw[16],
            descriptor: raw[17],
        })
    }

    pub fn to_bytes(self) -> [u8; 18] {
        let mut raw = [0; 18];
        (raw[0], raw[1], raw[2], raw[7]) = (self.id_length, self.has_palette, self.image_type, self.palette_bits);
        let numbers = [
            (3, self.palette_start),
            (5, self.palette_length),
            (8, self.origin[0]),
            (10, self.origin[1]),
            (12, self.width),
            (14, self.height),
        ];
        for (at, v) in numbers {
            [raw[at], raw[at + 1]] = v.to_le_bytes();
        }
        (raw[16], raw[17]) = (self.bits, self.descriptor);
        raw
    }

    /// Why this can't be the header of a Targa picture.
    pub fn refusal(&self) -> Option<&'static str> {
        if self.has_palette > 1 {
            return Some("neither with nor without a palette");
        }
        if self.width == 0 || self.height == 0 {
            return Some("no pixels");
        }
        if self.has_palette == 1 && !matches!(self.palette_bits, 15 | 16 | 24 | 32) {
            return Some("a palette of unknown depth");
        }
        let fits = match self.image_type & 7 {
            1 => matches!(self.bits, 8 | 16) && self.has_palette == 1,
            2 => matches!(self.bits, 15 | 16 | 24 | 32),
            3 => matches!(self.bits, 8 | 16) || (self.bits == 1 && !self.is_rle()),
            _ => false,
        };
        (!fits || self.image_type & !11 != 0).then_some("type and depth do not belong together")
    }

    /// A header without any oddity, which is all that speaks for a file without a name.
    pub fn is_tidy(&self) -> bool {
        let palette = (self.palette_start, self.palette_length, self.palette_bits);
        let palette_fits = if self.has_palette == 1 { self.palette_length > 0 } else { palette == (0, 0, 0) };
        let attributes = match self.bits {
            32 => matches!(self.descriptor & 15, 0 | 8),
            16 => self.descriptor & 15 <= 8,
            _ => self.descriptor & 15 == 0,
        };
        self.refusal().is_none() && palette_fits && attributes && self.descriptor & 0xC0 == 0
    }

    pub fn is_rle(&self) -> bool {
        self.image_type & 8 != 0
    }

    pub fn is_indexed(&self) -> bool {
        self.image_type & 7 == 1
    }

    pub fn top_down(&self) -> bool {
        self.descriptor & 0x20 != 0
    }

    pub fn right_to_left(&self) -> bool {
        self.descriptor & 0x10 != 0
    }

    /// Alpha as Pillow has it: pixels of 16 and 32 bits always have it, whatever the attribute bits say.
    pub fn kind(&self) -> Kind {
        let colors = |bits| if matches!(bits, 16 | 32) { Kind::Rgba } else { Kind::Rgb };
        match (self.image_type & 7, self.bits) {
            (1, _) => colors(self.palette_bits),
            (2, bits) => colors(bits),
            (_, 1) => Kind::Bool,
            (_, 16) => Kind::GrayAlpha,
            _ => Kind::Gray,
        }
    }

    pub fn properties(&self) -> ImageProperties {
        let dtype = if self.kind() == Kind::Bool { Dtype::Bool } else { Dtype::U8 };
        ImageProperties::picture(dtype, self.height.into(), self.width.into(), self.kind().letters())
    }

    pub fn palette_at(&self) -> u64 {
        LENGTH + u64::from(self.id_length)
    }

    pub fn palette_bytes(&self) -> u64 {
        if self.has_palette == 0 {
            return 0;
        }
        u64::from(self.palette_length) * u64::from(self.palette_bits.div_ceil(8))
    }

    pub fn data_at(&self) -> u64 {
        self.palette_at() + self.palette_bytes()
    }

    /// Bytes of a stored pixel, for depths of at least 8.
    pub fn pixel_bytes(&self) -> usize {
        usize::from(self.bits.div_ceil(8))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(image_type: u8, bits: u8) -> Header {
        Header {
            id_length: 0,
            has_palette: 0,
            image_type,
            palette_start: 0,
            palette_length: 0,
            palette_bits: 0,
            origin: [0; 2],
            width: 3,
            height: 2,
            bits,
            descriptor: 0,
        }
    }

    #[test]
    fn kinds() {
        let rows =
            [(2, 24, Kind::Rgb), (10, 32, Kind::Rgba), (2, 16, Kind::Rgba), (3, 8, Kind::Gray), (3, 1, Kind::Bool)];
        for (image_type, bits, kind) in rows {
            let header = header(image_type, bits);
            assert!(header.refusal().is_none() && header.kind() == kind);
            assert_eq!(Header::parse(&header.to_bytes()), Some(header));
        }
        let indexed = Header { has_palette: 1, palette_bits: 24, palette_length: 9, ..header(9, 8) };
        assert_eq!((indexed.kind(), indexed.data_at()), (Kind::Rgb, 45));
        assert!(indexed.is_tidy());
    }

    #[test]
    fn others_are_told_apart() {
        let heads: [&[u8]; 4] = [
            b"\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0\x68\x04\0\0",
            b"\0\0\x02\0\x01\0\x20\x20\0\0\x01\0\x20\0\xa8\x10\0\0",
            b"This is plain text, and no image.",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01",
        ];
        for head in heads {
            assert!(!Header::parse(head).unwrap().is_tidy(), "{}", head.escape_ascii());
        }
        assert!(header(2, 8).refusal().is_some() && header(11, 1).refusal().is_some());
    }
}
