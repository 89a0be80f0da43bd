#![doc = include_str!("../README.md")]

pub mod avi;
mod bits;
mod codec;
mod doubt;
pub mod matroska;
mod mp4;
mod source;

pub use self::codec::{Coded, Colour, Sampling, av1, ffv1, h264, hevc, mjpeg, mpeg4, vp8, vp9};
pub use self::doubt::{Doubt, Result};
pub use self::mp4::{Edit, Entry, Movie, Sample, Sound, Track, audio as mpeg4_audio, read as read_mp4};
