//! The code of QOI, version 1.0, from a stream into pixels.

use std::io::Read;

use imageio_core::{Error, Result};

const BUFFER: usize = 128 * 1024;
/// The longest code.
pub(crate) const LONGEST: usize = 5;

/// What is known when the next code comes.
struct State {
    pixel: [u8; 4],
    seen: [[u8; 4]; 64],
    /// How often `pixel` is still to be repeated.
    run: usize,
}

pub(crate) fn hash([r, g, b, a]: [u8; 4]) -> usize {
    let sum = u32::from(r) * 3 + u32::from(g) * 5 + u32::from(b) * 7 + u32::from(a) * 11;
    (sum % 64) as usize
}

/// Decodes `out` from `stream`, which stands at `offset`.
pub(crate) fn decode<const N: usize>(stream: &mut dyn Read, offset: u64, out: &mut [[u8; N]]) -> Result<()> {
    let mut state = State { pixel: [0, 0, 0, 255], seen: [[0; 4]; 64], run: 0 };
    let mut buf = vec![0; BUFFER];
    let (mut at, mut end, mut start) = (0, 0, offset);
    let mut done = 0;
    let mut is_last = false;
    loop {
        let (used, made) = codes(&mut state, &buf[at..end], &mut out[done..]);
        at += used;
        done += made;
        if done == out.len() {
            return Ok(());
        }
        if is_last {
            return Err(Error::malformed("the data end early").with("offset", start + end as u64));
        }
        // What is left is shorter than a code may be: bring it to the front and fill up behind it.
        buf.copy_within(at..end, 0);
        start += at as u64;
        (at, end) = (0, end - at);
        while end < BUFFER {
            match stream.read(&mut buf[end..]) {
                Ok(0) => {
                    is_last = true;
                    break;
                }
                Ok(n) => end += n,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e.into()),
            }
        }
        if is_last {
            return finish(&mut state, &buf[..end], &mut out[done..], start);
        }
    }
}

/// The end of a file: zeros stand in for what a code might want, and must not be used.
fn finish<const N: usize>(state: &mut State, rest: &[u8], out: &mut [[u8; N]], start: u64) -> Result<()> {
    let mut padded = rest.to_vec();
    padded.resize(rest.len() + LONGEST, 0);
    let (mut at, mut done) = (0, 0);
    while done < out.len() && (at < rest.len() || state.run > 0) {
        // One pixel at a time near the end, so that no code reaches into the zeros unseen.
        let until = if rest.len() - at > 2 * LONGEST { out.len() } else { done + 1 };
        let (used, made) = codes(state, &padded[at..], &mut out[done..until]);
        (at, done) = (at + used, done + made);
        if made == 0 || at > rest.len() {
            break;
        }
    }
    if done < out.len() || at > rest.len() {
        return Err(Error::malformed("the data end early").with("offset", start + rest.len() as u64));
    }
    Ok(())
}

/// Decodes until either side ends; tells how many bytes were used and how many pixels made.
fn codes<const N: usize>(state: &mut State, input: &[u8], out: &mut [[u8; N]]) -> (usize, usize) {
    let State { mut pixel, ref mut seen, run } = *state;
    let mut at = 0;
    let mut done = run.min(out.len());
    out[..done].fill(short(pixel));
    state.run -= done;
    while done < out.len() {
        let Some(code) = input.get(at..).and_then(|rest| rest.first_chunk::<LONGEST>()) else { break };
        match code[0] {
            0xFE => {
                pixel = [code[1], code[2], code[3], pixel[3]];
                at += 4;
            }
            0xFF => {
                pixel = [code[1], code[2], code[3], code[4]];
                at += 5;
            }
            tag @ 0..0x40 => {
                pixel = seen[usize::from(tag & 63)];
                out[done] = short(pixel);
                done += 1;
                at += 1;
                // It has its place already.
                continue;
            }
            tag @ 0x40..0x80 => {
                let [r, g, b, a] = pixel;
                let small = |shift: u8| ((tag >> shift) & 3).wrapping_sub(2);
                pixel = [r.wrapping_add(small(4)), g.wrapping_add(small(2)), b.wrapping_add(small(0)), a];
                at += 1;
            }
            tag @ 0x80..0xC0 => {
                let [r, g, b, a] = pixel;
                let green = (tag & 63).wrapping_sub(32);
                let red = green.wrapping_add(code[1] >> 4).wrapping_sub(8);
                let blue = green.wrapping_add(code[1] & 15).wrapping_sub(8);
                pixel = [r.wrapping_add(red), g.wrapping_add(green), b.wrapping_add(blue), a];
                at += 2;
            }
            tag => {
                let run = usize::from(tag & 63) + 1;
                let n = run.min(out.len() - done);
                out[done..done + n].fill(short(pixel));
                done += n;
                at += 1;
                state.run = run - n;
                seen[hash(pixel)] = pixel;
                continue;
            }
        }
        seen[hash(pixel)] = pixel;
        out[done] = short(pixel);
        done += 1;
    }
    state.pixel = pixel;
    (at, done)
}

fn short<const N: usize>(pixel: [u8; 4]) -> [u8; N] {
    std::array::from_fn(|i| pixel[i % 4])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code() {
        let data = [
            0xFE,
            10,
            20,
            30,                         // red, green, blue
            0x40 | 3 << 4 | 2 << 2 | 1, // +1, 0, -1
            0x80 | 37,
            0x93, // green +5, red +5+1, blue +5-5
            0xC1, // twice more
            0xFF,
            1,
            2,
            3,
            4,                                                       // with alpha
            (10 * 3 + 20 * 5 + 30 * 7 + 255 * 11) as u16 as u8 & 63, // the first again
        ];
        let mut out = [[0u8; 4]; 7];
        decode(&mut &data[..], 0, &mut out).unwrap();
        let third = [17, 25, 29, 255];
        assert_eq!(out, [[10, 20, 30, 255], [11, 20, 29, 255], third, third, third, [1, 2, 3, 4], [10, 20, 30, 255]]);
    }

    #[test]
    fn early_end() {
        for data in [&[][..], &[0xFE, 1, 2], &[0xC0], &[0xFE, 1, 2, 3, 0xFE, 9]] {
            let mut out = [[0u8; 3]; 3];
            assert!(decode(&mut &data[..], 0, &mut out).is_err(), "{data:?}");
        }
    }
}
