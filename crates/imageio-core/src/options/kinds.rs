use std::time::Duration;

use super::OptionKind;
use crate::value::Value;

/// A Rust type that an option may have.
///
/// Implemented for numbers, `bool`, `String`, [`Duration`], [`Rate`], `Option` and `Vec` of those, and by
/// [`option_enum!`](crate::option_enum) for closed lists of words.
pub trait OptionValue: Sized {
    /// The type, for help texts.
    const KIND: OptionKind;

    /// Takes a dynamic value; the error says what was expected, without the option's name.
    fn from_value(value: &Value) -> Result<Self, String>;

    /// The dynamic form.
    fn into_value(self) -> Value;
}

fn expected<T: OptionValue>(value: &Value) -> String {
    format!("expected {}, got {} `{value}`", T::KIND, value.type_name())
}

macro_rules! integers {
    ($($ty:ty),*) => {$(
        impl OptionValue for $ty {
            const KIND: OptionKind = OptionKind::Int;
            fn from_value(value: &Value) -> Result<Self, String> {
                let wide = match value {
                    Value::Int(i) => i128::from(*i),
                    Value::UInt(u) => i128::from(*u),
                    Value::Float(f) if f.fract() == 0.0 && f.abs() < 9e15 => *f as i128,
                    _ => return Err(expected::<Self>(value)),
                };
                <$ty>::try_from(wide).map_err(|_| {
                    format!("{wide} is out of range ({} to {})", <$ty>::MIN, <$ty>::MAX)
                })
            }
            fn into_value(self) -> Value {
                Value::from(self)
            }
        }
    )*};
}

integers!(u8, u16, u32, u64, usize, i8, i16, i32, i64);

impl OptionValue for bool {
    const KIND: OptionKind = OptionKind::Bool;
    fn from_value(value: &Value) -> Result<Self, String> {
        match value {
            Value::Bool(b) => Ok(*b),
            Value::Int(0) | Value::UInt(0) => Ok(false),
            Value::Int(1) | Value::UInt(1) => Ok(true),
            _ => Err(expected::<Self>(value)),
        }
    }
    fn into_value(self) -> Value {
        Value::Bool(self)
    }
}

impl OptionValue for f64 {
    const KIND: OptionKind = OptionKind::Float;
    fn from_value(value: &Value) -> Result<Self, String> {
        value.as_f64().ok_or_else(|| expected::<Self>(value))
    }
    fn into_value(self) -> Value {
        Value::Float(self)
    }
}

impl OptionValue for f32 {
    const KIND: OptionKind = OptionKind::Float;
    fn from_value(value: &Value) -> Result<Self, String> {
        f64::from_value(value).map(|v| v as f32)
    }
    fn into_value(self) -> Value {
        Value::from(self)
    }
}

impl OptionValue for String {
    const KIND: OptionKind = OptionKind::Str;
    fn from_value(value: &Value) -> Result<Self, String> {
        match value {
            Value::Str(s) => Ok(s.clone()),
            // The command line reads `4` as a number even where a text is meant.
            Value::Int(_) | Value::UInt(_) | Value::Float(_) | Value::Rational(..) | Value::Bool(_) => {
                Ok(value.to_string())
            }
            _ => Err(expected::<Self>(value)),
        }
    }
    fn into_value(self) -> Value {
        Value::Str(self)
    }
}

impl OptionValue for Value {
    const KIND: OptionKind = OptionKind::Any;
    fn from_value(value: &Value) -> Result<Self, String> {
        Ok(value.clone())
    }
    fn into_value(self) -> Value {
        self
    }
}

impl OptionValue for Duration {
    const KIND: OptionKind = OptionKind::Duration;
    fn from_value(value: &Value) -> Result<Self, String> {
        match value.as_f64() {
            Some(ms) if ms.is_finite() && (0.0..1e15).contains(&ms) => Ok(Duration::from_secs_f64(ms / 1000.0)),
            _ => Err(expected::<Self>(value)),
        }
    }
    fn into_value(self) -> Value {
        Value::from(self)
    }
}

/// Things per second as a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rate {
    /// Numerator.
    pub numerator: u32,
    /// Denominator, not 0.
    pub denominator: u32,
}

impl Rate {
    /// `numerator / denominator` per second; a denominator of 0 is taken as 1.
    pub fn new(numerator: u32, denominator: u32) -> Self {
        Rate { numerator, denominator: denominator.max(1) }
    }

    /// As a real number.
    pub fn as_f64(self) -> f64 {
        f64::from(self.numerator) / f64::from(self.denominator)
    }

    /// Time from one thing to the next; `None` for a rate of 0.
    pub fn period(self) -> Option<Duration> {
        (self.numerator > 0).then(|| Duration::from_secs_f64(f64::from(self.denominator) / f64::from(self.numerator)))
    }
}

impl From<u32> for Rate {
    fn from(v: u32) -> Self {
        Rate::new(v, 1)
    }
}

impl From<f64> for Rate {
    /// Recognises the broadcast rates (23.976 is 24000/1001); others are kept to 1/1000.
    fn from(v: f64) -> Self {
        let v = if v.is_finite() { v.clamp(0.0, 1e6) } else { 0.0 };
        if v.fract() == 0.0 {
            return Rate::new(v as u32, 1);
        }
        for base in [24_000u32, 30_000, 48_000, 60_000, 120_000] {
            if (v - f64::from(base) / 1001.0).abs() < 0.005 {
                return Rate::new(base, 1001);
            }
        }
        Rate::new((v * 1000.0).round() as u32, 1000)
    }
}

impl OptionValue for Rate {
    const KIND: OptionKind = OptionKind::Rate;
    fn from_value(value: &Value) -> Result<Self, String> {
        match value {
            Value::Rational(n, d) => match (u32::try_from(*n), u32::try_from(*d)) {
                (Ok(n), Ok(d)) if d > 0 => Ok(Rate::new(n, d)),
                _ => Err(expected::<Self>(value)),
            },
            _ => match value.as_f64() {
                Some(v) if v.is_finite() && v >= 0.0 => Ok(Rate::from(v)),
                _ => Err(expected::<Self>(value)),
            },
        }
    }
    fn into_value(self) -> Value {
        Value::Rational(i64::from(self.numerator), i64::from(self.denominator))
    }
}

impl<T: OptionValue> OptionValue for Option<T> {
    const KIND: OptionKind = T::KIND;
    fn from_value(value: &Value) -> Result<Self, String> {
        match value {
            Value::Null => Ok(None),
            _ => T::from_value(value).map(Some),
        }
    }
    fn into_value(self) -> Value {
        self.map_or(Value::Null, T::into_value)
    }
}

impl<T: OptionValue> OptionValue for Vec<T> {
    const KIND: OptionKind = OptionKind::List(&T::KIND);
    fn from_value(value: &Value) -> Result<Self, String> {
        match value {
            Value::List(items) => items.iter().map(T::from_value).collect(),
            Value::Bytes(bytes) => bytes.iter().map(|b| T::from_value(&Value::from(*b))).collect(),
            // One value stands for a list of one.
            one => T::from_value(one).map(|v| vec![v]),
        }
    }
    fn into_value(self) -> Value {
        Value::List(self.into_iter().map(T::into_value).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_find_their_type() {
        assert_eq!(u8::from_value(&Value::Int(9)), Ok(9));
        assert_eq!(u8::from_value(&Value::Int(900)).unwrap_err(), "900 is out of range (0 to 255)");
        assert!(u8::from_value(&Value::Str("x".into())).unwrap_err().contains("expected integer, got text `x`"));
        assert_eq!(Duration::from_value(&Value::Int(40)), Ok(Duration::from_millis(40)));
        assert_eq!(Vec::<Duration>::from_value(&Value::parse("[10, 20]")).unwrap().len(), 2);
        assert_eq!(Option::<u8>::from_value(&Value::Null), Ok(None));
        assert_eq!(Rate::from_value(&Value::Float(23.976)), Ok(Rate::new(24_000, 1001)));
        assert_eq!(Rate::from_value(&Value::Rational(1, 3)).unwrap().period(), Some(Duration::from_secs(3)));
    }
}
