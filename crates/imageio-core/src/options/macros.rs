/// Declares a closed list of words as an option type.
///
/// ```
/// imageio_core::option_enum! {
///     /// Chroma subsampling.
///     pub enum Subsampling {
///         /// Full resolution.
///         S444 = "4:4:4",
///         /// Half in both directions.
///         S420 = "4:2:0",
///     }
/// }
/// use imageio_core::{OptionValue, Value};
/// assert_eq!(Subsampling::from_value(&Value::from("4:2:0")), Ok(Subsampling::S420));
/// assert_eq!(Subsampling::S444.word(), "4:4:4");
/// ```
#[macro_export]
macro_rules! option_enum {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $( $(#[$vmeta:meta])* $variant:ident = $word:literal $(| $alias:literal)* ),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[non_exhaustive]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        $vis enum $name {
            $( $(#[$vmeta])* $variant, )+
        }

        impl $name {
            /// Every word, as options name them.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word that options name this by.
            pub const fn word(self) -> &'static str {
                match self { $( $name::$variant => $word, )+ }
            }
        }

        impl $crate::OptionValue for $name {
            const KIND: $crate::OptionKind = $crate::OptionKind::Choice($name::WORDS);

            fn from_value(value: &$crate::Value) -> ::std::result::Result<Self, ::std::string::String> {
                // The command line reads the word `none` as no value at all.
                let text = match value {
                    $crate::Value::Null => ::std::string::String::from("none"),
                    value => value.to_string(),
                };
                match text.to_ascii_lowercase().as_str() {
                    $( $word $(| $alias)* => Ok($name::$variant), )+
                    _ => Err(::std::format!("`{text}` is none of {}", $name::WORDS.join(", "))),
                }
            }

            fn into_value(self) -> $crate::Value {
                $crate::Value::from(self.word())
            }
        }
    };
}

/// Declares options once: a struct with setters, their specs as data, and a parser for options by name.
///
/// Each field has its documentation, then optionally `#[range(low, high)]`, `#[alias("name", …)]`,
/// `#[phase(Open)]`, `#[deprecated("why")]`, then `name: Type = default`.
///
/// ```
/// imageio_core::plugin_options! {
///     /// PNG writing.
///     pub struct WriteOptions in Write {
///         /// 0 (none) to 9 (smallest).
///         #[range(0, 9)]
///         #[alias("level")]
///         compression: u8 = 6,
///         /// Adam7 interlacing.
///         interlace: bool = false,
///     }
/// }
/// use imageio_core::Options;
/// let typed = WriteOptions::new().compression(9);
/// let by_name = WriteOptions::parse(&Options::new().set("level", 9)).unwrap();
/// assert_eq!(typed.compression, by_name.compression);
/// assert_eq!(WriteOptions::SPECS[1].name, "interlace");
/// let e = WriteOptions::parse(&Options::new().set("compression", 12)).unwrap_err();
/// assert!(e.to_string().contains("compression"));
/// ```
#[macro_export]
macro_rules! plugin_options {
    (
        $(#[doc = $sdoc:literal])*
        $vis:vis struct $name:ident in $phase:ident {
            $(
                $(#[doc = $doc:literal])*
                $(#[range($low:expr, $high:expr)])?
                $(#[alias($($alias:literal),+)])?
                $(#[phase($fphase:ident)])?
                $(#[deprecated($why:literal)])?
                $field:ident : $ty:ty = $default:expr
            ),* $(,)?
        }
    ) => {
        $(#[doc = $sdoc])*
        #[non_exhaustive]
        #[derive(Debug, Clone, PartialEq)]
        $vis struct $name {
            $( $(#[doc = $doc])* pub $field: $ty, )*
        }

        impl ::std::default::Default for $name {
            fn default() -> Self {
                $name { $( $field: $default, )* }
            }
        }

        impl $name {
            /// What these options are, as data.
            pub const SPECS: &'static [$crate::OptionSpec] = &[
                $( $crate::OptionSpec {
                    name: stringify!($field),
                    kind: <$ty as $crate::OptionValue>::KIND,
                    phase: $crate::__phase!($phase $($fphase)?),
                    default: stringify!($default),
                    range: $crate::__range!($($low, $high)?),
                    doc: concat!($($doc),*),
                    aliases: &[$($($alias),+)?],
                    deprecated: $crate::__deprecated!($($why)?),
                }, )*
            ];

            /// Every option at its default.
            pub fn new() -> Self {
                Self::default()
            }

            $(
                $(#[doc = $doc])*
                #[must_use]
                pub fn $field(mut self, $field: impl ::std::convert::Into<$ty>) -> Self {
                    self.$field = $field.into();
                    self
                }
            )*

            /// Takes the options of these names out of a dynamic set; names that are not declared here are left
            /// to others. A value of the wrong type or out of range is `InvalidOption`.
            #[allow(unused_mut, unused_variables)]
            pub fn parse(options: &$crate::Options) -> $crate::Result<Self> {
                let mut out = Self::default();
                if options.is_empty() {
                    return Ok(out);
                }
                let mut specs = Self::SPECS.iter();
                $(
                    if let Some(spec) = specs.next() {
                        if let Some(value) = options.find(spec) {
                            out.$field = $crate::__parse_option::<$ty>(spec, value)?;
                        }
                    }
                )*
                Ok(out)
            }
        }

        impl ::std::convert::From<$name> for $crate::Options {
            /// Only what differs from the default is set, so that plugins can tell what was asked for.
            #[allow(unused_mut, unused_variables)]
            fn from(typed: $name) -> $crate::Options {
                let mut out = $crate::Options::new();
                let default = $name::default();
                $(
                    if typed.$field != default.$field {
                        out = out.set(stringify!($field), $crate::OptionValue::into_value(typed.$field));
                    }
                )*
                out
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __phase {
    ($phase:ident) => {
        $crate::Phase::$phase
    };
    ($phase:ident $field:ident) => {
        $crate::Phase::$field
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __range {
    () => {
        None
    };
    ($low:expr, $high:expr) => {
        Some(($low as f64, $high as f64))
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __deprecated {
    () => {
        None
    };
    ($why:literal) => {
        Some($why)
    };
}
