//! Tags: the element `Tags` (RFC 9559 section 5.1.8).

use super::Segment;
use super::ebml::{children, text, whole};
use crate::Result;

/// A name and what it stands for, of the whole or of a track.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tag {
    /// The number of the track that it belongs to, as tags count.
    pub track: Option<u64>,
    /// Its name.
    pub name: String,
    /// What it says.
    pub text: String,
}

pub(super) fn read(content: &[u8], segment: &mut Segment) -> Result<()> {
    for (id, content) in children(content, &[0x7373])? {
        if id != 0x7373 || !tag(content, segment)? {
            segment.unread = Some(id);
        }
    }
    Ok(())
}

/// One element `Tag`; `false` if some of it is not understood.
fn tag(content: &[u8], segment: &mut Segment) -> Result<bool> {
    let mut track = None;
    let mut is_clear = true;
    let parts = children(content, &[0x67c8])?;
    for (id, content) in &parts {
        match id {
            0x63c0 => {
                // Several tracks, chapters, attachments, and levels that have a name.
                for (id, content) in children(content, &[0x63c5, 0x63c4, 0x63c6, 0x63c9])? {
                    match id {
                        0x63c5 if track.is_none() => track = Some(whole(content)?).filter(|n| *n > 0),
                        0x68ca => is_clear &= whole(content)? == 50,
                        _ => is_clear = false,
                    }
                }
            }
            0x67c8 => {}
            _ => is_clear = false,
        }
    }
    if !is_clear {
        return Ok(false);
    }
    for (_, content) in parts.iter().filter(|(id, _)| *id == 0x67c8) {
        match simple(content)? {
            Some((name, text)) => segment.tags.push(Tag { track, name, text }),
            None => is_clear = false,
        }
    }
    Ok(is_clear)
}

/// Name and text of an element `SimpleTag`, if it has no language and nothing inside.
fn simple(content: &[u8]) -> Result<Option<(String, String)>> {
    let (mut name, mut said) = (None, None);
    for (id, content) in children(content, &[0x67c8])? {
        match id {
            0x45a3 => name = Some(text(content)?),
            0x4487 => said = Some(text(content)?),
            0x447a if content == b"und" => {}
            0x4484 => {
                whole(content)?;
            }
            _ => return Ok(None),
        }
    }
    Ok(name.filter(|name| !name.is_empty()).zip(said.filter(|said| !said.is_empty())))
}
