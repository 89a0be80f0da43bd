#![no_main]

use imageio_lerc::{Decoder, Element, Header, Kind};

/// Decodes all bands of what fits into a small array.
fn read<T: Element>(mut data: &[u8]) {
    let mut decoder = Decoder::new();
    while let Ok(header) = Header::read(data) {
        if header.elements() > 1 << 20 {
            return;
        }
        let mut out = vec![T::default(); header.elements() as usize];
        let Ok(header) = decoder.decode(data, &mut out, T::default()) else { return };
        data = &data[header.length..];
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(header) = Header::read(data) else { return };
    match header.kind {
        Kind::I8 => read::<i8>(data),
        Kind::U8 => read::<u8>(data),
        Kind::I16 => read::<i16>(data),
        Kind::U16 => read::<u16>(data),
        Kind::I32 => read::<i32>(data),
        Kind::U32 => read::<u32>(data),
        Kind::F32 => read::<f32>(data),
        Kind::F64 => read::<f64>(data),
    }
});
