/// A rectangle of the canvas, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Rect {
    pub left: usize,
    pub top: usize,
    pub width: usize,
    pub height: usize,
}

impl Rect {
    pub fn new(left: usize, top: usize, width: usize, height: usize) -> Self {
        Rect { left, top, width, height }
    }

    pub fn right(&self) -> usize {
        self.left + self.width
    }

    pub fn bottom(&self) -> usize {
        self.top + self.height
    }

    pub fn area(&self) -> usize {
        self.width * self.height
    }

    pub fn is_empty(&self) -> bool {
        self.width == 0 || self.height == 0
    }

    /// What lies inside a canvas of this size.
    pub fn clipped(&self, width: usize, height: usize) -> Rect {
        let (left, top) = (self.left.min(width), self.top.min(height));
        Rect { left, top, width: self.right().min(width) - left, height: self.bottom().min(height) - top }
    }

    /// `true` if every pixel of `other` is in `self`.
    pub fn contains(&self, other: &Rect) -> bool {
        other.is_empty()
            || (self.left <= other.left
                && self.top <= other.top
                && self.right() >= other.right()
                && self.bottom() >= other.bottom())
    }

    /// The smallest rectangle that holds both; an empty one counts for nothing.
    pub fn union(&self, other: &Rect) -> Rect {
        if self.is_empty() {
            return *other;
        }
        if other.is_empty() {
            return *self;
        }
        let (left, top) = (self.left.min(other.left), self.top.min(other.top));
        let (right, bottom) = (self.right().max(other.right()), self.bottom().max(other.bottom()));
        Rect { left, top, width: right - left, height: bottom - top }
    }
}

/// Where row `y` of an interlaced picture of `height` rows stands in the data (GIF89a, appendix E).
pub(crate) fn interlaced_row(y: usize, height: usize) -> usize {
    let first = height.div_ceil(8);
    let second = first + height.saturating_sub(4).div_ceil(8);
    let third = second + height.saturating_sub(2).div_ceil(4);
    match y % 8 {
        0 => y / 8,
        4 => first + y / 8,
        2 | 6 => second + y / 4,
        _ => third + y / 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interlaced_rows_are_a_permutation() {
        for height in 0..40 {
            let order = (0..height).step_by(8).chain((4..height).step_by(8));
            let order: Vec<usize> = order.chain((2..height).step_by(4)).chain((1..height).step_by(2)).collect();
            assert_eq!(order.len(), height);
            for (at, y) in order.into_iter().enumerate() {
                assert_eq!(interlaced_row(y, height), at, "row {y} of {height}");
            }
        }
    }

    #[test]
    fn rectangles() {
        let a = Rect::new(2, 3, 4, 5);
        assert_eq!(a.clipped(4, 100), Rect::new(2, 3, 2, 5));
        assert!(a.clipped(1, 1).is_empty());
        assert_eq!(a.union(&Rect::new(0, 7, 3, 9)), Rect::new(0, 3, 6, 13));
        assert_eq!(a.union(&Rect::default()), a);
        assert!(a.contains(&Rect::new(3, 3, 3, 5)) && !a.contains(&Rect::new(3, 3, 4, 5)));
    }
}
