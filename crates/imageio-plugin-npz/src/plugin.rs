use imageio_core::{Confidence, Error, ImageReader, ImageWriter, Plugin, Probe, Request, Result};

use crate::options::NpzOpenOptions;
use crate::reader::NpzReader;
use crate::writer::NpzWriter;
use crate::zip::{END, LOCAL, LOCAL_LEN, u16_at};

/// The factory of readers and writers.
pub(crate) struct Npz;

/// `true` if the name of the first file can be seen and ends as arrays do.
fn first_is_array(head: &[u8]) -> bool {
    let name_len = u16_at(head, 26).map(usize::from);
    let name = name_len.and_then(|len| head.get(LOCAL_LEN..LOCAL_LEN + len));
    name.is_some_and(|name| name.ends_with(b".npy"))
}

impl Plugin for Npz {
    /// Any ZIP archive has the signature: only one that begins with an array is surely an NPZ.
    fn probe(&self, input: &Probe<'_>) -> Option<Confidence> {
        let head = input.head();
        let by_name = input.extension() == Some("npz");
        match (head.starts_with(&LOCAL), by_name) {
            (true, _) if first_is_array(head) => Some(Confidence::Parsed),
            (true, true) => Some(Confidence::Weak),
            (false, true) if head.starts_with(&END) => Some(Confidence::Weak),
            _ => Some(Confidence::No),
        }
    }

    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        if !request.head().starts_with(&LOCAL) && !request.head().starts_with(&END) {
            return Err(Error::declined("no ZIP signature at the beginning"));
        }
        let options = NpzOpenOptions::parse(request.options())?;
        Ok(Box::new(NpzReader::open(request, options)?))
    }

    fn open_writer(&self, request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
        Ok(Box::new(NpzWriter::new(request.sink()?)))
    }
}
