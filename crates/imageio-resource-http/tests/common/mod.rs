//! What the tests share.
#![allow(dead_code, reason = "no test file uses all of it")]

use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;
use std::time::Duration;

use imageio_core::resource::{ImageResource, IntoResource, scheme};
use imageio_core::{Error, Result};
use imageio_resource_http::HttpResource;

/// Bytes in which every position can be told from its neighbours.
pub fn file(len: usize) -> Vec<u8> {
    (0..len as u32).flat_map(|i| (i.wrapping_mul(2_654_435_761)).to_be_bytes()).take(len).collect()
}

pub fn resource(url: &str) -> HttpResource {
    HttpResource::new(url).unwrap().idle_timeout(Duration::from_secs(5))
}

pub fn all(resource: HttpResource) -> Result<Vec<u8>> {
    let resource = resource.into_resource()?;
    let mut bytes = Vec::new();
    resource.open_read()?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

pub fn error(resource: HttpResource) -> Error {
    all(resource).unwrap_err()
}

/// By its name alone, as most callers do it.
pub fn by_text(url: &str) -> Result<Vec<u8>> {
    imageio_resource_http::register();
    let mut bytes = Vec::new();
    scheme::open(url)?.open_read()?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

pub fn at(resource: &Arc<dyn ImageResource + '_>, offset: u64, len: usize) -> Result<Vec<u8>> {
    let mut stream = Arc::clone(resource).open_read()?;
    stream.seek(SeekFrom::Start(offset))?;
    let mut bytes = vec![0; len];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}
