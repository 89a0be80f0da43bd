//! GIF89a whose LZW codes never grow: literals of 7 bits in codes of 8, so that each code is a byte.

/// Colours of the palette; a literal is one of them.
pub(crate) const COLOURS: usize = 128;

/// The table has 130 codes after a clear, and each pixel but the first adds one: 126 pixels stay below code 256,
/// where codes would become longer.
const RUN: usize = 126;

/// An endless animation of full frames; index 0 is transparent, and each frame gives way to an empty canvas.
///
/// `delay` is in hundredths of a second.
pub(crate) fn gif(side: u16, palette: &[[u8; 3]; COLOURS], delay: u16, frames: &[Vec<u8>]) -> Vec<u8> {
    let [side_low, side_high] = side.to_le_bytes();
    let [delay_low, delay_high] = delay.to_le_bytes();
    let mut out = b"GIF89a".to_vec();
    // A global palette of 2^(6+1) colours.
    out.extend([side_low, side_high, side_low, side_high, 0xe6, 0, 0]);
    out.extend(palette.iter().flatten());
    out.extend(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00");
    for frame in frames {
        // Disposal 2 (restore to background), transparent colour given.
        out.extend([0x21, 0xf9, 4, 2 << 2 | 1, delay_low, delay_high, 0, 0]);
        out.extend([0x2c, 0, 0, 0, 0, side_low, side_high, side_low, side_high, 0]);
        out.push(7);
        let mut codes = Vec::with_capacity(frame.len() + frame.len() / RUN + 2);
        for run in frame.chunks(RUN) {
            codes.push(128); // clear
            codes.extend(run.iter().map(|index| index & 127));
        }
        codes.push(129); // end
        for block in codes.chunks(255) {
            out.push(block.len() as u8);
            out.extend(block);
        }
        out.push(0);
    }
    out.push(0x3b);
    out
}
