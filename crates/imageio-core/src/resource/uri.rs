//! Text to parsed location. Pure: what has to be known of the world comes in through [`Surroundings`].

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::secrets;
pub use super::secrets::{has_unencoded_password, redacted};

/// What a text names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A path on the local disk.
    Path(PathBuf),
    /// `<bytes>`: memory, as a target.
    Bytes,
    /// A place without bytes: `<video0>`, `<screen>`, `<screen1>`, `<clipboard>`.
    Procedural(String),
    /// A URI.
    Scheme {
        /// The scheme in lower case, without its colon.
        scheme: String,
        /// What follows the colon, without leading `//`.
        rest: String,
        /// The text as it was given.
        uri: String,
    },
    /// Something inside an archive: `a/b.zip/inner/name.png`.
    Mount {
        /// The id of the mount, as `zip`.
        mount: &'static str,
        /// The archive.
        outer: Box<Location>,
        /// The name inside, with `/` as separator; empty for the archive as a whole.
        inner: String,
    },
}

/// What a scheme means where a text is parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemeUse {
    /// Nobody claims it: `name:rest` is a file name, only `name://rest` is a URI.
    Unknown,
    /// It exists, in this build or in another.
    Known,
    /// As `Known`, and its names may lead into archives.
    Archives,
}

/// What [`parse`] has to know of the world.
pub trait Surroundings {
    /// The home directory, for `~`.
    fn home(&self) -> Option<PathBuf>;

    /// Whether drive letters and network shares exist.
    fn windows(&self) -> bool {
        cfg!(windows)
    }

    /// What a scheme (in lower case) means.
    fn scheme(&self, scheme: &str) -> SchemeUse;

    /// The mounts by id and suffix (`zip`, `.zip`).
    fn mounts(&self) -> Vec<(&'static str, &'static str)>;

    /// Whether a local path may be mounted so; directories may not.
    fn can_mount(&self, mount: &'static str, outer: &Path) -> bool;
}

/// Finds out what a text names. Never fails: what is nothing else is a path.
pub fn parse(text: &str, around: &dyn Surroundings) -> Location {
    if text == "<bytes>" {
        return Location::Bytes;
    }
    if is_procedural(text) {
        return Location::Procedural(text.to_owned());
    }
    let Some((scheme, rest)) = split_scheme(text) else { return parse_path(Path::new(text), around) };
    if scheme == "file" {
        return parse_path(&file_uri(rest, around.windows()), around);
    }
    let meaning = around.scheme(&scheme);
    if meaning == SchemeUse::Unknown && !rest.starts_with("//") {
        return parse_path(Path::new(text), around);
    }
    // Of a web address the query is for the server, wherever the archive lies on the way; and a signature is never
    // part of a member's name.
    let belongs = |_: &usize| scheme.starts_with("http") || secrets::has_query_secrets(text);
    let query = text.find('?').filter(belongs).unwrap_or(text.len());
    if meaning == SchemeUse::Archives
        && let Some((mount, outer, inner)) = split_mount(&text[..query], &around.mounts(), &|_, _| true)
    {
        let outer = Box::new(whole_uri(&format!("{outer}{}", &text[query..]), scheme));
        return Location::Mount { mount, outer, inner };
    }
    whole_uri(text, scheme)
}

/// As [`parse`] for what is a path and nothing else: `~` and archives count, schemes do not.
pub fn parse_path(path: &Path, around: &dyn Surroundings) -> Location {
    let path = expand_home(path, around);
    if let Some(text) = path.to_str() {
        let accept = |mount, outer: &str| around.can_mount(mount, Path::new(outer));
        if let Some((mount, outer, inner)) = split_mount(text, &around.mounts(), &accept) {
            return Location::Mount { mount, outer: Box::new(Location::Path(outer.into())), inner };
        }
    }
    Location::Path(path.into_owned())
}

fn whole_uri(uri: &str, scheme: String) -> Location {
    let rest = uri.get(scheme.len() + 1..).unwrap_or_default();
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    Location::Scheme { rest: rest.to_owned(), scheme, uri: uri.to_owned() }
}

fn is_procedural(text: &str) -> bool {
    text.ends_with('>') && ["<video", "<screen", "<clipboard"].iter().any(|prefix| text.starts_with(prefix))
}

/// The scheme in lower case and what follows the colon. One letter is a drive, not a scheme.
fn split_scheme(text: &str) -> Option<(String, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let allowed = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'.' | b'-');
    let valid = scheme.len() >= 2
        && scheme.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.bytes().all(allowed);
    valid.then(|| (scheme.to_ascii_lowercase(), rest))
}

/// Without its colon: `///a%20b`, `//localhost/a`, `/a`, `a`.
fn file_uri(rest: &str, windows: bool) -> PathBuf {
    let path = match rest.strip_prefix("//") {
        None => rest,
        Some(after) => {
            let (host, path) = after.split_at(after.find('/').unwrap_or(after.len()));
            if host.eq_ignore_ascii_case("localhost") && !path.is_empty() {
                path
            } else if windows && !host.is_empty() && !host.ends_with(':') {
                // A server: `\\server\share\name`.
                rest
            } else {
                // No host, or a relative path that was written as if it had one.
                after
            }
        }
    };
    match path.as_bytes() {
        // Old programs write a bar for the drive's colon (RFC 8089 E.2.2).
        [b'/', letter, b':' | b'|', ..] if windows && letter.is_ascii_alphabetic() => {
            let decoded = percent_decode(&path[3..]);
            path_from_bytes(Cow::Owned([&[*letter, b':'], &*decoded].concat()))
        }
        _ => path_from_bytes(percent_decode(path)),
    }
}

/// A `file:` URI that names a user with a password, as it may be shown; such a one means a server, not a file.
pub(super) fn file_with_password(text: &str, windows: bool) -> Option<String> {
    let (_, rest) = split_scheme(text).filter(|(scheme, _)| scheme == "file")?;
    let after = rest.strip_prefix("//").filter(|after| !after.starts_with('/'))?;
    let drive = windows && matches!(after.as_bytes(), [letter, b':' | b'|', ..] if letter.is_ascii_alphabetic());
    let address = after.split(['?', '#']).next().filter(|_| !drive)?;
    let whole = format!("file://{address}");
    match redacted(&whole) {
        Cow::Owned(shown) => Some(shown),
        Cow::Borrowed(_) => None,
    }
}

/// Decodes a part of a URI (RFC 3986 2.1): `%41` becomes `A`; a percent sign that is not followed by two hex digits
/// stays. What comes out need not be UTF-8.
pub fn percent_decode(text: &str) -> Cow<'_, [u8]> {
    let bytes = text.as_bytes();
    if !bytes.contains(&b'%') {
        return Cow::Borrowed(bytes);
    }
    let digit = |i: usize| bytes.get(i).and_then(|b| char::from(*b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while let Some(&byte) = bytes.get(i) {
        match (byte, digit(i + 1), digit(i + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(high * 16 + low);
                i += 3;
            }
            _ => {
                decoded.push(byte);
                i += 1;
            }
        }
    }
    Cow::Owned(decoded)
}

#[cfg(unix)]
fn path_from_bytes(bytes: Cow<'_, [u8]>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    std::ffi::OsString::from_vec(bytes.into_owned()).into()
}

#[cfg(not(unix))]
fn path_from_bytes(bytes: Cow<'_, [u8]>) -> PathBuf {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

/// `~` and `~/x`; `~name` is a file of that name.
fn expand_home<'p>(path: &'p Path, around: &dyn Surroundings) -> Cow<'p, Path> {
    let bytes = path.as_os_str().as_encoded_bytes();
    let ours = match bytes {
        [b'~'] | [b'~', b'/', ..] => true,
        [b'~', b'\\', ..] => around.windows(),
        _ => false,
    };
    let Some(home) = ours.then(|| around.home()).flatten() else { return Cow::Borrowed(path) };
    // As text where it is one, so that both separators count for whoever has both.
    let rest = match path.to_str() {
        Some(text) => Path::new(text[1..].trim_start_matches(|c| c == '/' || c == '\\' && around.windows())),
        None => path.strip_prefix("~").unwrap_or(path),
    };
    Cow::Owned(if rest.as_os_str().is_empty() { home } else { home.join(rest) })
}

/// The first place where a mount's suffix is followed by a separator: (mount, outer, inner).
fn split_mount<'t>(
    text: &'t str,
    mounts: &[(&'static str, &'static str)],
    accept: &dyn Fn(&'static str, &str) -> bool,
) -> Option<(&'static str, &'t str, String)> {
    let bytes = text.as_bytes();
    for at in (0..bytes.len()).filter(|&i| matches!(bytes[i], b'/' | b'\\')) {
        for (id, suffix) in mounts {
            let start = at.saturating_sub(suffix.len());
            // A name that is nothing but the suffix has no stem, and is no archive.
            if start > 0 && bytes[start..at].eq_ignore_ascii_case(suffix.as_bytes()) && accept(id, &text[..at]) {
                let inner = text[at + 1..].replace('\\', "/");
                return Some((*id, &text[..at], inner.trim_start_matches('/').to_owned()));
            }
        }
    }
    None
}

/// The last component of a URI's path, decoded; without query and fragment. `None` if there is none.
///
/// For resources that answer [`file_name`](super::ImageResource::file_name) from a URI.
pub fn file_name(uri: &str) -> Option<String> {
    let rest = split_scheme(uri).map_or(uri, |(_, rest)| rest);
    let path = match rest.strip_prefix("//") {
        // What lies between `//` and `/` is a host, also where nothing follows it.
        Some(after) => after.split_once('/')?.1,
        None => rest,
    };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().filter(|name| !name.is_empty())?;
    Some(String::from_utf8_lossy(&percent_decode(name)).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fake {
        windows: bool,
        home: Option<&'static str>,
    }

    impl Surroundings for Fake {
        fn home(&self) -> Option<PathBuf> {
            self.home.map(PathBuf::from)
        }

        fn windows(&self) -> bool {
            self.windows
        }

        fn scheme(&self, scheme: &str) -> SchemeUse {
            match scheme {
                "http" | "s3" => SchemeUse::Known,
                "https" | "imageio" => SchemeUse::Archives,
                _ => SchemeUse::Unknown,
            }
        }

        fn mounts(&self) -> Vec<(&'static str, &'static str)> {
            vec![("zip", ".zip"), ("tar", ".tar.gz")]
        }

        fn can_mount(&self, _mount: &'static str, outer: &Path) -> bool {
            !outer.ends_with("dir.zip")
        }
    }

    fn path(text: &str) -> Location {
        Location::Path(text.into())
    }

    fn scheme(scheme: &str, rest: &str, uri: &str) -> Location {
        Location::Scheme { scheme: scheme.into(), rest: rest.into(), uri: uri.into() }
    }

    fn mount(mount: &'static str, outer: Location, inner: &str) -> Location {
        Location::Mount { mount, outer: Box::new(outer), inner: inner.into() }
    }

    #[test]
    fn files_with_passwords() {
        let rows = [
            ("file://me:pw@host/a.png", false, Some("file://me:***@host/a.png")),
            ("FILE://me:p/w@host/a.png?x", true, Some("file://me:***@host/a.png")),
            ("file://c:pw@host/a.png", false, Some("file://c:***@host/a.png")),
            ("file://C:\\a@b.png", true, None),
            ("file:///C:/a@b.png", true, None),
            ("file:///a:b@c.png", false, None),
            ("file://me@host/a.png", false, None),
            ("file://localhost/a:b@c.png", false, None),
            ("file://host:80/a@b.png", false, None),
            ("file:a:b@c.png", false, None),
            ("http://me:pw@host/a.png", false, None),
            ("me:pw@host/a.png", false, None),
        ];
        for (text, windows, shown) in rows {
            assert_eq!(file_with_password(text, windows).as_deref(), shown, "{text}");
        }
    }

    #[test]
    fn texts_on_unix() {
        let around = Fake { windows: false, home: Some("/home/me") };
        let rows = [
            ("a.png", path("a.png")),
            ("", path("")),
            ("/tmp/a b.png", path("/tmp/a b.png")),
            ("a%20b.png", path("a%20b.png")),
            ("<bytes>", Location::Bytes),
            ("<bytes> ", path("<bytes> ")),
            ("<video0>", Location::Procedural("<video0>".into())),
            ("<screen>", Location::Procedural("<screen>".into())),
            ("<screen1>", Location::Procedural("<screen1>".into())),
            ("<clipboard>", Location::Procedural("<clipboard>".into())),
            ("<video0", path("<video0")),
            ("<other>", path("<other>")),
            ("~", path("/home/me")),
            ("~/a.png", path("/home/me/a.png")),
            ("~user/a.png", path("~user/a.png")),
            ("~\\a.png", path("~\\a.png")),
            ("x~/a.png", path("x~/a.png")),
            ("file:///a/b.png", path("/a/b.png")),
            ("FILE:///a/b.png", path("/a/b.png")),
            ("file://localhost/a/b.png", path("/a/b.png")),
            ("file://LocalHost/a", path("/a")),
            ("file://localhost", path("localhost")),
            ("file:relative/b.png", path("relative/b.png")),
            ("file:/a/b.png", path("/a/b.png")),
            ("file://relative/b.png", path("relative/b.png")),
            ("file://b.png", path("b.png")),
            ("file:///a%20b%C3%A9.png", path("/a bé.png")),
            ("file:///100%.png", path("/100%.png")),
            ("file:///a%4", path("/a%4")),
            ("file:///a%zz%41", path("/a%zzA")),
            ("file:///a?b#c", path("/a?b#c")),
            ("file://~/a.png", path("/home/me/a.png")),
            ("file:///C:/a.png", path("/C:/a.png")),
            ("C:\\a.png", path("C:\\a.png")),
            ("c:/a.png", path("c:/a.png")),
            ("http://h/a.png", scheme("http", "h/a.png", "http://h/a.png")),
            ("HTTPS://h/A.PNG?q=1#f", scheme("https", "h/A.PNG?q=1#f", "HTTPS://h/A.PNG?q=1#f")),
            ("http:a.png", scheme("http", "a.png", "http:a.png")),
            ("imageio:chelsea.png", scheme("imageio", "chelsea.png", "imageio:chelsea.png")),
            ("ImageIO:chelsea.png", scheme("imageio", "chelsea.png", "ImageIO:chelsea.png")),
            ("imageio://chelsea.png", scheme("imageio", "chelsea.png", "imageio://chelsea.png")),
            ("foo+bar.1-x://y", scheme("foo+bar.1-x", "y", "foo+bar.1-x://y")),
            ("foo:bar.png", path("foo:bar.png")),
            ("12:30.png", path("12:30.png")),
            ("a b://c", path("a b://c")),
            ("1a://c", path("1a://c")),
            ("é:x", path("é:x")),
            ("./http:a.png", path("./http:a.png")),
            ("a.zip", path("a.zip")),
            ("a.zip/b.png", mount("zip", path("a.zip"), "b.png")),
            ("x/A.ZIP/in/b.png", mount("zip", path("x/A.ZIP"), "in/b.png")),
            ("x\\a.zip\\in\\b.png", mount("zip", path("x\\a.zip"), "in/b.png")),
            ("a.zip//b.png", mount("zip", path("a.zip"), "b.png")),
            ("a.zip/", mount("zip", path("a.zip"), "")),
            (".zip/b.png", path(".zip/b.png")),
            ("a.zipper/b.png", path("a.zipper/b.png")),
            ("dir.zip/b.png", path("dir.zip/b.png")),
            ("dir.zip/a.zip/b.png", mount("zip", path("dir.zip/a.zip"), "b.png")),
            ("a.zip/c.zip/b.png", mount("zip", path("a.zip"), "c.zip/b.png")),
            ("a.tar.gz/b.png", mount("tar", path("a.tar.gz"), "b.png")),
            ("日本.zip/日.png", mount("zip", path("日本.zip"), "日.png")),
            ("~/a.zip/b.png", mount("zip", path("/home/me/a.zip"), "b.png")),
            ("file:///x%20y.zip/b.png", mount("zip", path("/x y.zip"), "b.png")),
            (
                "imageio:c.zip/c.png?X-Amz-Signature=s",
                mount("zip", scheme("imageio", "c.zip?X-Amz-Signature=s", "imageio:c.zip?X-Amz-Signature=s"), "c.png"),
            ),
            ("imageio:c.zip/c.png", mount("zip", scheme("imageio", "c.zip", "imageio:c.zip"), "c.png")),
            ("http://h/a.zip/b.png", scheme("http", "h/a.zip/b.png", "http://h/a.zip/b.png")),
            (
                "https://h/a.zip/b.png?sig=x&p=c.zip/d",
                mount("zip", scheme("https", "h/a.zip?sig=x&p=c.zip/d", "https://h/a.zip?sig=x&p=c.zip/d"), "b.png"),
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(parse(text, &around), expected, "{text}");
        }
    }

    #[test]
    fn texts_on_windows() {
        let around = Fake { windows: true, home: Some("/home/me") };
        let rows = [
            ("file:///C:/a.png", path("C:/a.png")),
            ("file:C:/a.png", path("C:/a.png")),
            ("file://C:/a.png", path("C:/a.png")),
            ("file://localhost/C:/a.png", path("C:/a.png")),
            ("file://server/share/a.png", path("//server/share/a.png")),
            ("file:////server/share/a.png", path("//server/share/a.png")),
            ("file://server/share/a.zip/in/b.png", mount("zip", path("//server/share/a.zip"), "in/b.png")),
            ("file:///C:/x%20y/a.zip/b.png", mount("zip", path("C:/x y/a.zip"), "b.png")),
            ("file:///c|/a.png", path("c:/a.png")),
            ("file:///C:\\x\\a.png", path("C:\\x\\a.png")),
            ("file:C:\\x\\a.png", path("C:\\x\\a.png")),
            ("file:\\\\server\\share\\a.png", path("\\\\server\\share\\a.png")),
            ("C:\\x\\a.png", path("C:\\x\\a.png")),
            ("C:a.png", path("C:a.png")),
            ("C:\\x\\a.zip\\b.png", mount("zip", path("C:\\x\\a.zip"), "b.png")),
            ("C:\\x\\A.ZIP\\in\\b.png", mount("zip", path("C:\\x\\A.ZIP"), "in/b.png")),
            ("C:/x\\a.zip/in\\b.png", mount("zip", path("C:/x\\a.zip"), "in/b.png")),
            ("C:\\x\\a.zip\\c.zip\\b.png", mount("zip", path("C:\\x\\a.zip"), "c.zip/b.png")),
            ("C:\\x\\dir.zip", path("C:\\x\\dir.zip")),
            ("C:\\x.zip", path("C:\\x.zip")),
            ("\\\\server\\share\\a.png", path("\\\\server\\share\\a.png")),
            ("\\\\server\\share\\a.zip\\in\\b.png", mount("zip", path("\\\\server\\share\\a.zip"), "in/b.png")),
            ("//server/share/a.zip/b.png", mount("zip", path("//server/share/a.zip"), "b.png")),
            ("\\\\?\\C:\\x\\a.zip\\b.png", mount("zip", path("\\\\?\\C:\\x\\a.zip"), "b.png")),
            ("\\\\?\\UNC\\server\\share\\a.png", path("\\\\?\\UNC\\server\\share\\a.png")),
            ("\\\\.\\pipe\\images", path("\\\\.\\pipe\\images")),
            ("~\\a.png", path("/home/me/a.png")),
            ("~/a.zip\\b.png", mount("zip", path("/home/me/a.zip"), "b.png")),
            ("~name\\a.png", path("~name\\a.png")),
            ("imageio:c.zip\\c.png", mount("zip", scheme("imageio", "c.zip", "imageio:c.zip"), "c.png")),
            ("s3://b/C:\\a.zip\\b.png", scheme("s3", "b/C:\\a.zip\\b.png", "s3://b/C:\\a.zip\\b.png")),
        ];
        for (text, expected) in rows {
            assert_eq!(parse(text, &around), expected, "{text}");
        }
    }

    #[test]
    fn paths_are_no_uris() {
        let around = Fake { windows: false, home: None };
        let rows = [
            ("imageio:a.png", path("imageio:a.png")),
            ("http://h/a.png", path("http://h/a.png")),
            ("<bytes>", path("<bytes>")),
            ("~/a.png", path("~/a.png")),
            ("a.zip/b.png", mount("zip", path("a.zip"), "b.png")),
        ];
        for (text, expected) in rows {
            assert_eq!(parse_path(Path::new(text), &around), expected, "{text}");
        }
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt;
            let odd = Path::new(std::ffi::OsStr::from_bytes(b"a\xff.png"));
            assert_eq!(parse_path(odd, &around), Location::Path(odd.into()));
            assert_eq!(parse("file:a%ff.png", &around), Location::Path(odd.into()));
        }
    }

    #[test]
    fn names_in_uris() {
        let rows = [
            ("http://h/a/b.png", Some("b.png")),
            ("http://h/a/b%20c.png?x=/y.jpg#z", Some("b c.png")),
            ("http://h/a/", None),
            ("http://h", None),
            ("imageio:chelsea.png", Some("chelsea.png")),
            ("s3://bucket/key.tif", Some("key.tif")),
            ("", None),
        ];
        for (uri, expected) in rows {
            assert_eq!(file_name(uri).as_deref(), expected, "{uri}");
        }
    }
}
