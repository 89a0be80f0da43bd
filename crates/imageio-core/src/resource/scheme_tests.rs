//! Registration, and what texts resolve to in this process.

use std::fs;
use std::io::Read;

use super::super::{IntoTarget, MemoryResource};
use super::*;

/// Gives its URI back as content.
struct Echo;

impl SchemeOpener for Echo {
    fn open(&self, uri: &str) -> Result<Arc<dyn ImageResource>> {
        if uri.ends_with("missing") {
            return Err(Error::new(ErrorKind::NotFound, "no such object"));
        }
        Ok(Arc::new(MemoryResource::new(uri.as_bytes().to_vec()).named("echo.bin")))
    }

    fn create(&self, uri: &str) -> Result<Arc<dyn ImageResource>> {
        Ok(Arc::new(MemoryResource::new(format!("create {uri}").into_bytes())))
    }
}

/// Gives the names of archive and member back as content.
struct Inside;

impl MountOpener for Inside {
    fn open(&self, outer: Arc<dyn ImageResource>, inner: &str) -> Result<Arc<dyn ImageResource>> {
        if inner == "missing" {
            return Err(Error::new(ErrorKind::NotFound, "no such member"));
        }
        Ok(Arc::new(MemoryResource::new(format!("{} | {inner}", outer.name()).into_bytes())))
    }
}

pub static ECHO: SchemeDescriptor =
    SchemeDescriptor::new("echo", &Echo).schemes(&["echo", "echos"]).doc("Says what it was asked.").archives();
/// Places without bytes, as a camera would be.
pub static CAMERA: SchemeDescriptor = SchemeDescriptor::new("camera", &Echo).schemes(&["<video7"]);
pub static OTHER: SchemeDescriptor = SchemeDescriptor::new("echo", &Echo).schemes(&["never"]);
pub static LATE: SchemeDescriptor = SchemeDescriptor::new("late", &Echo).schemes(&["late"]);
pub static BOX: MountDescriptor = MountDescriptor::new("box", &Inside).suffix(".box").doc("Test archive.");
pub static NO_SUFFIX: MountDescriptor = MountDescriptor::new("none", &Inside);

crate::submit_scheme!(ECHO);
crate::submit_mount!(BOX);
crate::submit_mount!(NO_SUFFIX);

fn content(resource: Arc<dyn ImageResource>) -> String {
    let mut text = String::new();
    resource.open_read().unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn submitted_and_registered() {
    let count = |id: &str| schemes().iter().filter(|d| d.id() == id).count();
    assert_eq!((count("echo"), mounts().iter().filter(|d| d.id() == "box").count()), (1, 1));
    assert!(!mounts().iter().any(|d| d.id() == "none"));
    assert_eq!(open("late:x").unwrap().name(), "late:x");
    register_scheme(&LATE);
    register_scheme(&LATE);
    register_mount(&BOX);
    assert_eq!((count("late"), mounts().iter().filter(|d| d.id() == "box").count()), (1, 1));
    assert_eq!(content(open("late:x").unwrap()), "late:x");
    assert_eq!((ECHO.scheme_names(), ECHO.description()), (&["echo", "echos"][..], "Says what it was asked."));
    assert_eq!((BOX.file_suffix(), BOX.description()), (".box", "Test archive."));
    assert_eq!(format!("{ECHO:?}"), r#"SchemeDescriptor { id: "echo", schemes: ["echo", "echos"] }"#);
}

#[test]
fn the_first_of_an_id_stays() {
    let explicit = RwLock::new(vec![&LATE]);
    let found = walk(&explicit, [&OTHER, &ECHO, &LATE].into_iter(), |d| d.id);
    assert_eq!(found.iter().map(|d| d.schemes[0]).collect::<Vec<_>>(), ["late", "never"]);
}

#[test]
fn what_texts_resolve_to() {
    let dir = std::env::temp_dir().join(format!("imageio-scheme-{}.box", std::process::id()));
    let file = dir.join("real.box");
    fs::create_dir_all(&dir).unwrap();
    fs::write(&file, b"").unwrap();
    let inside = format!("{}/x\\y.png", file.display());
    let rows = [
        ("echo:a", "echo:a".to_owned()),
        ("ECHOS://h/a", "ECHOS://h/a".into()),
        ("echo:a.box/b/c.png", "<bytes> | b/c.png".into()),
        ("none.box/b.png", "none.box | b.png".into()),
        (inside.as_str(), format!("{} | x/y.png", file.display())),
    ];
    for (text, expected) in rows {
        assert_eq!(content(open(text).unwrap()), expected, "{text}");
    }
    let by_path = content(open_path(Path::new(&inside)).unwrap());
    assert_eq!(by_path, format!("{} | x/y.png", file.display()));
    assert_eq!(content(create("echo:a").unwrap()), "create echo:a");
    assert_eq!(open_path(Path::new("echo:a")).unwrap().local_path(), Some(Path::new("echo:a")));
    fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn errors_name_the_feature() {
    let zip = std::env::temp_dir().join(format!("imageio-scheme-{}.zip", std::process::id()));
    fs::write(&zip, b"PK").unwrap();
    let member = format!("{}/a.png", zip.display());
    let rows = [
        ("s3://b/k", ErrorKind::PluginMissing, "no resource for scheme `s3://` in this build", "`object-store`"),
        ("GS://b/k", ErrorKind::PluginMissing, "`gs://`", "enable feature `object-store`"),
        ("https://u:p@h/k", ErrorKind::PluginMissing, "u:***@h", "enable feature `http`"),
        ("ftps://h/k", ErrorKind::PluginMissing, "`ftps://`", "enable feature `ftp`"),
        ("imageio:chelsea.png", ErrorKind::PluginMissing, "`imageio:`", "enable feature `standard`"),
        ("data:image/png;base64,", ErrorKind::Unsupported, "`data:`", "registered schemes: "),
        ("gopher://x", ErrorKind::Unsupported, "`gopher://`", "registered schemes: "),
        ("ecko://x", ErrorKind::Unsupported, "`ecko://`", "did you mean `echo`? registered schemes: "),
        ("<bytes>", ErrorKind::Unsupported, "target of writes", "pass them"),
        ("file://me:hunter2@h/a.png", ErrorKind::NotFound, "resource: file://me:***@h/a.png", "mount its share"),
        ("echo:missing", ErrorKind::NotFound, "resource: echo:missing", ""),
        ("a.box/missing", ErrorKind::NotFound, "resource: a.box/missing", ""),
        (member.as_str(), ErrorKind::PluginMissing, "`.zip`", "enable feature `zip`"),
    ];
    for (text, kind, message, hint) in rows {
        let e = open(text).unwrap_err();
        assert_eq!(e.kind(), kind, "{text}");
        assert!(e.to_string().contains(message), "{e}");
        assert!(e.hint().unwrap_or_default().contains(hint), "{e}");
        assert!(!format!("{e:?}").contains("hunter2"), "{e:?}");
    }
    assert_eq!(create("file://me:hunter2@h/a.png").err().unwrap().kind(), ErrorKind::NotFound);
    assert!(member.as_str().into_target().is_err());
    // Where no archive stands, the text is a path like any other.
    assert_eq!(open("no.zip/a.png").unwrap().open_read().err().unwrap().kind(), ErrorKind::NotFound);
    fs::remove_file(&zip).unwrap();
}

#[test]
fn places_without_bytes() {
    register_scheme(&CAMERA);
    assert_eq!(content(open("<video7>").unwrap()), "<video7>");
    assert_eq!(content(create("<video7:1>").unwrap()), "create <video7:1>");
    for name in ["<video0>", "<screen1>", "<clipboard>"] {
        let resource = open(name).unwrap();
        assert!(resource.is_procedural());
        assert_eq!(resource.name(), name);
        assert_eq!(resource.file_name(), None);
        assert_eq!(resource.open_read().err().unwrap().kind(), ErrorKind::Unsupported);
    }
}
