//! What the handle offers: series, pages, parts of images, tiles; and the options that choose among them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

use imageio_core::ndarray::{Array3, Array4, ArrayD, Axis, Slice};
use imageio_core::{Dtype, ErrorKind, NdImage, ReadOptions, Reader, WriteOptions, v3};
use imageio_plugin_tiff::{Part, TiffReader};

fn write(image: impl Into<NdImage>, options: &[(&'static str, &str)]) -> Vec<u8> {
    let mut with = WriteOptions::new().extension("tif");
    for (name, value) in options {
        with = with.set(*name, imageio_core::Value::parse(value));
    }
    v3::imwrite_with("<bytes>", &image.into(), &with).unwrap().unwrap()
}

/// A part of an array along some of its axes.
fn cut<T: Clone>(array: &ArrayD<T>, parts: &[(usize, &std::ops::Range<usize>)]) -> ArrayD<T> {
    let mut view = array.view();
    for (axis, part) in parts {
        view.slice_axis_inplace(Axis(*axis), Slice::from(part.start as isize..part.end as isize));
    }
    view.to_owned()
}

#[test]
fn parts_of_every_layout_are_those_of_the_whole() {
    let gray = Array4::<u16>::from_shape_fn((2, 3, 61, 83), |(t, z, y, x)| (t * 20_000 + z * 6000 + y * 83 + x) as u16);
    let rgb = Array4::<u8>::from_shape_fn((2, 61, 83, 3), |(t, y, x, c)| (t * 99 + y * 83 + x * 3 + c) as u8);
    let planar = Array4::<u8>::from_shape_fn((2, 3, 61, 83), |(t, c, y, x)| (t * 99 + y * 83 + x * 3 + c * 50) as u8);
    let bits = Array3::<bool>::from_shape_fn((2, 61, 83), |(t, y, x)| (t + y * 83 + x) % 3 == 0);
    let images: [(NdImage, &[(&'static str, &str)]); 4] =
        [(gray.into(), &[]), (rgb.into(), &[]), (planar.into(), &[("planar", "true")]), (bits.into(), &[])];
    let stored: [&[(&'static str, &str)]; 7] = [
        &[],
        &[("rows_per_strip", "7")],
        &[("tile", "[16, 32]")],
        &[("compression", "deflate"), ("rows_per_strip", "9")],
        &[("compression", "lzw"), ("tile", "[32, 16]")],
        &[("compression", "zstd")],
        &[("byteorder", "big"), ("tile", "[16, 16]")],
    ];
    let mut checked = 0;
    for (image, own) in &images {
        for how in stored {
            let bytes = write(image.clone(), &[*own, how].concat());
            let mut reader = Reader::open(bytes).unwrap();
            let whole = reader.read(0).unwrap();
            assert_eq!(whole.shape(), image.shape());
            let axes = reader.downcast_mut::<TiffReader>().unwrap().series().unwrap()[0].axes.clone();
            let axis = |letter: char| {
                let n = whole.shape().len();
                axes.chars().position(|c| c == letter).unwrap_or(if letter == 'Y' { n - 2 } else { n - 1 })
            };
            let (y, x) = (axis('Y'), axis('X'));
            for (rows, columns) in [(0..61, 0..83), (5..6, 7..8), (10..40, 0..83), (15..17, 15..33), (60..61, 82..83)] {
                let tiff = reader.downcast_mut::<TiffReader>().unwrap();
                let part = tiff.read_region(rows.clone(), columns.clone()).unwrap();
                let wanted: NdImage = match whole.dtype() {
                    Dtype::U16 => {
                        cut(&whole.clone().try_into_array::<u16>().unwrap(), &[(y, &rows), (x, &columns)]).into()
                    }
                    Dtype::U8 => {
                        cut(&whole.clone().try_into_array::<u8>().unwrap(), &[(y, &rows), (x, &columns)]).into()
                    }
                    _ => cut(&whole.clone().try_into_array::<bool>().unwrap(), &[(y, &rows), (x, &columns)]).into(),
                };
                assert!(part == wanted, "{how:?} {axes} {rows:?} {columns:?}");
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 4 * 7 * 5);
}

#[test]
fn tiles_make_up_the_image() {
    let stack = Array3::<u16>::from_shape_fn((3, 50, 70), |(z, y, x)| (z * 10_000 + y * 70 + x) as u16);
    for how in [[("tile", "[16, 32]")], [("rows_per_strip", "8")]] {
        let mut reader = Reader::open(write(stack.clone(), &how)).unwrap();
        let tiff = reader.downcast_mut::<TiffReader>().unwrap();
        let mut found = Array3::<u16>::zeros((3, 50, 70));
        let tiles = tiff.iter_tiles().unwrap();
        let count = tiles.size_hint().0;
        let mut seen = 0;
        for tile in tiles {
            let tile = tile.unwrap();
            let image = tile.image.try_into_array::<u16>().unwrap();
            for ((y, x), value) in image.indexed_iter().map(|(at, v)| ((at[0], at[1]), v)) {
                found[[tile.page, tile.rows.start + y, tile.columns.start + x]] = *value;
            }
            seen += 1;
        }
        assert_eq!(seen, count);
        assert_eq!(found, stack, "{how:?}");
        let one = tiff.iter_tiles_of(Part::series(0).page(2)).unwrap();
        assert_eq!(one.size_hint().0 * 3, count);
    }
}

#[test]
fn pages_and_series_are_told() {
    let stack = Array3::<u8>::from_shape_fn((4, 20, 30), |(z, y, x)| (z * 50 + y + x) as u8);
    let mut reader = Reader::open(write(stack, &[("compression", "deflate")])).unwrap();
    let tiff = reader.downcast_mut::<TiffReader>().unwrap();
    assert_eq!((tiff.n_series().unwrap(), tiff.n_pages().unwrap()), (1, 4));
    let series = tiff.series().unwrap();
    assert_eq!((series[0].kind, series[0].axes.as_str(), series[0].n_pages), ("shaped", "QYX", 4));
    assert_eq!(series[0].levels, [vec![4, 20, 30]]);
    let pages: Vec<_> = tiff.pages().unwrap().into_iter().collect::<Result<_, _>>().unwrap();
    assert_eq!((pages[3].index, pages[3].shape.as_slice(), pages[3].compression), (3, &[20, 30][..], "adobe_deflate"));
    assert!(pages.windows(2).all(|p| p[0].offset != p[1].offset) && !pages[0].is_tiled);
    assert!(tiff.page_metadata(2).unwrap().get("tags/ImageWidth").is_some());
    assert_eq!(tiff.page_metadata(9).unwrap_err().kind(), ErrorKind::IndexOutOfRange);
    assert_eq!(tiff.read_region(0..21, 0..5).unwrap_err().kind(), ErrorKind::Mismatch);
    assert_eq!(tiff.read_region_of(Part::series(0).level(1), 0..2, 0..5).unwrap_err().kind(), ErrorKind::Mismatch);
}

#[test]
fn options_choose_pages_and_parts() {
    let stack = Array4::<u16>::from_shape_fn((2, 4, 20, 30), |(t, z, y, x)| (t * 9000 + z * 900 + y * 30 + x) as u16);
    let bytes = write(stack.clone(), &[("axes", "TZYX")]);
    let read = |name: &'static str, value: &str| {
        let options = ReadOptions::new().set(name, imageio_core::Value::parse(value));
        v3::imread_with(bytes.clone(), &options)
    };
    let same = |image: NdImage, wanted: ArrayD<u16>| assert_eq!(image.try_into_array::<u16>().unwrap(), wanted);
    let flat = stack.view().into_shape_with_order((8, 20, 30)).unwrap();
    same(read("page", "5").unwrap(), flat.index_axis(Axis(0), 5).to_owned().into_dyn());
    same(read("key", "-1").unwrap(), flat.index_axis(Axis(0), 7).to_owned().into_dyn());
    same(read("key", "1:7:3").unwrap(), flat.select(Axis(0), &[1, 4]).into_dyn());
    same(read("key", "[0, 7]").unwrap(), flat.select(Axis(0), &[0, 7]).into_dyn());
    same(read("region", "[3, 9, 4, 30]").unwrap(), cut(&stack.clone().into_dyn(), &[(2, &(3..9)), (3, &(4..30))]));
    assert_eq!(read("key", "8").unwrap_err().kind(), ErrorKind::Mismatch);
    assert_eq!(read("key", "[]").unwrap_err().kind(), ErrorKind::Mismatch);
    assert_eq!(read("region", "[3, 9]").unwrap_err().kind(), ErrorKind::Mismatch);
    assert_eq!(read("region", "[9, 3, 0, 4]").unwrap_err().kind(), ErrorKind::Mismatch);
    // What is promised before a read is what comes of it.
    for (name, value) in [("key", "::2"), ("region", "[0, 1, 2, 5]"), ("page", "3"), ("squeeze", "false")] {
        let options = ReadOptions::new().set(name, imageio_core::Value::parse(value));
        let mut reader = Reader::open_with(bytes.clone(), &options).unwrap();
        let props = reader.properties(0).unwrap();
        assert_eq!(reader.read(0).unwrap().shape(), props.shape, "{name}");
        assert_eq!(props.axes.unwrap().len(), props.shape.len());
    }
}

#[test]
fn one_series_can_be_all() {
    let a = Array3::<u8>::from_elem((2, 8, 9), 1);
    let b = Array3::<u8>::from_elem((3, 5, 6), 2);
    let images = vec![NdImage::from(a), NdImage::from(b)];
    let bytes = v3::imwrite_with("<bytes>", &images, &WriteOptions::new().extension("tif")).unwrap().unwrap();
    let open = |options: &[(&'static str, &str)]| {
        let mut with = ReadOptions::new();
        for (name, value) in options {
            with = with.set(*name, imageio_core::Value::parse(value));
        }
        Reader::open_with(bytes.clone(), &with)
    };
    assert_eq!(open(&[]).unwrap().count().unwrap(), Some(2));
    let mut one = open(&[("series", "1")]).unwrap();
    assert_eq!((one.count().unwrap(), one.read(0).unwrap().shape()), (Some(1), &[3, 5, 6][..]));
    let mut pages = open(&[("series", "1"), ("pages", "true")]).unwrap();
    assert_eq!((pages.count().unwrap(), pages.read(2).unwrap().shape()), (Some(3), &[5, 6][..]));
    assert!(open(&[("series", "2")]).unwrap().read(0).is_err());
}

#[test]
fn what_is_cut_off_may_be_left_out() {
    let image = Array3::<u8>::from_elem((3, 64, 64), 7);
    for how in
        [&[("rows_per_strip", "8")] as &[(&'static str, &str)], &[("compression", "packbits"), ("rows_per_strip", "8")]]
    {
        let bytes = write(image.clone(), how);
        // The last strip of the last page of what is compressed; all directories of what is not come before it.
        let layout = |bytes: &[u8]| {
            let mut reader = Reader::open(bytes.to_vec()).unwrap();
            reader.downcast_mut::<TiffReader>().unwrap().pages().unwrap().len()
        };
        assert_eq!(layout(&bytes), 3);
        let single = write(Array3::<u8>::from_elem((1, 64, 64), 7), how);
        let end = single.len() - if how.len() == 1 { 100 } else { 0 };
        let cut = single[..end].to_vec();
        let strict = v3::imread(cut.clone());
        if how.len() == 1 {
            assert_eq!(strict.unwrap_err().kind(), ErrorKind::Malformed);
        }
        let options = ReadOptions::new().set("allow_truncated", true);
        let found = v3::imread_with(cut, &options).unwrap().try_into_array::<u8>().unwrap();
        assert_eq!(found.shape(), [1, 64, 64]);
        let sevens = found.iter().filter(|v| **v == 7).count();
        assert!(sevens >= 64 * 62 && found.iter().all(|v| *v == 7 || *v == 0), "{sevens}");
    }
}

#[test]
fn a_page_that_is_no_image_is_an_error_in_its_place() {
    let stack = Array3::<u8>::from_shape_fn((3, 20, 30), |(z, y, x)| (z * 50 + y + x) as u8);
    let mut bytes = write(stack, &[("shaped", "false")]);
    let second = {
        let mut reader = Reader::open(bytes.clone()).unwrap();
        reader.downcast_mut::<TiffReader>().unwrap().pages().unwrap()[1].as_ref().unwrap().offset as usize
    };
    // The width of the second page.
    let at = (0..20).map(|k| second + 2 + 12 * k).find(|at| bytes[*at..*at + 2] == [0, 1]).unwrap();
    bytes[at + 8..at + 12].fill(0);
    let mut reader = Reader::open(bytes).unwrap();
    let tiff = reader.downcast_mut::<TiffReader>().unwrap();
    let pages = tiff.pages().unwrap();
    assert_eq!(pages.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    let error = pages[1].as_ref().unwrap_err();
    assert_eq!((error.context_value("page"), error.context_value("tag")), (Some("1"), Some("ImageWidth (256)")));
    assert_eq!(tiff.series().unwrap()[0].shape, [2, 20, 30]);
    assert!(reader.notes().iter().any(|note| note.starts_with("page 1 is left out")));
}
