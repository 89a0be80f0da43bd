//! Putting ffmpeg in place, when the user calls for it and never otherwise.

use std::path::PathBuf;

use imageio_core::{Error, ErrorKind, Progress, Result};

use crate::find;

/// The variable that forbids every download: `1`, `true` or `yes`.
pub const NO_INTERNET: &str = "IMAGEIO_NO_INTERNET";

/// Downloads a build of ffmpeg and ffprobe for this machine into the user's folder for imageio's data, where reading
/// and writing find it, and returns the path of ffmpeg. `progress` is told the bytes.
///
/// Needs feature `ffmpeg-download`. What is downloaded are builds that ffmpeg's own site points to, under the GPL; this
/// call is the consent to get them. The folder is `imageio/ffmpeg` in the system's place for a user's data, or `ffmpeg`
/// in the folder that `IMAGEIO_USERDIR` names.
///
/// # Errors
/// `Unsupported` without the feature or a build for this machine, `ReadOnly` if `IMAGEIO_NO_INTERNET` forbids it, `Io`
/// if the download fails. What was in place before stays then.
pub fn install_ffmpeg(progress: &dyn Fn(Progress)) -> Result<PathBuf> {
    let forbidden = std::env::var(NO_INTERNET).is_ok_and(|value| forbids(&value));
    if forbidden {
        return Err(Error::new(ErrorKind::ReadOnly, format!("{NO_INTERNET} forbids to download ffmpeg"))
            .with_hint("install ffmpeg with the system's packages, or unset the variable"));
    }
    let folder = find::download_folder().ok_or_else(|| {
        Error::new(ErrorKind::NotFound, "this system names no folder for a user's data")
            .with_hint("let IMAGEIO_USERDIR name one")
    })?;
    fetch(folder, progress)
}

fn forbids(value: &str) -> bool {
    matches!(value.trim().to_ascii_lowercase().as_str(), "1" | "true" | "yes")
}

#[cfg(not(feature = "ffmpeg-download"))]
fn fetch(folder: PathBuf, _: &dyn Fn(Progress)) -> Result<PathBuf> {
    Err(Error::unsupported("this program was built without feature `ffmpeg-download`")
        .with("folder", folder.display())
        .with_hint("build it with the feature, or put the programs ffmpeg and ffprobe into the folder"))
}

#[cfg(feature = "ffmpeg-download")]
use self::download::fetch;

#[cfg(feature = "ffmpeg-download")]
mod download {
    use std::fs;
    use std::path::{Path, PathBuf};

    use ffmpeg_sidecar::download::{self, FfmpegDownloadProgressEvent as Event};
    use imageio_core::{Error, ErrorKind, Progress, Result};

    pub(super) fn fetch(folder: PathBuf, progress: &dyn Fn(Progress)) -> Result<PathBuf> {
        let address = download::ffmpeg_download_url().map_err(|e| Error::unsupported(format!("{e:#}")))?;
        fetch_from(address, &folder, progress)
    }

    /// Everything happens in a folder beside the final one, which it replaces when it is whole and works.
    pub(super) fn fetch_from(address: &str, folder: &Path, progress: &dyn Fn(Progress)) -> Result<PathBuf> {
        let staged = Staged(folder.with_extension(format!("{}.tmp", std::process::id())));
        fs::create_dir_all(&staged.0)?;
        let failed = |e: &dyn std::fmt::Display| {
            Error::new(ErrorKind::Io, format!("ffmpeg could not be downloaded: {e:#}"))
                .with("address", address)
                .with_hint("install ffmpeg with the system's packages instead")
        };
        let archive = download::download_ffmpeg_package_with_progress(address, &staged.0, |event| {
            if let Event::Downloading { total_bytes, downloaded_bytes } = event {
                let total = (total_bytes > 0).then_some(total_bytes);
                progress(Progress::new(downloaded_bytes, total, "bytes"));
            }
        })
        .map_err(|e| failed(&e))?;
        download::unpack_ffmpeg(&archive, &staged.0).map_err(|e| failed(&e))?;
        let name = |program: &str| format!("{program}{}", std::env::consts::EXE_SUFFIX);
        // A player for windows is of no use here.
        let _ = fs::remove_file(staged.0.join(name("ffplay")));
        crate::find::check(&staged.0.join(name("ffmpeg"))).map_err(|why| failed(&format!("it {why}")))?;
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::rename(&staged.0, folder)?;
        Ok(folder.join(name("ffmpeg")))
    }

    struct Staged(PathBuf);

    impl Drop for Staged {
        fn drop(&mut self) {
            // Gone already where it took its place.
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_forbids() {
        assert!(forbids("1") && forbids("TRUE") && forbids(" yes "));
        assert!(!forbids("0") && !forbids("") && !forbids("no"));
    }

    #[cfg(not(feature = "ffmpeg-download"))]
    #[test]
    fn without_the_feature() {
        let e = install_ffmpeg(&|_| {}).unwrap_err();
        assert!(matches!(e.kind(), ErrorKind::Unsupported | ErrorKind::ReadOnly | ErrorKind::NotFound), "{e}");
    }

    #[cfg(all(feature = "ffmpeg-download", target_os = "linux"))]
    #[test]
    fn from_a_server() {
        use std::io::{Read, Write};
        use std::process::Command;

        let scratch = std::env::temp_dir().join(format!("imageio-install-{}", std::process::id()));
        let build = scratch.join("build/ffmpeg-n7/bin");
        std::fs::create_dir_all(&build).unwrap();
        for program in ["ffmpeg", "ffprobe", "ffplay"] {
            let path = build.join(program);
            std::fs::write(&path, format!("#!/bin/sh\necho '{program} version 7.1 Copyright'\n")).unwrap();
            std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        }
        let archive = scratch.join("build.tar.xz");
        let packed = Command::new("tar")
            .arg("-cJf")
            .arg(&archive)
            .arg("-C")
            .arg(scratch.join("build"))
            .arg("ffmpeg-n7")
            .status();
        if !packed.is_ok_and(|s| s.success()) {
            eprintln!("skipped: tar makes no .tar.xz here");
            return;
        }
        let content = std::fs::read(&archive).unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/build.tar.xz", listener.local_addr().unwrap());
        // The second answer ends early.
        let server = std::thread::spawn(move || {
            for length in [content.len(), content.len() / 2] {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = stream.read(&mut [0; 4096]);
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", content.len());
                stream.write_all(head.as_bytes()).unwrap();
                stream.write_all(&content[..length]).unwrap();
            }
        });
        let folder = scratch.join("data/ffmpeg");
        let seen = std::sync::Mutex::new(0);
        let path = download::fetch_from(&address, &folder, &|p| *seen.lock().unwrap() = p.done).unwrap();
        assert_eq!(path, folder.join("ffmpeg"));
        assert!(path.is_file() && folder.join("ffprobe").is_file() && !folder.join("ffplay").exists());
        assert!(*seen.lock().unwrap() > 0);
        let e = download::fetch_from(&address, &folder, &|_| {}).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Io, "{e}");
        assert!(path.is_file(), "what was in place stays");
        assert_eq!(std::fs::read_dir(scratch.join("data")).unwrap().count(), 1);
        server.join().unwrap();
        std::fs::remove_dir_all(&scratch).unwrap();
    }
}
