//! Which files a sequence has.

use std::path::Path;

use glob::{MatchOptions, Pattern};
use imageio_core::resource::{natural_order, scheme};
use imageio_core::{Error, ErrorKind, Registry, Result, select};

use crate::pattern::Numbered;

/// Where the files of a sequence are.
#[derive(Clone)]
pub(crate) enum Place {
    Folder(String),
    Glob(String),
    /// Folder with its separator, name, and the name's pattern.
    Numbered(String, String, Numbered),
    Files(Vec<String>),
}

/// `*` does not go over a separator, and hidden files are named as such.
const HOW: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

impl Place {
    /// As it was written.
    pub(crate) fn text(&self) -> String {
        match self {
            Place::Folder(text) | Place::Glob(text) => text.clone(),
            Place::Numbered(folder, name, _) => format!("{folder}{name}"),
            Place::Files(files) => format!("{} files", files.len()),
        }
    }

    /// The files in order, each named as a place of its own. None at all is an error.
    pub(crate) fn list(&self) -> Result<Vec<String>> {
        let (files, none) = match self {
            Place::Folder(folder) => {
                (folder_files(folder)?, "no file in the folder has an extension that a plugin of this build reads")
            }
            Place::Glob(pattern) => (matches(pattern)?, "no file matches the pattern"),
            Place::Numbered(folder, _, numbered) => {
                (numbers(folder, numbered)?.into_iter().map(|(_, file)| file).collect(), "no numbered file of the name")
            }
            Place::Files(files) => (files.clone(), "the list of files is empty"),
        };
        if files.is_empty() { Err(Error::new(ErrorKind::NotFound, none)) } else { Ok(files) }
    }
}

/// Folder (with its separator) and name.
pub(crate) fn split(text: &str) -> (&str, &str) {
    split_on(text, cfg!(windows))
}

/// The same for the paths of either kind of system; a drive is a folder of its own.
fn split_on(text: &str, windows: bool) -> (&str, &str) {
    let drive = windows && matches!(text.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    let separator = |c| c == '/' || c == '\\' && windows;
    let at = text.rfind(separator).map_or(if drive { 2 } else { 0 }, |at| at + 1);
    text.split_at(at.max(inside_archive(text).unwrap_or(0)))
}

/// Where the member begins in `zip:a.zip#b.png`: behind a `#`, which is no place for a number.
fn inside_archive(text: &str) -> Option<usize> {
    let is_zip = text.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("zip:"));
    let lower = is_zip.then(|| text.to_ascii_lowercase())?;
    // The archive's own name may hold one as well.
    lower.find(".zip#").map(|at| at + 5).or_else(|| lower.find('#').map(|at| at + 1))
}

fn with_separator(folder: &str) -> String {
    let is_zip = folder.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("zip:"));
    match folder {
        "" => String::new(),
        folder if is_zip && inside_archive(folder).is_none() => format!("{folder}#"),
        folder if split(folder).1.is_empty() => folder.to_owned(),
        folder => format!("{folder}/"),
    }
}

/// What lies in a folder on the disk or in an archive.
fn entries(folder: &str) -> Result<Vec<String>> {
    let place = scheme::open(if folder.is_empty() { "." } else { folder })?;
    let none = || {
        if place.local_path().is_none() && split(folder).1.is_empty() {
            return Error::unsupported("what lies in this folder can't be listed")
                .with("resource", place.name())
                .with_hint("`Sequence::files` takes the names of the files one by one");
        }
        Error::unsupported("this is a file, not a folder")
            .with("resource", place.name())
            .with_hint("several images in one file are read without `sequence:`")
    };
    match place.entries() {
        Ok(names) => names.ok_or_else(none),
        // A file with a separator behind its name is nothing that exists.
        Err(_)
            if Path::new(folder.trim_end_matches(std::path::is_separator)).is_file()
                && place.local_path().is_some() =>
        {
            Err(none())
        }
        Err(e) => Err(e),
    }
}

/// Whether a file's name is one that some plugin reads; hidden ones are not.
pub(crate) fn is_picture(name: &str) -> bool {
    let plugins = Registry::global().plugins();
    let lower = name.to_ascii_lowercase();
    let extension = select::longest_extension(&plugins, &lower);
    let known = extension.is_some_and(|e| plugins.iter().any(|d| d.can_read() && d.extension_list().contains(&e)));
    known && !name.starts_with('.')
}

/// A file of a folder as a place of its own. Some texts are decoded when they are opened, and names are as they are.
fn joined(folder: &str, name: &str) -> String {
    let begins = |scheme: &str| folder.get(..scheme.len()).is_some_and(|front| front.eq_ignore_ascii_case(scheme));
    match begins("zip:") || begins("file:") {
        true => format!("{folder}{}", name.replace('%', "%25")),
        false => format!("{folder}{name}"),
    }
}

fn folder_files(folder: &str) -> Result<Vec<String>> {
    // What lies in subfolders is not in this folder; archives list it all.
    let ours = |name: &String| !name.contains('/') && is_picture(name);
    let names = entries(&with_separator(folder))?;
    let folder = with_separator(folder);
    Ok(names.into_iter().filter(ours).map(|name| joined(&folder, &name)).collect())
}

/// Numbers and files of a numbered name, by number.
pub(crate) fn numbers(folder: &str, numbered: &Numbered) -> Result<Vec<(u64, String)>> {
    let names = entries(folder)?;
    let files = names.iter().filter_map(|name| Some((numbered.number(name)?, joined(folder, name))));
    let mut files: Vec<(u64, String)> = files.collect();
    files.sort();
    Ok(files)
}

fn matches(pattern: &str) -> Result<Vec<String>> {
    let wrong = |e: glob::PatternError| {
        Error::new(ErrorKind::InvalidOption, format!("the pattern is none: {}", e.msg)).with("position", e.pos)
    };
    let mut files = Vec::new();
    match archive_folder(pattern)? {
        Some((folder, rest)) => {
            let pattern = Pattern::new(rest).map_err(wrong)?;
            let names = entries(folder)?;
            let hits = names.into_iter().filter(|name| pattern.matches_with(name, HOW));
            files.extend(hits.map(|name| joined(folder, &name)));
        }
        None => {
            for path in glob::glob_with(pattern, HOW).map_err(wrong)? {
                let path = path.map_err(|e| Error::from(std::io::Error::from(e)))?;
                if path.is_dir() {
                    continue;
                }
                let Some(name) = path.to_str() else {
                    return Err(Error::unsupported("a file that matches has a name that is no text")
                        .with("file", path.display()));
                };
                files.push(name.to_owned());
            }
        }
    }
    files.sort_by(|a, b| natural_order(a, b));
    Ok(files)
}

/// The folder in front of the first wildcard and the pattern in it, where that folder is not on the disk.
fn archive_folder(pattern: &str) -> Result<Option<(&str, &str)>> {
    let wild = pattern.find(['*', '?', '[']).unwrap_or(pattern.len());
    let (folder, _) = split(&pattern[..wild]);
    if folder.is_empty() {
        return Ok(None);
    }
    let place = scheme::open(folder)?;
    Ok(place.local_path().is_none().then(|| (folder, &pattern[folder.len()..])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_names() {
        let rows = [
            ("img_%04d.png", false, "", "img_%04d.png"),
            ("a/b/img_#.png", false, "a/b/", "img_#.png"),
            ("a\\img_#.png", false, "", "a\\img_#.png"),
            ("C:img_#.png", false, "", "C:img_#.png"),
            ("C:\\x\\img_%04d.png", true, "C:\\x\\", "img_%04d.png"),
            ("C:/x\\img_#.png", true, "C:/x\\", "img_#.png"),
            ("C:img_#.png", true, "C:", "img_#.png"),
            ("zip:a.zip#img_#.png", false, "zip:a.zip#", "img_#.png"),
            ("zip://x/a#b.zip#img_##.png", false, "zip://x/a#b.zip#", "img_##.png"),
            ("ZIP:book.cbz#*.png", false, "ZIP:book.cbz#", "*.png"),
            ("zip:a.zip#in/*.png", false, "zip:a.zip#in/", "*.png"),
            ("\\\\server\\share\\img_#.png", true, "\\\\server\\share\\", "img_#.png"),
        ];
        for (text, windows, folder, name) in rows {
            assert_eq!(split_on(text, windows), (folder, name), "{text}");
        }
    }
}
