//! Signatures, sizes and codes of the ZIP format (APPNOTE 6.3.10, sections 4.3 to 4.5).

/// Local file header (4.3.7).
pub(crate) const LOCAL: [u8; 4] = *b"PK\x03\x04";
/// Central directory header (4.3.12).
pub(crate) const CENTRAL: [u8; 4] = *b"PK\x01\x02";
/// End of central directory record (4.3.16).
pub(crate) const END: [u8; 4] = *b"PK\x05\x06";
/// Zip64 end of central directory record (4.3.14).
pub(crate) const END64: [u8; 4] = *b"PK\x06\x06";
/// Zip64 end of central directory locator (4.3.15).
pub(crate) const LOCATOR64: [u8; 4] = *b"PK\x06\x07";

pub(crate) const LOCAL_LEN: usize = 30;
pub(crate) const CENTRAL_LEN: usize = 46;
pub(crate) const END_LEN: usize = 22;
pub(crate) const END64_LEN: usize = 56;
pub(crate) const LOCATOR64_LEN: usize = 20;

pub(crate) const STORED: u16 = 0;
pub(crate) const DEFLATE: u16 = 8;

/// Flag bits (4.4.4).
pub(crate) const ENCRYPTED: u16 = 1;
pub(crate) const UTF8: u16 = 1 << 11;

/// Extra field of sizes beyond 32 bits (4.5.3).
pub(crate) const EXTRA64: u16 = 1;

pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}
