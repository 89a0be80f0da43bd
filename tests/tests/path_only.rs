//! A backend that can only read and write paths works with every place: it gets a private file that vanishes.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

use std::io::{Cursor, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use imageio::ndarray::Array2;
use imageio::resource::MemoryResource;
use imageio::{
    Capabilities, Dtype, Error, ImageProperties, ImageReader, ImageResource, ImageWriter, Index, IntoResource,
    LocalPath, Pipe, Plugin, PluginDescriptor, QueryCx, ReadCx, ReadOptions, Reader, Request, Result, Stream, WriteCx,
    WriteOptions, v3 as iio, zip,
};
use imageio_tests::Scratch;

/// Reads a file as one row of bytes, as a C library would: by its path, which it keeps.
struct ByPath;

static DESCRIPTOR: PluginDescriptor = PluginDescriptor::new("by-path", &ByPath)
    .extensions(&["row"])
    .capabilities(Capabilities::READ.write().and(Capabilities::NEEDS_PATH))
    .writes(&[Dtype::U8], &[imageio::WriteShape::Any]);

/// The paths that were lent, and whether they were temporary.
static LENT: Mutex<Vec<(PathBuf, bool)>> = Mutex::new(Vec::new());

impl Plugin for ByPath {
    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        let path = request.local_path()?;
        LENT.lock().unwrap().push((path.to_path_buf(), path.is_temporary()));
        Ok(Box::new(Row { path }))
    }

    fn open_writer(&self, request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
        let path = request.local_path_for_write()?;
        LENT.lock().unwrap().push((path.to_path_buf(), path.is_temporary()));
        Ok(Box::new(Row { path }))
    }
}

struct Row {
    path: LocalPath,
}

impl ImageReader for Row {
    fn properties(&mut self, cx: &QueryCx<'_>) -> Result<ImageProperties> {
        match cx.index() {
            0 => {
                Ok(ImageProperties::new(Dtype::U8, [1, std::fs::metadata(&self.path)?.len() as usize]).with_n_images(1))
            }
            k => Err(Error::index_out_of_range(k, Some(1))),
        }
    }

    fn read_frame(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        let bytes = std::fs::read(&self.path)?;
        cx.sink().slice::<u8>(&[1, bytes.len()])?.copy_from_slice(&bytes);
        Ok(())
    }
}

impl ImageWriter for Row {
    fn write_frame(&mut self, cx: &WriteCx<'_>) -> Result<()> {
        std::fs::write(&self.path, cx.elements::<u8>()?)?;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

fn content() -> Vec<u8> {
    (0..100_000u32).map(|k| (k * 7 % 251) as u8).collect()
}

#[test]
fn every_place_by_path() {
    imageio::install();
    let scratch = Scratch::new();
    let path = scratch.path("a.row");
    std::fs::write(&path, content()).unwrap();
    let archive = scratch.path("a.zip").display().to_string();
    for (name, method) in [("stored.row", zip::Method::Stored), ("deflated.row", zip::Method::Deflated(6))] {
        let target = zip::NewMember::new(&archive, name).method(method);
        let row = Array2::from_shape_vec((1, 100_000), content()).unwrap();
        iio::imwrite_with(target, &row, &WriteOptions::new().plugin(&DESCRIPTOR)).unwrap();
    }
    let memory = || -> Arc<dyn ImageResource> { Arc::new(MemoryResource::new(content()).named("m.row")) };
    let places: Vec<(&str, Arc<dyn ImageResource>, bool)> = vec![
        ("a path", path.as_path().into_resource().unwrap(), false),
        ("bytes", memory(), true),
        ("a stream", Stream::named(Cursor::new(content()), "s.row").into_resource().unwrap(), true),
        ("a pipe", Pipe::named(Cursor::new(content()), "p.row").into_resource().unwrap(), true),
        ("an open file", std::fs::File::open(&path).unwrap().into_resource().unwrap(), true),
        ("a stored member", format!("{archive}/stored.row").into_resource().unwrap(), true),
        ("a deflated member", format!("{archive}/deflated.row").into_resource().unwrap(), true),
    ];
    let options = ReadOptions::new().plugin(&DESCRIPTOR);
    for (label, place, temporary) in &places {
        LENT.lock().unwrap().clear();
        let mut one = Reader::open_with(Arc::clone(place), &options).unwrap();
        let mut two = Reader::open_with(Arc::clone(place), &options).unwrap();
        for reader in [&mut one, &mut two] {
            let read = reader.read_as::<u8>(Index::At(0)).unwrap();
            assert!(read.iter().copied().eq(content()), "{label}");
        }
        let lent = LENT.lock().unwrap().clone();
        assert_eq!(lent.len(), 2, "{label}");
        assert!(lent.iter().all(|(_, is)| is == temporary), "{label}");
        #[cfg(unix)]
        for (path, _) in lent.iter().filter(|_| *temporary) {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600, "{label}");
        }
        drop((one, two));
        assert!(lent.iter().all(|(path, _)| path.exists() != *temporary), "{label}: {lent:?}");
    }
    assert_eq!(places.len(), 7);
}

#[test]
fn a_stream_is_lent_and_no_more() {
    imageio::install();
    let scratch = Scratch::new();
    let path = scratch.path("a.png");
    iio::imwrite(&path, iio::imread("imageio:test-card.png").unwrap()).unwrap();
    let mut file = std::fs::OpenOptions::new().read(true).append(true).open(&path).unwrap();
    let picture = iio::imread(&mut file).unwrap();
    assert_eq!(picture.shape(), [240, 320, 3]);
    // Still open, still the caller's: it can be written, and read from where the caller wants.
    file.write_all(b"more").unwrap();
    std::io::Seek::rewind(&mut file).unwrap();
    assert_eq!(iio::imread(&mut file).unwrap(), picture);
    let mut cursor = Cursor::new(std::fs::read(&path).unwrap());
    assert_eq!(iio::imread(Stream(&mut cursor)).unwrap(), picture);
    cursor.set_position(0);
    assert_eq!(iio::improps(Stream(&mut cursor)).unwrap().shape, [240, 320, 3]);
}
