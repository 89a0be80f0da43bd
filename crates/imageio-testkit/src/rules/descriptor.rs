use imageio_core::{COMMON_OPTIONS, Confidence, OptionKind, Probe};

use super::{content, ensure};
use crate::manifest::Good;
use crate::samples::Random;
use crate::suite::{Check, PluginRule, Suite};

pub(super) const RULES: &[PluginRule] = &[
    ("descriptor::names", names),
    ("descriptor::options", options),
    ("descriptor::magic_fits_the_files", magic),
    ("probe::never_panics", probe_anything),
    ("probe::other_formats_are_not_its_own", probe_others),
];

/// First bytes of formats that many plugins meet.
const HEADS: &[(&str, &[u8])] = &[
    ("png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0"),
    ("jpeg", b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"),
    ("gif", b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff"),
    ("tiff", b"II*\0\x08\0\0\0\0\0"),
    ("bigtiff", b"MM\0+\0\x08\0\0\0\0\0\0\0\0\0\x10"),
    ("webp", b"RIFF\x1a\0\0\0WEBPVP8L"),
    ("wave", b"RIFF\x1a\0\0\0WAVEfmt "),
    ("zip", b"PK\x03\x04\x14\0\0\0\0\0"),
    ("pdf", b"%PDF-1.7\n"),
    ("mp4", b"\0\0\0\x18ftypisom\0\0\0\0"),
    ("exr", b"v/1\x01\x02\0\0\0"),
    ("elf", b"\x7fELF\x02\x01\x01\0"),
    ("html", b"<!DOCTYPE html><html>"),
    ("text", b"Hello, this is no image at all.\n"),
];

fn names(suite: &Suite, _: &[Good]) -> Check {
    let d = suite.descriptor;
    let plain = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    ensure!(plain(d.id()), "id `{}` is not lower case", d.id());
    ensure!(!d.format_name().is_empty(), "the format has no name");
    for e in d.extension_list() {
        let fine = !e.is_empty() && !e.starts_with('.') && *e == e.to_ascii_lowercase();
        ensure!(fine, "extension `{e}`: lower case, without the dot");
    }
    ensure!(d.can_read() || d.can_write(), "it neither reads nor writes");
    ensure!(!d.can_write() || !d.write_shapes().is_empty(), "it writes, but says no shapes");
    Ok(())
}

fn options(suite: &Suite, _: &[Good]) -> Check {
    let mut seen: Vec<(&str, imageio_core::Phase)> = Vec::new();
    for spec in suite.descriptor.option_specs().iter().flat_map(|s| s.iter()) {
        ensure!(!spec.doc.trim().is_empty(), "option `{}` has no documentation", spec.name);
        for name in std::iter::once(&spec.name).chain(spec.aliases) {
            ensure!(!seen.contains(&(name, spec.phase)), "option `{name}` is declared twice for one phase");
            seen.push((name, spec.phase));
        }
        if let Some((_, kinds, _)) = COMMON_OPTIONS.iter().find(|(name, ..)| *name == spec.name) {
            let fits = kinds.is_empty() || kinds.iter().any(|k| same_kind(*k, spec.kind));
            ensure!(fits, "option `{}` is {}, but the name means {kinds:?} everywhere", spec.name, spec.kind);
        }
        if let (Some((low, high)), Ok(default)) = (spec.range, spec.default.parse::<f64>()) {
            ensure!((low..=high).contains(&default), "the default of `{}` is out of its own range", spec.name);
        }
    }
    Ok(())
}

fn same_kind(a: OptionKind, b: OptionKind) -> bool {
    match (a, b) {
        (OptionKind::List(a), OptionKind::List(b)) => same_kind(*a, *b),
        _ => a == b,
    }
}

fn magic(suite: &Suite, files: &[Good]) -> Check {
    let d = suite.descriptor;
    if d.magics().is_empty() {
        return Ok(());
    }
    let mut fits = 0;
    for file in files {
        let head = content(file)?;
        fits += usize::from(d.magics().iter().any(|m| m.matches(&head)));
    }
    ensure!(fits > 0, "no file of the corpus has the declared magic");
    Ok(())
}

fn probe_anything(suite: &Suite, _: &[Good]) -> Check {
    let plugin = suite.descriptor.plugin();
    let mut random = Random::new(7);
    for n in [0, 1, 2, 3, 4, 7, 12, 16, 31, 64, 255, 256] {
        for _ in 0..8 {
            let head = random.bytes(n);
            for extension in [None, Some("png"), suite.descriptor.extension_list().first().copied()] {
                let _ = plugin.probe(&Probe::new(&head, extension, "random"));
            }
        }
    }
    Ok(())
}

fn probe_others(suite: &Suite, _: &[Good]) -> Check {
    let d = suite.descriptor;
    for (name, head) in HEADS {
        let own = d.magics().iter().any(|m| m.matches(head)) || d.id().contains(name);
        let sure = d.plugin().probe(&Probe::new(head, None, "a file")).unwrap_or(Confidence::No);
        ensure!(own || sure < Confidence::Magic, "it is sure of the head of a {name} file");
    }
    Ok(())
}
