//! A file to which images are added.

use std::fs::File;
use std::io::{Seek, SeekFrom};

use imageio_core::{Error, Request, Result};

use crate::chain::Chain;
use crate::encode::ifd::Format;
use crate::ifd::{Tiff, Window};
use crate::page::Page;
use crate::series::{Series, descriptions, group, is_imagej, is_ome, is_shaped};
use crate::tags::tag;

/// What has to be known of a file to add to it.
pub(crate) struct Existing {
    pub file: File,
    pub format: Format,
    /// Where the offset of the next directory is to be put.
    pub link: u64,
    /// Its arrays are described by their shapes.
    pub is_shaped: bool,
}

impl Existing {
    /// The target's content; `None` if there is nothing to add to.
    pub fn open(request: &mut dyn Request<'_>) -> Result<Option<Self>> {
        let Some(mut file) = request.existing()? else { return Ok(None) };
        if file.seek(SeekFrom::End(0))? == 0 {
            return Ok(None);
        }
        file.rewind()?;
        let mut tiff = Tiff::file(file.try_clone()?)?;
        let mut window = Window::default();
        tiff.recognise_ndpi(&mut window)?;
        if tiff.header.ndpi {
            return Err(Error::unsupported("adding to a slide of Hamamatsu")
                .with_hint("read its images and write them to a new file"));
        }
        let mut chain = Chain::new(tiff.header.first);
        let offsets = chain.all(&tiff, &mut window)?.to_vec();
        if let Some(why) = &chain.note {
            return Err(Error::malformed(format!("the file can't be added to: {why}")));
        }
        let link = match offsets.last() {
            Some(last) => tiff.link(*last, &mut window)?,
            None => return Err(Error::malformed("the file holds no page")),
        };
        let first = Page::read(&tiff, offsets.first().copied().unwrap_or(0), &mut window)?;
        let texts = descriptions(&tiff, &first, &mut window)?;
        let series = group(&tiff, &mut chain, &mut window, None)?.series;
        if let Some(kind) = described_as_a_whole(&first, &texts).or_else(|| ordered(&series)) {
            let what = format!("adding to a file of {kind}, whose pages make up a whole");
            return Err(Error::unsupported(what).with_hint(
                "write a file of its own, or read the arrays of this one and write them together with the new ones",
            ));
        }
        let format = Format { endian: tiff.header.endian, big: tiff.header.big };
        file.rewind()?;
        Ok(Some(Existing { file, format, link, is_shaped: texts.iter().any(|t| is_shaped(t)) }))
    }
}

/// What wrote a file whose description says which pages there are: more of them would be no part of it, or make it
/// wrong.
fn described_as_a_whole(first: &Page, texts: &[String]) -> Option<&'static str> {
    let has = |tag| first.ifd.entry(tag).is_some();
    Some(match () {
        () if texts.first().is_some_and(|t| is_ome(t)) => "OME",
        () if texts.iter().any(|t| is_imagej(t)) => "ImageJ",
        () if has(tag::CZ_LSMINFO) => "Zeiss (LSM)",
        () if has(tag::MICRO_MANAGER) => "Micro-Manager",
        () if has(tag::MM_STAMP) => "FluoView",
        () if crate::series::is_stk(first) => "MetaMorph (STK)",
        () => return None,
    })
}

/// What wrote a file whose pages are known by their order: another would be taken for one of them, or for none.
fn ordered(series: &[Series]) -> Option<&'static str> {
    series.iter().find_map(|s| {
        Some(match s.kind {
            "eer" => "electron events (EER)",
            "mdgel" => "MD Gel",
            "qpi" => "PerkinElmer (QPI)",
            "scn" => "Leica (SCN)",
            "svs" => "Aperio (SVS)",
            _ => return None,
        })
    })
}
