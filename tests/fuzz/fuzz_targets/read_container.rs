#![no_main]

use std::io::Cursor;

use imageio_container::{av1, avi, ffv1, h264, hevc, matroska, mjpeg, mpeg4, mpeg4_audio, read_mp4, vp8, vp9};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = vp8::key_frame(data);
    let _ = (vp9::key_frame(data), vp9::is_key(data));
    let _ = (h264::parameters(data), h264::start(data));
    let _ = hevc::parameters(data);
    let _ = (av1::configuration(data), av1::is_key(data));
    let _ = (mpeg4::layer(data), mpeg4::is_key_and_bidirectional(data));
    let _ = (mjpeg::frame(data), ffv1::configuration(data));
    let _ = mpeg4_audio(data);
    let end = data.len() as u64;
    let mut file = Cursor::new(data);
    if let Ok(segment) = matroska::read(&mut file, 1 << 20) {
        let mut blocks = segment.blocks();
        while let Ok(Some(block)) = blocks.next(&mut file) {
            assert!(block.at + block.size <= end);
        }
    }
    if let Ok(movie) = avi::read(&mut file, 1 << 20) {
        let _ = movie.entries(&mut file, 1 << 20);
        let mut chunks = movie.chunks();
        while let Ok(Some(chunk)) = chunks.next(&mut file) {
            assert!(chunk.at + chunk.size <= end && chunk.stream < movie.streams.len());
        }
    }
    let Ok(movie) = read_mp4(&mut file, 1 << 20) else { return };
    for track in &movie.tracks {
        assert!(track.samples.iter().all(|s| s.at + u64::from(s.size) <= end));
        if let Some((_, record)) = &track.entry.configuration {
            let _ = h264::configuration(record).and_then(|(set, _)| h264::parameters(set));
            let _ = hevc::configuration(record).and_then(|(set, _)| hevc::parameters(set));
            let _ = av1::configuration(record);
        }
    }
});
