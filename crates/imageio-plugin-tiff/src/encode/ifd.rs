//! Directories: entries in the order of their tags, values that don't fit behind them.

use imageio_core::{Error, Result, Value};

use crate::ifd::{Endian, type_size};

/// A value ready to be written: type, count and bytes in the file's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub tag: u16,
    pub kind: u16,
    pub count: u64,
    pub bytes: Vec<u8>,
}

/// Byte order and width of offsets of the file being written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Format {
    pub endian: Endian,
    pub big: bool,
}

impl Format {
    /// An unsigned integer of `width` bytes.
    pub fn uint(self, value: u64, width: usize) -> Vec<u8> {
        let mut bytes = value.to_le_bytes().get(..width).unwrap_or_default().to_vec();
        if self.endian == Endian::Big {
            bytes.reverse();
        }
        bytes
    }

    /// Bytes of an offset.
    pub fn offset_size(self) -> usize {
        if self.big { 8 } else { 4 }
    }

    pub fn short(self, tag: u16, values: &[u16]) -> Field {
        let bytes = values.iter().flat_map(|v| self.uint(u64::from(*v), 2)).collect();
        Field { tag, kind: 3, count: values.len() as u64, bytes }
    }

    pub fn long(self, tag: u16, value: u64) -> Result<Field> {
        let value = u32::try_from(value).map_err(|_| Error::mismatch(format!("tag {tag} can't hold {value}")))?;
        Ok(Field { tag, kind: 4, count: 1, bytes: self.uint(u64::from(value), 4) })
    }

    /// Offsets or lengths, of the width that the file has for them.
    pub fn offsets(self, tag: u16, values: &[u64]) -> Result<Field> {
        let size = self.offset_size();
        if !self.big && values.iter().any(|v| u32::try_from(*v).is_err()) {
            return Err(too_large());
        }
        let bytes = values.iter().flat_map(|v| self.uint(*v, size)).collect();
        Ok(Field { tag, kind: if self.big { 16 } else { 4 }, count: values.len() as u64, bytes })
    }

    pub fn text(self, tag: u16, text: &str) -> Field {
        let mut bytes = text.as_bytes().to_vec();
        bytes.push(0);
        Field { tag, kind: 2, count: bytes.len() as u64, bytes }
    }

    pub fn bytes(self, tag: u16, kind: u16, bytes: &[u8]) -> Field {
        Field { tag, kind, count: bytes.len() as u64, bytes: bytes.to_vec() }
    }

    pub fn rational(self, tag: u16, value: f64) -> Field {
        let (n, d) = fraction(value);
        let bytes = [self.uint(u64::from(n), 4), self.uint(u64::from(d), 4)].concat();
        Field { tag, kind: 5, count: 1, bytes }
    }

    /// A value of the metadata as a field of type `kind`; `None` if it does not fit.
    pub fn value(self, tag: u16, kind: u16, value: &Value) -> Option<Field> {
        let items: Vec<&Value> = match value {
            Value::List(items) => items.iter().collect(),
            one => vec![one],
        };
        let size = type_size(kind)? as usize;
        let mut bytes = Vec::new();
        match (kind, value) {
            (2, Value::Str(text)) => return Some(self.text(tag, text)),
            (1 | 7, Value::Bytes(raw)) => return Some(self.bytes(tag, kind, raw)),
            _ => {}
        }
        for item in &items {
            bytes.extend(match kind {
                1 | 3 | 4 | 16 => {
                    let v = item
                        .as_u64()
                        .or_else(|| item.as_f64().filter(|f| f.fract() == 0.0 && *f >= 0.0).map(|f| f as u64))?;
                    if size < 8 && v >> (8 * size) != 0 {
                        return None;
                    }
                    self.uint(v, size)
                }
                5 => {
                    let (n, d) = match item {
                        Value::Rational(n, d) => (u32::try_from(*n).ok()?, u32::try_from(*d).ok()?),
                        other => fraction(other.as_f64().filter(|f| *f >= 0.0)?),
                    };
                    [self.uint(u64::from(n), 4), self.uint(u64::from(d), 4)].concat()
                }
                11 => self.uint(u64::from((item.as_f64()? as f32).to_bits()), 4),
                12 => self.uint(item.as_f64()?.to_bits(), 8),
                _ => return None,
            });
        }
        Some(Field { tag, kind, count: items.len() as u64, bytes })
    }
}

/// The error for offsets that need BigTIFF.
pub(crate) fn too_large() -> Error {
    Error::mismatch("the file grows beyond 4 GiB, which classic TIFF can't hold")
        .with_hint("write it with the option `bigtiff=always`")
}

/// A fraction of 32-bit integers near to `value`.
pub(crate) fn fraction(value: f64) -> (u32, u32) {
    if !value.is_finite() || value <= 0.0 {
        return (0, 1);
    }
    if value.fract() == 0.0 && value <= f64::from(u32::MAX) {
        return (value as u32, 1);
    }
    // Continued fractions until the next step would not fit.
    let (mut n0, mut d0, mut n1, mut d1) = (0u64, 1u64, 1u64, 0u64);
    let mut rest = value;
    for _ in 0..40 {
        let whole = rest.floor();
        if whole > f64::from(u32::MAX) {
            break;
        }
        let (n2, d2) = (whole as u64 * n1 + n0, whole as u64 * d1 + d0);
        if n2 > u64::from(u32::MAX) || d2 > u64::from(u32::MAX) {
            break;
        }
        (n0, d0, n1, d1) = (n1, d1, n2, d2);
        if (n1 as f64 / d1 as f64 - value).abs() <= value * 1e-15 || rest - whole < 1e-12 {
            break;
        }
        rest = 1.0 / (rest - whole);
    }
    if d1 == 0 { (u32::MAX, 1) } else { (n1 as u32, d1 as u32) }
}

/// The bytes of a directory at `offset` with the values behind it; the link to the next one is 0. Also gives where
/// in the file that link is.
pub(crate) fn layout(format: Format, mut fields: Vec<Field>, offset: u64) -> Result<(Vec<u8>, u64)> {
    fields.sort_by_key(|f| f.tag);
    let width = format.offset_size();
    let (lead, each) = if format.big { (8, 20) } else { (2, 12) };
    let mut out = format.uint(fields.len() as u64, lead);
    let link = offset + (lead + fields.len() * each) as u64;
    let mut at = link + width as u64;
    let mut tail = Vec::new();
    for field in &fields {
        out.extend(format.uint(u64::from(field.tag), 2));
        out.extend(format.uint(u64::from(field.kind), 2));
        out.extend(format.uint(field.count, width));
        if field.bytes.len() <= width {
            let mut bytes = field.bytes.clone();
            bytes.resize(width, 0);
            out.extend(bytes);
        } else {
            if at % 2 == 1 {
                tail.push(0);
                at += 1;
            }
            if !format.big && at > u64::from(u32::MAX) {
                return Err(too_large());
            }
            out.extend(format.uint(at, width));
            tail.extend(&field.bytes);
            at += field.bytes.len() as u64;
        }
    }
    out.extend(format.uint(0, width));
    out.extend(tail);
    Ok((out, link))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ifd::{Tiff, Window};

    #[test]
    fn what_is_written_is_read() {
        for endian in [Endian::Little, Endian::Big] {
            for big in [false, true] {
                let format = Format { endian, big };
                let fields = vec![
                    format.text(305, "me"),
                    format.short(258, &[8, 8, 8]),
                    format.rational(282, 300.5),
                    format.offsets(273, &[1000, 2000]).unwrap(),
                ];
                let mut bytes = if endian == Endian::Little { b"II".to_vec() } else { b"MM".to_vec() };
                if big {
                    bytes.extend(
                        [format.uint(43, 2), format.uint(8, 2), format.uint(0, 2), format.uint(16, 8)].concat(),
                    );
                } else {
                    bytes.extend([format.uint(42, 2), format.uint(8, 4)].concat());
                }
                let (ifd, link) = layout(format, fields, bytes.len() as u64).unwrap();
                bytes.extend(ifd);
                assert_eq!(bytes[link as usize], 0);
                let tiff = Tiff::memory(bytes);
                let mut window = Window::default();
                let ifd = tiff.read_ifd(tiff.header.first, &mut window).unwrap();
                let tags: Vec<u16> = ifd.entries.iter().map(|e| e.tag).collect();
                assert_eq!(tags, [258, 273, 282, 305]);
                assert_eq!(tiff.uints(&ifd.entries[0], &mut window).unwrap(), [8, 8, 8]);
                assert_eq!(tiff.uints(&ifd.entries[1], &mut window).unwrap(), [1000, 2000]);
                assert_eq!(tiff.value(&ifd.entries[2], &mut window).unwrap(), Value::Rational(601, 2));
                assert_eq!(tiff.value(&ifd.entries[3], &mut window).unwrap(), Value::Str("me".into()));
            }
        }
    }

    #[test]
    fn fractions() {
        let rows = [
            (72.0, (72, 1)),
            (0.5, (1, 2)),
            (2.54, (127, 50)),
            (0.0, (0, 1)),
            (f64::NAN, (0, 1)),
            (1e300, (u32::MAX, 1)),
        ];
        for (value, expected) in rows {
            assert_eq!(fraction(value), expected, "{value}");
        }
        let (n, d) = fraction(std::f64::consts::PI);
        assert!((f64::from(n) / f64::from(d) - std::f64::consts::PI).abs() < 1e-15);
    }
}
