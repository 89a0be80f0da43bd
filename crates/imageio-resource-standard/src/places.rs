//! The folders in which standard images may lie.

use std::env;
use std::path::PathBuf;

/// The environment variable that names the folder of standard images that comes first.
pub const FOLDER_VARIABLE: &str = "IMAGEIO_STANDARD_IMAGES";

/// The environment variable that names the folder in which the cache is, as in Python.
pub const USER_FOLDER_VARIABLE: &str = "IMAGEIO_USERDIR";

fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// What [`FOLDER_VARIABLE`] says.
pub(crate) fn given() -> Option<PathBuf> {
    variable(FOLDER_VARIABLE)
}

/// The folder of downloaded images: below what [`USER_FOLDER_VARIABLE`] names, else below the platform's folder for
/// caches; `None` where there is neither that nor a home.
pub fn cache_folder() -> Option<PathBuf> {
    if let Some(folder) = variable(USER_FOLDER_VARIABLE) {
        return Some(folder.join(".imageio").join("images"));
    }
    let caches = if cfg!(windows) {
        variable("LOCALAPPDATA").or_else(|| variable("APPDATA"))
    } else if cfg!(target_os = "macos") {
        env::home_dir().map(|home| home.join("Library").join("Caches"))
    } else {
        // The specification of these folders says that relative ones are to be ignored.
        let named = variable("XDG_CACHE_HOME").filter(|folder| folder.is_absolute());
        named.or_else(|| env::home_dir().map(|home| home.join(".cache")))
    };
    caches.filter(|folder| !folder.as_os_str().is_empty()).map(|folder| folder.join("imageio").join("images"))
}

/// Where Python's imageio keeps what it downloaded.
#[cfg(feature = "download")]
pub(crate) fn of_python() -> Option<PathBuf> {
    let home = env::home_dir().filter(|home| !home.as_os_str().is_empty());
    let folder = if cfg!(windows) {
        variable("LOCALAPPDATA").map(|folder| folder.join("imageio"))
    } else if cfg!(target_os = "macos") {
        home.map(|home| home.join("Library").join("Application Support").join("imageio"))
    } else {
        home.map(|home| home.join(".imageio"))
    };
    folder.map(|folder| folder.join("images"))
}
