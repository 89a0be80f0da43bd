//! ICC profiles beside pixels that they are for, and beside others.

use imageio_core::{Dtype, Metadata, NdImage, Result, WriteOptions, Writer, v3};

/// The header of an ICC profile for a colour space such as `RGB `, `GRAY` or `CMYK` (ICC.1, section 7.2).
pub fn profile(space: &[u8; 4]) -> Vec<u8> {
    let mut profile = vec![0; 132];
    profile[16..20].copy_from_slice(space);
    profile[36..40].copy_from_slice(b"acsp");
    profile
}

/// Writes uint8 images of each shape with a profile for a colour space into memory, by `extension`, and panics unless
/// the profile is kept where `fits` says so, and left out with a note elsewhere.
///
/// The plugin has to be registered in the calling program, and to give `icc` when it reads.
///
/// # Errors
/// What writing or reading says.
pub fn check(extension: &str, cases: &[(&[usize], &[u8; 4], bool)]) -> Result<()> {
    for (shape, space, fits) in cases {
        let mut metadata = Metadata::new();
        metadata.insert("icc", profile(space));
        let mut writer = Writer::open_with("<bytes>", &WriteOptions::new().extension(extension).metadata(&metadata))?;
        writer.write(&NdImage::zeros(Dtype::U8, shape)?)?;
        let told = writer.notes().iter().any(|note| note.contains("ICC profile is for"));
        let bytes = writer.finish()?.unwrap_or_default();
        let kept = v3::immeta(bytes.as_slice())?.get("icc").is_some();
        assert_eq!((kept, told), (*fits, !*fits), "{extension}, {shape:?}, {space:?}");
    }
    Ok(())
}
