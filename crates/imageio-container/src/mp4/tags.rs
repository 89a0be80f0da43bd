//! Tags: the list of iTunes in `udta/meta/ilst`, and texts of QuickTime in `udta`.

use super::Movie;
use super::boxes::{Bytes, children};
use crate::{Doubt, Result};

pub(super) fn read(content: &[u8], movie: &mut Movie) -> Result<()> {
    // A cover is a picture like any other to some.
    if content.windows(4).any(|word| word == b"covr") {
        return Err(Doubt("there may be a cover"));
    }
    for child in children(content) {
        let (name, content) = child?;
        match &name {
            b"meta" => list(content, movie)?,
            b"free" | b"skip" => {}
            _ if name[0] == 0xa9 => match text(content) {
                Some(text) => movie.tags.push((name, text)),
                None => movie.unread = Some(name),
            },
            _ => movie.unread = Some(name),
        }
    }
    Ok(())
}

/// QuickTime's: length, language, text. Only text without a language, of which there is one.
fn text(content: &[u8]) -> Option<String> {
    let (head, text) = content.split_first_chunk::<4>()?;
    let length = usize::from(u16::from_be_bytes([head[0], head[1]]));
    let undetermined = head[2..] == [0x55, 0xc4];
    (undetermined && length == text.len() && text.is_ascii()).then(|| String::from_utf8(text.to_vec()).ok())?
}

fn list(content: &[u8], movie: &mut Movie) -> Result<()> {
    let mut bytes = Bytes(content);
    // QuickTime's own `meta` has no version.
    if bytes.full()? != (0, 0) {
        movie.unread = Some(*b"meta");
        return Ok(());
    }
    for child in children(bytes.0) {
        let (name, content) = child?;
        match &name {
            b"hdlr" if content.get(8..12) == Some(b"mdir") => {}
            b"free" | b"skip" => {}
            b"ilst" => {
                for child in children(content) {
                    let (name, content) = child?;
                    match value(content) {
                        Some(text) => movie.tags.push((name, text)),
                        None => movie.unread = Some(name),
                    }
                }
            }
            _ => movie.unread = Some(name),
        }
    }
    Ok(())
}

/// The only value of an entry, if it is text in UTF-8.
fn value(content: &[u8]) -> Option<String> {
    let mut children = children(content);
    let (name, content) = children.next()?.ok()?;
    let (head, text) = content.split_first_chunk::<8>()?;
    let plain = &name == b"data" && *head == [0, 0, 0, 1, 0, 0, 0, 0] && children.next().is_none();
    plain.then(|| String::from_utf8(text.to_vec()).ok())?
}
