/// What a plugin may look at to tell whether a resource is its own.
#[derive(Debug, Clone, Copy)]
pub struct Probe<'a> {
    head: &'a [u8],
    extension: Option<&'a str>,
    name: &'a str,
}

impl<'a> Probe<'a> {
    /// A probe of the first bytes, extension (lower case, no dot) and name of a resource.
    pub fn new(head: &'a [u8], extension: Option<&'a str>, name: &'a str) -> Self {
        Probe { head, extension, name }
    }

    /// The first bytes: at least what the descriptor asked for, unless the resource is shorter.
    pub fn head(&self) -> &'a [u8] {
        self.head
    }

    /// The extension in lower case without the dot.
    pub fn extension(&self) -> Option<&'a str> {
        self.extension
    }

    /// The resource's name, as messages show it.
    pub fn name(&self) -> &'a str {
        self.name
    }
}

/// How sure a plugin is; compare, do not match: levels may be added between these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Confidence(u8);

#[allow(non_upper_case_globals)]
impl Confidence {
    /// Certainly not.
    pub const No: Self = Confidence(0);
    /// Nothing but the name speaks for it.
    pub const Extension: Self = Confidence(20);
    /// Something in the content speaks for it, as it might for others.
    pub const Weak: Self = Confidence(40);
    /// The content has the format's signature.
    pub const Magic: Self = Confidence(60);
    /// A header was parsed and is consistent.
    pub const Parsed: Self = Confidence(80);

    /// The level's name for reports.
    pub fn describe(self) -> &'static str {
        match self.0 {
            0 => "no",
            1..=20 => "extension",
            21..=40 => "weak",
            41..=60 => "magic",
            _ => "parsed",
        }
    }

    /// One step below the extension's level: where generic plugins end up.
    pub(crate) const GENERIC: Self = Confidence(10);
}
