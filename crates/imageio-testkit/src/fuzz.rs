//! The one loop that fuzz targets, the damage rules and corpus replay share.

use imageio_core::{Error, ErrorKind, Index, Limits, NdImage, PluginDescriptor, ReadOptions, Reader, Registry, Result};

/// Small enough that a fuzzer finds what allocates too much.
pub fn limits() -> Limits {
    Limits::default().max_frame_bytes(64 << 20).max_alloc(256 << 20).max_metadata(16 << 20)
}

/// What came of [`read_any`].
#[derive(Debug)]
pub enum Outcome {
    /// It was refused.
    Refused(Error),
    /// Something was read; where a read failed after opening, the error.
    Read {
        /// The default read.
        first: Result<NdImage>,
        /// `true` if a codec panicked somewhere and core caught it.
        panicked: bool,
    },
}

/// Opens `data` with one plugin and asks it everything: properties, metadata, count, reads. Checks that
/// properties and reads agree.
///
/// # Panics
/// If properties and a successful read disagree: that is a bug whatever the data are.
pub fn read_any(descriptor: &'static PluginDescriptor, data: &[u8]) -> Outcome {
    static EMPTY: Registry = Registry::empty();
    let options = ReadOptions::new().plugin(descriptor).registry(&EMPTY).limits(limits()).exclude_applied(false);
    let mut reader = match Reader::open_with(data, &options) {
        Ok(reader) => reader,
        Err(e) => return Outcome::Refused(e),
    };
    let mut panicked = false;
    let mut note = |e: &Error| panicked |= e.kind() == ErrorKind::Backend;
    let props = reader.properties(Index::Auto);
    let metadata =
        reader.metadata(Index::Auto).and_then(|_| reader.metadata(0)).and_then(|_| reader.metadata(Index::All));
    if let Err(e) = metadata {
        note(&e);
    }
    let count = reader.count();
    let first = reader.read(Index::Auto);
    if let (Ok(props), Ok(image)) = (&props, &first) {
        assert_eq!(props.shape, image.shape(), "properties and read disagree on the shape");
        assert_eq!(props.dtype, image.dtype(), "properties and read disagree on the dtype");
    }
    for e in [props.as_ref().err(), first.as_ref().err(), count.as_ref().err()].into_iter().flatten() {
        note(e);
    }
    if let Ok(Some(n)) = count {
        for k in [n.saturating_sub(1), n / 2] {
            if let Err(e) = reader.read(k) {
                note(&e);
            }
        }
    }
    Outcome::Read { first, panicked }
}
