//! What a reading call may be told.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::index::Index;
use crate::limits::Limits;
use crate::metadata::Metadata;
use crate::options::Options;
use crate::plugin::{PluginDescriptor, ProgressFn};
use crate::registry::Registry;
use crate::resource::Atomic;
use crate::value::Value;

/// A plugin by id, or by a descriptor that need not be registered anywhere.
#[non_exhaustive]
#[derive(Debug, Clone)]
pub enum PluginChoice {
    /// By id.
    Id(Cow<'static, str>),
    /// By its descriptor.
    Descriptor(&'static PluginDescriptor),
}

impl From<&'static str> for PluginChoice {
    fn from(id: &'static str) -> Self {
        PluginChoice::Id(Cow::Borrowed(id))
    }
}

impl From<String> for PluginChoice {
    fn from(id: String) -> Self {
        PluginChoice::Id(Cow::Owned(id))
    }
}

impl From<&'static PluginDescriptor> for PluginChoice {
    fn from(descriptor: &'static PluginDescriptor) -> Self {
        PluginChoice::Descriptor(descriptor)
    }
}

/// What a reading call may be told; everything has a default.
///
/// ```
/// use imageio_core::ReadOptions;
/// let options = ReadOptions::new().index(-1).extension(".gif").set("rotate", true);
/// assert_eq!(options.extension.as_deref(), Some("gif"));
/// ```
#[non_exhaustive]
#[derive(Clone, Default)]
pub struct ReadOptions {
    /// Which image; the plugin's own default unless said.
    pub index: Index,
    /// The plugin to use, whatever the content says.
    pub plugin: Option<PluginChoice>,
    /// Extension to go by instead of the resource's own; without the dot.
    pub extension: Option<String>,
    /// Options of the plugin, and `rotate` and `mode`, by name.
    pub options: Options,
    /// Bounds on memory.
    pub limits: Limits,
    /// Leave out of metadata what was applied to the pixels (the default).
    pub keep_applied: bool,
    /// Told how far a long read has come.
    pub progress: Option<ProgressFn>,
    /// Set it to `true` from anywhere to stop the call with `Cancelled`.
    pub cancel: Option<Arc<AtomicBool>>,
    /// Plugins to choose from; the global registry unless said.
    pub registry: Option<&'static Registry>,
}

impl ReadOptions {
    /// Every default.
    pub fn new() -> Self {
        Self::default()
    }

    /// Which image: a position, a negative position from the end, or `..` for all of them stacked.
    #[must_use]
    pub fn index(mut self, index: impl Into<Index>) -> Self {
        self.index = index.into();
        self
    }

    /// Uses this plugin, by id or descriptor.
    #[must_use]
    pub fn plugin(mut self, plugin: impl Into<PluginChoice>) -> Self {
        self.plugin = Some(plugin.into());
        self
    }

    /// Treats the resource as if its name had this extension; the dot is optional.
    #[must_use]
    pub fn extension(mut self, extension: impl AsRef<str>) -> Self {
        self.extension = Some(clean_extension(extension.as_ref()));
        self
    }

    /// Sets an option by name.
    #[must_use]
    pub fn set(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Self {
        self.options.insert(name, value);
        self
    }

    /// Takes over a plugin's typed options.
    #[must_use]
    pub fn with(mut self, options: impl Into<Options>) -> Self {
        self.options = self.options.with(options);
        self
    }

    /// Sets the limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Whether metadata leaves out what was applied to the pixels; `true` by default.
    #[must_use]
    pub fn exclude_applied(mut self, exclude: bool) -> Self {
        self.keep_applied = !exclude;
        self
    }

    /// Calls `callback` as the read goes on.
    #[must_use]
    pub fn progress(mut self, callback: ProgressFn) -> Self {
        self.progress = Some(callback);
        self
    }

    /// Stops the call when the flag is set.
    #[must_use]
    pub fn cancel(mut self, flag: Arc<AtomicBool>) -> Self {
        self.cancel = Some(flag);
        self
    }

    /// Chooses among the plugins of this registry alone.
    #[must_use]
    pub fn registry(mut self, registry: &'static Registry) -> Self {
        self.registry = Some(registry);
        self
    }
}

/// What a writing call may be told; everything has a default.
#[non_exhaustive]
#[derive(Clone, Default)]
pub struct WriteOptions {
    /// The plugin to use, whatever the extension says.
    pub plugin: Option<PluginChoice>,
    /// Extension to go by instead of the target's own; without the dot.
    pub extension: Option<String>,
    /// Options of the plugin by name.
    pub options: Options,
    /// Metadata to be stored with the file, in the form in which it is read.
    pub metadata: Option<Metadata>,
    /// How the result takes the target's place.
    pub atomic: Atomic,
    /// Bounds on memory.
    pub limits: Limits,
    /// Told how far a long write has come, in frames.
    pub progress: Option<ProgressFn>,
    /// Set it to `true` from anywhere to stop the call with `Cancelled`; the target stays as it was.
    pub cancel: Option<Arc<AtomicBool>>,
    /// Plugins to choose from; the global registry unless said.
    pub registry: Option<&'static Registry>,
}

impl WriteOptions {
    /// Every default.
    pub fn new() -> Self {
        Self::default()
    }

    /// Uses this plugin, by id or descriptor.
    #[must_use]
    pub fn plugin(mut self, plugin: impl Into<PluginChoice>) -> Self {
        self.plugin = Some(plugin.into());
        self
    }

    /// Writes as if the target's name had this extension; the dot is optional.
    #[must_use]
    pub fn extension(mut self, extension: impl AsRef<str>) -> Self {
        self.extension = Some(clean_extension(extension.as_ref()));
        self
    }

    /// Sets an option by name.
    #[must_use]
    pub fn set(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Self {
        self.options.insert(name, value);
        self
    }

    /// Takes over a plugin's typed options.
    #[must_use]
    pub fn with(mut self, options: impl Into<Options>) -> Self {
        self.options = self.options.with(options);
        self
    }

    /// Stores metadata, in the form in which it is read.
    #[must_use]
    pub fn metadata(mut self, metadata: &Metadata) -> Self {
        self.metadata = Some(metadata.clone());
        self
    }

    /// How the result takes the target's place.
    #[must_use]
    pub fn atomic(mut self, atomic: Atomic) -> Self {
        self.atomic = atomic;
        self
    }

    /// Calls `callback` as the write goes on.
    #[must_use]
    pub fn progress(mut self, callback: ProgressFn) -> Self {
        self.progress = Some(callback);
        self
    }

    /// Stops the call when the flag is set.
    #[must_use]
    pub fn cancel(mut self, flag: Arc<AtomicBool>) -> Self {
        self.cancel = Some(flag);
        self
    }

    /// Chooses among the plugins of this registry alone.
    #[must_use]
    pub fn registry(mut self, registry: &'static Registry) -> Self {
        self.registry = Some(registry);
        self
    }
}

fn clean_extension(extension: &str) -> String {
    extension.trim_start_matches('.').to_ascii_lowercase()
}
