//! Names with a number in them: `img_%04d.png`, `img_####.png`.

/// A file name with a place for a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Numbered {
    before: String,
    after: String,
    /// Digits at least.
    width: usize,
}

impl Numbered {
    /// Finds the place for the number; `None` if the name has none, or more than one.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let (at, end, width) = percent(name).or_else(|| hashes(name))?;
        let (before, after) = (&name[..at], &name[end..]);
        let more = percent(after).is_some() || hashes(after).is_some();
        (!more).then(|| Numbered { before: before.to_owned(), after: after.to_owned(), width })
    }

    /// The name of number `n`.
    pub(crate) fn name(&self, n: u64) -> String {
        format!("{}{n:0width$}{}", self.before, self.after, width = self.width)
    }

    /// The number in a name; `None` if this would not have written it so.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        let digits = name.strip_prefix(self.before.as_str())?.strip_suffix(self.after.as_str())?;
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let n = digits.parse().ok()?;
        (self.name(n) == name).then_some(n)
    }
}

/// `%d`, `%4d`, `%04d`: begin, end, width.
fn percent(name: &str) -> Option<(usize, usize, usize)> {
    let mut from = 0;
    while let Some(at) = name[from..].find('%').map(|n| from + n) {
        let digits = name[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
        let end = at + 1 + digits;
        if name[end..].starts_with('d') && digits <= 3 {
            let width = name[at + 1..end].parse().unwrap_or(1);
            return (width <= 20).then_some((at, end + 1, width.max(1)));
        }
        from = at + 1;
    }
    None
}

/// A run of `#`: begin, end, width.
fn hashes(name: &str) -> Option<(usize, usize, usize)> {
    let at = name.find('#')?;
    let width = name[at..].bytes().take_while(|b| *b == b'#').count();
    (width <= 20).then_some((at, at + width, width))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers() {
        let rows = [
            ("img_%04d.png", 7, "img_0007.png"),
            ("img_%04d.png", 12345, "img_12345.png"),
            ("img_####.png", 7, "img_0007.png"),
            ("%d.tif", 30, "30.tif"),
            ("a%2db", 3, "a03b"),
            ("100%_#.png", 4, "100%_4.png"),
        ];
        for (pattern, n, name) in rows {
            let numbered = Numbered::parse(pattern).unwrap();
            assert_eq!(numbered.name(n), name, "{pattern}");
            assert_eq!(numbered.number(name), Some(n), "{pattern}");
        }
    }

    #[test]
    fn what_is_no_number() {
        for pattern in ["img.png", "50%.png", "a%sb", "%d_%d.png", "#_#.png", "%d_#.png", "%0999d.png", "%"] {
            assert_eq!(Numbered::parse(pattern), None, "{pattern}");
        }
        let numbered = Numbered::parse("img_%04d.png").unwrap();
        for name in ["img_7.png", "img_00007.png", "img_.png", "img_+007.png", "img_0007.jpg", "img_000a.png"] {
            assert_eq!(numbered.number(name), None, "{name}");
        }
    }
}
