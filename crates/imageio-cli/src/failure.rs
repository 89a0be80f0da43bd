//! How the program says that something went wrong: a line, a hint, an exit status.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};

use imageio::{Error, ErrorKind};
use log::{Level, LevelFilter, Log, Metadata, Record};

pub type Outcome<T> = Result<T, Failure>;

/// Why the program ends early.
#[derive(Debug)]
pub enum Failure {
    /// What a call answered: status 1.
    Failed(Error),
    /// Arguments that make no sense together: status 2.
    Usage(String),
    /// Nobody reads our output any more, which is no error: status 0.
    Unread,
    /// Stopped by a signal: status 130, as shells have it.
    Interrupted,
}

impl From<Error> for Failure {
    fn from(e: Error) -> Self {
        match e.kind() {
            ErrorKind::Cancelled => Failure::Interrupted,
            ErrorKind::Io if e.context_value("resource") == Some("<stdout>") && is_broken_pipe(&e) => Failure::Unread,
            _ => Failure::Failed(e),
        }
    }
}

fn is_broken_pipe(e: &Error) -> bool {
    let io = std::error::Error::source(e).and_then(|source| source.downcast_ref::<io::Error>());
    io.is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}

/// Errors of our own output; those of files come as [`Error`].
impl From<io::Error> for Failure {
    fn from(e: io::Error) -> Self {
        match e.kind() {
            io::ErrorKind::BrokenPipe => Failure::Unread,
            _ => Error::from(e).with("resource", "<stdout>").into(),
        }
    }
}

/// Prints what there is to say, and gives the status.
pub fn exit_code(outcome: Outcome<()>) -> ExitCode {
    match outcome {
        Ok(()) | Err(Failure::Unread) => ExitCode::SUCCESS,
        Err(Failure::Failed(e)) => {
            complain(&describe(&e));
            if let Some(hint) = e.hint() {
                say(&format!("hint: {}", for_the_command_line(&one_line(hint))));
            }
            ExitCode::from(1)
        }
        Err(Failure::Usage(message)) => {
            complain(&message);
            say("hint: see `imageio --help`");
            ExitCode::from(2)
        }
        Err(Failure::Interrupted) => ExitCode::from(130),
    }
}

/// One line on standard error under the program's name.
pub fn complain(message: &str) {
    say(&format!("imageio: {}", one_line(message)));
}

/// Something worth telling that is no error; what a warning said already is not said again.
pub fn note(message: &str) {
    let line = one_line(message);
    if !warned().contains(&line) {
        say(&format!("note: {line}"));
    }
}

/// The warnings given so far.
fn warned() -> MutexGuard<'static, Vec<String>> {
    static WARNED: Mutex<Vec<String>> = Mutex::new(Vec::new());
    WARNED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn say(line: &str) {
    // Nobody is left to be told if standard error is gone.
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// The error without its hint, which gets a line of its own.
fn describe(e: &Error) -> String {
    let resource = match e.context_value("resource") {
        Some(name) => format!("{name}: "),
        None => String::new(),
    };
    let context: Vec<String> =
        e.context().filter(|(key, _)| *key != "resource").map(|(key, value)| format!("{key}: {value}")).collect();
    let context = if context.is_empty() { String::new() } else { format!(" ({})", context.join(", ")) };
    let report = e.report().filter(|r| !r.is_empty()).map_or_else(String::new, |report| format!("; {report}"));
    // Some messages begin with the words of their kind.
    let kind = if e.message().starts_with(e.kind().describe()) { String::new() } else { format!("{}: ", e.kind()) };
    format!("{resource}{kind}{}{context}{report}", e.message())
}

/// Hints speak of the library; here its options have other names.
fn for_the_command_line(hint: &str) -> String {
    let names = [
        ("ReadOptions::plugin", "--plugin"),
        ("ReadOptions::extension", "--extension"),
        ("WriteOptions::extension", "--out-extension"),
        ("NdImage::cast", "--dtype"),
        ("Cast::Scale", "--fit scale"),
        ("Cast::Clip", "--fit clip"),
        ("Cast::Exact", "--fit exact"),
        ("Batch(&array), or option `is_batch`", "`-w is_batch=true`"),
        ("Batch(&array)", "`-w is_batch=true`"),
        (" (permuted_axes)", ""),
        ("imiter or an index", "--index"),
        ("imiter", "--index"),
        ("HttpResource::new(url)?.put() as the target sends a PUT", "write to a file, and send that: curl -T file URL"),
        (" or with HttpResource::basic_auth or bearer_auth", ""),
        ("by HttpResource::ca_file or the environment", "by the environment"),
        ("HttpResource::max_size sets another limit", "fetch it with another program, and read the file"),
        (", or know no program of this name: HttpResource::user_agent", ", or let no programs in"),
    ];
    let mut hint = names.iter().fold(hint.to_owned(), |hint, (library, ours)| hint.replace(library, ours));
    if let Some(at) = hint.find("raise Limits::") {
        let end = hint[at + 14..].find(' ').map_or(hint.len(), |n| at + 14 + n);
        hint.replace_range(at..end, "use --no-limits");
    }
    hint
}

/// What a file says must neither break the line nor steer the terminal.
fn one_line(text: &str) -> String {
    let lines = text.split('\n').map(str::trim).filter(|line| !line.is_empty());
    printable(&lines.collect::<Vec<_>>().join(" "))
}

/// Control characters as escapes, so that text out of a file can't steer the terminal.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

struct Warnings;

impl Log for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // What codecs have to say to their authors is of no use here.
        metadata.level() <= Level::Warn && metadata.target().starts_with("imageio")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let line = one_line(&record.args().to_string());
            say(&format!("warning: {line}"));
            warned().push(line);
        }
    }

    fn flush(&self) {}
}

/// Sends warnings of the library to standard error.
pub fn report_warnings() {
    if log::set_logger(&Warnings).is_ok() {
        log::set_max_level(LevelFilter::Warn);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_without_its_hint() {
        let e = Error::malformed("bad\nchunk \x1b[31m").with("resource", "a.png").with("plugin", "png").with_hint("x");
        assert_eq!(one_line(&describe(&e)), "a.png: malformed: bad chunk \\u{1b}[31m (plugin: png)");
    }

    #[test]
    fn a_kind_is_said_once() {
        let e = Error::new(ErrorKind::UnknownOption, "unknown option `x`").with("resource", "<stdin>");
        assert_eq!(describe(&e), "<stdin>: unknown option `x`");
    }

    #[test]
    fn hints_name_our_options() {
        let rows = [
            ("raise Limits::max_alloc if the file is trusted", "use --no-limits if the file is trusted"),
            ("it writes uint8: convert with NdImage::cast", "it writes uint8: convert with --dtype"),
            ("`Cast::Scale` takes 0 to 1 to", "`--fit scale` takes 0 to 1 to"),
            ("written with Batch(&array), or option `is_batch`", "written with `-w is_batch=true`"),
        ];
        for (library, ours) in rows {
            assert_eq!(for_the_command_line(library), ours);
        }
    }
}
