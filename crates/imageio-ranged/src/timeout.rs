//! How long a server may be silent, as the environment says.

use std::time::Duration;

/// The environment variable for the time to wait for a connection, and for each piece of an answer: whole seconds.
pub const TIMEOUT_VARIABLE: &str = "IMAGEIO_REQUEST_TIMEOUT";

/// The time that [`TIMEOUT_VARIABLE`] says, if it says one.
pub fn timeout() -> Option<Duration> {
    std::env::var(TIMEOUT_VARIABLE).ok().and_then(|text| seconds(&text))
}

/// Digits alone count, as in Python; a wait of no time at all would only ever fail.
fn seconds(text: &str) -> Option<Duration> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|n| digits && *n > 0).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_are_a_timeout() {
        let rows = [
            ("7", Some(7)),
            ("007", Some(7)),
            ("0", None),
            ("", None),
            ("-1", None),
            ("+1", None),
            ("1.5", None),
            ("5s", None),
        ];
        for (text, expected) in rows {
            assert_eq!(seconds(text), expected.map(Duration::from_secs), "{text}");
        }
    }
}
