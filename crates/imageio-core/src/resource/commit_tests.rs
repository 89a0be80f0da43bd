//! What stands at the target, and beside it, after every way a write can end.

use std::io::{BufWriter, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::Mutex;

use super::*;

/// A directory of its own, removed at the end.
struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("imageio-commit-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Dir(path)
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(&self.0).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn write(path: &Path, how: Atomic, content: &[u8]) -> Result<Committed> {
    let mut transaction = Transaction::at_path(path, how)?;
    transaction.sink()?.write_all(content)?;
    transaction.commit()
}

#[test]
fn creates_and_replaces() {
    let dir = Dir::new("replace");
    let path = dir.0.join("a.png");
    for how in [Atomic::Auto, Atomic::Durable, Atomic::Never] {
        for content in [&b"first"[..], b"2nd", &[7; 200_000], b""] {
            assert_eq!(write(&path, how, content).unwrap().into_bytes(), None);
            assert!(fs::read(&path).unwrap() == content, "{how:?}");
            assert_eq!(dir.names(), ["a.png"], "{how:?}");
        }
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn the_old_content_stands_until_the_commit() {
    let dir = Dir::new("until");
    let path = dir.0.join("a.png");
    fs::write(&path, b"old").unwrap();
    let mut transaction = Transaction::at_path(&path, Atomic::Auto).unwrap();
    let mut sink = transaction.sink().unwrap();
    sink.write_all(&[1; 100_000]).unwrap();
    drop(sink);
    let pid = std::process::id();
    let names = dir.names();
    assert_eq!((names.len(), fs::read(&path).unwrap().as_slice()), (2, &b"old"[..]));
    assert!(names[0].starts_with(&format!(".a.png.{pid}.")) && names[0].ends_with(".tmp"), "{names:?}");
    transaction.abandon();
    assert_eq!((dir.names(), fs::read(&path).unwrap()), (vec!["a.png".to_owned()], b"old".to_vec()));
}

#[test]
fn a_kept_sink_is_an_error() {
    let dir = Dir::new("kept");
    let path = dir.0.join("a.png");
    let mut transaction = Transaction::at_path(&path, Atomic::Auto).unwrap();
    let mut sink = transaction.sink().unwrap();
    sink.write_all(b"x").unwrap();
    assert_eq!(transaction.sink().unwrap_err().kind(), ErrorKind::Backend);
    assert_eq!(transaction.local_path("png").unwrap_err().kind(), ErrorKind::Backend);
    assert_eq!(transaction.reset().unwrap_err().kind(), ErrorKind::Backend);
    let e = transaction.commit().unwrap_err();
    assert_eq!((e.kind(), e.context_value("resource")), (ErrorKind::Backend, path.to_str()));
    drop(sink);
    assert!(dir.names().is_empty());
}

#[test]
fn leases_go_on_and_reset_starts_over() {
    let dir = Dir::new("leases");
    for path in [Some(dir.0.join("a.png")), None] {
        let begin = || match &path {
            Some(path) => Transaction::at_path(path, Atomic::Auto).unwrap(),
            None => Transaction::in_memory(None),
        };
        let end = |transaction: Transaction| match (transaction.commit().unwrap().into_bytes(), &path) {
            (Some(bytes), None) => bytes,
            (None, Some(path)) => fs::read(path).unwrap(),
            other => panic!("{other:?}"),
        };
        let mut transaction = begin();
        transaction.sink().unwrap().write_all(b"head").unwrap();
        transaction.sink().unwrap().write_all(b" tail").unwrap();
        assert_eq!(end(transaction), b"head tail");

        let mut transaction = begin();
        transaction.sink().unwrap().write_all(&[1; 70_000]).unwrap();
        transaction.reset().unwrap();
        let mut sink = transaction.sink().unwrap();
        sink.write_all(b"neW").unwrap();
        sink.seek(SeekFrom::Start(2)).unwrap();
        sink.write_all(b"w").unwrap();
        drop(sink);
        assert_eq!(end(transaction), b"new");

        // Path first, then a sink after all.
        let mut transaction = begin();
        let local = transaction.local_path("png").unwrap();
        fs::write(&local, b"a failed attempt").unwrap();
        assert_eq!(transaction.sink().unwrap_err().kind(), ErrorKind::Backend);
        transaction.reset().unwrap();
        transaction.sink().unwrap().write_all(b"again").unwrap();
        assert_eq!(end(transaction), b"again");
    }
}

#[test]
fn backends_that_need_a_path() {
    let dir = Dir::new("path");
    let path = dir.0.join("a.mp4");
    for how in [Atomic::Auto, Atomic::Durable, Atomic::Never] {
        let mut transaction = Transaction::at_path(&path, how).unwrap();
        let local = transaction.local_path("mp4").unwrap();
        assert_eq!(local.extension(), Some(OsStr::new("mp4")));
        assert_eq!(local.parent(), Some(dir.0.as_path()));
        assert_eq!(&*transaction.local_path("mp4").unwrap(), &*local);
        // Programs remove and make anew as often as they write into what is there.
        fs::remove_file(&local).unwrap();
        fs::write(&local, format!("{how:?}")).unwrap();
        transaction.commit().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{how:?}"));
        assert_eq!(dir.names(), ["a.mp4"]);
    }
    for leave in [|p: &Path| fs::remove_file(p).unwrap(), |_: &Path| ()] {
        let mut transaction = Transaction::at_path(&path, Atomic::Auto).unwrap();
        leave(&transaction.local_path("mp4").unwrap());
        assert_eq!(transaction.commit().unwrap_err().kind(), ErrorKind::Backend);
        assert_eq!((dir.names().len(), fs::read(&path).unwrap()), (1, b"Never".to_vec()));
    }
    let mut transaction = Transaction::in_memory(None);
    let local = transaction.local_path("mp4").unwrap().to_owned();
    fs::write(&local, b"spooled").unwrap();
    assert_eq!(transaction.commit().unwrap().into_bytes().unwrap(), b"spooled");
    assert!(!local.exists());
}

#[test]
fn memory_hands_over() {
    let got = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&got);
    let mut transaction = Transaction::in_memory(Some(Box::new(move |bytes| {
        *keep.lock().unwrap() = bytes;
        Ok(())
    })))
    .named("member.png");
    transaction.sink().unwrap().write_all(b"member").unwrap();
    assert_eq!(transaction.commit().unwrap().into_bytes(), None);
    assert_eq!(*got.lock().unwrap(), b"member");

    let refuse: OnCommit = Box::new(|_| Err(Error::new(ErrorKind::Io, "refused")));
    let e = Transaction::in_memory(Some(refuse)).named("up.png").commit().unwrap_err();
    assert_eq!((e.message(), e.context_value("resource")), ("refused", Some("up.png")));
}

#[test]
fn in_place_leaves_what_is_not_written() {
    let dir = Dir::new("never");
    let path = dir.0.join("a.png");
    drop(Transaction::at_path(&path, Atomic::Never).unwrap());
    assert!(dir.names().is_empty());
    fs::write(&path, b"old").unwrap();
    drop(Transaction::at_path(&path, Atomic::Never).unwrap());
    assert_eq!(fs::read(&path).unwrap(), b"old");
    let mut transaction = Transaction::at_path(&path, Atomic::Never).unwrap();
    let mut sink = transaction.sink().unwrap();
    sink.write_all(b"n").unwrap();
    sink.flush().unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"n");
}

#[test]
fn impossible_targets_create_nothing() {
    let dir = Dir::new("impossible");
    fs::write(dir.0.join("file"), b"x").unwrap();
    fs::write(dir.0.join("locked"), b"x").unwrap();
    let mut locked = fs::metadata(dir.0.join("locked")).unwrap().permissions();
    locked.set_readonly(true);
    fs::set_permissions(dir.0.join("locked"), locked).unwrap();
    let before = dir.names();
    let rows = [
        ("", ErrorKind::Unsupported, "is a directory"),
        ("new/", ErrorKind::Unsupported, "is a directory"),
        ("..", ErrorKind::Unsupported, "is a directory"),
        ("none/a.png", ErrorKind::NotFound, "none` does not exist"),
        ("file/a.png", ErrorKind::NotFound, "file` is not a directory"),
        ("locked", ErrorKind::ReadOnly, "read-only"),
    ];
    for (name, kind, message) in rows {
        for how in [Atomic::Auto, Atomic::Never] {
            let e = Transaction::at_path(&dir.0.join(name), how).unwrap_err();
            assert_eq!(e.kind(), kind, "{name}");
            assert!(e.to_string().contains(message), "{e}");
        }
    }
    assert_eq!(dir.names(), before);
}

#[test]
fn advice_only_where_it_helps() {
    for (writable, hint) in [(true, true), (false, false)] {
        let e = cannot_stage(io::ErrorKind::PermissionDenied.into(), Path::new("dir"), writable);
        assert_eq!((e.kind(), e.hint().is_some_and(|h| h.contains("atomic"))), (ErrorKind::ReadOnly, hint));
    }
}

#[test]
fn long_names_leave_room() {
    let dir = Dir::new("long");
    for n in [170, 181, 250, 255] {
        let path = dir.0.join("n".repeat(n));
        write(&path, Atomic::Auto, b"x").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"x");
    }
    assert_eq!(dir.names().len(), 4);
}

#[test]
fn stopping_keeps_the_old_content() {
    let dir = Dir::new("stop");
    let path = dir.0.join("a.png");
    fs::write(&path, b"old").unwrap();
    let live: &'static Live = Box::leak(Box::new(Live::new()));
    let mut transaction = Transaction::begin(&path, Atomic::Auto, live).unwrap();
    transaction.sink().unwrap().write_all(b"new").unwrap();
    assert_eq!(dir.names().len(), 2);
    live.stop();
    assert_eq!(dir.names(), ["a.png"]);
    assert_eq!(transaction.commit().unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(Transaction::begin(&path, Atomic::Auto, live).unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!((dir.names(), fs::read(&path).unwrap()), (vec!["a.png".to_owned()], b"old".to_vec()));
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn permissions_stay() {
        let dir = Dir::new("mode");
        let path = dir.0.join("a.png");
        for how in [Atomic::Auto, Atomic::Never] {
            for mode in [0o600, 0o640, 0o666, 0o755, 0o777] {
                fs::write(&path, b"old").unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
                let mut transaction = Transaction::at_path(&path, how).unwrap();
                for name in dir.names() {
                    let now = fs::metadata(dir.0.join(name)).unwrap().permissions().mode() & 0o777;
                    assert_eq!(now & !mode, 0, "{mode:o}");
                }
                transaction.sink().unwrap().write_all(b"new").unwrap();
                transaction.commit().unwrap();
                assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, mode, "{mode:o}");
                assert_eq!(fs::read(&path).unwrap(), b"new");
                fs::remove_file(&path).unwrap();
            }
        }
        write(&path, Atomic::Auto, b"x").unwrap();
        let usual = dir.0.join("usual");
        fs::write(&usual, b"x").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions(), fs::metadata(&usual).unwrap().permissions());
    }

    #[test]
    fn links_stay_links() {
        let dir = Dir::new("links");
        fs::create_dir(dir.0.join("sub")).unwrap();
        let target = dir.0.join("sub/real.png");
        symlink("sub/real.png", dir.0.join("one")).unwrap();
        symlink(dir.0.join("one"), dir.0.join("two")).unwrap();
        symlink("loop", dir.0.join("loop")).unwrap();
        symlink("sub", dir.0.join("to_dir")).unwrap();
        // The first round finds the link dangling and creates what it points to.
        for how in [Atomic::Auto, Atomic::Never, Atomic::Durable] {
            for content in [b"a", b"b"] {
                write(&dir.0.join("two"), how, content).unwrap();
                assert_eq!(fs::read(&target).unwrap(), content, "{how:?}");
                assert!(fs::symlink_metadata(dir.0.join("one")).unwrap().is_symlink());
                assert!(fs::symlink_metadata(dir.0.join("two")).unwrap().is_symlink());
                assert_eq!(fs::read_dir(dir.0.join("sub")).unwrap().count(), 1);
            }
            fs::remove_file(&target).unwrap();
        }
        assert!(write(&dir.0.join("loop"), Atomic::Auto, b"x").is_err());
        let e = write(&dir.0.join("to_dir"), Atomic::Auto, b"x").unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Unsupported);
    }

    #[test]
    fn devices_are_written_at_commit() {
        for how in [Atomic::Auto, Atomic::Never] {
            write(Path::new("/dev/null"), how, &[1; 100_000]).unwrap();
        }
        if Path::new("/dev/full").exists() {
            let e = write(Path::new("/dev/full"), Atomic::Auto, b"x").unwrap_err();
            assert_eq!((e.kind(), e.context_value("resource")), (ErrorKind::Io, Some("/dev/full")));
        }
        let mut transaction = Transaction::at_path(Path::new("/dev/null"), Atomic::Auto).unwrap();
        let local = transaction.local_path("png").unwrap();
        assert_eq!(local.parent(), Some(std::env::temp_dir().as_path()));
        fs::write(&local, b"x").unwrap();
        transaction.commit().unwrap();
        assert!(is_stdout(Path::new("/dev/stdout")) && !is_stdout(Path::new("/dev/shm/x")));
    }

    #[test]
    fn a_disk_that_refuses_fails_the_commit() {
        // A plugin's own buffer, dropped, swallows the error; the commit must not.
        let dir = Dir::new("refuse");
        let path = dir.0.join("a.png");
        fs::write(&path, b"old").unwrap();
        let (_, staged) = stage_beside(&path, "", None, &LIVE).unwrap();
        let read_only = File::open(staged.path()).unwrap();
        let goal = Goal::Replace { staged, target: path.clone(), old: None };
        let mut transaction = Transaction::new(Staging::file(read_only), goal, "a.png".into(), &LIVE);
        let mut encoder = BufWriter::with_capacity(100_000, transaction.sink().unwrap());
        encoder.write_all(&[1; 80_000]).unwrap();
        drop(encoder);
        let e = transaction.commit().unwrap_err();
        assert_eq!((e.kind(), e.context_value("resource")), (ErrorKind::Io, Some("a.png")));
        assert_eq!((dir.names(), fs::read(&path).unwrap()), (vec!["a.png".to_owned()], b"old".to_vec()));
    }
}
