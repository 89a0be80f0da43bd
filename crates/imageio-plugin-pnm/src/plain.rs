//! Pictures whose samples are written as text.

use imageio_core::{Error, Result};
use imageio_raster::ByteSource;

fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0B
}

fn skip_comment(source: &mut ByteSource<'_>) -> Result<()> {
    while let Some(byte) = source.next_or_end()? {
        if matches!(byte, b'\n' | b'\r') {
            break;
        }
    }
    Ok(())
}

/// One digit a pixel, with or without white space between; 1 is black.
pub(crate) fn bits(source: &mut ByteSource<'_>, out: &mut [bool]) -> Result<()> {
    for white in out {
        loop {
            match source.byte()? {
                b'0' => *white = true,
                b'1' => *white = false,
                b'#' => {
                    skip_comment(source)?;
                    continue;
                }
                byte if is_space(byte) => continue,
                byte => return Err(unexpected(byte, source)),
            }
            break;
        }
    }
    Ok(())
}

/// Decimal numbers up to `maxval`, each made an element by `value`.
pub(crate) fn numbers<T>(
    source: &mut ByteSource<'_>,
    out: &mut [T],
    maxval: u16,
    value: impl Fn(u16) -> T,
) -> Result<()> {
    for to in out {
        let mut number: Option<u32> = None;
        loop {
            match source.next_or_end()? {
                Some(byte @ b'0'..=b'9') => {
                    let so_far = number.unwrap_or(0) * 10 + u32::from(byte - b'0');
                    if so_far > u32::from(maxval) {
                        let message = format!("a sample larger than the maximum of {maxval}");
                        return Err(Error::malformed(message).with("offset", source.offset() - 1));
                    }
                    number = Some(so_far);
                }
                Some(b'#') => {
                    skip_comment(source)?;
                    if number.is_some() {
                        break;
                    }
                }
                Some(byte) if is_space(byte) => {
                    if number.is_some() {
                        break;
                    }
                }
                Some(byte) => return Err(unexpected(byte, source)),
                None if number.is_some() => break,
                None => return Err(source.early_end()),
            }
        }
        *to = value(number.unwrap_or(0) as u16);
    }
    Ok(())
}

fn unexpected(byte: u8, source: &ByteSource<'_>) -> Error {
    Error::malformed(format!("`{}` among the samples", byte.escape_ascii())).with("offset", source.offset() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_comments() {
        let mut stream = &b" 0 12# twelve\n255\r\n7"[..];
        let mut out = [0; 4];
        numbers(&mut ByteSource::new(&mut stream, 0), &mut out, 255, |v| v).unwrap();
        assert_eq!(out, [0, 12, 255, 7]);
        let mut stream = &b"01 1\n#x\n0"[..];
        let mut out = [false; 4];
        bits(&mut ByteSource::new(&mut stream, 0), &mut out).unwrap();
        assert_eq!(out, [true, false, false, true]);
    }

    #[test]
    fn refusals() {
        for text in [&b"1 2"[..], b"1 2 x", b"1 2 -3", b"1 2 256"] {
            let mut stream = text;
            let mut out = [0; 3];
            assert!(numbers(&mut ByteSource::new(&mut stream, 0), &mut out, 255, |v| v).is_err());
        }
    }
}
