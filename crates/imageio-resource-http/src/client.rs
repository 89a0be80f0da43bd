//! One request after another: redirects, who may know the credentials, and which agent's connections are used.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use imageio_core::{Error, ErrorKind, Result};
use ureq::Agent;
use ureq::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::resolver::DefaultResolver;

use crate::attempts::Attempts;
use crate::body::Incoming;
use crate::failure::{Failure, Keys, Retry};
use crate::forward::{self, Forward};
use crate::proxy;
use crate::settings::{Auth, Settings};
use crate::url::Url;

const MOST_REDIRECTS: usize = 10;

/// Headers that a request needs for itself.
const OURS: &[&str] =
    &["range", "if-range", "host", "content-length", "transfer-encoding", "connection", "accept-encoding"];

/// What is asked for beyond the URL.
#[derive(Clone, Default)]
pub(crate) struct Ask<'a> {
    /// First byte, and last one where there is an end.
    pub range: Option<(u64, Option<u64>)>,
    pub if_range: Option<&'a str>,
    /// `gzip` where a compressed answer is of use.
    pub accept_encoding: Option<&'static str>,
    /// The body of a PUT and its type.
    pub put: Option<(&'a [u8], Option<&'static str>)>,
}

impl fmt::Display for Ask<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.put, self.range) {
            (Some((body, _)), _) => write!(f, "PUT of {} bytes", body.len()),
            (None, None) => write!(f, "GET"),
            (None, Some((first, None))) => write!(f, "GET of bytes {first}-"),
            (None, Some((first, Some(last)))) => write!(f, "GET of bytes {first}-{last}"),
        }
    }
}

/// An answer with status 200, 201, 204, 206 or 416.
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Incoming,
    /// What opened doors in the request.
    pub keys: Keys,
    /// Who answers, where redirects led away from the address that was given.
    pub redirected: Option<Url>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// Where one resource's requests go.
pub(crate) struct Client {
    pub settings: Settings,
    pub url: Url,
    agent: Agent,
    /// The same for proxies that are asked for whole addresses.
    forwarding: Agent,
    /// Where the last redirect led, so that later requests need not go all the way.
    found: Mutex<Option<Url>>,
    /// Hosts that were found already.
    known_hosts: Mutex<Vec<String>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("url", &self.url).field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Client {
    pub fn new(url: Url, settings: Settings) -> Result<Self> {
        let (agent, forwarding) = agents(settings.ca_file.as_deref())?;
        Ok(Client { settings, url, agent, forwarding, found: Mutex::new(None), known_hosts: Mutex::default() })
    }

    pub fn attempts(&self) -> Attempts {
        Attempts::new(self.settings.retries, self.settings.total_timeout)
    }

    pub fn failed(&self, attempts: &mut Attempts, failure: Failure, ask: &Ask<'_>) -> Result<()> {
        attempts.failed(failure, &ask.to_string()).map_err(|e| e.with("resource", &self.url))
    }

    /// Asks until an answer comes that is of use, or until it is certain that none will.
    pub fn send(&self, ask: &Ask<'_>, attempts: &mut Attempts) -> Result<Answer> {
        loop {
            match self.once(ask, attempts.deadline) {
                Ok(answer) => return Ok(answer),
                Err(failure) => self.failed(attempts, failure, ask)?,
            }
        }
    }

    fn found(&self) -> MutexGuard<'_, Option<Url>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The longest time until the host's name is looked up. Keeping to one costs a thread for each request, which is
    /// spared where the answer is known already.
    fn time_to_resolve(&self, host: &str) -> Option<Duration> {
        let known = || self.known_hosts.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|h| h == host);
        let number = || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
        (!number() && !known()).then_some(self.settings.connect_timeout)
    }

    fn host_is_known(&self, host: &str) {
        let mut hosts = self.known_hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if !hosts.iter().any(|h| h == host) {
            hosts.push(host.to_owned());
        }
    }

    fn once(&self, ask: &Ask<'_>, deadline: Option<Instant>) -> Result<Answer, Failure> {
        let start = self.found().clone();
        if let Some(start) = start {
            let answer = self.follow(start, ask, deadline)?;
            // Where redirects lead is often good for minutes only, and the address that was given for ever.
            if !matches!(answer.status.as_u16(), 400 | 401 | 403 | 404 | 410) {
                return useful(answer, ask);
            }
            *self.found() = None;
        }
        useful(self.follow(self.url.clone(), ask, deadline)?, ask)
    }

    fn follow(&self, start: Url, ask: &Ask<'_>, deadline: Option<Instant>) -> Result<Answer, Failure> {
        let mut url = start;
        let mut seen = vec![url.clone()];
        loop {
            let led_to = (url != self.url).then(|| url.clone());
            let by = |failure: Failure| match &led_to {
                Some(url) => failure.redirected(url),
                None => failure,
            };
            let mut answer = self.exchange(&url, ask, deadline).map_err(by)?;
            let location = match answer.status.as_u16() {
                301 | 302 | 303 | 307 | 308 => answer.header("location"),
                _ => None,
            };
            let Some(location) = location else {
                if seen.len() > 1 {
                    *self.found() = Some(url);
                }
                answer.redirected = led_to;
                return Ok(answer);
            };
            let refused = |why: &str| {
                Failure::new(ErrorKind::Io, format!("the server redirects {why}, which is not followed"), Retry::No)
            };
            let next = url.join(location).map_err(|why| refused(&why))?.without_credentials();
            if url.https && !next.https {
                let failure = refused("from https to http").redirected(&next);
                return Err(failure.hint("if that is meant, open the http address itself"));
            }
            if ask.put.is_some() && !(matches!(answer.status.as_u16(), 307 | 308) && self.url.trusts(&next)) {
                return Err(refused("a PUT to another place").redirected(&next));
            }
            if seen.contains(&next) {
                return Err(refused("in a circle").redirected(&next));
            }
            if seen.len() > MOST_REDIRECTS {
                return Err(refused("again and again (10 times)"));
            }
            log::debug!("{url} redirects to {next}");
            seen.push(next.clone());
            url = next;
        }
    }

    fn exchange(&self, url: &Url, ask: &Ask<'_>, deadline: Option<Instant>) -> Result<Answer, Failure> {
        let settings = &self.settings;
        let mut headers = HeaderMap::new();
        // Whoever else a redirect leads to learns nothing that was meant for the server that was named.
        if self.url.trusts(url) {
            self.private_headers(&mut headers)?;
        }
        insert(&mut headers, header::USER_AGENT, &settings.user_agent)?;
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(ask.accept_encoding.unwrap_or("identity")));
        match ask.range {
            Some((first, Some(last))) => insert(&mut headers, header::RANGE, &format!("bytes={first}-{last}"))?,
            Some((first, None)) => insert(&mut headers, header::RANGE, &format!("bytes={first}-"))?,
            None => {}
        }
        if let Some(validator) = ask.if_range {
            insert(&mut headers, header::IF_RANGE, validator)?;
        }
        let proxy = proxy::for_url(url)?;
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let by_proxy = proxy.is_some();
        // A proxy is asked for plain addresses itself, and by `CONNECT` or SOCKS for the rest.
        let forwards = proxy.as_ref().filter(|proxy| forward::is_for(proxy, url));
        let (agent, uri) = match forwards {
            Some(proxy) => {
                forward::headers(proxy, url, &mut headers, basic)?;
                (&self.forwarding, forward::request_uri(proxy, url))
            }
            None => (&self.agent, url.request_uri()),
        };
        // The name that is looked up is that of whoever is connected to.
        let (host, proxy) = match forwards {
            Some(proxy) => (proxy.host().to_owned(), None),
            None => (url.host.clone(), proxy),
        };
        let fail = |e: ureq::Error| {
            let failure = Failure::from_ureq(&e, settings.idle_timeout, settings.connect_timeout);
            if by_proxy { failure.by_proxy() } else { failure }
        };
        let unusable = |_| Failure::new(ErrorKind::NotFound, "the URL can't be used for a request", Retry::No);

        macro_rules! run {
            ($method:expr, $body:expr) => {{
                let mut request = Request::builder().method($method).uri(uri).body($body).map_err(unusable)?;
                *request.headers_mut() = headers;
                let request = agent
                    .configure_request(request)
                    .proxy(proxy)
                    .timeout_connect(Some(settings.connect_timeout))
                    .timeout_resolve(self.time_to_resolve(&host))
                    .timeout_per_read(Some(settings.idle_timeout))
                    .timeout_per_write(Some(settings.idle_timeout))
                    .timeout_global(left.map(|left| left.max(Duration::from_millis(1))))
                    .build();
                agent.run(request).map_err(fail)?
            }};
        }
        let response = match ask.put {
            Some((body, kind)) => {
                if let Some(kind) = kind {
                    headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static(kind));
                }
                run!(Method::PUT, body)
            }
            None => run!(Method::GET, ()),
        };
        self.host_is_known(&host);
        let (parts, body) = response.into_parts();
        let body = Incoming::new(body.into_reader(), settings.idle_timeout, settings.connect_timeout);
        Ok(Answer { status: parts.status, headers: parts.headers, body, keys: self.keys(url), redirected: None })
    }

    /// What opens doors in a request to `url`.
    fn keys(&self, url: &Url) -> Keys {
        let settings = &self.settings;
        let is_key = |(name, _): &(String, String)| {
            let name = name.to_ascii_lowercase();
            ["auth", "token", "key", "cookie"].iter().any(|part| name.contains(part))
        };
        let has = settings.auth.is_some() || self.url.credentials().is_some() || settings.headers.iter().any(is_key);
        match has {
            true if self.url.trusts(url) => Keys::Given,
            true => Keys::Withheld,
            false if url.is_signed() => Keys::Signature,
            false => Keys::None,
        }
    }

    fn private_headers(&self, headers: &mut HeaderMap) -> Result<(), Failure> {
        for (name, value) in &self.settings.headers {
            let parsed = HeaderName::try_from(name.as_str()).ok().filter(|name| !OURS.contains(&name.as_str()));
            let parsed = parsed.ok_or_else(|| Failure::settings(format!("the header `{name}` can't be set")))?;
            insert(headers, parsed, value)?;
        }
        let auth = match &self.settings.auth {
            Some(Auth::Basic { user, password }) => Some(basic(user, password)),
            Some(Auth::Bearer(token)) => Some(format!("Bearer {token}")),
            None => self.url.credentials().map(|(user, password)| basic(&user, &password)),
        };
        match auth {
            Some(auth) => insert(headers, header::AUTHORIZATION, &auth),
            None => Ok(()),
        }
    }
}

/// Marked as sensitive, which keeps the value out of logs whatever the header is.
fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) -> Result<(), Failure> {
    let mut value = HeaderValue::try_from(value)
        .map_err(|_| Failure::settings(format!("the value of the header `{name}` can't be sent")))?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(())
}

fn useful(answer: Answer, ask: &Ask<'_>) -> Result<Answer, Failure> {
    let put = ask.put.is_some();
    match answer.status.as_u16() {
        200 | 201 | 202 | 204 | 206 | 416 => Ok(answer),
        203 | 205 if put => Ok(answer),
        _ => {
            let failure = Failure::status(answer.status, &answer.headers, answer.keys);
            let failure = if put { failure.of_put() } else { failure };
            Err(match &answer.redirected {
                Some(url) => failure.redirected(url),
                None => failure,
            })
        }
    }
}

fn basic(user: &str, password: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let text = format!("{user}:{password}");
    let mut out = String::from("Basic ");
    for three in text.as_bytes().chunks(3) {
        let bits = three.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte)) << (8 * (3 - three.len()));
        for i in 0..4 {
            match i <= three.len() {
                true => out.push(char::from(DIGITS[bits >> (18 - 6 * i) & 63])),
                false => out.push('='),
            }
        }
    }
    out
}

/// An agent, and one for proxies that are asked for whole addresses.
type Agents = (Agent, Agent);

/// Agents hold the connections, so all resources that trust the same issuers share them.
fn agents(ca_file: Option<&Path>) -> Result<Agents> {
    static AGENTS: OnceLock<Mutex<HashMap<Option<PathBuf>, Agents>>> = OnceLock::new();
    let agents = AGENTS.get_or_init(Mutex::default);
    let mut agents = agents.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = agents.get(&ca_file.map(Path::to_owned)) {
        return Ok(known.clone());
    }
    let roots = match ca_file {
        None => RootCerts::WebPki,
        Some(file) => roots_with(file)?,
    };
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .tls_config(TlsConfig::builder().root_certs(roots).build())
        .build();
    let forwarding = Agent::with_parts(config.clone(), Forward::default(), DefaultResolver::default());
    let made = (Agent::new_with_config(config), forwarding);
    agents.insert(ca_file.map(Path::to_owned), made.clone());
    Ok(made)
}

fn roots_with(file: &Path) -> Result<RootCerts> {
    let unusable = |what: &str| {
        let message = format!("the file of certificates that are to be trusted {what}");
        Error::new(ErrorKind::InvalidOption, message).with("file", file.display())
    };
    let text = std::fs::read(file).map_err(|e| unusable(&format!("can't be read: {e}")))?;
    let mut roots: Vec<_> =
        webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
    let built_in = roots.len();
    for item in parse_pem(&text) {
        match item {
            Ok(PemItem::Certificate(certificate)) => roots.push(certificate),
            Ok(_) => {}
            Err(e) => return Err(unusable(&format!("is damaged: {e}"))),
        }
    }
    if roots.len() == built_in {
        return Err(unusable("has none in PEM form"));
    }
    Ok(RootCerts::Specific(Arc::new(roots)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_is_base64() {
        // RFC 7617 2, and the paddings.
        assert_eq!(basic("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(basic("a", "b"), "Basic YTpi");
        assert_eq!(basic("a", "bc"), "Basic YTpiYw==");
        assert_eq!(basic("a", "bcd"), "Basic YTpiY2Q=");
        assert_eq!(basic("test", "123£"), "Basic dGVzdDoxMjPCow==");
    }
}
