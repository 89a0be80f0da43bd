//! `imageio install-ffmpeg`: puts ffmpeg where reading and writing find it.

use std::io::{self, Write};

use imageio::ffmpeg;

use crate::failure::Outcome;
use crate::progress::ByteBar;

pub fn run() -> Outcome<()> {
    let bar = ByteBar::new();
    let path = ffmpeg::install_ffmpeg(&|progress| bar.at(progress.done, progress.total))?;
    drop(bar);
    writeln!(io::stdout().lock(), "{}", path.display())?;
    Ok(())
}
