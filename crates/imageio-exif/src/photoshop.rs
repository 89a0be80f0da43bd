//! Image resources of Photoshop, which JPEG keeps in APP13 and ImageMagick in PNG text: beside EXIF the place where
//! IPTC records live.

/// Number of the resource that holds IPTC records (IIM).
pub const IPTC: u16 = 0x0404;

/// One of Photoshop's image resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resource<'a> {
    /// What it is about, such as [`IPTC`].
    pub id: u16,
    /// Its bytes, without name and padding.
    pub data: &'a [u8],
}

/// The resources of a block that begins with `8BIM`, up to the first that is not whole.
///
/// ```
/// use imageio_exif::photoshop;
///
/// let block = b"8BIM\x04\x04\0\0\0\0\0\x03abc\x008BIM\x04\x22\0\0\0\0\0\x01x";
/// let found: Vec<_> = photoshop::resources(block).map(|r| (r.id, r.data)).collect();
/// assert_eq!(found, [(photoshop::IPTC, &b"abc"[..]), (0x0422, b"x")]);
/// ```
pub fn resources(block: &[u8]) -> impl Iterator<Item = Resource<'_>> {
    let mut rest = block;
    std::iter::from_fn(move || next(&mut rest))
}

/// Takes the next resource off `rest`.
fn next<'a>(rest: &mut &'a [u8]) -> Option<Resource<'a>> {
    let body = rest.strip_prefix(b"8BIM")?;
    let (id, body) = body.split_first_chunk::<2>()?;
    let name = usize::from(*body.first()?);
    // Name with its length byte, and data, are padded to even lengths.
    let body = body.get((name + 1).next_multiple_of(2)..)?;
    let (size, body) = body.split_first_chunk::<4>()?;
    let size = u32::from_be_bytes(*size) as usize;
    let data = body.get(..size)?;
    *rest = body.get(size.next_multiple_of(2)..).unwrap_or_default();
    Some(Resource { id: u16::from_be_bytes(*id), data })
}
