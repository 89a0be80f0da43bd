//! Plain `http:` by way of a proxy, which is asked for the whole address (RFC 9112 3.2.2): many proxies refuse to
//! `CONNECT` to port 80.
//!
//! The client writes the path of a URL and wants it to begin with a slash. So the address stands behind one in a URL of
//! the proxy, and the slash is taken away where the request leaves.

use std::fmt;

use ureq::http::{HeaderMap, HeaderValue, header};
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, DefaultConnector, NextTimeout, Transport};
use ureq::{Error, Proxy, ProxyProtocol};

use crate::failure::{Failure, Retry};
use crate::url::Url;

/// What begins a request for a whole address, as the client writes it.
const BEGINS: [&[u8]; 2] = [b"GET /http://", b"PUT /http://"];
/// Where its slash stands.
const SLASH: usize = 4;

/// Whether requests for `url` go through `proxy` in this way.
pub(crate) fn is_for(proxy: &Proxy, url: &Url) -> bool {
    !url.https && matches!(proxy.protocol(), ProxyProtocol::Http | ProxyProtocol::Https)
}

/// What to ask, of an agent whose connector is a [`Forward`], in place of `url`.
pub(crate) fn request_uri(proxy: &Proxy, url: &Url) -> String {
    let scheme = if matches!(proxy.protocol(), ProxyProtocol::Https) { "https" } else { "http" };
    format!("{scheme}://{}:{}/{}", proxy.host(), proxy.port(), url.request_uri())
}

/// Adds what such a request needs: whom it is for, and who asks the proxy. `basic` makes credentials out of a name and
/// a password.
pub(crate) fn headers(
    proxy: &Proxy,
    url: &Url,
    headers: &mut HeaderMap,
    basic: fn(&str, &str) -> String,
) -> Result<(), Failure> {
    let unusable =
        |_| Failure::new(imageio_core::ErrorKind::NotFound, "the URL can't be used for a request", Retry::No);
    headers.insert(header::HOST, HeaderValue::try_from(url.host_and_port()).map_err(unusable)?);
    if proxy.username().is_some() || proxy.password().is_some() {
        let text = basic(proxy.username().unwrap_or_default(), proxy.password().unwrap_or_default());
        let mut value = HeaderValue::try_from(text).map_err(unusable)?;
        value.set_sensitive(true);
        headers.insert(header::PROXY_AUTHORIZATION, value);
    }
    Ok(())
}

/// Connects as usual, and makes requests for whole addresses of those that were written for it.
#[derive(Debug, Default)]
pub(crate) struct Forward(DefaultConnector);

impl Connector for Forward {
    type Out = Forwarded;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<()>) -> Result<Option<Forwarded>, Error> {
        Ok(self.0.connect(details, chained)?.map(|inner| Forwarded { inner, is_next: true }))
    }
}

/// A connection to a proxy.
pub(crate) struct Forwarded {
    inner: Box<dyn Transport>,
    /// Whether what is sent next begins a request; the content of one may look like the begin of another.
    is_next: bool,
}

impl fmt::Debug for Forwarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Forwarded").finish()
    }
}

impl Transport for Forwarded {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let output = self.inner.buffers().output();
        let amount = match output.get_mut(..amount) {
            Some(sent) if self.is_next && BEGINS.iter().any(|begin| sent.starts_with(begin)) => {
                sent.copy_within(SLASH + 1.., SLASH);
                amount - 1
            }
            _ => amount,
        };
        self.is_next = false;
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.is_next = true;
        self.inner.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use ureq::Timeout;
    use ureq::unversioned::transport::LazyBuffers;
    use ureq::unversioned::transport::time::Duration;

    use super::*;

    #[derive(Debug)]
    struct Line(LazyBuffers, Arc<Mutex<Vec<String>>>);

    impl Transport for Line {
        fn buffers(&mut self) -> &mut dyn Buffers {
            &mut self.0
        }

        fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
            let sent = String::from_utf8_lossy(&self.0.output()[..amount]).into_owned();
            self.1.lock().unwrap().push(sent);
            Ok(())
        }

        fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
            Ok(true)
        }

        fn is_open(&mut self) -> bool {
            true
        }
    }

    #[test]
    fn the_begin_of_a_request_alone_is_changed() {
        let never =
            NextTimeout { after: Duration::NotHappening, reason: Timeout::Global, per_read: None, per_write: None };
        let sent = Arc::<Mutex<Vec<String>>>::default();
        let inner = Box::new(Line(LazyBuffers::new(64, 64), sent.clone()));
        let mut line = Forwarded { inner, is_next: true };
        let send = |line: &mut Forwarded, text: &str| {
            line.buffers().output()[..text.len()].copy_from_slice(text.as_bytes());
            line.transmit_output(text.len(), never).unwrap();
        };
        send(&mut line, "PUT /http://a/b HTTP/1.1");
        send(&mut line, "PUT /http://content");
        line.await_input(never).unwrap();
        send(&mut line, "GET /http://a/c HTTP/1.1");
        line.await_input(never).unwrap();
        send(&mut line, "GET /d HTTP/1.1");
        let expected = ["PUT http://a/b HTTP/1.1", "PUT /http://content", "GET http://a/c HTTP/1.1", "GET /d HTTP/1.1"];
        assert_eq!(*sent.lock().unwrap(), expected);
    }
}
