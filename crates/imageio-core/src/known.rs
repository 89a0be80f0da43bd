//! Extensions and names that people use, for hints: which plugin and feature would read them.

/// What is known of an extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// What such files are, in words.
    pub name: &'static str,
    /// The plugin, which is also the name of the umbrella's feature; `None` where this project has none yet.
    pub plugin: Option<&'static str>,
    /// Whether that plugin writes such files as well.
    pub written: bool,
}

const fn row(name: &'static str, plugin: &'static str) -> Known {
    Known { name, plugin: Some(plugin), written: true }
}

/// Of what is only read.
const fn read(name: &'static str, plugin: &'static str) -> Known {
    Known { name, plugin: Some(plugin), written: false }
}

const fn none(name: &'static str) -> Known {
    Known { name, plugin: None, written: false }
}

static TABLE: &[(&[&str], Known)] = &[
    (&["png", "apng"], row("PNG", "png")),
    (&["jpg", "jpeg", "jpe", "jfif"], row("JPEG", "jpeg")),
    (&["gif"], row("GIF", "gif")),
    (&["tif", "tiff", "ome.tif", "ome.tiff", "tf8", "btf"], row("TIFF", "tiff")),
    (&["webp"], row("WebP", "webp")),
    (&["bmp", "dib"], row("Windows bitmap", "bmp")),
    (&["ico", "cur"], row("Windows icon", "ico")),
    (&["pnm", "pbm", "pgm", "ppm", "pam", "pfm"], row("Netpbm", "pnm")),
    (&["tga", "icb", "vda", "vst"], row("Targa", "tga")),
    (&["hdr", "rgbe", "pic"], row("Radiance HDR", "hdr")),
    (&["exr"], row("OpenEXR", "exr")),
    (&["qoi"], row("QOI", "qoi")),
    (&["dds"], row("DirectDraw surface", "dds")),
    (&["ff", "farbfeld"], row("farbfeld", "farbfeld")),
    (&["npy"], row("NumPy array", "npy")),
    (&["npz"], row("NumPy archive", "npz")),
    (
        &["mp4", "m4v", "mov", "mkv", "webm", "avi", "mpg", "mpeg", "wmv", "flv", "ogv", "ts", "y4m"],
        row("video", "ffmpeg"),
    ),
    (&["m2ts", "mts", "asf", "f4v", "3gp", "3g2", "mxf", "nut", "vob", "dv", "ivf"], row("video", "ffmpeg")),
    (&["h264", "264", "hevc", "h265", "265", "mjpeg", "mjpg"], row("raw video stream", "ffmpeg")),
    (&["cr2", "cr3", "crw"], read("Canon camera raw", "raw")),
    (&["nef", "nrw"], read("Nikon camera raw", "raw")),
    (&["arw", "sr2", "srf"], read("Sony camera raw", "raw")),
    (&["dng"], row("camera raw", "raw")),
    (
        &[
            "3fr", "ari", "dcr", "dcs", "erf", "fff", "iiq", "k25", "kdc", "mef", "mos", "mrw", "orf", "pef", "ptx",
            "raf", "rw2", "rwl", "srw", "x3f",
        ],
        read("camera raw", "raw"),
    ),
    (&["dcm", "dicom"], none("DICOM")),
    (&["fits", "fit", "fts"], none("FITS")),
    (&["nii", "nii.gz"], none("NIfTI")),
    (&["nrrd", "nhdr", "mha", "mhd", "vtk", "mgh", "gipl"], none("medical volume")),
    (&["avif", "heic", "heif"], none("HEIF")),
    (&["jxl"], none("JPEG XL")),
    (&["jp2", "j2k", "jpx", "jpf"], none("JPEG 2000")),
    (&["psd", "psb"], none("Photoshop")),
    (&["svg"], none("vector graphics")),
    (&["pcx", "sgi", "xbm", "xpm", "icns", "sun", "ras"], none("legacy picture")),
];

/// Names of the standard images behind `imageio:`, which people also write without it.
pub const STANDARD_IMAGES: &[&str] = &[
    "astronaut.png",
    "bacterial_colony.tif",
    "bricks.jpg",
    "calcium_imaging.tif",
    "camera.png",
    "checkerboard.png",
    "chelsea.bsdf",
    "chelsea.png",
    "chelsea.zip",
    "clock.png",
    "cockatoo.mp4",
    "cockatoo_yuv420.mp4",
    "coffee.png",
    "coins.png",
    "horse.png",
    "hubble_deep_field.png",
    "immunohistochemistry.png",
    "meadow_cube.jpg",
    "moon.png",
    "newtonscradle.gif",
    "page.png",
    "stent.npz",
    "text.png",
    "wikkie.png",
    "wood.jpg",
];

/// Looks an extension (lower case, no dot) up.
pub fn known(extension: &str) -> Option<Known> {
    TABLE.iter().find(|(extensions, _)| extensions.contains(&extension)).map(|(_, known)| *known)
}

/// The longest known extension that a file name (lower case) has.
pub fn suffix(file_name: &str) -> Option<&str> {
    let known = TABLE.iter().flat_map(|(extensions, _)| extensions.iter());
    let fits = known.filter_map(|e| file_name.strip_suffix(e)?.strip_suffix('.').filter(|stem| !stem.is_empty()));
    fits.map(|stem| &file_name[stem.len() + 1..]).max_by_key(|extension| extension.len())
}

/// The sentence that helps someone whose file nobody opened.
pub fn hint(extension: &str) -> Option<String> {
    let Known { name, plugin, .. } = known(extension)?;
    Some(match plugin {
        Some(plugin) => format!("`.{extension}` ({name}) is read by plugin `{plugin}`; enable feature `{plugin}`"),
        None => {
            format!("`.{extension}` ({name}) has no plugin in this project yet; a plugin crate of your own can add it")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_extension_twice() {
        let all: Vec<&str> = TABLE.iter().flat_map(|(e, _)| e.iter().copied()).collect();
        for (i, e) in all.iter().enumerate() {
            assert!(!all[..i].contains(e), "{e}");
        }
        assert!(hint("png").unwrap().contains("enable feature `png`"));
        assert!(hint("cr2").unwrap().contains("Canon"));
        let rows = [("a.nii.gz", Some("nii.gz")), ("a.b.nii", Some("nii")), (".nii.gz", None), ("a.gz", None)];
        for (name, extension) in rows {
            assert_eq!(suffix(name), extension, "{name}");
        }
        assert!(known("dng").unwrap().written && !known("cr2").unwrap().written);
    }
}
