//! As much of RFC 3986 as HTTP needs: parts of a URL, references resolved against it, and its form without secrets.

use std::fmt;

use imageio_core::resource::uri;
use imageio_core::{Error, ErrorKind, Result};

/// An absolute `http` or `https` URL. The fragment is dropped, since it never travels.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Url {
    pub https: bool,
    /// `user` or `user:password`, still percent-encoded.
    user_info: Option<String>,
    /// In lower case; an IPv6 address with its brackets.
    pub host: String,
    pub port: u16,
    /// With its leading slash; query included.
    path: String,
}

impl Url {
    pub fn parse(text: &str) -> Result<Self> {
        let fault = |what: &'static str| {
            Error::new(ErrorKind::NotFound, format!("not a usable URL: {what}"))
                .with("resource", uri::redacted(text))
                .with_hint("the form is https://host/path")
        };
        let (scheme, rest) = text.split_once("://").ok_or_else(|| fault("`://` is missing"))?;
        let https = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(fault("its scheme is neither http nor https")),
        };
        if uri::has_unencoded_password(text) {
            return Err(Error::new(ErrorKind::NotFound, "not a usable URL: the password ends nowhere")
                .with("resource", uri::redacted(text))
                .with_hint("write `@` as %40, `/` as %2F and `%` as %25 in it; or `@` as %40 in the path"));
        }
        let rest = rest.split('#').next().unwrap_or_default();
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (user_info, host_port) = match authority.rsplit_once('@') {
            Some((user_info, host_port)) => (Some(user_info.to_owned()), host_port),
            None => (None, authority),
        };
        let colon = host_port.rfind(':').filter(|at| !host_port[*at..].contains(']'));
        let (host, port) = match colon {
            Some(at) => (&host_port[..at], Some(&host_port[at + 1..])),
            None => (host_port, None),
        };
        if host.is_empty() {
            return Err(fault("the host is missing"));
        }
        if !host.is_ascii() {
            return Err(fault("a host name with other letters than ASCII has to be given in its `xn--` form"));
        }
        if host.bytes().any(|b| b.is_ascii_control() || matches!(b, b' ' | b'\\' | b'<' | b'>' | b'"')) {
            return Err(fault("the host name has characters that no host name has"));
        }
        let port = match port {
            None | Some("") => 80 + u16::from(https) * (443 - 80),
            Some(port) => {
                port.parse().ok().filter(|p| *p != 0).ok_or_else(|| fault("the port is not a port number"))?
            }
        };
        let slash = if path.starts_with('/') { "" } else { "/" };
        let path = format!("{slash}{}", encode(path));
        Ok(Url { https, user_info, host: host.to_ascii_lowercase(), port, path })
    }

    /// What a `Location` means here; `Err` with its scheme where that is another one than HTTP's.
    pub fn join(&self, reference: &str) -> Result<Self, String> {
        let reference = reference.trim();
        let scheme_end = reference.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')));
        if let Some(at) = scheme_end.filter(|at| *at > 0 && reference[*at..].starts_with(':')) {
            let scheme = reference[..at].to_ascii_lowercase();
            if scheme != "http" && scheme != "https" {
                return Err(format!("to the scheme `{scheme}:`"));
            }
            return Url::parse(reference).map_err(|_| "to something that is no URL".to_owned());
        }
        let scheme = if self.https { "https" } else { "http" };
        if reference.starts_with("//") {
            return Url::parse(&format!("{scheme}:{reference}")).map_err(|_| "to something that is no URL".to_owned());
        }
        let reference = reference.split('#').next().unwrap_or_default();
        let own = self.path.split('?').next().unwrap_or_default();
        let path = match reference.as_bytes().first() {
            None => self.path.clone(),
            Some(b'/') => without_dots(reference),
            Some(b'?') => format!("{own}{reference}"),
            Some(_) => {
                let folder = own.rfind('/').map_or("/", |at| &own[..=at]);
                without_dots(&format!("{folder}{reference}"))
            }
        };
        Ok(Url { path: encode(&path), ..self.clone() })
    }

    /// The name and password in front of the host, decoded.
    pub fn credentials(&self) -> Option<(String, String)> {
        let (user, password) = match self.user_info.as_deref()?.split_once(':') {
            Some((user, password)) => (user, password),
            None => (self.user_info.as_deref()?, ""),
        };
        Some((decode(user), decode(password)))
    }

    pub fn without_credentials(mut self) -> Self {
        self.user_info = None;
        self
    }

    /// Whether credentials for `self` may go to `other`: the same server, or the same host after the usual
    /// upgrade from port 80 to port 443.
    pub fn trusts(&self, other: &Self) -> bool {
        let upgrade = !self.https && self.port == 80 && other.https && other.port == 443;
        self.host == other.host && (upgrade || (self.https == other.https && self.port == other.port))
    }

    /// Whether the query opens doors.
    pub fn is_signed(&self) -> bool {
        let sent = self.request_uri();
        uri::redacted(&sent) != sent
    }

    /// What is sent: without user information.
    pub fn request_uri(&self) -> String {
        format!("{}{}", self.origin(), self.path)
    }

    fn origin(&self) -> String {
        let scheme = if self.https { "https" } else { "http" };
        format!("{scheme}://{}", self.host_and_port())
    }

    /// The host, with its port where that is not the usual one.
    pub fn host_and_port(&self) -> String {
        let usual = if self.https { 443 } else { 80 };
        match self.port {
            port if port == usual => self.host.clone(),
            port => format!("{}:{port}", self.host),
        }
    }

    /// The last component of the path, decoded.
    pub fn file_name(&self) -> Option<String> {
        uri::file_name(&self.request_uri())
    }
}

/// Without secrets, for messages.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&uri::redacted(&self.request_uri()))
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Encodes what people type and URLs may not hold: blanks, letters beyond ASCII, quotes.
fn encode(path: &str) -> String {
    use fmt::Write as _;
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'!' | b'#'..=b';' | b'=' | b'?'..=b'[' | b']' | b'_' | b'a'..=b'z' | b'~' => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

pub(crate) fn decode(text: &str) -> String {
    String::from_utf8_lossy(&uri::percent_decode(text)).into_owned()
}

/// A path with its `.` and `..` taken out (RFC 3986 5.2.4); a query stays as it is.
fn without_dots(path: &str) -> String {
    let (path, query) = path.split_at(path.find('?').unwrap_or(path.len()));
    let mut kept: Vec<&str> = Vec::new();
    let mut parts = path.split('/').skip(1).peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        match part {
            "." | ".." => {
                if part == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            _ => kept.push(part),
        }
    }
    format!("/{}{query}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        let url = Url::parse("HTTPS://us%40er:p%3Aw@Host.Example:8443/a b/ü.png?x=1&token=geheim#frag").unwrap();
        assert_eq!((url.https, url.host.as_str(), url.port), (true, "host.example", 8443));
        assert_eq!(url.request_uri(), "https://host.example:8443/a%20b/%C3%BC.png?x=1&token=geheim");
        assert_eq!(url.credentials(), Some(("us@er".into(), "p:w".into())));
        assert_eq!(url.file_name().as_deref(), Some("ü.png"));
        for shown in [url.to_string(), format!("{url:?}")] {
            assert!(!shown.contains("p%3Aw") && !shown.contains("geheim") && shown.contains("x=1"), "{shown}");
        }
        assert_eq!(Url::parse("http://[::1]:80/x").unwrap().request_uri(), "http://[::1]/x");
        assert_eq!(Url::parse("http://h?q").unwrap().request_uri(), "http://h/?q");
        for bad in ["http:/x", "http://", "http://:80/", "http://h:0/", "http://h:x/", "file://h/x", "http://bü.de/"] {
            let e = Url::parse(bad).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::NotFound, "{bad}");
        }
    }

    #[test]
    fn references() {
        let base = Url::parse("http://u:p@h:81/a/b/c?q=1").unwrap();
        let rows = [
            ("d", "http://h:81/a/b/d"),
            ("../d?x", "http://h:81/a/d?x"),
            ("/d/./e/../f", "http://h:81/d/f"),
            ("../../../..", "http://h:81/"),
            ("?z", "http://h:81/a/b/c?z"),
            ("//other/x", "http://other/x"),
            ("https://other/x", "https://other/x"),
            ("", "http://h:81/a/b/c?q=1"),
        ];
        for (reference, expected) in rows {
            assert_eq!(base.join(reference).unwrap().request_uri(), expected, "{reference}");
        }
        for bad in ["file:///etc/passwd", "ftp://h/x", "data:x", "FILE:x", "gopher://x"] {
            assert!(base.join(bad).unwrap_err().contains("scheme"), "{bad}");
        }
    }

    #[test]
    fn who_may_know_credentials() {
        let url = |text| Url::parse(text).unwrap();
        let rows = [
            ("http://h/", "http://h/x", true),
            ("http://h/", "https://h/x", true),
            ("http://h:81/", "https://h/x", false),
            ("https://h/", "http://h/x", false),
            ("https://h/", "https://h:444/x", false),
            ("https://h/", "https://i/x", false),
        ];
        for (from, to, may) in rows {
            assert_eq!(url(from).trusts(&url(to)), may, "{from} {to}");
        }
    }
}
