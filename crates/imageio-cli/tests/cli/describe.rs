use serde_json::json;

use crate::run::{Folder, has, run};

#[test]
fn properties_are_what_a_read_gives() {
    for name in ["test-card.png", "gray16.png", "rgba.png", "animation.gif", "float.npy", "volume.npy"] {
        if name.ends_with("gif") && !has("gif") {
            continue;
        }
        let file = format!("imageio:{name}");
        let read = run(&["read", &file, "--json"]).json();
        let props = run(&["props", &file, "--json"]).json();
        for key in ["shape", "dtype", "plugin"] {
            assert_eq!(props[key], read[key], "{name}: {key}");
        }
        let batch = name == "animation.gif";
        assert_eq!((&props["is_batch"], &props["n_images"]), (&json!(batch), &json!(if batch { 12 } else { 1 })));
        assert!(props.get("spacing").is_some() && props.get("axes").is_some(), "{props}");
    }
    let props = run(&["props", "imageio:test-card.png", "--json"]).json();
    assert_eq!(props["axes"], json!(["y", "x", "channel:RGB"]));
    assert_eq!(props["n_bytes"], json!(240 * 320 * 3));
    let text = run(&["props", "imageio:test-card.png"]).text();
    assert!(text.contains("shape     [240, 320, 3]") && text.contains("axes      y x channel:RGB"), "{text}");
}

#[test]
fn metadata_as_text_and_json() {
    let folder = Folder::new("meta");
    let file = folder.titled("x.png");
    let json = run(&["meta", &file, "--json"]).json();
    assert_eq!(json["metadata"]["text"]["Title"], json!("Grey\u{1b}[31m"));
    assert_eq!(json["metadata"]["exif"]["Orientation"], json!(6));
    // What a file says can't steer the terminal.
    let text = run(&["meta", &file]).text();
    assert!(text.contains("text/Title = Grey\\u{1b}[31m\n"), "{text}");

    let turned = run(&["meta", &file, "--json", "-o", "rotate=true"]).json();
    assert_eq!(turned["metadata"]["exif"].get("Orientation"), None);
    let all = run(&["meta", &file, "--json", "--all", "-o", "rotate=true"]).json();
    assert_eq!(all["metadata"]["exif"]["Orientation"], json!(6));
    assert!(all["applied"].as_array().unwrap().contains(&json!("exif/Orientation")), "{all}");
    let text = run(&["meta", &file, "--all", "-o", "rotate=true"]).text();
    assert!(text.contains("exif/Orientation = 6  (applied to the pixels)"), "{text}");
}

#[test]
fn formats_and_options() {
    let json = run(&["formats", "--json"]).json();
    let plugins = json["plugins"].as_array().unwrap();
    let png = plugins.iter().find(|p| p["id"] == "png").unwrap();
    assert!(png["extensions"].as_array().unwrap().contains(&json!("png")));
    assert!(png["abilities"].as_array().unwrap().contains(&json!("lossless")));
    let options = png["options"].as_array().unwrap();
    let compression = options.iter().find(|o| o["name"] == "compression").unwrap();
    assert_eq!((&compression["type"], &compression["phase"]), (&json!("integer"), &json!("write")));
    assert_eq!(compression["range"], json!([0.0, 9.0]));
    for option in options {
        assert!(!option["doc"].as_str().unwrap().is_empty() && option["default"].is_string(), "{option}");
    }
    let rotate = &json["options"][0];
    assert_eq!((&rotate["name"], &rotate["default"]), (&json!("rotate"), &json!("false")));

    let table = run(&["formats"]).text();
    assert!(table.lines().any(|line| line.starts_with("png ") && line.contains(".png")), "{table}");
    let full = run(&["formats", "png"]).text();
    assert!(full.contains("compression: integer, 0 to 9"), "{full}");
    // An extension leads to its plugin.
    assert!(run(&["formats", ".dib"]).text().starts_with("bmp: "));
    let failed = run(&["formats", "pngg"]);
    failed.error(1);
    assert!(failed.stderr.contains("did you mean `png`?"), "{}", failed.stderr);
}

#[test]
fn completions_of_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(&["completions", shell]).text();
        assert!(script.contains("imageio") && script.contains("convert"), "{shell}");
    }
    assert_eq!(run(&["completions", "tcsh"]).status, Some(2));
}

#[test]
fn help_and_version() {
    let version = run(&["--version"]).text();
    assert_eq!(version.trim(), format!("imageio {}", env!("CARGO_PKG_VERSION")));
    for command in ["read", "props", "meta", "convert", "view", "formats", "completions"] {
        assert!(run(&[command, "--help"]).text().contains("Usage: imageio"), "{command}");
    }
}

#[test]
fn images_that_only_decoding_counts() {
    if !has("ffmpeg") || !imageio_testkit::programs::have(&["ffmpeg", "ffprobe"]) {
        return;
    }
    let folder = Folder::new("count");
    let file = folder.file("interlaced.ts");
    let made = std::process::Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=s=96x64:r=25:d=1"])
        .args(["-c:v", "libx264", "-flags", "+ildct+ilme", "-x264opts", "tff=1", &file])
        .status();
    assert!(made.unwrap().success());
    // Packets of such a stream may be frames or fields.
    let e = imageio::v3::improps(&file).unwrap_err();
    assert_eq!(e.kind(), imageio::ErrorKind::Unsupported, "{e}");
    assert_eq!(run(&["props", &file, "--json"]).json()["shape"], json!([25, 64, 96, 3]));
}
