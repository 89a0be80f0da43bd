use imageio_core::{Error, Result};

use super::{CHUNK_HEADER, Codec, Container, Frame, Source, Span, bitstream, flag};

/// One chunk: its name and where its content lies.
#[derive(Clone, Copy)]
struct Chunk {
    name: [u8; 4],
    data: Span,
}

impl Chunk {
    fn end(&self) -> u64 {
        self.data.start + u64::from(self.data.len)
    }

    /// Where the next chunk begins: chunks are padded to even lengths.
    fn next(&self) -> u64 {
        self.end() + u64::from(self.data.len & 1)
    }

    fn what(&self) -> String {
        self.name.escape_ascii().to_string()
    }
}

/// The chunk at `at`, or `None` where the file or its parent ends.
fn chunk_at(source: &mut Source<'_>, at: u64, end: u64) -> Result<Option<Chunk>> {
    if at + CHUNK_HEADER > end {
        return Ok(None);
    }
    let [a, b, c, d, l0, l1, l2, l3] = source.bytes(at)?;
    let len = u32::from_le_bytes([l0, l1, l2, l3]);
    Ok(Some(Chunk { name: [a, b, c, d], data: Span { start: at + CHUNK_HEADER, len } }))
}

fn u24(bytes: [u8; 3]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0])
}

/// Reads the structure of a file whose signature was seen already.
pub(crate) fn parse(source: &mut Source<'_>) -> Result<Container> {
    let [_, _, _, _, s0, s1, s2, s3, ..]: [u8; 12] = source.bytes(0)?;
    let riff_end = u64::from(u32::from_le_bytes([s0, s1, s2, s3])) + CHUNK_HEADER;
    let mut notes = Vec::new();
    if riff_end < source.len() {
        notes.push(format!("{} bytes behind the end of the file were ignored", source.len() - riff_end));
    }
    let end = riff_end.min(source.len());
    let Some(first) = chunk_at(source, 12, end)? else {
        return Err(Error::malformed("the file ends before its first chunk").with("offset", 12));
    };
    let mut container = Container {
        width: 0,
        height: 0,
        alpha: false,
        animated: false,
        frames: Vec::new(),
        loop_count: 1,
        background: [255; 4],
        icc: None,
        exif: None,
        xmp: None,
        notes,
    };
    match &first.name {
        b"VP8X" => extended(source, first, end, &mut container)?,
        b"VP8 " | b"VP8L" => simple(source, first, end, &mut container)?,
        // An ALPH chunk without VP8X in front of it is against the rules, and harmless.
        b"ALPH" => unannounced(source, first, end, &mut container)?,
        _ => {
            return Err(
                Error::malformed(format!("the first chunk is `{}`, not an image", first.what())).with("offset", 12)
            );
        }
    }
    Ok(container)
}

/// A file of one image chunk. Chunks behind it do not count without a `VP8X` chunk that announces them.
fn simple(source: &mut Source<'_>, chunk: Chunk, end: u64, container: &mut Container) -> Result<()> {
    let frame = image(source, chunk, None, end)?;
    (container.width, container.height, container.alpha) = (frame.width, frame.height, frame.alpha);
    container.frames.push(frame);
    if chunk.next() < end {
        container.notes.push("chunks behind the image of a simple file were ignored".to_owned());
    }
    Ok(())
}

fn unannounced(source: &mut Source<'_>, alpha: Chunk, end: u64, container: &mut Container) -> Result<()> {
    match chunk_at(source, alpha.next(), end)? {
        Some(chunk) if &chunk.name == b"VP8 " => {
            let frame = image(source, chunk, Some(alpha.data), end)?;
            (container.width, container.height, container.alpha) = (frame.width, frame.height, true);
            container.frames.push(frame);
            container.notes.push("the file has alpha without announcing it".to_owned());
            Ok(())
        }
        _ => Err(Error::malformed("a chunk of alpha without an image").with("offset", alpha.data.start)),
    }
}

/// The frame of an image chunk, which fills its own canvas.
fn image(source: &mut Source<'_>, chunk: Chunk, alpha_data: Option<Span>, end: u64) -> Result<Frame> {
    let codec = if &chunk.name == b"VP8L" { Codec::Lossless } else { Codec::Lossy };
    if chunk.end() > end {
        return Err(Error::malformed(format!(
            "the file ends inside chunk `{}`: it has {} of {} bytes",
            chunk.what(),
            end.saturating_sub(chunk.data.start),
            chunk.data.len
        ))
        .with("offset", chunk.data.start));
    }
    let stream = bitstream::read(source, codec, chunk.data)?;
    Ok(Frame {
        x: 0,
        y: 0,
        width: stream.width,
        height: stream.height,
        duration: 0,
        blend: false,
        dispose: false,
        codec,
        alpha: stream.alpha || alpha_data.is_some(),
        data: chunk.data,
        alpha_data: alpha_data.filter(|_| codec == Codec::Lossy),
    })
}

/// A file with a `VP8X` chunk.
fn extended(source: &mut Source<'_>, first: Chunk, end: u64, container: &mut Container) -> Result<()> {
    if first.data.len < 10 {
        return Err(Error::malformed("the VP8X chunk is too short").with("offset", first.data.start));
    }
    let [flags, _, _, _, w0, w1, w2, h0, h1, h2] = source.bytes(first.data.start)?;
    container.width = u24([w0, w1, w2]) + 1;
    container.height = u24([h0, h1, h2]) + 1;
    container.animated = flags & flag::ANIMATION != 0;
    let mut alpha = None;
    let mut at = first.next();
    while let Some(chunk) = chunk_at(source, at, end)? {
        at = chunk.next();
        let whole = chunk.end() <= end;
        match &chunk.name {
            b"ANMF" if container.animated => animation_frame(source, chunk, end, container)?,
            b"ANIM" if container.animated && whole && chunk.data.len >= 6 => {
                let [b, g, r, a, l0, l1] = source.bytes(chunk.data.start)?;
                container.background = [r, g, b, a];
                container.loop_count = u16::from_le_bytes([l0, l1]);
            }
            b"ALPH" if !container.animated && container.frames.is_empty() => alpha = Some(chunk.data),
            b"VP8 " | b"VP8L" if !container.animated && container.frames.is_empty() => {
                let mut frame = image(source, chunk, alpha, end)?;
                let announced = flags & flag::ALPHA != 0;
                // Lossless data say themselves whether they have alpha; for lossy ones the flag counts as well.
                container.alpha = frame.alpha || (frame.codec == Codec::Lossy && announced);
                if !announced && frame.alpha_data.take().is_some() {
                    // As in Pillow: the channel is there, and opaque.
                    container
                        .notes
                        .push("the header announces no alpha, so that of the image does not count".to_owned());
                }
                if !container.is_full(&frame) {
                    return Err(Error::malformed(format!(
                        "the image is {} x {}, the file says {} x {}",
                        frame.width, frame.height, container.width, container.height
                    ))
                    .with("offset", chunk.data.start));
                }
                container.frames.push(frame);
            }
            b"ICCP" if whole => container.icc = container.icc.or(Some(chunk.data)),
            b"EXIF" if whole => container.exif = container.exif.or(Some(chunk.data)),
            b"XMP " if whole => container.xmp = container.xmp.or(Some(chunk.data)),
            _ if !whole => container.notes.push(format!("the file ends inside chunk `{}`", chunk.what())),
            _ => container.notes.push(format!("chunk `{}` was ignored", chunk.what())),
        }
    }
    if container.frames.is_empty() {
        return Err(Error::malformed("the file holds no image"));
    }
    if container.animated {
        container.alpha = flags & flag::ALPHA != 0;
    }
    Ok(())
}

fn animation_frame(source: &mut Source<'_>, chunk: Chunk, file_end: u64, container: &mut Container) -> Result<()> {
    let index = container.frames.len();
    let wrong = |message: String| Err(Error::malformed(message).with("frame", index).with("offset", chunk.data.start));
    if chunk.data.len < 16 {
        return wrong("an animation frame without a header".to_owned());
    }
    if chunk.end() > file_end {
        return wrong("the file ends inside an animation frame".to_owned());
    }
    let [x0, x1, x2, y0, y1, y2, w0, w1, w2, h0, h1, h2, d0, d1, d2, bits] = source.bytes(chunk.data.start)?;
    let (x, y) = (2 * u24([x0, x1, x2]), 2 * u24([y0, y1, y2]));
    let (width, height) = (u24([w0, w1, w2]) + 1, u24([h0, h1, h2]) + 1);
    if x + width > container.width || y + height > container.height {
        return wrong(format!(
            "a frame of {width} x {height} at ({x}, {y}) leaves the canvas of {} x {}",
            container.width, container.height
        ));
    }
    let mut alpha = None;
    let mut at = chunk.data.start + 16;
    while let Some(part) = chunk_at(source, at, chunk.end())? {
        at = part.next();
        match &part.name {
            b"ALPH" => alpha = alpha.or(Some(part.data)),
            b"VP8 " | b"VP8L" => {
                let mut frame = image(source, part, alpha, chunk.end()).map_err(|e| e.with("frame", index))?;
                if (frame.width, frame.height) != (width, height) {
                    return wrong(format!(
                        "the image of a frame is {} x {}, its header says {width} x {height}",
                        frame.width, frame.height
                    ));
                }
                (frame.x, frame.y, frame.duration) = (x, y, u24([d0, d1, d2]));
                (frame.blend, frame.dispose) = (bits & 2 == 0, bits & 1 != 0);
                container.frames.push(frame);
                return Ok(());
            }
            _ => {}
        }
    }
    wrong("an animation frame without an image".to_owned())
}
