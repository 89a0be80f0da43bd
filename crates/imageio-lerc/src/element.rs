//! The types of elements.

use std::fmt;

use crate::blocks::Step;

/// The type of a blob's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Signed, 8 bits.
    I8,
    /// Unsigned, 8 bits.
    U8,
    /// Signed, 16 bits.
    I16,
    /// Unsigned, 16 bits.
    U16,
    /// Signed, 32 bits.
    I32,
    /// Unsigned, 32 bits.
    U32,
    /// Floating point, 32 bits.
    F32,
    /// Floating point, 64 bits.
    F64,
}

impl Kind {
    const ALL: [Kind; 8] = [Kind::I8, Kind::U8, Kind::I16, Kind::U16, Kind::I32, Kind::U32, Kind::F32, Kind::F64];

    pub(crate) fn by_code(code: i32) -> Option<Self> {
        usize::try_from(code).ok().and_then(|code| Self::ALL.get(code).copied())
    }

    /// Bytes of an element.
    pub fn size(self) -> usize {
        match self {
            Kind::I8 | Kind::U8 => 1,
            Kind::I16 | Kind::U16 => 2,
            Kind::I32 | Kind::U32 | Kind::F32 => 4,
            Kind::F64 => 8,
        }
    }

    /// `true` for floating point.
    pub fn is_float(self) -> bool {
        matches!(self, Kind::F32 | Kind::F64)
    }

    /// The smaller type in which a block of this type holds its offset, by the two upper bits of the block's first byte.
    pub(crate) fn reduced(self, by: u8) -> Option<Self> {
        let chain: &[Kind] = match self {
            Kind::I8 | Kind::U8 => return Some(self),
            Kind::I16 => &[Kind::I16, Kind::U8, Kind::I8],
            Kind::U16 => &[Kind::U16, Kind::U8],
            Kind::I32 => &[Kind::I32, Kind::U16, Kind::I16, Kind::U8],
            Kind::U32 => &[Kind::U32, Kind::U16, Kind::U8],
            Kind::F32 => &[Kind::F32, Kind::I16, Kind::U8, Kind::U8],
            Kind::F64 => &[Kind::F64, Kind::F32, Kind::I32, Kind::I16],
        };
        chain.get(usize::from(by)).copied()
    }

    /// An element at the start of `bytes`, which must hold as many as it takes.
    pub(crate) fn read(self, bytes: &[u8]) -> f64 {
        match self {
            Kind::I8 => i8::read_le(bytes).into(),
            Kind::U8 => u8::read_le(bytes).into(),
            Kind::I16 => i16::read_le(bytes).into(),
            Kind::U16 => u16::read_le(bytes).into(),
            Kind::I32 => i32::read_le(bytes).into(),
            Kind::U32 => u32::read_le(bytes).into(),
            Kind::F32 => f32::read_le(bytes).into(),
            Kind::F64 => f64::read_le(bytes),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::I8 => "i8",
            Kind::U8 => "u8",
            Kind::I16 => "i16",
            Kind::U16 => "u16",
            Kind::I32 => "i32",
            Kind::U32 => "u32",
            Kind::F32 => "f32",
            Kind::F64 => "f64",
        })
    }
}

/// A type that arrays can have. No other types than those of [`Kind`] can implement this.
pub trait Element: Copy + PartialEq + Default + Sealed + 'static {
    /// The type's name among the kinds.
    const KIND: Kind;
}

/// What the decoder asks of elements.
pub trait Sealed: Sized + Copy {
    /// The element of little-endian bytes; 0 where they are too few.
    fn read_le(bytes: &[u8]) -> Self;
    /// The value, cut to the type's range.
    fn from_f64(value: f64) -> Self;
    fn to_f64(self) -> f64;
    /// Values of a block's quanta.
    fn scale(quanta: &[u32; 8], step: &Step) -> [Self; 8];
    /// Elements of one byte as bytes.
    fn as_bytes(elements: &mut [Self]) -> Option<&mut [u8]> {
        let _ = elements;
        None
    }
    /// Elements of `f32` as their bits.
    fn as_bits32(elements: &mut [Self]) -> Option<&mut [u32]> {
        let _ = elements;
        None
    }
    /// Elements of `f64` as their bits.
    fn as_bits64(elements: &mut [Self]) -> Option<&mut [u64]> {
        let _ = elements;
        None
    }
}

macro_rules! common {
    ($type:ty, $kind:ident) => {
        #[inline(always)]
        fn read_le(bytes: &[u8]) -> Self {
            bytes.first_chunk().map_or(<$type>::default(), |b| <$type>::from_le_bytes(*b))
        }

        #[inline(always)]
        fn from_f64(value: f64) -> Self {
            value as $type
        }

        #[inline(always)]
        fn to_f64(self) -> f64 {
            self.into()
        }
    };
}

macro_rules! integer {
    // `$narrow` is the type in which steps are counted: the narrower, the faster.
    ($type:ty, $narrow:ty, $kind:ident, $($more:item)?) => {
        impl Element for $type {
            const KIND: Kind = Kind::$kind;
        }

        impl Sealed for $type {
            common!($type, $kind);

            #[inline(always)]
            fn scale(quanta: &[u32; 8], step: &Step) -> [Self; 8] {
                match *step {
                    Step::Add { offset } => quanta.map(|q| offset.wrapping_add(q) as $type),
                    Step::Shift { offset, by } => quanta.map(|q| (q << by).wrapping_add(offset) as $type),
                    Step::Multiply { offset, step } => {
                        let (offset, step) = (offset as $narrow, step as $narrow);
                        quanta.map(|q| (q as $narrow).wrapping_mul(step).wrapping_add(offset) as $type)
                    }
                    Step::Real { offset, step, max } => quanta.map(|q| real(q, offset, step, max) as $type),
                }
            }

            $($more)?
        }
    };
}

macro_rules! float {
    ($type:ty, $kind:ident, $($more:item)?) => {
        impl Element for $type {
            const KIND: Kind = Kind::$kind;
        }

        impl Sealed for $type {
            common!($type, $kind);

            #[inline(always)]
            fn scale(quanta: &[u32; 8], step: &Step) -> [Self; 8] {
                match *step {
                    Step::Real { offset, step, max } => quanta.map(|q| real(q, offset, step, max) as $type),
                    _ => [0.0; 8],
                }
            }

            $($more)?
        }
    };
}

/// Quanta have 31 bits at most, and signed integers become real numbers faster.
#[inline(always)]
fn real(quantum: u32, offset: f64, step: f64, max: f64) -> f64 {
    let value = offset + f64::from(quantum as i32) * step;
    if max < value { max } else { value }
}

integer!(
    u8,
    u16,
    U8,
    fn as_bytes(elements: &mut [Self]) -> Option<&mut [u8]> {
        Some(elements)
    }
);
integer!(
    i8,
    u16,
    I8,
    fn as_bytes(elements: &mut [Self]) -> Option<&mut [u8]> {
        Some(bytemuck::cast_slice_mut(elements))
    }
);
integer!(i16, u16, I16,);
integer!(u16, u16, U16,);
integer!(i32, u32, I32,);
integer!(u32, u32, U32,);
float!(
    f32,
    F32,
    fn as_bits32(elements: &mut [Self]) -> Option<&mut [u32]> {
        Some(bytemuck::cast_slice_mut(elements))
    }
);
float!(
    f64,
    F64,
    fn as_bits64(elements: &mut [Self]) -> Option<&mut [u64]> {
        Some(bytemuck::cast_slice_mut(elements))
    }
);
