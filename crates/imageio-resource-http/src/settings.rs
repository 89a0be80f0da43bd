//! How requests are made: what the builder collects, and what the environment says.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use imageio_core::ProgressFn;

/// The environment variable for the time to wait for a connection, and for each piece of an answer: whole seconds.
pub const TIMEOUT_VARIABLE: &str = "IMAGEIO_REQUEST_TIMEOUT";

/// What a body that has to be kept whole may be long, unless said otherwise.
pub(crate) const KEPT_AT_MOST: u64 = 4 << 30;

#[derive(Clone)]
pub(crate) enum Auth {
    Basic { user: String, password: String },
    Bearer(String),
}

#[derive(Clone)]
pub(crate) struct Settings {
    pub headers: Vec<(String, String)>,
    pub user_agent: String,
    pub auth: Option<Auth>,
    pub connect_timeout: Duration,
    pub idle_timeout: Duration,
    pub total_timeout: Option<Duration>,
    pub max_size: Option<u64>,
    pub retries: u32,
    pub ca_file: Option<PathBuf>,
    pub progress: Option<ProgressFn>,
    pub put: bool,
}

impl Settings {
    /// Defaults, as the environment changes them.
    pub fn from_environment() -> Self {
        let said = std::env::var(TIMEOUT_VARIABLE).ok().and_then(|text| seconds(&text));
        Settings {
            headers: Vec::new(),
            user_agent: concat!("imageio-rs/", env!("CARGO_PKG_VERSION")).to_owned(),
            auth: None,
            connect_timeout: said.unwrap_or(Duration::from_secs(10)),
            idle_timeout: said.unwrap_or(Duration::from_secs(30)),
            total_timeout: None,
            max_size: None,
            retries: 3,
            ca_file: std::env::var_os("SSL_CERT_FILE").filter(|file| !file.is_empty()).map(PathBuf::from),
            progress: None,
            put: false,
        }
    }

    /// What a body that is kept may be long.
    pub fn kept_at_most(&self) -> u64 {
        self.max_size.unwrap_or(KEPT_AT_MOST)
    }
}

/// Digits alone count, as in Python; a wait of no time at all would only ever fail.
fn seconds(text: &str) -> Option<Duration> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|n| digits && *n > 0).map(Duration::from_secs)
}

/// Without anything that may be a secret: names of headers, and no values.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        let auth = match &self.auth {
            None => "none",
            Some(Auth::Basic { .. }) => "basic ***",
            Some(Auth::Bearer(_)) => "bearer ***",
        };
        f.debug_struct("Settings")
            .field("headers", &names)
            .field("auth", &auth)
            .field("connect_timeout", &self.connect_timeout)
            .field("idle_timeout", &self.idle_timeout)
            .field("total_timeout", &self.total_timeout)
            .field("max_size", &self.max_size)
            .field("retries", &self.retries)
            .field("put", &self.put)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_are_a_timeout() {
        let rows = [
            ("7", Some(7)),
            ("007", Some(7)),
            ("0", None),
            ("", None),
            ("-1", None),
            ("+1", None),
            ("1.5", None),
            ("5s", None),
        ];
        for (text, expected) in rows {
            assert_eq!(seconds(text), expected.map(Duration::from_secs), "{text}");
        }
    }
}
