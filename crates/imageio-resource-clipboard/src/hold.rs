//! What outlives the program that wrote it: under X11 the clipboard has its content from a process, so another one has
//! to stay.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

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
    if let Some(mut input) = holder.stdin.take() {
        let mut send = || {
            input.write_all(&(width as u64).to_le_bytes())?;
            input.write_all(&(height as u64).to_le_bytes())?;
            input.write_all(rgba)
        };
        // Why it did not take it, it says itself.
        let _: io::Result<()> = send();
    }
    let mut line = String::new();
    let told = holder.stdout.take().map_or(Ok(0), |output| BufReader::new(output).read_line(&mut line));
    // Of a program that goes on for long, no process that has ended is left behind.
    std::thread::spawn(move || holder.wait());
    told?;
    match line.trim() {
        READY => Ok(true),
        "" => Err(Error::new(ErrorKind::Backend, "the clipboard: the process that was to hold the picture failed")),
        what => Err(Error::new(ErrorKind::Backend, what.to_owned())),
    }
}

/// What the holder says once others find the picture.
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
        writeln!(out, "{line}").and_then(|()| out.flush())
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
    use std::sync::{Arc, mpsc};
    use std::thread;
    use std::time::{Duration, Instant};

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
}
