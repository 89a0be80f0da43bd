use std::sync::Arc;

use imageio_core::Result;

use crate::facts::{Facts, Samples};

/// A decoder of makers' files. DNG and what else describes its samples in tags is decoded without one.
pub trait Cameras: Send + Sync + 'static {
    /// Its name, for errors.
    fn name(&self) -> &'static str;

    /// Id of the plugin that knows cameras which this one does not, and which is asked for these where it is registered.
    fn next(&self) -> Option<&'static str> {
        None
    }

    /// What the headers of a whole file say; no samples are decoded. An error is any reason for which it can't be read.
    fn facts(&self, file: &Arc<Vec<u8>>) -> Result<Facts>;

    /// The samples: as many and of the kind that [`facts`](Self::facts) told.
    fn samples(&self, file: &Arc<Vec<u8>>) -> Result<Samples>;
}
