//! How requests are made: what the builder collects, and what the environment says.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use imageio_core::ProgressFn;

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
        let said = imageio_ranged::timeout();
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
            progress: crate::hook::hook(),
            put: false,
        }
    }

    /// What a body that is kept may be long.
    pub fn kept_at_most(&self) -> u64 {
        self.max_size.unwrap_or(KEPT_AT_MOST)
    }
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
