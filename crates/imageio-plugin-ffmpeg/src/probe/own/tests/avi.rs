//! AVI.

use super::*;

#[test]
fn files_of_avi() {
    use Who::{All, Ffprobe, Part};
    let Some(folder) = folder() else { return };
    let rows: Vec<(&str, String, Who)> = vec![
        ("mpeg4.avi", format!("{SOURCE} -c:v mpeg4"), All),
        ("xvid.avi", format!("{SOURCE} -c:v mpeg4 -tag:v XVID"), All),
        ("libxvid.avi", format!("{SOURCE} -c:v libxvid -bf 0"), All),
        ("mpeg4_b.avi", format!("{SOURCE} -c:v mpeg4 -bf 2"), Part),
        ("mpeg4_ntsc.avi", "-f lavfi -i testsrc2=s=96x64:r=30000/1001 -frames:v 301 -c:v mpeg4".to_owned(), Part),
        ("mpeg4_interlaced.avi", format!("{SOURCE} -c:v mpeg4 -flags +ildct+ilme"), All),
        ("mpeg4_wide.avi", format!("{SOURCE} -vf setsar=4/3 -c:v mpeg4"), All),
        ("mpeg4_advanced.avi", format!("{SOURCE} -c:v mpeg4 -flags +qpel"), All),
        ("mjpeg.avi", format!("{SOURCE} -c:v mjpeg"), All),
        ("mjpeg_422.avi", format!("{SOURCE} -c:v mjpeg -pix_fmt yuvj422p"), All),
        ("mjpeg_444.avi", format!("{SOURCE} -c:v mjpeg -pix_fmt yuvj444p"), All),
        ("mjpeg_gray.avi", format!("{SOURCE} -vf format=gray -c:v mjpeg -pix_fmt gray"), All),
        ("mjpeg_tv.avi", format!("{SOURCE} -c:v mjpeg -pix_fmt yuv420p -strict -1 -color_range tv"), Ffprobe),
        ("mjpeg_odd.avi", "-f lavfi -i testsrc2=s=97x63:r=25:d=1 -c:v mjpeg".to_owned(), All),
        ("mjpeg_wide.avi", format!("{SOURCE} -vf setsar=4/3 -c:v mjpeg"), All),
        ("mjpeg_slow.avi", "-f lavfi -i testsrc2=s=96x64:r=1:d=20 -c:v mjpeg".to_owned(), Part),
        ("mjpeg_fast.avi", "-f lavfi -i testsrc2=s=96x64:r=240 -frames:v 100 -c:v mjpeg".to_owned(), Part),
        ("mjpeg_odd_rate.avi", "-f lavfi -i testsrc2=s=96x64:r=17/3 -frames:v 40 -c:v mjpeg".to_owned(), All),
        ("one.avi", format!("{SOURCE} -frames:v 1 -c:v mjpeg"), All),
        (
            "tags.avi",
            format!(
                "{SOURCE} -c:v mjpeg -metadata title=A -metadata artist=B -metadata comment=C -metadata date=2020 -metadata genre=D -metadata copyright=E"
            ),
            All,
        ),
        ("tags_other.avi", format!("{SOURCE} -c:v mjpeg -metadata track=3"), Part),
        ("tags_utf8.avi", format!("{SOURCE} -c:v mjpeg -metadata title=Ä"), Part),
        ("tag_of_stream.avi", format!("{SOURCE} -c:v mjpeg -metadata:s:v title=A"), Part),
        (
            "gaps.avi",
            format!(
                "{SOURCE} -vf select=not(mod(n\\,7)-3)+not(mod(n\\,3)) -fps_mode passthrough -enc_time_base 1/25 -c:v mjpeg"
            ),
            All,
        ),
        ("raw.avi", format!("{SOURCE} -c:v rawvideo -pix_fmt bgr24"), All),
        ("raw_odd.avi", "-f lavfi -i testsrc2=s=97x63:r=25:d=1 -c:v rawvideo -pix_fmt bgr24".to_owned(), All),
        ("raw_32.avi", format!("{SOURCE} -c:v rawvideo -pix_fmt bgra"), All),
        ("raw_16.avi", format!("{SOURCE} -c:v rawvideo -pix_fmt rgb555le"), All),
        ("raw_yuv.avi", format!("{SOURCE} -c:v rawvideo -pix_fmt yuv420p"), All),
        ("raw_yuyv.avi", format!("{SOURCE} -c:v rawvideo -pix_fmt yuyv422"), All),
        ("raw_uyvy.avi", format!("{SOURCE} -c:v rawvideo -pix_fmt uyvy422"), All),
        ("raw_gray.avi", format!("{SOURCE} -vf format=gray -c:v rawvideo -pix_fmt gray"), Ffprobe),
        ("raw_palette.avi", format!("{SOURCE} -c:v rawvideo -pix_fmt pal8"), Ffprobe),
        ("huffyuv.avi", format!("{SOURCE} -c:v huffyuv"), All),
        ("huffyuv_rgb.avi", format!("{SOURCE} -c:v huffyuv -pix_fmt rgb24"), All),
        ("huffyuv_rgba.avi", format!("{SOURCE} -c:v huffyuv -pix_fmt bgra"), Ffprobe),
        ("ffvhuff.avi", format!("{SOURCE} -c:v ffvhuff"), Ffprobe),
        ("ffv1.avi", format!("{SOURCE} -c:v ffv1"), Ffprobe),
        ("ffv1_ten.avi", format!("{SOURCE} -c:v ffv1 -pix_fmt yuv420p10le"), Ffprobe),
        ("h264.avi", format!("{SOURCE} {X264}"), Ffprobe),
        ("png.avi", format!("{SOURCE} -c:v png"), Ffprobe),
        ("msmpeg4.avi", format!("{SOURCE} -c:v msmpeg4v3"), Ffprobe),
        ("pcm.avi", format!("{SOURCE} {SOUND} -c:v mjpeg -c:a pcm_s16le"), Part),
        ("mp3.avi", format!("{SOURCE} {SOUND} -c:v mpeg4 -c:a libmp3lame"), Part),
        ("ac3.avi", format!("{SOURCE} {SOUND} -c:v mpeg4 -c:a ac3"), Part),
        ("sound_first.avi", format!("{SOUND} {SOURCE} -map 0 -map 1 -c:v mjpeg -c:a pcm_s16le"), Part),
        ("two.avi", format!("{SOURCE} {SOURCE} -map 0 -map 1 -c:v mjpeg"), Ffprobe),
        ("only_sound.avi", format!("{SOUND} -c:a pcm_s16le"), Ffprobe),
    ];
    hold(&folder, &rows, 35);
    // The rest of the pictures in a second part, as OpenDML has it.
    let content = std::fs::read(folder.path("mjpeg.avi")).unwrap();
    let number = |at: usize| u32::from_le_bytes(content[at..at + 4].try_into().unwrap()) as usize;
    let movi = content.windows(4).position(|word| word == b"movi").unwrap();
    let end = movi + number(movi - 4);
    let index = end + end % 2;
    let mut half = movi + 4;
    for _ in 0..25 {
        half += 8 + number(half + 4).next_multiple_of(2);
    }
    let chunk = |name: &[u8], parts: &[&[u8]]| {
        let inside = parts.concat();
        [name, &(inside.len() as u32).to_le_bytes(), &inside].concat()
    };
    let first = chunk(b"LIST", &[b"movi", &content[movi + 4..half]]);
    let entries = chunk(b"idx1", &[&content[index + 8..index + 8 + 25 * 16]]);
    let more = chunk(b"LIST", &[b"movi", &content[half..end]]);
    let parts =
        [chunk(b"RIFF", &[b"AVI ", &content[12..movi - 8], &first, &entries]), chunk(b"RIFF", &[b"AVIX", &more])];
    let path = folder.path("parts.avi");
    std::fs::write(&path, parts.concat()).unwrap();
    assert_eq!(check(&path), Part);
    // With a third that is cut off, it is nobody's to say from here.
    std::fs::write(&path, [&parts.concat()[..], b"RIFF\xff\0\0\0AVIX"].concat()).unwrap();
    let content: Arc<dyn ImageResource> = Arc::new(PathResource::new(&path));
    assert!(super::super::read(&content, &Limits::default()).is_err());
}
