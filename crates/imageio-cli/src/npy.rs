//! Arrays as .npy files, with no plugin: what a read gave, to the bit.

use std::io::Write;

use imageio::resource::{Atomic, Committed};
use imageio::{Dtype, NdImage, Target};

/// Writes `image` to `target`, which keeps its old content if anything fails.
pub fn write(target: Target<'_>, image: &NdImage) -> imageio::Result<()> {
    let name = target.name().into_owned();
    staged(target, image).map_err(|e| e.with("resource", name))
}

fn staged(target: Target<'_>, image: &NdImage) -> imageio::Result<()> {
    let mut transaction = target.begin(Atomic::Auto)?;
    let mut sink = transaction.sink()?;
    sink.write_all(&header(image))?;
    match image.as_bytes() {
        Some(bytes) => sink.write_all(bytes)?,
        None => sink.write_all(image.view().to_owned().as_bytes().unwrap_or_default())?,
    }
    drop(sink);
    let committed: Committed = transaction.commit()?;
    target.deliver(committed).map(|_| ())
}

/// The header of format version 1.0, padded so that the elements begin at a multiple of 64.
fn header(image: &NdImage) -> Vec<u8> {
    let kind = match image.dtype() {
        Dtype::Bool => 'b',
        dtype if dtype.is_complex() => 'c',
        dtype if dtype.is_float() => 'f',
        Dtype::U8 | Dtype::U16 | Dtype::U32 | Dtype::U64 => 'u',
        _ => 'i',
    };
    let order = match image.dtype().size() {
        1 => '|',
        _ if cfg!(target_endian = "little") => '<',
        _ => '>',
    };
    let axes: String = image.shape().iter().map(|n| format!("{n}, ")).collect();
    let size = image.dtype().size();
    let mut text =
        format!("{{'descr': '{order}{kind}{size}', 'fortran_order': False, 'shape': ({}), }}", axes.trim_end());
    while (10 + text.len() + 1) % 64 != 0 {
        text.push(' ');
    }
    text.push('\n');
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    // An array of 32 axes, the most that numpy knows, needs far less than 64 KiB of header.
    out.extend((text.len() as u16).to_le_bytes());
    out.extend(text.bytes());
    out
}
