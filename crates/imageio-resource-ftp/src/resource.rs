//! The resource and its builder.

use std::borrow::Cow;
use std::fmt;
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use imageio_core::resource::{Ahead, Atomic, ImageResource, IntoResource, Pipe, ReadSeek, Transaction};
use imageio_core::{Error, ErrorKind, Result};
use imageio_ranged::Ranged;

use crate::address::{Address, Tls};
use crate::parts::{Idle, Parts};
use crate::session::{Failure, Session, Settings, again};
use crate::whole::Whole;

/// A file on an FTP server.
///
/// ```no_run
/// # use imageio_resource_ftp::FtpResource;
/// # use imageio_core::resource::IntoResource;
/// let scan = FtpResource::new("ftp://me:secret@example.org/scans/a.tif")?.into_resource()?;
/// # Ok::<(), imageio_core::Error>(())
/// ```
pub struct FtpResource {
    address: Address,
    settings: Settings,
    asking: Mutex<()>,
    found: OnceLock<Found>,
}

enum Found {
    Parts(Arc<Ranged<Parts>>),
    Whole(Arc<dyn ImageResource>),
}

impl FtpResource {
    /// The file at a URL: `ftp://user:password@host:port/folder/name`, anonymously where no user is named. `ftps`
    /// speaks TLS, at port 990 from the first byte on and at others after `AUTH TLS`.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) for what is no such URL.
    pub fn new(url: &str) -> Result<Self> {
        Ok(FtpResource {
            address: Address::parse(url)?,
            settings: Settings::from_environment(),
            asking: Mutex::new(()),
            found: OnceLock::new(),
        })
    }

    /// The longest time until a connection stands; 10 s, or what `IMAGEIO_REQUEST_TIMEOUT` says.
    #[must_use]
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.settings.connect_timeout = time;
        self
    }

    /// The longest time in which nothing comes; 30 s, or what `IMAGEIO_REQUEST_TIMEOUT` says.
    #[must_use]
    pub fn idle_timeout(mut self, time: Duration) -> Self {
        self.settings.idle_timeout = time;
        self
    }

    /// How often a request is made again after failures that may pass; 3.
    #[must_use]
    pub fn retries(mut self, n: u32) -> Self {
        self.settings.retries = n;
        self
    }

    /// For `ftps`: TLS from the first byte on, which is otherwise spoken at port 990 alone.
    #[must_use]
    pub fn implicit_tls(mut self) -> Self {
        self.address.tls = Tls::Implicit;
        self
    }

    /// A file of certificates (PEM) that are trusted besides the built-in ones; `SSL_CERT_FILE` unless said.
    #[must_use]
    pub fn ca_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.settings.ca_file = Some(file.into());
        self
    }

    fn found(&self) -> Result<&Found> {
        // Several readers ask once.
        let _asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = self.found.get() {
            return Ok(found);
        }
        let (address, settings) = (&self.address, &self.settings);
        let found = again(address, settings, || {
            let mut session = Session::open(address, settings)?;
            let size = session.size(&address.path)?;
            let changed = session.changed(&address.path)?;
            let starts = match size {
                Some(size) if size > 1 => starts_at(&mut session, &address.path, size - 1)?,
                _ => Starts::Anywhere { session_is_good: true },
            };
            Ok((session, size, changed, starts))
        })?;
        let found = match found {
            (session, Some(size), changed, Starts::Anywhere { session_is_good }) => {
                let idle = Idle(Mutex::new(session_is_good.then_some(session)));
                let (address, settings) = (address.clone(), settings.clone());
                Found::Parts(Arc::new(Ranged::new(Parts { address, settings, size, changed, idle })))
            }
            (_, size, changed, _) => {
                let (address, settings) = (address.clone(), settings.clone());
                Found::Whole(Pipe(Whole::new(address, settings, size, changed)?).into_resource()?)
            }
        };
        Ok(self.found.get_or_init(|| found))
    }
}

/// Where a server's transfers may start.
enum Starts {
    Anywhere { session_is_good: bool },
    AtTheBegin,
}

/// Whether it can start in the middle is known when it did: some say so and send the file from its begin.
fn starts_at(session: &mut Session, path: &str, last: u64) -> Result<Starts, Failure> {
    let mut transfer = match session.start(path, last) {
        Ok(transfer) => transfer,
        Err(failure) if failure.passes || failure.error.kind() == ErrorKind::NotFound => return Err(failure),
        Err(_) => return Ok(Starts::AtTheBegin),
    };
    let mut got = Vec::new();
    // The last byte and nothing behind it.
    let read = transfer.by_ref().take(2).read_to_end(&mut got);
    let done = transfer.finish().is_ok();
    // Not every server ends TLS as it should, but then it says that the transfer is complete.
    match got.len() == 1 && (read.is_ok() || done) {
        true => Ok(Starts::Anywhere { session_is_good: done }),
        false => Ok(Starts::AtTheBegin),
    }
}

/// Without the password.
impl fmt::Debug for FtpResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FtpResource").field("address", &self.address).finish_non_exhaustive()
    }
}

impl ImageResource for FtpResource {
    fn name(&self) -> Cow<'_, str> {
        self.address.to_string().into()
    }

    fn open_read<'r>(self: Arc<Self>) -> Result<Box<dyn ReadSeek + 'r>>
    where
        Self: 'r,
    {
        match self.found()? {
            Found::Parts(parts) => Ok(Box::new(parts.open())),
            Found::Whole(whole) => Arc::clone(whole).open_read(),
        }
    }

    fn file_name(&self) -> Option<Cow<'_, str>> {
        self.address.file_name().map(Cow::Borrowed)
    }

    fn size_hint(&self) -> Option<u64> {
        match self.found.get() {
            Some(Found::Parts(parts)) => Some(parts.remote().size),
            _ => None,
        }
    }

    fn shared(&self) -> Result<Option<Arc<dyn ImageResource>>> {
        match self.found()? {
            Found::Parts(parts) => Ok(Some(parts.handle(self.address.to_string()))),
            Found::Whole(_) => Ok(None),
        }
    }

    fn ahead(&self) -> Ahead {
        match self.found.get() {
            Some(Found::Parts(parts)) => parts.ahead(),
            _ => Ahead::default(),
        }
    }

    fn begin_write(&self, _how: Atomic) -> Result<Transaction> {
        Err(Error::new(ErrorKind::ReadOnly, "nothing is written to FTP servers")
            .with("resource", &self.address)
            .with_hint("write to a file and send it with a program for that"))
    }
}

impl<'a> IntoResource<'a> for FtpResource {
    fn into_resource(self) -> Result<Arc<dyn ImageResource + 'a>> {
        Ok(Arc::new(self))
    }
}
