//! Which names say how a file stores its picture, and not what the picture is.

use super::Metadata;

/// Names that readers use for how *their* file is made. A writer makes its own choices of these.
const STORAGE: &[&str] = &[
    "adobe_transform",
    "adobe_version",
    "audio",
    "background_color",
    "base_rate",
    "bbox",
    "bigtiff",
    "bit_depth",
    "bit_rate",
    "bitmap_format",
    "bits_per_pixel",
    "blend",
    "brand",
    "byteorder",
    "codec",
    "codec_tag",
    "color_space",
    "compatible_brands",
    "compression",
    "container",
    "default_image",
    "descr",
    "disposal",
    "dxgi_format",
    "encoder",
    "extensions",
    "files",
    "format",
    "fortran_order",
    "frame_count",
    "frame_rate",
    "header_size",
    "icc_name",
    "interlaced",
    "jfif_density",
    "jfif_unit",
    "jfif_version",
    "kinds",
    "layers",
    "local_palette",
    "long_codec",
    "major_brand",
    "maxval",
    "minor_version",
    "mip_level",
    "mip_levels",
    "mode",
    "n_images",
    "n_images_is",
    "n_pages",
    "names",
    "palette",
    "parts",
    "photometric",
    "pixel_format",
    "planar",
    "predictor",
    "process",
    "profile",
    "pts",
    "rect",
    "series",
    "shape",
    "sizes",
    "streams",
    "subsampling",
    "time_base",
    "transparency",
    "tuple_type",
    "version",
    "video_format",
];

impl Metadata {
    /// `true` if readers use this top-level name for how their file stores the picture: `bit_depth`, `compression`,
    /// `codec`, `palette` and the like.
    ///
    /// Another file is stored in its own way, so that a writer that has no place for such an entry loses nothing and
    /// owes no [note](crate::ImageWriter::notes).
    ///
    /// ```
    /// use imageio_core::Metadata;
    /// assert!(Metadata::describes_storage("bit_depth"));
    /// assert!(!Metadata::describes_storage("exif"));
    /// ```
    pub fn describes_storage(name: &str) -> bool {
        STORAGE.binary_search(&name).is_ok()
    }

    /// The top-level names that a writer loses which takes over `kept` alone: what was applied to the pixels and what
    /// [describes storage](Self::describes_storage) is no loss.
    pub fn lost<'m>(&'m self, kept: &'m [&str]) -> impl Iterator<Item = &'m str> {
        let is_lost = |name: &str, applied: bool| !applied && !kept.contains(&name) && !Self::describes_storage(name);
        self.iter().filter(move |(name, _, applied)| is_lost(name, *applied)).map(|(name, ..)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order() {
        assert!(STORAGE.is_sorted_by(|a, b| a < b), "looked up by halving");
    }

    #[test]
    fn only_what_the_picture_has_is_lost() {
        let mut metadata = Metadata::new();
        metadata.insert("bit_depth", 8);
        metadata.insert("dpi", 72);
        metadata.insert("comment", "x");
        metadata.insert_applied("gamma", 0.45);
        metadata.section("exif").insert("Make", "x");
        assert_eq!(metadata.lost(&["dpi"]).collect::<Vec<_>>(), ["comment", "exif"]);
    }
}
