//! Which channels of a part make the image, and in what form.

use imageio_core::{Dtype, Error, ErrorKind, Result};

use crate::header::{Part, PixelType};
use crate::layout::samples;

/// The channels of one image.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    /// Positions in the part's list.
    pub channels: Vec<usize>,
    /// Names, without that of their layer.
    pub names: Vec<String>,
    pub dtype: Dtype,
    pub width: usize,
    pub height: usize,
    pub sampling: (usize, usize),
}

impl Selection {
    /// `(height, width)` for one channel, else `(height, width, channels)`.
    pub(crate) fn shape(&self) -> Vec<usize> {
        match self.channels.len() {
            1 => vec![self.height, self.width],
            n => vec![self.height, self.width, n],
        }
    }

    /// By default R, G, B and A, else Y and A, else all in alphabetical order; of the channels of `layer` if there is
    /// one. `wanted` names others.
    pub(crate) fn new(part: &Part, layer: Option<&str>, wanted: &[String]) -> Result<Self> {
        let within = |name: &str| match layer {
            None => Some(name.to_owned()),
            Some(layer) => Some(name.strip_prefix(layer)?.strip_prefix('.')?.to_owned()),
        };
        let mut there: Vec<(usize, String)> =
            part.channels.iter().enumerate().filter_map(|(at, c)| Some((at, within(&c.name)?))).collect();
        let find = |name: &str| there.iter().find(|(_, n)| n == name).cloned();
        let all = |names: &[&str]| names.iter().map(|name| find(name)).collect::<Option<Vec<_>>>();
        let chosen = if !wanted.is_empty() {
            let one = |name: &String| {
                find(name).ok_or_else(|| {
                    let names: Vec<&str> = there.iter().map(|(_, name)| name.as_str()).collect();
                    Error::new(ErrorKind::InvalidOption, format!("there is no channel `{name}`"))
                        .with("option", "channels")
                        .with_hint(format!("its channels are {}", names.join(", ")))
                })
            };
            wanted.iter().map(one).collect::<Result<Vec<_>>>()?
        } else if let Some(mut colours) = all(&["R", "G", "B"]).or_else(|| all(&["Y"])) {
            colours.extend(find("A"));
            colours
        } else {
            there.sort_by(|(_, a), (_, b)| a.cmp(b));
            there
        };
        let (channels, names): (Vec<usize>, Vec<String>) = chosen.into_iter().unzip();
        let mut kinds = Vec::new();
        let mut sampling = None;
        for channel in channels.iter().filter_map(|at| part.channels.get(*at)) {
            if *sampling.get_or_insert(channel.sampling) != channel.sampling {
                return Err(Error::unsupported(format!(
                    "channels of different resolution in one array: {}",
                    names.join(", ")
                ))
                .with_hint("read them one by one with the option `channels`"));
            }
            kinds.push(channel.kind);
        }
        let sampling = sampling.unwrap_or((1, 1));
        Ok(Selection {
            channels,
            names,
            dtype: common(&kinds),
            width: samples(part.window.min.0.into(), part.size.0, sampling.0),
            height: samples(part.window.min.1.into(), part.size.1, sampling.1),
            sampling,
        })
    }
}

/// The smallest dtype that holds every sample exactly.
fn common(kinds: &[PixelType]) -> Dtype {
    let has = |kind| kinds.contains(&kind);
    match (has(PixelType::U32), has(PixelType::F32), has(PixelType::F16)) {
        (true, false, false) => Dtype::U32,
        (true, ..) => Dtype::F64,
        (false, true, _) => Dtype::F32,
        _ => Dtype::F16,
    }
}
