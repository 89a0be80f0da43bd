//! The program as its users run it: output, exit status, and what is left on the disk.
#![cfg(all(
    feature = "standard",
    any(feature = "default-formats", all(feature = "png", feature = "bmp", feature = "npy"))
))]
// Tests state what they expect; a panic is the report.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod convert;
mod describe;
#[cfg(unix)]
mod interrupt;
#[cfg(feature = "default")]
mod places;
mod read;
mod run;
mod view;
