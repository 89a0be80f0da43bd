//! `imageio convert`: from one format to another, frame by frame.

use std::ffi::OsStr;
use std::path::Path;

use imageio::resource::Atomic;
use imageio::{
    Cast, Dtype, ErrorKind, Index, Metadata, NdImage, Options, PluginDescriptor, Reader, Registry, Target,
    WriteOptions, WriteShape, Writer, dispatch, select,
};

use super::inks;
use crate::args::{Convert, Fit};
use crate::failure::{self, Outcome};
use crate::progress::FrameBar;
use crate::{interrupt, place};

/// What of the input goes into the output.
#[derive(Debug, PartialEq)]
enum Plan {
    /// Every image, each as an image of its own.
    Frames,
    /// One image; with `All`, every one stacked into one array.
    One(Index),
}

impl Plan {
    fn first(&self) -> Index {
        match self {
            Plan::Frames => Index::At(0),
            Plan::One(index) => *index,
        }
    }
}

pub fn run(args: &Convert) -> Outcome<()> {
    let to_stdout = place::is_dash(&args.to);
    let mut read = place::read_options(&args.how);
    let out_extension = match &args.out_extension {
        // With `-` as output, --extension is what the output needs; the input tells its format by its content.
        None if to_stdout => read.extension.take(),
        given => given.clone(),
    };
    let mut reader = place::open(&args.from, &read)?;
    let target = place::target(&args.to)?;
    let mut write = WriteOptions::new().cancel(interrupt::flag());
    if let Some(plugin) = &args.out_plugin {
        write = write.plugin(plugin.clone());
    }
    if let Some(extension) = &out_extension {
        write = write.extension(extension);
    }
    if args.durable {
        write = write.atomic(Atomic::Durable);
    }
    for (name, value) in &args.write_option {
        write = write.set(name.clone(), value.clone());
    }
    let descriptor = writer_for(&args.to, &target, &write);
    let plan = match descriptor {
        Some(descriptor) => plan(&mut reader, args, descriptor)?,
        // Opening the writer will say why there is none.
        None => Plan::One(Index::Auto),
    };
    let mut as_colors = None;
    if let Some(descriptor) = descriptor
        && inks::is_inks(&mut reader, plan.first())
    {
        (write, as_colors) = inks::settle(&reader, &read.options, descriptor, write);
        if as_colors.is_some() {
            failure::note("the picture is of four inks (CMYK): converted to red, green and blue, without its profile");
        }
    }
    if !args.no_metadata {
        write = write.metadata(&file_metadata(&mut reader, &plan)?);
    }
    let mut writer = Writer::open_with(target, &write)?;
    match plan {
        Plan::One(index) => {
            let image = read_one(&mut reader, index, as_colors.as_ref())?;
            writer.write(&fitted(image, args)?)?;
        }
        Plan::Frames => copy_frames(&mut reader, &mut writer, args, as_colors.as_ref())?,
    }
    let mut notes = reader.notes();
    notes.extend(writer.notes());
    writer.finish()?;
    tell(&notes, args.verbose);
    Ok(())
}

/// Most notes are about metadata of the old format that mean nothing in the new one: one of them is a hint enough.
fn tell(notes: &[String], all: bool) {
    let shown = if all || notes.len() <= 2 { notes.len() } else { 1 };
    for note in &notes[..shown] {
        failure::note(note);
    }
    if shown < notes.len() {
        failure::note(&format!("{} more like this; --verbose shows them", notes.len() - shown));
    }
}

/// The plugin that will write, by the same rules as the library's.
fn writer_for(to: &OsStr, target: &Target<'_>, options: &WriteOptions) -> Option<&'static PluginDescriptor> {
    if let (None, Some(own)) = (&options.plugin, target.resource().and_then(|resource| resource.plugin())) {
        return Some(own);
    }
    let plugins = Registry::global().plugins();
    if let Some(imageio::PluginChoice::Id(id)) = &options.plugin {
        return plugins.into_iter().find(|d| d.id() == id.as_ref());
    }
    let name = Path::new(to).file_name().map_or_else(String::new, |n| n.to_string_lossy().to_ascii_lowercase());
    let name = match &options.extension {
        Some(extension) => format!("{name}.{extension}"),
        None => name,
    };
    select::writers(&plugins, Some(&name), &[]).first().copied()
}

fn plan(reader: &mut Reader<'_>, args: &Convert, writer: &PluginDescriptor) -> Outcome<Plan> {
    let index = reader.default_index()?;
    let asked = args.how.index == Index::All;
    let plan = match index {
        Index::All if writer.can_write_multi() => return Ok(Plan::Frames),
        // Arrays of any shape hold a batch as one array.
        Index::All if writer.write_shapes().contains(&WriteShape::Any) => return Ok(Plan::One(Index::All)),
        // The writer will refuse the second image and say why.
        Index::All if asked => return Ok(Plan::Frames),
        Index::All => Plan::One(Index::At(0)),
        index => Plan::One(index),
    };
    if args.how.index == Index::Auto
        && let Some(n) = reader.count()?.filter(|n| *n > 1)
    {
        let advice = if writer.can_write_multi() { "`--index all` writes every one" } else { "choose with --index" };
        failure::note(&format!("{} holds {n} images, image 0 is written; {advice}", reader.name()));
    }
    Ok(plan)
}

/// What is stored with the file as a whole and with its first image.
fn file_metadata(reader: &mut Reader<'_>, plan: &Plan) -> imageio::Result<Metadata> {
    match plan {
        Plan::One(index) => reader.metadata(*index),
        Plan::Frames => {
            let mut metadata = reader.metadata(Index::All)?;
            metadata.merge(reader.metadata(Index::At(0))?);
            Ok(metadata)
        }
    }
}

fn read_one(reader: &mut Reader<'_>, index: Index, options: Option<&Options>) -> imageio::Result<NdImage> {
    match options {
        Some(options) => reader.read_with(index, options.clone()),
        None => reader.read(index),
    }
}

fn copy_frames(
    reader: &mut Reader<'_>,
    writer: &mut Writer<'_>,
    args: &Convert,
    options: Option<&Options>,
) -> Outcome<()> {
    let count = reader.count()?;
    if let Some(n) = count {
        writer.expect_images(n);
    }
    let mut bar = FrameBar::new(count);
    for k in 0..count.unwrap_or(usize::MAX) {
        let image = match read_one(reader, Index::At(k), options) {
            Err(e) if count.is_none() && k > 0 && e.kind() == ErrorKind::IndexOutOfRange => break,
            image => image?,
        };
        // Image 0 has the metadata of the file beside its own, from when the writer was opened.
        if !args.no_metadata && k > 0 {
            writer.set_metadata(&reader.metadata(Index::At(k))?);
        }
        writer.write(&fitted(image, args)?)?;
        bar.step();
    }
    Ok(())
}

fn fitted(image: NdImage, args: &Convert) -> imageio::Result<NdImage> {
    let how = match args.fit {
        Fit::Scale => Cast::Scale,
        Fit::Clip => Cast::Clip,
        Fit::Exact => Cast::Exact,
    };
    match args.dtype {
        Some(dtype) if dtype != image.dtype() => cast(&image, dtype, how),
        _ => Ok(image),
    }
}

fn cast(image: &NdImage, dtype: Dtype, how: Cast) -> imageio::Result<NdImage> {
    dispatch!(dtype, T => Ok(NdImage::from(image.cast::<T>(how)?)))
}
