//! Decoding whole rasters, and blobs that the peer makes.
#![allow(dead_code, reason = "each test uses a part")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]
#![allow(clippy::print_stderr, reason = "a skipped check says so in the test's output")]

use std::process::Command;

use imageio_lerc::{Decoder, Element, Error, Format, Header};

/// Decodes all bands of a raster into one array each, with their masks.
pub fn decode<T: Element>(mut data: &[u8], missing: T) -> Result<Vec<(Vec<T>, Option<Vec<bool>>)>, Error> {
    let mut decoder = Decoder::new();
    let mut bands = Vec::new();
    while !data.is_empty() {
        let header = Header::read(data)?;
        let mut out = vec![T::default(); usize::try_from(header.elements()).unwrap()];
        let header = decoder.decode(data, &mut out, missing)?;
        bands.push((out, decoder.mask().map(|mask| mask.iter().collect())));
        data = &data[header.length..];
    }
    Ok(bands)
}

/// A blob, and what the peer decodes from it.
pub struct Case {
    pub label: String,
    pub kind: String,
    pub blob: Vec<u8>,
    pub pixels: Vec<u8>,
    /// By band; empty if every pixel is valid.
    pub mask: Vec<u8>,
}

/// Runs a script that writes cases to the file that is its argument: `None` without the peer.
pub fn cases(name: &str, script: &str) -> Option<Vec<Case>> {
    let Some(python) = std::env::var_os("IMAGEIO_PEERS") else {
        eprintln!("skipped: IMAGEIO_PEERS names no Python with the peers");
        return None;
    };
    let file = std::env::temp_dir().join(format!("imageio-lerc-{name}-{}", std::process::id()));
    let output = Command::new(python).args(["-c", script]).arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let data = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    Some(parse(&data))
}

/// Cases of the fixture.
pub fn fixture() -> Vec<Case> {
    parse(include_bytes!("../fixtures/blobs.bin"))
}

fn parse(mut rest: &[u8]) -> Vec<Case> {
    let mut cases = Vec::new();
    while !rest.is_empty() {
        let [label, blob, pixels, mask] = std::array::from_fn(|_| {
            let (length, more) = rest.split_first_chunk().unwrap();
            let (field, more) = more.split_at(u32::from_le_bytes(*length) as usize);
            rest = more;
            field.to_vec()
        });
        let label = String::from_utf8(label).unwrap();
        let kind = label.split(' ').next().unwrap().to_owned();
        cases.push(Case { label, kind, blob, pixels, mask });
    }
    cases
}

/// Decodes a case and compares it with what the peer made of it, bit by bit.
pub fn check<T: Element + bytemuck::Pod + std::fmt::Debug>(case: &Case) -> Format {
    let missing = bytemuck::pod_read_unaligned::<T>(&[0x3b; 8][..size_of::<T>()]);
    let bands = decode::<T>(&case.blob, missing).unwrap_or_else(|e| panic!("{}: {e}", case.label));
    let header = Header::read(&case.blob).unwrap();
    let (pixels, depth) = (header.width * header.height, header.depth);
    assert_eq!(bands.len() * pixels * depth * size_of::<T>(), case.pixels.len(), "{}", case.label);
    let mut want = case.pixels.chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned::<T>);
    let mut valid = case.mask.iter().map(|v| *v != 0).chain(std::iter::repeat(true));
    for (band, mask) in &bands {
        for (at, pixel) in band.chunks_exact(depth).enumerate() {
            let valid = valid.next().unwrap();
            assert_eq!(mask.as_ref().is_none_or(|mask| mask[at]), valid, "{} mask {at}", case.label);
            for value in pixel {
                let want = want.next().unwrap();
                let want = if valid { want } else { missing };
                assert_eq!(
                    bytemuck::bytes_of(value),
                    bytemuck::bytes_of(&want),
                    "{} {at}: {value:?} {want:?}",
                    case.label
                );
            }
        }
    }
    header.format
}

/// Decodes a case with the other decoder in Rust, and says whether it can.
pub fn check_other<T: Element + bytemuck::Pod + std::fmt::Debug>(case: &Case) -> bool {
    let Ok(set) = lerc_reader::decode_band_set(&case.blob) else { return false };
    let (_, theirs, masks) = set.into_parts();
    let ours = decode::<T>(&case.blob, T::zeroed()).unwrap();
    assert_eq!(ours.len(), theirs.len(), "{}", case.label);
    for (((ours, mask), theirs), masks) in ours.iter().zip(&theirs).zip(&masks) {
        use lerc_core::PixelData;
        let theirs: &[u8] = match theirs {
            PixelData::I8(v) => bytemuck::cast_slice(v),
            PixelData::U8(v) => v,
            PixelData::I16(v) => bytemuck::cast_slice(v),
            PixelData::U16(v) => bytemuck::cast_slice(v),
            PixelData::I32(v) => bytemuck::cast_slice(v),
            PixelData::U32(v) => bytemuck::cast_slice(v),
            PixelData::F32(v) => bytemuck::cast_slice(v),
            PixelData::F64(v) => bytemuck::cast_slice(v),
        };
        assert!(bytemuck::cast_slice::<T, u8>(ours) == theirs, "{}", case.label);
        let theirs = masks.as_ref().map(|mask| mask.iter().map(|v| *v != 0).collect::<Vec<_>>());
        assert_eq!(*mask, theirs, "{}", case.label);
    }
    true
}

/// Calls a generic function with the element type of a name that numpy gives it.
#[macro_export]
macro_rules! with_type {
    ($kind:expr, $call:ident($($argument:expr),*)) => {
        match $kind {
            "int8" => $call::<i8>($($argument),*),
            "uint8" => $call::<u8>($($argument),*),
            "int16" => $call::<i16>($($argument),*),
            "uint16" => $call::<u16>($($argument),*),
            "int32" => $call::<i32>($($argument),*),
            "uint32" => $call::<u32>($($argument),*),
            "float32" => $call::<f32>($($argument),*),
            "float64" => $call::<f64>($($argument),*),
            other => panic!("{other}"),
        }
    };
}
