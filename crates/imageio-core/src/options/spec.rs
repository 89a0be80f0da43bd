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

    /// The default as options set by name say it: `Filter::Auto` is the word `auto`, `Duration::from_millis(40)` is 40,
    /// an empty list `[]`; `none` where the plugin decides.
    pub fn default_by_name(&self) -> String {
        let text = self.default.trim();
        let text = text.strip_prefix("Some(").and_then(|t| t.strip_suffix(')')).unwrap_or(text);
        let text = text.strip_prefix("Duration::from_millis(").and_then(|t| t.strip_suffix(')')).unwrap_or(text);
        let text = text.trim_end_matches(".to_owned()").trim_end_matches(".into()");
        match text {
            "None" => return "none".into(),
            "Vec::new()" => return "[]".into(),
            "String::new()" => return String::new(),
            _ => {}
        }
        let Some((_, variant)) = text.rsplit_once("::") else { return text.trim_matches('"').to_owned() };
        let plain =
            |word: &str| word.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        let variant = plain(variant);
        // Variants begin with a letter where words may begin with a digit: `S420` is the word `4:2:0`.
        let words = if let OptionKind::Choice(words) = self.kind { words } else { &[] };
        let same = |word: &&&str| plain(word) == variant || variant.get(1..).is_some_and(|rest| rest == plain(word));
        words.iter().find(same).map_or(variant.clone(), |word| (*word).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_in_the_words_that_set_options() {
        let choice = OptionKind::Choice(&["auto", "4:2:0"]);
        let rows = [
            ("None", OptionKind::Int, "none"),
            ("Some(6)", OptionKind::Int, "6"),
            ("Duration::from_millis(40)", OptionKind::Duration, "40"),
            ("Vec::new()", OptionKind::Any, "[]"),
            ("Filter::Auto", choice, "auto"),
            ("Subsampling::S420", choice, "4:2:0"),
            ("Gamma::Off", OptionKind::Any, "off"),
            ("\" \".to_owned()", OptionKind::Str, " "),
            ("false", OptionKind::Bool, "false"),
        ];
        for (rust, kind, ours) in rows {
            let spec = OptionSpec {
                name: "x",
                kind,
                phase: Phase::Read,
                default: rust,
                range: None,
                doc: "",
                aliases: &[],
                deprecated: None,
            };
            assert_eq!(spec.default_by_name(), ours, "{rust}");
        }
    }
}
