//! Writing a member: a new archive beside the old one, with everything else copied as it is.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use imageio_core::resource::{PathResource, Sink, Transaction, spool};
use imageio_core::{Atomic, Error, ErrorKind, ImageResource, IntoTarget, Limits, Result, Target};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::archive::{self, Directory};
use crate::member::{Member, split_archive};
use crate::{lock, name};

/// How a member is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Method {
    /// Deflated where that makes it smaller, stored where not.
    #[default]
    Auto,
    /// As it is, which lets it be read in place.
    Stored,
    /// Deflated, at a level from 1 (fast) to 9 (small).
    Deflated(u8),
}

/// A member to be written, with a say in how it is packed; as a target for the writing functions.
///
/// ```no_run
/// use imageio_resource_zip::{Method, NewMember};
/// # fn main() -> imageio_core::Result<()> {
/// # let picture = imageio_core::ndarray::Array2::<u8>::zeros((4, 4));
/// let member = NewMember::new("scans.zip", "first/001.bmp").method(Method::Deflated(9));
/// imageio_core::v3::imwrite(member, &picture)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct NewMember {
    archive: String,
    name: String,
    method: Method,
}

impl NewMember {
    /// The member `name` of an archive that a text names; it need not exist.
    pub fn new(archive: impl Into<String>, name: impl Into<String>) -> Self {
        NewMember { archive: archive.into(), name: name.into(), method: Method::Auto }
    }

    /// How it is packed.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }
}

impl<'a> IntoTarget<'a> for NewMember {
    fn into_target(self) -> Result<Target<'a>> {
        let outer = imageio_core::resource::scheme::create(&self.archive)?;
        Member::new(outer, &self.name)?.writable(self.method).into_target()
    }
}

/// Begins to write the member `inner` of the archive `outer`.
pub(crate) fn begin(outer: &Arc<dyn ImageResource>, inner: &str, method: Method, how: Atomic) -> Result<Transaction> {
    // Not while another thread replaces it: an archive in the archive may be somewhere else a moment later.
    let _turn = lock::take();
    let old = existing(outer)?;
    if let Some((within, rest)) = split_archive(inner)
        && !old.as_ref().is_some_and(|old| old.has_folder(within))
    {
        // An archive in the archive: its own write ends in a write of this one. It is stored, so that its members
        // can be read in place.
        let middle: Arc<dyn ImageResource> = Arc::new(Member::new(Arc::clone(outer), within)?.writable(Method::Stored));
        return begin(&middle, rest, method, how);
    }
    if inner.is_empty() || inner.ends_with('/') || old.as_ref().is_some_and(|old| old.has_folder(inner)) {
        return Err(Error::unsupported("the target is a folder in an archive").with_hint("name a file inside it"));
    }
    drop(old);
    // Begun now, so that a target that can't be written is told before anything is encoded.
    let whole = outer.begin_write(how)?;
    let (outer, inner) = (Arc::clone(outer), inner.to_owned());
    Ok(Transaction::in_memory(Some(Box::new(move |bytes| {
        let packed = Packed::new(bytes, method)?;
        replace(&outer, &inner, &packed, how, whole)
    }))))
}

/// The archive as it is; `None` if there is none yet. What is there and no archive is an error.
fn existing(outer: &Arc<dyn ImageResource>) -> Result<Option<Directory<'static>>> {
    if outer.size_hint() == Some(0) {
        return Ok(None);
    }
    match Directory::read(Arc::clone(outer), &Limits::default()) {
        Ok(old) => Ok(Some(old)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

/// The content as it goes into the archive.
struct Packed {
    bytes: Vec<u8>,
    method: Method,
}

impl Packed {
    fn new(bytes: Vec<u8>, method: Method) -> Result<Self> {
        let method = match method {
            Method::Auto if is_dense(&bytes)? => Method::Stored,
            Method::Auto => Method::Deflated(6),
            given => given,
        };
        Ok(Packed { bytes, method })
    }
}

/// Whether a sample of the content hardly gets smaller: formats with a compression of their own.
fn is_dense(bytes: &[u8]) -> Result<bool> {
    const SAMPLE: usize = 64 * 1024;
    let from = bytes.len().saturating_sub(SAMPLE) / 2;
    let sample = &bytes[from..bytes.len().min(from + SAMPLE)];
    // As it would be packed: the fastest level finds next to nothing in photographs.
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(sample)?;
    Ok(encoder.finish()?.len() as u64 * 100 > sample.len() as u64 * 95)
}

/// Writes the archive anew with one member added or replaced, and commits it.
fn replace(
    outer: &Arc<dyn ImageResource>,
    inner: &str,
    packed: &Packed,
    how: Atomic,
    mut whole: Transaction,
) -> Result<()> {
    let _turn = lock::take();
    let failed = |e| archive::error(e, &outer.name());
    let existed = existing(outer)?.is_some();
    // Written in place, the old content would be gone with the first byte of the new.
    let copy = match existed && how == Atomic::Never {
        true => Some(spool::spool(&mut Arc::clone(outer).open_read()?, "zip", None)?),
        false => None,
    };
    let source: Arc<dyn ImageResource> = match &copy {
        Some(copy) => Arc::new(PathResource::new(copy.to_path_buf())),
        None => Arc::clone(outer),
    };
    let mut old = if existed { Some(archive::open(&source, &Limits::default())?) } else { None };
    let mut sink = whole.sink()?;
    if let Some(old) = &old {
        copy_front(&source, old.offset(), &mut sink)?;
    }
    let mut new = ZipWriter::new(Silent::new(sink));
    let mut done = false;
    if let Some(old) = &mut old {
        new.set_raw_comment(old.comment().into()).map_err(failed)?;
        for k in 0..old.len() {
            let file = old.by_index_raw(k).map_err(failed)?;
            let same = file.name().is_ok_and(|name| name::is_safe(&name) && name::normal(&name) == inner);
            if !same {
                new.raw_copy_file(file).map_err(failed)?;
            } else if !done {
                done = true;
                drop(file);
                add(&mut new, inner, packed).map_err(failed)?;
            }
        }
    }
    if !done {
        add(&mut new, inner, packed).map_err(failed)?;
    }
    // The sink must be back before the commit, and the old file closed before it is replaced.
    let sink = new.finish().map_err(failed)?;
    if sink.failed {
        return Err(failed(io::Error::other("a part of the archive could not be written").into()));
    }
    drop((sink, old));
    whole.commit().map(|_| ())
}

/// A writer that takes everything once something failed. A `ZipWriter` that is dropped after an error tries to finish
/// the archive, and tells standard error if that does not work either.
struct Silent<W> {
    inner: W,
    failed: bool,
    /// Where it stands and where it ends, as if nothing had failed: the `ZipWriter` counts on that.
    at: u64,
    end: u64,
}

impl<W> Silent<W> {
    fn new(inner: W) -> Self {
        Silent { inner, failed: false, at: 0, end: 0 }
    }

    fn noted<T>(&mut self, done: io::Result<T>) -> io::Result<T> {
        self.failed |= done.as_ref().is_err_and(|e| e.kind() != io::ErrorKind::Interrupted);
        done
    }

    fn moved(&mut self, to: u64) -> u64 {
        (self.at, self.end) = (to, self.end.max(to));
        to
    }
}

impl<W: Write> Write for Silent<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let done = if self.failed { Ok(buf.len()) } else { self.inner.write(buf) };
        let n = self.noted(done)?;
        self.moved(self.at + n as u64);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        let done = if self.failed { Ok(()) } else { self.inner.flush() };
        self.noted(done)
    }
}

impl<W: Seek> Seek for Silent<W> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let done = match (self.failed, to) {
            (false, to) => self.inner.seek(to),
            (true, SeekFrom::Start(at)) => Ok(at),
            (true, SeekFrom::Current(by)) => Ok(self.at.saturating_add_signed(by)),
            (true, SeekFrom::End(by)) => Ok(self.end.saturating_add_signed(by)),
        };
        let at = self.noted(done)?;
        Ok(self.moved(at))
    }
}

fn add(new: &mut ZipWriter<Silent<Sink>>, name: &str, packed: &Packed) -> zip::result::ZipResult<()> {
    let options = SimpleFileOptions::default()
        .last_modified_time(now())
        .large_file(packed.bytes.len() as u64 >= u64::from(u32::MAX));
    let options = match packed.method {
        Method::Deflated(level) => options
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(i64::from(level.clamp(1, 9)))),
        _ => options.compression_method(CompressionMethod::Stored),
    };
    new.start_file(name, options)?;
    new.write_all(&packed.bytes)?;
    Ok(())
}

/// What stands in front of the archive: the program of one that unpacks itself.
fn copy_front(archive: &Arc<dyn ImageResource>, len: u64, sink: &mut Sink) -> Result<()> {
    if len > 0 {
        io::copy(&mut Arc::clone(archive).open_read()?.take(len), sink)?;
    }
    Ok(())
}

/// The time as archives have it, in UTC: they know no zone (APPNOTE 4.4.6).
fn now() -> DateTime {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let (year, month, day) = date(seconds / 86_400);
    let part = |n: u64| u8::try_from(n).unwrap_or(0);
    let (hour, minute, second) = (part(seconds / 3600 % 24), part(seconds / 60 % 60), part(seconds % 60));
    // Before 1980 and after 2107 there is no such time.
    DateTime::from_date_and_time(year, month, day, hour, minute, second).unwrap_or_default()
}

/// The date of a day counted from the first of January 1970.
fn date(days: u64) -> (u16, u8, u8) {
    let leap = |year: u64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let (mut year, mut left) = (1970, days);
    while left >= 365 + u64::from(leap(year)) {
        left -= 365 + u64::from(leap(year));
        year += 1;
    }
    let months = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for len in months {
        if left < len {
            break;
        }
        left -= len;
        month += 1;
    }
    (u16::try_from(year).unwrap_or(u16::MAX), month, u8::try_from(left + 1).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        let rows = [
            (0, (1970, 1, 1)),
            (58, (1970, 2, 28)),
            (59, (1970, 3, 1)),
            (11_016, (2000, 2, 29)),
            (20_786, (2026, 11, 29)),
        ];
        for (days, expected) in rows {
            assert_eq!(date(days), expected, "{days}");
        }
    }
}
