//! What went wrong with one attempt: whether another is worth it, and what a person wants to know.

use std::io;
use std::time::Duration;

use imageio_core::{Error, ErrorKind};
use ureq::Timeout;
use ureq::http::{HeaderMap, StatusCode};

/// One attempt that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: ErrorKind,
    message: String,
    hint: Option<&'static str>,
    status: Option<StatusCode>,
    retry: Retry,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Retry {
    No,
    Yes,
    /// The server asks to wait this long.
    After(Duration),
}

impl Failure {
    pub fn new(kind: ErrorKind, message: impl Into<String>, retry: Retry) -> Self {
        Failure { kind, message: message.into(), hint: None, status: None, retry }
    }

    /// The end of an answer came too early.
    pub fn broke_off(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Io, message, Retry::Yes)
    }

    pub fn settings(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidOption, message, Retry::No)
    }

    pub fn hint(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }

    pub fn retry(&self) -> Retry {
        self.retry
    }

    /// What a status means that is neither success nor redirection.
    pub fn status(status: StatusCode, headers: &HeaderMap) -> Self {
        let (kind, message, hint) = match status.as_u16() {
            401 => (
                ErrorKind::Io,
                "the server wants credentials",
                Some("give them in the URL (user:password@host) or with HttpResource::basic_auth or bearer_auth"),
            ),
            403 => (ErrorKind::Io, "the server refuses access", None),
            404 | 410 => (ErrorKind::NotFound, "the server has no such file", None),
            407 => (ErrorKind::Io, "the proxy wants credentials", None),
            405 => (ErrorKind::ReadOnly, "the server does not allow this", None),
            429 => (ErrorKind::Io, "the server is asked too often", None),
            400..=499 => (ErrorKind::Io, "the server refuses the request", None),
            500..=599 => (ErrorKind::Io, "the server failed", None),
            _ => (ErrorKind::Io, "the server answered with an unexpected status", None),
        };
        let retry = match status.as_u16() {
            408 | 425 | 429 | 500 | 502 | 503 | 504 => {
                let wait =
                    headers.get("retry-after").and_then(|v| v.to_str().ok()).and_then(crate::attempts::retry_after);
                wait.map_or(Retry::Yes, Retry::After)
            }
            _ => Retry::No,
        };
        Failure { kind, message: message.to_owned(), hint, status: Some(status), retry }
    }

    /// What ureq says, in our words. Its own text is repeated only where it holds no part of the request.
    pub fn from_ureq(e: &ureq::Error, idle: Duration, connect: Duration) -> Self {
        use ureq::Error as E;
        match e {
            E::Timeout(Timeout::Connect | Timeout::Resolve) => {
                Self::broke_off(format!("no connection within {connect:?}"))
            }
            E::Timeout(Timeout::Global | Timeout::PerCall) => {
                Self::new(ErrorKind::Io, "the total time for a transfer is over", Retry::No)
            }
            E::Timeout(_) => Self::broke_off(format!("nothing came from the server for {idle:?}")),
            E::HostNotFound => Self::new(ErrorKind::Io, "no host of that name is known", Retry::No),
            E::Io(e) => Self::from_io(e),
            E::Rustls(e) => Self::from_tls(&e.to_string()),
            E::Tls(text) => Self::from_tls(text),
            E::Protocol(e) => Self::new(ErrorKind::Io, format!("what the server says is not HTTP: {e}"), Retry::No),
            E::LargeResponseHeader(..) => Self::new(ErrorKind::Io, "the header of the answer has no end", Retry::No),
            E::ConnectProxyFailed(_) => Self::new(ErrorKind::Io, "the proxy did not connect", Retry::No),
            E::ConnectionFailed => Self::broke_off("no connection came about"),
            _ => Self::new(ErrorKind::Io, "the request could not be made", Retry::No),
        }
    }

    fn from_io(e: &io::Error) -> Self {
        let text = e.to_string();
        // TLS errors travel inside others.
        if text.contains("certificate") || e.kind() == io::ErrorKind::InvalidData {
            return Self::from_tls(&text);
        }
        match e.kind() {
            io::ErrorKind::ConnectionRefused => {
                Self::new(ErrorKind::Io, "nothing answers at that host and port", Retry::No)
            }
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => Self::broke_off("the connection broke off before the answer was complete"),
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Self::broke_off("the connection timed out"),
            _ => Self::new(ErrorKind::Io, format!("the connection failed: {text}"), Retry::Yes),
        }
    }

    fn from_tls(text: &str) -> Self {
        const TRUST: &str = "if the server is to be trusted, name a file with its issuer's certificate (PEM) by \
                             HttpResource::ca_file or the environment variable SSL_CERT_FILE";
        let said = |what: &str| Self::new(ErrorKind::Io, what.to_owned(), Retry::No);
        let lower = text.to_ascii_lowercase();
        if lower.contains("unknownissuer") || lower.contains("unknown issuer") || lower.contains("causedasendentity") {
            return said("the server's certificate comes from an issuer that is not trusted, or from itself")
                .hint(TRUST);
        }
        if lower.contains("not valid for name") || lower.contains("notvalidforname") {
            return Self::new(
                ErrorKind::Io,
                format!("the server's certificate is for another host: {text}"),
                Retry::No,
            );
        }
        if lower.contains("not valid yet") || lower.contains("notvalidyet") {
            return said("the server's certificate is not valid yet").hint("is the clock right?");
        }
        if lower.contains("expired") {
            return said("the server's certificate has expired");
        }
        if lower.contains("revoked") {
            return said("the server's certificate was revoked");
        }
        Self::new(ErrorKind::Io, format!("no secure connection came about: {text}"), Retry::No)
    }

    /// The error for the caller; `asked` is the request in words, `attempts` how often it was made.
    pub fn into_error(self, asked: &str, attempts: u32) -> Error {
        let mut e = Error::new(self.kind, self.message);
        if let Some(status) = self.status {
            e = e.with("status", status);
        }
        e = e.with("request", asked).with("attempts", attempts);
        match self.hint {
            Some(hint) => e.with_hint(hint),
            None => e,
        }
    }
}
