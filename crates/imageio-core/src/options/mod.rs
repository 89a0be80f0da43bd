//! Options: one declaration gives a typed struct, specs as data, and parsing by name.

mod common;
mod kinds;
mod macros;
mod set;
mod spec;

pub(crate) use self::common::CORE_WRITE;
pub use self::common::{COMMON, CORE_READ};
pub use self::kinds::{OptionValue, Rate};
pub use self::set::{Options, nearest_name, parse_option};
pub use self::spec::{OptionKind, OptionSpec, Phase};
