//! Members that are added and replaced, and everything else that stays.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use imageio_core::resource::scheme;
use imageio_core::{Atomic, Error, ErrorKind, IntoTarget, Result, Target};
use imageio_resource_zip::{Archive, Method, NewMember};

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("imageio-zip-write-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> =
            std::fs::read_dir(&self.0).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn write_to(target: Target<'_>, content: &[u8], how: Atomic) -> Result<()> {
    let mut transaction = target.begin(how)?;
    transaction.sink()?.write_all(content)?;
    target.deliver(transaction.commit()?).map(|_| ())
}

fn write(place: &str, content: &[u8]) -> Result<()> {
    imageio_resource_zip::register();
    write_to(place.into_target()?, content, Atomic::Auto)
}

fn read(place: &str) -> Vec<u8> {
    let mut all = Vec::new();
    scheme::open(place).unwrap().open_read().unwrap().read_to_end(&mut all).unwrap();
    all
}

fn noise(len: usize) -> Vec<u8> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..len).map(|_| next()).collect()
}

#[test]
fn members_are_added_and_replaced() {
    let folder = Folder::new();
    let zip = folder.path("new.zip");
    for (member, content) in [("a.bin", b"first".as_slice()), ("in/b.bin", b"second"), ("c.bin", b"third")] {
        write(&format!("{zip}/{member}"), content).unwrap();
    }
    write(&format!("{zip}/in\\b.bin"), b"another second").unwrap();
    let names = |zip: &str| {
        let file = std::fs::File::open(zip).unwrap();
        let archive = zip::ZipArchive::new(file).unwrap();
        assert!(!archive.has_duplicate_names());
        archive.file_names().map(|name| name.unwrap().into_owned()).collect::<Vec<_>>()
    };
    // What is replaced keeps its place.
    assert_eq!(names(&zip), ["a.bin", "in/b.bin", "c.bin"]);
    assert_eq!(read(&format!("{zip}/in/b.bin")), b"another second");
    assert_eq!(read(&format!("{zip}/a.bin")), b"first");
    write(&format!("zip:{zip}#d.bin"), b"fourth").unwrap();
    assert_eq!(names(&zip).len(), 4);
    assert_eq!(folder.names(), ["new.zip"]);
}

#[test]
fn others_stay_as_they_are() {
    let made = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/archives");
    let mut met = 0;
    for name in [
        "stored.zip",
        "deflated.zip",
        "descriptors.zip",
        "zstd.zip",
        "zip64.zip",
        "streamed.zip",
        "seven.zip",
        "utf8.zip",
        "cp437.zip",
        "front.zip",
        "encrypted.zip",
        "symlink.zip",
    ] {
        for how in [Atomic::Auto, Atomic::Durable, Atomic::Never] {
            let folder = Folder::new();
            let zip = folder.path("x.zip");
            std::fs::copy(made.join(name), &zip).unwrap();
            let describe = |path: &str, without: Option<&str>| {
                let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
                let comment = archive.comment().to_vec();
                let mut rows = Vec::new();
                for k in 0..archive.len() {
                    let mut file = archive.by_index_raw(k).unwrap();
                    let mut raw = Vec::new();
                    file.read_to_end(&mut raw).unwrap();
                    let name = file.name_raw().to_vec();
                    if without.is_some_and(|w| name == w.as_bytes()) {
                        continue;
                    }
                    let time = file.last_modified().map(|t| t.to_string());
                    let facts = (file.crc32(), file.size(), file.compression().to_string(), file.encrypted());
                    rows.push((name, raw, time, facts, file.unix_mode()));
                }
                (comment, rows)
            };
            let before = describe(&zip, None);
            imageio_resource_zip::register();
            write_to(format!("{zip}/new/x.bin").into_target().unwrap(), b"new", how).unwrap();
            assert_eq!(describe(&zip, Some("new/x.bin")), before, "{name} {how:?}");
            assert_eq!(read(&format!("{zip}/new/x.bin")), b"new");
            if name == "front.zip" {
                assert!(std::fs::read(&zip).unwrap().starts_with(b"MZ, a program"));
            }
            assert_eq!(folder.names(), ["x.zip"], "{name} {how:?}");
            met += 1;
        }
    }
    assert_eq!(met, 36);
}

#[test]
fn packing() {
    let folder = Folder::new();
    let zip = folder.path("p.zip");
    write(&format!("{zip}/dense.bin"), &noise(100_000)).unwrap();
    write(&format!("{zip}/airy.bin"), &vec![3; 100_000]).unwrap();
    let store = NewMember::new(&zip, "stored.bin").method(Method::Stored);
    write_to(store.into_target().unwrap(), &vec![3; 100_000], Atomic::Auto).unwrap();
    let deflate = NewMember::new(&zip, "deflated.bin").method(Method::Deflated(1));
    write_to(deflate.into_target().unwrap(), &noise(1000), Atomic::Auto).unwrap();
    // As in a photograph without compression: a byte says something of the next one, and few stretches come again.
    let smooth: Vec<u8> = noise(100_000)
        .iter()
        .scan(100_u8, |at, step| {
            *at = at.wrapping_add(step % 9).wrapping_sub(4);
            Some(*at)
        })
        .collect();
    write(&format!("{zip}/smooth.bin"), &smooth).unwrap();
    let mut archive = zip::ZipArchive::new(std::fs::File::open(&zip).unwrap()).unwrap();
    let rows = [
        ("dense.bin", "Stored"),
        ("airy.bin", "Deflated"),
        ("stored.bin", "Stored"),
        ("deflated.bin", "Deflated"),
        ("smooth.bin", "Deflated"),
    ];
    for (name, method) in rows {
        let file = archive.by_name(name).unwrap();
        assert_eq!(file.compression().to_string(), method, "{name}");
        assert!(file.last_modified().is_some_and(|t| t.year() >= 2024), "{name}");
    }
}

#[test]
fn archives_in_archives() {
    let folder = Folder::new();
    let zip = folder.path("outer.zip");
    write(&format!("{zip}/a.bin"), b"outer").unwrap();
    write(&format!("{zip}/in/b.zip/c.bin"), b"inner").unwrap();
    write(&format!("{zip}/in/b.zip/d.bin"), b"inner too").unwrap();
    assert_eq!(read(&format!("{zip}/in/b.zip/c.bin")), b"inner");
    assert_eq!(read(&format!("{zip}/in/b.zip/d.bin")), b"inner too");
    assert_eq!(read(&format!("{zip}/a.bin")), b"outer");
    let archive = Archive::open(zip.as_str()).unwrap();
    assert_eq!(archive.names(), ["a.bin", "in/b.zip"]);
    assert_eq!(folder.names(), ["outer.zip"]);
}

#[test]
fn threads_write_into_one_archive() {
    let folder = Folder::new();
    let zip = folder.path("t.zip");
    std::thread::scope(|scope| {
        for k in 0..12 {
            let place = format!("{zip}/{}{k}.bin", if k % 3 == 0 { "in.zip/" } else { "" });
            scope.spawn(move || write(&place, format!("content {k}").as_bytes()).unwrap());
        }
    });
    for k in 0..12 {
        let place = format!("{zip}/{}{k}.bin", if k % 3 == 0 { "in.zip/" } else { "" });
        assert_eq!(read(&place), format!("content {k}").as_bytes());
    }
}

#[test]
fn a_member_is_found_again_in_a_new_archive() {
    let folder = Folder::new();
    for (name, method) in [("stored", Method::Stored), ("deflated", Method::Deflated(6))] {
        let zip = folder.path(&format!("{name}.zip"));
        let put = |member: &str, content: &[u8]| {
            let target = NewMember::new(&zip, member).method(method).into_target().unwrap();
            write_to(target, content, Atomic::Auto).unwrap();
        };
        put("a.bin", &noise(1000));
        put("b.bin", b"what is looked for");
        let looked_up = scheme::open(&format!("{zip}/b.bin")).unwrap();
        assert_eq!(looked_up.size_hint(), Some(18));
        // The directory that was read is out of date: the member has moved, then changed, then gone.
        put("a.bin", &noise(5000));
        let mut all = Vec::new();
        Arc::clone(&looked_up).open_read().unwrap().read_to_end(&mut all).unwrap();
        assert_eq!(all, b"what is looked for", "{name}");
        let looked_up = scheme::open(&format!("{zip}/b.bin")).unwrap();
        assert_eq!(looked_up.size_hint(), Some(18));
        put("b.bin", b"something else of another length");
        all.clear();
        looked_up.open_read().unwrap().read_to_end(&mut all).unwrap();
        assert_eq!(all, b"something else of another length", "{name}");
    }
}

#[test]
fn what_can_not_be_written_leaves_everything() {
    let folder = Folder::new();
    let zip = folder.path("x.zip");
    std::fs::write(&zip, b"this is no archive").unwrap();
    std::fs::write(folder.path("ok.zip"), []).unwrap();
    write(&folder.path("ok.zip/in/a.bin"), b"a").unwrap();
    let rows: [(String, ErrorKind); 7] = [
        (format!("{zip}/a.bin"), ErrorKind::Malformed),
        (folder.path("no/such/x.zip/a.bin"), ErrorKind::NotFound),
        (folder.path("ok.zip/../a.bin"), ErrorKind::Unsupported),
        (folder.path("ok.zip/in/../../a.bin"), ErrorKind::Unsupported),
        (folder.path("ok.zip/"), ErrorKind::Unsupported),
        (folder.path("ok.zip/in"), ErrorKind::Unsupported),
        (folder.path("ok.zip/b/"), ErrorKind::Unsupported),
    ];
    let fail = |place: &str| -> Error { write(place, b"x").unwrap_err() };
    for (place, kind) in rows {
        let e = fail(&place);
        assert_eq!(e.kind(), kind, "{place}: {e}");
    }
    assert_eq!(std::fs::read(&zip).unwrap(), b"this is no archive");
    // Abandoned: the archive is as it was, and nothing lies beside it.
    let before = std::fs::read(folder.path("ok.zip")).unwrap();
    let target = folder.path("ok.zip/in/b.bin").into_target().unwrap();
    let mut transaction = target.begin(Atomic::Auto).unwrap();
    transaction.sink().unwrap().write_all(b"lost").unwrap();
    drop(transaction);
    assert_eq!(std::fs::read(folder.path("ok.zip")).unwrap(), before);
    assert_eq!(folder.names(), ["ok.zip", "x.zip"]);
    let bytes = Archive::open(before.as_slice()).unwrap().member("in/a.bin").unwrap();
    assert_eq!(bytes.into_target().unwrap().begin(Atomic::Auto).unwrap_err().kind(), ErrorKind::ReadOnly);
}

/// The limit holds for a whole process, so this test runs in one of its own: it starts itself again.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_the_archive_and_says_so_once() {
    if let Ok(place) = std::env::var("IMAGEIO_TEST_FULL") {
        println!("child: {}", write(&place, &noise(2_000_000)).unwrap_err());
        return;
    }
    let folder = Folder::new();
    let zip = folder.path("a.zip");
    write(&format!("{zip}/old.bin"), b"old").unwrap();
    let before = std::fs::read(&zip).unwrap();
    let mut command = std::process::Command::new("sh");
    // Files of at most a megabyte; beyond it there is an error, where the signal is ignored.
    command.args(["-c", "trap '' XFSZ; ulimit -f 1024; exec \"$0\" \"$@\""]).arg(std::env::current_exe().unwrap());
    command.args(["--exact", "--nocapture", "a_full_disk_leaves_the_archive_and_says_so_once"]);
    let output = command.env("IMAGEIO_TEST_FULL", format!("{zip}/new.bin")).output().unwrap();
    let (said, cried) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("child: input/output error"), "{said} {cried}");
    assert!(!cried.contains("finalize"), "{cried}");
    assert!(std::fs::read(&zip).unwrap() == before);
    assert_eq!(folder.names(), ["a.zip"]);
}

#[test]
fn others_read_what_is_written() {
    let folder = Folder::new();
    let zip = folder.path("é.zip");
    let mut expected = Vec::new();
    for (name, content) in [("a.bin", vec![5; 10_000]), ("日本/b.bin", noise(5000)), ("a.bin", vec![6; 20_000])] {
        write(&format!("{zip}/{name}"), &content).unwrap();
        expected.push((name, content));
    }
    assert!(read(&format!("{zip}/a.bin")) == expected[2].1);
    let Some(python) = std::env::var_os("IMAGEIO_PEERS") else {
        println!("skipped: IMAGEIO_PEERS names no Python");
        return;
    };
    let script = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; \
                  print(len(z.namelist()), sum(z.read('a.bin')), len(z.read('日本/b.bin')))";
    let said = Command::new(python).args(["-X", "utf8", "-c", script, &zip]).output().unwrap();
    let text = String::from_utf8_lossy(&said.stdout);
    assert_eq!(text.trim(), "2 120000 5000", "{}", String::from_utf8_lossy(&said.stderr));
}

/// Needed by nothing else here, but an archive of a resource that is shared must stay one.
#[test]
fn archives_are_shared_between_threads() {
    fn check<T: Send + Sync>(_: &T) {}
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/archives/stored.zip");
    let archive = Arc::new(Archive::open(path).unwrap());
    check(&archive);
}
