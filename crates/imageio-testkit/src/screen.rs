//! A screen for tests that need one, on machines that have none.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// Set for the process that has the screen.
const CHILD: &str = "IMAGEIO_TEST_SCREEN";

struct Xvfb(Child);

impl Drop for Xvfb {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs `body` where `DISPLAY` names an X server of its own, Xvfb with one screen of `width` by `height` pixels of 24
/// bits: in another process of this very test program, of which it runs the test called `test`, since the environment
/// of a process with threads can't be changed safely. `programs` have to be there besides.
///
/// Call it as the whole of that test. Without the programs it says that the test was skipped.
///
/// # Panics
/// If the server does not say which display it is, or if `body` fails.
#[allow(clippy::panic, clippy::expect_used, reason = "what a test needs and does not get is told by stopping")]
pub fn with_screen(test: &str, (width, height): (u32, u32), programs: &[&str], body: impl FnOnce()) {
    if std::env::var_os(CHILD).is_some() {
        return body();
    }
    if !crate::programs::have(&[&["Xvfb"], programs].concat()) {
        return;
    }
    // The server chooses a number that is free and says which.
    let started = Command::new("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", &format!("{width}x{height}x24"), "-nolisten", "tcp"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut server = Xvfb(started.expect("Xvfb starts"));
    let mut number = String::new();
    let said = server.0.stdout.take().map(|out| BufReader::new(out).read_line(&mut number));
    assert!(matches!(said, Some(Ok(n)) if n > 0), "Xvfb did not start");
    let mut child = Command::new(std::env::current_exe().expect("this program has a path"));
    child.args(["--exact", test, "--nocapture"]).env(CHILD, "1").env_remove("WAYLAND_DISPLAY");
    let done = child.env("DISPLAY", format!(":{}", number.trim())).output().expect("this program starts again");
    let said = [done.stdout, done.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(done.status.success(), "{}{}", said[0], said[1]);
}
