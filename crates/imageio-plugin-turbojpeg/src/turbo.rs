//! libjpeg-turbo as the codec.

use imageio_plugin_jpeg::Subsampling;
use imageio_plugin_jpeg::backend::{Backend, Coded, ToCode};
use turbojpeg::{Compressor, Decompressor, Image, PixelFormat, Subsamp};

/// The library, called with its defaults.
pub(crate) struct Turbo;

/// As many scans as the plugin `jpeg` takes.
const MAX_SCANS: u32 = 1000;

fn format(channels: usize) -> PixelFormat {
    if channels == 1 { PixelFormat::GRAY } else { PixelFormat::RGB }
}

impl Backend for Turbo {
    fn decode(&self, image: &Coded<'_>, out: &mut [u8]) -> bool {
        let Coded { data, height, width, channels, .. } = *image;
        let decode = || -> turbojpeg::Result<()> {
            let mut decompressor = Decompressor::new()?;
            decompressor.set_scan_limit(MAX_SCANS)?;
            let output = Image { pixels: out, width, pitch: width * channels, height, format: format(channels) };
            decompressor.decompress(data, output)
        };
        decode().is_ok()
    }

    fn encode(&self, image: &ToCode<'_>) -> Option<Vec<u8>> {
        let ToCode { samples, height, width, channels, options, .. } = *image;
        if options.restart_interval > 0 || options.keep_rgb {
            return None;
        }
        let subsampling = match (channels, options.subsampling) {
            (1, _) => Subsamp::Gray,
            (_, Subsampling::S444) => Subsamp::None,
            (_, Subsampling::S422) => Subsamp::Sub2x1,
            (_, Subsampling::S420) => Subsamp::Sub2x2,
            (_, Subsampling::S440) => Subsamp::Sub1x2,
            (_, Subsampling::S411) => Subsamp::Sub4x1,
            _ => return None,
        };
        let encode = || -> turbojpeg::Result<Vec<u8>> {
            let mut compressor = Compressor::new()?;
            compressor.set_quality(i32::from(options.quality).max(1))?;
            compressor.set_subsamp(subsampling)?;
            compressor.set_optimize(options.optimize)?;
            compressor.set_progressive(options.progressive)?;
            let pixels = Image { pixels: samples, width, pitch: width * channels, height, format: format(channels) };
            compressor.compress_to_vec(pixels)
        };
        encode().ok()
    }
}
