//! Finding the chunks behind the pixels without reading these.

use imageio_core::{ErrorKind, Result};

use crate::chunk::{Chunk, Source};
use crate::header::Header;

/// The chunks behind the pixels, those of an animation left out.
pub(super) fn trailing(source: &mut Source<'_>, header: &Header) -> Result<Vec<Chunk>> {
    let mut found = Vec::new();
    let mut next = behind_equal_chunks(source, header.pixels)?;
    loop {
        source.seek(next)?;
        let chunk = match source.chunk() {
            Ok(Some(chunk)) => chunk,
            Ok(None) => break,
            // What is damaged behind the pixels is no reason to refuse what was readable.
            Err(e) if e.kind() == ErrorKind::Malformed => break,
            Err(e) => return Err(e),
        };
        match &chunk.kind {
            b"IEND" => break,
            b"IDAT" | b"fdAT" | b"fcTL" => {}
            _ => found.push(chunk),
        }
        next = chunk.end();
    }
    Ok(found)
}

/// Pixels usually come in chunks of one length, so that the last of them can be found by bisection: a look at a
/// few places instead of at thousands.
fn behind_equal_chunks(source: &mut Source<'_>, first: Chunk) -> Result<u64> {
    let stride = first.end() - first.at;
    let size = source.len()?;
    let mut is_like_first = |k: u64| -> Result<bool> {
        let at = first.at.saturating_add(k.saturating_mul(stride));
        if at >= size {
            return Ok(false);
        }
        source.seek(at)?;
        match source.chunk() {
            Ok(chunk) => Ok(chunk.is_some_and(|c| c.kind == first.kind && c.len == first.len)),
            Err(e) if e.kind() == ErrorKind::Malformed => Ok(false),
            Err(e) => Err(e),
        }
    };
    let mut last = 0;
    let guess = (size.saturating_sub(first.at) / stride).saturating_sub(1);
    if guess > 0 && is_like_first(guess)? {
        last = guess;
    }
    let mut step = 1;
    while is_like_first(last + step)? {
        last += step;
        step *= 2;
    }
    while step > 1 {
        step /= 2;
        if is_like_first(last + step)? {
            last += step;
        }
    }
    Ok(first.at + (last + 1) * stride)
}
