//! What part of the screen a name means.

use imageio_core::{Error, ErrorKind, Result};

/// Which monitor and which part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Region {
    /// From 1; `None` for all of them.
    pub monitor: Option<usize>,
    pub part: Option<Part>,
}

/// A rectangle in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub x: i32,
    pub y: i32,
    pub width: u16,
    pub height: u16,
}

impl Region {
    /// Of `<screen>`, `<screen2>`, `<screen:1,2,3x4>`, `<screen2:1,2,3x4>`.
    pub(crate) fn parse(name: &str) -> Result<Self> {
        let parsed = name.strip_prefix("<screen").and_then(|rest| rest.strip_suffix('>')).and_then(|inner| {
            let (number, part) = match inner.split_once(':') {
                Some((number, part)) => (number, Some(Part::parse(part)?)),
                None => (inner, None),
            };
            let monitor = match number {
                "" => None,
                number => Some(number.parse().ok().filter(|n| *n > 0)?),
            };
            Some(Region { monitor, part })
        });
        parsed.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "no part of the screen is named so")
                .with("resource", name)
                .with_hint("`<screen>`, `<screen1>` (a monitor, from 1), `<screen:x,y,WIDTHxHEIGHT>`")
        })
    }

    /// The rectangle, within all of `whole`, or of one of the `monitors`.
    pub(crate) fn within(&self, whole: Part, monitors: &[Part]) -> Result<Part> {
        let frame = match self.monitor {
            None => whole,
            Some(n) => *monitors.get(n - 1).ok_or_else(|| {
                Error::new(ErrorKind::NotFound, format!("there is no monitor {n}: there are {}", monitors.len()))
            })?,
        };
        let Some(part) = self.part else { return Ok(frame) };
        let fits = |at: i32, len: u16, all: u16| at >= 0 && len > 0 && i64::from(at) + i64::from(len) <= i64::from(all);
        if !fits(part.x, part.width, frame.width) || !fits(part.y, part.height, frame.height) {
            let Part { width, height, .. } = frame;
            return Err(Error::new(ErrorKind::NotFound, format!("the region leaves the screen of {width} x {height}")));
        }
        Ok(Part { x: frame.x + part.x, y: frame.y + part.y, ..part })
    }
}

impl Part {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(',').map(str::trim);
        let (x, y, size) = (parts.next()?, parts.next()?, parts.next()?);
        let (width, height) = size.split_once('x')?;
        let done = parts.next().is_none();
        let part = Part {
            x: x.parse().ok()?,
            y: y.parse().ok()?,
            width: width.trim().parse().ok()?,
            height: height.trim().parse().ok()?,
        };
        done.then_some(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Part = Part { x: 0, y: 0, width: 300, height: 200 };
    const SECOND: Part = Part { x: 100, y: 0, width: 200, height: 200 };

    #[test]
    fn names() {
        let part = |x, y, width, height| Part { x, y, width, height };
        let rows = [
            ("<screen>", WHOLE),
            ("<screen2>", SECOND),
            ("<screen:10,20,30x40>", part(10, 20, 30, 40)),
            ("<screen2: 10, 20, 30x40>", part(110, 20, 30, 40)),
            ("<screen:0,0,300x200>", WHOLE),
        ];
        for (name, expected) in rows {
            let monitors = [part(0, 0, 100, 200), SECOND];
            assert_eq!(Region::parse(name).unwrap().within(WHOLE, &monitors).unwrap(), expected, "{name}");
        }
        for name in ["<screen0>", "<screen-1>", "<screenshot>", "<screen:1,2>", "<screen:1,2,3>", "<screen:1,2,3x4,5>"]
        {
            assert_eq!(Region::parse(name).unwrap_err().kind(), ErrorKind::NotFound, "{name}");
        }
        for name in ["<screen3>", "<screen:-1,0,5x5>", "<screen:0,0,301x5>", "<screen:299,0,2x5>", "<screen:0,0,0x5>"] {
            let e = Region::parse(name).unwrap().within(WHOLE, &[SECOND]).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::NotFound, "{name}");
        }
    }
}
