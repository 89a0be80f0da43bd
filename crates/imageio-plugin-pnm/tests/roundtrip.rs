//! What is written comes back, and every option does what it says.
#![allow(clippy::unwrap_used, reason = "a panic is the report of a test")]

use imageio_plugin_pnm as pnm;

use imageio_core::ndarray::{Array2, Array3};
use imageio_core::{ErrorKind, Metadata, NdImage, ReadOptions, Reader, Value, WriteOptions, v3};

fn gray16() -> NdImage {
    Array2::from_shape_fn((7, 45), |(y, x)| (x * 20 + y) as u16).into()
}

fn rgb() -> NdImage {
    Array3::from_shape_fn((7, 45, 3), |(y, x, c)| (x * 5 + y + c * 90) as u8).into()
}

fn write(image: &NdImage, extension: &str, options: WriteOptions) -> Vec<u8> {
    v3::imwrite_with("<bytes>", image, &options.extension(extension)).unwrap().unwrap()
}

#[test]
fn the_name_chooses_the_member() {
    let bits: NdImage = Array2::from_shape_fn((5, 13), |(y, x)| (x + y) % 3 == 0).into();
    let float: NdImage = Array2::from_shape_fn((5, 13), |(y, x)| x as f32 - y as f32 / 3.0).into();
    let alpha: NdImage = Array3::from_elem((5, 13, 4), 7u16).into();
    let rows = [
        (&bits, "pbm", &b"P4"[..]),
        (&bits, "pnm", b"P4"),
        (&bits, "pam", b"P7"),
        (&rgb(), "ppm", b"P6"),
        (&rgb(), "pam", b"P7"),
        (&gray16(), "pgm", b"P5"),
        (&gray16(), "pnm", b"P5"),
        (&alpha, "pam", b"P7"),
        (&float, "pfm", b"Pf"),
    ];
    for (image, extension, magic) in rows {
        let bytes = write(image, extension, WriteOptions::new());
        assert_eq!(&bytes[..2], magic);
        assert_eq!(v3::imread(&bytes).unwrap(), *image, "{extension}");
    }
    for (image, extension) in [(&bits, "pgm"), (&rgb(), "pgm"), (&alpha, "pnm"), (&float, "pam"), (&gray16(), "pfm")] {
        let e = v3::imwrite_with("<bytes>", image, &WriteOptions::new().extension(extension)).unwrap_err();
        assert_eq!((e.kind(), e.hint().is_some()), (ErrorKind::Mismatch, true), "{extension}");
    }
}

#[test]
fn plain_text() {
    let bits: NdImage = Array2::from_shape_fn((5, 130), |(y, x)| (x + y) % 3 == 0).into();
    for (image, extension) in [(&bits, "pbm"), (&gray16(), "pgm"), (&rgb(), "ppm")] {
        let bytes = write(image, extension, WriteOptions::new().with(pnm::WriteOptions::new().plain(true)));
        assert!(bytes.is_ascii() && bytes.split(|b| *b == b'\n').all(|line| line.len() <= 70));
        assert_eq!(v3::imread(&bytes).unwrap(), *image);
        let options = WriteOptions::new().extension(extension).set("plain", true);
        let two = vec![image.clone(), image.clone()];
        assert_eq!(v3::imwrite_with("<bytes>", &two, &options).unwrap_err().kind(), ErrorKind::Mismatch);
    }
}

#[test]
fn maxval_and_comments_survive() {
    let mut metadata = Metadata::new();
    metadata.insert("maxval", 1023);
    metadata.insert("comment", "one\ntwo");
    let bytes = write(&gray16(), "pgm", WriteOptions::new().metadata(&metadata));
    assert!(bytes.starts_with(b"P5\n# one\n# two\n45 7\n1023\n"));
    let meta = v3::immeta(&bytes).unwrap();
    assert_eq!(meta.get("maxval").and_then(Value::as_i64), Some(1023));
    assert_eq!(meta.get("comment").and_then(Value::as_list).map(<[Value]>::len), Some(2));
    assert_eq!(write(&gray16(), "pgm", WriteOptions::new().metadata(&meta)), bytes);
    let full = write(&gray16(), "pgm", WriteOptions::new().set("maxval", 2000));
    assert!(full.starts_with(b"P5\n45 7\n2000\n"));
    let low = WriteOptions::new().extension("pgm").set("maxval", 300);
    assert_eq!(v3::imwrite_with("<bytes>", &gray16(), &low).unwrap_err().kind(), ErrorKind::InvalidOption);
}

#[test]
fn scale_by_option() {
    let ten = b"P5 2 1 1023\n\x00\x01\x03\xff";
    let two = b"P5 2 1 3\n\x01\x03";
    let read = |bytes: &'static [u8], scale: Option<bool>| {
        let options = ReadOptions::new().with(pnm::ReadOptions::new().scale(scale));
        v3::imread_with(bytes, &options).unwrap()
    };
    assert_eq!(read(ten, None), Array2::from_shape_vec((1, 2), vec![1u16, 1023]).unwrap().into());
    assert_eq!(read(ten, Some(true)), Array2::from_shape_vec((1, 2), vec![64u16, 65_535]).unwrap().into());
    assert_eq!(read(two, None), Array2::from_shape_vec((1, 2), vec![85u8, 255]).unwrap().into());
    assert_eq!(read(two, Some(false)), Array2::from_shape_vec((1, 2), vec![1u8, 3]).unwrap().into());
}

#[test]
fn pictures_one_after_the_other() {
    let images = vec![rgb(), Array2::from_elem((2, 3), true).into(), gray16()];
    let mut bytes = v3::imwrite_with("<bytes>", &images, &WriteOptions::new().extension("pnm")).unwrap().unwrap();
    let check = |bytes: &[u8], notes: usize| {
        let mut reader = Reader::open(bytes).unwrap();
        assert_eq!(reader.properties(1).unwrap().n_images, Some(3));
        for k in [2, 0, 1] {
            assert_eq!(reader.read(k).unwrap(), images[k]);
        }
        assert_eq!(reader.notes().len(), notes, "{:?}", reader.notes());
    };
    check(&bytes, 0);
    bytes.push(b'\n');
    check(&bytes, 0);
    bytes.extend(b"and something else");
    check(&bytes, 1);
    assert_eq!(Reader::open(&bytes).unwrap().read(3).unwrap_err().kind(), ErrorKind::IndexOutOfRange);
}

#[test]
fn thumbnails_of_xv() {
    let mut bytes = b"P7 332\n#IMGINFO:640x411 RGB (31861 bytes)\n#END_OF_COMMENTS\n3 2 255\n".to_vec();
    let pixel = |(r, g, b): (u8, u8, u8)| r << 5 | g << 2 | b;
    bytes.extend([(0, 0, 0), (7, 7, 3), (1, 2, 1), (6, 0, 2), (0, 7, 0), (4, 3, 3)].map(pixel));
    let [(a, b), (c, d)] = [(0, 255), (36, 72)];
    let want = [[[a, a, a], [b, b, b], [c, d, 85]], [[218, a, 170], [a, b, a], [145, 109, b]]];
    assert_eq!(v3::imread_as::<u8>(&bytes).unwrap(), imageio_core::ndarray::arr3(&want).into_dyn());
    let properties = v3::improps(&bytes).unwrap();
    assert_eq!((properties.shape.as_slice(), properties.dtype), (&[2, 3, 3][..], imageio_core::Dtype::U8));
    bytes.pop();
    assert_eq!(v3::imread(&bytes).unwrap_err().kind(), ErrorKind::Malformed);
}
