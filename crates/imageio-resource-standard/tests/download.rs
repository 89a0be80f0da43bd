//! Downloads from a server on loopback: checked, resumed, never half there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a test that fails says so")]
#![cfg(feature = "download")]

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use imageio_core::resource::scheme;
use imageio_resource_standard as standard;
use imageio_testkit::web::{Answer, Server};

/// Variables of the environment count for a whole process, so every case is a process: this test program once more.
fn child(userdir: &Path, name: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "as_a_child", "--nocapture"]);
    for variable in ["IMAGEIO_STANDARD_IMAGES", "IMAGEIO_NO_INTERNET", "http_proxy", "HTTP_PROXY", "ALL_PROXY"] {
        command.env_remove(variable);
    }
    command.env("IMAGEIO_USERDIR", userdir).env("HOME", userdir.join("home")).env("CHILD_NAME", name);
    command.envs(variables.iter().copied());
    command
}

fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find_map(|line| line.split_once("child: "));
    line.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr))).1.to_owned()
}

#[test]
fn as_a_child() {
    let Ok(name) = std::env::var("CHILD_NAME") else { return };
    standard::register();
    let told: Arc<Mutex<Vec<u64>>> = Arc::default();
    let sink = Arc::clone(&told);
    standard::on_download(Some(Arc::new(move |_, progress| sink.lock().unwrap().push(progress.done))));
    let read = || {
        let resource = scheme::open(&format!("imageio://{name}"))?;
        let mut bytes = Vec::new();
        resource.open_read()?.read_to_end(&mut bytes)?;
        Ok::<_, imageio_core::Error>(bytes)
    };
    match read() {
        Ok(bytes) => println!("child: {} bytes, told {:?}", bytes.len(), told.lock().unwrap().last()),
        Err(e) => println!("child: {e}"),
    }
}

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("imageio-standard-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    fn files(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.0.join(".imageio/images")) else { return Vec::new() };
        let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The real images, where they are; without them nothing has the right hash.
fn images() -> Option<BTreeMap<String, Vec<u8>>> {
    let Some(folder) = std::env::var_os("IMAGEIO_STANDARD_IMAGES").map(PathBuf::from) else {
        println!("skipped: IMAGEIO_STANDARD_IMAGES names no folder");
        return None;
    };
    let read = |name: &&&str| std::fs::read(folder.join(name)).ok().map(|bytes| ((**name).to_owned(), bytes));
    Some(standard::STANDARD_IMAGES.iter().filter_map(|name| read(&name)).collect())
}

#[test]
fn every_image_that_is_known() {
    let Some(images) = images() else { return };
    assert_eq!(images.len(), 24);
    let scratch = Scratch::new("all");
    let served = images.clone();
    let server = Server::start(move |asked| match served.get(asked.path.trim_start_matches("/images/")) {
        Some(bytes) => Answer::file(asked, bytes).header("ETag", "\"1\""),
        None => Answer::status(404),
    })
    .unwrap();
    let url = server.url("/images");
    for (name, bytes) in &images {
        let output = child(&scratch.0, name, &[("IMAGEIO_STANDARD_URL", &url)]).output().unwrap();
        assert_eq!(said(&output), format!("{} bytes, told Some({0})", bytes.len()), "{name}");
    }
    assert_eq!(scratch.files(), images.keys().cloned().collect::<Vec<_>>());
    // The second time nothing is asked.
    let asked = server.asked().len();
    let output = child(&scratch.0, "chelsea.png", &[("IMAGEIO_STANDARD_URL", &url)]).output().unwrap();
    assert_eq!(said(&output), format!("{} bytes, told None", images["chelsea.png"].len()));
    assert_eq!(server.asked().len(), asked);
    println!("{} standard images downloaded and checked", images.len());
}

#[test]
fn interrupted_and_resumed() {
    let Some(images) = images() else { return };
    let bytes = images["chelsea.png"].clone();
    let half = bytes.len() / 2;
    let scratch = Scratch::new("resumed");
    let served = bytes.clone();
    let cut = Server::start(move |asked| match asked.range(served.len()) {
        Some((first, _)) if first >= half => Answer::status(404),
        _ => Answer::file(asked, &served).header("ETag", "\"1\""),
    })
    .unwrap();
    let output = child(&scratch.0, "chelsea.png", &[("IMAGEIO_STANDARD_URL", &cut.url(""))]).output().unwrap();
    assert!(said(&output).starts_with("not found: the server has no such file"), "{}", said(&output));
    assert!(said(&output).contains("IMAGEIO_STANDARD_IMAGES names a folder"), "{}", said(&output));
    assert_eq!(scratch.files(), ["chelsea.png.part"]);
    let there = std::fs::metadata(scratch.0.join(".imageio/images/chelsea.png.part")).unwrap().len();
    assert!(there >= 100_000, "{there}");
    let server = Server::file(bytes.clone()).unwrap();
    let output = child(&scratch.0, "chelsea.png", &[("IMAGEIO_STANDARD_URL", &server.url(""))]).output().unwrap();
    assert_eq!(said(&output), format!("{} bytes, told Some({0})", bytes.len()));
    assert!(server.sent() <= bytes.len() as u64 - there + 16_384, "{} of {}", server.sent(), bytes.len());
    assert_eq!(scratch.files(), ["chelsea.png"]);
    // A damaged rest is found out, and fetched anew.
    std::fs::remove_file(scratch.0.join(".imageio/images/chelsea.png")).unwrap();
    std::fs::write(scratch.0.join(".imageio/images/chelsea.png.part"), vec![7; 5000]).unwrap();
    let output = child(&scratch.0, "chelsea.png", &[("IMAGEIO_STANDARD_URL", &server.url(""))]).output().unwrap();
    assert_eq!(said(&output), format!("{} bytes, told Some({0})", bytes.len()));
    assert_eq!(scratch.files(), ["chelsea.png"]);
}

#[test]
fn several_processes_at_once() {
    let Some(images) = images() else { return };
    let scratch = Scratch::new("several");
    let bytes = images["coffee.png"].clone();
    let server = Server::file(bytes.clone()).unwrap();
    let url = server.url("");
    let children: Vec<_> = (0..6)
        .map(|_| {
            let mut command = child(&scratch.0, "coffee.png", &[("IMAGEIO_STANDARD_URL", &url)]);
            command.stdout(std::process::Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(said(&output).starts_with(&format!("{} bytes", bytes.len())), "{}", said(&output));
    }
    assert_eq!(scratch.files(), ["coffee.png"]);
}

#[test]
fn what_is_wrong_is_not_kept() {
    let scratch = Scratch::new("wrong");
    let wrong = Server::file(vec![1; 1000]).unwrap();
    let long = Server::file(vec![1; 50_000_000]).unwrap();
    let missing = Server::start(|_| Answer::status(404)).unwrap();
    let rows = [
        (&wrong, "malformed: what was downloaded is not the image"),
        (&long, "malformed: what is there is not the image: it is longer than 221294 bytes"),
        (&missing, "not found: the server has no such file"),
    ];
    for (server, message) in rows {
        let output = child(&scratch.0, "chelsea.png", &[("IMAGEIO_STANDARD_URL", &server.url(""))]).output().unwrap();
        assert!(said(&output).starts_with(message), "{}", said(&output));
        assert!(!scratch.files().contains(&"chelsea.png".to_owned()));
    }
    for forbidden in ["1", "true", "YES"] {
        let variables = [("IMAGEIO_STANDARD_URL", &*wrong.url("")), ("IMAGEIO_NO_INTERNET", forbidden)];
        let before = wrong.asked().len();
        let output = child(&scratch.0, "chelsea.png", &variables).output().unwrap();
        assert!(said(&output).contains("IMAGEIO_NO_INTERNET forbids"), "{}", said(&output));
        assert_eq!(wrong.asked().len(), before);
    }
    let output =
        child(&scratch.0, "bacterial_colony.tif", &[("IMAGEIO_STANDARD_URL", &wrong.url(""))]).output().unwrap();
    assert!(said(&output).contains("nothing is known to check it by"), "{}", said(&output));
}
