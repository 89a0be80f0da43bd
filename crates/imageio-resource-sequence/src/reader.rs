//! Reading: one file is one image, each through its own plugin.

use std::sync::Arc;

use imageio_core::{
    Error, ErrorKind, ImageProperties, ImageReader, ImageResource, Index, Limits, Metadata, Options, QueryCx, ReadCx,
    ReadOptions, Reader, Result, Value, dispatch,
};

pub(crate) struct SequenceReader<'r> {
    parts: Vec<(String, Arc<dyn ImageResource + 'r>)>,
    /// The file that was used last.
    open: Option<Opened<'r>>,
    /// Shape and dtype of the first file, once they are known.
    first: Option<ImageProperties>,
    notes: Vec<String>,
}

struct Opened<'r> {
    k: usize,
    options: Options,
    limits: Limits,
    reader: Reader<'r>,
}

impl<'r> SequenceReader<'r> {
    pub(crate) fn new(parts: Vec<(String, Arc<dyn ImageResource + 'r>)>, notes: Vec<String>) -> Self {
        SequenceReader { parts, open: None, first: None, notes }
    }

    /// The reader of file `k`; options and limits are those of the call.
    fn part(&mut self, cx: &QueryCx<'_>) -> Result<&mut Reader<'r>> {
        let k = cx.index();
        let Some((_, resource)) = self.parts.get(k) else {
            return Err(Error::index_out_of_range(k, Some(self.parts.len())));
        };
        let fits = |o: &Opened<'_>| o.k == k && o.options == *cx.options() && o.limits == *cx.limits();
        if !self.open.as_ref().is_some_and(fits) {
            let (options, limits) = (cx.options().clone(), cx.limits().clone());
            // What was applied to pixels is hidden, or not, by whoever asked for the sequence.
            let how = ReadOptions::new().with(options.clone()).limits(limits.clone()).exclude_applied(false);
            let reader = Reader::open_with(Arc::clone(resource), &how)?;
            for note in reader.notes() {
                if !self.notes.contains(&note) {
                    self.notes.push(note);
                }
            }
            self.open = Some(Opened { k, options, limits, reader });
        }
        match &mut self.open {
            Some(open) => Ok(&mut open.reader),
            None => Err(Error::new(ErrorKind::Backend, "the file was not opened")),
        }
    }

    /// Says which file does not fit among the others.
    fn explain(&self, e: Error, k: usize, props: &ImageProperties) -> Error {
        let (Some(first), Some((name, _)), Some((first_name, _))) =
            (&self.first, self.parts.get(k), self.parts.first())
        else {
            return e;
        };
        if e.kind() != ErrorKind::Mismatch || (first.shape == props.shape && first.dtype == props.dtype) {
            return e;
        }
        Error::mismatch(format!(
            "the files can't be stacked: `{first_name}` is {} {:?}, `{name}` is {} {:?}",
            first.dtype, first.shape, props.dtype, props.shape
        ))
        .with_hint("read them one by one with imiter or an index")
    }
}

impl ImageReader for SequenceReader<'_> {
    fn properties(&mut self, cx: &QueryCx<'_>) -> Result<ImageProperties> {
        let n = self.parts.len();
        let mut properties = self.part(cx)?.properties(Index::Auto)?.with_n_images(n);
        // Of the file's own images, if it has several, the sequence knows nothing.
        properties.is_batch = false;
        if cx.index() == 0 {
            self.first = Some(properties.clone());
        }
        Ok(properties)
    }

    fn read_frame(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        let query = cx.query();
        let properties = self.properties(&query)?;
        let shape = properties.shape.as_slice();
        if let Err(e) = cx.sink().check(properties.dtype, shape) {
            return Err(self.explain(e, query.index(), &properties));
        }
        let reader = self.part(&query)?;
        // Straight into the memory that the caller gets.
        dispatch!(properties.dtype, T => {
            let view = cx.sink().array::<T>(shape)?;
            reader.read_into(Index::Auto, view)
        })
    }

    fn metadata(&mut self, cx: &QueryCx<'_>) -> Result<Metadata> {
        if !cx.whole() {
            return self.part(cx)?.metadata(Index::Auto);
        }
        let mut metadata = Metadata::new();
        metadata.insert("files", Value::List(self.parts.iter().map(|(name, _)| Value::Str(name.clone())).collect()));
        Ok(metadata)
    }

    fn default_index(&self) -> Index {
        Index::All
    }

    fn count(&mut self, _cx: &QueryCx<'_>) -> Result<Option<usize>> {
        Ok(Some(self.parts.len()))
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}
