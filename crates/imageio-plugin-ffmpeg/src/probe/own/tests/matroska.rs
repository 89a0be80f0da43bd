//! Matroska and WebM.

use super::*;

const VPX: &str = "-c:v libvpx-vp9 -g 12 -deadline realtime -cpu-used 8";

#[test]
fn files_of_matroska() {
    use Who::{All, Ffprobe, Part};
    let Some(folder) = Folder::new("matroska") else { return };
    let chapters = ";FFMETADATA1\ntitle=Two\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=One\n";
    std::fs::write(folder.0.join("chapters.txt"), chapters).unwrap();
    std::fs::write(folder.0.join("said.srt"), "1\n00:00:00,500 --> 00:00:01,000\nHello\n\n").unwrap();
    let bt709 = "-colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv";
    let bt2020 = "-colorspace bt2020nc -color_primaries bt2020 -color_trc smpte2084 -color_range tv";
    let drop = "-vf select=not(mod(n\\,7)-3)+not(mod(n\\,3)) -vsync vfr";
    let rows: Vec<(&str, String, Who)> = vec![
        ("b_frames.mkv", format!("{SOURCE} {X264}"), All),
        ("no_b_frames.mkv", format!("{SOURCE} -c:v libx264 -bf 0"), All),
        ("open.mkv", format!("{SOURCE} {X264} -x264-params open-gop=1"), All),
        ("refresh.mkv", format!("{SOURCE} -c:v libx264 -bf 0 -x264-params intra-refresh=1:keyint=12"), All),
        ("baseline.mkv", format!("{SOURCE} -c:v libx264 -profile:v baseline"), All),
        ("colour.mkv", format!("{SOURCE} {X264} {bt709}"), All),
        ("full.mkv", format!("{SOURCE} -pix_fmt yuvj420p {X264}"), All),
        ("aspect.mkv", format!("{SOURCE} -vf setsar=4/3 {X264}"), All),
        ("odd.mkv", format!("-f lavfi -i testsrc2=s=98x62:r=25:d=1 {X264}"), All),
        ("ntsc.mkv", format!("-f lavfi -i testsrc2=s=96x64:r=30000/1001 -frames:v 301 {X264}"), All),
        ("film.mkv", format!("-f lavfi -i testsrc2=s=96x64:r=24000/1001 -frames:v 101 {X264}"), All),
        ("twelve.mkv", format!("-f lavfi -i testsrc2=s=96x64:r=12.5 -frames:v 31 {X264}"), All),
        ("fast.mkv", format!("-f lavfi -i testsrc2=s=96x64:r=240 -frames:v 100 {X264}"), All),
        ("slow.mkv", format!("-f lavfi -i testsrc2=s=96x64:r=1:d=20 {X264}"), Part),
        ("one.mkv", format!("{SOURCE} -frames:v 1 {X264}"), Ffprobe),
        ("ten.mkv", format!("{SOURCE} -pix_fmt yuv420p10le {X264}"), All),
        ("interlaced.mkv", format!("{SOURCE} {X264} -flags +ildct+ilme -x264opts tff=1"), Part),
        ("y444.mkv", format!("{SOURCE} -pix_fmt yuv444p {X264}"), Part),
        ("y422.mkv", format!("{SOURCE} -pix_fmt yuv422p {X264}"), Part),
        ("no_cues.mkv", format!("{SOURCE} {X264} -cluster_time_limit 200"), All),
        ("cues_first.mkv", format!("{SOURCE} {X264} -cues_to_front 1"), All),
        (
            "tags.mkv",
            format!(
                "{SOURCE} {X264} -metadata title=Ä -metadata artist=B -metadata:s:v language=deu -metadata:s:v title=C -metadata creation_time=2021-02-03T04:05:06Z -metadata comment=D"
            ),
            All,
        ),
        ("turned.mkv", "-i b_frames.mkv -c copy -metadata:s:v rotate=90".to_owned(), All),
        ("sound.mkv", format!("{SOURCE} {SOUND} {X264} -c:a aac"), All),
        ("six.mkv", format!("{SOURCE} {SOUND} {X264} -c:a aac -ac 6 -ar 48000"), All),
        ("sound_first.mkv", format!("{SOUND} {SOURCE} -map 0 -map 1 {X264} -c:a aac"), All),
        ("vorbis.mkv", format!("{SOURCE} {SOUND} {X264} -c:a libvorbis"), All),
        ("mp3.mkv", format!("{SOURCE} {SOUND} {X264} -c:a libmp3lame"), Part),
        ("pcm.mkv", format!("{SOURCE} {SOUND} {X264} -c:a pcm_s16le"), Part),
        ("flac.mkv", format!("{SOURCE} {SOUND} {X264} -c:a flac"), Part),
        ("ac3.mkv", format!("{SOURCE} {SOUND} {X264} -c:a ac3"), Part),
        ("low_rate.mkv", format!("{SOURCE} {SOUND} {X264} -c:a aac -ar 22050"), Part),
        ("subtitles.mkv", format!("{SOURCE} -i said.srt {X264} -c:s srt"), Part),
        ("chapters.mkv", format!("{SOURCE} -i chapters.txt -map_metadata 1 -map_chapters 1 {X264}"), Part),
        ("hevc.mkv", format!("{SOURCE} {X265}"), All),
        ("hevc_open.mkv", format!("{SOURCE} {X265}:open-gop=1"), All),
        ("pq.mkv", format!("{SOURCE} -pix_fmt yuv420p10le {X265} {bt2020}"), All),
        ("hevc444.mkv", format!("{SOURCE} -pix_fmt yuv444p {X265}"), Part),
        ("vp8.webm", format!("{SOURCE} -c:v libvpx -g 12"), All),
        ("vp8_hidden.webm", format!("{SOURCE} -c:v libvpx -g 12 -auto-alt-ref 1 -lag-in-frames 16"), All),
        ("vp8_alpha.webm", format!("{SOURCE} -pix_fmt yuva420p -c:v libvpx -g 12 -auto-alt-ref 0"), All),
        ("vp9.webm", format!("{SOURCE} {VPX}"), All),
        ("vp9_hidden.webm", format!("{SOURCE} -c:v libvpx-vp9 -g 12 -auto-alt-ref 1 -lag-in-frames 16"), All),
        ("vp9_alpha.webm", format!("{SOURCE} -pix_fmt yuva420p {VPX} -auto-alt-ref 0"), All),
        ("vp9_colour.webm", format!("{SOURCE} {VPX} {bt709}"), All),
        ("vp9_full.webm", format!("{SOURCE} {VPX} -color_range pc"), All),
        ("vp9_ten.webm", format!("{SOURCE} -pix_fmt yuv420p10le {VPX} {bt2020}"), All),
        ("vp9_444.webm", format!("{SOURCE} -pix_fmt yuv444p {VPX}"), Part),
        ("vp9_odd.webm", format!("-f lavfi -i testsrc2=s=97x63:r=25:d=1 {VPX}"), All),
        ("opus.webm", format!("{SOURCE} {SOUND} {VPX} -c:a libopus -ar 48000"), All),
        ("stereo.webm", format!("{SOURCE} {SOUND} {VPX} -c:a libopus -ar 48000 -ac 2"), All),
        ("vorbis.webm", format!("{SOURCE} {SOUND} {VPX} -c:a libvorbis -ac 2"), All),
        ("av1.mkv", "-f lavfi -i testsrc2=s=96x64:r=25:d=1 -c:v libaom-av1 -cpu-used 8 -g 10".to_owned(), Part),
        (
            "av1_ten.webm",
            "-f lavfi -i testsrc2=s=96x64:r=25:d=1 -pix_fmt yuv420p10le -c:v libaom-av1 -cpu-used 8".to_owned(),
            Ffprobe,
        ),
        ("svt.mkv", "-f lavfi -i testsrc2=s=96x64:r=25:d=1 -c:v libsvtav1 -preset 12".to_owned(), Part),
        ("varying.mkv", format!("{SOURCE} {drop} {X264}"), All),
        ("varying.webm", format!("{SOURCE} {drop} {VPX}"), All),
        ("live.webm", format!("{SOURCE} {VPX} -live 1"), Ffprobe),
        ("cut.mkv", "-ss 0.9 -i b_frames.mkv -c copy".to_owned(), All),
        ("late.mkv", "-itsoffset 0.5 -i b_frames.mkv -c copy".to_owned(), All),
        ("two.mkv", format!("{SOURCE} {SOURCE} -map 0 -map 1 {X264}"), Ffprobe),
        ("stereo3d.mkv", format!("{SOURCE} {X264} -metadata:s:v stereo_mode=left_right"), Part),
        ("attached.mkv", format!("{SOURCE} {X264} -attach chapters.txt -metadata:s:t mimetype=text/plain"), Ffprobe),
        ("only_sound.mkv", format!("{SOUND} -c:a aac"), Ffprobe),
        ("only_sound.webm", format!("{SOUND} -c:a libopus -ar 48000"), Ffprobe),
        ("deep422.mkv", format!("{SOURCE} -pix_fmt yuv422p10le {X264}"), Ffprobe),
        ("rgb.mkv", format!("{SOURCE} -pix_fmt gbrp -c:v libx264rgb"), Ffprobe),
        ("mpeg2.mkv", format!("{SOURCE} -c:v mpeg2video"), Ffprobe),
        ("mpeg4.mkv", format!("{SOURCE} -c:v mpeg4"), Ffprobe),
        ("mjpeg.mkv", format!("{SOURCE} -c:v mjpeg"), Ffprobe),
        ("ffv1.mkv", format!("{SOURCE} -c:v ffv1 -level 3"), Ffprobe),
        ("huffyuv.mkv", format!("{SOURCE} -c:v huffyuv"), Ffprobe),
        ("raw.mkv", format!("{SOURCE} -c:v rawvideo"), Ffprobe),
        ("prores.mkv", format!("{SOURCE} -pix_fmt yuva444p10le -c:v prores_ks -profile:v 4444"), Ffprobe),
        ("theora.mkv", format!("{SOURCE} -c:v libtheora"), Ffprobe),
    ];
    folder.hold(&rows, 60);
}
