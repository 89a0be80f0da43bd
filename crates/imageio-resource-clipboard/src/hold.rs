//! What outlives the program that wrote it: under X11 the clipboard has its content from a process, so another one has
//! to stay.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use imageio_core::{Error, ErrorKind, Result};

/// What starts the process that holds a picture.
static COMMAND: Mutex<Option<Vec<OsString>>> = Mutex::new(None);

/// Has pictures that this program writes held by a process of their own, for programs that end soon after. Only where
/// the clipboard needs that, which is under X11: elsewhere this changes nothing.
///
/// `command` is a program with its arguments that calls [`hold`] and does nothing else, as a rule the program itself
/// with an argument by which it knows what it is for. It is started once for each picture that is written, in the
/// root folder and in a process group of its own; its standard input and output lead to this process, and its errors
/// nowhere. It ends when any other program writes to the clipboard.
pub fn held_by<S: Into<OsString>>(command: impl IntoIterator<Item = S>) {
    let command: Vec<OsString> = command.into_iter().map(Into::into).collect();
    *COMMAND.lock().unwrap_or_else(PoisonError::into_inner) = Some(command).filter(|c| !c.is_empty());
}

/// Gives the picture to a process that holds it; `false` if none is wanted, or none can be started.
pub(crate) fn hand_over(width: usize, height: usize, rgba: &[u8]) -> Result<bool> {
    let command = COMMAND.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let Some((program, arguments)) = command.as_deref().and_then(<[_]>::split_first) else { return Ok(false) };
    if !cfg!(all(unix, not(any(target_os = "macos", target_os = "android")))) {
        return Ok(false);
    }
    hand_to(program, arguments, (width, height, rgba), ANSWERS_WITHIN)
}

/// The longest time from the start of the holder to what it says. It has to take the picture and to make itself known
/// to the screen, which is done in less than a second as a rule.
const ANSWERS_WITHIN: Duration = Duration::from_secs(30);

fn hand_to(
    program: &OsString,
    arguments: &[OsString],
    (width, height, rgba): (usize, usize, &[u8]),
    patience: Duration,
) -> Result<bool> {
    let mut holder = Command::new(program);
    holder.args(arguments).current_dir("/");
    holder.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    // Ctrl-C in the terminal is meant for the program that is seen there.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut holder, 0);
    let mut holder = match holder.spawn() {
        Ok(holder) => holder,
        Err(e) => {
            log::warn!("the picture is in the clipboard only until the program ends: {e}");
            return Ok(false);
        }
    };
    let (input, output) = (holder.stdin.take(), holder.stdout.take());
    let picture = [&(width as u64).to_le_bytes()[..], &(height as u64).to_le_bytes(), rgba].concat();
    let (answers, answer) = mpsc::sync_channel(1);
    // A holder may also fail to read, so that both are done where nobody has to wait for them.
    let talk = thread::Builder::new().name("imageio-clipboard".to_owned()).spawn(move || {
        if let Some(mut input) = input {
            // Why it did not take it, it says itself.
            let _: io::Result<()> = input.write_all(&picture);
        }
        let mut lines = output.into_iter().flat_map(|output| BufReader::new(output).lines());
        let said = lines.by_ref().map_while(io::Result::ok).find_map(|line| Some(line.strip_prefix(SAYS)?.to_owned()));
        drop(lines);
        // Whoever asked may be gone.
        let _ = answers.send(said);
    });
    let said = match talk {
        Ok(_) => answer.recv_timeout(patience),
        Err(_) => Err(mpsc::RecvTimeoutError::Disconnected),
    };
    if said.is_err() {
        // One that answers later would show a picture that counts as not written.
        let _ = holder.kill();
    }
    // Of a program that goes on for long, no process that has ended is left behind.
    let _ = thread::Builder::new().spawn(move || holder.wait());
    let backend = |message: String| Error::new(ErrorKind::Backend, message);
    match said {
        Ok(Some(said)) if said == READY => Ok(true),
        Ok(Some(what)) => Err(backend(what)),
        Ok(None) => Err(backend("the clipboard: the process that was to hold the picture ended early".to_owned())),
        Err(mpsc::RecvTimeoutError::Timeout) => {
            let message =
                format!("the clipboard: the process that was to hold the picture said nothing in {patience:?}");
            Err(backend(message).with_hint("the command given to `held_by` has to call `hold`"))
        }
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            Err(backend("the clipboard: there is no thread to talk to the process that holds the picture".to_owned()))
        }
    }
}

/// How the line begins in which the holder says what became of it; the program may say other things before.
const SAYS: &str = "imageio clipboard: ";
/// What it says once others find the picture.
const READY: &str = "ready";

/// Holds the picture that [`held_by`] sends to this process, and comes back when another program has written to the
/// clipboard.
///
/// # Errors
/// Also told to the process that sends: [`Malformed`](ErrorKind::Malformed) for what is no such picture,
/// [`Unsupported`](ErrorKind::Unsupported) where processes hold no clipboard, and what goes wrong with the clipboard.
pub fn hold() -> Result<()> {
    let say = |line: &str| {
        let mut out = io::stdout().lock();
        writeln!(out, "{SAYS}{line}").and_then(|()| out.flush())
    };
    let held = picture(io::stdin().lock()).and_then(|(width, height, rgba)| {
        serve::until_replaced(width, height, rgba, || {
            let _ = say(READY);
        })
    });
    if let Err(e) = &held {
        let _ = say(&e.message().replace('\n', " "));
    }
    held
}

fn picture(mut input: impl Read) -> Result<(usize, usize, Vec<u8>)> {
    let mut number = || -> io::Result<u64> {
        let mut bytes = [0; 8];
        input.read_exact(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    };
    let damaged = || Error::malformed("no picture came that could be held in the clipboard");
    let (width, height) = (number()?, number()?);
    let size = width.checked_mul(height).and_then(|n| n.checked_mul(4)).ok_or_else(damaged)?;
    let mut rgba = Vec::new();
    input.take(size).read_to_end(&mut rgba)?;
    match (usize::try_from(width), usize::try_from(height)) {
        (Ok(width), Ok(height)) if size > 0 && rgba.len() as u64 == size => Ok((width, height, rgba)),
        _ => Err(damaged()),
    }
}

#[cfg(not(all(unix, not(any(target_os = "macos", target_os = "android")))))]
mod serve {
    use super::*;

    pub fn until_replaced(_: usize, _: usize, _: Vec<u8>, _: impl FnOnce()) -> Result<()> {
        Err(Error::unsupported("the system keeps the clipboard here, no process has to hold it"))
    }
}

#[cfg(all(unix, not(any(target_os = "macos", target_os = "android"))))]
mod serve {
    use std::borrow::Cow;
    use std::sync::Arc;
    use std::time::Instant;

    use arboard::{Clipboard, ImageData, SetExtLinux};
    use x11rb::connection::Connection;
    use x11rb::protocol::xproto::ConnectionExt;

    use super::*;
    use crate::board::failed;

    /// How long it may take until the picture is there.
    const PATIENCE: Duration = Duration::from_secs(20);

    pub fn until_replaced(width: usize, height: usize, rgba: Vec<u8>, ready: impl FnOnce()) -> Result<()> {
        let lost = |e: &dyn std::fmt::Display| Error::new(ErrorKind::Backend, format!("the clipboard: {e}"));
        let (server, _) = x11rb::connect(None).map_err(|e| lost(&e))?;
        let server = Arc::new(server);
        let name = server.intern_atom(false, b"CLIPBOARD").map_err(|e| lost(&e))?;
        let name = name.reply().map_err(|e| lost(&e))?.atom;
        let owner = || -> Result<u32> {
            let asked = server.get_selection_owner(name).map_err(|e| lost(&e))?;
            Ok(asked.reply().map_err(|e| lost(&e))?.owner)
        };
        let before = owner()?;
        let (sender, over) = mpsc::channel();
        let served = sender.clone();
        thread::spawn(move || {
            let picture = ImageData { width, height, bytes: Cow::Owned(rgba) };
            let set = Clipboard::new().and_then(|mut board| board.set().wait().image(picture));
            let _ = served.send(set.map_err(failed));
        });
        let deadline = Instant::now() + PATIENCE;
        while owner()? == before {
            if let Ok(early) = over.recv_timeout(Duration::from_millis(2)) {
                // Replaced before it was seen to be there.
                if early.is_ok() {
                    ready();
                }
                return early;
            }
            if Instant::now() > deadline {
                return Err(lost(&"the X server does not take the picture"));
            }
        }
        ready();
        // Nothing else tells the end of the X server, and with it that of the clipboard.
        let watched = Arc::clone(&server);
        thread::spawn(move || {
            while watched.wait_for_event().is_ok() {}
            let _ = sender.send(Ok(()));
        });
        over.recv().unwrap_or(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_that_are_sent() {
        let message =
            |width: u64, height: u64, rest: &[u8]| [&width.to_le_bytes(), &height.to_le_bytes(), rest].concat();
        assert_eq!(picture(&message(2, 1, &[1; 8])[..]).unwrap(), (2, 1, vec![1; 8]));
        for bad in [vec![], message(2, 1, &[1; 7]), message(0, 1, &[]), message(u64::MAX, 2, &[1; 8])] {
            assert!(picture(&bad[..]).is_err(), "{bad:?}");
        }
    }

    #[cfg(all(unix, not(any(target_os = "macos", target_os = "android"))))]
    #[test]
    fn a_holder_that_neither_answers_nor_ends_is_not_waited_for() {
        // More than a pipe takes, so that writing waits as well.
        let rgba = vec![7; 4 << 20];
        let short = Duration::from_millis(200);
        let give = |script: &str, patience| {
            let arguments = ["-c".into(), script.into()];
            hand_to(&"sh".into(), &arguments, (1024, 1024, &rgba), patience)
        };
        let before = std::time::Instant::now();
        for script in ["exec sleep 600", "cat > /dev/null; echo something else; exec sleep 600"] {
            let e = give(script, short).unwrap_err();
            assert!(e.message().contains("said nothing in 200ms"), "{e}");
        }
        assert!(before.elapsed() < Duration::from_secs(300));
        let long = ANSWERS_WITHIN;
        assert!(give("head -c 4194320 > /dev/null; echo hello; echo imageio clipboard: ready", long).unwrap());
        assert_eq!(give("echo imageio clipboard: no screen", long).unwrap_err().message(), "no screen");
        assert!(give("exit 1", long).unwrap_err().message().ends_with("ended early"));
        assert!(!hand_to(&"no such program".into(), &[], (1, 1, &rgba), long).unwrap());
    }
}
