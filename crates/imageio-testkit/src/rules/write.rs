use imageio_core::{
    Batch, Capabilities, Dtype, ErrorKind, Index, NdImage, ReadOptions, Reader, WriteOptions, WriteShape, Writer, v3,
};
use libtest_mimic::Failed;

use super::{Scratch, ensure, fail, io};
use crate::manifest::Good;
use crate::samples::{picture, psnr};
use crate::suite::{Check, PluginRule, Suite};

pub(super) const RULES: &[PluginRule] = &[
    ("write::every_claim_comes_back", claims),
    ("write::several_images", several),
    ("write::unknown_option_leaves_the_target", unknown_option),
    ("write::wrong_dtype_leaves_the_target", wrong_dtype),
    ("write::dropped_writer_leaves_nothing", dropped),
    ("write::bytes_equal_file", bytes_equal_file),
];

/// Least quality of a default lossy write of a smooth picture.
const LEAST_PSNR: f64 = 25.0;

fn options(suite: &Suite) -> WriteOptions {
    WriteOptions::new().registry(suite.registry).plugin(suite.descriptor)
}

fn shapes(suite: &Suite) -> Vec<Vec<usize>> {
    let shape = |s: &WriteShape| match s {
        WriteShape::GrayAlpha => vec![13, 17, 2],
        WriteShape::Rgb => vec![13, 17, 3],
        WriteShape::Rgba => vec![13, 17, 4],
        _ => vec![13, 17],
    };
    suite.descriptor.write_shapes().iter().map(shape).collect()
}

fn dtypes(suite: &Suite) -> Vec<Dtype> {
    match suite.descriptor.write_dtypes() {
        [] => Dtype::ALL.to_vec(),
        some => some.to_vec(),
    }
}

fn extension(suite: &Suite) -> &'static str {
    suite.descriptor.extension_list().first().copied().unwrap_or("bin")
}

/// A sample that the plugin accepts, for rules that need any.
fn accepted(suite: &Suite) -> Result<NdImage, Failed> {
    for dtype in dtypes(suite) {
        for shape in shapes(suite) {
            let image = picture(dtype, &shape);
            let to = WriteOptions::extension(options(suite), extension(suite));
            if v3::imwrite_with("<bytes>", &image, &to).is_ok() {
                return Ok(image);
            }
        }
    }
    Err("nothing that the descriptor claims can be written".into())
}

fn read_back(suite: &Suite, bytes: &[u8], index: Index) -> Result<NdImage, Failed> {
    let options = ReadOptions::new().registry(suite.registry).plugin(suite.descriptor);
    if !suite.descriptor.can_read() {
        return Err("it writes what it can't read".into());
    }
    Reader::open_with(bytes, &options).and_then(|mut r| r.read(index)).map_err(fail)
}

/// Each claimed dtype with at least one shape, and each shape with at least one dtype, comes back as it was.
/// Pairs that the format does not have (a one-bit RGB picture) must be refused with `Mismatch`.
fn claims(suite: &Suite, _: &[Good]) -> Check {
    if !suite.descriptor.can_write() {
        return Ok(());
    }
    let lossless = suite.descriptor.abilities().contains(Capabilities::LOSSLESS);
    let (mut dtypes_met, mut shapes_met) = (Vec::new(), Vec::new());
    for dtype in dtypes(suite) {
        for shape in shapes(suite) {
            // Formats that share a plugin (PGM, PFM) differ in what they hold: any extension will do.
            let mut refusals = Vec::new();
            for extension in suite.descriptor.extension_list() {
                let image = picture(dtype, &shape);
                let to = options(suite).extension(extension);
                match v3::imwrite_with("<bytes>", &image, &to) {
                    Ok(bytes) => {
                        let bytes = bytes.ok_or_else(|| Failed::from("no bytes came back"))?;
                        let back = read_back(suite, &bytes, Index::At(0))?;
                        let noise = psnr(&image, &back);
                        let noise = noise
                            .ok_or_else(|| Failed::from(format!("{image:?} as .{extension} comes back as {back:?}")))?;
                        let least = if lossless { f64::INFINITY } else { LEAST_PSNR };
                        ensure!(noise >= least, "{image:?} as .{extension}: PSNR {noise:.1} dB");
                        dtypes_met.push(dtype);
                        shapes_met.push(shape.clone());
                        break;
                    }
                    Err(e) => refusals.push(e),
                }
            }
            for e in refusals {
                let fine = matches!(e.kind(), ErrorKind::Mismatch | ErrorKind::Unsupported);
                ensure!(fine, "{dtype} {shape:?}: refused with {e}");
            }
        }
    }
    for dtype in dtypes(suite) {
        ensure!(dtypes_met.contains(&dtype), "{dtype} is claimed, but no shape of it is written");
    }
    for shape in shapes(suite) {
        ensure!(shapes_met.contains(&shape), "shape {shape:?} is claimed, but no dtype of it is written");
    }
    Ok(())
}

fn several(suite: &Suite, _: &[Good]) -> Check {
    if !suite.descriptor.can_write() {
        return Ok(());
    }
    let image = accepted(suite)?;
    let images = vec![image.clone(), image.clone(), image.clone()];
    let mut outcome = Err(imageio_core::Error::unsupported("no extension"));
    for extension in suite.descriptor.extension_list() {
        outcome = v3::imwrite_with("<bytes>", &images, &options(suite).extension(extension));
        if outcome.is_ok() {
            break;
        }
    }
    if !suite.descriptor.can_write_multi() {
        let e = outcome.err().ok_or_else(|| Failed::from("several images were written without the ability"))?;
        ensure!(e.kind() == ErrorKind::Mismatch, "several images: {e}");
        return Ok(());
    }
    let bytes = outcome.map_err(fail)?.unwrap_or_default();
    let read = ReadOptions::new().registry(suite.registry).plugin(suite.descriptor);
    let mut reader = Reader::open_with(&bytes, &read).map_err(fail)?;
    let n = reader.frames().collect::<imageio_core::Result<Vec<_>>>().map_err(fail)?.len();
    ensure!(n == 3, "3 images were written, {n} are read");
    let mut stacked = vec![3];
    stacked.extend(image.shape());
    let all = NdImage::zeros(image.dtype(), &stacked).map_err(fail)?;
    let mut writer = Writer::open_with("<bytes>", &options(suite).extension(extension(suite))).map_err(fail)?;
    // As a batch, or refused for what the format is; never as one picture of four axes.
    if writer.write(Batch(&all)).is_ok() {
        let bytes = writer.finish().map_err(fail)?.unwrap_or_default();
        let mut reader = Reader::open_with(&bytes, &read).map_err(fail)?;
        ensure!(reader.count().map_err(fail)?.is_none_or(|n| n == 3), "a batch of 3 was not written as 3 images");
    }
    Ok(())
}

/// Runs a write that must fail onto an existing file, and checks that nothing changed and nothing is left over.
fn must_fail(
    suite: &Suite,
    write: impl FnOnce(&std::path::Path) -> imageio_core::Result<()>,
) -> Result<ErrorKind, Failed> {
    let scratch = Scratch::new()?;
    let target = scratch.path(&format!("target.{}", extension(suite)));
    std::fs::write(&target, b"what the user had").map_err(io)?;
    let e = write(&target).err().ok_or_else(|| Failed::from("the write succeeded"))?;
    let after = std::fs::read(&target).map_err(io)?;
    ensure!(after == b"what the user had", "the target was changed by a write that failed: {e}");
    let names = scratch.names()?;
    ensure!(names.len() == 1, "left behind: {names:?}");
    Ok(e.kind())
}

fn unknown_option(suite: &Suite, _: &[Good]) -> Check {
    if !suite.descriptor.can_write() {
        return Ok(());
    }
    let image = accepted(suite)?;
    let kind = must_fail(suite, |target| {
        v3::imwrite_with(target, &image, &options(suite).set("no_such_option", 1)).map(|_| ())
    })?;
    ensure!(kind == ErrorKind::UnknownOption, "kind {kind:?}");
    Ok(())
}

fn wrong_dtype(suite: &Suite, _: &[Good]) -> Check {
    if !suite.descriptor.can_write() {
        return Ok(());
    }
    if let Some(dtype) = Dtype::ALL.into_iter().find(|d| !suite.descriptor.takes(*d)) {
        let image = picture(dtype, &shapes(suite)[0]);
        let kind = must_fail(suite, |target| v3::imwrite_with(target, &image, &options(suite)).map(|_| ()))?;
        ensure!(kind == ErrorKind::Mismatch, "kind {kind:?}");
    }
    if !suite.descriptor.write_shapes().contains(&WriteShape::Any) {
        let image = picture(dtypes(suite)[0], &[3, 4, 5, 6, 7]);
        let kind = must_fail(suite, |target| v3::imwrite_with(target, &image, &options(suite)).map(|_| ()))?;
        ensure!(kind == ErrorKind::Mismatch, "an array of five axes: kind {kind:?}");
    }
    Ok(())
}

fn dropped(suite: &Suite, _: &[Good]) -> Check {
    if !suite.descriptor.can_write() {
        return Ok(());
    }
    let image = accepted(suite)?;
    let scratch = Scratch::new()?;
    let target = scratch.path(&format!("new.{}", extension(suite)));
    let mut writer = Writer::open_with(&target, &options(suite)).map_err(fail)?;
    writer.write(&image).map_err(fail)?;
    drop(writer);
    let names = scratch.names()?;
    ensure!(names.is_empty(), "a dropped writer left {names:?}");
    let writer = Writer::open_with(&target, &options(suite)).map_err(fail)?;
    ensure!(writer.finish().is_err(), "a file without an image was finished");
    ensure!(scratch.names()?.is_empty(), "an empty writer left something");
    Ok(())
}

fn bytes_equal_file(suite: &Suite, _: &[Good]) -> Check {
    if !suite.descriptor.can_write() {
        return Ok(());
    }
    let image = accepted(suite)?;
    let scratch = Scratch::new()?;
    let target = scratch.path(&format!("new.{}", extension(suite)));
    v3::imwrite_with(&target, &image, &options(suite)).map_err(fail)?;
    let to = options(suite).extension(extension(suite));
    let bytes = v3::imwrite_with("<bytes>", &image, &to).map_err(fail)?.unwrap_or_default();
    let mut vec = b"something".to_vec();
    v3::imwrite_with(&mut vec, &image, &to).map_err(fail)?;
    let file = std::fs::read(&target).map_err(io)?;
    ensure!(file == bytes && file == vec, "the same image, written to a file, bytes and a Vec, differs");
    Ok(())
}
