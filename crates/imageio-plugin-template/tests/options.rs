//! Each option changes what it says it changes.
#![allow(clippy::unwrap_used, reason = "a test that fails says so")]

use imageio_core::ndarray::arr2;
use imageio_core::{WriteOptions, v3};
use imageio_plugin_template as toy;

#[test]
fn invert_writes_a_negative() {
    let picture = arr2(&[[0u8, 10, 255]]);
    for (invert, expected) in [(false, [0, 10, 255]), (true, [255, 245, 0])] {
        let options = WriteOptions::new().extension("toy").with(toy::WriteOptions::new().invert(invert));
        let bytes = v3::imwrite_with("<bytes>", &picture, &options).unwrap().unwrap();
        assert_eq!(v3::imread(&bytes).unwrap().as_bytes(), Some(&expected[..]), "invert={invert}");
    }
}
