//! A format of your own: a plugin that reads and writes matrices as text, in one file.
//!
//! ```text
//! MATRIX 2 3
//! 0 1 2
//! 3 4 5
//! ```
//!
//! `cargo run --example custom_plugin`
// An example shows what it finds.
#![allow(clippy::print_stdout)]

use std::io::{BufRead, Read, Write};

use imageio::ndarray::{Array2, array};
use imageio::resource::Sink;
use imageio::v3 as iio;
use imageio::{
    Capabilities, Dtype, Error, ImageProperties, ImageReader, ImageWriter, Magic, Plugin, PluginDescriptor, QueryCx,
    ReadCx, ReadSeek, Request, Result, WriteCx, WriteOptions, WriteShape,
};

imageio::plugin_options! {
    /// How a matrix is written.
    pub struct MatrixOptions in Write {
        /// Text between two numbers.
        separator: String = " ".to_owned(),
    }
}

/// What there is to know about the plugin without opening a file.
pub static DESCRIPTOR: PluginDescriptor = PluginDescriptor::new("matrix", &Matrix)
    .name("Matrix as text")
    .extensions(&["mat.txt"])
    .magic(&[Magic::new(0, b"MATRIX ")])
    .capabilities(Capabilities::READ.write().lossless())
    .writes(&[Dtype::I64], &[WriteShape::Gray])
    .options(&[MatrixOptions::SPECS]);

// Every program that links this crate has the plugin.
imageio::submit_plugin!(DESCRIPTOR);

struct Matrix;

impl Plugin for Matrix {
    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        let mut stream = request.stream()?;
        // The header has an end even if the file has none.
        let mut line = String::new();
        stream.by_ref().take(64).read_line(&mut line)?;
        let Some(sizes) = line.strip_prefix("MATRIX ") else {
            return Err(Error::declined("no MATRIX line"));
        };
        let mut sizes = sizes.split_whitespace().map(str::parse);
        match (sizes.next(), sizes.next()) {
            (Some(Ok(height)), Some(Ok(width))) => {
                Ok(Box::new(MatrixReader { start: line.len() as u64, stream, shape: [height, width] }))
            }
            _ => Err(Error::malformed("the MATRIX line has no two sizes").with("offset", 7)),
        }
    }

    fn open_writer(&self, request: &mut dyn Request<'_>) -> Result<Box<dyn ImageWriter>> {
        Ok(Box::new(MatrixWriter { sink: request.sink()? }))
    }
}

struct MatrixReader<'r> {
    stream: Box<dyn ReadSeek + 'r>,
    start: u64,
    shape: [usize; 2],
}

impl ImageReader for MatrixReader<'_> {
    fn properties(&mut self, cx: &QueryCx<'_>) -> Result<ImageProperties> {
        if cx.index() > 0 {
            return Err(Error::index_out_of_range(cx.index(), Some(1)));
        }
        Ok(ImageProperties::new(Dtype::I64, self.shape).with_n_images(1))
    }

    fn read_frame(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        self.properties(&cx.query())?;
        // Memory comes from the sink, which holds the size against the caller's limits.
        let pixels = cx.sink().slice::<i64>(&self.shape)?;
        self.stream.seek(std::io::SeekFrom::Start(self.start))?;
        let mut text = String::new();
        self.stream.read_to_string(&mut text)?;
        let mut words = text.split(|c: char| !c.is_ascii_digit() && c != '-').filter(|word| !word.is_empty());
        for (i, pixel) in pixels.iter_mut().enumerate() {
            let word = words.next().ok_or_else(|| Error::malformed(format!("the numbers end after {i}")))?;
            *pixel = word.parse().map_err(|e| Error::malformed(format!("`{word}` is no number")).with_source(e))?;
        }
        Ok(())
    }
}

struct MatrixWriter {
    sink: Sink,
}

impl ImageWriter for MatrixWriter {
    fn write_frame(&mut self, cx: &WriteCx<'_>) -> Result<()> {
        let options = MatrixOptions::parse(cx.options())?;
        let &[height, width] = cx.image().shape() else {
            return Err(Error::mismatch("a matrix has two axes"));
        };
        writeln!(self.sink, "MATRIX {height} {width}")?;
        for row in cx.elements::<i64>()?.chunks(width.max(1)) {
            let row: Vec<String> = row.iter().map(i64::to_string).collect();
            writeln!(self.sink, "{}", row.join(&options.separator))?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

pub(crate) fn main() -> Result<()> {
    let matrix = array![[0i64, 1, 2], [3, 4, -5]];
    let options = WriteOptions::new().extension(".mat.txt").set("separator", ", ");
    let file = iio::imwrite_with("<bytes>", &matrix, &options)?.unwrap_or_default();
    print!("{}", String::from_utf8_lossy(&file));

    // Recognised by its first bytes, read as any other image.
    let back: Array2<i64> = iio::imread(&file)?.try_into()?;
    assert_eq!(back, matrix);

    // Damage is an error that says where, with the plugin's name put in by the library.
    if let Err(e) = iio::imread(&file[..16]) {
        println!("{e}");
    }
    Ok(())
}
