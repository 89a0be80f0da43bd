//! A second decoder and a second encoder: the `tiff` crate reads what is written here, and the other way round.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

use std::io::Cursor;

use imageio_core::ndarray::{Array2, ArrayD, IxDyn};
use imageio_core::{Dtype, Element, NdImage, Value, WriteOptions, v3};
use imageio_plugin_tiff as _;
use imageio_testkit::samples;
use tiff::decoder::{Decoder, DecodingResult};
use tiff::encoder::{TiffEncoder, colortype};

fn array<T: Element>(shape: &[usize], data: Vec<T>) -> NdImage {
    ArrayD::from_shape_vec(IxDyn(shape), data).unwrap().into()
}

#[test]
fn it_reads_what_is_written() {
    let dtypes = [
        Dtype::U8,
        Dtype::U16,
        Dtype::U32,
        Dtype::U64,
        Dtype::I8,
        Dtype::I16,
        Dtype::I32,
        Dtype::I64,
        Dtype::F32,
        Dtype::F64,
    ];
    let settings: [&[(&'static str, &str)]; 8] = [
        &[],
        &[("byteorder", "big"), ("rows_per_strip", "5")],
        &[("bigtiff", "always"), ("tile", "[16, 16]")],
        &[("compression", "lzw")],
        &[("compression", "deflate"), ("rows_per_strip", "7")],
        &[("compression", "packbits")],
        &[("compression", "deflate"), ("tile", "[16, 32]"), ("byteorder", "big")],
        &[("compression", "lzw"), ("predictor", "horizontal")],
    ];
    let mut read = 0;
    for dtype in dtypes {
        for shape in [&[21, 27][..], &[21, 27, 3]] {
            for how in settings {
                if how.iter().any(|(name, _)| *name == "predictor") && !matches!(dtype, Dtype::U8 | Dtype::U16) {
                    continue;
                }
                let image = samples::picture(dtype, shape);
                let mut options = WriteOptions::new().extension("tif");
                for (name, value) in how {
                    options = options.set(*name, Value::parse(value));
                }
                let bytes = v3::imwrite_with("<bytes>", &image, &options).unwrap().unwrap();
                let mut decoder = Decoder::new(Cursor::new(bytes)).unwrap();
                let found = match decoder.read_image() {
                    Ok(DecodingResult::U8(v)) => array(shape, v),
                    Ok(DecodingResult::U16(v)) => array(shape, v),
                    Ok(DecodingResult::U32(v)) => array(shape, v),
                    Ok(DecodingResult::U64(v)) => array(shape, v),
                    Ok(DecodingResult::I8(v)) => array(shape, v),
                    Ok(DecodingResult::I16(v)) => array(shape, v),
                    Ok(DecodingResult::I32(v)) => array(shape, v),
                    Ok(DecodingResult::I64(v)) => array(shape, v),
                    Ok(DecodingResult::F32(v)) => array(shape, v),
                    Ok(DecodingResult::F64(v)) => array(shape, v),
                    Ok(_) => panic!("{dtype} {shape:?} {how:?}: another dtype"),
                    Err(e) => panic!("{dtype} {shape:?} {how:?}: {e}"),
                };
                // Bytes rather than values: not-a-number is one of the samples.
                assert!(found.as_bytes() == image.as_bytes(), "{dtype} {shape:?} {how:?}");
                read += 1;
            }
        }
    }
    assert_eq!(read, 10 * 2 * 7 + 2 * 2);
}

#[test]
fn what_it_writes_is_read() {
    let gray = Array2::<u16>::from_shape_fn((21, 27), |(y, x)| (y * 1000 + x) as u16);
    let mut file = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut file).unwrap();
    encoder.write_image::<colortype::Gray16>(27, 21, gray.as_slice().unwrap()).unwrap();
    encoder.write_image::<colortype::Gray16>(27, 21, gray.as_slice().unwrap()).unwrap();
    let stack = v3::imread(file.into_inner()).unwrap().try_into_array::<u16>().unwrap();
    assert_eq!(stack.shape(), [2, 21, 27]);
    assert!(stack.outer_iter().all(|page| page == gray.view().into_dyn()));
    let mut file = Cursor::new(Vec::new());
    let rgb: Vec<u8> = (0..21 * 27 * 3).map(|k| (k % 251) as u8).collect();
    TiffEncoder::new_big(&mut file).unwrap().write_image::<colortype::RGB8>(27, 21, &rgb).unwrap();
    let found = v3::imread(file.into_inner()).unwrap();
    assert_eq!((found.shape(), found.as_bytes().unwrap()), (&[21, 27, 3][..], rgb.as_slice()));
}
