//! The client for a bucket, and its errors in our words.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use imageio_core::resource::uri;
use imageio_core::{Error, ErrorKind, Result};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey as AmazonKey};
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::{ObjectStore, RetryConfig};

use crate::address::{Address, Cloud};

pub(crate) type Store = Arc<dyn ObjectStore>;

type Made = HashMap<(String, Vec<(String, String)>), Store>;

/// The client for the bucket: one for all objects of it, since it holds connections and credentials.
pub(crate) fn store(address: &Address, options: &[(String, String)]) -> Result<Store> {
    static STORES: OnceLock<Mutex<Made>> = OnceLock::new();
    let mut stores = STORES.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    let key = (format!("{}://{}", address.scheme, address.bucket), options.to_vec());
    if let Some(store) = stores.get(&key) {
        return Ok(Arc::clone(store));
    }
    // Building a client starts nothing, but it wants to be inside the runtime that will run it.
    let (address, owned) = (address.clone(), options.to_vec());
    let store = crate::runtime::wait(async move { build(&address, &owned) })??;
    stores.insert(key, Arc::clone(&store));
    Ok(store)
}

fn build(address: &Address, options: &[(String, String)]) -> Result<Store> {
    let retry = RetryConfig { max_retries: 3, retry_timeout: Duration::from_secs(60), ..RetryConfig::default() };
    let url = format!("{}://{}", address.scheme, address.bucket);
    macro_rules! builder {
        ($builder:ty, $check:expr) => {{
            let mut builder = <$builder>::from_env().with_url(&url).with_retry(retry);
            for (name, value) in options {
                let key = name.parse().map_err(|_| {
                    Error::new(ErrorKind::UnknownOption, format!("the object store has no option `{name}`"))
                })?;
                builder = builder.with_config(key, value);
            }
            $check(&builder)?;
            builder.build().map(|store| Arc::new(store) as Store)
        }};
    }
    let built = match address.cloud {
        Cloud::Amazon => builder!(AmazonS3Builder, usable),
        Cloud::Google => builder!(GoogleCloudStorageBuilder, unchecked),
        Cloud::Azure => builder!(MicrosoftAzureBuilder, unchecked),
    };
    built.map_err(|e| failure(address, e))
}

/// Settings that the client below would only find out about, with a panic, when it signs the first request.
fn usable(builder: &AmazonS3Builder) -> Result<()> {
    let wrong = |what: &str| Error::new(ErrorKind::InvalidOption, what.to_owned());
    if let Some(endpoint) = builder.get_config_value(&AmazonKey::Endpoint)
        && !is_web_address(&endpoint)
    {
        // Without a scheme nothing tells which part is a password.
        let shown = endpoint.rsplit_once('@').map_or(endpoint.clone(), |(_, host)| format!("***@{host}"));
        return Err(wrong("the endpoint of the object store is no web address")
            .with("endpoint", shown)
            .with_hint("AWS_ENDPOINT is written as http://localhost:9000 or https://host"));
    }
    let rows = [
        (AmazonKey::Region, "the region"),
        (AmazonKey::AccessKeyId, "the access key"),
        (AmazonKey::Token, "the session token"),
    ];
    for (key, name) in rows {
        if builder.get_config_value(&key).is_some_and(|value| !value.bytes().all(|b| (b' '..=b'~').contains(&b))) {
            return Err(wrong(&format!("{name} of the object store has characters that can't be sent"))
                .with_hint("is there a line break at the end of the variable?"));
        }
    }
    Ok(())
}

/// The other clients say what is wrong themselves.
fn unchecked<T>(_: &T) -> Result<()> {
    Ok(())
}

fn is_web_address(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let Some(rest) = lower.strip_prefix("http://").or_else(|| lower.strip_prefix("https://")) else { return false };
    let authority = rest.split('/').next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':').filter(|(_, port)| !port.contains(']')) {
        Some((host, port)) => (host, port.parse::<u16>().is_ok()),
        None => (authority, true),
    };
    let number = |host: &str| host.strip_suffix(']').is_some_and(|host| host.parse::<std::net::Ipv6Addr>().is_ok());
    let name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    port && match host.strip_prefix('[') {
        Some(rest) => number(rest),
        None => !host.is_empty() && host.bytes().all(name),
    }
}

/// Where machines in a cloud are told who they are: asked when nothing else says so.
fn asks_the_machine(text: &str) -> bool {
    ["169.254.", "/latest/api/token", "/latest/meta-data", "/computeMetadata/", "/metadata/identity/"]
        .iter()
        .any(|part| text.contains(part))
}

/// The error in our words, and without the queries of addresses, which may be signed.
pub(crate) fn failure(address: &Address, e: object_store::Error) -> Error {
    use object_store::Error as E;
    let credentials = match address.cloud {
        Cloud::Amazon => {
            "credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or from the machine's role; \
                          AWS_SKIP_SIGNATURE=true reads public buckets"
        }
        Cloud::Google => {
            "credentials come from GOOGLE_APPLICATION_CREDENTIALS or GOOGLE_SERVICE_ACCOUNT; \
                          GOOGLE_SKIP_SIGNATURE=true reads public buckets"
        }
        Cloud::Azure => {
            "credentials come from AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY, or the other \
                         variables of that kind; AZURE_SKIP_SIGNATURE=true reads public containers"
        }
    };
    // What wraps it says which client it was, which the address says as well.
    let text = match &e {
        E::Generic { source, .. } => source.to_string(),
        e => e.to_string(),
    };
    let code = between(&text, "<Code>", "</Code>").filter(|code| code.bytes().all(|b| b.is_ascii_alphanumeric()));
    let status = between(&text, "status code: ", ":");
    // Some requests, such as those for a listing, come back without the kind.
    let number = status.and_then(|status| status.get(..3)?.parse::<u16>().ok()).unwrap_or(0);
    let given = "the credentials that were given are refused";
    let denied = matches!(&e, E::PermissionDenied { .. }) || number == 403;
    let unknown = matches!(&e, E::Unauthenticated { .. }) || number == 401;
    let error = match &e {
        _ if asks_the_machine(&text) || text.contains("Account must be specified") => {
            Error::new(ErrorKind::Io, "no credentials were found, neither in the environment nor of the machine")
                .with_hint(credentials)
        }
        // The signature is made from the keys, so that either may be wrong.
        _ if (denied || unknown) && code.is_some_and(is_about_keys) => {
            Error::new(ErrorKind::Io, given).with_hint(credentials)
        }
        _ if matches!(&e, E::NotFound { .. }) || number == 404 => {
            let what = match code {
                Some("NoSuchBucket" | "ContainerNotFound") => "there is no such bucket",
                Some("NoSuchKey" | "BlobNotFound") => "there is no such object",
                _ => "there is no such object, or no such bucket",
            };
            Error::new(ErrorKind::NotFound, what)
        }
        _ if denied => Error::new(ErrorKind::Io, "access is refused").with_hint(credentials),
        _ if unknown => Error::new(ErrorKind::Io, given).with_hint(credentials),
        E::Precondition { .. } | E::NotModified { .. } => {
            Error::new(ErrorKind::Io, "the object changed while it was being read").with_hint("read it again")
        }
        E::NotSupported { .. } | E::NotImplemented { .. } => Error::unsupported("the object store can't do this"),
        _ if text.contains("contained empty path segment") || text.contains("contained illegal") => {
            Error::unsupported("an object there has a name that can't be an address here, such as one with `//` in it")
                .with_hint("name the objects to be read one by one")
        }
        _ if text.contains("builder error") => {
            let allow = match address.cloud {
                Cloud::Amazon => "is the endpoint an address? one that begins with http: needs AWS_ALLOW_HTTP=true",
                Cloud::Google => "is the endpoint an address? one that begins with http: needs GOOGLE_ALLOW_HTTP=true",
                Cloud::Azure => "is the endpoint an address? one that begins with http: needs AZURE_ALLOW_HTTP=true",
            };
            Error::new(ErrorKind::InvalidOption, "the endpoint of the object store can't be asked").with_hint(allow)
        }
        _ if text.contains("error sending request") => {
            let error = Error::new(ErrorKind::Io, "the object store does not answer");
            let error = match between(&text, "Error performing ", " in ") {
                Some(request) => error.with("request", plain(request)),
                None => error,
            };
            match has_proxy() {
                true => error.with_hint("the environment names a proxy; does it answer?"),
                false => error,
            }
        }
        _ if text.contains("status code: 5") => Error::new(ErrorKind::Io, "the object store failed"),
        _ => Error::new(ErrorKind::Io, plain(&text)),
    };
    let error = match status {
        Some(status) => error.with("status", status),
        None => error,
    };
    let error = match code {
        Some(code) => error.with("code", code),
        None => error,
    };
    let retries = between(&text, "after ", " retries").and_then(|n| n.parse::<u32>().ok()).unwrap_or(0);
    error.with("attempts", retries + 1).with("resource", address)
}

fn has_proxy() -> bool {
    let names = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
    names.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Codes of Amazon, of Google's form of its protocol, and of Azure, for who asks rather than for what is asked.
fn is_about_keys(code: &str) -> bool {
    let codes = [
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "InvalidToken",
        "ExpiredToken",
        "TokenRefreshRequired",
        "InvalidSecurity",
        "AuthenticationFailed",
        "InvalidAuthenticationInfo",
    ];
    codes.contains(&code)
}

fn between<'t>(text: &'t str, front: &str, back: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(front)?;
    rest.split_once(back).map(|(between, _)| between)
}

/// One line, whose addresses have lost their secrets.
fn plain(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().map(|word| uri::redacted(word).into_owned()).collect();
    words.join(" ").chars().take(400).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clouds_answer() {
        let address = Address::parse("s3://b/k").unwrap();
        let denied = |text: &str| {
            let text =
                format!("Error performing GET http://h/b/k in 2ms - Server returned non-2xx status code: {text}");
            object_store::Error::PermissionDenied { path: "k".to_owned(), source: text.into() }
        };
        let body =
            "403 Forbidden: <Error><Code>SignatureDoesNotMatch</Code><StringToSign>hunter2</StringToSign></Error>";
        let e = failure(&address, denied(body));
        assert!(e.message().contains("credentials that were given are refused") && e.hint().is_some(), "{e}");
        let context = |key| e.context_value(key);
        assert_eq!(context("status"), Some("403 Forbidden"));
        assert_eq!((context("code"), context("attempts")), (Some("SignatureDoesNotMatch"), Some("1")));
        assert!(!format!("{e} {e:?}").contains("hunter2"), "{e:?}");
        let e = failure(&address, denied("403 Forbidden: <Code>AccessDenied</Code>"));
        assert_eq!((e.message(), e.context_value("code")), ("access is refused", Some("AccessDenied")));
        let text =
            "in 3s, after 3 retries, max_retries: 3 - Server returned non-2xx status code: 500 Oh: <Code>Internal";
        let e = failure(&address, object_store::Error::Generic { store: "S3", source: text.into() });
        let context = |key| e.context_value(key);
        assert_eq!((e.message(), context("status")), ("the object store failed", Some("500 Oh")));
        assert_eq!((context("code"), context("attempts")), (None, Some("4")));
        let text = "Error performing GET http://h/b/k?sig=hunter2 in 516ms, after 3 retries, max_retries: 3, \
                    retry_timeout: 60s - HTTP error: error sending request";
        let e = failure(&address, object_store::Error::Generic { store: "S3", source: text.into() });
        assert_eq!(e.message(), "the object store does not answer");
        assert_eq!(e.context_value("request"), Some("GET http://h/b/k?sig=***"));
        assert_eq!(e.context_value("attempts"), Some("4"));
    }

    #[test]
    fn what_has_no_kind_of_its_own() {
        let said = |address: &str, text: &str| {
            let address = Address::parse(address).unwrap();
            failure(&address, object_store::Error::Generic { store: "S3", source: text.to_owned().into() })
        };
        let list = "Error performing list request: Error performing GET http://h/b?list-type=2 in 1ms - Server \
                    returned non-2xx status code: ";
        let rows = [
            (
                "s3://b/",
                format!("{list}404 Not Found: <Code>NoSuchBucket</Code>"),
                ErrorKind::NotFound,
                "no such bucket",
            ),
            ("s3://b/", format!("{list}403 Forbidden: <Code>AccessDenied</Code>"), ErrorKind::Io, "access is refused"),
            ("s3://b/", format!("{list}403 Forbidden: <Code>ExpiredToken</Code>"), ErrorKind::Io, "are refused"),
            (
                "s3://b/k",
                "Error performing PUT http://169.254.169.254/latest/api/token in 5ms - HTTP error: error sending \
                 request"
                    .to_owned(),
                ErrorKind::Io,
                "no credentials were found",
            ),
            (
                "gs://b/k",
                "Error performing token request: Error performing GET \
                 http://metadata/computeMetadata/v1/instance in 2ms - Server returned non-2xx status code: 403 F: x"
                    .to_owned(),
                ErrorKind::Io,
                "no credentials were found",
            ),
            ("az://b/k", "Account must be specified".to_owned(), ErrorKind::Io, "no credentials were found"),
            (
                "s3://b/a/",
                "Encountered object with invalid path: Path \"a//\" contained empty path segment".to_owned(),
                ErrorKind::Unsupported,
                "with `//`",
            ),
            (
                "s3://b/k",
                "Error performing GET http://h/b/k in 1ms - HTTP error: builder error".to_owned(),
                ErrorKind::InvalidOption,
                "endpoint",
            ),
        ];
        for (address, text, kind, message) in rows {
            let e = said(address, &text);
            assert_eq!(e.kind(), kind, "{text}: {e}");
            assert!(e.message().contains(message) && !e.message().contains("Generic"), "{text}: {e}");
            assert!(e.hint().is_some() || kind == ErrorKind::NotFound, "{text}: {e}");
        }
    }

    #[test]
    fn settings_that_no_request_can_be_made_with() {
        let address = Address::parse("s3://b/k").unwrap();
        let with = |name: &str, value: &str| {
            let options = [("aws_region", "us-east-1"), (name, value)].map(|(n, v)| (n.to_owned(), v.to_owned()));
            store(&address, &options).map(drop)
        };
        for endpoint in
            ["nonsense", "", "localhost:9000", "http://", "http://[x", "ftp://h", "http://h:x", "http://a b"]
        {
            let e = with("aws_endpoint", endpoint).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::InvalidOption, "{endpoint}: {e}");
        }
        let e = with("aws_endpoint", "me:hunter2@h:9000").unwrap_err();
        assert!(!format!("{e} {e:?}").contains("hunter2"), "{e:?}");
        for (name, value) in [("aws_region", "us\n"), ("aws_access_key_id", "AK\n"), ("aws_session_token", "hünter2")]
        {
            let e = with(name, value).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::InvalidOption, "{name}: {e}");
            assert!(!format!("{e} {e:?}").contains("hünter2"), "{e:?}");
        }
        for endpoint in ["http://127.0.0.1:9000", "https://[::1]:9000/x", "HTTPS://minio_1.example.org/"] {
            with("aws_endpoint", endpoint).unwrap();
        }
    }

    #[test]
    fn signed_addresses_are_not_shown() {
        let text = "error sending request for url (https://h/c/k?sv=1&sig=abc%2F)\nafter 3 retries";
        assert_eq!(plain(text), "error sending request for url (https://h/c/k?sv=1&sig=*** after 3 retries");
    }
}
