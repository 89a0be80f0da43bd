//! MP4 and QuickTime.

use super::*;

#[test]
fn files_of_many_kinds() {
    use Who::{All, Ffprobe, Part};
    let Some(folder) = folder() else { return };
    let chapters = ";FFMETADATA1\ntitle=Two\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=One\n\
                    [CHAPTER]\nTIMEBASE=1/1000\nSTART=1000\nEND=2000\ntitle=Two\n";
    std::fs::write(folder.path("chapters.txt"), chapters).unwrap();
    let bt709 = "-colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv";
    let drop = "-vf select=not(mod(n\\,7)-3)+not(mod(n\\,3)) -vsync vfr";
    let rows: Vec<(&str, String, Who)> = vec![
        ("b_frames.mp4", format!("{SOURCE} {X264}"), All),
        ("no_b_frames.mp4", format!("{SOURCE} -c:v libx264 -bf 0"), All),
        ("fast_start.mp4", format!("{SOURCE} {X264} -movflags +faststart"), All),
        ("open.mp4", format!("{SOURCE} {X264} -x264-params open-gop=1"), All),
        ("refresh.mp4", format!("{SOURCE} -c:v libx264 -bf 0 -x264-params intra-refresh=1:keyint=12"), All),
        ("quick.mov", format!("{SOURCE} {X264}"), All),
        ("apple.m4v", format!("{SOURCE} {X264}"), All),
        ("baseline.mp4", format!("{SOURCE} -c:v libx264 -profile:v baseline"), All),
        ("main.mp4", format!("{SOURCE} -c:v libx264 -profile:v main"), All),
        ("colour.mp4", format!("{SOURCE} {X264} {bt709}"), All),
        ("full.mp4", format!("{SOURCE} -pix_fmt yuvj420p {X264}"), All),
        (
            "pq.mp4",
            format!(
                "{SOURCE} -pix_fmt yuv420p10le {X265} -tag:v hvc1 -colorspace bt2020nc -color_primaries bt2020 -color_trc smpte2084 -color_range tv"
            ),
            All,
        ),
        ("aspect.mp4", format!("{SOURCE} -vf setsar=4/3 {X264}"), All),
        ("cropped.mp4", format!("-f lavfi -i testsrc2=s=98x62:r=25:d=1 {X264}"), All),
        ("ntsc.mp4", format!("-f lavfi -i testsrc2=s=96x64:r=30000/1001 -frames:v 301 {X264}"), All),
        ("slow.mp4", format!("-f lavfi -i testsrc2=s=96x64:r=1:d=20 {X264}"), All),
        ("one.mp4", format!("{SOURCE} -frames:v 1 {X264}"), All),
        ("ten.mp4", format!("{SOURCE} -pix_fmt yuv420p10le {X264}"), All),
        ("sound.mp4", format!("{SOURCE} {SOUND} {X264} -c:a aac -metadata:s:a language=deu"), All),
        ("sound.mov", format!("{SOURCE} {SOUND} {X264} -c:a aac"), Part),
        ("six.mp4", format!("{SOURCE} {SOUND} {X264} -c:a aac -ac 6 -ar 48000"), All),
        (
            "tags.mp4",
            format!(
                "{SOURCE} {X264} -metadata title=Ä -metadata artist=B -metadata comment=C -metadata date=2020 -metadata album=D -metadata genre=E -metadata composer=F -metadata copyright=G -metadata description=H -metadata creation_time=2021-02-03T04:05:06Z"
            ),
            All,
        ),
        ("hevc.mp4", format!("{SOURCE} {X265}"), All),
        ("hevc_open.mp4", format!("{SOURCE} {X265}:open-gop=1 -tag:v hvc1"), All),
        ("y444.mp4", format!("{SOURCE} -pix_fmt yuv444p {X264}"), Part),
        ("y422.mp4", format!("{SOURCE} -pix_fmt yuv422p {X264}"), Part),
        ("hevc444.mp4", format!("{SOURCE} -pix_fmt yuv444p {X265}"), Part),
        ("interlaced.mp4", format!("{SOURCE} {X264} -flags +ildct+ilme -x264opts tff=1"), Part),
        ("varying.mp4", format!("{SOURCE} {drop} {X264}"), Part),
        ("varying_no_b.mp4", format!("{SOURCE} {drop} -c:v libx264 -bf 0"), Part),
        ("vp9.mp4", format!("{SOURCE} -c:v libvpx-vp9 -g 12"), Part),
        ("av1.mp4", "-f lavfi -i testsrc2=s=96x64:r=25:d=1 -c:v libaom-av1 -cpu-used 8 -g 10".to_owned(), Part),
        ("mp3.mp4", format!("{SOURCE} {SOUND} {X264} -c:a libmp3lame"), Part),
        ("low_rate.mp4", format!("{SOURCE} {SOUND} {X264} -c:a aac -ar 22050"), Part),
        ("pcm.mov", format!("{SOURCE} {SOUND} {X264} -c:a pcm_s16le"), Part),
        ("chapters.mp4", format!("{SOURCE} -i chapters.txt -map_metadata 1 -map_chapters 1 {X264}"), Part),
        ("time_code.mov", format!("{SOURCE} {X264} -timecode 01:00:00:00"), Part),
        ("rotated.mov", "-i b_frames.mp4 -c copy -metadata:s:v rotate=90".to_owned(), Part),
        ("upside_down.mp4", "-i b_frames.mp4 -c copy -metadata:s:v rotate=180".to_owned(), Part),
        ("edited.mp4", "-ss 0.9 -i b_frames.mp4 -c copy".to_owned(), Ffprobe),
        ("late.mp4", "-itsoffset 0.5 -i b_frames.mp4 -c copy".to_owned(), Ffprobe),
        ("pieces.mp4", format!("{SOURCE} {X264} -movflags frag_keyframe+empty_moov"), Ffprobe),
        ("two.mp4", format!("{SOURCE} {SOURCE} -map 0 -map 1 {X264}"), Ffprobe),
        (
            "encrypted.mp4",
            format!(
                "{SOURCE} {X264} -encryption_scheme cenc-aes-ctr -encryption_key 76a6c65c5ea762046bd749a2e632ccbb -encryption_kid a7e61c373e219033c21091fa607bf3b8"
            ),
            Ffprobe,
        ),
        ("gray.mov", format!("{SOURCE} -pix_fmt gray -c:v png"), Ffprobe),
        ("rgb.mp4", format!("{SOURCE} -pix_fmt gbrp -c:v libx264rgb"), Ffprobe),
        ("deep422.mp4", format!("{SOURCE} -pix_fmt yuv422p10le {X264}"), Ffprobe),
        ("mpeg4.mp4", format!("{SOURCE} -c:v mpeg4"), Ffprobe),
        ("mjpeg.mov", format!("{SOURCE} -c:v mjpeg"), Ffprobe),
        ("prores.mov", format!("{SOURCE} -pix_fmt yuva444p10le -c:v prores_ks -profile:v 4444"), Ffprobe),
        ("only_sound.mp4", format!("{SOUND} -c:a aac"), Ffprobe),
        ("other.flv", format!("{SOURCE} {X264}"), Ffprobe),
        ("other.ts", format!("{SOURCE} {X264}"), Ffprobe),
    ];
    hold(&folder, &rows, 40);
    // An edit list that ends a little before the media does, as rounding makes it, and one that cuts a frame.
    if let Ok(content) = std::fs::read(folder.path("ntsc.mp4")) {
        let at = content.windows(4).position(|word| word == b"elst").unwrap() + 12;
        let length = u32::from_be_bytes(content[at..at + 4].try_into().unwrap());
        for (less, who) in [(2, All), (40, Ffprobe)] {
            let mut content = content.clone();
            content[at..at + 4].copy_from_slice(&(length - less).to_be_bytes());
            let path = folder.path("shorter.mp4");
            std::fs::write(&path, content).unwrap();
            assert_eq!(check(&path), who, "shorter by {less}");
        }
    }
}
