//! Whether an ICC profile is one for given pixels.

use super::Metadata;

impl Metadata {
    /// Why an ICC profile can't describe pixels of so many colours (1 grey, 3 red, green and blue, 4 inks; alpha is
    /// none), as a [note](crate::ImageWriter::notes) of a writer that leaves it out. `None` if it can, or if its
    /// header (ICC.1, section 7.2.6, "Data colour space field") says nothing of these.
    ///
    /// Pixels that were converted after the read bring along the profile of what they were.
    ///
    /// ```
    /// use imageio_core::Metadata;
    /// let mut profile = vec![0; 128];
    /// profile[16..20].copy_from_slice(b"CMYK");
    /// profile[36..40].copy_from_slice(b"acsp");
    /// assert!(Metadata::profile_unfit(&profile, 3).unwrap().contains("CMYK"));
    /// assert_eq!(Metadata::profile_unfit(&profile, 4), None);
    /// ```
    pub fn profile_unfit(profile: &[u8], colors: usize) -> Option<String> {
        let space = profile.get(16..20).filter(|_| profile.get(36..40) == Some(b"acsp"))?;
        let is_for = match space {
            b"GRAY" => "grey",
            b"RGB " => "RGB",
            b"CMYK" => "CMYK",
            b"Lab " => "CIELAB",
            _ => return None,
        };
        let pixels = match colors {
            1 => "grey",
            3 => "RGB",
            4 => "CMYK",
            _ => return None,
        };
        let note = || format!("the ICC profile is for {is_for} and the pixels are {pixels}: it was left out");
        (is_for != pixels).then(note)
    }
}
