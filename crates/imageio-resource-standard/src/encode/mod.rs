//! The smallest encoders that write valid files: nothing is compressed, and no codec crate is needed.

mod gif;
mod npy;
mod png;

pub(crate) use self::gif::gif;
pub(crate) use self::npy::npy;
pub(crate) use self::png::{Colour, png};
