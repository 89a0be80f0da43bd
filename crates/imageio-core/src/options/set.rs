use std::borrow::Cow;

use super::{OptionSpec, OptionValue, Phase};
use crate::error::{Error, ErrorKind, Result};
use crate::value::Value;

/// Options by name, in the order they were set.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    entries: Vec<(Cow<'static, str>, Value)>,
}

impl Options {
    /// No option set.
    pub const fn new() -> Self {
        Options { entries: Vec::new() }
    }

    /// Sets an option; a later value replaces an earlier one.
    #[must_use]
    pub fn set(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Self {
        self.insert(name, value);
        self
    }

    /// As [`set`](Self::set), in place.
    pub fn insert(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) {
        let (name, value) = (name.into(), value.into());
        match self.entries.iter_mut().find(|(n, _)| *n == name) {
            Some(entry) => entry.1 = value,
            None => self.entries.push((name, value)),
        }
    }

    /// Takes over every option of `other`, which wins where names meet.
    #[must_use]
    pub fn with(mut self, other: impl Into<Options>) -> Self {
        for (name, value) in other.into().entries {
            self.insert(name, value);
        }
        self
    }

    /// The value set under exactly this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.entries.iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    /// The value set for an option under its name or an alias.
    pub fn find(&self, spec: &OptionSpec) -> Option<&Value> {
        self.entries.iter().find(|(n, _)| spec.answers_to(n)).map(|(_, v)| v)
    }

    /// Removes and returns the value of a name.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.entries.iter().position(|(n, _)| n == name)?;
        Some(self.entries.remove(at).1)
    }

    /// `true` if nothing is set.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.entries.iter().map(|(n, v)| (n.as_ref(), v))
    }

    /// Refuses names that none of `specs` answers to, with the nearest one as a hint, and values out of range.
    /// `phases` says which options make sense for the call.
    pub(crate) fn check(&self, specs: &[&[OptionSpec]], phases: &[Phase], plugin: &str) -> Result<()> {
        for (name, value) in self.iter() {
            let all = || specs.iter().flat_map(|s| s.iter());
            let known = all().find(|spec| spec.answers_to(name) && phases.contains(&spec.phase));
            if let Some(spec) = known {
                check_range(spec, value)?;
                if let Some(why) = spec.deprecated {
                    log::warn!("option `{name}` of plugin `{plugin}` is deprecated: {why}");
                }
                continue;
            }
            if let Some(spec) = all().find(|spec| spec.answers_to(name)) {
                let verb = if spec.phase == Phase::Write { "writing" } else { "reading" };
                return Err(Error::new(ErrorKind::UnknownOption, format!("option `{name}` is for {verb}"))
                    .with("plugin", plugin));
            }
            let mut names: Vec<&str> = all().filter(|s| phases.contains(&s.phase)).map(|s| s.name).collect();
            names.sort_unstable();
            names.dedup();
            let nearest = nearest_name(name, names.iter().copied());
            let advice = nearest.map_or_else(String::new, |n| format!("did you mean `{n}`? "));
            let listed = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            return Err(Error::new(ErrorKind::UnknownOption, format!("unknown option `{name}`"))
                .with("plugin", plugin)
                .with_hint(format!("{advice}accepted: {listed}")));
        }
        Ok(())
    }

    /// The options of some phases alone.
    pub(crate) fn only(&self, specs: &[&[OptionSpec]], phases: &[Phase]) -> Options {
        let in_phase =
            |name: &str| specs.iter().flat_map(|s| s.iter()).any(|s| s.answers_to(name) && phases.contains(&s.phase));
        Options { entries: self.entries.iter().filter(|(n, _)| in_phase(n)).cloned().collect() }
    }
}

fn check_range(spec: &OptionSpec, value: &Value) -> Result<()> {
    if let (Some((low, high)), Some(v)) = (spec.range, value.as_f64())
        && !(low..=high).contains(&v)
    {
        return Err(Error::new(
            ErrorKind::InvalidOption,
            format!("option `{}` is {v}, not within {low} to {high}", spec.name),
        ));
    }
    Ok(())
}

/// Parses one declared option; used by [`plugin_options!`](crate::plugin_options).
#[doc(hidden)]
pub fn parse_option<T: OptionValue>(spec: &OptionSpec, value: &Value) -> Result<T> {
    check_range(spec, value)?;
    match T::from_value(value) {
        Ok(value) => Ok(value),
        Err(why) => Err(wrong_value(spec, &why)),
    }
}

#[cold]
fn wrong_value(spec: &OptionSpec, why: &str) -> Error {
    Error::new(ErrorKind::InvalidOption, format!("option `{}`: {why}", spec.name)).with_hint(spec.doc.trim())
}

/// The name that a misspelt one was most likely meant to be.
pub fn nearest_name<'n>(wrong: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let wrong = wrong.to_ascii_lowercase();
    let scored = names.map(|name| (distance(&wrong, name), name));
    let (score, name) = scored.min_by_key(|(score, _)| *score)?;
    (score <= (wrong.len().max(name.len()) / 3).max(1)).then_some(name)
}

/// Damerau-Levenshtein distance, with neighbours swapped counting as one change.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0usize; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::plugin_options! {
        /// For tests.
        pub struct Sample in Write {
            /// How good.
            #[range(0, 100)]
            quality: u8 = 75,
            /// How small.
            #[alias("level")]
            compression: Option<u8> = None,
            /// How opened.
            #[phase(Open)]
            big: bool = false,
        }
    }

    #[test]
    fn typed_and_by_name_agree() {
        let typed: Options = Sample::new().quality(90).compression(3).into();
        assert_eq!(Sample::parse(&typed).unwrap(), Sample::new().quality(90).compression(3));
        assert_eq!(typed.iter().count(), 2);
        assert_eq!(Sample::parse(&Options::new().set("level", 4)).unwrap().compression, Some(4));
        assert_eq!(Sample::SPECS[2].phase, Phase::Open);
        assert_eq!(Sample::SPECS[1].default, "None");
    }

    #[test]
    fn unknown_names_get_advice() {
        let e = Options::new().set("qualty", 3).check(&[Sample::SPECS], &[Phase::Write], "jpeg").unwrap_err();
        assert_eq!(e.kind(), ErrorKind::UnknownOption);
        assert!(e.to_string().contains("did you mean `quality`?"), "{e}");
        assert!(e.to_string().contains("accepted: compression, quality"), "{e}");
        let e = Options::new().set("quality", 300).check(&[Sample::SPECS], &[Phase::Write], "jpeg").unwrap_err();
        assert_eq!(e.kind(), ErrorKind::InvalidOption);
        let e = Options::new().set("quality", 3).check(&[Sample::SPECS], &[Phase::Read], "jpeg").unwrap_err();
        assert!(e.to_string().contains("is for writing"), "{e}");
    }

    #[test]
    fn nearest() {
        let names = ["quality", "compression", "fps"];
        let rows =
            [("qaulity", Some("quality")), ("compresion", Some("compression")), ("zzz", None), ("fsp", Some("fps"))];
        for (wrong, right) in rows {
            assert_eq!(nearest_name(wrong, names.into_iter()), right, "{wrong}");
        }
    }
}
