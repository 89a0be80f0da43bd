//! The client for a bucket, and its errors in our words.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use imageio_core::resource::uri;
use imageio_core::{Error, ErrorKind, Result};
use object_store::aws::AmazonS3Builder;
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
        ($builder:ty) => {{
            let mut builder = <$builder>::from_env().with_url(&url).with_retry(retry);
            for (name, value) in options {
                let key = name.parse().map_err(|_| {
                    Error::new(ErrorKind::UnknownOption, format!("the object store has no option `{name}`"))
                })?;
                builder = builder.with_config(key, value);
            }
            builder.build().map(|store| Arc::new(store) as Store)
        }};
    }
    let built = match address.cloud {
        Cloud::Amazon => builder!(AmazonS3Builder),
        Cloud::Google => builder!(GoogleCloudStorageBuilder),
        Cloud::Azure => builder!(MicrosoftAzureBuilder),
    };
    built.map_err(|e| failure(address, e))
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
    let text = e.to_string();
    let code = between(&text, "<Code>", "</Code>").filter(|code| code.bytes().all(|b| b.is_ascii_alphanumeric()));
    let given = "the credentials that were given are refused";
    let error = match &e {
        // The signature is made from the keys, so that either may be wrong.
        E::PermissionDenied { .. } | E::Unauthenticated { .. } if code.is_some_and(is_about_keys) => {
            Error::new(ErrorKind::Io, given).with_hint(credentials)
        }
        E::NotFound { .. } => Error::new(ErrorKind::NotFound, "there is no such object, or no such bucket"),
        E::PermissionDenied { .. } => Error::new(ErrorKind::Io, "access is refused").with_hint(credentials),
        E::Unauthenticated { .. } => Error::new(ErrorKind::Io, given).with_hint(credentials),
        E::Precondition { .. } | E::NotModified { .. } => {
            Error::new(ErrorKind::Io, "the object changed while it was being read").with_hint("read it again")
        }
        E::NotSupported { .. } | E::NotImplemented { .. } => Error::unsupported("the object store can't do this"),
        _ if text.contains("status code: 5") => Error::new(ErrorKind::Io, "the object store failed"),
        _ => Error::new(ErrorKind::Io, plain(&text)),
    };
    let error = match between(&text, "status code: ", ":") {
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
    }

    #[test]
    fn signed_addresses_are_not_shown() {
        let text = "error sending request for url (https://h/c/k?sv=1&sig=abc%2F)\nafter 3 retries";
        assert_eq!(plain(text), "error sending request for url (https://h/c/k?sv=1&sig=*** after 3 retries");
    }
}
