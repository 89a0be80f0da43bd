//! The one error type: a kind to branch on, a message for people, context as pairs, and the source.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt::{self, Display};
use std::io;

use crate::select::SelectionReport;

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a caller may branch on. A kind exists only where a caller would act differently.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The file, member or object does not exist.
    NotFound,
    /// No plugin recognises the content or the extension.
    Unrecognized,
    /// A plugin for this exists, but is not part of this build.
    PluginMissing,
    /// "Not mine": legal from `open_reader` and `open_writer` only; selection goes on to the next plugin.
    Declined,
    /// The plugin has no option of that name.
    UnknownOption,
    /// The option exists, its value does not fit.
    InvalidOption,
    /// The bytes break their format's rules or end early.
    Malformed,
    /// Valid, but beyond what the plugin can do.
    Unsupported,
    /// A limit of [`Limits`](crate::Limits) would be exceeded.
    LimitExceeded,
    /// There is no image at that index; the message carries the count where it is known.
    IndexOutOfRange,
    /// Shape or dtype do not fit the place they are meant for.
    Mismatch,
    /// The target can't be written.
    ReadOnly,
    /// The operating system or a remote end failed.
    Io,
    /// The caller asked for it to stop.
    Cancelled,
    /// The plugin or its codec broke its own promise (a caught panic, for example).
    Backend,
}

impl ErrorKind {
    /// The kind in words, as error messages begin.
    pub fn describe(self) -> &'static str {
        match self {
            ErrorKind::NotFound => "not found",
            ErrorKind::Unrecognized => "format not recognised",
            ErrorKind::PluginMissing => "plugin missing",
            ErrorKind::Declined => "declined",
            ErrorKind::UnknownOption => "unknown option",
            ErrorKind::InvalidOption => "invalid option",
            ErrorKind::Malformed => "malformed",
            ErrorKind::Unsupported => "unsupported",
            ErrorKind::LimitExceeded => "limit exceeded",
            ErrorKind::IndexOutOfRange => "index out of range",
            ErrorKind::Mismatch => "mismatch",
            ErrorKind::ReadOnly => "read-only",
            ErrorKind::Io => "input/output error",
            ErrorKind::Cancelled => "cancelled",
            ErrorKind::Backend => "backend failure",
        }
    }
}

impl Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.describe())
    }
}

/// Everything that can go wrong, as a report: what was asked, who tried, why not, what would help.
///
/// Branch on [`kind`](Error::kind); the text is for people and may change.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(Box<Inner>);

#[derive(Debug, thiserror::Error)]
struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    context: Vec<(&'static str, String)>,
    hint: Option<String>,
    #[source]
    source: Option<Box<dyn StdError + Send + Sync>>,
    report: Option<SelectionReport>,
    count: Option<usize>,
}

impl Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)?;
        for (i, (key, value)) in self.context.iter().enumerate() {
            let lead = if i == 0 { " (" } else { ", " };
            write!(f, "{lead}{key}: {value}")?;
        }
        if !self.context.is_empty() {
            f.write_str(")")?;
        }
        if let Some(report) = &self.report
            && !report.is_empty()
        {
            write!(f, "; {report}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "; {hint}")?;
        }
        Ok(())
    }
}

impl Error {
    /// A new error of `kind`; `message` is one clause without a full stop.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self::build(kind, message.into())
    }

    // Errors are made in thousands of places: what does not depend on types is compiled once, out of their way.
    #[cold]
    fn build(kind: ErrorKind, message: Cow<'static, str>) -> Self {
        Error(Box::new(Inner {
            kind,
            message,
            context: Vec::new(),
            hint: None,
            source: None,
            report: None,
            count: None,
        }))
    }

    /// Shorthand for [`ErrorKind::Malformed`].
    pub fn malformed(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Malformed, message)
    }

    /// Shorthand for [`ErrorKind::Unsupported`].
    pub fn unsupported(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Unsupported, message)
    }

    /// Shorthand for [`ErrorKind::Declined`].
    pub fn declined(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Declined, message)
    }

    /// Shorthand for [`ErrorKind::LimitExceeded`].
    pub fn limit(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::LimitExceeded, message)
    }

    /// Shorthand for [`ErrorKind::Mismatch`].
    pub fn mismatch(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Mismatch, message)
    }

    /// The one error for an index past the end; carries the count where it is known.
    pub fn index_out_of_range(index: usize, count: Option<usize>) -> Self {
        let message = match count {
            Some(0) => format!("there is no image {index}: the resource holds none"),
            Some(1) => format!("there is no image {index}: the resource holds 1 image (index 0)"),
            Some(n) => format!("there is no image {index}: the resource holds {n} images (0 to {})", n - 1),
            None => format!("there is no image {index}"),
        };
        Self::out_of_range(message, count)
    }

    /// As [`index_out_of_range`](Self::index_out_of_range), for a position that counts from the end.
    pub(crate) fn index_before_start(back: usize, count: usize) -> Self {
        let message = match count {
            0 => format!("there is no image -{back}: the resource holds none"),
            1 => format!("there is no image -{back}: the resource holds 1 image (index -1)"),
            n => format!("there is no image -{back}: the resource holds {n} images (-{n} to -1)"),
        };
        Self::out_of_range(message, Some(count))
    }

    fn out_of_range(message: String, count: Option<usize>) -> Self {
        let mut e = Self::new(ErrorKind::IndexOutOfRange, message);
        e.0.count = count;
        e
    }

    /// What a caller branches on.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The message alone, without kind and context.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Context pairs (`plugin`, `resource`, `index`, `offset` …) in the order they were added.
    pub fn context(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.context.iter().map(|(k, v)| (*k, v.as_str()))
    }

    /// The value of one context key.
    pub fn context_value(&self, key: &str) -> Option<&str> {
        self.context().find(|(k, _)| *k == key).map(|(_, v)| v)
    }

    /// How many images there are, if this is [`ErrorKind::IndexOutOfRange`] and the number is known.
    pub fn count(&self) -> Option<usize> {
        self.0.count
    }

    /// What would help, where something is known to.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// Which plugins were asked and why they did not answer.
    pub fn report(&self) -> Option<&SelectionReport> {
        self.0.report.as_ref()
    }

    /// Adds a context pair; the first value given for a key stays, since it is nearest to the cause.
    #[must_use]
    pub fn with(self, key: &'static str, value: impl Display) -> Self {
        self.with_pair(key, &value)
    }

    #[cold]
    fn with_pair(mut self, key: &'static str, value: &dyn Display) -> Self {
        if !self.0.context.iter().any(|(k, _)| *k == key) {
            self.0.context.push((key, value.to_string()));
        }
        self
    }

    /// Adds the underlying error.
    #[must_use]
    pub fn with_source(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.with_boxed(source.into())
    }

    #[cold]
    fn with_boxed(mut self, source: Box<dyn StdError + Send + Sync>) -> Self {
        self.0.source = Some(source);
        self
    }

    /// Adds advice; the first hint given stays.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        self.with_advice(hint.into())
    }

    #[cold]
    fn with_advice(mut self, hint: String) -> Self {
        self.0.hint.get_or_insert(hint);
        self
    }

    /// Adds advice to what there is.
    #[cold]
    pub(crate) fn with_more_advice(mut self, more: String) -> Self {
        self.0.hint = Some(match self.0.hint.take() {
            Some(hint) => format!("{hint}; {more}"),
            None => more,
        });
        self
    }

    /// The same error under another kind.
    #[must_use]
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// Attaches the report of a selection.
    #[must_use]
    pub fn with_report(mut self, report: SelectionReport) -> Self {
        self.0.report.get_or_insert(report);
        self
    }
}

impl From<io::Error> for Error {
    /// Takes out an [`Error`] that travelled inside an [`io::Error`]; otherwise maps the kind: an early end
    /// and invalid data are [`Malformed`](ErrorKind::Malformed), the rest is what the system said.
    fn from(e: io::Error) -> Self {
        if e.get_ref().is_some_and(|inner| inner.is::<Error>()) {
            if let Some(Ok(inner)) = e.into_inner().map(|inner| inner.downcast::<Error>()) {
                return *inner;
            }
            return Error::new(ErrorKind::Io, "unknown input/output error");
        }
        let (kind, message) = match e.kind() {
            io::ErrorKind::NotFound => (ErrorKind::NotFound, "no such file or directory".into()),
            io::ErrorKind::UnexpectedEof => (ErrorKind::Malformed, "the data end early".into()),
            io::ErrorKind::InvalidData => (ErrorKind::Malformed, e.to_string()),
            io::ErrorKind::ReadOnlyFilesystem => (ErrorKind::ReadOnly, e.to_string()),
            io::ErrorKind::OutOfMemory => (ErrorKind::LimitExceeded, e.to_string()),
            _ => (ErrorKind::Io, e.to_string()),
        };
        Error::new(kind, message).with_source(e)
    }
}

impl From<Error> for io::Error {
    fn from(e: Error) -> Self {
        let kind = match e.kind() {
            ErrorKind::NotFound => io::ErrorKind::NotFound,
            ErrorKind::Malformed => io::ErrorKind::InvalidData,
            _ => io::ErrorKind::Other,
        };
        io::Error::new(kind, e)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_one_line() {
        let e = Error::malformed("chunk length exceeds the file")
            .with("plugin", "png")
            .with("resource", "a.png")
            .with("plugin", "later")
            .with_hint("try another file");
        assert_eq!(
            e.to_string(),
            "malformed: chunk length exceeds the file (plugin: png, resource: a.png); try another file"
        );
        assert_eq!(e.context_value("plugin"), Some("png"));
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn survives_a_trip_through_io() {
        let io: io::Error = Error::unsupported("arithmetic coding").with("offset", 12).into();
        let back = Error::from(io);
        assert_eq!((back.kind(), back.context_value("offset")), (ErrorKind::Unsupported, Some("12")));
    }

    #[test]
    fn out_of_range_carries_the_count() {
        assert!(Error::index_out_of_range(7, Some(3)).to_string().contains("3 images (0 to 2)"));
    }
}
