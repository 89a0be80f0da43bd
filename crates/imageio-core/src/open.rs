//! Finding the plugin for a resource and opening it: the one place where candidates are asked in turn.

use std::borrow::Cow;
use std::io::{BufRead, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use crate::call_options::{PluginChoice, ReadOptions, WriteOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::options::{CORE_READ, OptionSpec, Options, Phase};
use crate::plugin::{Capabilities, Confidence, ImageReader, PluginDescriptor};
use crate::registry::Registry;
use crate::request::{First, ReadRequest};
use crate::resource::{FileStream, ImageResource};
use crate::select::{self, Candidate, Question, SelectionReport};
use crate::{guard, known};

/// A plugin's reader and what core needs to go on with it.
pub(crate) struct Opened<'r> {
    pub descriptor: &'static PluginDescriptor,
    pub reader: Box<dyn ImageReader + 'r>,
    pub notes: Vec<String>,
    /// Length of the resource, if it came along with opening it.
    pub size: Option<u64>,
}

/// Finds and opens the reader for a resource.
pub(crate) fn open<'r>(resource: &Arc<dyn ImageResource + 'r>, options: &ReadOptions) -> Result<Opened<'r>> {
    let named = |e: Error| e.with("resource", resource.name());
    let registry = options.registry.unwrap_or(Registry::global());
    let plugins = registry.unsorted();
    let file_name = effective_name(resource.file_name(), options.extension.as_deref());
    let extension = file_name.as_deref().and_then(|name| select::longest_extension(&plugins, name));
    let chosen = match &options.plugin {
        Some(choice) => Some(choose(choice, &plugins).map_err(named)?),
        None => resource.plugin(),
    };

    // A plugin that asks for no bytes gets none: a directory has none.
    let bytes_unasked = chosen.is_some_and(|d| d.abilities().contains(Capabilities::PROCEDURAL));
    let procedural = resource.is_procedural() || bytes_unasked;
    let wanted = match chosen {
        Some(descriptor) => descriptor.wanted_bytes(),
        None => plugins.iter().map(|d| d.wanted_bytes()).max().unwrap_or(256),
    };
    let (head, mut first) = match procedural {
        true => (Vec::new(), None),
        false => {
            read_head(resource, wanted, &options.limits).map(|(head, first)| (head, Some(first))).map_err(named)?
        }
    };
    let size = match &first {
        Some(First::File(stream)) => Some(stream.len()),
        _ => None,
    };

    let mut attempt = |descriptor: &'static PluginDescriptor| -> Result<Box<dyn ImageReader + 'r>> {
        check_read_options(descriptor, &options.options)?;
        let open_options = plugin_options(descriptor, &options.options, &[Phase::Open]);
        let mut request = ReadRequest {
            resource: Arc::clone(resource),
            first: first.take(),
            size,
            head: &head,
            extension,
            limits: &options.limits,
            options: &open_options,
        };
        let (result, _) = guard::call(|| descriptor.plugin().open_reader(&mut request));
        // A plugin that declined without reading leaves the stream to the next one.
        first = request.first.take();
        result.map_err(|e| e.with("plugin", descriptor.id()))
    };

    if let Some(descriptor) = chosen {
        let reader = attempt(descriptor).map_err(named)?;
        return Ok(Opened { descriptor, reader, notes: Vec::new(), size });
    }

    let preferences = extension.map_or_else(Vec::new, |e| registry.preferences(e));
    let name = resource.name();
    let question =
        Question { head: &head, file_name: file_name.as_deref(), name: &name, preferences: &preferences, procedural };
    let candidates = select::readers(&plugins, &question);
    let mut report = SelectionReport::default();
    let mut remembered: Option<Error> = None;
    for candidate in &candidates {
        let e = match attempt(candidate.descriptor) {
            Ok(reader) => {
                let notes = missing_plugin_note(&plugins, candidate.descriptor, extension);
                return Ok(Opened { descriptor: candidate.descriptor, reader, notes, size });
            }
            Err(e) => e,
        };
        match e.kind() {
            ErrorKind::Declined => report.add(candidate, e.message()),
            _ if is_final(candidate, &e) => return Err(named(with_report(e, report))),
            _ => {
                report.add(candidate, &e);
                remembered.get_or_insert(e);
            }
        }
    }
    match remembered {
        Some(e) if candidates.len() == 1 => Err(named(e)),
        Some(e) => Err(named(with_report(e, report))),
        None => Err(named(unrecognized(&plugins, extension, &head, procedural, report))),
    }
}

/// Above `Magic` the file is the plugin's own, so its word counts; so does a refusal that others would share.
fn is_final(candidate: &Candidate, e: &Error) -> bool {
    candidate.confidence >= Confidence::Magic
        || matches!(
            e.kind(),
            ErrorKind::UnknownOption | ErrorKind::InvalidOption | ErrorKind::NotFound | ErrorKind::Cancelled
        )
}

fn with_report(e: Error, report: SelectionReport) -> Error {
    if report.is_empty() { e } else { e.with_report(report) }
}

/// A local file header of a ZIP archive (APPNOTE 4.3.7), and the end of one without members (4.3.16).
const ZIP: &[&[u8]] = &[b"PK\x03\x04", b"PK\x05\x06"];

fn unrecognized(
    plugins: &[&'static PluginDescriptor],
    extension: Option<&str>,
    head: &[u8],
    procedural: bool,
    report: SelectionReport,
) -> Error {
    if plugins.is_empty() {
        return Error::new(ErrorKind::Unrecognized, "no plugin is registered").with_hint(
            "call through the `imageio` crate with features on, or call `imageio::install()`, \
             or register plugins with `Registry::global().register(…)`",
        );
    }
    let missing = extension.filter(|e| !plugins.iter().any(|d| d.extension_list().contains(e)));
    let hint = missing.and_then(known::hint);
    let (kind, message) = match (&hint, procedural, head.is_empty()) {
        (_, true, _) => (ErrorKind::Unrecognized, "no plugin opens this kind of place"),
        (_, _, true) => (ErrorKind::Malformed, "the resource is empty"),
        (Some(_), ..) => (ErrorKind::PluginMissing, "no plugin in this build opens it"),
        (None, ..) => (ErrorKind::Unrecognized, "no plugin recognises the content"),
    };
    let mut e = Error::new(kind, message);
    if let Some(extension) = extension {
        e = e.with("extension", extension);
    }
    if let Some(hint) = hint {
        e = e.with_hint(hint);
    } else if procedural {
        e = e.with_hint(
            "`<screen>` is opened by feature `screen`, `<clipboard>` by `clipboard`, cameras (`<video0>`) by `ffmpeg`",
        );
    } else if ZIP.iter().any(|front| head.starts_with(front)) {
        e = e
            .with_hint("it is a ZIP archive: name the member to read, as in `archive.zip/picture.png` (feature `zip`)");
    } else if is_web_page(head) {
        e = e.with_hint("it is a web page (HTML): the address of the picture itself is needed, or a login");
    } else if !head.is_empty() {
        e = e.with_hint("name a plugin with ReadOptions::plugin, or an extension with ReadOptions::extension");
    }
    with_report(e, report)
}

/// What servers send in place of a picture: a page about it, a login, an error.
fn is_web_page(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let begins = |with: &[u8]| text.get(..with.len()).is_some_and(|t| t.eq_ignore_ascii_case(with));
    begins(b"<!doctype html") || begins(b"<html") || begins(b"<head")
}

/// The case that gives a thumbnail instead of a photograph: say that another plugin would know better.
fn missing_plugin_note(
    plugins: &[&'static PluginDescriptor],
    opened: &PluginDescriptor,
    extension: Option<&str>,
) -> Vec<String> {
    let Some(extension) = extension else { return Vec::new() };
    if opened.extension_list().contains(&extension) || plugins.iter().any(|d| d.extension_list().contains(&extension)) {
        return Vec::new();
    }
    let Some(hint) = known::hint(extension) else { return Vec::new() };
    let note = format!("opened by plugin `{}` although {hint}", opened.id());
    log::warn!("{note}");
    vec![note]
}

/// The first bytes and a stream that still stands at 0.
fn read_head<'r>(
    resource: &Arc<dyn ImageResource + 'r>,
    wanted: usize,
    limits: &Limits,
) -> Result<(Vec<u8>, First<'r>)> {
    if let Some((file, len)) = resource.open_file()? {
        let mut stream = FileStream::new(file, len);
        return Ok((stream.head(wanted)?.to_vec(), First::File(stream)));
    }
    let mut stream = Arc::clone(resource).open_read_within(limits)?;
    let buffered = stream.fill_buf()?;
    if buffered.len() >= wanted || buffered.is_empty() {
        return Ok((buffered[..wanted.min(buffered.len())].to_vec(), First::Stream(stream)));
    }
    let mut head = Vec::with_capacity(wanted);
    stream.by_ref().take(wanted as u64).read_to_end(&mut head)?;
    stream.seek(SeekFrom::Start(0))?;
    Ok((head, First::Stream(stream)))
}

/// The file name in lower case, under the extension that the user gave if there is one.
pub(crate) fn effective_name(file_name: Option<Cow<'_, str>>, extension: Option<&str>) -> Option<String> {
    match (file_name, extension) {
        (name, Some(extension)) => {
            let stem = name.map_or_else(|| "image".to_owned(), |n| n.to_ascii_lowercase());
            Some(format!("{stem}.{extension}"))
        }
        (Some(name), None) => Some(name.to_ascii_lowercase()),
        (None, None) => None,
    }
}

fn choose(choice: &PluginChoice, plugins: &[&'static PluginDescriptor]) -> Result<&'static PluginDescriptor> {
    match choice {
        PluginChoice::Descriptor(descriptor) => Ok(descriptor),
        PluginChoice::Id(id) => plugins.iter().copied().find(|d| d.id() == id.as_ref()).ok_or_else(|| {
            let e = Error::new(ErrorKind::PluginMissing, format!("there is no plugin `{id}` in this build"));
            let mut ids: Vec<&str> = plugins.iter().map(|d| d.id()).collect();
            ids.sort_unstable();
            let advice = crate::options::nearest_name(id, ids.iter().copied())
                .map_or_else(String::new, |near| format!("did you mean `{near}`? "));
            e.with_hint(format!("{advice}registered: {}", ids.join(", ")))
        }),
    }
}

/// Refuses options that neither the plugin nor core knows, for opening and reading.
pub(crate) fn check_read_options(descriptor: &PluginDescriptor, options: &Options) -> Result<()> {
    if options.is_empty() || descriptor.abilities().contains(Capabilities::FORWARDS) {
        return Ok(());
    }
    let mut specs: Vec<&[OptionSpec]> = descriptor.option_specs().to_vec();
    specs.push(CORE_READ);
    options.check(&specs, &[Phase::Open, Phase::Read], descriptor.id())
}

/// The options that a plugin gets in these phases.
pub(crate) fn plugin_options(descriptor: &PluginDescriptor, options: &Options, phases: &[Phase]) -> Options {
    if options.is_empty() || descriptor.abilities().contains(Capabilities::FORWARDS) {
        return options.clone();
    }
    options.only(descriptor.option_specs(), phases)
}

/// Finds the writer for a target name.
pub(crate) fn find_writer(
    name: &str,
    file_name: Option<&str>,
    options: &WriteOptions,
) -> Result<&'static PluginDescriptor> {
    let registry = options.registry.unwrap_or(Registry::global());
    let plugins = registry.unsorted();
    if let Some(choice) = &options.plugin {
        let descriptor = choose(choice, &plugins).map_err(|e| e.with("resource", name))?;
        if !descriptor.can_write() {
            return Err(
                Error::unsupported(format!("plugin `{}` does not write", descriptor.id())).with("resource", name)
            );
        }
        return Ok(descriptor);
    }
    let extension = file_name.and_then(|f| select::longest_extension(&plugins, f));
    let preferences = extension.map_or_else(Vec::new, |e| registry.preferences(e));
    if let Some(descriptor) = select::writers(&plugins, file_name, &preferences).first() {
        return Ok(descriptor);
    }
    if extension.is_none() && !name.is_empty() && Path::new(name).is_dir() {
        return Err(Error::unsupported("the target is a directory")
            .with("resource", name)
            .with_hint("name a file inside it, with the extension of its format"));
    }
    Err(no_writer(&plugins, extension).with("resource", name))
}

fn no_writer(plugins: &[&'static PluginDescriptor], extension: Option<&str>) -> Error {
    let mut possible: Vec<String> = plugins
        .iter()
        .filter(|d| d.can_write())
        .flat_map(|d| d.extension_list().iter().map(|e| format!(".{e}")))
        .collect();
    possible.sort_unstable();
    possible.dedup();
    let possible = format!("can be written: {}", possible.join(" "));
    let Some(extension) = extension else {
        return Error::new(ErrorKind::Unrecognized, "the target has no extension to choose a format by")
            .with_hint(format!("give one with WriteOptions::extension; {possible}"));
    };
    let reads_only = plugins.iter().find(|d| d.extension_list().contains(&extension));
    if let Some(descriptor) = reads_only {
        return Error::unsupported(format!("plugin `{}` reads `.{extension}` but does not write it", descriptor.id()))
            .with_hint(possible);
    }
    let missing = known::known(extension).filter(|k| k.written).and_then(|k| k.plugin);
    match missing {
        Some(plugin) => Error::new(ErrorKind::PluginMissing, format!("no plugin in this build writes `.{extension}`"))
            .with_hint(format!("enable feature `{plugin}`; {possible}")),
        None => Error::new(ErrorKind::Unrecognized, format!("no plugin writes `.{extension}`")).with_hint(possible),
    }
}
