use super::{CLEAR, Pixel, split};

/// Cells of 8 x 8 x 8 colours each.
const CELLS: usize = 1 << 15;
/// Where the coordinates of missing colours lie: far from everything.
const NOWHERE: f32 = 1e6;

/// Finds the nearest of up to 256 colours, exactly.
///
/// For a cell of the colour cube only few colours can be the nearest ones: those that are not farther from its
/// nearest point than some other colour is from its farthest. They are found when the cell is first met.
pub(crate) struct Nearest {
    axes: [[f32; 256]; 3],
    colours: Vec<[i32; 3]>,
    /// Start and number of a cell's candidates in `pool`; number 0 where they are not known yet.
    cells: Vec<(u32, u16)>,
    /// Red, green, blue and index of candidates, cell after cell.
    pool: Vec<[i32; 4]>,
}

impl Nearest {
    pub fn new() -> Self {
        Nearest { axes: [[NOWHERE; 256]; 3], colours: Vec::new(), cells: vec![(0, 0); CELLS], pool: Vec::new() }
    }

    /// Sets the colours, 1 to 256.
    pub fn set(&mut self, palette: &[[u8; 3]]) {
        self.axes = [[NOWHERE; 256]; 3];
        for (i, colour) in palette.iter().take(256).enumerate() {
            for (axis, c) in self.axes.iter_mut().zip(colour) {
                axis[i] = f32::from(*c);
            }
        }
        self.colours = palette.iter().map(|c| c.map(i32::from)).collect();
        self.cells.fill((0, 0));
        self.pool.clear();
    }

    /// The index of the nearest colour for each pixel.
    pub fn map(&mut self, pixels: &[Pixel], indices: &mut [u8]) {
        let mut last = (CLEAR, 0);
        for (pixel, index) in pixels.iter().zip(indices) {
            if *pixel != last.0 && *pixel != CLEAR {
                last = (*pixel, self.find(split(*pixel).map(i32::from)));
            }
            *index = last.1;
        }
    }

    /// As [`map`](Self::map), with Floyd-Steinberg error diffusion, forth and back by turns.
    pub fn diffuse(&mut self, pixels: &[Pixel], width: usize, indices: &mut [u8]) {
        if width == 0 {
            return;
        }
        // Errors in sixteenths, one column of margin on either side.
        let mut here = vec![[0i32; 3]; width + 2];
        let mut below = here.clone();
        for (y, (row, out)) in pixels.chunks(width).zip(indices.chunks_mut(width)).enumerate() {
            let forth = y % 2 == 0;
            for i in 0..row.len() {
                let x = if forth { i } else { row.len() - 1 - i };
                let (Some(pixel), Some(index)) = (row.get(x), out.get_mut(x)) else { continue };
                if *pixel == CLEAR {
                    continue;
                }
                let colour = split(*pixel).map(i32::from);
                let mut wanted = [0; 3];
                for c in 0..3 {
                    wanted[c] = (colour[c] + ((here[x + 1][c] + 8) >> 4)).clamp(0, 255);
                }
                *index = self.find(wanted);
                let Some(got) = self.colours.get(usize::from(*index)) else { continue };
                let (ahead, behind) = if forth { (x + 2, x) } else { (x, x + 2) };
                for c in 0..3 {
                    let error = wanted[c] - got[c];
                    here[ahead][c] += 7 * error;
                    below[behind][c] += 3 * error;
                    below[x + 1][c] += 5 * error;
                    below[ahead][c] += error;
                }
            }
            std::mem::swap(&mut here, &mut below);
            below.fill([0; 3]);
        }
    }

    #[inline]
    fn find(&mut self, colour: [i32; 3]) -> u8 {
        let [r, g, b] = colour;
        let cell = ((r >> 3) << 10 | (g >> 3) << 5 | b >> 3) as usize & (CELLS - 1);
        let (mut start, mut n) = self.cells[cell];
        if n == 0 {
            (start, n) = self.candidates(cell);
        }
        let candidates = self.pool.get(start as usize..start as usize + usize::from(n)).unwrap_or_default();
        // The index in the lowest bits makes the smaller key the answer, without a branch.
        let mut best = i32::MAX;
        for [cr, cg, cb, index] in candidates {
            let distance = (r - cr) * (r - cr) + (g - cg) * (g - cg) + (b - cb) * (b - cb);
            best = best.min(distance << 8 | index);
        }
        best as u8
    }

    #[cold]
    fn candidates(&mut self, cell: usize) -> (u32, u16) {
        let mut nearest = [0f32; 256];
        let mut farthest = [0f32; 256];
        for (axis, shift) in self.axes.iter().zip([10, 5, 0]) {
            let low = ((cell >> shift & 31) << 3) as f32;
            let high = low + 7.0;
            for ((near, far), at) in nearest.iter_mut().zip(&mut farthest).zip(axis) {
                let (below, above) = (low - at, at - high);
                let outside = larger(larger(below, above), 0.0);
                let across = larger(high - at, at - low);
                *near += outside * outside;
                *far += across * across;
            }
        }
        let bound = farthest.iter().fold(f32::MAX, |a, b| if *b < a { *b } else { a });
        let start = self.pool.len();
        for ((i, near), [r, g, b]) in (0..).zip(&nearest).zip(&self.colours) {
            if *near <= bound {
                self.pool.push([*r, *g, *b, i]);
            }
        }
        let known = (start as u32, (self.pool.len() - start) as u16);
        self.cells[cell] = known;
        known
    }
}

/// Without the care for NaN that keeps `f32::max` from being one instruction.
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}
