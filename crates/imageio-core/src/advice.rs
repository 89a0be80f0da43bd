//! What would make an image fit a format that refuses it.

use crate::image::{Dtype, NdImageView};
use crate::plugin::{PluginDescriptor, WriteShape};

/// How an image of a dtype becomes one of those that a format takes.
pub(crate) fn for_dtype(dtype: Dtype, taken: &[Dtype]) -> String {
    let names: Vec<&str> = taken.iter().map(|d| d.name()).collect();
    let mut hint = format!("it writes {}: convert with NdImage::cast", names.join(", "));
    let has = |dtype: Dtype| taken.contains(&dtype);
    let to_floats = [Dtype::F32, Dtype::F16, Dtype::F64].into_iter().find(|d| has(*d));
    let to_levels = [Dtype::U16, Dtype::U8].into_iter().find(|d| has(*d));
    let to_labels = [Dtype::U32, Dtype::U16, Dtype::U8].into_iter().find(|d| has(*d));
    let more = match dtype {
        dtype if dtype.is_complex() => None,
        dtype if dtype.is_float() => match (to_floats, to_levels) {
            (Some(to), _) => Some(format!("`Cast::Clip` rounds to {to}")),
            (None, to) => to.map(|to| format!("`Cast::Scale` takes 0 to 1 to the range of {to}")),
        },
        Dtype::Bool if to_levels.is_some() => Some("`Cast::Scale` makes `true` the largest value".to_owned()),
        Dtype::Bool | Dtype::U8 | Dtype::U16 => match (to_floats, to_levels) {
            (_, Some(to)) => Some(format!("`Cast::Scale` takes its range to that of {to}")),
            (to, None) => to.map(|to| format!("`Cast::Scale` takes its range to 0 to 1 in {to}")),
        },
        _ => match (to_floats, to_labels) {
            (_, Some(to)) => Some(format!("`Cast::Exact` keeps labels that fit {to} and says where one does not")),
            (to, None) => to.map(|to| format!("`Cast::Scale` takes its range to 0 to 1 in {to}")),
        },
    };
    if let Some(more) = more {
        hint.push_str("; ");
        hint.push_str(&more);
    }
    hint
}

/// What is odd about the axes of an image that a format of pictures refused.
pub(crate) fn for_shape(image: &NdImageView<'_>, writer: &PluginDescriptor) -> Option<String> {
    if writer.write_shapes().contains(&WriteShape::Any) {
        return None;
    }
    let several = writer.can_write_multi();
    match *image.shape() {
        [_, _, 1] => Some("a last axis of 1 is no channel: drop it for a grey image".to_owned()),
        [c @ 1..=4, height, width] if height > 4 && width > 4 => {
            let what = if several { ", or write several images with Batch(&array)" } else { "" };
            Some(format!("if {c} is the number of channels, bring that axis to the end (permuted_axes){what}"))
        }
        [_, _, last] if last > 4 && several => {
            Some("if the first axis counts grey images, write them with Batch(&array)".to_owned())
        }
        [n, _, _, 1..=4] if several => Some(format!("{n} images are written with Batch(&array), or option `is_batch`")),
        [_, _, _, _] if !several => Some("it holds one image: write one of the first axis".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dtypes() {
        let png = [Dtype::Bool, Dtype::U8, Dtype::U16];
        let start = "it writes bool, uint8, uint16: convert with NdImage::cast; ";
        let rows = [
            (Dtype::F32, "`Cast::Scale` takes 0 to 1 to the range of uint16"),
            (Dtype::I64, "`Cast::Exact` keeps labels that fit uint16 and says where one does not"),
        ];
        for (dtype, end) in rows {
            assert_eq!(for_dtype(dtype, &png), format!("{start}{end}"));
        }
        assert_eq!(for_dtype(Dtype::C64, &[Dtype::U8]), "it writes uint8: convert with NdImage::cast");
        assert!(for_dtype(Dtype::U16, &[Dtype::U8]).ends_with("`Cast::Scale` takes its range to that of uint8"));
        assert!(for_dtype(Dtype::Bool, &[Dtype::U8]).ends_with("makes `true` the largest value"));
        assert!(for_dtype(Dtype::U8, &[Dtype::F32]).ends_with("`Cast::Scale` takes its range to 0 to 1 in float32"));
        let exr = [Dtype::F16, Dtype::F32, Dtype::U32];
        assert!(
            for_dtype(Dtype::I64, &exr)
                .ends_with("`Cast::Exact` keeps labels that fit uint32 and says where one does not")
        );
        assert!(for_dtype(Dtype::U8, &exr).ends_with("`Cast::Scale` takes its range to 0 to 1 in float32"));
        assert!(for_dtype(Dtype::F64, &[Dtype::F16, Dtype::F32]).ends_with("`Cast::Clip` rounds to float32"));
    }
}
