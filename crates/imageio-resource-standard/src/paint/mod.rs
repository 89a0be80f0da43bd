//! The pictures. Only arithmetic that IEEE 754 rounds exactly is used, so that they are the same everywhere.

mod animation;
mod card;
mod float;
mod gray;
mod soft;
mod volume;

pub(crate) use self::animation::animation;
pub(crate) use self::card::test_card;
pub(crate) use self::float::float;
pub(crate) use self::gray::gray16;
pub(crate) use self::soft::rgba;
pub(crate) use self::volume::volume;

/// How much of a pixel at distance `r` from the centre lies inside a disc of radius `radius`.
fn inside(r: f64, radius: f64) -> f64 {
    (radius + 0.5 - r).clamp(0.0, 1.0)
}

fn distance(x: f64, y: f64) -> f64 {
    (x * x + y * y).sqrt()
}

/// 0 to 1 with soft ends.
fn smooth(t: f64) -> f64 {
    let t = t.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}
