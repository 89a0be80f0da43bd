//! The parts of an `ftp:` URL (RFC 1738 3.2).

use std::fmt;

use imageio_core::resource::uri;
use imageio_core::{Error, ErrorKind, Result};

/// Where a file is, and who asks for it.
#[derive(Clone)]
pub(crate) struct Address {
    pub tls: Tls,
    /// Nobody was named.
    pub anonymous: bool,
    pub user: String,
    pub password: String,
    pub host: String,
    pub port: u16,
    /// Relative to the folder that the server logs into, unless it begins with a slash (`//` in the URL, or `/%2F`).
    pub path: String,
    shown: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tls {
    None,
    /// From the first byte on.
    Implicit,
    /// After `AUTH TLS`.
    Explicit,
}

impl Address {
    pub fn parse(text: &str) -> Result<Self> {
        let fault = |what: &'static str| {
            Error::new(ErrorKind::NotFound, format!("not a usable URL: {what}"))
                .with("resource", uri::redacted(text))
                .with_hint("the form is ftp://user:password@host/folder/name")
        };
        let (scheme, rest) = text.split_once("://").ok_or_else(|| fault("`://` is missing"))?;
        if uri::has_unencoded_password(text) {
            return Err(Error::new(ErrorKind::NotFound, "not a usable URL: the password ends nowhere")
                .with("resource", uri::redacted(text))
                .with_hint("write `@` as %40, `/` as %2F and `%` as %25 in it; or `@` as %40 in the path"));
        }
        let secure = scheme.eq_ignore_ascii_case("ftps");
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (user_info, host_port) = match authority.rsplit_once('@') {
            Some((user_info, host_port)) => (Some(user_info), host_port),
            None => (None, authority),
        };
        let colon = host_port.rfind(':').filter(|at| !host_port[*at..].contains(']'));
        let (host, port) = match colon {
            Some(at) => (&host_port[..at], Some(&host_port[at + 1..])),
            None => (host_port, None),
        };
        let port = match port.filter(|port| !port.is_empty()) {
            None if secure => 990,
            None => 21,
            Some(port) => {
                port.parse().ok().filter(|p| *p != 0).ok_or_else(|| fault("the port is not a port number"))?
            }
        };
        let (user, password) = match user_info.map(|info| info.split_once(':').unwrap_or((info, ""))) {
            Some((user, password)) => (decode(user), decode(password)),
            // What anonymous users give as their password is by custom an address.
            None => ("anonymous".to_owned(), "anonymous@".to_owned()),
        };
        let path = path.strip_prefix('/').unwrap_or_default();
        let path = path.split_once(";type=").map_or(path, |(path, _)| path);
        let path = decode(path);
        // A line break would end the command and begin another one.
        if [&user, &password, &path].iter().any(|text| text.chars().any(|c| c.is_control())) {
            return Err(fault("it holds control characters"));
        }
        if host.is_empty() || path.is_empty() {
            return Err(fault("host and name are needed"));
        }
        if path.ends_with('/') {
            return Err(fault("it names a folder, and folders of FTP servers are not listed"));
        }
        let tls = match (secure, port) {
            (false, _) => Tls::None,
            (true, 990) => Tls::Implicit,
            (true, _) => Tls::Explicit,
        };
        let host = host.trim_matches(['[', ']']).to_owned();
        Ok(Address {
            tls,
            anonymous: user_info.is_none(),
            user,
            password,
            host,
            port,
            path,
            shown: uri::redacted(text).into_owned(),
        })
    }

    pub fn file_name(&self) -> Option<&str> {
        self.path.rsplit('/').next().filter(|name| !name.is_empty())
    }
}

/// Without the password.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

fn decode(text: &str) -> String {
    String::from_utf8_lossy(&uri::percent_decode(text)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        let a = Address::parse("ftp://us%40er:p%3Aw@Host:2121/a%20b/c.tif;type=i").unwrap();
        assert_eq!((a.user.as_str(), a.password.as_str(), a.host.as_str(), a.port), ("us@er", "p:w", "Host", 2121));
        assert_eq!((a.path.as_str(), a.file_name(), a.tls), ("a b/c.tif", Some("c.tif"), Tls::None));
        assert!(!format!("{a} {a:?}").contains("p%3Aw"));
        let a = Address::parse("FTPS://[::1]/%2Fetc/x").unwrap();
        assert_eq!((a.host.as_str(), a.port, a.path.as_str(), a.tls), ("::1", 990, "/etc/x", Tls::Implicit));
        assert_eq!((a.user.as_str(), a.password.as_str()), ("anonymous", "anonymous@"));
        assert_eq!(Address::parse("ftps://h:21/x").unwrap().tls, Tls::Explicit);
        let e = Address::parse("ftp://me:hun@te/r2@host/x").unwrap_err();
        assert!(e.hint().is_some_and(|hint| hint.contains("%40")), "{e}");
        assert!(!format!("{e:?}").contains("te/r2") && !format!("{e:?}").contains("hun@"), "{e:?}");
        let bad = [
            "ftp:x",
            "ftp://h",
            "ftp://h/",
            "ftp://h/pub/",
            "ftp:///x",
            "ftp://h:x/x",
            "ftp://h/a%0D%0ADELE%20b",
            "ftp://a%0ab@h/x",
        ];
        for text in bad {
            assert_eq!(Address::parse(text).unwrap_err().kind(), ErrorKind::NotFound, "{text}");
        }
    }
}
