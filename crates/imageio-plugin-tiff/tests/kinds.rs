//! Files of the kinds that instruments write, made and judged by tifffile.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]
#![allow(clippy::print_stderr, clippy::print_stdout, reason = "what was checked is said in the output")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use imageio_core::{Index, ReadOptions, Reader, Unit, WriteOptions, v3};
use imageio_plugin_tiff::TiffReader;
use imageio_testkit::digest::sha256;

/// A folder with the files, and tifffile's lines about them; `None` if there is no Python with the peers.
fn files(name: &str) -> Option<(PathBuf, String)> {
    let Some(python) = std::env::var_os("IMAGEIO_PEERS") else {
        eprintln!("skipped: IMAGEIO_PEERS names no Python with the peers");
        return None;
    };
    let folder = std::env::temp_dir().join(format!("imageio-tiff-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/kinds.py");
    let output = Command::new(python).arg(script).arg(&folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some((folder, String::from_utf8(output.stdout).unwrap()))
}

#[test]
fn series_are_those_of_tifffile() {
    let Some((folder, list)) = files("series") else { return };
    let (mut rows, mut kinds) = (0, BTreeSet::new());
    for line in list.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, place, kind, axes, shape, dtype, digest] = *fields.as_slice() else { panic!("{line}") };
        let (index, level) = place.split_once('/').unwrap();
        let (index, level): (usize, usize) = (index.parse().unwrap(), level.parse().unwrap());
        let options = ReadOptions::new().index(index).set("level", level);
        let image = v3::imread_with(folder.join(name), &options).unwrap_or_else(|e| panic!("{name} {place}: {e}"));
        let found: Vec<String> = image.shape().iter().map(usize::to_string).collect();
        assert_eq!((found.join("x").as_str(), image.dtype().name()), (shape, dtype), "{name} {place}");
        assert_eq!(sha256(&image), digest, "{name} {place}");
        let mut reader = Reader::open(folder.join(name)).unwrap();
        let series = reader.downcast_mut::<TiffReader>().unwrap().series().unwrap();
        let one = &series[index];
        assert_eq!(one.axes, axes, "{name} {place}");
        // What tifffile calls uniform or has no word for is generic here.
        let same =
            one.kind == kind || kind == "uniform" || (kind == "generic" && matches!(one.kind, "ndpi" | "indica"));
        assert!(same, "{name}: {} is {kind}", one.kind);
        assert_eq!(one.levels[level], image.shape(), "{name} {place}");
        kinds.insert(one.kind);
        rows += 1;
    }
    println!("{rows} arrays of {} kinds", kinds.len());
    assert!(rows >= 90 && kinds.len() >= 20, "{rows} {kinds:?}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn instruments_say_what_they_say() {
    let Some((folder, _)) = files("says") else { return };
    let rows = [
        ("planar.lsm.tif", "lsm/DimensionZ", "4"),
        ("fluoview.tif", "fluoview/Description/Map/Ch0: Range", "1 to 2"),
        ("mmstack.tif", "micromanager/Summary/Channels", "2"),
        ("mmstack.tif", "micromanager/Page/b", "x"),
        ("scanimage.tif", "scanimage/SI.hChannels.channelSave", "[1, 2]"),
        ("slide.svs.tif", "svs/MPP", "0.499"),
        ("slide.svs.tif", "svs/AppMag", "20"),
        ("slide.scn.tif", "scn/collection/name", "c"),
        ("slide.ndpi.tif", "ndpi/Magnification", "20"),
        ("slide.philips.tif", "philips/ObjectType", "DPUfsImport"),
        ("meta.stk.tif", "stk/ZDistance", "[0.5, 1, 1.5, 2]"),
        ("imagej.tif", "imagej/slices", "3"),
        ("set1.ome.tif", "ome_tree/Image/Pixels/SizeT", "3"),
        ("sem.tif", "sem/ap_wd", "[WD, 5.1, mm]"),
        ("fei.tif", "fei/EBeam/HV", "20000"),
        ("pilatus.tif", "pilatus/Pixel_size", "[0.000172, 0.000172]"),
        ("geo.tif", "geo/ProjectedCSTypeGeoKey", "32611"),
        ("geo.tif", "gdal/A", "1"),
        ("sis.tif", "sis/Dimension", "[[Z, 3], [Band, 2], [Time, 1]]"),
        ("sis.tif", "sis/Band/BandName2", "GFP"),
        ("sis.tif", "sis/cameraname", "XC50"),
        ("sis.tif", "sis/datetime", "2009-03-05T14:30:00"),
        ("slide.avs.tif", "avs/Scan.Settings/Objective", "20"),
        ("events.eer.tif", "eer/dose", "1.5"),
        ("events.eer.tif", "eer/dose.unit", "e"),
        ("events.eer.tif", "eer/ok", "true"),
        ("nih.tif", "nih/XScale", "4"),
        ("nih.tif", "nih/PixelsPerLine", "24"),
        ("root.gel.tif", "mdgel/ScalePixel", "3/7"),
        ("root.gel.tif", "mdgel/LabName", "lab"),
        ("andor.tif", "andor/Model", "DU-897"),
        ("andor.tif", "andor/ExposureTime", "0.25"),
        ("epics.tif", "epics/Gain", "2.5"),
        ("epics.tif", "epics/uniqueID", "7"),
        ("nuvu.tif", "nuvu/Gain", "high"),
        ("tvips.tif", "tvips/HighTension", "0"),
        ("tvips.tif", "tvips/ImageName", "name"),
        ("mediacy.tif", "mediacy/ChannelName", "DAPI"),
        ("astro.tif", "astrotiff/OBJECT", "M31"),
        ("streak.tif", "streak/Application/Software", "HPD-TA"),
        ("indica.tif", "indica/channel", "[{name: a}, {name: b}]"),
        ("old_scanimage.tif", "series/kind", "scanimage"),
        ("nd/a_NDTiffStack.tif", "micromanager/Summary/Prefix", "a"),
        ("nd/a_NDTiffStack.tif", "micromanager/Page/a", "1"),
    ];
    for (name, path, wanted) in rows {
        let mut reader = Reader::open(folder.join(name)).unwrap();
        let metadata = reader.metadata(0).unwrap();
        let found = metadata.get(path).unwrap_or_else(|| panic!("{name} {path}:\n{metadata}"));
        assert_eq!(found.to_string(), wanted, "{name} {path}");
        reader.metadata(Index::All).unwrap();
    }
    let spacing: [(&str, &[(f64, Unit)]); 10] = [
        (
            "imagej.tif",
            &[
                (0.1, Unit::Second),
                (0.5, Unit::Micrometre),
                (1.0, Unit::None),
                (0.5, Unit::Micrometre),
                (0.25, Unit::Micrometre),
            ],
        ),
        (
            "planar.lsm.tif",
            &[(0.5, Unit::Micrometre), (1.0, Unit::None), (0.2, Unit::Micrometre), (0.1, Unit::Micrometre)],
        ),
        (
            "fluoview.tif",
            &[(1.0, Unit::None), (0.5, Unit::Micrometre), (0.5, Unit::Micrometre), (0.5, Unit::Micrometre)],
        ),
        ("set0.ome.tif", &[(1.0, Unit::None), (1.0, Unit::None), (1.0, Unit::None), (0.5, Unit::Micrometre)]),
        ("comp1.ome.tif", &[(1.0, Unit::None), (1.0, Unit::None), (1.0, Unit::None), (0.5, Unit::Micrometre)]),
        ("slide.svs.tif", &[(0.499, Unit::Micrometre), (0.499, Unit::Micrometre), (1.0, Unit::None)]),
        ("slide.philips.tif", &[(0.25, Unit::Micrometre), (0.25, Unit::Micrometre), (1.0, Unit::None)]),
        ("geo.tif", &[(20.0, Unit::Metre), (10.0, Unit::Metre)]),
        ("sis_plain.tif", &[(0.5, Unit::Micrometre), (0.25, Unit::Micrometre)]),
        ("nih.tif", &[(1.0, Unit::None), (0.25, Unit::Micrometre), (0.25, Unit::Micrometre)]),
    ];
    for (name, wanted) in spacing {
        let found = v3::improps(folder.join(name)).unwrap().spacing.unwrap_or_else(|| panic!("{name}"));
        assert_eq!(found.len(), wanted.len(), "{name}");
        for (found, (value, unit)) in found.iter().zip(wanted) {
            assert!(
                (found.value - value).abs() < 1e-9 * value && found.unit == *unit,
                "{name}: {found:?} is {value} {unit:?}"
            );
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// Files whose pages make up a whole are left alone; others keep what they have, and have one more.
#[test]
fn images_are_added_to_files_that_are_no_whole() {
    let Some((folder, list)) = files("append") else { return };
    let whole =
        ["ome", "imagej", "lsm", "stk", "fluoview", "mmstack", "ndtiff", "ndpi", "eer", "mdgel", "qpi", "scn", "svs"];
    let new = imageio_testkit::samples::picture(imageio_core::Dtype::F32, &[5, 7]);
    let mut names: Vec<(&str, &str)> = list.lines().map(|line| (field(line, 0), field(line, 2))).collect();
    names.dedup_by_key(|(name, _)| *name);
    let (mut added, mut refused, mut wrong) = (0, BTreeSet::new(), Vec::new());
    for (name, kind) in names {
        let path = folder.join(name);
        let state = || std::fs::metadata(&path).map(|m| (m.len(), m.modified().unwrap())).unwrap();
        let before = state();
        let images = |path: &Path| -> Vec<String> {
            let mut reader = Reader::open(path).unwrap();
            let count = reader.count().unwrap().unwrap();
            (0..count).map(|k| reader.read(k).map_or_else(|e| e.kind().to_string(), |image| sha256(&image))).collect()
        };
        let old = if whole.contains(&kind) { Vec::new() } else { images(&path) };
        let written = v3::imwrite_with(&path, &new, &WriteOptions::new().set("append", true));
        if whole.contains(&kind) {
            let error = written.map(|_| ()).unwrap_err();
            assert_eq!(error.kind(), imageio_core::ErrorKind::Unsupported, "{name}: {error}");
            assert!(error.hint().is_some_and(|hint| hint.contains("file of its own")), "{name}: {error}");
            assert_eq!(state(), before, "{name}");
            refused.insert(kind.to_owned());
            continue;
        }
        written.unwrap_or_else(|e| panic!("{name}, {kind}: {e}"));
        let all = images(&path);
        if (&all[..], all.last()) != (&[&old[..], &[sha256(&new)]].concat(), Some(&sha256(&new))) {
            wrong.push(format!("{name}, {kind}: {} {}", old.len(), all.len()));
        }
        added += 1;
    }
    assert_eq!(wrong, [""; 0]);
    println!("added to {added} files, refused: {refused:?}");
    assert!(added >= 10 && refused.len() >= 5, "{added} {refused:?}");
    std::fs::remove_dir_all(folder).unwrap();
}

fn field(line: &str, k: usize) -> &str {
    line.split('\t').nth(k).unwrap()
}
