//! Cameras.

use std::ffi::OsString;

use imageio_core::{Error, ErrorKind, Result};

use crate::probe::Input;
use crate::read::SourceOptions;

/// A camera of this computer, as [`cameras`] lists it.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Camera {
    /// Its number: `<video0>` is number 0.
    pub number: usize,
    /// What it is called, for people.
    pub name: String,
    /// What ffmpeg calls it: `/dev/video0`, a number, a name.
    pub device: String,
}

/// The number in `<video7>`.
pub(crate) fn number(name: &str) -> Option<usize> {
    name.strip_prefix("<video")?.strip_suffix('>')?.parse().ok()
}

/// The input of camera `number`, or of the device that the options name.
pub(crate) fn input(number: usize, options: &SourceOptions) -> Result<Input> {
    let format = match &options.format {
        Some(format) => format.as_str(),
        None => system_format()?,
    };
    let mut input = Input::default();
    let mut option = |name: &str, value: &str| input.options.extend([OsString::from(name), OsString::from(value)]);
    option("-f", format);
    // Other devices, such as lavfi, have no such options.
    let camera = matches!(format, "v4l2" | "avfoundation" | "dshow");
    if camera {
        if let Some(rate) = options.rate {
            option("-framerate", &format!("{}/{}", rate.numerator, rate.denominator));
        } else if format == "avfoundation" {
            // Without one it asks for a rate that hardly any camera has.
            option("-framerate", "30");
        }
        if let Some(size) = &options.size {
            option("-video_size", size);
        }
        if let Some(pixels) = &options.source_format {
            option(if format == "v4l2" { "-input_format" } else { "-pixel_format" }, pixels);
        }
    }
    input.options.extend(options.input_arguments.iter().map(OsString::from));
    input.name = match &options.device {
        Some(device) => device.into(),
        None => device(number, format)?.into(),
    };
    Ok(input)
}

fn system_format() -> Result<&'static str> {
    match std::env::consts::OS {
        "linux" | "android" | "freebsd" => Ok("v4l2"),
        "macos" | "ios" => Ok("avfoundation"),
        "windows" => Ok("dshow"),
        other => Err(Error::unsupported(format!("no way to reach cameras on {other} is known"))
            .with_hint("name one with the options `format` and `device`")),
    }
}

fn device(number: usize, format: &str) -> Result<String> {
    let found = cameras();
    let listed = found.iter().find(|c| c.number == number).map(|c| c.device.clone());
    let missing = || {
        let there: Vec<String> = found.iter().map(|c| format!("<video{}> ({})", c.number, c.name)).collect();
        let there =
            if there.is_empty() { "none was found".to_owned() } else { format!("there are {}", there.join(", ")) };
        Error::new(ErrorKind::NotFound, format!("there is no camera {number}: {there}"))
            .with_hint("name a device with option `device`")
    };
    match format {
        "avfoundation" => Ok(number.to_string()),
        "v4l2" | "dshow" => listed.ok_or_else(missing),
        other => Err(Error::new(ErrorKind::InvalidOption, format!("format `{other}` needs option `device`"))),
    }
}

/// The cameras of this computer.
#[cfg(target_os = "linux")]
pub fn cameras() -> Vec<Camera> {
    let Ok(folder) = std::fs::read_dir("/sys/class/video4linux") else { return Vec::new() };
    let mut found: Vec<Camera> = folder
        .flatten()
        .filter_map(|entry| {
            let file = entry.file_name().into_string().ok()?;
            let number = file.strip_prefix("video")?.parse().ok()?;
            // One camera may have several nodes; those beyond the first carry metadata or other views.
            let first = std::fs::read_to_string(entry.path().join("index")).ok()?.trim() == "0";
            let name = std::fs::read_to_string(entry.path().join("name")).unwrap_or_default().trim().to_owned();
            first.then(|| Camera { number, name, device: format!("/dev/{file}") })
        })
        .collect();
    found.sort_by_key(|c| c.number);
    found
}

/// The cameras of this computer, as ffmpeg lists them; none if it can't be asked.
#[cfg(not(target_os = "linux"))]
pub fn cameras() -> Vec<Camera> {
    use ffmpeg_sidecar::command::FfmpegCommand;

    let (Ok(tools), Ok(format)) = (crate::find::Tools::find(&imageio_core::Options::new()), system_format()) else {
        return Vec::new();
    };
    let mut command = FfmpegCommand::new_with_path(&tools.ffmpeg);
    let name = if format == "dshow" { "dummy" } else { "" };
    command.args(["-hide_banner", "-nostdin", "-f", format, "-list_devices", "true", "-i", name]);
    let Ok(mut process) = crate::process::Process::start(&mut command, crate::process::Pipes::default()) else {
        return Vec::new();
    };
    // Listing ends with an error, since nothing is opened.
    let _ = process.wait_for(std::time::Duration::from_secs(10));
    match format {
        "dshow" => dshow(&process.log()),
        _ => avfoundation(&process.log()),
    }
}

/// Takes the cameras out of what the DirectShow device prints, in its old form with sections and in its new one with
/// a kind behind each name. There is no other form in which ffmpeg lists devices.
#[cfg_attr(target_os = "linux", allow(dead_code, reason = "tested everywhere, used on Windows"))]
fn dshow(log: &[String]) -> Vec<Camera> {
    let mut video = false;
    let mut found: Vec<Camera> = Vec::new();
    for line in log {
        if line.contains("DirectShow video devices") {
            video = true;
        } else if line.contains("DirectShow audio devices") {
            video = false;
        }
        let Some(name) = line.split('"').nth(1) else { continue };
        if line.contains("Alternative name") {
            // The friendly name may occur twice; this one is unique.
            if let Some(last) = found.last_mut().filter(|c| c.device == format!("video={}", c.name)) {
                last.device = format!("video={name}");
            }
        } else if line.ends_with("(video)") || (video && !line.ends_with(')')) {
            found.push(Camera { number: found.len(), name: name.to_owned(), device: format!("video={name}") });
        }
    }
    found
}

/// Takes the cameras out of what AVFoundation prints: `[0] FaceTime HD Camera` in the section of video devices.
#[cfg_attr(target_os = "linux", allow(dead_code, reason = "tested everywhere, used on macOS"))]
fn avfoundation(log: &[String]) -> Vec<Camera> {
    let after = log.iter().skip_while(|l| !l.contains("AVFoundation video devices")).skip(1);
    after
        .take_while(|l| !l.contains("AVFoundation audio devices"))
        .filter_map(|line| {
            let (number, name) = line.rsplit_once("] ").and_then(|(head, name)| {
                let number = head.rsplit_once('[')?.1.parse().ok()?;
                Some((number, name))
            })?;
            Some(Camera { number, name: name.to_owned(), device: number.to_string() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(number("<video0>"), Some(0));
        assert_eq!(number("<video12>"), Some(12));
        for other in ["<video>", "video0", "<screen0>", "<video-1>"] {
            assert_eq!(number(other), None, "{other}");
        }
    }

    #[test]
    fn lists_of_devices() {
        let lines = |text: &str| text.lines().map(|l| l.trim().to_owned()).collect::<Vec<_>>();
        let new = lines(
            r#"[dshow @ 0] "Integrated Webcam" (video)
            [dshow @ 0]   Alternative name "@device_pnp_1"
            [dshow @ 0] "Microphone" (audio)
            [dshow @ 0]   Alternative name "@device_cm_2"
            [dshow @ 0] "Integrated Webcam" (video)
            [dshow @ 0]   Alternative name "@device_pnp_3""#,
        );
        let found = dshow(&new);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].name.as_str(), found[0].device.as_str()), ("Integrated Webcam", "video=@device_pnp_1"));
        assert_eq!(found[1].device, "video=@device_pnp_3");
        let old = lines(
            r#"[dshow @ 0] DirectShow video devices (some may be both video and audio devices)
            [dshow @ 0]  "AVerMedia"
            [dshow @ 0]     Alternative name "@device_sw"
            [dshow @ 0] DirectShow audio devices
            [dshow @ 0]  "Microphone"
            [dshow @ 0]     Alternative name "@device_cm""#,
        );
        assert_eq!(dshow(&old).iter().map(|c| c.device.as_str()).collect::<Vec<_>>(), ["video=@device_sw"]);
        let mac = lines(
            "[AVFoundation indev @ 0x7f] AVFoundation video devices:
            [AVFoundation indev @ 0x7f] [0] FaceTime HD Camera
            [AVFoundation indev @ 0x7f] [1] Capture screen 0
            [AVFoundation indev @ 0x7f] AVFoundation audio devices:
            [AVFoundation indev @ 0x7f] [0] Microphone",
        );
        assert_eq!(
            avfoundation(&mac).iter().map(|c| c.name.as_str()).collect::<Vec<_>>(),
            ["FaceTime HD Camera", "Capture screen 0"]
        );
    }
}
