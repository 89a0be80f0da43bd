//! Telling video by its first bytes.

use imageio_core::{Confidence, Probe};

/// How sure the first bytes make us that ffmpeg is needed; `None` leaves it to the extension.
///
/// No signature of a container says that there is video in it, so nothing here is more than
/// [`Weak`](Confidence::Weak).
pub(crate) fn confidence(probe: &Probe<'_>) -> Option<Confidence> {
    let head = probe.head();
    // A place without bytes, which nobody else reads.
    if crate::capture::number(probe.name()).is_some() {
        return Some(Confidence::Extension);
    }
    // Still pictures share the container of MP4.
    if is_picture(head) {
        return Some(Confidence::No);
    }
    is_container(head).then_some(Confidence::Weak)
}

fn at(head: &[u8], offset: usize, bytes: &[u8]) -> bool {
    head.get(offset..).is_some_and(|rest| rest.starts_with(bytes))
}

fn is_picture(head: &[u8]) -> bool {
    const BRANDS: [&[u8]; 9] = [b"avif", b"avis", b"heic", b"heix", b"hevc", b"heim", b"mif1", b"msf1", b"crx "];
    at(head, 4, b"ftyp") && BRANDS.iter().any(|brand| at(head, 8, brand))
}

/// Whether a file begins as one of the containers does that hold their streams themselves.
pub(crate) fn is_container(head: &[u8]) -> bool {
    let riff = at(head, 0, b"RIFF") && (at(head, 8, b"AVI ") || at(head, 8, b"AVIX"));
    // Packets of 188 bytes, or of 192 with a time stamp of four bytes before each.
    let transport = (at(head, 0, b"G") && at(head, 188, b"G")) || (at(head, 4, b"G") && at(head, 196, b"G"));
    let boxes: [&[u8]; 5] = [b"ftyp", b"moov", b"mdat", b"wide", b"styp"];
    riff || transport
        || boxes.iter().any(|name| at(head, 4, name))
        || at(head, 0, b"\x1a\x45\xdf\xa3")                           // EBML: Matroska, WebM
        || at(head, 0, b"FLV\x01")
        || at(head, 0, b"\0\0\x01\xba")                               // MPEG program stream
        || at(head, 0, b"\0\0\x01\xb3")                               // MPEG video sequence
        || at(head, 0, b"OggS")
        || at(head, 0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11")           // ASF: WMV
        || at(head, 0, b"YUV4MPEG2 ")
        || at(head, 0, b"DKIF")                                       // IVF
        || at(head, 0, b"nut/multimedia container")
        || at(head, 0, b"\x06\x0e\x2b\x34\x02\x05\x01\x01") // MXF
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads() {
        let ask = |head: &[u8]| confidence(&Probe::new(head, None, "a file"));
        assert_eq!(ask(b"\0\0\0\x18ftypisom\0\0\0\0"), Some(Confidence::Weak));
        assert_eq!(ask(b"\0\0\0\x18ftypavif\0\0\0\0"), Some(Confidence::No));
        assert_eq!(ask(b"RIFF\x1a\0\0\0WAVEfmt "), None);
        assert_eq!(ask(b"\x89PNG\r\n\x1a\n"), None);
        let mut transport = vec![0; 200];
        (transport[0], transport[188]) = (b'G', b'G');
        assert_eq!(ask(&transport), Some(Confidence::Weak));
        assert_eq!(ask(b""), None);
        assert!(confidence(&Probe::new(b"", None, "<video0>")) > Some(Confidence::No));
        assert_eq!(confidence(&Probe::new(b"", None, "<screen>")), None);
    }
}
