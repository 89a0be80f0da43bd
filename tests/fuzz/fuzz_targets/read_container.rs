#![no_main]

use std::io::Cursor;

use imageio_container::{av1, h264, hevc, read_mp4, vp9};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = vp9::key_frame(data);
    let _ = h264::parameters(data);
    let _ = hevc::parameters(data);
    let _ = av1::configuration(data);
    let Ok(movie) = read_mp4(&mut Cursor::new(data), 1 << 20) else { return };
    for track in &movie.tracks {
        assert!(track.samples.iter().all(|s| s.at + u64::from(s.size) <= data.len() as u64));
        if let Some((_, record)) = &track.entry.configuration {
            let _ = h264::configuration(record).and_then(|(set, _)| h264::parameters(set));
            let _ = hevc::configuration(record).and_then(|(set, _)| hevc::parameters(set));
            let _ = av1::configuration(record);
        }
    }
});
