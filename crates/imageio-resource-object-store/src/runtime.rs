//! The one thread on which requests run, since the crate below is asynchronous and image readers are not.

use std::future::Future;
use std::sync::{OnceLock, mpsc};

use imageio_core::{Error, ErrorKind, Result};
use tokio::runtime::{Builder, Runtime};

/// Waits for a future. Works inside another asynchronous runtime as well, whose thread it blocks.
pub(crate) fn wait<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Result<T> {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    let start = || {
        // Whoever speaks TLS has chosen a provider, or takes this one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Builder::new_multi_thread().worker_threads(1).thread_name("imageio-object-store").enable_all().build().ok()
    };
    let failed = || Error::new(ErrorKind::Io, "no thread for requests could be started");
    let runtime = RUNTIME.get_or_init(start).as_ref().ok_or_else(failed)?;
    let (sender, receiver) = mpsc::sync_channel(1);
    runtime.spawn(async move {
        let _ = sender.send(future.await);
    });
    receiver.recv().map_err(|_| Error::new(ErrorKind::Backend, "the client of the object store panicked"))
}
