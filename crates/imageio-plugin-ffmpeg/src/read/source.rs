//! From a request to what ffmpeg is given as its input.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use imageio_core::resource::PathResource;
use imageio_core::{Error, ErrorKind, ImageResource, LocalPath, Request, Result};
use imageio_ranged::Bridge;

use super::options::SourceOptions;
use crate::capture;
use crate::probe::{self, Input};

/// An input, and what has to stay alive for it.
#[derive(Debug)]
pub(super) struct Source {
    pub input: Input,
    /// A camera: frames come as time goes by, without number or end.
    pub is_live: bool,
    _path: Option<LocalPath>,
    /// What comes from far away is served to ffmpeg by this process.
    bridge: Option<Bridge>,
    /// The content, if it is what it looks like: nobody said how to read it.
    pub plain: Option<Arc<dyn ImageResource>>,
}

impl Source {
    /// Whether every byte that is read comes over a network.
    pub fn is_far(&self) -> bool {
        self.bridge.is_some()
    }

    /// An error if what comes from far away could not be had, which ffmpeg takes for its end.
    pub fn check(&self) -> Result<()> {
        self.bridge.as_ref().and_then(Bridge::take_error).map_or(Ok(()), Err)
    }
}

/// Finds out where to read from.
pub(super) fn find(request: &mut dyn Request<'_>, options: &SourceOptions) -> Result<Source> {
    let name = request.name().into_owned();
    if let Some(number) = capture::number(&name) {
        let input = capture::input(number, options)?;
        return Ok(Source { input, is_live: true, _path: None, bridge: None, plain: None });
    }
    if let Some((resource, bridge)) = bridge(request, options)? {
        let mut input = Input::url(&bridge.url());
        let plain = options.input_arguments.is_empty().then_some(resource);
        input.options.extend(options.input_arguments.iter().map(OsString::from));
        return Ok(Source { input, is_live: false, _path: None, bridge: Some(bridge), plain });
    }
    let path = request.local_path()?;
    let mut input = Input::file(&path);
    let mut option = |name: &str, value: String| input.options.extend([OsString::from(name), OsString::from(value)]);
    let format = match (&options.format, options.sequence) {
        (None, true) => Some("image2"),
        (format, _) => format.as_deref(),
    };
    if let Some(format) = format {
        option("-f", format.to_owned());
    }
    if let Some(size) = &options.size {
        option("-video_size", size.clone());
    }
    if let Some(rate) = options.rate {
        option("-framerate", format!("{}/{}", rate.numerator, rate.denominator));
    }
    if let Some(pixels) = &options.source_format {
        option("-pixel_format", pixels.clone());
    }
    if options.sequence {
        let (pattern, first) = pattern(&path)?;
        option("-start_number", first.to_string());
        input.name = pattern;
    }
    input.options.extend(options.input_arguments.iter().map(OsString::from));
    // Of a pipe nothing may be taken from ffmpeg.
    let is_plain = input.options.is_empty() && path.is_file();
    let plain = is_plain.then(|| Arc::new(PathResource::new(&*path)) as Arc<dyn ImageResource>);
    Ok(Source { input, is_live: false, _path: Some(path), bridge: None, plain })
}

/// Serves what comes from far away, so that ffmpeg gets the parts that it reads and no more. Of what may name other
/// files, as play lists do, a copy is made instead: from there ffmpeg does not go to the network.
fn bridge(request: &mut dyn Request<'_>, options: &SourceOptions) -> Result<Option<(Arc<dyn ImageResource>, Bridge)>> {
    let says_how = options.format.is_some()
        || options.sequence
        || options.size.is_some()
        || options.rate.is_some()
        || options.source_format.is_some();
    if says_how || !probe::is_container(request.head()) {
        return Ok(None);
    }
    let Some(resource) = request.shared()? else { return Ok(None) };
    let bridge = Bridge::new(Arc::clone(&resource), request.limits(), request.extension().unwrap_or_default())?;
    Ok(Some((resource, bridge)))
}

/// The pattern behind one name of a sequence and its number: `a/shot_0007.png` is `a/shot_%04d.png` and 7.
fn pattern(path: &Path) -> Result<(OsString, u64)> {
    let bad = |why: &str| Error::new(ErrorKind::InvalidOption, why.to_owned()).with("option", "sequence");
    let name = path.file_name().and_then(|n| n.to_str()).ok_or_else(|| bad("the name is no text"))?;
    let end = name.rfind(|c: char| c.is_ascii_digit()).ok_or_else(|| bad("there is no number in the name"))? + 1;
    let start = name[..end].rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1);
    let digits = &name[start..end];
    let first = digits.parse().map_err(|_| bad("the number in the name is too large"))?;
    let number = if digits.starts_with('0') && digits.len() > 1 { format!("%0{}d", digits.len()) } else { "%d".into() };
    let escape = |text: &str| text.replace('%', "%%");
    let mut pattern = OsString::new();
    if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        let parent = parent.to_str().ok_or_else(|| bad("the path is no text"))?;
        pattern.push(escape(parent));
        pattern.push("/");
    }
    pattern.push(format!("{}{number}{}", escape(&name[..start]), escape(&name[end..])));
    Ok((pattern, first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (path, expected, first) in [
            ("a/shot_0007.png", "a/shot_%04d.png", 7),
            ("12.jpg", "%d.jpg", 12),
            ("50%/v2_f9.tif", "50%%/v2_f%d.tif", 9),
            ("0.png", "%d.png", 0),
        ] {
            assert_eq!(pattern(Path::new(path)).unwrap(), (expected.into(), first), "{path}");
        }
        assert!(pattern(Path::new("a/none.png")).is_err());
    }
}
