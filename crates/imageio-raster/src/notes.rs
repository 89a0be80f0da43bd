//! What a writer tells of metadata that its format has no place for.

use imageio_core::Metadata;

/// One sentence that names the entries of `metadata` whose top-level keys are not in `kept`; `None` if all are.
pub fn unkept(metadata: Option<&Metadata>, format: &str, kept: &[&str]) -> Option<String> {
    let lost: Vec<&str> = metadata?.lost(kept).collect();
    (!lost.is_empty()).then(|| format!("{format} has no place for these metadata: {}", lost.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_is_lost() {
        let mut metadata = Metadata::new();
        metadata.insert("mode", "RGB");
        metadata.insert("dpi", 72);
        assert_eq!(unkept(Some(&metadata), "BMP", &["dpi"]), None);
        metadata.section("exif").insert("Make", "x");
        assert!(unkept(Some(&metadata), "BMP", &["dpi"]).unwrap().contains("exif"));
        assert_eq!(unkept(None, "BMP", &[]), None);
    }
}
