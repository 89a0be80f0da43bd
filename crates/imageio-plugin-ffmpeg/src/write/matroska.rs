//! Raw frames with times of their own, on their way to ffmpeg: the least Matroska that says when each is shown.
//!
//! Elements by RFC 9559; a stream that is written in one go, so that the segment's length is unknown (section 6).

use std::time::Duration;

/// How the raw video decoder calls a pixel format; `None` where it has no name for it.
pub(crate) fn four_cc(pixel_format: &str) -> Option<[u8; 4]> {
    Some(match pixel_format {
        "gray" => *b"Y800",
        "ya8" => *b"Y2\0\x08",
        "gray16le" => *b"Y1\0\x10",
        "rgb24" => *b"RGB\x18",
        "bgr24" => *b"BGR\x18",
        "rgba" => *b"RGBA",
        "bgra" => *b"BGRA",
        "rgb48le" => *b"RGB0",
        "rgba64le" => *b"RBA@",
        "gbrp" => *b"G3\0\x08",
        "yuv420p" => *b"I420",
        "yuv422p" => *b"Y42B",
        "yuv444p" => *b"444P",
        "nv12" => *b"NV12",
        _ => return None,
    })
}

/// An element: its id, its length, its content.
fn element(id: &[u8], content: &[u8]) -> Vec<u8> {
    [id, &length(content.len() as u64), content].concat()
}

/// A length in eight bytes.
fn length(n: u64) -> [u8; 8] {
    (n | 1 << 56).to_be_bytes()
}

fn number(id: &[u8], n: u64) -> Vec<u8> {
    element(id, &n.to_be_bytes())
}

/// What stands before the first frame. Times are counted in `tick`.
pub(crate) fn head(width: usize, height: usize, four_cc: [u8; 4], tick: Duration) -> Vec<u8> {
    let ebml = [element(&[0x42, 0x82], b"matroska"), number(&[0x42, 0x87], 4), number(&[0x42, 0x85], 2)].concat();
    let info = number(&[0x2A, 0xD7, 0xB1], u64::try_from(tick.as_nanos()).unwrap_or(1_000_000));
    let video = [number(&[0xB0], width as u64), number(&[0xBA], height as u64), element(&[0x2E, 0xB5, 0x24], &four_cc)]
        .concat();
    let track = [
        number(&[0xD7], 1),
        number(&[0x73, 0xC5], 1),
        number(&[0x83], 1),
        element(&[0x86], b"V_UNCOMPRESSED"),
        element(&[0xE0], &video),
    ]
    .concat();
    let mut out = element(&[0x1A, 0x45, 0xDF, 0xA3], &ebml);
    out.extend([0x18, 0x53, 0x80, 0x67, 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
    out.extend(element(&[0x15, 0x49, 0xA9, 0x66], &info));
    out.extend(element(&[0x16, 0x54, 0xAE, 0x6B], &element(&[0xAE], &track)));
    out
}

/// What stands before the `bytes` bytes of a frame that is shown at `time` for `duration`, both in ticks.
pub(crate) fn frame_head(time: u64, duration: u64, bytes: usize) -> Vec<u8> {
    let time = number(&[0xE7], time);
    let duration = number(&[0x9B], duration);
    // Track 1, at the cluster's time, no lacing.
    let block = [0x81, 0, 0, 0];
    let block_length = length((block.len() + bytes) as u64);
    let group = duration.len() + 1 + block_length.len() + block.len() + bytes;
    let group_length = length(group as u64);
    let cluster = time.len() + 1 + group_length.len() + group;
    [
        &[0x1F, 0x43, 0xB6, 0x75][..],
        &length(cluster as u64),
        &time,
        &[0xA0],
        &group_length,
        &duration,
        &[0xA1],
        &block_length,
        &block,
    ]
    .concat()
}
