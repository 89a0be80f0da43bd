use super::{OptionKind, OptionSpec, Phase};

/// Option names with one meaning everywhere. A plugin that uses one keeps its type.
pub const COMMON: &[(&str, &[OptionKind], &str)] = &[
    ("quality", &[OptionKind::Int, OptionKind::Float], "0 (smallest) to 100 (best)"),
    ("compression", &[], "the format's own scale or method of compression"),
    ("lossless", &[OptionKind::Bool], "keep every pixel exactly"),
    ("fps", &[OptionKind::Rate], "frames per second"),
    (
        "duration",
        &[OptionKind::Duration, OptionKind::List(&OptionKind::Duration)],
        "time that a frame is shown, in milliseconds by name",
    ),
    ("loop_count", &[OptionKind::Int], "how often an animation plays; 0 is for ever"),
    ("mode", &[], "colour mode to convert to: L, LA, RGB, RGBA"),
    ("rotate", &[OptionKind::Bool], "turn the picture upright as its orientation says"),
    ("pixel_format", &[], "layout of samples, in the backend's words"),
    ("is_batch", &[OptionKind::Bool], "whether the first axis of the array counts images"),
];

const fn read(name: &'static str, kind: OptionKind, default: &'static str, doc: &'static str) -> OptionSpec {
    OptionSpec { name, kind, phase: Phase::Read, default, range: None, doc, aliases: &[], deprecated: None }
}

/// Options that core itself carries out for every plugin.
pub const CORE_READ: &[OptionSpec] = &[
    read("rotate", OptionKind::Bool, "false", "Turn the picture upright as its orientation tag says."),
    read(
        "mode",
        OptionKind::Choice(&["L", "LA", "RGB", "RGBA"]),
        "None",
        "Colour mode to convert to; luma by ITU-R BT.601 as Pillow does.",
    ),
];

/// Options that core itself carries out for every writer.
pub(crate) const CORE_WRITE: &[OptionSpec] = &[OptionSpec {
    name: "is_batch",
    kind: OptionKind::Bool,
    phase: Phase::Write,
    default: "None",
    range: None,
    doc: "Whether the first axis of the array counts images.",
    aliases: &[],
    deprecated: None,
}];
