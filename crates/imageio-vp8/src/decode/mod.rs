//! From a key frame to pixels.
//!
//! Two stages: [`frame::FrameDecoder`] turns the stream into rows of macroblocks, predicted and corrected but not
//! yet filtered, which is what prediction wants to see; [`finish::Finisher`] filters them and converts to RGB.
//! The second never looks back further than a few lines, so that both can run at the same time.

mod coefficients;
mod finish;
mod frame;
mod header;
mod row;
mod setup;

use std::sync::mpsc;

use self::finish::Finisher;
use self::frame::FrameDecoder;
pub use self::header::Header;
use self::row::Row;
use crate::error::Error;

/// Rows of macroblocks that the first stage may be ahead.
const AHEAD: usize = 6;
/// Pixels below which a second thread costs more than it brings.
const WORTH_A_THREAD: usize = 128 * 128;

/// Decodes the key frame in `data`, the content of a `VP8 ` chunk, into `pixels`: rows of RGB for `channels` = 3,
/// of RGBA with every alpha 255 for 4.
///
/// # Errors
/// [`Error::Size`] if `pixels` is not `width * height * channels` bytes long, [`Error::Truncated`] and
/// [`Error::Invalid`] for damaged data; `pixels` then holds part of the picture.
pub fn decode(data: &[u8], pixels: &mut [u8], channels: usize) -> Result<(), Error> {
    decode_with(data, pixels, channels, true)
}

/// As [`decode`]; with `threads` false everything is done by the caller's thread, for those who decode several
/// pictures at a time.
///
/// # Errors
/// As [`decode`].
pub fn decode_with(data: &[u8], pixels: &mut [u8], channels: usize, threads: bool) -> Result<(), Error> {
    let header = Header::parse(data)?;
    let (width, height) = (usize::from(header.width), usize::from(header.height));
    if !(3..=4).contains(&channels) {
        return Err(Error::Unsupported("a picture is decoded to 3 or 4 channels"));
    }
    let expected = width * height * channels;
    if pixels.len() != expected {
        return Err(Error::Size { expected, given: pixels.len() });
    }
    let frame = FrameDecoder::new(data)?;
    let finisher = Finisher::new(&frame, width, height, channels);
    if cfg!(feature = "parallel") && threads && width * height >= WORTH_A_THREAD {
        side_by_side(frame, finisher, pixels)
    } else {
        one_by_one(frame, finisher, pixels)
    }
}

fn one_by_one(mut frame: FrameDecoder<'_>, mut finisher: Finisher, pixels: &mut [u8]) -> Result<(), Error> {
    let mut spare = Some(Row::new(frame.columns()));
    for _ in 0..frame.rows() {
        let mut row = spare.take().unwrap_or_else(|| Row::new(frame.columns()));
        frame.next_row(&mut row)?;
        spare = finisher.row(row, pixels);
    }
    Ok(())
}

fn side_by_side(mut frame: FrameDecoder<'_>, mut finisher: Finisher, pixels: &mut [u8]) -> Result<(), Error> {
    std::thread::scope(|scope| {
        let (send, receive) = mpsc::sync_channel::<Result<Row, Error>>(AHEAD);
        let (give_back, spare) = mpsc::channel::<Row>();
        scope.spawn(move || {
            for _ in 0..frame.rows() {
                let mut row = spare.try_recv().unwrap_or_else(|_| Row::new(frame.columns()));
                let result = frame.next_row(&mut row).map(|()| row);
                let failed = result.is_err();
                if send.send(result).is_err() || failed {
                    return;
                }
            }
        });
        for row in receive {
            if let Some(used) = finisher.row(row?, pixels) {
                // The first stage may be done already.
                let _ = give_back.send(used);
            }
        }
        Ok(())
    })
}
