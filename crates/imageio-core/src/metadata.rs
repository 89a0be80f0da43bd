//! What a file says about its pixels: an ordered tree whose entries know whether they were applied.

mod profile;
mod storage;
mod turned;

use std::fmt;

use crate::value::Value;

/// Metadata of one image or of a whole resource.
///
/// An ordered tree: leaves are [`Value`]s, branches are sections such as `exif` or `text`. An entry that was
/// *applied* to the pixels (a palette, a rotation, a scale) is left out by
/// [`immeta`](crate::v3::immeta) unless it is asked for, so that a program never applies it twice.
///
/// ```
/// use imageio_core::Metadata;
/// let mut meta = Metadata::new();
/// meta.insert("mode", "RGB");
/// meta.section("exif").insert("Orientation", 6);
/// assert_eq!(meta.get("exif/Orientation").and_then(|v| v.as_i64()), Some(6));
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq)]
struct Entry {
    key: String,
    node: Node,
    applied: bool,
}

/// A leaf or a section of a [`Metadata`] tree.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A value.
    Value(Value),
    /// A section with entries of its own.
    Section(Metadata),
}

impl Metadata {
    /// An empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// `true` if there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Number of entries at this level.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Sets `key` at this level; a slash in it is part of the name.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<Value>) {
        self.put(key.into(), value.into(), false);
    }

    /// Sets `key` at this level and marks it as applied to the pixels.
    pub fn insert_applied(&mut self, key: impl Into<String>, value: impl Into<Value>) {
        self.put(key.into(), value.into(), true);
    }

    /// As [`insert`](Self::insert), if there is a value.
    pub fn insert_opt(&mut self, key: impl Into<String>, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.insert(key, value);
        }
    }

    /// The section `key`, made if it is not there; a value of that name gives way to it.
    pub fn section(&mut self, key: &str) -> &mut Metadata {
        let at = match self.entries.iter().position(|e| e.key == key) {
            Some(at) => at,
            None => {
                self.entries.push(Entry { key: key.to_owned(), node: Node::Section(Metadata::new()), applied: false });
                self.entries.len() - 1
            }
        };
        let node = &mut self.entries[at].node;
        if matches!(node, Node::Value(_)) {
            *node = Node::Section(Metadata::new());
        }
        match node {
            Node::Section(section) => section,
            Node::Value(_) => unreachable!("replaced above"),
        }
    }

    /// Sets a whole section.
    pub fn insert_section(&mut self, key: &str, section: Metadata) {
        *self.section(key) = section;
    }

    /// The value at a path such as `exif/Orientation`.
    pub fn get(&self, path: &str) -> Option<&Value> {
        match self.node(path)? {
            Node::Value(value) => Some(value),
            Node::Section(_) => None,
        }
    }

    /// The section at a path such as `exif/GPS`.
    pub fn get_section(&self, path: &str) -> Option<&Metadata> {
        match self.node(path)? {
            Node::Section(section) => Some(section),
            Node::Value(_) => None,
        }
    }

    /// Removes the entry at a path; `true` if it was there.
    pub fn remove(&mut self, path: &str) -> bool {
        if let Some(at) = self.entries.iter().position(|e| e.key == path) {
            self.entries.remove(at);
            return true;
        }
        match self.split(path) {
            Some((at, rest)) => match &mut self.entries[at].node {
                Node::Section(section) => section.remove(rest),
                Node::Value(_) => false,
            },
            None => false,
        }
    }

    /// Marks the entry at a path as applied to the pixels; `true` if it was there.
    pub fn mark_applied(&mut self, path: &str) -> bool {
        if let Some(entry) = self.entries.iter_mut().find(|e| e.key == path) {
            entry.applied = true;
            return true;
        }
        match self.split(path) {
            Some((at, rest)) => match &mut self.entries[at].node {
                Node::Section(section) => section.mark_applied(rest),
                Node::Value(_) => false,
            },
            None => false,
        }
    }

    /// The tree without what was applied to the pixels.
    #[must_use]
    pub fn without_applied(mut self) -> Self {
        self.entries.retain(|e| !e.applied);
        for entry in &mut self.entries {
            if let Node::Section(section) = &mut entry.node {
                *section = std::mem::take(section).without_applied();
            }
        }
        self
    }

    /// Takes over every entry of `other`; what is there already stays where keys meet.
    pub fn merge(&mut self, other: Metadata) {
        for entry in other.entries {
            if !self.entries.iter().any(|e| e.key == entry.key) {
                self.entries.push(entry);
            }
        }
    }

    /// The entries at this level in order: name, leaf or section, whether it was applied.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Node, bool)> {
        self.entries.iter().map(|e| (e.key.as_str(), &e.node, e.applied))
    }

    /// Every leaf below this level with its path.
    pub fn leaves(&self) -> Vec<(String, &Value)> {
        let mut out = Vec::new();
        self.collect("", &mut out);
        out
    }

    fn collect<'m>(&'m self, prefix: &str, out: &mut Vec<(String, &'m Value)>) {
        for entry in &self.entries {
            let path = if prefix.is_empty() { entry.key.clone() } else { format!("{prefix}/{}", entry.key) };
            match &entry.node {
                Node::Value(value) => out.push((path, value)),
                Node::Section(section) => section.collect(&path, out),
            }
        }
    }

    fn put(&mut self, key: String, value: Value, applied: bool) {
        let node = match value {
            Value::Map(map) => {
                let mut section = Metadata::new();
                for (key, value) in map {
                    section.put(key, value, false);
                }
                Node::Section(section)
            }
            value => Node::Value(value),
        };
        match self.entries.iter_mut().find(|e| e.key == key) {
            Some(entry) => *entry = Entry { key, node, applied },
            None => self.entries.push(Entry { key, node, applied }),
        }
    }

    fn node(&self, path: &str) -> Option<&Node> {
        if let Some(entry) = self.entries.iter().find(|e| e.key == path) {
            return Some(&entry.node);
        }
        let (at, rest) = self.split(path)?;
        match &self.entries[at].node {
            Node::Section(section) => section.node(rest),
            Node::Value(_) => None,
        }
    }

    /// The entry whose name is the longest head of `path`, since names may hold slashes themselves.
    fn split<'p>(&self, path: &'p str) -> Option<(usize, &'p str)> {
        let heads = path.char_indices().rev().filter(|(_, c)| *c == '/').map(|(at, _)| at);
        heads.into_iter().find_map(|at| {
            let found = self.entries.iter().position(|e| e.key == path[..at])?;
            Some((found, &path[at + 1..]))
        })
    }
}

impl fmt::Display for Metadata {
    /// One leaf a line: `path = value`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (path, value) in self.leaves() {
            writeln!(f, "{path} = {value}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_marks() {
        let mut meta = Metadata::new();
        meta.insert("mode", "P");
        meta.insert_applied("palette", vec![1u8, 2]);
        meta.section("exif").insert("Orientation", 6);
        meta.section("text").insert("a/b", "slash");
        assert_eq!(meta.get("text/a/b").and_then(Value::as_str), Some("slash"));
        assert!(meta.mark_applied("exif/Orientation"));
        let plain = meta.clone().without_applied();
        assert_eq!(plain.get("palette"), None);
        assert_eq!(plain.get("exif/Orientation"), None);
        assert_eq!(plain.get("mode").and_then(Value::as_str), Some("P"));
        assert!(meta.remove("exif/Orientation"));
        assert_eq!(meta.leaves().len(), 3);
    }

    #[test]
    fn later_values_replace() {
        let mut meta = Metadata::new();
        meta.insert("a", 1);
        meta.insert("a", 2);
        assert_eq!((meta.len(), meta.get("a").and_then(Value::as_i64)), (1, Some(2)));
    }
}
