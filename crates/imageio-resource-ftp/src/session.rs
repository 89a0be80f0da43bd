//! One login, and what may be asked in it.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use imageio_core::{Error, ErrorKind, Result};
use rustls::{ClientConfig, RootCertStore};
use suppaftp::rustls::pki_types::pem::PemObject;
use suppaftp::types::FileType;
use suppaftp::{FtpError, Mode, RustlsConnector, RustlsFtpStream, Status, TlsConnector};

use crate::address::{Address, Tls};

/// How requests are made.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub connect_timeout: Duration,
    pub idle_timeout: Duration,
    pub retries: u32,
    pub ca_file: Option<std::path::PathBuf>,
}

impl Settings {
    pub fn from_environment() -> Self {
        let said = imageio_ranged::timeout();
        Settings {
            connect_timeout: said.unwrap_or(Duration::from_secs(10)),
            idle_timeout: said.unwrap_or(Duration::from_secs(30)),
            retries: 3,
            ca_file: std::env::var_os("SSL_CERT_FILE").filter(|file| !file.is_empty()).map(Into::into),
        }
    }
}

/// What went wrong, and whether another attempt may help.
pub(crate) struct Failure {
    pub error: Error,
    pub passes: bool,
}

impl Failure {
    fn secure(text: &str) -> Self {
        if text.contains("CaUsedAsEndEntity") {
            let message = "the server's certificate is one of an authority (CA:TRUE), which no server may show";
            let hint = "make the server's without: openssl req -x509 -addext basicConstraints=critical,CA:FALSE …";
            return Failure { error: Error::new(ErrorKind::Io, message).with_hint(hint), passes: false };
        }
        let lower = text.to_ascii_lowercase();
        let message = if lower.contains("unknownissuer") {
            "the server's certificate comes from an issuer that is not trusted, or from itself".to_owned()
        } else if lower.contains("not valid for name") || lower.contains("notvalidforname") {
            format!("the server's certificate is for another host: {text}")
        } else if lower.contains("expired") {
            "the server's certificate has expired".to_owned()
        } else {
            format!("no secure connection came about: {text}")
        };
        let error = Error::new(ErrorKind::Io, message);
        let hint = "if the server is to be trusted, name a file with its issuer's certificate (PEM) in the \
                    environment variable SSL_CERT_FILE";
        Failure { error: error.with_hint(hint), passes: false }
    }

    fn io(what: &str, e: &io::Error) -> Self {
        // The handshake runs with the first command, and its errors travel inside others.
        if e.to_string().contains("certificate") {
            return Self::secure(&e.to_string());
        }
        let passes = !matches!(e.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound);
        let error = match e.kind() {
            io::ErrorKind::ConnectionRefused => "nothing answers at that host and port".to_owned(),
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => format!("{what}: nothing came in time"),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
                format!("{what}: the connection broke off")
            }
            _ => format!("{what}: {e}"),
        };
        Failure { error: Error::new(ErrorKind::Io, error), passes }
    }

    fn from(what: &str, e: FtpError) -> Self {
        let response = match e {
            FtpError::ConnectionError(e) => return Self::io(what, &e),
            FtpError::UnexpectedResponse(response) => response,
            FtpError::SecureError(text) => return Self::secure(&text),
            other => {
                return Failure { error: Error::new(ErrorKind::Io, format!("{what}: {other}")), passes: false };
            }
        };
        let said = String::from_utf8_lossy(&response.body).trim().chars().take(200).collect::<String>();
        let (kind, passes) = match response.status.code() {
            550 => (ErrorKind::NotFound, false),
            // The end of a transfer that was cut short also comes as 426.
            421 | 425 | 426 | 450 | 451 => (ErrorKind::Io, true),
            502 | 504 => (ErrorKind::Unsupported, false),
            _ => (ErrorKind::Io, false),
        };
        let refusal = match kind {
            ErrorKind::NotFound => "the server has no such file, or does not give it",
            _ => "the server refuses",
        };
        let error = Error::new(kind, format!("{what}: {refusal}")).with("status", said);
        Failure { error, passes }
    }

    /// What kept the connection from becoming a secure one.
    fn no_tls(e: FtpError) -> Self {
        let refused = matches!(&e, FtpError::UnexpectedResponse(_));
        let mut failure = Self::from("asking for TLS", e);
        if refused {
            failure.error = failure.error.with_hint("if it has none, and nobody may listen: ftp: in place of ftps:");
        }
        failure
    }

    /// What kept the user out: whether it was the credentials, and whether there were any.
    fn login(address: &Address, e: FtpError) -> Self {
        let refused = match &e {
            FtpError::UnexpectedResponse(response) => matches!(response.status.code(), 430 | 530 | 532),
            _ => false,
        };
        let mut failure = Self::from("logging in", e);
        if refused {
            let (message, hint) = match address.anonymous {
                true => (
                    "logging in: the server wants a user and a password",
                    "they are given in the URL: ftp://user:password@host/name",
                ),
                false => (
                    "logging in: the server refuses the user and the password that were given",
                    "in a URL `@`, `:`, `/` and `%` of a password are written %40, %3A, %2F and %25",
                ),
            };
            let said = failure.error.context_value("status").unwrap_or_default().to_owned();
            failure.error = Error::new(ErrorKind::Io, message).with("status", said).with_hint(hint);
        } else if failure.error.kind() == ErrorKind::NotFound {
            // The code is that of files that are not there, and no file was asked for yet.
            let said = failure.error.context_value("status").unwrap_or_default().to_owned();
            let wants_tls = said.contains("TLS") || said.contains("SSL");
            failure.error = Error::new(ErrorKind::Io, "logging in: the server refuses").with("status", said);
            if wants_tls {
                failure.error = failure.error.with_hint("it wants TLS: write ftps: in place of ftp:");
            }
        }
        failure
    }
}

/// A connection that is logged in and in binary mode.
pub(crate) struct Session {
    ftp: RustlsFtpStream,
    /// By `EPSV`: for IPv6, and for servers that know no `PASV`.
    extended: bool,
}

pub(crate) type Transfer = suppaftp::TransferStream<<RustlsConnector as TlsConnector>::Stream>;

impl Session {
    pub fn open(address: &Address, settings: &Settings) -> Result<Self, Failure> {
        let (connect, idle) = (settings.connect_timeout, settings.idle_timeout);
        let targets = (address.host.as_str(), address.port).to_socket_addrs();
        let unknown = |_| Failure { error: Error::new(ErrorKind::Io, "no host of that name is known"), passes: false };
        let mut last = None;
        let mut connection = None;
        for target in targets.map_err(unknown)? {
            match dial(target, connect, idle) {
                Ok(stream) => {
                    connection = Some((stream, target.ip()));
                    break;
                }
                Err(e) => last = Some(e),
            }
        }
        let Some((stream, ip)) = connection else {
            let e = last.unwrap_or_else(|| io::ErrorKind::NotFound.into());
            return Err(Failure::io("connecting", &e));
        };
        let fail = |e| Failure::from("connecting", e);
        let mut ftp = match address.tls {
            Tls::None => RustlsFtpStream::connect_with_stream(stream).map_err(fail)?,
            Tls::Explicit => RustlsFtpStream::connect_with_stream(stream)
                .map_err(fail)?
                .into_secure(connector(settings)?, &address.host)
                .map_err(Failure::no_tls)?,
            Tls::Implicit => {
                // That function connects for itself, without any timeout; this one was only to know who answers.
                drop(stream);
                let target = SocketAddr::new(ip, address.port);
                let patient = Patient { inner: connector(settings)?, idle };
                #[allow(deprecated, reason = "the form that servers at port 990 speak")]
                let mut ftp = RustlsFtpStream::connect_secure_implicit(target, patient, &address.host).map_err(fail)?;
                // Data come in the clear unless they are asked for otherwise (RFC 4217 9), also at this port.
                for command in ["PBSZ 0", "PROT P"] {
                    ftp.custom_command(command, &[Status::CommandOk]).map_err(fail)?;
                }
                ftp
            }
        };
        ftp = ftp.passive_stream_builder(move |target| dial(target, connect, idle).map_err(FtpError::ConnectionError));
        // A server that names another host for the data would have us connect to whom it likes.
        ftp.set_passive_nat_workaround(true);
        let extended = matches!(ip, IpAddr::V6(_));
        if extended {
            ftp.set_mode(Mode::ExtendedPassive);
        }
        ftp.login(&address.user, &address.password).map_err(|e| Failure::login(address, e))?;
        ftp.transfer_type(FileType::Binary).map_err(|e| Failure::from("choosing binary mode", e))?;
        Ok(Session { ftp, extended })
    }

    /// Length of the file; `None` from servers that do not tell.
    pub fn size(&mut self, path: &str) -> Result<Option<u64>, Failure> {
        match self.ftp.size(path) {
            Ok(size) => Ok(Some(size as u64)),
            Err(FtpError::UnexpectedResponse(r)) if matches!(r.status.code(), 500 | 502 | 504) => Ok(None),
            Err(e) => Err(Failure::from("asking for the size", e)),
        }
    }

    /// When the file was changed, in any form that tells versions apart; `None` from servers that do not tell.
    pub fn changed(&mut self, path: &str) -> Result<Option<String>, Failure> {
        // The answer as it is, since some have fractions of seconds.
        match self.ftp.custom_command(format!("MDTM {path}"), &[Status::File]) {
            Ok(answer) => Ok(Some(String::from_utf8_lossy(&answer.body).into_owned())),
            Err(FtpError::ConnectionError(e)) => Err(Failure::io("asking for the date", &e)),
            Err(_) => Ok(None),
        }
    }

    /// Whether the file is still the one that was found.
    pub fn has(&mut self, path: &str, size: Option<u64>, changed: Option<&str>) -> Result<bool, Failure> {
        Ok(self.size(path)? == size && self.changed(path)?.as_deref() == changed)
    }

    /// A transfer of the file from `offset` on, if the server does as it says.
    pub fn start(&mut self, path: &str, offset: u64) -> Result<Transfer, Failure> {
        let what = format!("reading from byte {offset}");
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        self.ftp.resume_transfer(offset).map_err(|e| Failure::from(&what, e))?;
        match self.ftp.retr_as_stream(path) {
            Err(FtpError::UnexpectedResponse(answer))
                if !self.extended && matches!(answer.status.code(), 500..=502) =>
            {
                (self.extended, _) = (true, self.ftp.set_mode(Mode::ExtendedPassive));
                self.ftp.resume_transfer(offset).map_err(|e| Failure::from(&what, e))?;
                self.ftp.retr_as_stream(path).map_err(|e| Failure::from(&what, e))
            }
            begun => begun.map_err(|e| Failure::from(&what, e)),
        }
    }

    /// Ends a transfer before its time; `true` if the session is good for another one. Where the transfer was over
    /// just then, servers answer once more than expected, which the next command would take for its own answer.
    pub fn abort(&mut self, transfer: Transfer) -> bool {
        self.ftp.abort(transfer).is_ok() && self.ftp.noop().is_ok()
    }
}

/// TLS on a connection that somebody else made: with our timeouts.
#[derive(Debug)]
struct Patient {
    inner: RustlsConnector,
    idle: Duration,
}

impl TlsConnector for Patient {
    type Stream = <RustlsConnector as TlsConnector>::Stream;

    fn connect(&self, domain: &str, stream: TcpStream) -> suppaftp::FtpResult<Self::Stream> {
        let set = stream.set_read_timeout(Some(self.idle)).and_then(|()| stream.set_write_timeout(Some(self.idle)));
        set.and_then(|()| stream.set_nodelay(true)).map_err(FtpError::ConnectionError)?;
        self.inner.connect(domain, stream)
    }
}

fn dial(target: SocketAddr, connect: Duration, idle: Duration) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&target, connect)?;
    stream.set_read_timeout(Some(idle))?;
    stream.set_write_timeout(Some(idle))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn connector(settings: &Settings) -> Result<RustlsConnector, Failure> {
    // One configuration for all connections, since servers want data connections to resume the control's session.
    static BUILT_IN: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    let build = |roots: RootCertStore| {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(|e| refused(&e.to_string()))?;
        Ok::<_, Failure>(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
    };
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let Some(file) = &settings.ca_file else {
        if let Some(config) = BUILT_IN.get() {
            return Ok(Arc::clone(config).into());
        }
        let config = build(roots)?;
        return Ok(Arc::clone(BUILT_IN.get_or_init(|| config)).into());
    };
    let certificates = rustls::pki_types::CertificateDer::pem_file_iter(file).map_err(|e| refused(&e.to_string()))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|e| refused(&e.to_string()))?;
        roots.add(certificate).map_err(|e| refused(&e.to_string()))?;
    }
    Ok(build(roots)?.into())
}

fn refused(why: &str) -> Failure {
    let error = Error::new(ErrorKind::Io, format!("the certificates that are to be trusted can't be used: {why}"));
    Failure { error, passes: false }
}

/// Runs `attempt` until it works, until its failure is not one that passes, or until there were enough.
pub(crate) fn again<T>(
    address: &Address,
    settings: &Settings,
    mut attempt: impl FnMut() -> Result<T, Failure>,
) -> Result<T> {
    let mut made = 0;
    loop {
        made += 1;
        let failure = match attempt() {
            Ok(done) => return Ok(done),
            Err(failure) => failure,
        };
        if !failure.passes || made > settings.retries {
            return Err(failure.error.with("attempts", made).with("resource", address));
        }
        log::debug!("attempt {made} at {address} failed: {}", failure.error.message());
        thread::sleep(Duration::from_millis(200 << (made - 1).min(6)));
    }
}
