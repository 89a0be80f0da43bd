//! ffmpeg's words for what containers say in numbers and letters of their own.

use imageio_container::{Movie, Track};

/// Colour primaries, in the codes of ISO/IEC 23091-2; `Some(None)` for "unknown", `None` where it has no word.
pub(super) fn primaries(code: u8) -> Option<Option<&'static str>> {
    Some(Some(match code {
        1 => "bt709",
        2 => return Some(None),
        4 => "bt470m",
        5 => "bt470bg",
        6 => "smpte170m",
        7 => "smpte240m",
        8 => "film",
        9 => "bt2020",
        10 => "smpte428",
        11 => "smpte431",
        12 => "smpte432",
        _ => return None,
    }))
}

/// Transfer characteristics.
pub(super) fn transfer(code: u8) -> Option<Option<&'static str>> {
    Some(Some(match code {
        1 => "bt709",
        2 => return Some(None),
        4 => "bt470m",
        5 => "bt470bg",
        6 => "smpte170m",
        7 => "smpte240m",
        8 => "linear",
        13 => "iec61966-2-1",
        14 => "bt2020-10",
        15 => "bt2020-12",
        16 => "smpte2084",
        17 => "smpte428",
        18 => "arib-std-b67",
        _ => return None,
    }))
}

/// Matrix coefficients.
pub(super) fn matrix(code: u8) -> Option<Option<&'static str>> {
    Some(Some(match code {
        0 => "gbr",
        1 => "bt709",
        2 => return Some(None),
        4 => "fcc",
        5 => "bt470bg",
        6 => "smpte170m",
        7 => "smpte240m",
        8 => "ycgco",
        9 => "bt2020nc",
        10 => "bt2020c",
        _ => return None,
    }))
}

/// Where samples of colour lie.
pub(super) fn location(code: u32) -> Option<&'static str> {
    ["left", "center", "topleft", "top", "bottomleft", "bottom"].get(code as usize).copied()
}

/// Four letters as they are; `None` if one of them is none.
pub(super) fn four(name: &[u8; 4]) -> Option<String> {
    name.iter().all(u8::is_ascii_alphanumeric).then(|| String::from_utf8_lossy(name).into_owned())
}

/// Four bytes of which any may be no letter: `[0][0][0][0]`.
fn vendor(name: &[u8; 4]) -> String {
    let one = |byte: &u8| match byte {
        b if b.is_ascii_alphanumeric() || b". -_".contains(b) => char::from(*b).to_string(),
        b => format!("[{b}]"),
    };
    name.iter().map(one).collect()
}

/// Tags of a stream, by name; `None` if there are some that can't be told.
pub(super) fn of_stream(track: &Track, movie: &Movie) -> Option<Vec<(String, String)>> {
    let mut tags = Vec::new();
    let mut add = |name: &str, text: &[u8]| -> Option<()> {
        if !text.is_empty() {
            tags.push((name.to_owned(), String::from_utf8(text.to_vec()).ok()?));
        }
        Some(())
    };
    add("creation_time", date(track.created)?.as_bytes())?;
    add("encoder", &track.entry.encoder)?;
    let is_quicktime = movie.brands.as_ref().is_none_or(|(brand, ..)| brand == b"qt  ");
    let name = match track.handler_name.split_first() {
        Some((n, rest)) if is_quicktime && usize::from(*n) == rest.len() => rest,
        _ => &track.handler_name,
    };
    add("handler_name", name.split(|byte| *byte == 0).next().unwrap_or_default())?;
    match track.language {
        Some(letters) if letters.iter().all(u8::is_ascii_lowercase) => add("language", &letters)?,
        // QuickTime's "not said".
        None if is_quicktime => {}
        _ => return None,
    }
    add("vendor_id", vendor(&track.entry.vendor).as_bytes())?;
    Some(tags)
}

/// Tags of the whole, by name; `None` if there are some that have no name here.
pub(super) fn tags(movie: &Movie) -> Option<Vec<(String, String)>> {
    let mut tags = Vec::new();
    if let Some((brand, version, others)) = &movie.brands {
        let text = |name: &[u8; 4]| name.is_ascii().then(|| String::from_utf8_lossy(name).into_owned());
        tags.push(("major_brand".to_owned(), text(brand)?));
        tags.push(("minor_version".to_owned(), version.to_string()));
        tags.push(("compatible_brands".to_owned(), others.iter().map(text).collect::<Option<String>>()?));
    }
    let created = date(movie.created)?;
    if !created.is_empty() {
        tags.push(("creation_time".to_owned(), created));
    }
    for (letters, text) in &movie.tags {
        let name = match letters {
            b"\xa9nam" => "title",
            b"\xa9ART" => "artist",
            b"aART" => "album_artist",
            b"\xa9alb" => "album",
            b"\xa9day" => "date",
            b"\xa9cmt" => "comment",
            b"\xa9too" | b"\xa9swr" => "encoder",
            b"\xa9gen" => "genre",
            b"\xa9wrt" => "composer",
            b"\xa9lyr" => "lyrics",
            b"\xa9grp" => "grouping",
            b"cprt" => "copyright",
            b"desc" => "description",
            b"ldes" => "synopsis",
            b"tvsh" => "show",
            b"tven" => "episode_id",
            b"tvnn" => "network",
            b"keyw" => "keywords",
            _ => return None,
        };
        // Twice the same, empty, or with a line's end in it: which one counts is ffprobe's to say.
        if text.is_empty() || text.contains('\0') || tags.iter().any(|(known, _)| known == name) {
            return None;
        }
        tags.push((name.to_owned(), text.clone()));
    }
    tags.sort();
    Some(tags)
}

/// Seconds since 1904 as `2014-11-05T13:51:33.000000Z`; nothing for 0, `None` for times that are no dates of files.
pub(super) fn date(seconds: u64) -> Option<String> {
    // Between 1904 and 1970, in days with a leap day every four years.
    const BEFORE: u64 = (66 * 365 + 17) * 86_400;
    if seconds == 0 {
        return Some(String::new());
    }
    let seconds = seconds.checked_sub(BEFORE).filter(|n| *n < 1 << 33)?;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Years that begin in March put the leap day at their end; 719 468 days lie between 0000-03-01 and 1970.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (day, month, year) = (day - (153 * month + 2) / 5 + 1, (month + 2) % 12 + 1, 400 * era + year + month / 10);
    let (h, m, s) = (rest / 3600, rest / 60 % 60, rest % 60);
    Some(format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}.000000Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        assert_eq!(date(0).as_deref(), Some(""));
        assert_eq!(date(2_082_844_800).as_deref(), Some("1970-01-01T00:00:00.000000Z"));
        assert_eq!(date(2_082_844_800 + 1_415_195_493).as_deref(), Some("2014-11-05T13:51:33.000000Z"));
        assert_eq!(date(2_082_844_800 + 951_782_399).as_deref(), Some("2000-02-28T23:59:59.000000Z"));
        assert_eq!(date(2_082_844_800 + 951_782_400).as_deref(), Some("2000-02-29T00:00:00.000000Z"));
        assert_eq!((date(17), date(u64::MAX)), (None, None));
    }

    #[test]
    fn letters() {
        assert_eq!(vendor(b"FFMP"), "FFMP");
        assert_eq!(vendor(b"\0a.\xff"), "[0]a.[255]");
        assert_eq!((four(b"avc1").as_deref(), four(b"\0\0\0\0")), (Some("avc1"), None));
    }
}
