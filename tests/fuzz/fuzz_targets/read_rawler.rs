#![no_main]

use imageio_testkit::fuzz::read_any;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    read_any(&imageio::rawler::DESCRIPTOR, data);
});
