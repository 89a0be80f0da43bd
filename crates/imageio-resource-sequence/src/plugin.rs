//! The factory of readers and writers.

use imageio_core::{Error, ImageReader, ImageWriter, Plugin, Request, Result};

use crate::listing::{Place, is_picture, split};
use crate::reader::SequenceReader;
use crate::sequence::{Sequence, text_of};
use crate::writer::SequenceWriter;

pub(crate) struct SequencePlugin;

impl Plugin for SequencePlugin {
    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        let Some(names) = request.entries()? else {
            return Err(Error::declined("this is one file, not several"));
        };
        let place = request.name();
        let is_sequence = place.to_ascii_lowercase().starts_with("sequence:");
        let notes = if is_sequence { gaps(text_of(&place), &names) } else { Vec::new() };
        let mut parts = Vec::with_capacity(names.len());
        // A directory that is read through this plugin lists whatever it holds.
        for name in names.into_iter().filter(|name| is_sequence || is_picture(name)) {
            let resource = request.entry(&name)?;
            parts.push((name, resource));
        }
        if parts.is_empty() {
            return Err(Error::new(imageio_core::ErrorKind::NotFound, "there is no picture in it"));
        }
        Ok(Box::new(SequenceReader::new(parts, notes)))
    }

    fn open_writer(&self, request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
        let name = request.name();
        match Sequence::parse(text_of(&name))?.into_place() {
            Place::Numbered(folder, _, numbered) => {
                Ok(Box::new(SequenceWriter::new(folder, numbered, request.atomic())?))
            }
            _ => Err(Error::unsupported("only numbered files can be written as a sequence")),
        }
    }
}

/// Says which numbers of numbered files are missing.
fn gaps(text: &str, names: &[String]) -> Vec<String> {
    let Ok(Place::Numbered(_, _, numbered)) = Sequence::parse(text).map(Sequence::into_place) else {
        return Vec::new();
    };
    let numbers: Vec<u64> = names.iter().filter_map(|name| numbered.number(split(name).1)).collect();
    let gap = |pair: &[u64]| match pair {
        [a, b] if b - a == 2 => Some(format!("number {} is missing", a + 1)),
        [a, b] if b - a > 2 => Some(format!("numbers {} to {} are missing", a + 1, b - 1)),
        _ => None,
    };
    numbers.windows(2).filter_map(gap).collect()
}
