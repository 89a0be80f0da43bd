use std::fmt;

/// When an option takes effect.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// While a resource is opened, for reading or writing.
    Open,
    /// With each read.
    Read,
    /// With each write.
    Write,
}

/// The type of an option's value, for help texts and checks.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OptionKind {
    /// A truth value.
    Bool,
    /// An integer.
    Int,
    /// A real number.
    Float,
    /// Text.
    Str,
    /// One of some words.
    Choice(&'static [&'static str]),
    /// A duration, in milliseconds by name.
    Duration,
    /// A rate, `25`, `23.976` or `24000/1001`.
    Rate,
    /// Raw bytes.
    Bytes,
    /// Several values.
    List(&'static OptionKind),
    /// Anything.
    Any,
}

impl fmt::Display for OptionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OptionKind::Bool => f.write_str("bool"),
            OptionKind::Int => f.write_str("integer"),
            OptionKind::Float => f.write_str("number"),
            OptionKind::Str => f.write_str("text"),
            OptionKind::Choice(words) => f.write_str(&words.join(" | ")),
            OptionKind::Duration => f.write_str("milliseconds"),
            OptionKind::Rate => f.write_str("rate"),
            OptionKind::Bytes => f.write_str("bytes"),
            OptionKind::List(kind) => write!(f, "list of {kind}"),
            OptionKind::Any => f.write_str("any"),
        }
    }
}

/// Everything there is to say about one option, as data.
#[derive(Debug, Clone, Copy)]
pub struct OptionSpec {
    /// The name: lower case, underscores, public for ever.
    pub name: &'static str,
    /// Type of the value.
    pub kind: OptionKind,
    /// When it takes effect.
    pub phase: Phase,
    /// The default in words of Rust, or `None` where the plugin decides.
    pub default: &'static str,
    /// Smallest and largest value, where bounded.
    pub range: Option<(f64, f64)>,
    /// What it does.
    pub doc: &'static str,
    /// Other names it answers to.
    pub aliases: &'static [&'static str],
    /// Why it should not be used any more.
    pub deprecated: Option<&'static str>,
}

impl OptionSpec {
    /// `true` if the option answers to `name`.
    pub fn answers_to(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }
}
