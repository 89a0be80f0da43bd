//! Names of members: one form for all, and which are refused.

use imageio_core::{Error, ErrorKind, Result};

/// The name with `/` between its parts and without `.` parts, as members are looked up.
///
/// Some programs on Windows write `\`, some others begin names with `./`.
pub(crate) fn normal(name: &str) -> String {
    let name = name.replace('\\', "/");
    let folder = name.ends_with('/');
    let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let mut name = parts.join("/");
    if folder && !name.is_empty() {
        name.push('/');
    }
    name
}

/// Whether a name stays inside its archive: relative, without `..`, without a drive.
pub(crate) fn is_safe(name: &str) -> bool {
    let bytes = name.as_bytes();
    let drive = matches!(bytes, [letter, b':', ..] if letter.is_ascii_alphabetic());
    !drive && !matches!(bytes.first(), Some(b'/' | b'\\')) && !name.contains('\0') && !climbs(name)
}

fn climbs(name: &str) -> bool {
    name.split(['/', '\\']).any(|part| part == "..")
}

/// As [`is_safe`], with the error that says so.
pub(crate) fn check(name: &str) -> Result<()> {
    if is_safe(name) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Unsupported, "the name leads out of the archive").with("member", name.escape_debug()))
}

/// What follows the last `/`.
pub(crate) fn last(name: &str) -> Option<&str> {
    name.rsplit('/').next().filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form() {
        let rows = [("a/b.png", "a/b.png"), ("a\\b.png", "a/b.png"), ("./a//b/./c", "a/b/c"), ("a/", "a/"), ("/", "")];
        for (name, expected) in rows {
            assert_eq!(normal(name), expected);
        }
    }

    #[test]
    fn names_that_climb_out() {
        for name in ["..", "../a", "a/../../b", "a\\..\\b", "/etc/x", "\\x", "C:\\x", "c:x", "a\0b"] {
            assert_eq!(check(name).unwrap_err().kind(), ErrorKind::Unsupported, "{name}");
        }
        for name in ["a", "a/b", "..a", "a..", "...", "a/...", "ab:c"] {
            check(name).unwrap();
        }
    }
}
