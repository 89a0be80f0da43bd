//! Compressions by number.

use imageio_core::{Error, Result};

use super::ccitt::Scheme;
use crate::blame::Blame;
use crate::ifd::{Tiff, Window};
use crate::page::Page;
use crate::tags::tag;

/// How a page's strips and tiles are compressed, with what its tags add.
#[derive(Debug, Clone)]
pub(crate) enum Codec {
    None,
    Lzw,
    PackBits,
    Deflate,
    #[cfg(feature = "zstd")]
    Zstd,
    #[cfg(feature = "lzma")]
    Lzma,
    Ccitt(Scheme),
    /// ThunderScan's 4-bit pixels.
    Thunder,
    /// Electron events: bits of a step to the next one, and of its place within a pixel.
    Eer {
        step: u32,
        within: u32,
    },
    PixarLog,
    SgiLog(super::sgilog::Coding),
    /// YCbCr with fewer samples of chroma.
    Subsampled(Box<super::ycbcr::Subsampled>),
    #[cfg(feature = "jpeg")]
    Jpeg {
        tables: Vec<u8>,
    },
    /// Parts of one stream between its restart markers.
    #[cfg(feature = "jpeg")]
    JpegParts(std::sync::Arc<crate::ndpi::Parts>),
    #[cfg(feature = "jpeg")]
    OldJpeg(super::old_jpeg::Header),
    #[cfg(feature = "webp")]
    WebP,
    #[cfg(feature = "png")]
    Png,
    #[cfg(feature = "jpeg2000")]
    Jpeg2000,
    #[cfg(feature = "jpegxl")]
    JpegXl,
    #[cfg(feature = "jpegxr")]
    JpegXr,
    /// The number says what LERC data were compressed with once more: 0 nothing, 1 deflate, 2 zstd.
    #[cfg(feature = "lerc")]
    Lerc(u32),
}

impl Codec {
    pub fn new(tiff: &Tiff<'_>, page: &Page, window: &mut Window) -> Result<Self> {
        let codec = Self::by_number(tiff, page, window)?;
        if codec.is_image() || page.layout.photometric != 6 || !page.is_subsampled() {
            return Ok(codec);
        }
        Ok(Codec::Subsampled(Box::new(super::ycbcr::Subsampled::new(tiff, page, codec, window)?)))
    }

    fn by_number(tiff: &Tiff<'_>, page: &Page, window: &mut Window) -> Result<Self> {
        let _ = (tiff, &window);
        let number = page.layout.compression;
        if page.layout.depth > 1 && matches!(number, 32909 | 34676 | 34677) {
            return Err(Error::unsupported("volumes compressed as PixarLog or SGILog").tag(tag::IMAGE_DEPTH));
        }
        Ok(match number {
            1 => Codec::None,
            2 => Codec::Ccitt(Scheme::Rle { words: false }),
            32771 => Codec::Ccitt(Scheme::Rle { words: true }),
            3 => {
                let options = match page.ifd.entry(tag::T4_OPTIONS) {
                    Some(entry) => tiff.uint(entry, window)?,
                    None => 0,
                };
                Codec::Ccitt(Scheme::Group3 { two_d: options & 1 == 1 })
            }
            4 => Codec::Ccitt(Scheme::Group4),
            5 => Codec::Lzw,
            32809 if page.layout.bits == [4] && page.layout.contig() == 1 && page.layout.predictor <= 1 => {
                Codec::Thunder
            }
            32809 => {
                return Err(Error::unsupported("ThunderScan of other pixels than one sample of 4 bits")
                    .tag(tag::BITS_PER_SAMPLE));
            }
            65_000..=65_002 if page.layout.bits == [1] && page.layout.contig() == 1 && page.layout.predictor <= 1 => {
                let mut bits = |tag: u16, default: u64| match page.ifd.entry(tag).filter(|_| number == 65_002) {
                    Some(entry) => tiff.uint(entry, window).map(|n| n.min(64) as u32),
                    None => Ok(default as u32),
                };
                let step = bits(tag::EER_SKIP_BITS, if number == 65_000 { 8 } else { 7 })?;
                let within = bits(tag::EER_ACROSS_BITS, 2)? + bits(tag::EER_DOWN_BITS, 2)?;
                if !(1..=16).contains(&step) || within > 32 {
                    return Err(Error::unsupported(format!("electron events with steps of {step} bits"))
                        .tag(tag::EER_SKIP_BITS));
                }
                Codec::Eer { step, within }
            }
            32909 => Codec::PixarLog,
            34676 | 34677 => match super::sgilog::Coding::new(number, page.layout.photometric) {
                Some(coding) => Codec::SgiLog(coding),
                None => {
                    return Err(
                        Error::unsupported("SGILog in an image that is neither LogL nor LogLuv").tag(tag::PHOTOMETRIC)
                    );
                }
            },
            #[cfg(feature = "jpeg")]
            6 => Codec::OldJpeg(super::old_jpeg::Header::read(tiff, page, window)?),
            #[cfg(feature = "jpeg")]
            7 | 33007 | 34892 => {
                if let Some(parts) = &page.parts {
                    return Ok(Codec::JpegParts(std::sync::Arc::clone(parts)));
                }
                let tables = match page.ifd.entry(tag::JPEG_TABLES) {
                    Some(entry) => tiff.bytes(entry, window)?,
                    None => Vec::new(),
                };
                Codec::Jpeg { tables }
            }
            8 | 32946 | 50013 => Codec::Deflate,
            32773 => Codec::PackBits,
            #[cfg(feature = "zstd")]
            50000 | 34926 => Codec::Zstd,
            #[cfg(feature = "lzma")]
            34925 => Codec::Lzma,
            #[cfg(feature = "jpeg2000")]
            33003 | 33004 | 33005 | 34712 => Codec::Jpeg2000,
            #[cfg(feature = "webp")]
            50001 | 34927 => Codec::WebP,
            #[cfg(feature = "png")]
            34933 => Codec::Png,
            #[cfg(feature = "jpegxl")]
            50002 | 52546 => Codec::JpegXl,
            #[cfg(feature = "jpegxr")]
            22610 | 34934 => Codec::JpegXr,
            #[cfg(feature = "lerc")]
            34887 => {
                let parameters = match page.ifd.entry(tag::LERC_PARAMETERS) {
                    Some(entry) => tiff.uints(entry, window)?,
                    None => Vec::new(),
                };
                match parameters.get(1).copied().unwrap_or(0) {
                    more @ 0..=2 => Codec::Lerc(more as u32),
                    other => {
                        return Err(Error::unsupported(format!("LERC with additional compression {other}"))
                            .tag(tag::LERC_PARAMETERS));
                    }
                }
            }
            other => return Err(unsupported(other)),
        })
    }

    /// `true` if strips and tiles are images of their own, to which neither predictor nor bit order applies.
    pub fn is_image(&self) -> bool {
        !matches!(
            self,
            Codec::None
                | Codec::Lzw
                | Codec::PackBits
                | Codec::Deflate
                | Codec::Ccitt(_)
                | Codec::Thunder
                | Codec::Eer { .. }
        ) && !self.is_zstd()
            && !self.is_lzma()
    }

    /// `true` for images whose beginning can be decoded where the rest is missing.
    pub fn is_progressive(&self) -> bool {
        #[cfg(feature = "jpeg")]
        if matches!(self, Codec::Jpeg { .. }) {
            return true;
        }
        false
    }

    /// `true` if strips are parts of one stream, which the codec holds itself.
    pub fn is_whole(&self) -> bool {
        #[cfg(feature = "jpeg")]
        if matches!(self, Codec::OldJpeg(_)) {
            return true;
        }
        false
    }

    /// Bytes of the stream that the codec holds itself.
    pub fn held(&self) -> Option<u64> {
        #[cfg(feature = "jpeg")]
        if let Codec::OldJpeg(header) = self {
            return Some(header.len() as u64);
        }
        None
    }

    fn is_lzma(&self) -> bool {
        #[cfg(feature = "lzma")]
        if matches!(self, Codec::Lzma) {
            return true;
        }
        false
    }

    fn is_zstd(&self) -> bool {
        #[cfg(feature = "zstd")]
        if matches!(self, Codec::Zstd) {
            return true;
        }
        false
    }
}

fn unsupported(number: u16) -> Error {
    let name = compression_name(number).unwrap_or("unknown");
    let error = Error::unsupported(format!("compression {number} ({name})")).tag(tag::COMPRESSION);
    let feature = match number {
        6 | 7 | 33007 | 34892 => "jpeg",
        50000 | 34926 => "zstd",
        34925 => "lzma",
        33003 | 33004 | 33005 | 34712 => "jpeg2000",
        50001 | 34927 => "webp",
        34933 => "png",
        50002 | 52546 => "jpegxl",
        22610 | 34934 => "jpegxr",
        34887 => "lerc",
        _ => return error,
    };
    error.with_hint(format!("enable the feature `tiff-codecs` of imageio-rs, or `{feature}` of imageio-plugin-tiff"))
}

/// A word for a compression.
pub(crate) fn compression_name(number: u16) -> Option<&'static str> {
    Some(match number {
        1 => "none",
        2 => "ccittrle",
        3 => "ccittfax3",
        4 => "ccittfax4",
        5 => "lzw",
        6 => "ojpeg",
        7 => "jpeg",
        8 => "adobe_deflate",
        9 => "jbig_bw",
        10 => "jbig_color",
        22610 => "jpegxr",
        32766 => "next",
        32767 => "sony_arw",
        32769 => "packed_raw",
        32771 => "ccittrlew",
        32773 => "packbits",
        32809 => "thunderscan",
        32908 => "pixarfilm",
        32909 => "pixarlog",
        32946 => "deflate",
        32947 => "dcs",
        33003..=33005 => "aperio_jp2000",
        33007 => "alt_jpeg",
        34661 => "jbig",
        34676 => "sgilog",
        34677 => "sgilog24",
        34712 => "jpeg2000",
        34713 => "nikon_nef",
        34887 => "lerc",
        34892 => "jpeg_lossy",
        34925 => "lzma",
        34926 | 50000 => "zstd",
        34927 | 50001 => "webp",
        34933 => "png",
        34934 => "jpegxr_zif",
        50002 => "jpegxl",
        50013 => "pixtiff",
        52546 => "jpegxl_dng",
        65000..=65002 => "eer",
        _ => return None,
    })
}
