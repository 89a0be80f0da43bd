//! Which plugin reads or writes: pure functions from data to an order, and the report of what came of it.

use std::fmt;

use crate::known;
use crate::plugin::{Capabilities, Confidence, PluginDescriptor, Probe};

/// What selection knows of a resource.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// First bytes; empty when writing.
    pub head: &'a [u8],
    /// File name in lower case, from which extensions are matched by suffix.
    pub file_name: Option<&'a str>,
    /// Name for messages.
    pub name: &'a str,
    /// Ids that the user prefers for this extension, best first.
    pub preferences: &'a [String],
    /// `true` for places without bytes.
    pub procedural: bool,
}

/// A plugin that may be asked, and why.
#[derive(Debug, Clone, Copy)]
pub struct Candidate {
    /// The plugin.
    pub descriptor: &'static PluginDescriptor,
    /// How sure it is.
    pub confidence: Confidence,
}

/// Readers in the order in which they are to be asked: confidence, preference, own extension, priority, id.
pub fn readers(plugins: &[&'static PluginDescriptor], question: &Question<'_>) -> Vec<Candidate> {
    let mut ranked: Vec<(Candidate, (usize, usize))> = Vec::new();
    let probe = Probe::new(question.head, question.file_name.and_then(extension_of), question.name);
    for descriptor in plugins.iter().copied().filter(|d| d.can_read()) {
        if question.procedural && !descriptor.abilities().contains(Capabilities::PROCEDURAL) {
            continue;
        }
        let suffix = matched_suffix(descriptor, question.file_name);
        let confidence = confidence(descriptor, &probe, suffix.is_some());
        if confidence > Confidence::No {
            let preferred = question.preferences.iter().position(|id| id == descriptor.id());
            let preferred = preferred.map_or(0, |at| usize::MAX - at);
            ranked.push((Candidate { descriptor, confidence }, (preferred, suffix.unwrap_or(0))));
        }
    }
    ranked.sort_by(|(a, a_more), (b, b_more)| {
        (b.confidence, b_more, b.descriptor.rank())
            .cmp(&(a.confidence, a_more, a.descriptor.rank()))
            .then_with(|| a.descriptor.id().cmp(b.descriptor.id()))
    });
    ranked.into_iter().map(|(candidate, _)| candidate).collect()
}

/// Writers for a file name, best first: longest suffix, preference, priority, id.
pub fn writers(
    plugins: &[&'static PluginDescriptor],
    file_name: Option<&str>,
    preferences: &[String],
) -> Vec<&'static PluginDescriptor> {
    let mut ranked: Vec<(&'static PluginDescriptor, (usize, usize, i32))> = plugins
        .iter()
        .copied()
        .filter(|d| d.can_write())
        .filter_map(|d| {
            let suffix = matched_suffix(d, file_name)?;
            let preferred = preferences.iter().position(|id| id == d.id()).map_or(0, |at| usize::MAX - at);
            Some((d, (preferred, suffix, d.rank())))
        })
        .collect();
    ranked.sort_by(|(a, a_key), (b, b_key)| b_key.cmp(a_key).then_with(|| a.id().cmp(b.id())));
    ranked.into_iter().map(|(descriptor, _)| descriptor).collect()
}

fn confidence(descriptor: &PluginDescriptor, probe: &Probe<'_>, own_suffix: bool) -> Confidence {
    let declared = if descriptor.magics().iter().any(|m| m.matches(probe.head())) {
        Confidence::Magic
    } else if own_suffix {
        Confidence::Extension
    } else {
        Confidence::No
    };
    let confidence = descriptor.plugin().probe(probe).unwrap_or(declared);
    if descriptor.abilities().contains(Capabilities::GENERIC) {
        return confidence.min(Confidence::GENERIC);
    }
    confidence
}

/// Length of the longest of a plugin's extensions that the (lower-case) file name ends with.
fn matched_suffix(descriptor: &PluginDescriptor, file_name: Option<&str>) -> Option<usize> {
    let name = file_name?.as_bytes();
    // The dot is looked for first, since most names fail there: this runs for every extension of every plugin.
    let dot = |e: &str| name.len().checked_sub(e.len() + 1).and_then(|at| name.get(at)) == Some(&b'.');
    let ends = |e: &&&str| dot(e) && name.ends_with(e.as_bytes());
    descriptor.extension_list().iter().filter(ends).map(|e| e.len()).max()
}

/// The longest extension of `file_name` (lower case) that any plugin claims, else one that is [known], else
/// what follows the last dot.
pub fn longest_extension<'n>(plugins: &[&'static PluginDescriptor], file_name: &'n str) -> Option<&'n str> {
    let longest = plugins.iter().filter_map(|d| matched_suffix(d, Some(file_name))).max();
    match longest {
        Some(len) => Some(&file_name[file_name.len() - len..]),
        None => known::suffix(file_name).or_else(|| extension_of(file_name)),
    }
}

/// What follows the last dot; nothing for dot-files such as `.png`.
pub fn extension_of(file_name: &str) -> Option<&str> {
    let (stem, extension) = file_name.rsplit_once('.')?;
    (!stem.is_empty() && !extension.is_empty()).then_some(extension)
}

/// What came of asking each candidate.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SelectionReport {
    tried: Vec<Tried>,
}

/// One candidate in a [`SelectionReport`].
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    /// The plugin's id.
    pub plugin: &'static str,
    /// How sure it was.
    pub confidence: Confidence,
    /// Why it did not open the resource.
    pub why: String,
}

impl SelectionReport {
    pub(crate) fn add(&mut self, candidate: &Candidate, why: impl fmt::Display) {
        self.tried.push(Tried {
            plugin: candidate.descriptor.id(),
            confidence: candidate.confidence,
            why: why.to_string(),
        });
    }

    /// Those who were asked, in order.
    pub fn tried(&self) -> &[Tried] {
        &self.tried
    }

    /// `true` if nobody was asked.
    pub fn is_empty(&self) -> bool {
        self.tried.is_empty()
    }
}

impl fmt::Display for SelectionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tried: ")?;
        for (i, tried) in self.tried.iter().enumerate() {
            let lead = if i == 0 { "" } else { "; " };
            write!(f, "{lead}{} by {} ({})", tried.plugin, tried.confidence.describe(), tried.why)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::{Magic, Plugin};

    struct Plain;
    impl Plugin for Plain {}
    struct Picky;
    impl Plugin for Picky {
        fn probe(&self, input: &Probe<'_>) -> Option<Confidence> {
            (input.head().first() == Some(&b'P')).then_some(Confidence::Weak)
        }
    }
    const RW: Capabilities = Capabilities::READ.write();
    static PNG: PluginDescriptor =
        PluginDescriptor::new("png", &Plain).extensions(&["png"]).magic(&[Magic::new(0, b"\x89PNG")]).capabilities(RW);
    static FAST: PluginDescriptor =
        PluginDescriptor::new("fastpng", &Plain).extensions(&["png"]).magic(&[Magic::new(0, b"\x89PNG")]).priority(-1);
    static TIFF: PluginDescriptor = PluginDescriptor::new("tiff", &Plain)
        .extensions(&["tif", "tiff"])
        .magic(&[Magic::new(0, b"II*\0")])
        .capabilities(RW);
    static OME: PluginDescriptor = PluginDescriptor::new("ome", &Plain)
        .extensions(&["ome.tif"])
        .magic(&[Magic::new(0, b"II*\0")])
        .capabilities(RW)
        .priority(-5);
    static TGA: PluginDescriptor = PluginDescriptor::new("tga", &Plain).extensions(&["tga"]);
    static PNM: PluginDescriptor = PluginDescriptor::new("pnm", &Picky).extensions(&["ppm"]);
    static GENERIC: PluginDescriptor = PluginDescriptor::new("any", &Plain)
        .extensions(&["tga", "png", "xyz"])
        .magic(&[Magic::new(0, b"\x89PNG")])
        .capabilities(Capabilities::READ.generic())
        .priority(100);
    static ALL: [&PluginDescriptor; 7] = [&GENERIC, &TIFF, &TGA, &PNM, &PNG, &OME, &FAST];

    fn order(head: &[u8], file: &str, preferences: &[&str]) -> Vec<&'static str> {
        let preferences: Vec<String> = preferences.iter().map(|p| (*p).to_owned()).collect();
        let question =
            Question { head, file_name: Some(file), name: file, preferences: &preferences, procedural: false };
        readers(&ALL, &question).iter().map(|c| c.descriptor.id()).collect()
    }

    #[test]
    fn reading_order() {
        let rows: [(&[u8], &str, &[&str], &[&str]); 9] = [
            (b"\x89PNG", "a.png", &[], &["png", "fastpng", "any"]),
            (b"\x89PNG", "a.png", &["fastpng"], &["fastpng", "png", "any"]),
            (b"\x89PNG", "a.tga", &[], &["png", "fastpng", "tga", "any"]),
            (b"II*\0", "a.ome.tif", &[], &["ome", "tiff"]),
            (b"II*\0", "a.tif", &[], &["tiff", "ome"]),
            (b"....", "a.tga", &[], &["tga", "any"]),
            (b"....", "a.xyz", &[], &["any"]),
            (b"P6", "a.bin", &[], &["pnm"]),
            (b"....", "noname", &[], &[]),
        ];
        for (head, file, preferences, expected) in rows {
            assert_eq!(order(head, file, preferences), expected, "{file}");
        }
    }

    #[test]
    fn writing_order() {
        let ids = |file| -> Vec<_> { writers(&ALL, Some(file), &[]).iter().map(|d| d.id()).collect() };
        assert_eq!(ids("a.ome.tif"), ["ome", "tiff"]);
        assert_eq!(ids("a.tif"), ["tiff"]);
        assert_eq!(ids("a.png"), ["png"]);
        assert!(ids("a.tga").is_empty());
        let prefer: Vec<String> = vec!["tiff".into()];
        assert_eq!(writers(&ALL, Some("a.ome.tif"), &prefer)[0].id(), "tiff");
    }

    #[test]
    fn extensions() {
        assert_eq!(longest_extension(&ALL, "x.ome.tif"), Some("ome.tif"));
        assert_eq!(longest_extension(&ALL, "x.y.zz"), Some("zz"));
        assert_eq!(longest_extension(&ALL, "x.nii.gz"), Some("nii.gz"));
        assert_eq!(longest_extension(&ALL, ".png"), Some("png"));
        assert_eq!(extension_of(".hidden"), None);
    }
}
