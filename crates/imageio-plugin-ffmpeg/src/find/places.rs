//! Where the programs are looked for, in order.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The variable that names a program.
pub(super) fn variable(program: &str) -> &'static str {
    if program == "ffprobe" { "IMAGEIO_FFPROBE_EXE" } else { "IMAGEIO_FFMPEG_EXE" }
}

/// Everything that decides where to look; a value of its own, so that tests need not change the process.
#[derive(Debug, Default)]
pub(super) struct Places {
    pub ffmpeg_option: Option<String>,
    pub ffprobe_option: Option<String>,
    pub ffmpeg_variable: Option<OsString>,
    pub ffprobe_variable: Option<OsString>,
    /// The folder of the running program.
    pub beside: Option<PathBuf>,
    /// What `PATH` says.
    pub path: Option<OsString>,
    /// Where the download puts it.
    pub downloads: Option<PathBuf>,
}

/// A place with the program that is there, if one is.
#[derive(Debug)]
pub(super) struct Named {
    pub place: String,
    pub path: Option<PathBuf>,
    /// The user named this very program.
    pub chosen: bool,
}

impl Places {
    pub fn of_this_process(ffmpeg: Option<&str>, ffprobe: Option<&str>) -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        Places {
            ffmpeg_option: ffmpeg.map(str::to_owned),
            ffprobe_option: ffprobe.map(str::to_owned),
            ffmpeg_variable: set(variable("ffmpeg")),
            ffprobe_variable: set(variable("ffprobe")),
            beside: std::env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_owned)),
            path: set("PATH"),
            downloads: download_folder(),
        }
    }

    pub fn ffmpeg(&self) -> Vec<Named> {
        let mut list = self.chosen("ffmpeg", self.ffmpeg_option.as_deref(), self.ffmpeg_variable.as_ref());
        list.extend(self.usual("ffmpeg"));
        list
    }

    /// As [`ffmpeg`](Self::ffmpeg), and beside the ffmpeg that was found first of all: two versions of the pair
    /// seldom stand in one folder.
    pub fn ffprobe(&self, ffmpeg: &Path) -> Vec<Named> {
        let mut list = self.chosen("ffprobe", self.ffprobe_option.as_deref(), self.ffprobe_variable.as_ref());
        list.push(named("beside ffmpeg", existing(ffmpeg.parent(), "ffprobe")));
        list.extend(self.usual("ffprobe"));
        list
    }

    fn chosen(&self, program: &str, option: Option<&str>, variable: Option<&OsString>) -> Vec<Named> {
        let option = option.map(|text| (format!("option `{program}`"), PathBuf::from(text)));
        let variable = variable.map(|text| (self::variable(program).to_owned(), PathBuf::from(text)));
        let resolve = |(place, path): (String, PathBuf)| {
            let bare = path.components().count() == 1;
            let found = bare.then(|| self.on_path(&path.to_string_lossy())).flatten();
            Named { place, path: Some(found.unwrap_or(path)), chosen: true }
        };
        option.into_iter().chain(variable).map(resolve).collect()
    }

    fn usual(&self, program: &str) -> [Named; 3] {
        [
            named("beside the program", existing(self.beside.as_deref(), program)),
            named("PATH", self.on_path(program)),
            named("the place of the download", existing(self.downloads.as_deref(), program)),
        ]
    }

    fn on_path(&self, program: &str) -> Option<PathBuf> {
        std::env::split_paths(self.path.as_ref()?).find_map(|folder| existing(Some(&folder), program))
    }
}

fn named(place: &str, path: Option<PathBuf>) -> Named {
    Named { place: place.to_owned(), path, chosen: false }
}

fn existing(folder: Option<&Path>, program: &str) -> Option<PathBuf> {
    let mut path = folder?.join(program);
    if cfg!(windows) && path.extension().is_none() {
        path.set_extension("exe");
    }
    path.is_file().then_some(path)
}

/// Where the download puts ffmpeg: `ffmpeg` in the user's folder for imageio's data, which `IMAGEIO_USERDIR` may
/// name. `None` where there is no such folder.
pub(crate) fn download_folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let data = match set("IMAGEIO_USERDIR") {
        Some(folder) => folder,
        None if cfg!(windows) => set("LOCALAPPDATA")?.join("imageio"),
        None if cfg!(target_os = "macos") => set("HOME")?.join("Library/Application Support/imageio"),
        None => set("XDG_DATA_HOME").or_else(|| Some(set("HOME")?.join(".local/share")))?.join("imageio"),
    };
    Some(data.join("ffmpeg"))
}
