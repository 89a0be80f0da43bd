use std::fs::File;
use std::io::Cursor;

use imageio_core::{ErrorKind, Index, NdImage, Pipe, Reader, Stream};
use libtest_mimic::Failed;

use super::{Scratch, content, ensure, fail, io};
use crate::digest::sha256;
use crate::manifest::Good;
use crate::streams::{Faulty, NoSeek, OneByte};
use crate::suite::{Check, FileRule, Suite};

pub(super) const RULES: &[FileRule] = &[("sources::all_alike", alike), ("sources::a_failing_stream", failing)];

fn alike(suite: &Suite, file: &Good) -> Check {
    let bytes = content(file)?;
    let read = |mut reader: Reader<'_>| -> Result<NdImage, Failed> { reader.read(Index::Auto).map_err(fail) };
    let expected = sha256(&read(suite.open(&file.path)?)?);
    let scratch = Scratch::new()?;
    let nameless = scratch.path("nameless");
    std::fs::write(&nameless, &bytes).map_err(io)?;
    let rows: Vec<(&str, NdImage)> = vec![
        ("borrowed bytes", read(suite.open_as(bytes.as_slice())?)?),
        ("owned bytes", read(suite.open_as(bytes.clone())?)?),
        ("a stream", read(suite.open_as(Stream(Cursor::new(bytes.clone())))?)?),
        ("one-byte reads", read(suite.open_as(Stream(OneByte(Cursor::new(bytes.clone()))))?)?),
        ("a pipe", read(suite.open_as(Pipe(NoSeek(Cursor::new(bytes.clone()))))?)?),
        ("a one-byte pipe", read(suite.open_as(Pipe(OneByte(Cursor::new(bytes.clone()))))?)?),
        ("an open file", read(suite.open_as(File::open(&file.path).map_err(io)?)?)?),
        ("a file without extension", read(suite.open_as(&nameless)?)?),
    ];
    for (name, image) in rows {
        ensure!(sha256(&image) == expected, "read from {name}, the image differs");
    }
    Ok(())
}

fn failing(suite: &Suite, file: &Good) -> Check {
    let bytes = content(file)?;
    let expected = sha256(&suite.open_as(&bytes)?.read(Index::Auto).map_err(fail)?);
    let step = (bytes.len() / 16).max(1);
    for at in (0..bytes.len()).step_by(step) {
        let stream = Stream(Faulty::new(bytes.clone(), at as u64));
        let options = suite.options().plugin(suite.descriptor);
        match Reader::open_with(stream, &options).and_then(|mut r| r.read(Index::Auto)) {
            // A format may end before its file does.
            Ok(image) => ensure!(sha256(&image) == expected, "a stream that fails at byte {at} gives another image"),
            Err(e) => ensure!(e.kind() != ErrorKind::Backend, "a stream that fails at byte {at}: {e}"),
        }
    }
    Ok(())
}
