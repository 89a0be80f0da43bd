use imageio_core::resource::Ahead;
use imageio_core::{
    Error, ErrorKind, ImageProperties, ImageReader, Metadata, QueryCx, ReadCx, ReadSeek, Request, Result, Value,
};
use imageio_npy::{Header, read_data};

use crate::archive::{Entry, entries};
use crate::member::{Member, check_size};
use crate::options::NpzOpenOptions;
use crate::zip::STORED;

/// What arrays are called in the archive, behind their names.
const SUFFIX: &str = ".npy";

/// The arrays of one archive, in its order.
pub(crate) struct NpzReader<'r> {
    stream: Box<dyn ReadSeek + 'r>,
    ahead: Ahead,
    arrays: Vec<Array>,
    /// Files that are no arrays.
    others: usize,
}

struct Array {
    entry: Entry,
    /// Read when it is first needed.
    header: Option<Header>,
}

impl<'r> NpzReader<'r> {
    pub(crate) fn open(request: &mut dyn Request<'r>, options: NpzOpenOptions) -> Result<Self> {
        let mut stream = request.stream()?;
        let all = entries(&mut stream, &request.ahead(), request.limits())?;
        let files = all.len();
        let mut arrays: Vec<Array> = all
            .into_iter()
            .filter(|entry| entry.name.ends_with(SUFFIX))
            .map(|entry| Array { entry, header: None })
            .collect();
        if arrays.is_empty() && files > 0 && request.extension() != Some("npz") {
            return Err(Error::declined("a ZIP archive without arrays"));
        }
        let others = files - arrays.len();
        if let Some(name) = options.name {
            let names: Vec<&str> = arrays.iter().map(|array| array.name()).collect();
            let Some(at) = names.iter().position(|n| *n == name || format!("{n}{SUFFIX}") == name) else {
                return Err(Error::new(ErrorKind::InvalidOption, format!("there is no array `{name}` in the archive"))
                    .with("option", "name")
                    .with_hint(format!("its arrays are {}", names.join(", "))));
            };
            arrays = vec![arrays.swap_remove(at)];
        }
        Ok(NpzReader { stream, ahead: request.ahead(), arrays, others })
    }

    fn array(&self, index: usize) -> Result<&Array> {
        self.arrays.get(index).ok_or_else(|| Error::index_out_of_range(index, Some(self.arrays.len())))
    }

    fn header(&mut self, index: usize, cx: &QueryCx<'_>) -> Result<Header> {
        let array = self.array(index)?;
        if let Some(header) = &array.header {
            return Ok(header.clone());
        }
        let entry = array.entry.clone();
        let mut member = Member::open(&mut self.stream, &entry)?;
        let header = Header::read(&mut member, cx.limits()).map_err(|e| e.with("name", &entry.name))?;
        if let Some(array) = self.arrays.get_mut(index) {
            array.header = Some(header.clone());
        }
        Ok(header)
    }
}

impl Array {
    fn name(&self) -> &str {
        self.entry.name.strip_suffix(SUFFIX).unwrap_or(&self.entry.name)
    }
}

impl ImageReader for NpzReader<'_> {
    fn properties(&mut self, cx: &QueryCx<'_>) -> Result<ImageProperties> {
        let header = self.header(cx.index(), cx)?;
        Ok(ImageProperties::new(header.dtype, header.shape).with_n_images(self.arrays.len()))
    }

    fn count(&mut self, _cx: &QueryCx<'_>) -> Result<Option<usize>> {
        Ok(Some(self.arrays.len()))
    }

    fn read_frame(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        let entry = self.array(cx.index())?.entry.clone();
        self.ahead.announce(entry.extent());
        let mut member = Member::open(&mut self.stream, &entry)?;
        let named = |e: Error| e.with("name", &entry.name);
        let header = Header::read(&mut member, cx.limits()).map_err(named)?;
        if let Some(needed) = header.data_len() {
            check_size(&entry, needed.saturating_add(header.len as u64))?;
        }
        let signals = cx.signals();
        read_data(&header, &mut member, cx.sink(), || signals.check_cancelled()).map_err(named)?;
        member.verify(&entry)
    }

    fn metadata(&mut self, cx: &QueryCx<'_>) -> Result<Metadata> {
        let mut meta = Metadata::new();
        if cx.whole() || (cx.index() == 0 && self.arrays.is_empty()) {
            let names = self.arrays.iter().map(|array| Value::from(array.name())).collect();
            meta.insert("names", Value::List(names));
            return Ok(meta);
        }
        let header = self.header(cx.index(), cx)?;
        let array = self.array(cx.index())?;
        meta.insert("name", array.name());
        meta.insert("descr", header.descr);
        meta.insert("fortran_order", header.fortran_order);
        let (major, minor) = header.version;
        meta.insert("version", format!("{major}.{minor}"));
        meta.insert("compression", if array.entry.method == STORED { "stored" } else { "deflate" });
        Ok(meta)
    }

    fn notes(&self) -> Vec<String> {
        match self.others {
            0 => Vec::new(),
            n => vec![format!("{n} files in the archive are no arrays and were left out")],
        }
    }
}
