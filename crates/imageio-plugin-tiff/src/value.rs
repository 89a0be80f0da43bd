//! What the entries of a directory hold: integers, texts, and whatever else metadata show.

use imageio_core::{Error, ErrorKind, Result, Value};

use crate::blame::{Blame, label};
use crate::ifd::{Endian, Entry, Tiff, Window, type_size};
use crate::source::ends_early;

impl Tiff<'_> {
    /// The bytes of a value in the file's byte order; shorter than declared only for text and raw bytes that the
    /// end of the file cuts off.
    pub fn bytes(&self, entry: &Entry, window: &mut Window) -> Result<Vec<u8>> {
        let Some((offset, len)) = self.place(entry)? else {
            return Ok(self.inline(entry).to_vec());
        };
        let bytes = window.get(&self.source, offset, len).map_err(|e| e.tag(entry.tag))?;
        if bytes.len() < len && !matches!(entry.kind, 2 | 7) {
            return Err(ends_early(offset, len as u64, self.source.size()).tag(entry.tag));
        }
        Ok(bytes.to_vec())
    }

    /// Offset and length of a value that lies elsewhere; `None` if it is in the entry itself.
    pub fn place(&self, entry: &Entry) -> Result<Option<(u64, usize)>> {
        let size = type_size(entry.kind).ok_or_else(|| {
            Error::unsupported(format!("{} has the unknown field type {}", label(entry.tag), entry.kind))
                .tag(entry.tag)
                .at(entry.at)
        })?;
        let is_upper = self.header.ndpi && matches!((entry.kind, entry.count), (16 | 17, 1));
        let width = if self.header.big || is_upper { 8 } else { 4 };
        let len = size.checked_mul(entry.count).filter(|len| *len <= isize::MAX as u64);
        let len = len.ok_or_else(|| {
            let claim = format!("{} claims {} values", label(entry.tag), entry.count);
            Error::malformed(claim).tag(entry.tag).at(entry.at)
        })?;
        if len <= width {
            return Ok(None);
        }
        if let Some(max) = self.max_metadata.filter(|max| len > *max) {
            return Err(Error::limit(format!("{} has {len} bytes", label(entry.tag)))
                .tag(entry.tag)
                .at(entry.at)
                .with("limit", format!("max_metadata = {max}")));
        }
        let offset = self.header.endian.uint(entry.field.get(..self.link_size()).unwrap_or_default());
        Ok(Some((offset, len as usize)))
    }

    fn inline<'e>(&self, entry: &'e Entry) -> &'e [u8] {
        let len = type_size(entry.kind).unwrap_or(0).saturating_mul(entry.count) as usize;
        entry.field.get(..len).unwrap_or_default()
    }

    /// The first value as a non-negative integer; costs nothing for values within the entry.
    pub fn uint(&self, entry: &Entry, window: &mut Window) -> Result<u64> {
        if self.place(entry)?.is_none() {
            return self.unsigned(entry, self.inline(entry));
        }
        let size = type_size(entry.kind).unwrap_or(1) as usize;
        let bytes = self.bytes(entry, window)?;
        self.unsigned(entry, bytes.get(..size).unwrap_or_default())
    }

    fn unsigned(&self, entry: &Entry, bytes: &[u8]) -> Result<u64> {
        let endian = self.header.endian;
        let size = type_size(entry.kind).unwrap_or(1) as usize;
        let bad = || {
            let what = format!("{} is no non-negative integer", label(entry.tag));
            Error::malformed(what).tag(entry.tag).at(entry.at)
        };
        let first = bytes.get(..size).filter(|b| !b.is_empty()).ok_or_else(bad)?;
        match entry.kind {
            1 | 3 | 4 | 7 | 13 | 16 | 18 => Ok(endian.uint(first)),
            6 | 8 | 9 | 17 => {
                let negative = endian.uint(first) >> (size * 8 - 1) & 1 == 1;
                if negative { Err(bad()) } else { Ok(endian.uint(first)) }
            }
            // Some writers store sizes as real numbers.
            11 => integral(f64::from(f32::from_bits(endian.uint(first) as u32))).ok_or_else(bad),
            12 => integral(f64::from_bits(endian.uint(first))).ok_or_else(bad),
            _ => Err(bad()),
        }
    }

    /// Every value as a non-negative integer.
    pub fn uints(&self, entry: &Entry, window: &mut Window) -> Result<Vec<u64>> {
        let size = type_size(entry.kind).unwrap_or(1) as usize;
        let bytes = self.bytes(entry, window)?;
        bytes.chunks_exact(size).map(|one| self.unsigned(entry, one)).collect()
    }

    /// The value as the metadata show it: a number, a list of numbers, text or bytes.
    pub fn value(&self, entry: &Entry, window: &mut Window) -> Result<Value> {
        let bytes = self.bytes(entry, window)?;
        Ok(value(self.header.endian, entry.kind, &bytes))
    }
}

/// What damage and strange values leave out; failures to read stay failures.
pub(crate) fn lenient<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(e) if matches!(e.kind(), ErrorKind::Malformed | ErrorKind::Unsupported | ErrorKind::LimitExceeded) => {
            Ok(None)
        }
        Err(e) => Err(e),
    }
}

fn integral(v: f64) -> Option<u64> {
    (v.fract() == 0.0 && (0.0..9e15).contains(&v)).then_some(v as u64)
}

/// The value of a field of type `kind`.
pub(crate) fn value(endian: Endian, kind: u16, bytes: &[u8]) -> Value {
    let u = |b: &[u8]| endian.uint(b);
    let signed = |b: &[u8]| {
        let unused = 64 - 8 * b.len() as u32;
        ((endian.uint(b) << unused) as i64) >> unused
    };
    let half = |b: &[u8], part: usize| b.get(part..part + 4).map_or(0, u);
    let one: &dyn Fn(&[u8]) -> Value = match kind {
        2 => return Value::Str(text(bytes)),
        1 if bytes.len() > 4 => return Value::Bytes(bytes.to_vec()),
        7 => return Value::Bytes(bytes.to_vec()),
        1 | 3 | 4 | 13 | 16 | 18 => &|b| Value::UInt(u(b)),
        6 | 8 | 9 | 17 => &|b| Value::Int(signed(b)),
        5 => &|b| Value::Rational(half(b, 0) as i64, half(b, 4) as i64),
        10 => &|b| Value::Rational(i64::from(half(b, 0) as u32 as i32), i64::from(half(b, 4) as u32 as i32)),
        11 => &|b| Value::Float(f64::from(f32::from_bits(u(b) as u32))),
        12 => &|b| Value::Float(f64::from_bits(u(b))),
        _ => return Value::Bytes(bytes.to_vec()),
    };
    let size = type_size(kind).unwrap_or(1) as usize;
    let mut values: Vec<Value> = bytes.chunks_exact(size).map(one).collect();
    match values.len() {
        1 => values.pop().unwrap_or(Value::Null),
        _ => Value::List(values),
    }
}

/// Text of a field: up to the last byte that is not 0; UTF-8 if it is that, else Latin-1.
pub(crate) fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().rposition(|b| *b != 0).map_or(0, |at| at + 1);
    let bytes = bytes.get(..end).unwrap_or_default();
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|b| char::from(*b)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signed_and_real_values() {
        assert_eq!(value(Endian::Little, 8, &[0xff, 0xff]), Value::Int(-1));
        assert_eq!(value(Endian::Big, 10, &[0xff, 0xff, 0xff, 0xfe, 0, 0, 0, 3]), Value::Rational(-2, 3));
        assert_eq!(value(Endian::Big, 12, &1.5f64.to_be_bytes()), Value::Float(1.5));
        assert_eq!(value(Endian::Little, 3, &[1, 0, 2, 0]), Value::List(vec![Value::UInt(1), Value::UInt(2)]));
        assert_eq!(text(b"caf\xe9\0\0"), "café");
    }
}
