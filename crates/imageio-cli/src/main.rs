//! The `imageio` program: the six functions of `imageio::v3` for the command line.
//!
//! Results go to standard output and nothing else does; errors, notes and progress go to standard error. The exit
//! status is 0, 1 where something failed, 2 for wrong usage, and 130 after Ctrl-C.

mod args;
mod commands;
mod failure;
mod interrupt;
mod json;
mod npy;
mod place;
#[cfg_attr(not(any(feature = "http", feature = "ffmpeg")), allow(dead_code, reason = "nothing is transferred"))]
mod progress;
mod stats;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Arguments, Command};
use crate::failure::Outcome;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    failure::report_warnings();
    imageio::install();
    failure::exit_code(run(arguments))
}

fn run(arguments: Arguments) -> Outcome<()> {
    interrupt::watch();
    #[cfg(feature = "http")]
    progress::watch_transfers();
    #[cfg(feature = "clipboard")]
    if let Ok(program) = std::env::current_exe() {
        imageio::clipboard::held_by([program.into_os_string(), "hold-clipboard".into()]);
    }
    let outcome = carry_out(arguments.command);
    progress::clear_transfers();
    outcome
}

fn carry_out(command: Command) -> Outcome<()> {
    match command {
        Command::Read(args) => commands::read::run(&args),
        Command::Props(args) => commands::props::run(&args),
        Command::Meta(args) => commands::meta::run(&args),
        Command::Convert(args) => commands::convert::run(&args),
        Command::View(args) => commands::view::run(&args),
        Command::Formats(args) => commands::formats::run(&args),
        #[cfg(feature = "ffmpeg")]
        Command::InstallFfmpeg => commands::install_ffmpeg::run(),
        #[cfg(feature = "clipboard")]
        Command::HoldClipboard => Ok(imageio::clipboard::hold()?),
        Command::Completions { shell } => commands::completions::run(shell),
    }
}
