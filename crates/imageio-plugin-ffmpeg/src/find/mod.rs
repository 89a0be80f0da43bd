//! Finding the programs ffmpeg and ffprobe.

mod places;
mod version;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use imageio_core::{Error, ErrorKind, Options, Result};

pub(crate) use self::places::download_folder;
use self::places::{Named, Places};
pub(crate) use self::version::Version;
use crate::options::OpenOptions;

/// The programs that were found.
#[derive(Debug, Clone)]
pub(crate) struct Tools {
    /// Where ffmpeg is.
    pub ffmpeg: PathBuf,
    /// Which one it is; `None` for one that was never asked, and is taken for a new one.
    version: Option<Version>,
    ffprobe: std::result::Result<PathBuf, String>,
}

impl Tools {
    /// Looks for the programs as the options say.
    pub fn find(options: &Options) -> Result<Tools> {
        let options = OpenOptions::parse(options)?;
        look(&Places::of_this_process(options.ffmpeg.as_deref(), options.ffprobe.as_deref()))
    }

    /// As [`find`](Self::find) for who needs ffmpeg alone: ffprobe is not asked what it is.
    pub fn find_ffmpeg(options: &Options) -> Result<Tools> {
        let options = OpenOptions::parse(options)?;
        let places = Places::of_this_process(options.ffmpeg.as_deref(), options.ffprobe.as_deref());
        let (ffmpeg, version) = program(&places.ffmpeg(), "ffmpeg").map_err(|tried| missing("ffmpeg", &tried))?;
        let ffprobe = presume(&places.ffprobe(&ffmpeg)).ok_or_else(|| "none was looked for".to_owned());
        Ok(Tools { ffmpeg, version: Some(version), ffprobe })
    }

    /// As [`find`](Self::find), but takes the first programs that are there, without asking what they are: starting
    /// one costs more than opening a video. Whoever uses them [checks](Self::check) when something goes wrong.
    pub fn presume(options: &Options) -> Result<Tools> {
        let parsed = OpenOptions::parse(options)?;
        let places = Places::of_this_process(parsed.ffmpeg.as_deref(), parsed.ffprobe.as_deref());
        match presume(&places.ffmpeg()) {
            Some(ffmpeg) => {
                let list = places.ffprobe(&ffmpeg);
                let ffprobe = presume(&list).map_or_else(|| program(&list, "ffprobe").map(|(path, _)| path), Ok);
                Ok(Tools { ffmpeg, version: None, ffprobe })
            }
            None => look(&places),
        }
    }

    /// Asks the programs that were [presumed](Self::presume) what they are; `true` if others have to be used, or
    /// these in another way.
    pub fn check(&mut self, options: &Options) -> Result<bool> {
        if self.version.is_some() {
            return Ok(false);
        }
        let found = Tools::find(options)?;
        let same = found.ffmpeg == self.ffmpeg && found.ffprobe.as_ref().ok() == self.ffprobe.as_ref().ok();
        let changed = !same || !found.is_at_least(5, 1);
        *self = found;
        Ok(changed)
    }

    /// `true` for ffmpeg from this release on.
    pub fn is_at_least(&self, major: u32, minor: u32) -> bool {
        self.version.is_none_or(|version| version.at_least(major, minor))
    }

    /// Where ffprobe is. Some builds come without it; that is an error for whoever needs it.
    pub fn ffprobe(&self) -> Result<&Path> {
        match &self.ffprobe {
            Ok(path) => Ok(path),
            Err(tried) => Err(missing("ffprobe", tried).with("ffmpeg", self.ffmpeg.display())),
        }
    }
}

fn look(places: &Places) -> Result<Tools> {
    let (ffmpeg, version) = program(&places.ffmpeg(), "ffmpeg").map_err(|tried| missing("ffmpeg", &tried))?;
    let ffprobe = program(&places.ffprobe(&ffmpeg), "ffprobe").map(|(path, _)| path);
    Ok(Tools { ffmpeg, version: Some(version), ffprobe })
}

/// The first program of the list, if it can be started at all.
fn presume(candidates: &[Named]) -> Option<PathBuf> {
    let path = candidates.iter().find_map(|named| named.path.as_deref())?;
    #[cfg(unix)]
    let starts = path
        .metadata()
        .is_ok_and(|m| m.is_file() && std::os::unix::fs::PermissionsExt::mode(&m.permissions()) & 0o111 != 0);
    #[cfg(not(unix))]
    let starts = path.is_file();
    starts.then(|| path.to_owned())
}

/// The first program of the list that works; otherwise what was tried, in words.
fn program(candidates: &[Named], name: &str) -> std::result::Result<(PathBuf, Version), String> {
    let mut tried = Vec::new();
    for Named { place, path, chosen } in candidates {
        match path.as_deref().map(|path| (path, ask(path))) {
            Some((path, Ok(version))) if version >= version::OLDEST => return Ok((path.to_owned(), version)),
            Some((path, Ok(version))) => {
                tried.push(format!("{place}: {} is {name} {version}, which is too old", path.display()));
            }
            Some((path, Err(why))) => tried.push(format!("{place}: {} {why}", path.display())),
            None => tried.push(format!("{place}: none")),
        }
        // What the user named is used or refused, never replaced by another.
        if *chosen {
            break;
        }
    }
    Err(tried.join("; "))
}

/// The one error for a program that is not there or can't be used.
fn missing(name: &str, tried: &str) -> Error {
    let download = match (cfg!(feature = "ffmpeg-download"), download_folder()) {
        (_, None) => String::new(),
        (true, Some(folder)) => {
            format!(", call `imageio install-ffmpeg` or install_ffmpeg(), which puts it into {}", folder.display())
        }
        (false, Some(folder)) => format!(
            ", call `imageio install-ffmpeg` (of a program built with feature `ffmpeg-download`), which puts it into {}",
            folder.display()
        ),
    };
    let variable = places::variable(name);
    Error::new(ErrorKind::NotFound, format!("no usable {name} program, {} or newer", version::OLDEST))
        .with("tried", tried)
        .with_hint(format!(
            "install it (`apt install ffmpeg`, `brew install ffmpeg`, `winget install ffmpeg`){download}, or name it \
             with option `{name}` or variable {variable}"
        ))
}

/// `Err` with the reason, in words, if a program can't be used.
#[cfg(feature = "ffmpeg-download")]
pub(crate) fn check(path: &Path) -> std::result::Result<(), String> {
    match ask(path)? {
        version if version >= version::OLDEST => Ok(()),
        version => Err(format!("is of version {version}, which is too old")),
    }
}

type Seen = HashMap<PathBuf, (Option<SystemTime>, std::result::Result<Version, String>)>;

/// Answers by path: starting the program costs more than opening a small video.
static SEEN: Mutex<Option<Seen>> = Mutex::new(None);

/// Asks a program for its version.
fn ask(path: &Path) -> std::result::Result<Version, String> {
    // A program that was replaced is asked again.
    let changed = path.metadata().and_then(|m| m.modified()).ok();
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let seen = seen.get_or_insert_with(HashMap::new);
    if let Some((then, answer)) = seen.get(path)
        && *then == changed
    {
        return answer.clone();
    }
    let mut command = Command::new(path);
    command.arg("-version").stdin(Stdio::null()).stderr(Stdio::null());
    crate::process::hide_window(&mut command);
    let answer = match command.output() {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err("does not exist".to_owned()),
        Err(e) => Err(format!("does not start: {e}")),
        Ok(output) => version::parse(&String::from_utf8_lossy(&output.stdout))
            .ok_or_else(|| format!("does not say its version ({})", output.status)),
    };
    // A failure to start may pass, for example when too many files are open.
    if answer.is_ok() {
        seen.insert(path.to_owned(), (changed, answer.clone()));
    }
    answer
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A folder with programs that say a version; gone with the value.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("imageio-find-{name}-{}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            Folder(folder)
        }

        fn program(&self, name: &str, version: &str) -> PathBuf {
            let path = self.0.join(name);
            fs::write(&path, format!("#!/bin/sh\necho \"{name} version {version} Copyright\"\n")).unwrap();
            #[cfg(unix)]
            fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
            path
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_order_of_places() {
        let (a, b, c) = (Folder::new("a"), Folder::new("b"), Folder::new("c"));
        let beside = a.program("ffmpeg", "5.0");
        let on_path = b.program("ffmpeg", "6.0");
        b.program("ffprobe", "6.0");
        let named = c.program("ffmpeg", "7.0");
        let mut places = Places {
            beside: Some(a.0.clone()),
            path: Some(std::env::join_paths([&b.0, &c.0]).unwrap()),
            ..Places::default()
        };
        let found = look(&places).unwrap();
        assert_eq!((&found.ffmpeg, found.version), (&beside, Some(Version { major: 5, minor: 0 })));
        // There is none beside that ffmpeg, so the next place counts.
        assert_eq!(found.ffprobe().unwrap(), b.0.join("ffprobe"));
        places.ffmpeg_variable = Some(on_path.clone().into());
        assert_eq!(look(&places).unwrap().ffmpeg, on_path);
        places.ffmpeg_option = Some(named.to_str().unwrap().to_owned());
        assert_eq!(look(&places).unwrap().ffmpeg, named);
        places.ffmpeg_option = Some("ffmpeg".to_owned());
        assert_eq!(look(&places).unwrap().ffmpeg, on_path, "a bare name is looked up on the PATH");
    }

    #[cfg(unix)]
    #[test]
    fn too_old_or_missing_is_one_error() {
        let (a, b) = (Folder::new("old"), Folder::new("none"));
        let old = a.program("ffmpeg", "4.3.2");
        let mut places = Places { path: Some(a.0.clone().into()), downloads: Some(b.0.clone()), ..Places::default() };
        let e = look(&places).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::NotFound);
        let text = e.to_string();
        for part in [
            "no usable ffmpeg program, 4.4 or newer",
            "is ffmpeg 4.3, which is too old",
            "option `ffmpeg`",
            "IMAGEIO_FFMPEG_EXE",
            "imageio install-ffmpeg",
            "apt install ffmpeg",
            old.to_str().unwrap(),
        ] {
            assert!(text.contains(part), "`{part}` is not in: {text}");
        }
        // A named program is not replaced by another one.
        b.program("ffmpeg", "6.0");
        places.ffmpeg_variable = Some(b.0.join("nothing").into());
        let text = look(&places).unwrap_err().to_string();
        assert!(text.contains("does not exist") && !text.contains("too old"), "{text}");
        places.ffmpeg_variable = None;
        // The place of the download is the last one.
        let found = look(&places).unwrap();
        assert_eq!(found.ffmpeg, b.0.join("ffmpeg"));
        let e = found.ffprobe().unwrap_err().to_string();
        assert!(e.contains("no usable ffprobe program") && e.contains("IMAGEIO_FFPROBE_EXE"), "{e}");
        // What is no ffmpeg at all says so.
        fs::write(b.0.join("ffmpeg"), "#!/bin/sh\necho hello\n").unwrap();
        places.ffmpeg_option = Some(b.0.join("ffmpeg").to_str().unwrap().to_owned());
        let text = look(&places).unwrap_err().to_string();
        assert!(text.contains("does not say its version"), "{text}");
    }
}
