//! Elements, of which a file consists (RFC 8794), and what they hold.

use std::io::{Read, Seek};

use crate::source::read_at;
use crate::{Doubt, Result};

/// Fills the space of what was removed.
pub(super) const VOID: u32 = 0xec;
/// A checksum of what follows.
pub(super) const CHECKSUM: u32 = 0xbf;

/// Elements in one other that are looked at.
const CHILDREN: usize = 4096;

/// The start of an element in a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub id: u32,
    /// Where its content begins.
    pub start: u64,
    /// Where its content ends.
    pub end: u64,
}

/// A file, and how much of it may still be held in memory.
pub(super) struct File<'s, R> {
    pub source: &'s mut R,
    pub budget: u64,
}

impl<R: Read + Seek> File<'_, R> {
    /// The element at a place, which ends at `end` or before it.
    pub fn head(&mut self, at: u64, end: u64) -> Result<Head> {
        head(self.source, at, end)
    }

    /// The content of an element.
    pub fn load(&mut self, head: &Head) -> Result<Vec<u8>> {
        let length = head.end - head.start;
        self.budget = self.budget.checked_sub(length).ok_or(Doubt("the header takes up too much memory"))?;
        let mut content = vec![0; length as usize];
        read_at(self.source, head.start, &mut content)?;
        Ok(content)
    }
}

/// The element at a place, which ends at `end` or before it.
pub(super) fn head(source: &mut (impl Read + Seek), at: u64, end: u64) -> Result<Head> {
    let mut bytes = [0; 12];
    let there = end.saturating_sub(at).min(12) as usize;
    read_at(source, at, &mut bytes[..there])?;
    let mut rest = &bytes[..there];
    let id = id(&mut rest)?;
    let length = length(&mut rest)?;
    let start = at + (there - rest.len()) as u64;
    let end = start.checked_add(length).filter(|e| *e <= end).ok_or(Doubt("an element ends beyond what holds it"))?;
    Ok(Head { id, start, end })
}

/// The name of an element, with the bits that say how long it is.
fn id(rest: &mut &[u8]) -> Result<u32> {
    let first = *rest.first().ok_or(Doubt("an element ends early"))?;
    let n = first.leading_zeros() as usize + 1;
    let bytes = rest.get(..n).filter(|_| n <= 4).ok_or(Doubt("an element has no name"))?;
    let id = bytes.iter().fold(0, |id, byte| id << 8 | u32::from(*byte));
    *rest = &rest[n..];
    Ok(id)
}

/// The length of an element, which has to be said.
fn length(rest: &mut &[u8]) -> Result<u64> {
    number(rest)?.ok_or(Doubt("the length of an element is not said"))
}

/// A number that says by its first bits how long it is; `None` if all others are set, which means "not known".
pub(super) fn number(rest: &mut &[u8]) -> Result<Option<u64>> {
    let first = *rest.first().ok_or(Doubt("an element ends early"))?;
    let n = first.leading_zeros() as usize + 1;
    let bytes = rest.get(..n).filter(|_| n <= 8).ok_or(Doubt("an element has no length"))?;
    let value = bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)) & ((1 << (7 * n)) - 1);
    *rest = &rest[n..];
    Ok((value != (1 << (7 * n)) - 1).then_some(value))
}

/// The elements in the content of another, in order. Of those that are not named in `many` there may be one.
pub(super) fn children<'b>(content: &'b [u8], many: &[u32]) -> Result<Vec<(u32, &'b [u8])>> {
    let mut rest = content;
    let mut list: Vec<(u32, &[u8])> = Vec::new();
    while !rest.is_empty() {
        let id = id(&mut rest)?;
        let length = usize::try_from(length(&mut rest)?).ok();
        let (inside, tail) = length.and_then(|n| rest.split_at_checked(n)).ok_or(Doubt("an element ends early"))?;
        rest = tail;
        if [VOID, CHECKSUM].contains(&id) {
            continue;
        }
        if list.len() >= CHILDREN {
            return Err(Doubt("an element has very many parts"));
        }
        // Those of which there may be many are not looked for among them.
        if !many.contains(&id) && list.iter().any(|(known, _)| *known == id) {
            return Err(Doubt("an element is there twice"));
        }
        list.push((id, inside));
    }
    Ok(list)
}

/// A whole number.
pub(super) fn whole(content: &[u8]) -> Result<u64> {
    match content.len() {
        1..=8 => Ok(content.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))),
        _ => Err(Doubt("a number has an impossible length")),
    }
}

/// A real number.
pub(super) fn real(content: &[u8]) -> Result<f64> {
    let value = match (content.first_chunk::<4>(), content.first_chunk::<8>(), content.len()) {
        (Some(bytes), _, 4) => f64::from(f32::from_be_bytes(*bytes)),
        (_, Some(bytes), 8) => f64::from_be_bytes(*bytes),
        _ => return Err(Doubt("a number has an impossible length")),
    };
    if value.is_finite() { Ok(value) } else { Err(Doubt("a number is none")) }
}

/// Text, which zeros may follow.
pub(super) fn text(content: &[u8]) -> Result<String> {
    let text = content.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8(text.to_vec()).map_err(|_| Doubt("a text is not in UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let ask = |mut bytes: &[u8]| number(&mut bytes);
        assert_eq!(ask(&[0x81]), Ok(Some(1)));
        assert_eq!(ask(&[0x40, 0x02]), Ok(Some(2)));
        assert_eq!(ask(&[0x01, 0, 0, 0, 0, 0, 0, 9]), Ok(Some(9)));
        assert_eq!((ask(&[0xff]), ask(&[0x7f, 0xff])), (Ok(None), Ok(None)));
        assert!(ask(&[0]).is_err() && ask(&[0x40]).is_err() && ask(&[]).is_err());
        assert_eq!((whole(&[1, 0]), whole(&[]).is_err(), whole(&[0; 9]).is_err()), (Ok(256), true, true));
        assert_eq!(real(&2.5_f32.to_be_bytes()), Ok(2.5));
        assert!(real(&f64::NAN.to_be_bytes()).is_err() && real(&[0; 3]).is_err());
        assert_eq!(text(b"ab\0c"), Ok("ab".to_owned()));
    }

    #[test]
    fn elements() {
        let list = [0xec, 0x81, 0, 0xd7, 0x81, 5, 0xae, 0x80, 0xae, 0x80];
        assert_eq!(children(&list, &[0xae]).unwrap().len(), 3);
        assert!(children(&list, &[]).is_err(), "twice");
        assert!(children(&[0xd7, 0x82, 5], &[]).is_err(), "early");
        assert!(children(&[0xd7, 0xff], &[]).is_err(), "no length");
    }
}
