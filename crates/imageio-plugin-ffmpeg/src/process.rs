//! A child process that can't outlive its handle, fill its log or be left as a zombie.

use std::collections::VecDeque;
use std::io::Read;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ffmpeg_sidecar::command::FfmpegCommand;
use imageio_core::{Error, ErrorKind, Result};

use crate::watch::Watch;

/// Lines of the log that are kept, and bytes of each.
const LINES: usize = 64;
const LINE: usize = 1000;

/// Lines that an error quotes.
const QUOTED: usize = 5;

/// Size that pipes are given where that is possible: a child that is not woken for every 64 KiB gets more done.
#[cfg(target_os = "linux")]
const PIPE: usize = 1 << 20;

/// A running program. Dropping it ends the program and waits for it.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    name: String,
    log: Arc<Mutex<Log>>,
    drain: Option<JoinHandle<()>>,
    ended: Option<ExitStatus>,
}

/// Which ends of the child are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pipes {
    pub stdin: bool,
    pub stdout: bool,
}

impl Process {
    /// Starts a command. Its standard error is drained from now on; standard input and output are pipes if they
    /// are wanted, and nothing otherwise.
    pub fn start(command: &mut FfmpegCommand, pipes: Pipes) -> Result<Self> {
        let command = command.as_inner_mut();
        Self::start_command(command, pipes)
    }

    /// As [`start`](Self::start); `watch` sees every line of the log, and decides which are kept.
    pub fn start_watched(command: &mut FfmpegCommand, pipes: Pipes, watch: Watch) -> Result<Self> {
        Self::spawn(command.as_inner_mut(), pipes, Some(watch))
    }

    /// As [`start`](Self::start), for ffprobe and others.
    pub fn start_command(command: &mut Command, pipes: Pipes) -> Result<Self> {
        Self::spawn(command, pipes, None)
    }

    fn spawn(command: &mut Command, pipes: Pipes, watch: Option<Watch>) -> Result<Self> {
        let name = program_name(command);
        let stream = |wanted| if wanted { Stdio::piped() } else { Stdio::null() };
        command.stdin(stream(pipes.stdin)).stdout(stream(pipes.stdout)).stderr(Stdio::piped());
        #[cfg(unix)]
        {
            // A group of its own: what a wrapper script starts ends with it, and Ctrl-C reaches the caller alone,
            // who decides what becomes of the child.
            std::os::unix::process::CommandExt::process_group(command, 0);
        }
        let mut child = command.spawn().map_err(|e| {
            Error::new(ErrorKind::Io, format!("{name} did not start: {e}"))
                .with("program", Path::new(command.get_program()).display())
                .with_source(e)
        })?;
        if let Some(stdin) = &child.stdin {
            enlarge(stdin);
        }
        if let Some(stdout) = &child.stdout {
            enlarge(stdout);
        }
        let log = Arc::new(Mutex::new(Log { watch, ..Log::default() }));
        let stderr = child.stderr.take();
        let mut process = Process { child, name, log, drain: None, ended: None };
        if let Some(stderr) = stderr {
            let log = Arc::clone(&process.log);
            let thread = std::thread::Builder::new().name("ffmpeg log".to_owned());
            // On failure `process` is dropped, which ends the child.
            process.drain = Some(thread.spawn(move || drain(stderr, &log))?);
        }
        Ok(process)
    }

    /// The pipe that the child reads from; once.
    pub fn take_stdin(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    /// The pipe that the child writes to; once.
    pub fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// Waits for the end, and for the whole log.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        let status = match self.ended {
            Some(status) => status,
            None => self.child.wait()?,
        };
        self.ended = Some(status);
        self.join();
        Ok(status)
    }

    /// As [`wait`](Self::wait), but ends the child after `patience`.
    pub fn wait_for(&mut self, patience: Duration) -> Result<ExitStatus> {
        let start = Instant::now();
        let mut pause = Duration::from_micros(200);
        while self.ended.is_none() {
            self.ended = self.child.try_wait()?;
            if self.ended.is_none() {
                if start.elapsed() > patience {
                    self.kill();
                    break;
                }
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(20));
            }
        }
        self.wait()
    }

    /// Waits for the end, and makes an error of anything but success.
    pub fn succeed(&mut self, doing: &str) -> Result<()> {
        let status = self.wait()?;
        if status.success() { Ok(()) } else { Err(self.failure(doing)) }
    }

    /// Ends the child at once. Does nothing if it has ended.
    pub fn kill(&mut self) {
        if self.ended.is_some() {
            return;
        }
        #[cfg(unix)]
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        }
        let _ = self.child.kill();
        self.ended = self.child.wait().ok();
    }

    /// The lines of the log that were kept, the oldest first.
    pub fn log(&self) -> Vec<String> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.lines()
    }

    /// Why it failed: waits for the end, and quotes the last lines. A child that still runs is ended.
    pub fn failure(&mut self, doing: &str) -> Error {
        if self.ended.is_none() {
            // It may be about to say why; but it must not keep the caller waiting.
            let _ = self.wait_for(Duration::from_secs(2));
        }
        self.join();
        let ended = self.ended.map_or_else(|| "did not end".to_owned(), describe);
        let lines = self.log();
        let from = lines.len().saturating_sub(QUOTED);
        // What came first is often the reason, and the rest its consequence.
        let first = lines[..from].iter().find(|line| line.contains("[error]") || line.contains("[fatal]"));
        let first = first.map_or_else(String::new, |line| format!("{line} | … | "));
        let quoted = match &lines[from..] {
            [] => "it said nothing".to_owned(),
            last => format!("it said: {first}{}", last.join(" | ")),
        };
        Error::new(ErrorKind::Backend, format!("{} {ended} while {doing}; {quoted}", self.name))
    }

    fn join(&mut self) {
        if let Some(drain) = self.drain.take() {
            // The thread ends with the pipe, and can't panic on what it reads.
            let _ = drain.join();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Pipes first: a child that waits for input sees its end.
        drop(self.child.stdin.take());
        drop(self.child.stdout.take());
        self.kill();
        self.join();
    }
}

fn program_name(command: &Command) -> String {
    let path = Path::new(command.get_program());
    path.file_stem().map_or_else(|| "the program".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// An exit status in words.
fn describe(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("was killed by signal {signal}");
    }
    match status.code() {
        Some(0) => "ended".to_owned(),
        Some(code) => format!("failed with status {code}"),
        None => "failed".to_owned(),
    }
}

/// Keeps a console window from opening on Windows.
pub(crate) fn hide_window(command: &mut Command) {
    #[cfg(windows)]
    {
        // CREATE_NO_WINDOW
        std::os::windows::process::CommandExt::creation_flags(command, 0x0800_0000);
    }
    #[cfg(not(windows))]
    let _ = command;
}

#[cfg(target_os = "linux")]
fn enlarge(pipe: impl rustix::fd::AsFd) {
    // Refused where the user has used up what all pipes may hold; the usual size works as well.
    let _ = rustix::pipe::fcntl_setpipe_size(pipe, PIPE);
}

#[cfg(not(target_os = "linux"))]
fn enlarge<T>(_pipe: &T) {}

fn drain(mut stderr: ChildStderr, log: &Mutex<Log>) {
    let mut buffer = [0; 4096];
    loop {
        match stderr.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => log.lock().unwrap_or_else(PoisonError::into_inner).take(&buffer[..n]),
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    log.lock().unwrap_or_else(PoisonError::into_inner).close();
}

/// ffmpeg names what speaks with its place in memory, `[mov @ 0x55cf00cd36c0]`, which differs from run to run.
fn without_addresses(line: &str) -> String {
    let mut parts = line.split(" @ 0x");
    let mut out = parts.next().unwrap_or_default().to_owned();
    out.extend(parts.map(|part| part.trim_start_matches(|c: char| c.is_ascii_hexdigit())));
    out
}

/// The last lines of what a program says.
#[derive(Debug, Default)]
struct Log {
    kept: VecDeque<String>,
    line: Vec<u8>,
    watch: Option<Watch>,
}

impl Log {
    fn take(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            match byte {
                b'\n' | b'\r' => self.end_line(),
                _ if self.line.len() < LINE => self.line.push(byte),
                _ => {}
            }
        }
    }

    fn end_line(&mut self) {
        let line = String::from_utf8_lossy(&self.line).trim_end().to_owned();
        self.line.clear();
        if line.is_empty() {
            return;
        }
        let line = match &self.watch {
            Some(watch) => match watch.line(&line) {
                Some(kept) => kept,
                None => return,
            },
            None => line,
        };
        if self.kept.len() == LINES {
            self.kept.pop_front();
        }
        self.kept.push_back(without_addresses(&line));
    }

    fn close(&mut self) {
        self.end_line();
        if let Some(watch) = &self.watch {
            watch.close();
        }
    }

    fn lines(&self) -> Vec<String> {
        let rest = without_addresses(String::from_utf8_lossy(&self.line).trim_end());
        self.kept.iter().cloned().chain((!rest.is_empty()).then_some(rest)).collect()
    }
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "a test that fails says so")]
mod tests {
    use std::io::Write;

    use super::*;

    fn shell(script: &str, pipes: Pipes) -> Process {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Process::start_command(&mut command, pipes).unwrap()
    }

    fn is_alive(pid: u32) -> bool {
        rustix::process::Pid::from_raw(pid as i32).is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
    }

    #[test]
    fn errors_are_the_same_in_every_run() {
        assert_eq!(
            without_addresses("[mov,mp4 @ 0x55cf00cd36c0] moov atom not found"),
            "[mov,mp4] moov atom not found"
        );
        assert_eq!(without_addresses("[a @ 0x1f] b [c @ 0x2] d"), "[a] b [c] d");
        assert_eq!(without_addresses("user@host: 0x12"), "user@host: 0x12");
    }

    #[test]
    fn a_long_log_neither_blocks_nor_grows() {
        let mut process = shell(
            "i=0; while [ $i -lt 3000 ]; do echo \"line $i xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\" >&2; i=$((i+1)); done; \
             head -c 300000 /dev/zero | tr '\\0' 'y' >&2; exit 3",
            Pipes::default(),
        );
        let e = process.succeed("testing").unwrap_err();
        let lines = process.log();
        assert_eq!(lines.len(), LINES);
        assert!(lines[LINES - 2].starts_with("line 2999"), "{}", lines[LINES - 2]);
        assert_eq!(lines[LINES - 1].len(), LINE);
        assert_eq!(e.kind(), ErrorKind::Backend);
        assert!(e.to_string().contains("sh failed with status 3 while testing; it said: line 2996"), "{e}");
    }

    #[test]
    fn dropping_ends_what_runs_and_what_it_started() {
        // The shell stands for a wrapper script around ffmpeg: its child must not live on.
        let mut process = shell("sleep 100 & echo $!; wait", Pipes { stdout: true, ..Pipes::default() });
        let mut inner = String::new();
        let mut out = process.take_stdout().unwrap();
        let mut byte = [0];
        while out.read(&mut byte).unwrap() == 1 && byte[0] != b'\n' {
            inner.push(char::from(byte[0]));
        }
        let (outer, inner) = (process.child.id(), inner.parse::<u32>().unwrap());
        assert!(is_alive(outer) && is_alive(inner));
        let start = Instant::now();
        drop(process);
        assert!(!is_alive(outer), "the child is there, or a zombie");
        // The inner one is reaped by init, which may take a moment.
        while is_alive(inner) && start.elapsed() < Duration::from_secs(5) {
            let state = std::fs::read_to_string(format!("/proc/{inner}/stat")).unwrap_or_default();
            if state.contains(") Z ") || state.is_empty() {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(start.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn a_killed_child_says_so() {
        let mut process = shell("echo 'about to die' >&2; kill -9 $$", Pipes { stdin: true, ..Pipes::default() });
        let mut stdin = process.take_stdin().unwrap();
        let e = loop {
            if let Err(e) = stdin.write_all(&[0; 65_536]) {
                break e;
            }
        };
        assert_eq!(e.kind(), std::io::ErrorKind::BrokenPipe);
        let e = process.failure("reading frames").to_string();
        assert!(e.contains("was killed by signal 9 while reading frames; it said: about to die"), "{e}");
    }

    #[test]
    fn patience_ends() {
        let mut process = shell("echo waiting >&2; exec sleep 100", Pipes::default());
        let start = Instant::now();
        let status = process.wait_for(Duration::from_millis(100)).unwrap();
        assert!(!status.success() && start.elapsed() < Duration::from_secs(5));
        assert_eq!(process.log(), ["waiting"]);
    }

    #[test]
    fn a_program_that_is_not_there() {
        let e = Process::start_command(&mut Command::new("/no/such/ffmpeg"), Pipes::default()).unwrap_err();
        assert!(e.to_string().contains("ffmpeg did not start"), "{e}");
        assert_eq!(e.context_value("program"), Some("/no/such/ffmpeg"));
    }
}
