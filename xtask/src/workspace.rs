//! Where things are, and which plugin crates there are.

use std::fs;
use std::path::{Path, PathBuf};

/// The workspace's folder.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Where cargo puts what it builds.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// A plugin crate as the tree shows it.
pub struct PluginCrate {
    /// What follows `imageio-plugin-`.
    pub id: String,
    /// Its folder.
    pub folder: PathBuf,
}

impl PluginCrate {
    /// `true` for plugins that link code that is not Rust: they are built on request only.
    pub fn is_native(&self) -> bool {
        let lib = fs::read_to_string(self.folder.join("src/lib.rs")).unwrap_or_default();
        lib.contains("NATIVE") || lib.contains(".native()")
    }
}

/// Every plugin crate but the template, by id.
pub fn plugins() -> Result<Vec<PluginCrate>, String> {
    let mut plugins = Vec::new();
    for entry in fs::read_dir(root().join("crates")).map_err(|e| e.to_string())? {
        let folder = entry.map_err(|e| e.to_string())?.path();
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some(id) = name.strip_prefix("imageio-plugin-").filter(|id| *id != "template") {
            plugins.push(PluginCrate { id: id.to_owned(), folder });
        }
    }
    plugins.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(plugins)
}

/// Packages that link code that is not Rust, plugins and the wrappers below them.
pub fn native_packages() -> Result<Vec<String>, String> {
    let mut packages: Vec<String> =
        plugins()?.iter().filter(|p| p.is_native()).map(|p| format!("imageio-plugin-{}", p.id)).collect();
    if root().join("crates/imageio-libwebp").is_dir() {
        packages.push("imageio-libwebp".to_owned());
    }
    Ok(packages)
}

/// Names of the features in the umbrella's manifest.
pub fn umbrella_features() -> Result<Vec<String>, String> {
    let manifest = fs::read_to_string(root().join("crates/imageio/Cargo.toml")).map_err(|e| e.to_string())?;
    let section = manifest.split("[features]").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    let names = section.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name.trim());
    Ok(names.filter(|name| !name.is_empty() && !name.starts_with('#')).map(str::to_owned).collect())
}
