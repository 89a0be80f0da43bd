//! Programs that take pictures of the screen where it can't be asked otherwise: `grim` under Wayland, `screencapture`
//! on macOS.

use std::process::{Command, Stdio};

use imageio_core::resource::MemoryResource;
use imageio_core::resource::spool;
use imageio_core::{Error, ErrorKind, Limits, NdImage, ReadOptions, Result, v3};

use crate::region::Region;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    Grim,
    Screencapture,
}

/// The program to ask, where one has to be asked.
pub(crate) fn find() -> Option<Program> {
    if cfg!(target_os = "macos") {
        return Some(Program::Screencapture);
    }
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    // Under Wayland the X server that is there for old programs shows nothing of the others.
    if set("WAYLAND_DISPLAY")
        && Command::new("grim").arg("-h").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    {
        return Some(Program::Grim);
    }
    None
}

impl Program {
    pub(crate) fn grab(self, region: &Region, limits: &Limits) -> Result<NdImage> {
        match self {
            Program::Grim => grim(region),
            Program::Screencapture => screencapture(region, limits),
        }
    }
}

fn output(command: &mut Command) -> Result<Vec<u8>> {
    let name = command.get_program().to_string_lossy().into_owned();
    let done = command.stdin(Stdio::null()).output();
    let done = done.map_err(|e| Error::new(ErrorKind::Backend, format!("{name} did not start")).with_source(e))?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
        return Err(Error::new(ErrorKind::Backend, format!("{name} failed: {said}")));
    }
    Ok(done.stdout)
}

fn grim(region: &Region) -> Result<NdImage> {
    if region.monitor.is_some() {
        return Err(
            Error::unsupported("grim knows monitors by name alone").with_hint("name a region: <screen:x,y,WxH>")
        );
    }
    let mut command = Command::new("grim");
    command.args(["-t", "ppm"]);
    if let Some(part) = region.part {
        command.args(["-g", &format!("{},{} {}x{}", part.x, part.y, part.width, part.height)]);
    }
    from_ppm(&output(command.arg("-"))?)
}

/// A picture in the one form of Netpbm that grim writes: `P6`, width, height, 255, one white space, pixels.
fn from_ppm(bytes: &[u8]) -> Result<NdImage> {
    let bad = || Error::new(ErrorKind::Backend, "the picture that came is damaged");
    let mut fields = Vec::new();
    let mut at = 0;
    while fields.len() < 4 {
        let len = bytes.get(at..).ok_or_else(bad)?.iter().position(u8::is_ascii_whitespace).ok_or_else(bad)?;
        if len > 0 {
            fields.push(std::str::from_utf8(&bytes[at..at + len]).map_err(|_| bad())?);
        }
        at += len + 1;
    }
    let size = |k: usize| fields.get(k).and_then(|f| f.parse::<usize>().ok()).ok_or_else(bad);
    let (width, height) = (size(1)?, size(2)?);
    if fields.first() != Some(&"P6") || size(3)? != 255 {
        return Err(bad());
    }
    NdImage::from_vec(&[height, width, 3], bytes[at..].to_vec()).map_err(|_| bad())
}

fn screencapture(region: &Region, limits: &Limits) -> Result<NdImage> {
    // The program writes files alone; this one is ours, private, and vanishes.
    let file = spool::spool(&mut std::io::empty(), "png", None)?;
    let mut command = Command::new("screencapture");
    command.args(["-x", "-t", "png"]);
    if let Some(n) = region.monitor {
        command.arg(format!("-D{n}"));
    }
    if let Some(part) = region.part {
        command.arg(format!("-R{},{},{},{}", part.x, part.y, part.width, part.height));
    }
    output(command.arg(&*file))?;
    let picture = MemoryResource::new(std::fs::read(&file)?).named("screen.png");
    v3::imread_with(picture, &ReadOptions::new().limits(limits.clone()).set("mode", "RGB"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_of_grim() {
        let image = from_ppm(b"P6\n2 1\n255\n\x01\x02\x03\n\x05\x06").unwrap();
        assert_eq!(image, NdImage::from_vec(&[1, 2, 3], vec![1u8, 2, 3, 10, 5, 6]).unwrap());
        for bad in
            [&b""[..], b"P6 2 1 255 \x01", b"P5 1 1 255 \x01\x01\x01", b"P6 1 1 65535 \x01\x01\x01", b"P6 x 1 255 "]
        {
            assert!(from_ppm(bad).is_err());
        }
    }
}
