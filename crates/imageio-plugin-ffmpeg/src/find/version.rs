//! Versions of ffmpeg, as its programs print them.

use std::fmt::{self, Display};

/// The oldest release whose behaviour this plugin is made for.
pub(crate) const OLDEST: Version = Version { major: 4, minor: 4 };

/// A release of ffmpeg, or the one whose abilities a build between releases has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    pub major: u32,
    pub minor: u32,
}

impl Version {
    /// `true` from this release on.
    pub fn at_least(self, major: u32, minor: u32) -> bool {
        self >= Version { major, minor }
    }
}

impl Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// Which release came with which libavutil. Builds from the development branch have a date and a hash in place of a
/// version, but all of them say which libraries they hold.
const RELEASES: &[((u32, u32), (u32, u32))] = &[
    ((55, 78), (3, 4)),
    ((56, 14), (4, 0)),
    ((56, 22), (4, 1)),
    ((56, 31), (4, 2)),
    ((56, 51), (4, 3)),
    ((56, 70), (4, 4)),
    ((57, 17), (5, 0)),
    ((57, 28), (5, 1)),
    ((58, 2), (6, 0)),
    ((58, 29), (6, 1)),
    ((59, 8), (7, 0)),
    ((59, 39), (7, 1)),
    ((60, 8), (8, 0)),
];

/// Takes the version out of what `ffmpeg -version` or `ffprobe -version` prints; `None` if it is neither's.
pub(crate) fn parse(printed: &str) -> Option<Version> {
    let first = printed.lines().next()?;
    let (program, rest) = first.split_once(" version ")?;
    if !program.ends_with("ffmpeg") && !program.ends_with("ffprobe") {
        return None;
    }
    let word = rest.split_whitespace().next().unwrap_or("");
    release(word).or_else(|| printed.lines().find_map(libavutil).map(of_library))
}

/// `5.1.9-0+deb12u1`, `n7.1`, `7:4.4.2`; not `N-109542-gabc`, `2024-05-02-git-x` nor `git-2020-…`.
fn release(word: &str) -> Option<Version> {
    // Debian's epoch, and the letter of ffmpeg's own tags.
    let word = word.split_once(':').map_or(word, |(_, rest)| rest);
    let word = word.strip_prefix('n').unwrap_or(word);
    let mut numbers = word.split(|c: char| !c.is_ascii_digit());
    let major: u32 = numbers.next()?.parse().ok()?;
    let dotted = word.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with('.');
    if !dotted {
        // A lone number is a release (`9`); a year begins a date.
        let end = word.trim_start_matches(|c: char| c.is_ascii_digit());
        return (major < 1000 && end.is_empty()).then_some(Version { major, minor: 0 });
    }
    let minor = numbers.next()?.parse().unwrap_or(0);
    (major < 1000).then_some(Version { major, minor })
}

/// `libavutil      57. 28.100 / 57. 28.100`: the first is what it was built with, the second what is loaded.
fn libavutil(line: &str) -> Option<(u32, u32)> {
    let rest = line.trim().strip_prefix("libavutil")?;
    let loaded = rest.split('/').next_back()?;
    let mut numbers = loaded.split('.').map(|n| n.trim().parse::<u32>());
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

fn of_library(library: (u32, u32)) -> Version {
    let known = RELEASES.iter().rev().find(|(first, _)| *first <= library);
    match known {
        // Each major version of the library since has been one of ffmpeg.
        Some(((newest, _), (major, minor))) if library.0 > *newest => {
            let ahead = library.0 - newest;
            Version { major: major + ahead, minor: if ahead > 0 { 0 } else { *minor } }
        }
        Some((_, (major, minor))) => Version { major: *major, minor: *minor },
        None => Version { major: 3, minor: 0 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_say_a_version() {
        let libraries = |v: &str| format!("built with gcc 12\nlibavutil      {v} / {v}\nlibavcodec     59. 37.100");
        let rows = [
            ("ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2026 the FFmpeg developers", "", Some((5, 1))),
            ("ffmpeg version 4.4 Copyright (c) 2000-2021 the FFmpeg developers", "", Some((4, 4))),
            ("ffmpeg version n7.1 Copyright", "", Some((7, 1))),
            ("ffmpeg version n6.0-31-g1ebb0e43f9-20230717 Copyright", "", Some((6, 0))),
            ("ffmpeg version 7:4.4.2-0ubuntu0.22.04.1 Copyright", "", Some((4, 4))),
            ("ffmpeg version 8.0-essentials_build-www.gyan.dev Copyright", "", Some((8, 0))),
            ("ffmpeg version 9 Copyright", "", Some((9, 0))),
            ("ffmpeg version 10.0.1 Copyright", "", Some((10, 0))),
            ("ffmpeg version 3.4.13 Copyright", "", Some((3, 4))),
            ("ffmpeg version 4.2.7-static https://johnvansickle.com/ffmpeg/  Copyright", "", Some((4, 2))),
            ("ffprobe version 6.1.1-3ubuntu5 Copyright (c) 2007-2023 the FFmpeg developers", "", Some((6, 1))),
            ("ffmpeg version N-109542-g4d6b2a3a4c Copyright", "57. 43.100", Some((5, 1))),
            ("ffmpeg version N-12345-gdeadbeef Copyright", "56. 70.100", Some((4, 4))),
            ("ffmpeg version N-12345-gdeadbeef Copyright", "56. 66.100", Some((4, 3))),
            ("ffmpeg version git-2020-05-23-26b4509 Copyright", "56. 46.100", Some((4, 2))),
            ("ffmpeg version 2024-05-02-git-71669f2ad5-full_build-www.gyan.dev Copyright", "59. 16.101", Some((7, 0))),
            ("ffmpeg version 2027-01-01-git-71669f2ad5 Copyright", "63.  1.100", Some((11, 0))),
            ("ffmpeg version N-12345-gdeadbeef Copyright", "", None),
            ("GNU bash, version 5.2.15(1)-release", "", None),
            ("ffmpegthumbnailer version 2.2", "", None),
            ("", "", None),
        ];
        for (first, library, expected) in rows {
            let printed =
                if library.is_empty() { first.to_owned() } else { format!("{first}\n{}", libraries(library)) };
            assert_eq!(parse(&printed).map(|v| (v.major, v.minor)), expected, "{printed}");
        }
        assert!(Version { major: 10, minor: 0 }.at_least(5, 1) && !Version { major: 5, minor: 0 }.at_least(5, 1));
    }
}
