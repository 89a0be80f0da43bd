use imageio_core::{Confidence, Error, ImageReader, ImageWriter, Plugin, Probe, Request, Result};

use crate::header;
use crate::reader::PnmReader;
use crate::writer::PnmWriter;

/// The factory of readers and writers.
pub(crate) struct Pnm;

impl Plugin for Pnm {
    fn probe(&self, input: &Probe<'_>) -> Option<Confidence> {
        let named = input.extension().is_some_and(|e| matches!(e, "pnm" | "pbm" | "pgm" | "ppm" | "pam" | "pfm"));
        Some(match header::is_ours(input.head()) {
            true => Confidence::Magic,
            false if named => Confidence::Extension,
            false => Confidence::No,
        })
    }

    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        if !header::is_ours(request.head()) {
            return Err(Error::declined("no Netpbm signature"));
        }
        Ok(Box::new(PnmReader::open(request)?))
    }

    fn open_writer(&self, request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
        let extension = request.extension().map(str::to_owned);
        Ok(Box::new(PnmWriter::new(request.sink()?, extension)))
    }
}
