//! `imageio view`: the picture in the terminal.

mod draw;
mod sample;

use std::io::{self, BufWriter, Write};

use imageio::{Axis, ErrorKind, Index, NdImage, Reader};

use self::draw::{Palette, Tile};
use self::sample::Samples;
use crate::args::View;
use crate::failure::{Failure, Outcome};
use crate::place;

/// A contact sheet of more pictures than this shows them at even distances.
const MOST: usize = 12;

/// Columns that a picture of a contact sheet should have at least.
const THUMB: usize = 24;

/// Pixels along the height where no terminal bounds it.
const TALLEST: usize = 400;

/// A picture and the word beneath it.
struct Picture {
    label: String,
    image: NdImage,
}

/// Everything that is shown.
struct Sheet {
    pictures: Vec<Picture>,
    /// How many there are, of which the pictures may be a choice.
    total: Option<usize>,
    /// The last axis holds channels.
    channels: bool,
}

pub fn run(args: &View) -> Outcome<()> {
    let mut reader = place::open(&args.input.file, &place::read_options(&args.input.how))?;
    let sheet = choose(&mut reader)?;
    let Some(first) = sheet.pictures.first() else {
        return Err(Failure::Usage("there is nothing to show: the array is empty".into()));
    };
    let summary = summary(&reader, &sheet, first);
    let palette = match args.no_color || std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()) {
        true => Palette::Letters,
        false => Palette::Colours,
    };
    let terminal = console::Term::stdout().size_checked().map(|(rows, columns)| (rows.into(), columns.into()));
    let text = render(&sheet, args.width.map(usize::from), terminal, palette) + &summary;
    crate::progress::clear_transfers();
    let mut out = BufWriter::new(io::stdout().lock());
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

fn summary(reader: &Reader<'_>, sheet: &Sheet, first: &Picture) -> String {
    let shape: Vec<String> = first.image.shape().iter().map(usize::to_string).collect();
    let images = match sheet.total {
        Some(1) => String::new(),
        Some(n) => format!("{n} images of "),
        None => "images of ".into(),
    };
    format!("{images}{} {} ({})\n", shape.join("×"), first.image.dtype(), reader.plugin().id())
}

/// Reads what is to be shown: one picture, or some of many.
fn choose(reader: &mut Reader<'_>) -> Outcome<Sheet> {
    if reader.default_index()? != Index::All {
        let channels = reader.properties(Index::Auto)?.axes.is_some_and(|axes| has_channels(&axes));
        let image = reader.read(Index::Auto)?;
        return Ok(split(image, channels));
    }
    let total = reader.count()?;
    let mut pictures = Vec::new();
    let wanted: Vec<usize> = total.map_or_else(|| (0..MOST).collect(), |n| evenly(n).collect());
    let mut channels = false;
    for k in wanted {
        let image = match reader.read(Index::At(k)) {
            Err(e) if total.is_none() && k > 0 && e.kind() == ErrorKind::IndexOutOfRange => break,
            image => image?,
        };
        channels |= reader.properties(Index::At(k))?.axes.is_some_and(|axes| has_channels(&axes));
        pictures.push(Picture { label: format!("#{k}"), image });
    }
    match (pictures.pop(), pictures.is_empty()) {
        // A single image may itself be a volume.
        (Some(only), true) => Ok(split(only.image, channels)),
        (last, _) => {
            pictures.extend(last);
            Ok(Sheet { pictures, total, channels })
        }
    }
}

fn has_channels(axes: &[Axis]) -> bool {
    matches!(axes.last(), Some(Axis::Channel(_)))
}

/// At most [`MOST`] of `0..n`, the first and the last among them.
fn evenly(n: usize) -> impl Iterator<Item = usize> {
    let shown = n.min(MOST);
    (0..shown).map(move |i| if shown < 2 { 0 } else { i * (n - 1) / (shown - 1) })
}

/// A picture as it is, an array of more axes as a sheet of the pictures in it.
fn split(image: NdImage, channels: bool) -> Sheet {
    let plane = |image: &NdImage| sample::plane(image.shape(), channels).is_some();
    if plane(&image) {
        return Sheet { pictures: vec![Picture { label: String::new(), image }], total: Some(1), channels };
    }
    let n = image.shape().first().copied().unwrap_or(0);
    let slice = |k: usize| {
        let mut slice = image.index_first(k)?;
        while !plane(&slice) {
            slice = slice.index_first(0)?;
        }
        Some(Picture { label: format!("[{k}]"), image: slice })
    };
    Sheet { pictures: evenly(n).filter_map(slice).collect(), total: Some(n), channels }
}

/// All pictures as text; `terminal` is its size in rows and columns.
fn render(sheet: &Sheet, width: Option<usize>, terminal: Option<(usize, usize)>, palette: Palette) -> String {
    let columns = width.or(terminal.map(|(_, columns)| columns)).unwrap_or(80).max(1);
    let rows = terminal.filter(|_| width.is_none()).map(|(rows, _)| rows);
    let across = match sheet.pictures.len() {
        1 => 1,
        n => ((columns + 1) / (THUMB + 1)).clamp(1, n),
    };
    let share = ((columns + 1) / across).saturating_sub(1).max(1);
    let tallest = rows.map_or(TALLEST, |rows| rows.saturating_sub(2).max(2) * 2).min(TALLEST);
    let grids: Vec<Samples> = sheet
        .pictures
        .iter()
        .filter_map(|picture| {
            let (height, wide, _) = sample::plane(picture.image.shape(), sheet.channels)?;
            let most = if width.is_some() { share } else { share.min(wide.max(1)) };
            let (w, h) = sample::fit(height, wide, most, tallest);
            Samples::of(&picture.image, sheet.channels, w, h)
        })
        .collect();
    let range = Samples::common_range(&grids);
    let tiles: Vec<Tile> = grids.iter().map(|grid| Tile::new(grid, range)).collect();
    let labels: Vec<&str> = sheet.pictures.iter().map(|p| p.label.as_str()).collect();
    let mut out = draw::sheet(&tiles, &labels, across, palette);
    if let Some((low, high)) = range {
        out += &format!("black is {}, white is {}\n", draw::number(low), draw::number(high));
    }
    out
}

#[cfg(test)]
mod tests {
    use imageio::ndarray::{Array2, Array3, Array4};

    use super::*;

    #[test]
    fn some_of_many() {
        assert_eq!(evenly(3).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(evenly(1).collect::<Vec<_>>(), [0]);
        let many: Vec<usize> = evenly(100).collect();
        assert_eq!((many.len(), many[0], many[11]), (12, 0, 99));
    }

    #[test]
    fn volumes_become_sheets() {
        let volume = Array3::<u16>::zeros((16, 8, 8)).into();
        let sheet = split(volume, false);
        assert_eq!((sheet.pictures.len(), sheet.total), (12, Some(16)));
        assert_eq!(sheet.pictures[11].image.shape(), [8, 8]);
        let deep = split(Array4::<u8>::zeros((2, 3, 8, 9)).into(), false);
        assert_eq!((deep.pictures.len(), deep.pictures[1].image.shape()), (2, &[8, 9][..]));
        assert_eq!(split(Array3::<u8>::zeros((5, 4, 7)).into(), true).pictures.len(), 1);
    }

    #[test]
    fn letters() {
        let picture = Array2::<u8>::from_shape_fn((4, 4), |(_, x)| if x < 2 { 0 } else { 255 });
        let text = render(&split(picture.into(), false), None, None, Palette::Letters);
        assert_eq!(text, "  @@\n  @@\n");
    }

    #[test]
    fn colours() {
        let picture = Array3::<u8>::from_shape_fn((2, 1, 3), |(y, _, c)| if y == 0 { [255, 0, 0][c] } else { 9 });
        let text = render(&split(picture.into(), false), None, None, Palette::Colours);
        assert_eq!(text, "\x1b[38;2;255;0;0m\x1b[48;2;9;9;9m▀\x1b[0m\n");
    }

    #[test]
    fn a_sheet_has_labels_and_a_common_scale() {
        let volume = Array3::<u16>::from_shape_fn((3, 4, 8), |(k, _, _)| 100 + 50 * k as u16);
        let text = render(&split(volume.into(), false), Some(80), None, Palette::Letters);
        assert!(text.contains("[0]") && text.contains("[2]"), "{text}");
        assert!(text.ends_with("black is 100, white is 200\n"), "{text}");
    }
}
