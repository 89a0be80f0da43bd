//! The resource and its builder.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use imageio_core::resource::{Ahead, Atomic, ImageResource, IntoResource, IntoTarget, ReadSeek, Target, Transaction};
use imageio_core::{Error, ErrorKind, ProgressFn, Registry, Result, known};

use crate::client::{Ask, Client};
use crate::content;
use crate::remote::Remote;
use crate::settings::{Auth, Settings};
use crate::url::Url;

/// A file on a web server, and how to ask for it.
///
/// The text `"https://host/name.png"` opens one with every default; this is for those who want to say more. Nothing
/// is asked of the server before something is read.
///
/// ```no_run
/// # use imageio_resource_http::HttpResource;
/// # use imageio_core::resource::{ImageResource, IntoResource};
/// let scan = HttpResource::new("https://example.org/scan.tif")?
///     .bearer_auth("token")
///     .header("X-Project", "lab")
///     .max_size(500_000_000);
/// let stream = scan.into_resource()?.open_read()?;
/// # Ok::<(), imageio_core::Error>(())
/// ```
pub struct HttpResource {
    url: Url,
    settings: Settings,
    client: OnceLock<Arc<Client>>,
    state: Mutex<State>,
}

/// What is known of the server's answer.
enum State {
    Unasked,
    /// Asked for the sake of a name, without luck: whoever reads gets to know.
    Failed(Error),
    Found(Arc<Remote>),
}

impl HttpResource {
    /// The file at a URL. `user:password@` in front of the host is sent as basic authentication.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) for what is no `http` or `https` URL.
    pub fn new(url: &str) -> Result<Self> {
        Ok(HttpResource {
            url: Url::parse(url)?,
            settings: Settings::from_environment(),
            client: OnceLock::new(),
            state: Mutex::new(State::Unasked),
        })
    }

    fn set(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        // Whatever was asked before was asked in another way.
        self.client = OnceLock::new();
        self.state = Mutex::new(State::Unasked);
        self
    }

    /// Adds a header to every request to this host, and to no other one that a redirect leads to.
    #[must_use]
    pub fn header(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.set(|s| s.headers.push((name.into(), value.into())))
    }

    /// The `User-Agent`; the name of this library unless said.
    #[must_use]
    pub fn user_agent(self, name: impl Into<String>) -> Self {
        self.set(|s| s.user_agent = name.into())
    }

    /// Authentication by name and password.
    #[must_use]
    pub fn basic_auth(self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.set(|s| s.auth = Some(Auth::Basic { user: user.into(), password: password.into() }))
    }

    /// Authentication by a token.
    #[must_use]
    pub fn bearer_auth(self, token: impl Into<String>) -> Self {
        self.set(|s| s.auth = Some(Auth::Bearer(token.into())))
    }

    /// The longest time until a connection stands; 10 s, or what `IMAGEIO_REQUEST_TIMEOUT` says.
    #[must_use]
    pub fn connect_timeout(self, time: Duration) -> Self {
        self.set(|s| s.connect_timeout = time)
    }

    /// The longest time in which nothing, or next to nothing (1 KiB), comes; 30 s, or what
    /// `IMAGEIO_REQUEST_TIMEOUT` says.
    #[must_use]
    pub fn idle_timeout(self, time: Duration) -> Self {
        self.set(|s| s.idle_timeout = time)
    }

    /// The longest time for one transfer with all its attempts; none unless said. A long answer that is read
    /// while it is decoded is one transfer.
    #[must_use]
    pub fn total_timeout(self, time: Duration) -> Self {
        self.set(|s| s.total_timeout = Some(time))
    }

    /// The longest file that is read. Unless said, files that have to be kept whole, since their server has no
    /// ranges, may have 4 GiB (after decompression); others are not limited.
    #[must_use]
    pub fn max_size(self, bytes: u64) -> Self {
        self.set(|s| s.max_size = Some(bytes))
    }

    /// How often a request is made again after failures that may pass; 3.
    #[must_use]
    pub fn retries(self, n: u32) -> Self {
        self.set(|s| s.retries = n)
    }

    /// A file of certificates (PEM) that are trusted besides the built-in ones; `SSL_CERT_FILE` unless said.
    #[must_use]
    pub fn ca_file(self, file: impl Into<PathBuf>) -> Self {
        self.set(|s| s.ca_file = Some(file.into()))
    }

    /// Is told how many bytes came, and of how many.
    #[must_use]
    pub fn progress(self, callback: ProgressFn) -> Self {
        self.set(|s| s.progress = Some(callback))
    }

    /// Allows writing, with a `PUT` of the complete file.
    #[must_use]
    pub fn put(self) -> Self {
        self.set(|s| s.put = true)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn client(&self) -> Result<Arc<Client>> {
        if let Some(client) = self.client.get() {
            return Ok(Arc::clone(client));
        }
        let client = Arc::new(Client::new(self.url.clone(), self.settings.clone())?);
        Ok(Arc::clone(self.client.get_or_init(|| client)))
    }

    fn remote(&self) -> Result<Arc<Remote>> {
        // Held while the server is asked, so that several readers ask once.
        let mut state = self.state();
        match std::mem::replace(&mut *state, State::Unasked) {
            State::Found(remote) => {
                *state = State::Found(Arc::clone(&remote));
                Ok(remote)
            }
            State::Failed(e) => Err(e),
            State::Unasked => {
                let remote = self.client().and_then(|client| Remote::ask(&client)).map(Arc::new);
                let remote = remote.map_err(|e| e.with("resource", &self.url))?;
                *state = State::Found(Arc::clone(&remote));
                Ok(remote)
            }
        }
    }
}

/// Without secrets.
impl fmt::Debug for HttpResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResource").field("url", &self.url).field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl ImageResource for HttpResource {
    fn name(&self) -> Cow<'_, str> {
        self.url.to_string().into()
    }

    fn open_read<'r>(self: Arc<Self>) -> Result<Box<dyn ReadSeek + 'r>>
    where
        Self: 'r,
    {
        self.remote()?.open()
    }

    /// The name in the URL; where its extension says nothing, the server is asked for its own.
    fn file_name(&self) -> Option<Cow<'_, str>> {
        let name = self.url.file_name();
        if name.as_deref().is_some_and(is_known) || self.settings.put {
            return name.map(Cow::Owned);
        }
        let remote = match self.remote() {
            Ok(remote) => remote,
            Err(e) => {
                *self.state() = State::Failed(e);
                return name.map(Cow::Owned);
            }
        };
        if let Some(given) = &remote.named {
            return Some(Cow::Owned(given.clone()));
        }
        match (name, remote.extension) {
            (Some(name), Some(extension)) => Some(Cow::Owned(format!("{name}.{extension}"))),
            (None, Some(extension)) => Some(Cow::Owned(format!("index.{extension}"))),
            (name, None) => name.map(Cow::Owned),
        }
    }

    fn size_hint(&self) -> Option<u64> {
        match &*self.state() {
            State::Found(remote) => remote.size,
            _ => None,
        }
    }

    fn shared(&self) -> Result<Option<Arc<dyn ImageResource>>> {
        Ok(self.remote()?.shared(self.url.to_string()))
    }

    fn ahead(&self) -> Ahead {
        match &*self.state() {
            State::Found(remote) => remote.ahead(),
            _ => Ahead::default(),
        }
    }

    fn begin_write(&self, _how: Atomic) -> Result<Transaction> {
        if !self.settings.put {
            return Err(Error::new(ErrorKind::ReadOnly, "nothing is written to a web server unless that is asked for")
                .with("resource", &self.url)
                .with_hint("HttpResource::new(url)?.put() as the target sends a PUT"));
        }
        let client = self.client()?;
        let extension =
            self.url.file_name().and_then(|name| name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase()));
        let kind = extension.as_deref().and_then(content::media_type);
        let send = move |bytes: Vec<u8>| {
            let ask = Ask { put: Some((&bytes, kind)), ..Ask::default() };
            let answer = client.send(&ask, &mut client.attempts())?;
            match answer.status.as_u16() {
                200..=205 => Ok(()),
                _ => Err(Error::new(ErrorKind::Io, "the server did not store the file")
                    .with("status", answer.status)
                    .with("resource", &client.url)),
            }
        };
        Ok(Transaction::in_memory(Some(Box::new(send))).named(self.name()))
    }
}

/// Whether some plugin reads files of this extension, or one is known to exist.
fn is_known(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let Some((_, extension)) = name.rsplit_once('.') else { return false };
    known::known(extension).is_some()
        || extension == "zip"
        || Registry::global().plugins().iter().any(|p| p.extension_list().contains(&extension))
}

impl<'a> IntoResource<'a> for HttpResource {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        Ok(Arc::new(self))
    }
}

impl<'a> IntoTarget<'a> for HttpResource {
    fn into_target(self) -> Result<Target<'a>> {
        let resource: Arc<dyn ImageResource> = Arc::new(self);
        resource.into_target()
    }
}
