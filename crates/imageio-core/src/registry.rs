//! Which plugins there are: those that registered themselves, and those that were registered by hand.

use std::sync::{PoisonError, RwLock};

use crate::plugin::PluginDescriptor;

/// What `inventory` collects; a newtype, so that the mechanism behind [`submit_plugin!`](crate::submit_plugin)
/// may change.
#[doc(hidden)]
pub struct Submitted(pub &'static PluginDescriptor);

inventory::collect!(Submitted);

/// Registers a plugin wherever the crate is linked in and referenced.
///
/// The argument is the path of a `static` [`PluginDescriptor`](crate::PluginDescriptor).
#[macro_export]
macro_rules! submit_plugin {
    ($descriptor:path) => {
        $crate::inventory::submit! { $crate::Submitted(&$descriptor) }
    };
}

/// The plugins that calls choose from.
///
/// [`Registry::global`] holds what linked crates submitted and what was registered by hand;
/// [`Registry::empty`] holds only the latter, for tests and sandboxes.
#[derive(Debug)]
pub struct Registry {
    submitted: bool,
    state: RwLock<State>,
}

#[derive(Debug, Default)]
struct State {
    registered: Vec<&'static PluginDescriptor>,
    /// Those of `registered` that calls see: the first of each id, unless it is blocked. Kept up to date, since calls
    /// look at it far more often than it changes.
    visible: Vec<&'static PluginDescriptor>,
    preferences: Vec<(String, Vec<String>)>,
    blocked: Vec<String>,
}

impl State {
    const NEW: State =
        State { registered: Vec::new(), visible: Vec::new(), preferences: Vec::new(), blocked: Vec::new() };

    fn update_visible(&mut self) {
        self.visible.clear();
        for descriptor in &self.registered {
            let hidden = self.blocked.iter().any(|b| b == descriptor.id());
            if !hidden && !self.visible.iter().any(|d| d.id() == descriptor.id()) {
                self.visible.push(descriptor);
            }
        }
    }
}

static GLOBAL: Registry = Registry { submitted: true, state: RwLock::new(State::NEW) };

impl Registry {
    /// The registry that calls use unless they name another.
    pub fn global() -> &'static Registry {
        &GLOBAL
    }

    /// A registry of its own, without what crates submitted.
    pub const fn empty() -> Registry {
        Registry { submitted: false, state: RwLock::new(State::NEW) }
    }

    /// Adds a plugin; adding it again changes nothing. Of two with one id the first stays, see
    /// [`conflicts`](Self::conflicts).
    pub fn register(&self, descriptor: &'static PluginDescriptor) {
        let known = |state: &State| state.registered.iter().any(|d| std::ptr::eq(*d, descriptor));
        if !known(&self.read()) {
            let mut state = self.write();
            if !known(&state) {
                state.registered.push(descriptor);
                state.update_visible();
            }
        }
    }

    /// Asks `plugins` first, in this order, for files with this extension. For programs, not for libraries.
    pub fn prefer(&self, extension: &str, plugins: &[&str]) {
        let extension = extension.trim_start_matches('.').to_ascii_lowercase();
        let mut state = self.write();
        state.preferences.retain(|(e, _)| *e != extension);
        if !plugins.is_empty() {
            state.preferences.push((extension, plugins.iter().map(|p| (*p).to_owned()).collect()));
        }
    }

    /// Takes a plugin out of every choice, before its probe runs. For programs, not for libraries.
    pub fn block(&self, id: &str) {
        let mut state = self.write();
        if !state.blocked.iter().any(|b| b == id) {
            state.blocked.push(id.to_owned());
            state.update_visible();
        }
    }

    /// Undoes [`block`](Self::block).
    pub fn unblock(&self, id: &str) {
        let mut state = self.write();
        state.blocked.retain(|b| b != id);
        state.update_visible();
    }

    /// Every plugin, by falling priority, then by id.
    pub fn plugins(&self) -> Vec<&'static PluginDescriptor> {
        let mut all = self.unsorted();
        all.sort_by(|a, b| b.rank().cmp(&a.rank()).then_with(|| a.id().cmp(b.id())));
        all
    }

    /// The plugin with this id.
    pub fn get(&self, id: &str) -> Option<&'static PluginDescriptor> {
        self.unsorted().into_iter().find(|d| d.id() == id)
    }

    /// Descriptors whose id another one had taken before them.
    pub fn conflicts(&self) -> Vec<&'static PluginDescriptor> {
        let mut seen: Vec<&'static PluginDescriptor> = Vec::new();
        let mut lost = Vec::new();
        for descriptor in self.walk(&self.read()) {
            match seen.iter().find(|d| d.id() == descriptor.id()) {
                Some(first) if std::ptr::eq(*first, descriptor) => {}
                Some(_) => lost.push(descriptor),
                None => seen.push(descriptor),
            }
        }
        lost
    }

    /// Ids preferred for an extension.
    pub(crate) fn preferences(&self, extension: &str) -> Vec<String> {
        let state = self.read();
        let found = state.preferences.iter().find(|(e, _)| e == extension);
        found.map_or_else(Vec::new, |(_, plugins)| plugins.clone())
    }

    /// As [`plugins`](Self::plugins) without an order: selection sorts by its own.
    ///
    /// Walked anew each time, since a library loaded later submits later.
    pub(crate) fn unsorted(&self) -> Vec<&'static PluginDescriptor> {
        let state = self.read();
        let mut all = Vec::with_capacity(state.visible.len() + 24);
        all.extend_from_slice(&state.visible);
        for descriptor in self.submitted() {
            // What was both submitted and registered is the rule, and told by its address alone.
            if all.iter().any(|d| std::ptr::eq(*d, descriptor)) {
                continue;
            }
            let taken = all.iter().any(|d| d.id() == descriptor.id());
            if !taken && !state.blocked.iter().any(|b| b == descriptor.id()) {
                all.push(descriptor);
            }
        }
        all
    }

    fn walk<'s>(&self, state: &'s State) -> impl Iterator<Item = &'static PluginDescriptor> + use<'s> {
        state.registered.iter().copied().chain(self.submitted())
    }

    fn submitted(&self) -> impl Iterator<Item = &'static PluginDescriptor> + use<> {
        let submitted = self.submitted.then(|| inventory::iter::<Submitted>.into_iter().map(|s| s.0));
        submitted.into_iter().flatten()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::Plugin;

    struct Fake;
    impl Plugin for Fake {}
    static A: PluginDescriptor = PluginDescriptor::new("a", &Fake).priority(1);
    static B: PluginDescriptor = PluginDescriptor::new("b", &Fake).priority(2);
    static A2: PluginDescriptor = PluginDescriptor::new("a", &Fake).priority(3);

    #[test]
    fn first_stays_and_order_is_stable() {
        let registry = Registry::empty();
        for descriptor in [&A, &B, &A2, &A] {
            registry.register(descriptor);
        }
        let ids: Vec<_> = registry.plugins().iter().map(|d| (d.id(), d.rank())).collect();
        assert_eq!(ids, [("b", 2), ("a", 1)]);
        assert_eq!(registry.conflicts().len(), 1);
        registry.block("b");
        assert!(registry.get("b").is_none());
        registry.unblock("b");
        assert!(registry.get("b").is_some());
    }
}
