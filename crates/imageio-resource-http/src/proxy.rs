//! The proxy that the environment names for a URL, by the conventions of curl.

use std::net::IpAddr;

use ureq::Proxy;

use crate::failure::Failure;
use crate::url::Url;

/// The proxy for this URL, or `None` to go straight to its host.
pub(crate) fn for_url(url: &Url) -> Result<Option<Proxy>, Failure> {
    let variable = |names: &[&str]| names.iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    let no_proxy = variable(&["no_proxy", "NO_PROXY"]);
    if no_proxy.is_some_and(|list| excepts(&list, url)) {
        return Ok(None);
    }
    // `HTTP_PROXY` in capitals is what a web server sets from a request's `Proxy:` header, so scripts ignore it.
    let in_cgi = std::env::var_os("REQUEST_METHOD").is_some();
    let named = match url.https {
        true => variable(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]),
        false if in_cgi => variable(&["http_proxy", "all_proxy", "ALL_PROXY"]),
        false => variable(&["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]),
    };
    match named {
        // The text may hold a password, so it is not repeated.
        Some(text) => Proxy::new(&text).map(Some).map_err(|_| {
            Failure::settings("the proxy that the environment names is not one that can be used")
                .hint("what can be used are http://, https://, socks4:// and socks5:// with host and port")
        }),
        None => Ok(None),
    }
}

/// Whether a list as in `NO_PROXY` names the host: `*`, a name (with all below it), an address, with or without port,
/// or a block of addresses (`10.0.0.0/8`).
fn excepts(list: &str, url: &Url) -> bool {
    let host = url.host.trim_matches(['[', ']']);
    let address: Option<IpAddr> = host.parse().ok();
    list.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        if entry == "*" {
            return true;
        }
        if let Some((network, bits)) = entry.split_once('/') {
            return address.is_some_and(|address| is_within(address, network, bits));
        }
        let entry = entry.to_ascii_lowercase();
        let (name, port) = match entry.rsplit_once(':') {
            Some((name, port)) if !name.contains(':') || name.ends_with(']') => (name, port.parse().ok()),
            _ => (entry.as_str(), None),
        };
        let name = name.trim_matches(['[', ']']).trim_start_matches("*.").trim_start_matches('.');
        let same = host == name || host.strip_suffix(name).is_some_and(|front| front.ends_with('.'));
        same && port.is_none_or(|port: u16| port == url.port)
    })
}

/// Whether an address begins with as many bits as the block's.
fn is_within(address: IpAddr, network: &str, bits: &str) -> bool {
    let Ok(bits) = bits.parse::<u32>() else { return false };
    // Nothing is left to compare where no bits count, and shifting by all of them would overflow.
    match (address, network.trim_matches(['[', ']']).parse()) {
        (IpAddr::V4(a), Ok(IpAddr::V4(b))) if bits <= 32 => {
            (u32::from(a) ^ u32::from(b)).checked_shr(32 - bits).unwrap_or(0) == 0
        }
        (IpAddr::V6(a), Ok(IpAddr::V6(b))) if bits <= 128 => {
            (u128::from(a) ^ u128::from(b)).checked_shr(128 - bits).unwrap_or(0) == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions() {
        let rows = [
            ("*", "http://h/", true),
            ("example.com", "http://example.com/", true),
            ("example.com", "http://a.example.com/", true),
            ("example.com", "http://anexample.com/", false),
            (".example.com", "https://a.example.com/", true),
            ("*.example.com", "https://a.example.com/", true),
            ("x, 127.0.0.1", "http://127.0.0.1:8000/", true),
            ("127.0.0.1:80", "http://127.0.0.1:8000/", false),
            ("127.0.0.1:8000", "http://127.0.0.1:8000/", true),
            ("::1", "http://[::1]:8000/", true),
            ("10.0.0.0/8", "http://10.1.2.3/", true),
            ("10.0.0.0/8", "http://11.1.2.3/", false),
            ("192.168.1.7/32", "http://192.168.1.7/", true),
            ("192.168.1.7/32", "http://192.168.1.6/", false),
            ("0.0.0.0/0", "http://10.1.2.3/", true),
            ("10.0.0.0/33", "http://10.1.2.3/", false),
            ("10.0.0.0/8", "http://[::1]/", false),
            ("fd00::/8", "http://[fd12::1]/", true),
            ("fd00::/8", "http://[fe80::1]/", false),
            ("10.0.0.0/8", "http://example.com/", false),
            ("", "http://h/", false),
        ];
        for (list, url, excepted) in rows {
            assert_eq!(excepts(list, &Url::parse(url).unwrap()), excepted, "{list} {url}");
        }
    }
}
