//! `imageio completions`: the script that lets a shell complete our arguments.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use crate::args::Arguments;
use crate::failure::Outcome;

pub fn run(shell: Shell) -> Outcome<()> {
    let mut script = Vec::new();
    generate(shell, &mut Arguments::command(), "imageio", &mut script);
    Ok(io::stdout().lock().write_all(&script)?)
}
