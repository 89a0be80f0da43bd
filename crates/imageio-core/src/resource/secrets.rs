//! URIs as they may be shown: without what opens doors.

use std::borrow::Cow;

use super::uri::percent_decode;

/// The URI with its secrets replaced by `***`, for messages and logs: the password, a web address's user name
/// where it stands alone (often a token), and the values of query parameters whose names say that they open doors
/// (`token`, `X-Amz-Signature` …). What was mistyped, or lies within another text, loses its secrets as well.
pub fn redacted(uri: &str) -> Cow<'_, str> {
    let hidden = without_users(uri);
    match without_query_secrets(&hidden) {
        Some(text) => Cow::Owned(text),
        None => hidden,
    }
}

/// Schemes whose addresses are recognised without their slashes.
const WITH_USERS: [&str; 6] = ["http:", "https:", "ftp:", "ftps:", "sftp:", "s3:"];

fn without_users(uri: &str) -> Cow<'_, str> {
    let mut shown = Cow::Borrowed(uri);
    let mut from = 0;
    while let Some((start, is_web)) = next_authority(&shown, from) {
        from = start;
        let Some((begin, end)) = user(&shown, start, is_web) else { continue };
        let text = format!("{}***{}", &shown[..begin], &shown[end..]);
        // The host follows, and perhaps another address.
        from = begin + 4;
        shown = Cow::Owned(text);
    }
    shown
}

/// Where the next address of a server begins behind its scheme, and whether it is one of the web.
fn next_authority(text: &str, from: usize) -> Option<(usize, bool)> {
    let rest = text.get(from..)?;
    let is_web = |before: &str| {
        let scheme = before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
    };
    let slashes = rest.find("://").map(|at| (at, 3));
    let bare = (from == 0)
        .then(|| WITH_USERS.iter().find(|s| text.get(..s.len()).is_some_and(|t| t.eq_ignore_ascii_case(s))))
        .flatten()
        .map(|scheme| (scheme.len() - 1, 1 + text[scheme.len()..].bytes().take_while(|b| *b == b'/').count()));
    let (at, len) = bare.or(slashes)?;
    Some((from + at + len, is_web(&text[..from + at])))
}

/// What is to be hidden of the user in an address that begins at `start`.
fn user(text: &str, start: usize, is_web: bool) -> Option<(usize, usize)> {
    let rest = text.get(start..)?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let at = match authority.rfind('@') {
        Some(at) if is_part_of_a_password(authority, rest) => {
            rest.split(['?', '#']).next().and_then(|rest| rest.rfind('@')).unwrap_or(at)
        }
        Some(at) => at,
        // `/`, `?` and `#` in a password should be encoded. Where they are not, what stands before them is no port.
        None => {
            let (_, port) = authority.rsplit_once(':').filter(|(_, after)| !after.contains(']'))?;
            if port.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            rest.split(char::is_whitespace).next()?.rfind('@')?
        }
    };
    match rest[..at].find(':') {
        Some(colon) => Some((start + colon + 1, start + at)),
        // Elsewhere the name alone is a place or a person (`abfs://container@account`).
        None => is_web.then_some((start, start + at)),
    }
}

/// Whether `@` and `/` were left as they are in the address' password: what would be its host has no dot and no port, and
/// another `@` follows.
fn is_part_of_a_password(authority: &str, rest: &str) -> bool {
    let Some((user, host)) = authority.rsplit_once('@') else { return false };
    let plausible = host.contains(['.', ':', '[']) || host.eq_ignore_ascii_case("localhost");
    let path = rest.get(authority.len()..).and_then(|rest| rest.split(['?', '#']).next()).unwrap_or_default();
    user.contains(':') && !plausible && path.contains('@')
}

/// Whether an address has a password that has to be encoded before anybody can tell the host from it. Those who open
/// addresses refuse it, since a part of the password would be looked up as the name of a host.
pub fn has_unencoded_password(uri: &str) -> bool {
    let Some((_, rest)) = uri.split_once("://") else { return false };
    is_part_of_a_password(rest.split(['/', '?', '#']).next().unwrap_or_default(), rest)
}

/// Parts of the names of query parameters whose values are not for others.
const SECRET_NAMES: &[&str] =
    &["signature", "token", "key", "secret", "passw", "pwd", "cred", "auth", "session", "policy", "jwt", "otp"];

/// Whether the query opens doors.
pub(super) fn has_query_secrets(uri: &str) -> bool {
    without_query_secrets(uri).is_some()
}

fn without_query_secrets(uri: &str) -> Option<String> {
    let (front, query) = uri.split_once('?')?;
    let (query, fragment) = query.split_at(query.find('#').unwrap_or(query.len()));
    let mut found = false;
    let parts: Vec<Cow<'_, str>> = query
        .split('&')
        .map(|part| {
            let Some((name, value)) = part.split_once('=') else { return Cow::Borrowed(part) };
            let lower = String::from_utf8_lossy(&percent_decode(name)).to_ascii_lowercase();
            let secret = lower == "sig" || SECRET_NAMES.iter().any(|secret| lower.contains(secret));
            if value.is_empty() || !secret {
                return Cow::Borrowed(part);
            }
            found = true;
            Cow::Owned(format!("{name}=***"))
        })
        .collect();
    found.then(|| format!("{front}?{}{fragment}", parts.join("&")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden() {
        let rows = [
            ("ftp://me:secret@h.org/a@b", "ftp://me:***@h.org/a@b"),
            ("ftp://me:secret@localhost/a@b", "ftp://me:***@localhost/a@b"),
            ("ftp://me:secret@h:21/a@b", "ftp://me:***@h:21/a@b"),
            ("ftp://me:se@cr/et@h/a?b@c", "ftp://me:***@h/a?b@c"),
            ("http://me:se@cr/et@h.org/a", "http://me:***@h.org/a"),
            ("ftp://me:se@cr:et@h/a", "ftp://me:***@h/a"),
            ("http://me:hun/ter2@h/a", "http://me:***@h/a"),
            ("http://me:hun?t#r2@h:80/a?b=c", "http://me:***@h:80/a?b=c"),
            ("http:/me:pw@h/a", "http:/me:***@h/a"),
            ("HTTPS:me:pw@h/a", "HTTPS:me:***@h/a"),
            ("ftp:///me:pw@h/a", "ftp:///me:***@h/a"),
            (" http://me:pw@h/a", " http://me:***@h/a"),
            ("sequence:http://me:pw@h/a_*.png", "sequence:http://me:***@h/a_*.png"),
            ("zip://https://token@h/a.zip#b", "zip://https://***@h/a.zip#b"),
            ("http://a:b@h/?next=http://c:d@i/&token=e", "http://a:***@h/?next=http://c:***@i/&token=***"),
            ("http://[::1]/a@b", "http://[::1]/a@b"),
            ("http://[::1]:80/a@b", "http://[::1]:80/a@b"),
            ("http://é:ü@h/ö", "http://é:***@h/ö"),
            ("s3://bucket/a:b@c", "s3://bucket/a:b@c"),
            ("C:\\a@b", "C:\\a@b"),
            ("://", "://"),
            ("", ""),
            ("ftp://me@h/a:b", "ftp://me@h/a:b"),
            ("http://h:80/x@y", "http://h:80/x@y"),
            ("imageio:a", "imageio:a"),
            ("https://ghp_abc@h/a", "https://***@h/a"),
            ("https://h/a?x=1&X-Amz-Signature=abc&y#f", "https://h/a?x=1&X-Amz-Signature=***&y#f"),
            (
                "https://u:p@h/a?sig=q%2Fw&access%5Ftoken=t&design=3",
                "https://u:***@h/a?sig=***&access%5Ftoken=***&design=3",
            ),
        ];
        for (uri, expected) in rows {
            assert_eq!(redacted(uri), expected);
        }
    }
}
