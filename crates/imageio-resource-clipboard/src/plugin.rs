//! Reading and writing the picture in the clipboard.

use imageio_core::{
    Dtype, Error, ImageProperties, ImageReader, ImageWriter, Plugin, QueryCx, ReadCx, Request, Result, WriteCx,
};

use crate::board;

pub(crate) struct ClipboardPlugin;

impl Plugin for ClipboardPlugin {
    /// What is in the clipboard now; a later read gives the same.
    fn open_reader<'r>(&self, _request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        let image = board::get()?;
        Ok(Box::new(ClipboardReader { width: image.width, height: image.height, rgba: image.bytes.into_owned() }))
    }

    fn open_writer(&self, _request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
        Ok(Box::new(ClipboardWriter { picture: None }))
    }
}

struct ClipboardReader {
    width: usize,
    height: usize,
    rgba: Vec<u8>,
}

impl ImageReader for ClipboardReader {
    fn properties(&mut self, cx: &QueryCx<'_>) -> Result<ImageProperties> {
        match cx.index() {
            0 => Ok(ImageProperties::picture(Dtype::U8, self.height, self.width, "RGBA").with_n_images(1)),
            k => Err(Error::index_out_of_range(k, Some(1))),
        }
    }

    fn read_frame(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        self.properties(&cx.query())?;
        cx.sink().slice::<u8>(&[self.height, self.width, 4])?.copy_from_slice(&self.rgba);
        Ok(())
    }
}

struct ClipboardWriter {
    /// Width, height and RGBA.
    picture: Option<(usize, usize, Vec<u8>)>,
}

impl ImageWriter for ClipboardWriter {
    fn write_frame(&mut self, cx: &WriteCx<'_>) -> Result<()> {
        let (height, width, channels) = match *cx.image().shape() {
            [height, width] => (height, width, 1),
            [height, width, channels @ 1..=4] => (height, width, channels),
            ref other => {
                return Err(Error::mismatch(format!(
                    "the clipboard takes a picture of 1 to 4 channels, not {other:?}"
                )));
            }
        };
        if height == 0 || width == 0 {
            return Err(Error::mismatch("the picture is empty"));
        }
        let pixels = cx.elements::<u8>()?;
        let rgba = match channels {
            4 => pixels.into_owned(),
            1 => pixels.iter().flat_map(|&l| [l, l, l, u8::MAX]).collect(),
            2 => pixels.chunks_exact(2).flat_map(|p| [p[0], p[0], p[0], p[1]]).collect(),
            _ => pixels.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], u8::MAX]).collect(),
        };
        self.picture = Some((width, height, rgba));
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        match self.picture {
            Some((width, height, rgba)) => board::set(width, height, rgba),
            None => Ok(()),
        }
    }
}
