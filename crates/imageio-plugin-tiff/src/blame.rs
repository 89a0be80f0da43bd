//! Where in a file something is wrong, in the same words in every error: `page` (its number in the chain), `ifd` (the
//! offset of its directory), `tag` (name and number), `chunk` (which strip or tile) and `offset` (of what is wrong).

use imageio_core::Error;

use crate::ifd::Ifd;
use crate::tags;

/// Adds what is known of the place to an error; what is nearest to the cause stays.
pub(crate) trait Blame: Sized {
    /// The tag that says what is wrong.
    fn tag(self, number: u16) -> Self;
    /// The offset of a directory.
    fn ifd(self, offset: u64) -> Self;
    /// The offset of a value, a strip or a tile.
    fn at(self, offset: u64) -> Self;
}

impl Blame for Error {
    fn tag(self, number: u16) -> Self {
        self.with("tag", label(number))
    }

    fn ifd(self, offset: u64) -> Self {
        self.with("ifd", offset)
    }

    fn at(self, offset: u64) -> Self {
        self.with("offset", offset)
    }
}

impl Ifd {
    /// Adds this directory to an error and, where the error names a tag, the offset of its entry.
    pub fn blame(&self, error: Error) -> Error {
        let number = error.context_value("tag").and_then(|tag| {
            let number = tag.rsplit('(').next().unwrap_or(tag).trim_end_matches(')');
            number.parse::<u16>().ok()
        });
        let error = match number.and_then(|number| self.entry(number)) {
            Some(entry) => error.at(entry.at),
            None => error,
        };
        error.ifd(self.offset).at(self.offset)
    }
}

/// A tag as errors name it, such as `StripOffsets (273)`.
pub(crate) fn label(number: u16) -> String {
    match tags::name(number) {
        Some(name) => format!("{name} ({number})"),
        None => number.to_string(),
    }
}

/// The directory that an error names.
pub(crate) fn named_ifd(error: &Error) -> Option<u64> {
    error.context_value("ifd")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ifd::Entry;

    #[test]
    fn the_place_nearest_to_the_cause_stays() {
        let entry = Entry { tag: 259, kind: 3, count: 1, field: [0; 8], at: 34 };
        let ifd = Ifd { offset: 8, entries: vec![entry], next: 0 };
        let said = |e: Error| ifd.blame(e).to_string();
        assert!(said(Error::malformed("x").tag(259)).ends_with("x (tag: Compression (259), offset: 34, ifd: 8)"));
        assert!(said(Error::malformed("x").tag(65_000)).ends_with("x (tag: 65000, ifd: 8, offset: 8)"));
        assert!(said(Error::malformed("x").tag(259).at(3).ifd(5)).ends_with("offset: 3, ifd: 5)"));
        assert_eq!(named_ifd(&ifd.blame(Error::malformed("x"))), Some(8));
    }
}
