use std::fs;
use std::io::{Read, Write};
use std::process::Stdio;

use imageio::ndarray::{Array3, Array4};
use imageio::v3 as iio;

use crate::run::{Folder, command, imread, run, run_with};

fn noise() -> Array3<u8> {
    Array3::from_shape_fn((400, 500, 3), |(y, x, c)| ((y * 7919 + x * 104_729 + c * 31) % 251) as u8)
}

#[test]
fn a_pipe_carries_every_byte() {
    let folder = Folder::new("pipe");
    let png = fs::read(folder.image("x.png", noise())).unwrap();
    let jpeg = run_with(&["convert", "-", "-", "--extension", ".jpg", "--no-metadata"], &png);
    assert_eq!((jpeg.status, jpeg.stderr.as_str()), (Some(0), ""));
    assert_eq!(iio::imread(&jpeg.stdout).unwrap().shape(), [400, 500, 3]);
    let file = folder.file("same.jpg");
    assert_eq!(run(&["convert", &folder.file("x.png"), &file, "--no-metadata"]).status, Some(0));
    assert!(jpeg.stdout == fs::read(&file).unwrap());
    // The other way round, through both ends.
    let again = run_with(&["convert", "-", "-", "--extension", ".png"], &jpeg.stdout);
    assert_eq!(iio::imread(&again.stdout).unwrap(), imread(&file));
    for args in [["read", "-", "--json"], ["props", "-", "--json"]] {
        assert_eq!(run_with(&args, &png).json()["shape"], serde_json::json!([400, 500, 3]));
    }
    let failed = run_with(&["convert", "-", "-", "--extension", ".jpg"], b"no picture");
    assert!(failed.error(1).starts_with("imageio: <stdin>: "), "{}", failed.stderr);
}

#[test]
fn nobody_reads_to_the_end() {
    let folder = Folder::new("unread");
    let png = fs::read(folder.image("x.png", noise())).unwrap();
    let mut command = command(&["convert", "-", "-", "--extension", ".npy", "--no-metadata"]);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(&png).unwrap();
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut [0; 6]).unwrap();
    drop(out);
    let done = child.wait_with_output().unwrap();
    assert_eq!((done.status.code(), String::from_utf8_lossy(&done.stderr).as_ref()), (Some(0), ""));
}

#[test]
fn what_is_no_picture_is_said() {
    let folder = Folder::new("none");
    let picture = folder.image("a.png", noise());
    let failed = run(&["convert", &picture, folder.path().to_str().unwrap()]);
    assert!(failed.error(1).contains("the target is a directory"), "{}", failed.stderr);
    assert!(failed.stderr.contains("hint: name a file inside it"), "{}", failed.stderr);
    // What a server sends instead of a picture.
    let page = folder.file("b.png");
    fs::write(&page, "\n<!DOCTYPE html>\n<html><body>Log in</body></html>").unwrap();
    let failed = run(&["read", &page]);
    assert!(failed.error(1).contains("not recognised"), "{}", failed.stderr);
    assert!(failed.stderr.contains("hint: it is a web page"), "{}", failed.stderr);
    let failed = run(&["read", "file://me:hunter2@host/a.png"]);
    assert!(failed.error(1).starts_with("imageio: file://me:***@host/a.png: not found: "), "{}", failed.stderr);
}

#[test]
fn hints_about_servers_name_no_library() {
    let folder = Folder::new("hints");
    let picture = folder.image("a.png", noise());
    let server = imageio_testkit::web::Server::start(|asked| {
        imageio_testkit::web::Answer::status(asked.path[1..4].parse().unwrap_or(404))
    })
    .unwrap();
    let rows = [
        (run(&["read", &server.url("/401.png")]), "give them in the URL (user:password@host)"),
        (run(&["read", &server.url("/403.png")]), "it may want credentials"),
        (run(&["convert", &picture, &server.url("/201.png")]), "curl -T"),
    ];
    for (failed, hint) in rows {
        failed.error(1);
        assert!(failed.stderr.contains(hint) && !failed.stderr.contains("HttpResource"), "{}", failed.stderr);
    }
    // Nothing is sent that was not asked for.
    assert!(server.asked().iter().all(|asked| asked.method == "GET"));
}

#[test]
fn archives_and_sequences() {
    let folder = Folder::new("places");
    let member = format!("{}/in/card.bmp", folder.file("a.zip"));
    assert_eq!(run(&["convert", "imageio:test-card.png", &member]).status, Some(0));
    assert_eq!(imread(&member), imread("imageio:test-card.png"));
    let frames = Array4::from_shape_fn((5, 8, 9, 3), |(k, y, x, c)| (k * 50 + y * 9 + x * 3 + c) as u8);
    let gif = folder.image("a.tif", imageio::Batch(&frames));
    let sequence = format!("sequence:{}", folder.file("p_%03d.png"));
    assert_eq!(run(&["convert", &gif, &sequence, "--index", "all", "--no-metadata"]).stderr, "");
    assert!(folder.names().contains(&"p_004.png".to_owned()));
    let back = folder.file("b.tif");
    assert_eq!(run(&["convert", &sequence, &back, "--no-metadata"]).stderr, "");
    assert_eq!(iio::imiter(&back).unwrap().count(), 5);
    assert_eq!(run(&["props", &sequence, "--json"]).json()["shape"], serde_json::json!([5, 8, 9, 3]));
    let failed = run(&["read", folder.path().to_str().unwrap()]);
    failed.error(1);
    assert!(failed.stderr.contains("sequence:"), "{}", failed.stderr);
}

/// Every file of a set is on the disk before it has its name, and the names are before the program says so.
#[cfg(target_os = "linux")]
#[test]
fn durable_sets() {
    use std::process::Command;
    if !Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_ok_and(|status| status.success()) {
        eprintln!("skipped: there is no strace");
        return;
    }
    let folder = Folder::new("durable");
    let frames = Array4::from_shape_fn((3, 8, 9, 3), |(k, y, x, c)| (k * 50 + y * 9 + x * 3 + c) as u8);
    let from = folder.image("a.tif", imageio::Batch(&frames));
    let calls = |to: &str, durable: &[&str]| -> Vec<String> {
        let log = folder.file("calls.txt");
        let mut traced = Command::new("strace");
        traced.args(["-f", "-y", "-e", "trace=fsync,fdatasync,rename,renameat,renameat2", "-o", &log]);
        traced.args([env!("CARGO_BIN_EXE_imageio"), "convert", &from, to, "--index", "all", "--no-metadata"]);
        let status = traced.args(durable).stdin(Stdio::null()).status().unwrap();
        assert!(status.success());
        let text = fs::read_to_string(&log).unwrap();
        // What is opened behind a number stands in angle brackets: `fsync(5</tmp/a>) = 0`.
        let fsync = |line: &str| Some(line.split_once("sync(")?.1.split_once('<')?.1.split_once('>')?.0.to_owned());
        let rename = |line: &str| Some(format!("to {}", line.split_once("rename")?.1.rsplit('"').nth(1)?));
        text.lines()
            .filter(|line| line.ends_with("= 0"))
            .filter_map(|line| fsync(line).or_else(|| rename(line)))
            .collect()
    };
    let set = format!("sequence:{}", folder.file("p_%03d.png"));
    assert!(calls(&set, &[]).iter().all(|call| call.starts_with("to ")));
    let all = calls(&set, &["--durable"]);
    let first = all.iter().position(|call| *call == format!("to {}", folder.file("p_000.png"))).unwrap();
    for name in ["p_000.png", "p_001.png", "p_002.png"] {
        assert!(
            all[..first].iter().any(|call| call.ends_with(&format!("/new/{name}")) && !call.starts_with("to ")),
            "{all:?}"
        );
        assert!(all[first..].contains(&format!("to {}", folder.file(name))), "{all:?}");
    }
    assert_eq!(all.last().map(String::as_str), folder.path().to_str(), "{all:?}");
    // The same of one file, and of a member of an archive.
    for (to, file) in [("x.tif", "x.tif"), ("a.zip/x.tif", "a.zip")] {
        let all = calls(&folder.file(to), &["--durable"]);
        let [.., staged, moved, last] = all.as_slice() else { panic!("{all:?}") };
        assert!(staged.contains(&format!("/.{file}.")), "{all:?}");
        assert_eq!((moved, last.as_str()), (&format!("to {}", folder.file(file)), folder.path().to_str().unwrap()));
    }
}

/// A server whose picture comes in parts, with half a second before each.
#[cfg(feature = "http")]
fn slow_server(folder: &Folder) -> imageio_testkit::web::Server {
    use imageio_testkit::web::{Answer, Server};

    let picture = fs::read(folder.image("x.bmp", Array3::<u8>::zeros((180, 200, 3)))).unwrap();
    Server::start(move |asked| {
        std::thread::sleep(std::time::Duration::from_millis(500));
        Answer::file(asked, &picture)
    })
    .unwrap()
}

#[cfg(feature = "http")]
#[test]
fn transfers_are_silent_without_a_terminal() {
    let folder = Folder::new("silent");
    let server = slow_server(&folder);
    for command in ["read", "props", "meta", "view"] {
        let ran = run(&[command, &server.url("/x.bmp")]);
        assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""), "{command}");
    }
}

#[cfg(all(feature = "http", target_os = "linux"))]
#[test]
fn transfers_have_a_bar_on_a_terminal() {
    let folder = Folder::new("bar");
    let server = slow_server(&folder);
    let line = format!("'{}' read {}", env!("CARGO_BIN_EXE_imageio"), server.url("/x.bmp"));
    // `script` of util-linux gives its child a terminal.
    let mut script = std::process::Command::new("script");
    let script = script.args(["-qec", &line, "/dev/null"]).env("TERM", "xterm").stdin(Stdio::null());
    let Ok(output) = script.output() else {
        println!("skipped: there is no script (util-linux)");
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let bar = said.rfind(" KiB/s").unwrap_or_else(|| panic!("no bar: {said:?}"));
    assert!(said.contains("/105.5 KiB") && said.contains(" left"), "{said:?}");
    assert!(said.find("shape").is_some_and(|result| result > bar), "{said:?}");
}

#[cfg(all(feature = "clipboard", target_os = "linux"))]
mod clipboard {
    use std::process::Command;
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn outlives_the_program() {
        let test = "places::clipboard::outlives_the_program";
        imageio_testkit::screen::with_screen(test, (64, 64), &["xclip"], with_a_screen);
    }

    /// What another program finds there.
    fn pasted() -> Vec<u8> {
        Command::new("xclip").args(["-selection", "clipboard", "-t", "image/png", "-o"]).output().unwrap().stdout
    }

    /// Processes on this screen that hold a picture.
    fn holders() -> Vec<u32> {
        let here = format!("DISPLAY={}", std::env::var("DISPLAY").unwrap());
        let processes =
            fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
        let says = |pid: u32, what: &str, text: &str| {
            let said = fs::read(format!("/proc/{pid}/{what}")).unwrap_or_default();
            said.split(|b| *b == 0).any(|part| part == text.as_bytes())
        };
        processes.filter(|pid| says(*pid, "cmdline", "hold-clipboard") && says(*pid, "environ", &here)).collect()
    }

    fn soon(what: impl Fn() -> bool) {
        let started = Instant::now();
        while !what() {
            assert!(started.elapsed() < Duration::from_secs(20));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn with_a_screen() {
        let folder = Folder::new("clipboard");
        let (first, second) = (folder.image("a.png", noise()), folder.image("b.png", Array3::<u8>::zeros((6, 7, 3))));
        // These calls come back only when nobody holds the program's pipes any more.
        assert_eq!(run(&["convert", &first, "<clipboard>", "--no-metadata"]).stderr, "");
        let opaque = |rgb: &str| {
            let rgb = imread(rgb).into_array::<u8>().unwrap();
            let alpha = imageio::ndarray::Array3::<u8>::from_elem((rgb.shape()[0], rgb.shape()[1], 1), 255);
            imageio::ndarray::concatenate![imageio::ndarray::Axis(2), rgb, alpha.into_dyn()]
        };
        assert_eq!(iio::imread(pasted()).unwrap(), opaque(&first).into());
        // As often as it is wanted, by this program as well.
        let copy = folder.file("copy.png");
        assert_eq!(run(&["convert", "<clipboard>", &copy]).stderr, "");
        assert_eq!(imread(&copy), opaque(&first).into());
        let [holder] = holders()[..] else { panic!("{:?}", holders()) };
        assert_eq!(fs::read_link(format!("/proc/{holder}/cwd")).unwrap().to_str(), Some("/"));
        // Another picture takes its place, and another program the place of that one.
        assert_eq!(run(&["convert", &second, "<clipboard>", "--no-metadata"]).stderr, "");
        assert_eq!(iio::imread(pasted()).unwrap(), opaque(&second).into());
        soon(|| holders().len() == 1 && holders() != [holder]);
        let mut xclip = Command::new("xclip");
        xclip.args(["-selection", "clipboard", "-i"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut xclip = xclip.spawn().unwrap();
        xclip.stdin.take().unwrap().write_all(b"text").unwrap();
        xclip.wait().unwrap();
        soon(|| holders().is_empty());
        assert!(run(&["read", "<clipboard>"]).error(1).contains("holds no picture"));
        // Without a screen there is no clipboard, and nobody is left behind.
        let mut command = command(&["convert", &first, "<clipboard>"]);
        let failed: crate::run::Run = command.env("DISPLAY", ":9999").stdin(Stdio::null()).output().unwrap().into();
        assert!(failed.error(1).contains("clipboard"), "{}", failed.stderr);
    }
}
