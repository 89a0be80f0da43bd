//! A file to which images are added.

use std::fs::File;
use std::io::{Seek, SeekFrom};

use imageio_core::{Error, Request, Result};

use crate::chain::Chain;
use crate::encode::ifd::Format;
use crate::ifd::{Tiff, Window};
use crate::page::Page;
use crate::series::{descriptions, is_imagej, is_ome, is_shaped};

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
        if texts.first().is_some_and(|t| is_ome(t)) || texts.iter().any(|t| is_imagej(t)) {
            return Err(Error::unsupported(
                "adding to a file of ImageJ or OME, whose description is of the whole file",
            )
            .with_hint("read its arrays and write them together with the new ones"));
        }
        let format = Format { endian: tiff.header.endian, big: tiff.header.big };
        file.rewind()?;
        Ok(Some(Existing { file, format, link, is_shaped: texts.iter().any(|t| is_shaped(t)) }))
    }
}
