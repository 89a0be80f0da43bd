#![doc = include_str!("../README.md")]

mod bits;
mod codec;
mod doubt;
mod mp4;

pub use self::codec::{Coded, Colour, Sampling, av1, h264, hevc, vp9};
pub use self::doubt::{Doubt, Result};
pub use self::mp4::{Edit, Entry, Movie, Sample, Sound, Track, read as read_mp4};
