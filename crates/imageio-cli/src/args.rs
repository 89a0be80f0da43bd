//! What the command line accepts.

use std::ffi::{OsStr, OsString};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use imageio::{Dtype, Index, Value};

/// Reads, converts, shows and describes images of every kind.
#[derive(Debug, Parser)]
#[command(name = "imageio", version, disable_help_subcommand = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read an image and say what it holds: shape, dtype, extremes, mean and checksum
    Read(Read),
    /// Say what a read would give, without decoding pixels
    Props(Props),
    /// Print the metadata: EXIF, text, colour profile, durations and whatever else the file says
    Meta(Meta),
    /// Write images in another format, or the same one anew
    Convert(Box<Convert>),
    /// Show the picture in the terminal; of several images, a contact sheet
    View(View),
    /// List what this program reads and writes, and every option
    Formats(Formats),
    /// Download ffmpeg, which reads and writes video, into your folder for imageio's data
    #[cfg(feature = "ffmpeg")]
    InstallFfmpeg,
    /// What the program starts to hold what it wrote to the clipboard
    #[cfg(feature = "clipboard")]
    #[command(hide = true)]
    HoldClipboard,
    /// Print the completion script of a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// What is read, and how.
#[derive(Debug, Args)]
pub struct Input {
    /// File, URI, or `-` for standard input
    #[arg(value_name = "FILE")]
    pub file: OsString,
    #[command(flatten)]
    pub how: How,
}

/// How it is read.
#[derive(Debug, Args)]
pub struct How {
    /// Which image: 0, 1, …; -1 is the last, `all` stacks every one. The format's own default unless said
    #[arg(
        long,
        short,
        value_name = "K",
        allow_hyphen_values = true,
        default_value = "auto",
        hide_default_value = true
    )]
    pub index: Index,
    /// Plugin to read with, whatever the content says
    #[arg(long, short, value_name = "ID")]
    pub plugin: Option<String>,
    /// Treat the input as if its name had this extension
    #[arg(long, short, value_name = ".EXT")]
    pub extension: Option<String>,
    /// Option for reading; may be repeated (see `imageio formats ID`)
    #[arg(long = "option", short, value_name = "KEY=VALUE", value_parser = key_value)]
    pub option: Vec<(String, Value)>,
    /// Lift the bounds on memory, for files whose origin is trusted
    #[arg(long)]
    pub no_limits: bool,
}

#[derive(Debug, Args)]
pub struct Read {
    #[command(flatten)]
    pub input: Input,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Write the array to this .npy file
    #[arg(long, value_name = "FILE.npy")]
    pub out: Option<OsString>,
}

#[derive(Debug, Args)]
pub struct Props {
    #[command(flatten)]
    pub input: Input,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Meta {
    #[command(flatten)]
    pub input: Input,
    /// Include what was applied to the pixels already, such as palettes
    #[arg(long)]
    pub all: bool,
    /// Print one JSON object; bytes are in base64
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Convert {
    /// File, URI, or `-` for standard input
    #[arg(value_name = "IN")]
    pub from: OsString,
    /// File, URI, or `-` for standard output, whose format --extension names
    #[arg(value_name = "OUT")]
    pub to: OsString,
    #[command(flatten)]
    pub how: How,
    /// Option for writing; may be repeated
    #[arg(long = "write-option", short, value_name = "KEY=VALUE", value_parser = key_value)]
    pub write_option: Vec<(String, Value)>,
    /// Plugin to write with, whatever the extension says
    #[arg(long, value_name = "ID")]
    pub out_plugin: Option<String>,
    /// Write as if the output's name had this extension
    #[arg(long, value_name = ".EXT")]
    pub out_extension: Option<String>,
    /// Convert the elements to this type
    #[arg(long, value_parser = Dtypes)]
    pub dtype: Option<Dtype>,
    /// What becomes of values when --dtype changes their type
    #[arg(long, value_enum, default_value_t = Fit::Scale, requires = "dtype")]
    pub fit: Fit,
    /// Leave the metadata behind
    #[arg(long)]
    pub no_metadata: bool,
    /// Tell everything that the output has no place for
    #[arg(long, short)]
    pub verbose: bool,
    /// Flush to the disk, so that the result survives a power failure
    #[arg(long)]
    pub durable: bool,
}

/// What becomes of values in a conversion of their type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Fit {
    /// Full range to full range: 0 to 255 becomes 0 to 65535 becomes 0.0 to 1.0
    Scale,
    /// Keep the numbers, round, and clip what is out of range
    Clip,
    /// Keep the numbers; one that has no exact place is an error
    Exact,
}

#[derive(Debug, Args)]
pub struct View {
    #[command(flatten)]
    pub input: Input,
    /// Columns to use; as many as the terminal has unless said
    #[arg(long, short, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(1..=2000))]
    pub width: Option<u16>,
    /// Letters instead of colours; so also if NO_COLOR is set
    #[arg(long)]
    pub no_color: bool,
}

#[derive(Debug, Args)]
pub struct Formats {
    /// One plugin with all its options
    #[arg(value_name = "ID")]
    pub plugin: Option<String>,
    /// Print JSON, with all options
    #[arg(long)]
    pub json: bool,
}

fn key_value(text: &str) -> Result<(String, Value), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), Value::parse(value))),
        _ => Err(format!("`{text}` is not of the form KEY=VALUE")),
    }
}

/// Takes every way to name a dtype, and offers one for each to whoever completes or asks for help.
#[derive(Debug, Clone)]
struct Dtypes;

impl TypedValueParser for Dtypes {
    type Value = Dtype;

    fn parse_ref(&self, command: &clap::Command, arg: Option<&clap::Arg>, text: &OsStr) -> Result<Dtype, clap::Error> {
        match text.to_str().and_then(Dtype::from_name) {
            Some(dtype) => Ok(dtype),
            // The words of an error, with the nearest name, are this parser's.
            None => {
                let names = PossibleValuesParser::new(Dtype::ALL.map(|d| d.name()));
                names.parse_ref(command, arg, text).and(Err(clap::Error::new(ErrorKind::InvalidValue)))
            }
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Dtype::ALL.iter().map(|d| PossibleValue::new(d.name()))))
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_holds_together() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn dtypes_by_any_name() {
        let parse = |name: &str| Arguments::try_parse_from(["imageio", "convert", "a", "b", "--dtype", name]);
        for name in ["uint8", "float32", "bool"] {
            assert!(parse(name).is_ok(), "{name}");
        }
        let e = parse("unit16").unwrap_err().to_string();
        assert!(e.contains("'uint16'") && e.contains("complex128"), "{e}");
    }

    #[test]
    fn options_have_a_name_and_a_value() {
        assert_eq!(key_value("quality=90"), Ok(("quality".into(), Value::Int(90))));
        assert_eq!(key_value("text=a=b"), Ok(("text".into(), Value::Str("a=b".into()))));
        assert!(key_value("quality").is_err());
        assert!(key_value("=3").is_err());
    }
}
