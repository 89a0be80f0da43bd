use std::io::{ErrorKind as IoErrorKind, Read};

use imageio_core::{Dtype, Error, Limits, Result};

use crate::literal::{self, Literal};

/// First bytes of every NPY file.
pub const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// Bytes that numpy aligns the data to.
const ALIGN: usize = 64;

/// What an NPY header says (numpy.lib.format, versions 1.0 to 3.0).
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// Version of the header, such as `(1, 0)`.
    pub version: (u8, u8),
    /// The type code as the file has it, such as `<f8`.
    pub descr: String,
    /// Element type.
    pub dtype: Dtype,
    /// `true` if the elements are stored in the byte order that this machine does not have.
    pub swapped: bool,
    /// `true` if the first axis varies fastest in the file.
    pub fortran_order: bool,
    /// Shape, outermost axis first, whatever the order in the file.
    pub shape: Vec<usize>,
    /// Bytes from the magic to the first element.
    pub len: usize,
}

impl Header {
    /// Reads a header and leaves the stream at the first element.
    ///
    /// # Errors
    /// `Malformed` if it is none or breaks its rules; `Unsupported` for versions and dtypes beyond those of
    /// [`Dtype`]; `LimitExceeded` if it is longer than `max_metadata`.
    pub fn read(stream: &mut dyn Read, limits: &Limits) -> Result<Self> {
        let mut fixed = [0; 8];
        fill(stream, &mut fixed, "the NPY header")?;
        if !fixed.starts_with(MAGIC) {
            return Err(Error::malformed("an NPY file begins with \\x93NUMPY, this one does not"));
        }
        let version = (fixed[6], fixed[7]);
        let (text_len, prefix) = match version {
            (1, _) => {
                let mut bytes = [0; 2];
                fill(stream, &mut bytes, "the NPY header")?;
                (usize::from(u16::from_le_bytes(bytes)), 10)
            }
            (2 | 3, _) => {
                let mut bytes = [0; 4];
                fill(stream, &mut bytes, "the NPY header")?;
                (usize::try_from(u32::from_le_bytes(bytes)).unwrap_or(usize::MAX), 12)
            }
            (major, minor) => return Err(Error::unsupported(format!("NPY version {major}.{minor}"))),
        };
        limits.check_metadata(text_len as u64)?;
        let mut text = Vec::new();
        stream.take(text_len as u64).read_to_end(&mut text)?;
        if text.len() < text_len {
            return Err(Error::malformed(format!("the NPY header ends after {} of {text_len} bytes", text.len())));
        }
        // Versions 1 and 2 are Latin-1, version 3 is UTF-8; what is needed here is ASCII in all of them.
        let text = String::from_utf8_lossy(&text);
        let literal =
            literal::parse(&text).map_err(|e| Error::malformed(format!("the NPY header does not parse: {e}")))?;
        Self::from_literal(literal, version, prefix + text_len)
    }

    fn from_literal(literal: Literal, version: (u8, u8), len: usize) -> Result<Self> {
        let Literal::Dict(items) = literal else {
            return Err(Error::malformed("the NPY header is no dictionary"));
        };
        let entry = |name: &str| items.iter().find(|(key, _)| matches!(key, Literal::Str(s) if s == name));
        let descr = match entry("descr") {
            Some((_, Literal::Str(descr))) => descr.clone(),
            Some((_, Literal::Sequence(fields))) => {
                return Err(Error::unsupported(format!("a structured array of {} fields", fields.len()))
                    .with_hint("save its fields as arrays of their own"));
            }
            _ => return Err(Error::malformed("the NPY header has no `descr`")),
        };
        let Some((_, Literal::Bool(fortran_order))) = entry("fortran_order") else {
            return Err(Error::malformed("the NPY header has no `fortran_order`"));
        };
        let Some((_, Literal::Sequence(axes))) = entry("shape") else {
            return Err(Error::malformed("the NPY header has no `shape`"));
        };
        let axis = |axis: &Literal| match axis {
            Literal::Int(n) => {
                usize::try_from(*n).map_err(|_| Error::malformed(format!("the NPY header has an axis of {n} elements")))
            }
            _ => Err(Error::malformed("the NPY header has a shape that is not of integers")),
        };
        let shape: Vec<usize> = axes.iter().map(axis).collect::<Result<_>>()?;
        let (dtype, swapped) = dtype_of(&descr)?;
        Ok(Header { version, descr, dtype, swapped, fortran_order: *fortran_order, shape, len })
    }

    /// Bytes of the elements, if they can be counted.
    pub fn data_len(&self) -> Option<u64> {
        if self.shape.contains(&0) {
            return Some(0);
        }
        self.shape.iter().try_fold(self.dtype.size() as u64, |bytes, n| bytes.checked_mul(*n as u64))
    }

    /// The bytes of a header for elements of this machine's byte order in row-major order, as numpy writes them.
    pub fn encode(dtype: Dtype, shape: &[usize]) -> Vec<u8> {
        let axes: Vec<String> = shape.iter().map(usize::to_string).collect();
        // A tuple of one has a comma, so that it is no number in brackets.
        let comma = if shape.len() == 1 { "," } else { "" };
        let descr = descr_of(dtype);
        let dict = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({}{comma}), }}", axes.join(", "));
        let total = (10 + dict.len() + 1).next_multiple_of(ALIGN);
        let (version, prefix, total) = match u16::try_from(total - 10) {
            Ok(_) => (1, 10, total),
            Err(_) => (2, 12, (12 + dict.len() + 1).next_multiple_of(ALIGN)),
        };
        let text_len = total - prefix;
        let mut out = MAGIC.to_vec();
        out.extend([version, 0]);
        out.extend_from_slice(&(text_len as u32).to_le_bytes()[..prefix - 8]);
        out.extend_from_slice(dict.as_bytes());
        out.resize(total - 1, b' ');
        out.push(b'\n');
        out
    }
}

const BIG: bool = cfg!(target_endian = "big");

/// The dtype of a type code, and whether its bytes have to be swapped.
fn dtype_of(descr: &str) -> Result<(Dtype, bool)> {
    let unsupported = || {
        let error = Error::unsupported(format!("an array of type `{descr}`"));
        match descr.trim_start_matches(['<', '>', '|', '=']).chars().next() {
            Some('O') => error.with_hint("it holds Python objects as a pickle, which only Python can read"),
            Some('M' | 'm') => error.with_hint("store dates as integers: a.view('i8')"),
            Some('f' | 'c') => error.with_hint("store it as float64 or complex128: a.astype('f8')"),
            _ => error,
        }
    };
    let (order, code) = match descr.as_bytes() {
        [order @ (b'<' | b'>' | b'|' | b'='), ..] => (*order, descr.get(1..).unwrap_or_default()),
        _ => (b'=', descr),
    };
    let dtype = match code {
        "b1" | "?" => Dtype::Bool,
        "u1" => Dtype::U8,
        "i1" => Dtype::I8,
        "u2" => Dtype::U16,
        "i2" => Dtype::I16,
        "u4" => Dtype::U32,
        "i4" => Dtype::I32,
        "u8" => Dtype::U64,
        "i8" => Dtype::I64,
        "f2" => Dtype::F16,
        "f4" => Dtype::F32,
        "f8" => Dtype::F64,
        "c8" => Dtype::C64,
        "c16" => Dtype::C128,
        _ => return Err(unsupported()),
    };
    let swapped = match order {
        b'<' => BIG,
        b'>' => !BIG,
        _ => false,
    };
    Ok((dtype, swapped && dtype.size() > 1))
}

fn descr_of(dtype: Dtype) -> String {
    let order = match dtype {
        Dtype::Bool | Dtype::U8 | Dtype::I8 => '|',
        _ if BIG => '>',
        _ => '<',
    };
    let kind = match dtype {
        Dtype::Bool => 'b',
        Dtype::U8 | Dtype::U16 | Dtype::U32 | Dtype::U64 => 'u',
        Dtype::I8 | Dtype::I16 | Dtype::I32 | Dtype::I64 => 'i',
        Dtype::F16 | Dtype::F32 | Dtype::F64 => 'f',
        Dtype::C64 | Dtype::C128 => 'c',
    };
    format!("{order}{kind}{}", dtype.size())
}

fn fill(stream: &mut dyn Read, bytes: &mut [u8], what: &str) -> Result<()> {
    stream.read_exact(bytes).map_err(|e| match e.kind() {
        IoErrorKind::UnexpectedEof => Error::malformed(format!("the file ends within {what}")),
        _ => e.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use imageio_core::ErrorKind;

    fn read(dict: &str) -> Result<Header> {
        let mut file = MAGIC.to_vec();
        file.extend([1, 0]);
        file.extend((dict.len() as u16).to_le_bytes());
        file.extend(dict.as_bytes());
        Header::read(&mut file.as_slice(), &Limits::default())
    }

    #[test]
    fn as_numpy_writes_them() {
        let bytes = Header::encode(Dtype::F64, &[5, 1, 3]);
        assert_eq!(bytes.len(), 128);
        assert!(
            bytes.starts_with(b"\x93NUMPY\x01\0v\0{'descr': '<f8', 'fortran_order': False, 'shape': (5, 1, 3), }   ")
        );
        assert!(Header::encode(Dtype::U8, &[7]).windows(4).any(|w| w == b"(7,)"));
        assert!(Header::encode(Dtype::Bool, &[]).windows(2).any(|w| w == b"()"));
    }

    #[test]
    fn every_dtype_leads_back() {
        for dtype in Dtype::ALL {
            let bytes = Header::encode(dtype, &[3, 4]);
            let header = Header::read(&mut bytes.as_slice(), &Limits::default()).unwrap();
            assert_eq!((header.dtype, header.swapped, header.len), (dtype, false, bytes.len()));
        }
        let long: Vec<usize> = vec![1; 40_000];
        let bytes = Header::encode(Dtype::U8, &long);
        let header = Header::read(&mut bytes.as_slice(), &Limits::default()).unwrap();
        assert_eq!((header.version, header.shape.len(), bytes.len() % 64), ((2, 0), 40_000, 0));
    }

    #[test]
    fn other_headers() {
        let h = read("{'shape': (2L, 3L), 'fortran_order': True, 'descr': '>c16'}").unwrap();
        assert_eq!((h.dtype, h.swapped, h.fortran_order, h.data_len()), (Dtype::C128, true, true, Some(96)));
        let rows = [
            ("{'descr': '|O', 'fortran_order': False, 'shape': (2,)}", ErrorKind::Unsupported),
            ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}", ErrorKind::Unsupported),
            ("{'descr': '<f16', 'fortran_order': False, 'shape': (2,)}", ErrorKind::Unsupported),
            ("{'descr': '<U5', 'fortran_order': False, 'shape': (2,)}", ErrorKind::Unsupported),
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (-2,)}", ErrorKind::Malformed),
            ("{'descr': '<f8', 'fortran_order': False, 'shape': 2}", ErrorKind::Malformed),
            ("{'descr': '<f8', 'shape': (2,)}", ErrorKind::Malformed),
            ("nonsense", ErrorKind::Malformed),
        ];
        for (dict, kind) in rows {
            assert_eq!(read(dict).unwrap_err().kind(), kind, "{dict}");
        }
    }
}
