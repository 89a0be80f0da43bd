//! The first question to a server: what is there, how long is it, does it come in parts?

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use imageio_core::resource::{Ahead, ImageResource, ReadSeek};
use imageio_core::{Error, Result};
use imageio_ranged::{FIRST, Ranged};
use ureq::http::StatusCode;

use crate::client::{Answer, Ask, Client};
use crate::content::{self, Range, Version};
use crate::failure::Failure;
use crate::ranged::Parts;
use crate::whole;

/// What a server was found to have.
#[derive(Debug)]
pub(crate) struct Remote {
    /// The name in `Content-Disposition`.
    pub named: Option<String>,
    /// The extension for `Content-Type`.
    pub extension: Option<&'static str>,
    pub size: Option<u64>,
    body: Content,
}

#[derive(Debug)]
enum Content {
    Ranged(Arc<Ranged<Parts>>),
    Whole(Arc<dyn ImageResource>),
}

impl Remote {
    /// Asks for the first bytes. A server without ranges answers with everything, which is not thrown away.
    pub fn ask(client: &Arc<Client>) -> Result<Self> {
        let ask = Ask { range: Some((0, Some(FIRST - 1))), ..Ask::default() };
        let mut attempts = client.attempts();
        loop {
            let mut answer = client.send(&ask, &mut attempts)?;
            let Some(size) = serves_ranges(&answer) else { break Self::whole(client, answer) };
            if let Some(most) = client.settings.max_size.filter(|most| size > *most) {
                break Err(Error::limit(format!("the file has {size} bytes, of which {most} may be fetched"))
                    .with("resource", &client.url)
                    .with_hint("HttpResource::max_size sets another limit"));
            }
            let first = match read_first(&mut answer, FIRST.min(size)) {
                Ok(first) => first,
                Err(failure) => {
                    client.failed(&mut attempts, failure, &ask)?;
                    continue;
                }
            };
            let parts = Parts {
                client: Arc::clone(client),
                size,
                version: Version::of(&answer.headers),
                received: AtomicU64::new(0),
                skipped: AtomicU64::new(0),
            };
            parts.arrived(first.len());
            let ranged = Ranged::new(parts).with_first(first);
            break Ok(Self::new(&answer, Content::Ranged(Arc::new(ranged)), Some(size)));
        }
    }

    fn whole(client: &Arc<Client>, answer: Answer) -> Result<Self> {
        let answer = match answer.status {
            StatusCode::OK => answer,
            // Parts that can't be used, of a compressed file or of none: asked for as a whole.
            _ => {
                let ask = Ask { accept_encoding: Some("gzip"), ..Ask::default() };
                let answer = client.send(&ask, &mut client.attempts())?;
                if answer.status != StatusCode::OK {
                    let e =
                        Failure::status(answer.status, &answer.headers, answer.keys).into_error(&ask.to_string(), 1);
                    return Err(e.with("resource", &client.url));
                }
                answer
            }
        };
        let mut remote = Self { named: None, extension: None, size: None, body: Content::Whole(nothing()) };
        remote.describe(&answer);
        let (resource, size) = whole::resource(client, answer)?;
        Ok(Remote { body: Content::Whole(resource), size, ..remote })
    }

    fn new(answer: &Answer, body: Content, size: Option<u64>) -> Self {
        let mut remote = Remote { named: None, extension: None, size, body };
        remote.describe(answer);
        remote
    }

    fn describe(&mut self, answer: &Answer) {
        self.named = answer.header("content-disposition").and_then(content::disposition);
        self.extension = answer.header("content-type").and_then(content::extension);
    }

    /// The file for other threads, if it comes in parts.
    pub fn shared(&self, name: String) -> Option<Arc<dyn ImageResource>> {
        match &self.body {
            Content::Ranged(ranged) => Some(ranged.handle(name)),
            Content::Whole(_) => None,
        }
    }

    pub fn ahead(&self) -> Ahead {
        match &self.body {
            Content::Ranged(ranged) => ranged.ahead(),
            Content::Whole(_) => Ahead::default(),
        }
    }

    pub fn open<'r>(&self) -> Result<Box<dyn ReadSeek + 'r>> {
        match &self.body {
            Content::Ranged(ranged) => Ok(Box::new(ranged.open())),
            Content::Whole(resource) => Arc::clone(resource).open_read(),
        }
    }
}

fn nothing() -> Arc<dyn ImageResource> {
    Arc::new(imageio_core::resource::MemoryResource::new(Vec::new()))
}

/// The length of the file, if this is a proper first part of it. What only looks like one counts as none.
fn serves_ranges(answer: &Answer) -> Option<u64> {
    if answer.status == StatusCode::RANGE_NOT_SATISFIABLE {
        // Of an empty file no part can be had.
        return answer.header("content-range").and_then(Range::parse)?.total.filter(|total| *total == 0);
    }
    let plain = answer.header("content-encoding").is_none_or(|coding| coding.eq_ignore_ascii_case("identity"));
    if answer.status != StatusCode::PARTIAL_CONTENT || !plain {
        return None;
    }
    let range = answer.header("content-range").and_then(Range::parse)?;
    let total = range.total?;
    let proper = range.span == Some((0, FIRST.min(total).saturating_sub(1)));
    if !proper {
        log::debug!("the server's ranges are not what was asked for; the whole file is fetched instead");
    }
    proper.then_some(total)
}

fn read_first(answer: &mut Answer, len: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = vec![0; usize::try_from(len).unwrap_or(0)];
    let mut filled = 0;
    while filled < bytes.len() {
        match answer.body.read(&mut bytes[filled..])? {
            0 => return Err(Failure::broke_off("the answer was shorter than the server said")),
            n => filled += n,
        }
    }
    if !bytes.is_empty() {
        // Seeing the end of the body gives the connection back.
        let _ = answer.body.read(&mut [0]);
    }
    Ok(bytes)
}
