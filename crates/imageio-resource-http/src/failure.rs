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
    /// Where it happened, if redirects led somewhere else than to the address that was given; without secrets.
    redirected: Option<String>,
    retry: Retry,
}

/// What of a request opens doors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    None,
    /// Credentials, which were sent.
    Given,
    /// Credentials, which were not sent, since a redirect led to another host.
    Withheld,
    /// In the address.
    Signature,
}

const NOBODY: &str = "nothing answers at that host and port";
const UNKNOWN: &str = "no host of that name is known";
const FAILED: &str = "the connection failed: ";
const REFUSED: &str = "the proxy wants credentials, or refuses those that it was given";
const PROXY: &str = "the environment variable that names the proxy may hold them: http://user:password@proxy:3128";

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Retry {
    No,
    Yes,
    /// The server asks to wait this long.
    After(Duration),
}

impl Failure {
    pub fn new(kind: ErrorKind, message: impl Into<String>, retry: Retry) -> Self {
        Failure { kind, message: message.into(), hint: None, status: None, redirected: None, retry }
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

    /// The failure of a transfer that can't be taken up again.
    pub fn final_one(self) -> Self {
        let message = format!("{}, and the server says nothing by which to take the file up again", self.message);
        Failure { message, retry: Retry::No, ..self }
    }

    /// The same of a request that redirects led to this address.
    pub fn redirected(mut self, to: &impl std::fmt::Display) -> Self {
        self.redirected = Some(to.to_string());
        self
    }

    /// The same of a request by way of a proxy.
    pub fn by_proxy(self) -> Self {
        // That it was refused, or is not known, is said of the first host of the way.
        let said = self.message.clone();
        let message = match said.as_str() {
            NOBODY => "nothing answers where the proxy should be that the environment names",
            UNKNOWN => "the host of the proxy that the environment names is not known",
            // SOCKS has no statuses, and its refusals come as errors of the connection.
            text => match text.strip_prefix(FAILED) {
                Some(why) if why.contains("auth") => {
                    return Failure { message: REFUSED.to_owned(), retry: Retry::No, ..self }.hint(PROXY);
                }
                Some(why) => {
                    return Failure { message: format!("the proxy did not connect to the server: {why}"), ..self };
                }
                None => return self,
            },
        };
        Failure { message: message.to_owned(), ..self }
    }

    pub fn retry(&self) -> Retry {
        self.retry
    }

    /// What a status means to a PUT, where that is something else than to a GET.
    pub fn of_put(self) -> Self {
        let (kind, message, hint) = match self.status.map_or(0, |status| status.as_u16()) {
            404 | 409 => (
                ErrorKind::NotFound,
                "the server has no such folder to put the file into",
                Some("it may have to be made first"),
            ),
            405 | 501 => (ErrorKind::ReadOnly, "the server takes no files at this address", None),
            413 => (ErrorKind::LimitExceeded, "the file is longer than the server takes", None),
            415 => (
                ErrorKind::Io,
                "the server takes no files of this type",
                Some("HttpResource::header(\"Content-Type\", …) names another one"),
            ),
            423 => (ErrorKind::Io, "the file on the server is locked", None),
            507 => (ErrorKind::Io, "the server has no space left for the file", None),
            _ => return self,
        };
        Failure { kind, message: message.to_owned(), hint, ..self }
    }

    /// What a status means that is neither success nor redirection, to a request with these keys.
    pub fn status(status: StatusCode, headers: &HeaderMap, keys: Keys) -> Self {
        if status == StatusCode::UNAUTHORIZED
            && let Some(scheme) = unknown_scheme(headers)
        {
            let message = format!("the server wants credentials by `{scheme}`, which is not spoken here");
            let failure = Self::new(ErrorKind::Unsupported, message, Retry::No);
            return Failure { status: Some(status), ..failure.hint("what is spoken is basic and bearer") };
        }
        let (kind, message, hint) = match status.as_u16() {
            401 => match keys {
                Keys::Given => (
                    ErrorKind::Io,
                    "the server refuses the credentials that were given",
                    Some("in a URL `@`, `:`, `/` and `%` of a password are written %40, %3A, %2F and %25"),
                ),
                Keys::Withheld => (
                    ErrorKind::Io,
                    "the server wants credentials",
                    Some("those that were given are for another server, which redirects to this one"),
                ),
                _ => (
                    ErrorKind::Io,
                    "the server wants credentials",
                    Some("give them in the URL (user:password@host) or with HttpResource::basic_auth or bearer_auth"),
                ),
            },
            403 => match keys {
                Keys::Given => (ErrorKind::Io, "the server refuses access with the credentials that were given", None),
                Keys::Signature => (
                    ErrorKind::Io,
                    "the server refuses access",
                    Some("the signature in the address may have expired, or be for another file"),
                ),
                _ => (
                    ErrorKind::Io,
                    "the server refuses access",
                    Some("it may want credentials, or know no program of this name: HttpResource::user_agent"),
                ),
            },
            404 | 410 => (ErrorKind::NotFound, "the server has no such file", None),
            407 => (ErrorKind::Io, REFUSED, Some(PROXY)),
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
        Failure { kind, message: message.to_owned(), hint, status: Some(status), redirected: None, retry }
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
            E::HostNotFound => Self::new(ErrorKind::Io, UNKNOWN, Retry::No),
            E::Io(e) => Self::from_io(e),
            E::Rustls(e) => Self::from_tls(&e.to_string()),
            E::Tls(text) => Self::from_tls(text),
            E::Protocol(e) => Self::new(ErrorKind::Io, format!("what the server says is not HTTP: {e}"), Retry::No),
            E::LargeResponseHeader(..) => Self::new(ErrorKind::Io, "the header of the answer has no end", Retry::No),
            E::ConnectProxyFailed(text) if text.contains("407") => {
                Self::new(ErrorKind::Io, REFUSED, Retry::No).hint(PROXY)
            }
            E::ConnectProxyFailed(text) => {
                let status = text.split(|c: char| !c.is_ascii_digit()).find_map(|part| part.parse::<StatusCode>().ok());
                let failure = Self::new(ErrorKind::Io, "the proxy did not connect to the server", Retry::No);
                let hint = "is the address right? NO_PROXY names the hosts that need no proxy";
                Failure { status, ..failure.hint(hint) }
            }
            E::ConnectionFailed => Self::broke_off("no connection came about"),
            _ => Self::new(ErrorKind::Io, "the request could not be made", Retry::No),
        }
    }

    fn from_io(e: &io::Error) -> Self {
        let text = e.to_string();
        if text.contains("failed to lookup address") {
            // A name server that does not answer may do so later.
            let retry = if text.contains("emporary") { Retry::Yes } else { Retry::No };
            return Self::new(ErrorKind::Io, UNKNOWN, retry);
        }
        // TLS errors travel inside others.
        if text.contains("certificate") || e.kind() == io::ErrorKind::InvalidData {
            return Self::from_tls(&text);
        }
        match e.kind() {
            io::ErrorKind::ConnectionRefused => Self::new(ErrorKind::Io, NOBODY, Retry::No),
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => Self::broke_off("the connection broke off before the answer was complete"),
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Self::broke_off("the connection timed out"),
            _ => Self::new(ErrorKind::Io, format!("{FAILED}{text}"), Retry::Yes),
        }
    }

    fn from_tls(text: &str) -> Self {
        const TRUST: &str = "if the server is to be trusted, name a file with its issuer's certificate (PEM) by \
                             HttpResource::ca_file or the environment variable SSL_CERT_FILE";
        let said = |what: &str| Self::new(ErrorKind::Io, what.to_owned(), Retry::No);
        let lower = text.to_ascii_lowercase();
        if lower.contains("causedasendentity") {
            return said("the server's certificate is one of an authority (CA:TRUE), which no server may show").hint(
                "make the server's without: openssl req -x509 -addext basicConstraints=critical,CA:FALSE …; whether \
                 it is trusted does not matter here",
            );
        }
        if lower.contains("corrupt message") {
            return said("no secure connection came about: the server does not speak TLS")
                .hint("is its address meant to begin with http: ?");
        }
        if lower.contains("unknownissuer") || lower.contains("unknown issuer") {
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
        if let Some(to) = self.redirected {
            e = e.with("redirected to", to);
        }
        e = e.with("request", asked).with("attempts", attempts);
        match self.hint {
            Some(hint) => e.with_hint(hint),
            None => e,
        }
    }
}

/// The way of giving credentials that the server names, if none of those that it names is known here.
fn unknown_scheme(headers: &HeaderMap) -> Option<String> {
    let named = headers.get_all("www-authenticate");
    let names = named.iter().filter_map(|value| value.to_str().ok()).map(|text| {
        text.trim().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').take(20).collect::<String>()
    });
    let names: Vec<String> = names.filter(|name| !name.is_empty()).collect();
    // Several may stand in one header, behind commas.
    let all = named.iter().filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(",").to_ascii_lowercase();
    let known = all.split(',').any(|part| {
        let scheme = part.trim().split(' ').next().unwrap_or_default();
        scheme == "basic" || scheme == "bearer"
    });
    names.into_iter().next().filter(|_| !known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_what_the_system_says() {
        let io = |kind, text: &'static str| Failure::from_io(&io::Error::new(kind, text));
        let other = |text| io(io::ErrorKind::Other, text);
        let rows = [
            (other("failed to lookup address information: Name or service not known"), "no host of that name", false),
            (other("failed to lookup address information: Temporary failure in it"), "no host of that name", true),
            (
                io(io::ErrorKind::InvalidData, "received corrupt message of type InvalidContentType"),
                "does not speak TLS",
                false,
            ),
            (io(io::ErrorKind::InvalidData, "invalid peer certificate: Other(CaUsedAsEndEntity)"), "CA:TRUE", false),
            (io(io::ErrorKind::InvalidData, "invalid peer certificate: UnknownIssuer"), "not trusted", false),
            (io(io::ErrorKind::ConnectionRefused, "refused").by_proxy(), "where the proxy should be", false),
            (io(io::ErrorKind::ConnectionReset, "reset").by_proxy(), "broke off", true),
            (other("password authentication failed").by_proxy(), "the proxy wants credentials", false),
            (other("connection refused").by_proxy(), "the proxy did not connect to the server: conn", true),
            (other("failed to lookup address information: Name or").by_proxy(), "host of the proxy", false),
            (io(io::ErrorKind::ConnectionReset, "reset").final_one(), "nothing by which to take the file up", false),
        ];
        for (failure, message, passes) in rows {
            assert!(failure.message.contains(message), "{failure:?}");
            assert_eq!(failure.retry == Retry::Yes, passes, "{failure:?}");
        }
    }
}
