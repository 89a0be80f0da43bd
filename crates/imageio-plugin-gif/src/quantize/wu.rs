use super::{CLEAR, Pixel, split};

/// Cells along an axis, and one more for the empty sum before the first.
const SIDE: usize = 33;
const SIZE: usize = SIDE * SIDE * SIDE;
/// Rounds of k-means at most.
const ROUNDS: usize = 6;

/// Sums over colours: how many, of red, of green, of blue.
type Moments = [i64; 4];

/// Colours counted in cells of 8 x 8 x 8.
pub(crate) struct Histogram {
    moments: Vec<Moments>,
    squares: Vec<f64>,
}

impl Histogram {
    pub fn new() -> Self {
        Histogram { moments: vec![[0; 4]; SIZE], squares: vec![0.0; SIZE] }
    }

    pub fn clear(&mut self) {
        self.moments.fill([0; 4]);
        self.squares.fill(0.0);
    }

    /// Counts pixels; transparent ones do not count.
    pub fn add(&mut self, pixels: &[Pixel]) {
        for pixel in pixels {
            if *pixel == CLEAR {
                continue;
            }
            let [r, g, b] = split(*pixel).map(i64::from);
            let cell = at((r >> 3) as usize + 1, (g >> 3) as usize + 1, (b >> 3) as usize + 1);
            let sums = &mut self.moments[cell];
            sums[0] += 1;
            sums[1] += r;
            sums[2] += g;
            sums[3] += b;
            self.squares[cell] += (r * r + g * g + b * b) as f64;
        }
    }

    /// At most `most` colours that stand for what was counted; the counts are used up.
    ///
    /// Xiaolin Wu, "Efficient statistical computations for optimal color quantization", Graphics Gems II (1991):
    /// the box whose colours vary most is cut where the variances of both parts add up to the least.
    pub fn palette(&mut self, most: usize, refine: bool) -> Vec<[u8; 3]> {
        let points = if refine { Points::of(&self.moments) } else { Points::default() };
        self.accumulate();
        let whole = Cube { low: [0; 3], high: [SIDE - 1; 3] };
        let mut boxes = vec![(self.variance(&whole), whole)];
        while boxes.len() < most.clamp(1, 256) {
            let widest = boxes.iter().enumerate().max_by(|a, b| a.1.0.total_cmp(&b.1.0)).map(|(i, _)| i);
            let Some((i, (variance, cube))) = widest.and_then(|i| boxes.get(i).copied().map(|b| (i, b))) else { break };
            if variance <= 0.0 {
                break;
            }
            match self.cut(&cube) {
                Some((a, b)) => {
                    boxes[i] = (self.variance(&a), a);
                    boxes.push((self.variance(&b), b));
                }
                // All in one cell: nothing to be gained.
                None => boxes[i].0 = 0.0,
            }
        }
        let sums = boxes.iter().map(|(_, cube)| self.volume(cube)).filter(|sums| sums[0] > 0);
        let mut colours: Vec<[f32; 3]> = sums.map(|sums| mean(&sums)).collect();
        if refine {
            points.refine(&mut colours);
        }
        colours.into_iter().map(|c| c.map(|v| v.round().clamp(0.0, 255.0) as u8)).collect()
    }

    /// Turns counts into sums over all cells up to each.
    fn accumulate(&mut self) {
        for r in 1..SIDE {
            let mut area = [[0i64; 4]; SIDE];
            let mut area_squares = [0f64; SIDE];
            for g in 1..SIDE {
                let mut line = [0i64; 4];
                let mut line_squares = 0f64;
                for b in 1..SIDE {
                    let (here, before) = (at(r, g, b), at(r - 1, g, b));
                    for c in 0..4 {
                        line[c] += self.moments[here][c];
                        area[b][c] += line[c];
                        self.moments[here][c] = self.moments[before][c] + area[b][c];
                    }
                    line_squares += self.squares[here];
                    area_squares[b] += line_squares;
                    self.squares[here] = self.squares[before] + area_squares[b];
                }
            }
        }
    }

    fn volume(&self, cube: &Cube) -> Moments {
        let mut sums = [0; 4];
        for (sign, corner) in cube.corners() {
            for (sum, value) in sums.iter_mut().zip(&self.moments[corner]) {
                *sum += sign * value;
            }
        }
        sums
    }

    /// Sum of squared distances from the mean.
    fn variance(&self, cube: &Cube) -> f64 {
        let sums = self.volume(cube);
        let squares: f64 = cube.corners().map(|(sign, corner)| sign as f64 * self.squares[corner]).iter().sum();
        squares - energy(&sums)
    }

    /// Cuts a box in two where that helps most.
    fn cut(&self, cube: &Cube) -> Option<(Cube, Cube)> {
        let whole = self.volume(cube);
        let mut best = (0.0, None);
        for axis in 0..3 {
            for place in cube.low[axis] + 1..cube.high[axis] {
                let mut part = *cube;
                part.high[axis] = place;
                let low = self.volume(&part);
                let mut high = whole;
                for (h, l) in high.iter_mut().zip(&low) {
                    *h -= l;
                }
                if low[0] == 0 {
                    continue;
                }
                if high[0] == 0 {
                    break;
                }
                let gain = energy(&low) + energy(&high);
                if gain > best.0 {
                    let mut rest = *cube;
                    rest.low[axis] = place;
                    best = (gain, Some((part, rest)));
                }
            }
        }
        best.1
    }
}

fn at(r: usize, g: usize, b: usize) -> usize {
    (r * SIDE + g) * SIDE + b
}

fn mean(sums: &Moments) -> [f32; 3] {
    let n = sums[0].max(1) as f32;
    [sums[1] as f32 / n, sums[2] as f32 / n, sums[3] as f32 / n]
}

/// Squared length of the sum, divided by the number: the larger, the less the colours vary.
fn energy(sums: &Moments) -> f64 {
    if sums[0] <= 0 {
        return 0.0;
    }
    let square = |v: i64| v as f64 * v as f64;
    (square(sums[1]) + square(sums[2]) + square(sums[3])) / sums[0] as f64
}

/// A box of cells: beyond `low`, up to and with `high`.
#[derive(Debug, Clone, Copy)]
struct Cube {
    low: [usize; 3],
    high: [usize; 3],
}

impl Cube {
    /// Sums up to these corners, added and subtracted, give the sum over the box.
    fn corners(&self) -> [(i64, usize); 8] {
        let ([r0, g0, b0], [r1, g1, b1]) = (self.low, self.high);
        [
            (1, at(r1, g1, b1)),
            (-1, at(r1, g1, b0)),
            (-1, at(r1, g0, b1)),
            (1, at(r1, g0, b0)),
            (-1, at(r0, g1, b1)),
            (1, at(r0, g1, b0)),
            (1, at(r0, g0, b1)),
            (-1, at(r0, g0, b0)),
        ]
    }
}

/// The mean colour of each cell that is not empty, and its weight.
#[derive(Default)]
struct Points {
    colours: Vec<[f32; 3]>,
    weights: Vec<f32>,
}

impl Points {
    fn of(moments: &[Moments]) -> Self {
        let mut points = Points::default();
        for sums in moments.iter().filter(|sums| sums[0] > 0) {
            points.colours.push(mean(sums));
            points.weights.push(sums[0] as f32);
        }
        points
    }

    /// Moves each colour to the mean of the points that are nearest to it, until little changes.
    fn refine(&self, colours: &mut [[f32; 3]]) {
        let mut before = f32::MAX;
        for _ in 0..ROUNDS {
            let mut axes = [[1e6f32; 256]; 3];
            for (i, colour) in colours.iter().take(256).enumerate() {
                for (axis, c) in axes.iter_mut().zip(colour) {
                    axis[i] = *c;
                }
            }
            let mut sums = [[0f32; 4]; 256];
            let mut error = 0.0;
            for (point, weight) in self.colours.iter().zip(&self.weights) {
                let (distance, nearest) = nearest(&axes, point, colours.len());
                error += distance * weight;
                let sum = &mut sums[nearest];
                sum[0] += weight;
                for (s, c) in sum[1..].iter_mut().zip(point) {
                    *s += weight * c;
                }
            }
            for (colour, [n, r, g, b]) in colours.iter_mut().zip(&sums) {
                if *n > 0.0 {
                    *colour = [r / n, g / n, b / n];
                }
            }
            if error > 0.98 * before {
                break;
            }
            before = error;
        }
    }
}

/// The nearest of the first `n` colours and its squared distance. The lowest bits of a distance carry the index,
/// so that one comparison finds both: four colours at a time without any branch.
fn nearest(axes: &[[f32; 256]; 3], point: &[f32; 3], n: usize) -> (f32, usize) {
    const LANES: usize = 8;
    let [rs, gs, bs] = axes;
    let [r, g, b] = *point;
    let mut best = [f32::MAX; LANES];
    let lanes = rs.as_chunks::<LANES>().0.iter().zip(gs.as_chunks::<LANES>().0).zip(bs.as_chunks::<LANES>().0);
    for (i, ((rs, gs), bs)) in lanes.enumerate().take(n.div_ceil(LANES)) {
        for lane in 0..LANES {
            let (dr, dg, db) = (rs[lane] - r, gs[lane] - g, bs[lane] - b);
            let distance = dr * dr + dg * dg + db * db;
            let tagged = f32::from_bits(distance.to_bits() & !0xFF | (i * LANES + lane) as u32);
            best[lane] = if tagged < best[lane] { tagged } else { best[lane] };
        }
    }
    let best = best.into_iter().fold(f32::MAX, |a, b| if b < a { b } else { a });
    (best, (best.to_bits() & 0xFF) as usize)
}
