use imageio_core::ndarray::{ArrayD, Axis, IxDyn, Slice};
use imageio_core::{Element, ErrorKind, Index, Limits, NdImage, NdImageViewMut, Reader, dispatch};
use libtest_mimic::Failed;

use super::{content, ensure, fail};
use crate::digest;
use crate::manifest::Good;
use crate::suite::{Check, FileRule, Suite};

pub(super) const RULES: &[FileRule] = &[
    ("read::what_the_manifest_says", manifest),
    ("read::properties_equal_the_array", properties),
    ("read::same_twice", twice),
    ("read::random_access_equals_sequential", random_access),
    ("read::into_dense_and_strided_memory", into),
    ("read::batch_equals_stack", batch),
    ("read::past_the_end", past_the_end),
    ("read::typed_by_name_and_core_options", core_options),
    ("limits::tiny_limit", tiny_limit),
    ("metadata::applied_is_left_out", applied),
    ("threads::two_readers", two_readers),
];

fn manifest(suite: &Suite, file: &Good) -> Check {
    let mut reader = suite.open(&file.path)?;
    let image = reader.read(Index::Auto).map_err(fail)?;
    ensure!(image.shape() == file.shape, "shape {:?}, expected {:?}", image.shape(), file.shape);
    ensure!(Some(image.dtype()) == file.dtype(), "dtype {}, expected {}", image.dtype(), file.dtype);
    if let Some(sha256) = &file.sha256 {
        let got = digest::sha256(&image);
        ensure!(got == *sha256, "pixels differ: sha256 {got}, expected {sha256}");
    }
    if let Some(n) = file.n_images {
        let count = reader.count().map_err(fail)?;
        ensure!(count == Some(n), "{count:?} images, expected {n}");
    }
    Ok(())
}

fn frames(reader: &mut Reader<'_>) -> Result<Vec<NdImage>, Failed> {
    reader.frames().collect::<imageio_core::Result<Vec<_>>>().map_err(fail)
}

fn properties(suite: &Suite, file: &Good) -> Check {
    let mut reader = suite.open(&file.path)?;
    let mut n = 0;
    let mut before = Vec::new();
    while let Ok(props) = reader.properties(n) {
        before.push(props);
        n += 1;
    }
    let images = frames(&mut reader)?;
    ensure!(images.len() == n, "properties of {n} images, but {} were read", images.len());
    for (k, (props, image)) in before.iter().zip(&images).enumerate() {
        let same = props.shape == image.shape() && props.dtype == image.dtype();
        ensure!(same, "image {k}: properties say {} {:?}, read gave {image:?}", props.dtype, props.shape);
        ensure!(!props.is_batch, "one image is no batch");
        for (name, len) in
            [("axes", props.axes.as_ref().map(Vec::len)), ("spacing", props.spacing.as_ref().map(Vec::len))]
        {
            ensure!(len.is_none_or(|len| len == props.shape.len()), "image {k}: {name} do not fit the shape");
        }
        if let Some(count) = props.n_images {
            ensure!(count == images.len(), "image {k}: n_images is {count}, there are {}", images.len());
        }
    }
    let auto = (reader.properties(Index::Auto), reader.read(Index::Auto));
    if let (Ok(props), Ok(image)) = auto {
        ensure!(
            props.shape == image.shape() && props.dtype == image.dtype(),
            "the default index: {props:?}, {image:?}"
        );
    }
    Ok(())
}

fn twice(suite: &Suite, file: &Good) -> Check {
    let mut reader = suite.open(&file.path)?;
    let first = reader.read(Index::Auto).map_err(fail)?;
    let meta = reader.metadata(Index::Auto).map_err(fail)?;
    let second = reader.read(Index::Auto).map_err(fail)?;
    ensure!(equal(&first, &second), "two reads differ");
    ensure!(meta == reader.metadata(Index::Auto).map_err(fail)?, "two metadata differ");
    Ok(())
}

/// Equal bit for bit, so that NaN equals NaN.
fn equal(a: &NdImage, b: &NdImage) -> bool {
    a.shape() == b.shape() && a.dtype() == b.dtype() && a.view().to_owned().as_bytes() == b.view().to_owned().as_bytes()
}

fn random_access(suite: &Suite, file: &Good) -> Check {
    let images = frames(&mut suite.open(&file.path)?)?;
    let n = images.len();
    let mut reader = suite.open(&file.path)?;
    let order: Vec<usize> = (0..n).rev().chain((0..n).step_by(2)).chain((1..n).step_by(2)).collect();
    for k in order {
        let image = reader.read(k).map_err(fail)?;
        ensure!(equal(&image, &images[k]), "image {k} differs from the one met in order");
    }
    let last = reader.read(-1).map_err(fail)?;
    ensure!(equal(&last, &images[n - 1]), "image -1 is not the last");
    Ok(())
}

fn into(suite: &Suite, file: &Good) -> Check {
    let mut reader = suite.open(&file.path)?;
    let image = reader.read(0).map_err(fail)?;
    dispatch!(image.dtype(), T => read_into::<T>(&mut reader, &image))
}

fn read_into<T: Element>(reader: &mut Reader<'_>, image: &NdImage) -> Check {
    let shape = image.shape().to_vec();
    let mut dense = ArrayD::<T>::default(IxDyn(&shape));
    reader.read_into(0, &mut dense).map_err(fail)?;
    ensure!(equal(&NdImage::from(dense), image), "read_into dense memory differs from read");
    if shape.is_empty() {
        return Ok(());
    }
    let wide: Vec<usize> = shape.iter().map(|n| n * 2 + 1).collect();
    let mut big = ArrayD::<T>::default(IxDyn(&wide));
    let mut view = big.view_mut();
    for (axis, n) in shape.iter().enumerate() {
        view.slice_axis_inplace(Axis(axis), Slice::new(1, Some(1 + 2 * *n as isize), 2));
    }
    reader.read_into(0, NdImageViewMut::from(view.view_mut())).map_err(fail)?;
    ensure!(equal(&NdImage::from(view.to_owned()), image), "read_into strided memory differs from read");
    let mut wrong = ArrayD::<T>::default(IxDyn(&wide));
    let e = reader.read_into(0, &mut wrong);
    ensure!(e.is_err_and(|e| e.kind() == ErrorKind::Mismatch), "an array of the wrong shape is not refused");
    Ok(())
}

fn batch(suite: &Suite, file: &Good) -> Check {
    let images = frames(&mut suite.open(&file.path)?)?;
    let mut reader = suite.open(&file.path)?;
    let ragged = images.iter().any(|i| i.shape() != images[0].shape() || i.dtype() != images[0].dtype());
    let all = reader.read(..);
    if ragged {
        ensure!(all.is_err_and(|e| e.kind() == ErrorKind::Mismatch), "images of different shapes were stacked");
        let props = reader.properties(..);
        ensure!(props.is_err_and(|e| e.kind() == ErrorKind::Mismatch), "properties of what can't be stacked");
        return Ok(());
    }
    let all = all.map_err(fail)?;
    ensure!(all.shape().first() == Some(&images.len()), "{} images, stacked {:?}", images.len(), all.shape());
    for (k, image) in images.iter().enumerate() {
        let part = all.index_first(k);
        ensure!(part.is_some_and(|p| equal(&p, image)), "image {k} of the batch differs");
    }
    let props = reader.properties(..).map_err(fail)?;
    ensure!(props.is_batch && props.shape == all.shape() && props.dtype == all.dtype(), "properties of all: {props:?}");
    Ok(())
}

fn past_the_end(suite: &Suite, file: &Good) -> Check {
    let mut reader = suite.open(&file.path)?;
    let before = reader.read(0).map_err(fail)?;
    let n = reader.count().map_err(fail)?.unwrap_or(1);
    for k in [n, n + 1, 1_000_000] {
        let kinds = [
            ("read", reader.read(k).err()),
            ("properties", reader.properties(k).err()),
            ("metadata", reader.metadata(k).err()),
        ];
        for (what, e) in kinds {
            let e = e.ok_or_else(|| Failed::from(format!("{what} of image {k} of {n} succeeded")))?;
            ensure!(e.kind() == ErrorKind::IndexOutOfRange, "{what} of image {k} of {n}: {e}");
        }
    }
    let back = i64::try_from(n).unwrap_or(i64::MAX) + 1;
    ensure!(reader.read(-back).is_err_and(|e| e.kind() == ErrorKind::IndexOutOfRange), "image -{back} of {n} was read");
    let after = reader.read(0).map_err(fail)?;
    ensure!(equal(&before, &after), "after an error the reader reads something else");
    Ok(())
}

fn core_options(suite: &Suite, file: &Good) -> Check {
    let options = suite.options().set("rotate", true);
    let mut reader = Reader::open_with(&file.path, &options).map_err(fail)?;
    let (props, image) = (reader.properties(0).map_err(fail)?, reader.read(0).map_err(fail)?);
    ensure!(
        props.shape == image.shape(),
        "with rotate=true, properties say {:?}, read {:?}",
        props.shape,
        image.shape()
    );
    let wrong = suite.options().set("no_such_option", 1);
    let e = Reader::open_with(&file.path, &wrong).err();
    ensure!(e.is_some_and(|e| e.kind() == ErrorKind::UnknownOption), "an unknown option was accepted");
    Ok(())
}

fn tiny_limit(suite: &Suite, file: &Good) -> Check {
    let options = suite.options().limits(Limits::default().max_frame_bytes(1));
    let image = suite.open(&file.path)?.read(0).map_err(fail)?;
    if image.len() * image.dtype().size() <= 1 {
        return Ok(());
    }
    let read = Reader::open_with(&file.path, &options).and_then(|mut r| r.read(0));
    match read {
        Ok(_) => Err("a limit of one byte was not kept".into()),
        Err(e) => {
            ensure!(e.kind() == ErrorKind::LimitExceeded, "a limit of one byte gives {e}");
            Ok(())
        }
    }
}

fn applied(suite: &Suite, file: &Good) -> Check {
    for index in [Index::At(0), Index::All] {
        let all = Reader::open_with(&file.path, &suite.options().exclude_applied(false)).map_err(fail)?.metadata(index);
        let some = suite.open(&file.path)?.metadata(index);
        let (all, some) = (all.map_err(fail)?, some.map_err(fail)?);
        ensure!(all.clone().without_applied() == some, "the default metadata are not those without applied ones");
        ensure!(all.len() >= some.len(), "more metadata without the applied ones");
    }
    Ok(())
}

fn two_readers(suite: &Suite, file: &Good) -> Check {
    fn sendable(_: &impl Send) {}
    let bytes = content(file)?;
    let expected = suite.open_as(&bytes)?.read(Index::Auto).map_err(fail)?;
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| -> Result<NdImage, Failed> {
                    let mut reader = suite.open(&file.path)?;
                    sendable(&reader);
                    reader.read(Index::Auto).map_err(fail)
                })
            })
            .collect();
        for worker in workers {
            let image = worker.join().map_err(|_| Failed::from("a reader's thread panicked"))??;
            ensure!(equal(&image, &expected), "two readers at once differ from one");
        }
        Ok(())
    })
}
