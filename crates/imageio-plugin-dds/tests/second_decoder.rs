//! Block formats against a second decoder, the `dds` crate.
#![allow(clippy::unwrap_used, reason = "a panic is the report of a test")]

use dds::{ColorFormat, Format};
use imageio_core::{NdImage, ReadOptions, v3};
use imageio_plugin_dds as plugin;

/// A texture of blocks that a simple generator fills, whose header says `dxgi`.
fn texture(dxgi: u32, block: usize, width: u32, height: u32) -> Vec<u8> {
    let mut words = [0u32; 31];
    (words[0], words[1], words[2], words[3]) = (124, 0x1007, height, width);
    (words[18], words[19], words[20]) = (32, 4, u32::from_le_bytes(*b"DX10"));
    let mut bytes = b"DDS ".to_vec();
    bytes.extend(words.iter().chain(&[dxgi, 3, 0, 1, 0]).flat_map(|w| w.to_le_bytes()));
    let mut state = 1u32;
    for _ in 0..width.div_ceil(4) as usize * height.div_ceil(4) as usize * block {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        bytes.push((state >> 24) as u8);
    }
    if dxgi == 77 {
        // The other decoder gives BC3 the mode of three colours, which Direct3D has in BC1 alone: none for this test.
        for block in bytes[148..].as_chunks_mut::<16>().0 {
            block[9] |= 0x80;
            block[11] &= 0x7F;
        }
    }
    bytes
}

#[test]
fn random_blocks_decode_alike() {
    let formats = [
        (71, 8, Format::BC1_UNORM, ColorFormat::RGBA_U8),
        (74, 16, Format::BC2_UNORM, ColorFormat::RGBA_U8),
        (77, 16, Format::BC3_UNORM, ColorFormat::RGBA_U8),
        (80, 8, Format::BC4_UNORM, ColorFormat::GRAYSCALE_U8),
        (83, 16, Format::BC5_UNORM, ColorFormat::RGB_U8),
        (95, 16, Format::BC6H_UF16, ColorFormat::RGB_U8),
        (96, 16, Format::BC6H_SF16, ColorFormat::RGB_U8),
        (98, 16, Format::BC7_UNORM, ColorFormat::RGBA_U8),
    ];
    let mut compared = 0;
    for (dxgi, block, format, color) in formats {
        // Sizes that blocks do not fill, and one large enough for two threads.
        for (width, height) in [(4, 4), (5, 3), (131, 70), (2050, 1030)] {
            let bytes = texture(dxgi, block, width, height);
            let ours = v3::imread(&bytes).unwrap();
            let size = dds::Size::new(width, height);
            let mut theirs = vec![0; ours.len()];
            let view = dds::ImageViewMut::new(&mut theirs, size, color).unwrap();
            dds::decode(&mut &bytes[148..], view, format, &dds::DecodeOptions::default()).unwrap();
            let ours = ours.as_bytes().unwrap();
            let worst = ours.iter().zip(&theirs).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
            // Direct3D allows interpolated colours of BC1 to BC5 to be rounded either way.
            let allowed = if matches!(dxgi, 71..=83) { 1 } else { 0 };
            assert!(worst <= allowed, "{format:?} {width}x{height}: {worst}");
            compared += 1;
        }
    }
    assert_eq!(compared, 32);
}

#[test]
fn numbers_beyond_one() {
    let mut compared = 0;
    for (dxgi, format) in [(95, Format::BC6H_UF16), (96, Format::BC6H_SF16)] {
        let bytes = texture(dxgi, 16, 70, 41);
        let options = ReadOptions::new().with(plugin::ReadOptions::new().hdr(true));
        let ours: NdImage = v3::imread_with(&bytes, &options).unwrap();
        let mut theirs = vec![0; ours.len() * 4];
        let view = dds::ImageViewMut::new(&mut theirs, dds::Size::new(70, 41), ColorFormat::RGB_F32).unwrap();
        dds::decode(&mut &bytes[148..], view, format, &dds::DecodeOptions::default()).unwrap();
        assert_eq!(ours.as_bytes().unwrap(), theirs);
        assert!(ours.as_array::<f32>().unwrap().iter().any(|v| *v > 1.0));
        compared += ours.len();
    }
    assert_eq!(compared, 2 * 70 * 41 * 3);
}

#[test]
fn samples_of_every_width() {
    let rows = [
        (2, 16, Format::R32G32B32A32_FLOAT),
        (6, 12, Format::R32G32B32_FLOAT),
        (10, 8, Format::R16G16B16A16_FLOAT),
        (11, 8, Format::R16G16B16A16_UNORM),
        (41, 4, Format::R32_FLOAT),
        (54, 2, Format::R16_FLOAT),
        (56, 2, Format::R16_UNORM),
        (61, 1, Format::R8_UNORM),
        (65, 1, Format::A8_UNORM),
        (87, 4, Format::B8G8R8A8_UNORM),
        (88, 4, Format::B8G8R8X8_UNORM),
    ];
    for (dxgi, bytes, format) in rows {
        // As many blocks as pixels fill it.
        let file = texture(dxgi, bytes * 16, 40, 24);
        let ours = v3::imread(&file).unwrap();
        let mut theirs = vec![0; ours.as_bytes().unwrap().len()];
        let view = dds::ImageViewMut::new(&mut theirs, dds::Size::new(40, 24), format.color()).unwrap();
        dds::decode(&mut &file[148..], view, format, &dds::DecodeOptions::default()).unwrap();
        // Not a number has many bit patterns, which conversion from halves may change.
        let same = match ours.as_array::<f32>() {
            Some(ours) => ours.iter().zip(theirs.as_chunks().0).all(|(a, b)| {
                let b = f32::from_ne_bytes(*b);
                a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
            }),
            None => ours.as_bytes().unwrap() == theirs,
        };
        assert!(same, "{format:?}");
    }
}
