//! OME-XML as it is written here, held against the schema of June 2016.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]
#![allow(clippy::print_stderr, clippy::print_stdout, reason = "what was checked is said in the output")]

use std::process::Command;

use imageio_core::{Dtype, ErrorKind, NdImage, Value, WriteOptions, v3};
use imageio_plugin_tiff as _;
use imageio_testkit::samples;

/// Validates every file of a folder; ends with 3 if there is nothing to do it with.
const SCRIPT: &str = r"
import os, sys
try:
    import xmlschema, ome_types
except ImportError as e:
    print(e)
    sys.exit(3)
schema = xmlschema.XMLSchema(os.path.join(os.path.dirname(ome_types.__file__), 'ome-2016-06.xsd'))
count, bad = 0, []
for name in sorted(os.listdir(sys.argv[1])):
    path = os.path.join(sys.argv[1], name)
    bad += [f'{name}: {e.reason} {e.path}' for e in schema.iter_errors(path)]
    # The model that others build of it.
    if not ome_types.from_xml(open(path, encoding='utf-8').read()).images:
        bad.append(f'{name}: no images')
    count += 1
print(f'{count} documents', *bad, sep='\n')
sys.exit(bool(bad))
";

#[test]
fn valid_by_the_schema() {
    let folder = std::env::temp_dir().join(format!("imageio-tiff-ome-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut count = 0;
    let mut add = |images: &[NdImage], settings: &[(&'static str, &str)]| {
        let start = WriteOptions::new().set("ome", true).extension("tif");
        let options = settings.iter().fold(start, |o, (name, value)| o.set(*name, Value::parse(value)));
        let bytes = v3::imwrite_with("<bytes>", images, &options).unwrap().unwrap();
        let meta = v3::immeta(bytes.clone()).unwrap();
        let text = meta.get("ome").and_then(|v| v.as_str()).unwrap().to_owned();
        std::fs::write(folder.join(format!("{count}.xml")), text).unwrap();
        count += 1;
        // What was read and is written again is as valid.
        let again = WriteOptions::new().set("ome", true).metadata(&meta).extension("tif");
        let image = v3::imread(bytes).unwrap();
        if image.shape() == images[0].shape() && !settings.iter().any(|(name, _)| *name == "axes") {
            let bytes = v3::imwrite_with("<bytes>", &image, &again).unwrap().unwrap();
            let meta = v3::immeta(bytes).unwrap();
            std::fs::write(folder.join(format!("{count}.xml")), meta.get("ome").unwrap().as_str().unwrap()).unwrap();
            count += 1;
        }
    };
    for dtype in Dtype::ALL {
        if !matches!(dtype, Dtype::F16 | Dtype::U64 | Dtype::I64) {
            add(&[samples::picture(dtype, &[9, 11])], &[]);
        }
    }
    let u8s = |shape: &[usize]| samples::picture(Dtype::U8, shape);
    add(&[u8s(&[2, 3, 4, 9, 11])], &[("pixel_size", "[0.25, 0.5, 2]"), ("frame_interval", "0.1")]);
    add(&[u8s(&[2, 3, 4, 9, 11])], &[("axes", "CTZYX"), ("pixel_size", "[3]"), ("pixel_unit", "nm")]);
    add(&[u8s(&[4, 9, 11, 3])], &[("axes", "ZYXS"), ("pixel_size", "[3, 4]"), ("pixel_unit", "inch")]);
    add(&[u8s(&[3, 9, 11])], &[("axes", "SYX"), ("pixel_size", "[1, 1]"), ("pixel_unit", "mm")]);
    add(&[u8s(&[9, 11]), u8s(&[5, 12, 13]), u8s(&[9, 11, 4])], &[]);
    add(&[u8s(&[2, 70, 90])], &[("pyramid", "2"), ("tile", "[16, 16]"), ("bigtiff", "always")]);
    let wrong = WriteOptions::new().set("ome", true).set("pixel_size", 3).set("pixel_unit", "furlongs");
    let error = v3::imwrite_with("<bytes>", &u8s(&[9, 11]), &wrong.extension("tif")).unwrap_err();
    assert!(error.kind() == ErrorKind::Mismatch && error.to_string().contains("furlongs"), "{error}");
    assert!(count >= 18, "{count}");
    match std::env::var_os("IMAGEIO_PEERS") {
        None => eprintln!("skipped: IMAGEIO_PEERS names no Python with the peers"),
        Some(python) => {
            let output = Command::new(python).args(["-c", SCRIPT]).arg(&folder).output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            if output.status.code() == Some(3) {
                eprintln!("skipped: {said}");
            } else {
                println!("{said}");
                assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
                assert!(said.starts_with(&format!("{count} documents")), "{said}");
            }
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}
