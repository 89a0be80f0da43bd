//! Members of archives that several programs made, and of archives that nobody should have made.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use imageio_core::resource::scheme;
use imageio_core::{Error, ErrorKind, ImageResource, IntoResource, Limits, Pipe, Result, Stream};
use imageio_resource_zip::Archive;

fn archives() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/archives")
}

fn text(archive: &str, member: &str) -> String {
    format!("{}/{member}", archives().join(archive).display())
}

/// What every file in the archives holds.
fn content() -> Vec<u8> {
    (0..5000).map(|k| (k * 7 % 251) as u8).collect()
}

fn read(resource: &Arc<dyn ImageResource + '_>) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    Arc::clone(resource).open_read()?.read_to_end(&mut all)?;
    Ok(all)
}

fn open(place: &str) -> Arc<dyn ImageResource> {
    imageio_resource_zip::register();
    scheme::open(place).unwrap()
}

fn failure(place: &str) -> Error {
    imageio_resource_zip::register();
    match scheme::open(place) {
        // What fails while it is read gets the name from whoever reads.
        Ok(resource) => match read(&resource) {
            Ok(_) => panic!("{place} was read"),
            Err(e) => e.with("resource", resource.name()),
        },
        Err(e) => e,
    }
}

#[test]
fn archives_of_every_maker() {
    let rows = [
        ("stored.zip", "a.bin"),
        ("stored.zip", "inner/b.bin"),
        ("stored.zip", "inner\\b.bin"),
        ("stored.zip", "./inner//b.bin"),
        ("deflated.zip", "a.bin"),
        ("deflated.zip", "inner/b.bin"),
        ("descriptors.zip", "inner/b.bin"),
        ("zstd.zip", "a.bin"),
        ("zstd.zip", "inner/b.bin"),
        ("zip64.zip", "inner/b.bin"),
        ("streamed.zip", "a.bin"),
        ("streamed.zip", "inner/b.bin"),
        ("seven.zip", "a.bin"),
        ("seven.zip", "inner/b.bin"),
        ("utf8.zip", "café.bin"),
        ("utf8.zip", "日本/語.bin"),
        ("cp437.zip", "café.bin"),
        ("cp437.zip", "naïve/b.bin"),
        ("front.zip", "a.bin"),
        ("symlink.zip", "a.bin"),
        ("nested.zip", "in/stored.zip/a.bin"),
        ("nested.zip", "in/stored.zip/inner/b.bin"),
        ("nested.zip", "in/packed.zip/inner/b.bin"),
        ("nested.zip", "folder.zip/c.bin"),
    ];
    for (archive, member) in rows {
        let resource = open(&text(archive, member));
        assert!(read(&resource).unwrap() == content(), "{archive}: {member}");
        assert_eq!(resource.size_hint(), Some(5000), "{archive}: {member}");
        assert_eq!(resource.local_path(), None);
        let last = member.rsplit(['/', '\\']).next();
        assert_eq!(resource.file_name().as_deref(), last, "{archive}: {member}");
    }
}

#[test]
fn every_way_to_name_a_member() {
    let path = archives().join("deflated.zip");
    let bytes = std::fs::read(&path).unwrap();
    let uri = format!("zip://{}#inner/b.bin", path.display());
    assert!(read(&open(&uri)).unwrap() == content());
    let by_path = path.join("inner/b.bin");
    imageio_resource_zip::register();
    assert!(read(&by_path.into_resource().unwrap()).unwrap() == content());
    let places: Vec<(&str, Archive<'_>)> = vec![
        ("bytes", Archive::open(bytes.as_slice()).unwrap()),
        ("a path", Archive::open(path.as_path()).unwrap()),
        ("a stream", Archive::open(Stream(Cursor::new(&bytes))).unwrap()),
        ("a pipe", Archive::open(Pipe(bytes.as_slice())).unwrap()),
        ("an open file", Archive::open(std::fs::File::open(&path).unwrap()).unwrap()),
    ];
    for (label, archive) in &places {
        assert_eq!(archive.names(), ["a.bin", "inner/b.bin"], "{label}");
        let member = archive.member("inner/b.bin").unwrap().into_resource().unwrap();
        assert!(read(&member).unwrap() == content(), "{label}");
        assert!(member.name().ends_with("/inner/b.bin"), "{label}");
    }
    // A suffix of another kind, and a directory whose name is an archive's.
    let folder = std::env::temp_dir().join(format!("imageio-zip-{}.zip", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(&path, folder.join("book.CBZ")).unwrap();
    std::fs::copy(&path, folder.join("B.ZiP")).unwrap();
    assert!(read(&open(&format!("zip:{}#a.bin", folder.join("book.CBZ").display()))).unwrap() == content());
    assert!(read(&open(&format!("{}/a.bin", folder.join("B.ZiP").display()))).unwrap() == content());
    let inside = open(&folder.join("book.CBZ").display().to_string());
    assert_eq!(inside.local_path(), Some(folder.join("book.CBZ").as_path()));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn readers_are_independent() {
    for archive in ["stored.zip", "deflated.zip", "zstd.zip", "front.zip"] {
        let resource = open(&text(archive, "inner/b.bin"));
        let mut first = Arc::clone(&resource).open_read().unwrap();
        let mut second = Arc::clone(&resource).open_read().unwrap();
        let expected = content();
        let mut some = [0; 100];
        for (k, to) in [SeekFrom::Start(4900), SeekFrom::Start(0), SeekFrom::End(-150), SeekFrom::Current(-70)]
            .into_iter()
            .enumerate()
        {
            let stream = if k % 2 == 0 { &mut first } else { &mut second };
            let at = usize::try_from(stream.seek(to).unwrap()).unwrap();
            let n = stream.read(&mut some).unwrap();
            assert!(n > 0 && some[..n] == expected[at..at + n], "{archive}, step {k}");
        }
        assert_eq!(first.seek(SeekFrom::Start(9000)).unwrap(), 9000);
        assert_eq!(first.read(&mut some).unwrap(), 0, "{archive}");
        first.seek(SeekFrom::Start(1)).unwrap();
        first.read_exact(&mut some).unwrap();
        assert!(some[..] == expected[1..101], "{archive}");
        assert!(first.seek(SeekFrom::Current(-9000)).is_err(), "{archive}");
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| read(&resource).unwrap() == expected)).collect();
            assert!(threads.into_iter().all(|t| t.join().unwrap()), "{archive}");
        });
    }
}

/// Counts what is read of an archive.
struct Counting<'c>(Cursor<Vec<u8>>, &'c std::sync::atomic::AtomicUsize);

impl Read for Counting<'_> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let n = self.0.read(buf)?;
        self.1.fetch_add(n, std::sync::atomic::Ordering::Relaxed);
        Ok(n)
    }
}

impl Seek for Counting<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn only_the_member_is_read() {
    // Two large members that hold nothing of interest around a small one.
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, len) in [("one", 4 << 20), ("small", 5000), ("two", 4 << 20)] {
        zip.start_file(name, stored).unwrap();
        std::io::Write::write_all(&mut zip, &vec![7; len]).unwrap();
    }
    let bytes = zip.finish().unwrap().into_inner();
    let count = std::sync::atomic::AtomicUsize::new(0);
    let archive = Archive::open(Stream(Counting(Cursor::new(bytes), &count))).unwrap();
    let member = archive.member("small").unwrap().into_resource().unwrap();
    assert!(read(&member).unwrap() == vec![7; 5000]);
    let one = archive.member("two").unwrap().into_resource().unwrap();
    let mut stream = Arc::clone(&one).open_read().unwrap();
    stream.seek(SeekFrom::End(-10)).unwrap();
    stream.read_exact(&mut [0; 10]).unwrap();
    let total = count.load(std::sync::atomic::Ordering::Relaxed);
    println!("{total} of 8 MiB were read");
    assert!(total < 400_000, "{total} bytes");
}

#[test]
fn folders_list_what_is_in_them() {
    let rows: [(&str, &str, &[&str]); 5] = [
        ("stored.zip", "", &["a.bin", "inner/b.bin"]),
        ("stored.zip", "inner/", &["b.bin"]),
        ("stored.zip", "inner", &["b.bin"]),
        ("nested.zip", "", &["folder.zip/c.bin", "in/packed.zip", "in/stored.zip"]),
        ("nested.zip", "in/packed.zip/", &["a.bin", "inner/b.bin"]),
    ];
    for (archive, folder, expected) in rows {
        let resource = open(&text(archive, folder));
        assert_eq!(resource.entries().unwrap().unwrap(), expected, "{archive} {folder}");
        if !folder.is_empty() && !folder.contains(".zip") {
            let inside = Arc::clone(&resource).entry(expected[0]).unwrap();
            assert!(read(&inside).unwrap() == content(), "{archive} {folder}");
        }
        assert_eq!(Arc::clone(&resource).entry("../x").unwrap_err().kind(), ErrorKind::Unsupported);
        assert_eq!(read(&resource).unwrap_err().kind(), ErrorKind::Unsupported, "{archive} {folder}");
    }
    let nested = open(&text("nested.zip", "in/packed.zip/"));
    assert!(read(&nested.entry("inner/b.bin").unwrap()).unwrap() == content());
    assert_eq!(open(&text("stored.zip", "a.bin")).entries().unwrap(), None);
}

#[test]
fn bad_archives() {
    let rows = [
        ("bad/cut.zip/a.bin", ErrorKind::Malformed, "no whole ZIP archive"),
        ("bad/text.zip/a.bin", ErrorKind::Malformed, "no whole ZIP archive: its directory"),
        ("bad/longer.zip/a.bin", ErrorKind::Malformed, "longer than the 4000 bytes"),
        ("bad/shorter.zip/a.bin", ErrorKind::Malformed, "ends after 5000 of the 6000 bytes"),
        ("bad/checksum.zip/a.bin", ErrorKind::Malformed, "checksum"),
        ("bad/stored_checksum.zip/a.bin", ErrorKind::Malformed, "checksum"),
        ("bad/stored_size.zip/a.bin", ErrorKind::Malformed, "stored in 5000 bytes and said to have 6000"),
        ("bad/zstd_longer.zip/a.bin", ErrorKind::Malformed, "longer than the 4000 bytes"),
        ("bad/damaged.zip/a.bin", ErrorKind::Malformed, "damaged"),
        ("bad/zstd_damaged.zip/a.bin", ErrorKind::Malformed, "damaged"),
        ("bad/method.zip/a.bin", ErrorKind::Unsupported, "compression method 14"),
        ("bad/lost.zip/a.bin", ErrorKind::Malformed, "points to no such member"),
        ("encrypted.zip/a.bin", ErrorKind::Unsupported, "encrypted"),
        ("symlink.zip/link.bin", ErrorKind::Unsupported, "symbolic link"),
        ("stored.zip/A.bin", ErrorKind::NotFound, "did you mean `a.bin`"),
        ("stored.zip/INNER/B.BIN", ErrorKind::NotFound, "did you mean `inner/b.bin`"),
        ("nested.zip/in/STORED.zip/a.bin", ErrorKind::NotFound, "did you mean `in/stored.zip`"),
        ("stored.zip/inner", ErrorKind::Unsupported, "`sequence:` in front"),
        ("stored.zip/inner/../a.bin", ErrorKind::Unsupported, "leads out"),
        ("bad/climbs.zip/../a.bin", ErrorKind::Unsupported, "leads out"),
        ("bad/climbs.zip/etc/a.bin", ErrorKind::NotFound, "no member"),
        ("bad/climbs.zip/a.bin", ErrorKind::NotFound, "no member"),
        ("no.zip/a.bin", ErrorKind::NotFound, ""),
    ];
    for (place, kind, message) in rows {
        let e = failure(&text("", place).replace("//", "/"));
        assert_eq!(e.kind(), kind, "{place}: {e}");
        assert!(e.to_string().contains(message), "{place}: {e}");
        assert!(e.context_value("resource").is_some_and(|name| name.contains(".zip")), "{place}: {e}");
    }
    assert_eq!(Archive::open(archives().join("bad/climbs.zip")).unwrap().names(), ["b.bin"]);
}

#[test]
fn an_archive_without_members_and_one_of_several_parts() {
    let folder = std::env::temp_dir().join(format!("imageio-zip-parts-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut end = *b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    std::fs::write(folder.join("none.zip"), end).unwrap();
    let e = failure(&folder.join("none.zip/a.bin").display().to_string());
    assert_eq!((e.kind(), e.hint()), (ErrorKind::NotFound, Some("it holds no files")), "{e}");
    // The number of this part, and of the one in which the directory begins (APPNOTE 4.3.16).
    end[4..8].copy_from_slice(&[3, 0, 2, 0]);
    std::fs::write(folder.join("parts.zip"), end).unwrap();
    let e = failure(&folder.join("parts.zip/a.bin").display().to_string());
    assert_eq!(e.kind(), ErrorKind::Unsupported, "{e}");
    assert!(e.message().contains("several files") && e.hint().is_some_and(|hint| hint.contains("zip -s 0")), "{e}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_member_that_claims_what_follows_it() {
    // Both sizes in the directory are longer than the content, so that one does not give the other away.
    let mut bytes = std::fs::read(archives().join("bad/stored_size.zip")).unwrap();
    let at = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    bytes.copy_within(at + 24..at + 28, at + 20);
    for bytes in [bytes.clone(), [b"what stands before".as_slice(), &bytes].concat()] {
        let archive = Archive::open(bytes).unwrap();
        let e = Arc::new(archive.member("a.bin").unwrap()).open_read().err().unwrap();
        assert_eq!(e.kind(), ErrorKind::Malformed, "{e}");
        assert!(e.message().contains("said to have 6000 bytes, and the archive has 5000"), "{e}");
    }
}

#[test]
fn a_bomb_meets_the_limits() {
    let bomb = open(&text("bad/bomb.zip", "a.bin"));
    let tight = Limits::default().max_alloc(1 << 20);
    let e = Arc::clone(&bomb).open_read_within(&tight).err().unwrap();
    assert_eq!(e.kind(), ErrorKind::LimitExceeded, "{e}");
    // Four gigabytes out of three hundred bytes are more than any file of pictures has.
    let e = Arc::clone(&bomb).open_read().err().unwrap();
    assert_eq!(e.kind(), ErrorKind::LimitExceeded, "{e}");
    let e = read(&bomb.open_read_within(&Limits::none()).map(|_| open(&text("bad/bomb.zip", "a.bin"))).unwrap());
    assert_eq!(e.unwrap_err().kind(), ErrorKind::LimitExceeded);
}

#[test]
fn every_prefix_and_many_damages_are_errors_or_true() {
    let mut met = 0;
    for name in ["stored.zip", "deflated.zip", "zstd.zip", "zip64.zip", "streamed.zip", "nested.zip"] {
        let whole = std::fs::read(archives().join(name)).unwrap();
        let mut variants: Vec<Vec<u8>> = (0..whole.len()).step_by(41).map(|n| whole[..n].to_vec()).collect();
        variants.extend((0..whole.len()).step_by(3).map(|at| {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << (at % 8);
            damaged
        }));
        for bytes in variants {
            met += 1;
            let Ok(archive) = Archive::open(bytes.as_slice()) else { continue };
            for name in archive.names() {
                let Ok(member) = archive.member(name).and_then(IntoResource::into_resource) else { continue };
                if let (Ok(read), false) = (read(&member), name.ends_with(".zip")) {
                    // The checksum lets nothing else through.
                    assert!(read == content(), "{name}");
                }
            }
        }
    }
    println!("{met} damaged archives");
    assert!(met > 9000, "{met}");
}

/// An archive of five gigabytes, all of them a hole in the file: offsets and sizes beyond 32 bits.
#[test]
fn beyond_four_gigabytes() {
    use std::io::Write;

    const BIG: u64 = 5 << 30;
    let path = std::env::temp_dir().join(format!("imageio-zip-big-{}.zip", std::process::id()));
    let mut file = std::fs::File::create(&path).unwrap();
    let mut central = Vec::new();
    let mut at = 0u64;
    let small = content();
    for (name, size, data) in [("big.bin", BIG, None), ("a.bin", 5000, Some(&small))] {
        let mut crc = crc32fast::Hasher::new();
        data.into_iter().for_each(|data| crc.update(data));
        let crc = crc.finalize();
        let all_ones = u32::MAX.to_le_bytes();
        // Version 4.5, flags, stored, time and date, checksum, sizes in the extra field.
        let mut shared = vec![45, 0, 0, 0, 0, 0, 0, 0, 0x21, 0x28];
        shared.extend(crc.to_le_bytes());
        shared.extend([all_ones, all_ones].concat());
        shared.extend((name.len() as u16).to_le_bytes());
        let sizes = [size.to_le_bytes(), size.to_le_bytes()].concat();
        let local = [b"PK\x03\x04", shared.as_slice(), &[20, 0], name.as_bytes(), &[1, 0, 16, 0], &sizes].concat();
        central.extend([b"PK\x01\x02\x2d\x00", shared.as_slice(), &[28, 0], &[0; 10], &all_ones].concat());
        central.extend([name.as_bytes(), &[1, 0, 24, 0], &sizes, &at.to_le_bytes()].concat());
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(&local).unwrap();
        at += local.len() as u64 + size;
        if let Some(data) = data {
            file.write_all(data).unwrap();
        }
    }
    let len = central.len() as u64;
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(&central).unwrap();
    let number = |n: u64| n.to_le_bytes();
    let end64 = [&number(44)[..], &[45, 0, 45, 0], &[0; 8], &number(2), &number(2), &number(len), &number(at)].concat();
    let locator = [&[0; 4][..], &number(at + len), &[1, 0, 0, 0]].concat();
    let end = [&[0; 4][..], &[0xff; 12], &[0, 0]].concat();
    let tail = [b"PK\x06\x06", end64.as_slice(), b"PK\x06\x07", &locator, b"PK\x05\x06", &end].concat();
    file.write_all(&tail).unwrap();
    drop(file);

    let archive = Archive::open(path.as_path()).unwrap();
    assert_eq!(archive.names(), ["a.bin", "big.bin"]);
    let member = archive.member("a.bin").unwrap().into_resource().unwrap();
    assert!(read(&member).unwrap() == content());
    let big = archive.member("big.bin").unwrap().into_resource().unwrap();
    assert_eq!(big.size_hint(), Some(BIG));
    let mut stream = big.open_read().unwrap();
    assert_eq!(stream.seek(SeekFrom::End(-100)).unwrap(), BIG - 100);
    let mut last = Vec::new();
    stream.read_to_end(&mut last).unwrap();
    assert!(last == [0; 100]);
    std::fs::remove_file(&path).unwrap();
}
