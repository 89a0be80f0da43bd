//! From words of the command line to resources and targets.

use std::ffi::OsStr;
use std::io::{self, IsTerminal};
use std::path::Path;

use imageio::{IntoTarget, Limits, ReadOptions, Reader, Stdin, Stdout, Target};

use crate::args::How;
use crate::failure::{Failure, Outcome};
use crate::interrupt;

/// `true` for `-`, which stands for standard input or output.
pub fn is_dash(file: &OsStr) -> bool {
    file == "-"
}

/// The options of a read, as the command line gives them.
pub fn read_options(how: &How) -> ReadOptions {
    let mut options = ReadOptions::new().index(how.index).cancel(interrupt::flag());
    if let Some(plugin) = &how.plugin {
        options = options.plugin(plugin.clone());
    }
    if let Some(extension) = &how.extension {
        options = options.extension(extension);
    }
    if how.no_limits {
        options = options.limits(Limits::none());
    }
    for (name, value) in &how.option {
        options = options.set(name.clone(), value.clone());
    }
    options
}

/// Opens what the command line names for reading.
pub fn open(file: &OsStr, options: &ReadOptions) -> Outcome<Reader<'static>> {
    if is_dash(file) {
        if io::stdin().is_terminal() {
            return Err(Failure::Usage("standard input is a terminal; pipe an image into it".into()));
        }
        return Ok(Reader::open_with(Stdin, options)?);
    }
    Ok(match file.to_str() {
        // Texts may be URIs; what is no text can only be a path.
        Some(text) => Reader::open_with(text, options)?,
        None => Reader::open_with(Path::new(file), options)?,
    })
}

/// The target that the command line names.
pub fn target(file: &OsStr) -> Outcome<Target<'static>> {
    if is_dash(file) {
        if io::stdout().is_terminal() {
            return Err(Failure::Usage("standard output is a terminal; send it to a file or a pipe".into()));
        }
        return Ok(Stdout.into_target()?);
    }
    Ok(match file.to_str() {
        Some(text) => text.into_target()?,
        None => Path::new(file).into_target()?,
    })
}
