//! A file whose server has no ranges: one answer, read as far as it is wanted, kept by core.

use std::io::{self, Read};
use std::sync::Arc;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use imageio_core::resource::{ImageResource, IntoResource, Pipe};
use imageio_core::{Error, ErrorKind, Progress, Result};
use ureq::http::StatusCode;

use crate::attempts::Attempts;
use crate::body::Incoming;
use crate::client::{Answer, Ask, Client};
use crate::content::Version;
use crate::failure::Failure;

/// The resource for an answer with all of the file, and the length where the answer tells it.
pub(crate) fn resource(client: &Arc<Client>, answer: Answer) -> Result<(Arc<dyn ImageResource>, Option<u64>)> {
    let most = client.settings.kept_at_most();
    let length = answer.header("content-length").and_then(|text| text.trim().parse::<u64>().ok());
    let coding = answer.header("content-encoding").unwrap_or("identity").trim().to_ascii_lowercase();
    if let Some(length) = length.filter(|length| *length > most) {
        return Err(too_long(most).with("length", length).with("resource", &client.url));
    }
    let raw = Raw {
        client: Arc::clone(client),
        version: Version::of(&answer.headers),
        length,
        body: Some(answer.body),
        position: 0,
        attempts: client.attempts(),
    };
    let decoded: Box<dyn Read + Send> = match coding.as_str() {
        "identity" | "" => Box::new(raw),
        "gzip" | "x-gzip" => Box::new(MultiGzDecoder::new(raw)),
        "deflate" => Box::new(Deflate::Unknown(Some(raw))),
        _ => {
            return Err(Error::unsupported(format!(
                "the answer is compressed with `{coding}`, which was not asked for"
            ))
            .with("resource", &client.url));
        }
    };
    let plain = matches!(coding.as_str(), "identity" | "");
    let limited =
        Limited { inner: decoded, given: 0, most, client: Arc::clone(client), length: length.filter(|_| plain) };
    Ok((Pipe(limited).into_resource()?, length.filter(|_| plain)))
}

fn too_long(most: u64) -> Error {
    Error::limit(format!("the file is longer than the {most} bytes that may be fetched"))
        .with_hint("HttpResource::max_size sets another limit")
}

/// The body as the server sends it. After a broken connection it is asked for again, and what was given is skipped.
struct Raw {
    client: Arc<Client>,
    version: Version,
    length: Option<u64>,
    body: Option<Incoming>,
    position: u64,
    attempts: Attempts,
}

impl Raw {
    fn restart(&mut self) -> Result<Incoming> {
        let ask = Ask::default();
        loop {
            let mut answer = self.client.send(&ask, &mut self.attempts)?;
            let length = answer.header("content-length").and_then(|text| text.trim().parse::<u64>().ok());
            let same = answer.status == StatusCode::OK && length == self.length;
            if self.position > 0 && !(same && self.version == Version::of(&answer.headers)) {
                return Err(Error::new(ErrorKind::Io, "the file on the server changed while it was being read")
                    .with("status", answer.status)
                    .with("resource", &self.client.url)
                    .with_hint("read it again"));
            }
            match self.skip(&mut answer.body) {
                Ok(()) => return Ok(answer.body),
                Err(failure) => self.client.failed(&mut self.attempts, failure, &ask)?,
            }
        }
    }

    fn skip(&self, body: &mut Incoming) -> Result<(), Failure> {
        let mut scratch = vec![0; 32 * 1024];
        let mut left = self.position;
        while left > 0 {
            let n = usize::try_from(left).unwrap_or(usize::MAX).min(scratch.len());
            match body.read(&mut scratch[..n])? {
                0 => return Err(Failure::broke_off("the answer was shorter than the one before")),
                n => left -= n as u64,
            }
        }
        Ok(())
    }
}

impl Read for Raw {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        loop {
            let mut body = match self.body.take() {
                Some(body) => body,
                None => self.restart()?,
            };
            let failure = match body.read(buf) {
                Ok(0) if self.length.is_some_and(|length| length != self.position) => {
                    Failure::broke_off("the answer was shorter than the server said")
                }
                Ok(n) => {
                    self.position += n as u64;
                    self.attempts.arrived(n as u64);
                    self.body = Some(body);
                    return Ok(n);
                }
                Err(failure) => failure,
            };
            // Another answer may be put behind this one only if something tells that it is of the same file.
            if self.position > 0 && !self.version.is_known() {
                let e = self.client.failed(&mut self.attempts, failure.final_one(), &Ask::default());
                return e.map(|()| 0).map_err(|e| e.with("offset", self.position).into());
            }
            self.client.failed(&mut self.attempts, failure, &Ask::default())?;
        }
    }
}

/// `deflate` means zlib by the standard, and raw deflate with some servers: the first byte tells.
enum Deflate<R: Read> {
    Unknown(Option<R>),
    Zlib(ZlibDecoder<io::Chain<io::Cursor<Vec<u8>>, R>>),
    Raw(DeflateDecoder<io::Chain<io::Cursor<Vec<u8>>, R>>),
}

impl<R: Read> Read for Deflate<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if let Deflate::Unknown(inner) = self {
            let Some(mut inner) = inner.take() else { return Ok(0) };
            let mut first = vec![0];
            let n = inner.read(&mut first)?;
            first.truncate(n);
            let zlib = first.first().is_some_and(|byte| byte & 0x0f == 8);
            let whole = io::Cursor::new(first).chain(inner);
            *self = match zlib {
                true => Deflate::Zlib(ZlibDecoder::new(whole)),
                false => Deflate::Raw(DeflateDecoder::new(whole)),
            };
        }
        match self {
            Deflate::Zlib(decoder) => decoder.read(buf),
            Deflate::Raw(decoder) => decoder.read(buf),
            Deflate::Unknown(_) => Ok(0),
        }
    }
}

/// Counts what comes out, which is what a compressed answer's length does not tell.
struct Limited {
    inner: Box<dyn Read + Send>,
    given: u64,
    most: u64,
    client: Arc<Client>,
    length: Option<u64>,
}

impl Read for Limited {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.given += n as u64;
        if self.given > self.most {
            return Err(too_long(self.most).with("resource", &self.client.url).into());
        }
        if let Some(progress) = &self.client.settings.progress
            && n > 0
        {
            progress(Progress::new(self.given, self.length, "bytes"));
        }
        Ok(n)
    }
}
