//! Standard images that are not here yet: fetched when they are read, checked, and moved into place complete.

use std::borrow::Cow;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;
use std::{env, process};

use imageio_core::resource::{ImageResource, PathResource};
use imageio_core::{Error, ErrorKind, Progress, ReadSeek, Result};
use imageio_resource_http::HttpResource;
use ring::digest::{Context, SHA256};

use crate::{hashes, places};

/// The environment variable that forbids downloads: `1`, `true` or `yes`.
pub const NO_INTERNET_VARIABLE: &str = "IMAGEIO_NO_INTERNET";

/// The environment variable for another place to download from; the names are appended to it.
pub const URL_VARIABLE: &str = "IMAGEIO_STANDARD_URL";

/// imageio's own collection.
const HOME: &str = "https://github.com/imageio/imageio-binaries/raw/master/images/";

/// A part of a download that nobody wrote to for so long was left behind.
const STALE: Duration = Duration::from_secs(120);

type Hook = Arc<dyn Fn(&str, Progress) + Send + Sync>;

static HOOK: RwLock<Option<Hook>> = RwLock::new(None);

/// Sets what is told about downloads: the image's name, and how many of its bytes are there. `None` takes it away.
pub fn on_download(hook: Option<Arc<dyn Fn(&str, Progress) + Send + Sync>>) {
    *HOOK.write().unwrap_or_else(PoisonError::into_inner) = hook;
}

/// The image as something that is downloaded when it is read; inside `Err`, why it can't be.
pub(crate) fn resource(name: &str, cache: Option<PathBuf>) -> Result<Result<Arc<dyn ImageResource>, &'static str>> {
    let Some((size, hash)) = hashes::of(name) else {
        return Ok(Err("it is not downloaded, since nothing is known to check it by"));
    };
    if env::var(NO_INTERNET_VARIABLE).is_ok_and(|v| matches!(v.to_ascii_lowercase().as_str(), "1" | "true" | "yes")) {
        return Ok(Err("IMAGEIO_NO_INTERNET forbids to download it"));
    }
    let Some(folder) = cache else { return Ok(Err("there is no home folder to download it to")) };
    let name = name.to_owned();
    Ok(Ok(Arc::new(ToBeFetched { name, size, hash, folder, file: OnceLock::new(), fetching: Mutex::new(()) })))
}

/// An image that is fetched when it is read for the first time.
#[derive(Debug)]
struct ToBeFetched {
    name: String,
    size: u64,
    hash: &'static str,
    folder: PathBuf,
    file: OnceLock<Arc<PathResource>>,
    fetching: Mutex<()>,
}

impl ToBeFetched {
    fn file(&self) -> Result<&Arc<PathResource>> {
        let _fetching = self.fetching.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = self.file.get() {
            return Ok(file);
        }
        let path = self.folder.join(&self.name);
        // Another process may have been faster.
        if !path.is_file() {
            self.fetch(&path).map_err(|e| advised(e).with("resource", format!("imageio:{}", self.name)))?;
        }
        Ok(self.file.get_or_init(|| Arc::new(PathResource::new(path))))
    }

    /// Makes the complete image appear at `path`.
    fn fetch(&self, path: &Path) -> Result<()> {
        fs::create_dir_all(&self.folder).map_err(|e| self.no_place(e))?;
        if let Some(theirs) = places::of_python().map(|folder| folder.join(&self.name)).filter(|p| p.is_file()) {
            let mut part = Part::new(&self.folder, &self.name).map_err(|e| self.no_place(e))?;
            if io::copy(&mut File::open(theirs)?, &mut part.file).is_ok() && part.digest()? == self.hash {
                return part.complete(path);
            }
            part.discard();
        }
        loop {
            let mut part = Part::claim(&self.folder, &self.name).map_err(|e| self.no_place(e))?;
            let resumed = part.file.metadata()?.len();
            if resumed > self.size {
                part.discard();
                continue;
            }
            if let Err(e) = self.fill(&mut part, resumed) {
                part.leave();
                return Err(e);
            }
            if part.digest()? == self.hash {
                return part.complete(path);
            }
            part.discard();
            // What was left of an earlier attempt may have been damaged; a whole download that is wrong stays wrong.
            if resumed == 0 {
                return Err(Error::malformed("what was downloaded is not the image: its SHA-256 differs")
                    .with("url", imageio_core::resource::uri::redacted(&self.url()))
                    .with("expected", self.hash));
            }
        }
    }

    fn url(&self) -> String {
        let base = env::var(URL_VARIABLE).ok().filter(|base| !base.is_empty());
        let base = base.unwrap_or_else(|| HOME.to_owned());
        format!("{}/{}", base.trim_end_matches('/'), self.name)
    }

    fn fill(&self, part: &mut Part, resumed: u64) -> Result<()> {
        if resumed == self.size {
            return Ok(());
        }
        log::info!("downloading the standard image {} ({} bytes)", self.name, self.size);
        let source = Arc::new(HttpResource::new(&self.url())?.max_size(self.size));
        // The bound is ours, and nobody's to raise.
        let longer = |e: Error| match e.kind() {
            ErrorKind::LimitExceeded => {
                Error::malformed(format!("what is there is not the image: it is longer than {} bytes", self.size))
                    .with("url", imageio_core::resource::uri::redacted(&self.url()))
            }
            _ => e,
        };
        let mut stream = source.open_read().map_err(longer)?;
        stream.seek(SeekFrom::Start(resumed))?;
        part.file.seek(SeekFrom::Start(resumed))?;
        let hook = HOOK.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut done = resumed;
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let n = stream.read(&mut buffer).map_err(|e| longer(e.into()))?;
            if n == 0 {
                return Ok(());
            }
            part.file.write_all(&buffer[..n]).map_err(|e| self.no_place(e))?;
            done += n as u64;
            if let Some(hook) = &hook {
                hook(&self.name, Progress::new(done, self.size, "bytes"));
            }
        }
    }

    fn no_place(&self, e: io::Error) -> Error {
        Error::new(ErrorKind::Io, format!("the image can't be stored in the cache: {e}"))
            .with("folder", self.folder.display())
            .with_source(e)
            .with_hint(format!("{} names another folder for it", places::USER_FOLDER_VARIABLE))
    }
}

/// What helps whoever can't reach the collection.
fn advised(e: Error) -> Error {
    if e.hint().is_some() || !matches!(e.kind(), ErrorKind::Io | ErrorKind::NotFound) {
        return e;
    }
    e.with_hint(format!(
        "the standard images come from imageio's collection; {} names a folder that holds them, and the samples \
         (`imageio:test-card.png` …) are made here",
        places::FOLDER_VARIABLE
    ))
}

impl ImageResource for ToBeFetched {
    fn name(&self) -> Cow<'_, str> {
        format!("imageio:{}", self.name).into()
    }

    fn open_read<'r>(self: Arc<Self>) -> Result<Box<dyn ReadSeek + 'r>>
    where
        Self: 'r,
    {
        Arc::clone(self.file()?).open_read()
    }

    fn file_name(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(&self.name))
    }

    fn local_path(&self) -> Option<&Path> {
        self.file.get().and_then(|file| file.local_path())
    }

    fn size_hint(&self) -> Option<u64> {
        Some(self.size)
    }
}

/// An incomplete download under a name that no other process uses.
///
/// `name.part` is what an attempt that failed leaves; whoever renames it owns it, which only one can.
struct Part {
    file: File,
    path: PathBuf,
    /// The name under which it is left for the next attempt.
    left: PathBuf,
}

impl Part {
    fn own_name(folder: &Path, name: &str) -> PathBuf {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        folder.join(format!(".{name}.{}.{n}.tmp", process::id()))
    }

    fn new(folder: &Path, name: &str) -> io::Result<Self> {
        let path = Self::own_name(folder, name);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path)?;
        Ok(Part { file, path, left: folder.join(format!("{name}.part")) })
    }

    /// What an earlier attempt left, or an empty one.
    fn claim(folder: &Path, name: &str) -> io::Result<Self> {
        let left = folder.join(format!("{name}.part"));
        let path = Self::own_name(folder, name);
        let taken = fs::rename(&left, &path).is_ok() || Self::take_stale(folder, name, &path);
        if !taken {
            return Self::new(folder, name);
        }
        let file = OpenOptions::new().read(true).write(true).open(&path)?;
        Ok(Part { file, path, left })
    }

    /// Takes over what a process that was killed left behind.
    fn take_stale(folder: &Path, name: &str, path: &Path) -> bool {
        let prefix = format!(".{name}.");
        let Ok(entries) = fs::read_dir(folder) else { return false };
        entries.flatten().any(|entry| {
            let file_name = entry.file_name();
            let ours = file_name.to_str().is_some_and(|n| n.starts_with(&prefix) && n.ends_with(".tmp"));
            let age = entry.metadata().ok().and_then(|m| m.modified().ok()).and_then(|time| time.elapsed().ok());
            ours && age.is_some_and(|age| age > STALE) && fs::rename(entry.path(), path).is_ok()
        })
    }

    fn digest(&mut self) -> Result<String> {
        use std::fmt::Write as _;
        self.file.seek(SeekFrom::Start(0))?;
        let mut hasher = Context::new(&SHA256);
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let n = self.file.read(&mut buffer)?;
            if n == 0 {
                break;
            }
            hasher.update(&buffer[..n]);
        }
        let mut text = String::with_capacity(64);
        for byte in hasher.finish().as_ref() {
            let _ = write!(text, "{byte:02x}");
        }
        Ok(text)
    }

    fn complete(self, target: &Path) -> Result<()> {
        self.file.sync_all()?;
        drop(self.file);
        match fs::rename(&self.path, target) {
            Ok(()) => Ok(()),
            // Where files that are open can't be replaced, another process's copy is as good.
            Err(_) if target.is_file() => {
                let _ = fs::remove_file(&self.path);
                Ok(())
            }
            Err(e) => Err(e.into()),
        }
    }

    fn leave(self) {
        drop(self.file);
        let _ = fs::rename(&self.path, &self.left);
    }

    fn discard(self) {
        drop(self.file);
        let _ = fs::remove_file(&self.path);
    }
}
