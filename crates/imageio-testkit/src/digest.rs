//! Hashes of arrays, as the corpus manifests and the oracles state them.

use imageio_core::NdImage;
use sha2::{Digest, Sha256};

/// SHA-256 in hexadecimal of the row-major, little-endian bytes of an array.
pub fn sha256(image: &NdImage) -> String {
    let standard;
    let bytes = match image.as_bytes() {
        Some(bytes) => bytes,
        None => {
            standard = image.view().to_owned();
            standard.as_bytes().unwrap_or_default()
        }
    };
    // The suite runs on little-endian machines; a big-endian one would have to swap here.
    hex(&Sha256::digest(bytes))
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
