//! Containers by extension, and which codecs they get unless one is named.

/// A container.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Container {
    extensions: &'static [&'static str],
    /// ffmpeg's name of the muxer.
    pub muxer: &'static str,
    /// Codecs, the preferred one first.
    pub codecs: &'static [&'static str],
    /// A codec that keeps every pixel; `None` where players would not know one.
    pub lossless: Option<&'static str>,
    /// Its index may stand in front, so that playing can begin before everything is there.
    pub faststart: bool,
}

const H264: &[&str] = &["h264", "mpeg4"];

const fn row(
    extensions: &'static [&'static str],
    muxer: &'static str,
    codecs: &'static [&'static str],
    lossless: Option<&'static str>,
) -> Container {
    Container { extensions, muxer, codecs, lossless, faststart: false }
}

const fn quick(container: Container) -> Container {
    Container { faststart: true, ..container }
}

static TABLE: &[Container] = &[
    quick(row(&["mp4", "m4v"], "mp4", H264, Some("h264"))),
    quick(row(&["mov", "qt"], "mov", H264, Some("png"))),
    row(&["mkv"], "matroska", H264, Some("ffv1")),
    row(&["webm"], "webm", &["vp9", "vp8", "av1"], Some("vp9")),
    row(&["avi"], "avi", &["mpeg4"], Some("ffv1")),
    row(&["mpg", "mpeg"], "mpeg", &["mpeg2video"], None),
    row(&["vob"], "vob", &["mpeg2video"], None),
    row(&["ts", "mts", "m2ts"], "mpegts", H264, None),
    row(&["wmv", "asf"], "asf", &["wmv2"], None),
    row(&["flv"], "flv", &["h264", "flv"], None),
    quick(row(&["f4v"], "f4v", H264, None)),
    row(&["ogv"], "ogv", &["theora"], None),
    quick(row(&["3gp"], "3gp", H264, None)),
    quick(row(&["3g2"], "3g2", H264, None)),
    row(&["mxf"], "mxf", &["mpeg2video"], None),
    row(&["nut"], "nut", &["ffv1"], Some("ffv1")),
    row(&["dv"], "dv", &["dvvideo"], None),
    row(&["y4m"], "yuv4mpegpipe", &["wrapped_avframe"], None),
    row(&["ivf"], "ivf", &["vp9", "vp8", "av1"], Some("vp9")),
    row(&["h264", "264"], "h264", &["h264"], Some("h264")),
    row(&["hevc", "h265", "265"], "hevc", &["hevc"], Some("hevc")),
    row(&["mjpeg", "mjpg"], "mjpeg", &["mjpeg"], None),
    row(&["gif"], "gif", &["gif"], None),
    row(&["apng"], "apng", &["apng"], Some("apng")),
];

/// Looks up an extension without its dot, or a muxer's name.
pub(crate) fn find(name: &str) -> Option<&'static Container> {
    let name = name.trim_start_matches('.').to_ascii_lowercase();
    let by_extension = TABLE.iter().find(|c| c.extensions.contains(&name.as_str()));
    by_extension.or_else(|| TABLE.iter().find(|c| c.muxer == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_extension_of_the_plugin_has_a_container() {
        for extension in crate::DESCRIPTOR.extension_list() {
            assert!(find(extension).is_some(), "{extension}");
        }
        assert_eq!(find(".MKV").unwrap().muxer, "matroska");
        assert_eq!(find("matroska").unwrap().codecs, H264);
        assert!(find("matrix").is_none());
    }
}
