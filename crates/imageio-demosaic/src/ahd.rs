//! Adaptive homogeneity-directed interpolation, after K. Hirakawa and T. W. Parks, "Adaptive homogeneity-directed
//! demosaicing algorithm", IEEE Transactions on Image Processing 14 (2005): the picture is made once with green
//! along rows and once along columns, and each pixel is taken from the one whose surroundings are more alike in
//! CIE L*a*b*.

use fearless_simd::{Level, dispatch};

use crate::tile::{MARGIN, Planes, Tile, high, low, run, run_mut};

/// Pixels at each edge that are no choice of directions: those whose surroundings are not all in the image.
pub(crate) const BORDER: usize = 5;

/// Memory that one thread uses again and again.
#[derive(Default)]
pub(crate) struct Scratch {
    ways: [Way; 2],
    difference: Vec<f32>,
    limits: [Vec<f32>; 2],
    /// By how many neighbours more the picture along rows is alike.
    votes: Vec<f32>,
}

/// The picture made along one direction.
#[derive(Default)]
struct Way {
    rgb: [Vec<f32>; 3],
    lab: [Vec<f32>; 3],
    steps: Steps,
}

/// How much a row of pixels differs from its neighbours: in lightness, and in colour squared.
#[derive(Default)]
struct Steps {
    /// Each pixel from the one before it, with one more at the end.
    across: [Vec<f32>; 2],
    /// From the row above.
    up: [Vec<f32>; 2],
    /// From the row below.
    down: [Vec<f32>; 2],
}

/// Interpolates a Bayer pattern with the instructions of `level`. `to_xyz` takes balanced camera colours (0 to 65535) to XYZ relative to white.
pub(crate) fn bayer(level: Level, tile: &Tile, to_xyz: &[[f32; 3]; 3], scratch: &mut Scratch, out: &mut Planes) {
    dispatch!(level, _ => work(tile, to_xyz, scratch, out));
}

#[inline(always)]
fn work(tile: &Tile, to_xyz: &[[f32; 3]; 3], scratch: &mut Scratch, out: &mut Planes) {
    let (width, height) = (tile.width, tile.height);
    for way in &mut scratch.ways {
        for plane in way.rgb.iter_mut().chain(&mut way.lab) {
            plane.resize(width * height, 0.0);
        }
        let Steps { across, up, down } = &mut way.steps;
        for line in across.iter_mut().chain(up).chain(down) {
            line.resize(width, 0.0);
        }
    }
    scratch.votes.resize(width * height, 0.0);
    scratch.difference.resize(width * height, 0.0);
    for limit in &mut scratch.limits {
        limit.resize(width, 0.0);
    }
    greens(tile, &mut scratch.ways);
    for way in &mut scratch.ways {
        colors(tile, way, &mut scratch.difference);
        lab(width, height, way, to_xyz);
    }
    homogeneity(width, height, scratch);
    choose(width, scratch, out);
}

/// Green at red and blue elements: the mean of both neighbours and half of the element's own second difference,
/// kept between the neighbours.
#[inline(always)]
fn greens(tile: &Tile, ways: &mut [Way; 2]) {
    let width = tile.width;
    let n = width - 4;
    let [across, along] = ways;
    for y in 2..tile.height - 2 {
        let row = |dy: usize, dx: usize| run(&tile.data, width, y + dy - 2, dx, n);
        let (c, l, ll, r, rr) = (row(2, 2), row(2, 1), row(2, 0), row(2, 3), row(2, 4));
        let (u, uu, d, dd) = (row(1, 2), row(0, 2), row(3, 2), row(4, 2));
        let h = run_mut(&mut across.rgb[1], width, y, 2, n);
        let v = run_mut(&mut along.rgb[1], width, y, 2, n);
        let estimate = |near: f32, far: f32, c: f32, a: f32, b: f32| {
            low(high(0.5 * (near + c) - 0.25 * far, low(a, b)), high(a, b))
        };
        for i in 0..n {
            h[i] = estimate(l[i] + r[i], ll[i] + rr[i], c[i], l[i], r[i]);
            v[i] = estimate(u[i] + d[i], uu[i] + dd[i], c[i], u[i], d[i]);
        }
        // Where the element is green itself, it stays.
        let first = usize::from(tile.cfa.at(y, 2) % 2 == 0);
        for i in (first..n).step_by(2) {
            h[i] = c[i];
            v[i] = c[i];
        }
    }
}

/// Red and blue by their difference to green, which is 0 where the element is green. So each sum below has terms
/// only where the element asked for stands, and no case has to be told from another.
#[inline(always)]
fn colors(tile: &Tile, way: &mut Way, difference: &mut [f32]) {
    let width = tile.width;
    let [red, green, blue] = &mut way.rgb;
    for y in 2..tile.height - 2 {
        let n = width - 4;
        let to = run_mut(difference, width, y, 2, n);
        let (p, g) = (run(&tile.data, width, y, 2, n), run(green, width, y, 2, n));
        for i in 0..n {
            to[i] = p[i] - g[i];
        }
    }
    let n = width - 6;
    for y in 3..tile.height - 3 {
        let row = |dy: usize, dx: usize| run(difference, width, y + dy - 1, dx + 2, n);
        let (ul, u, ur) = (row(0, 0), row(0, 1), row(0, 2));
        let (l, c, r) = (row(1, 0), row(1, 1), row(1, 2));
        let (dl, d, dr) = (row(2, 0), row(2, 1), row(2, 2));
        let g = run(green, width, y, 3, n);
        let first = tile.cfa.at(y, 3);
        let color = if first % 2 == 1 { tile.cfa.at(y, 4) } else { first };
        let (own, other) = if color == 0 { (&mut *red, &mut *blue) } else { (&mut *blue, &mut *red) };
        let (own, other) = (run_mut(own, width, y, 3, n), run_mut(other, width, y, 3, n));
        for i in 0..n {
            let row_color = g[i] + c[i] + 0.5 * (l[i] + r[i]);
            let other_color = g[i] + 0.5 * (u[i] + d[i]) + 0.25 * (ul[i] + ur[i] + dl[i] + dr[i]);
            own[i] = low(high(row_color, 0.0), 65535.0);
            other[i] = low(high(other_color, 0.0), 65535.0);
        }
    }
}

/// CIE L*a*b* without its constant parts, which differences do not see.
#[inline(always)]
fn lab(width: usize, height: usize, way: &mut Way, m: &[[f32; 3]; 3]) {
    let n = width - 6;
    let [red, green, blue] = &way.rgb;
    let [light, a, b] = &mut way.lab;
    for y in 3..height - 3 {
        let (r, g, bl) = (run(red, width, y, 3, n), run(green, width, y, 3, n), run(blue, width, y, 3, n));
        let light = run_mut(light, width, y, 3, n);
        let a = run_mut(a, width, y, 3, n);
        let b = run_mut(b, width, y, 3, n);
        for i in 0..n {
            let fx = lightness(m[0][0] * r[i] + m[0][1] * g[i] + m[0][2] * bl[i]);
            let fy = lightness(m[1][0] * r[i] + m[1][1] * g[i] + m[1][2] * bl[i]);
            let fz = lightness(m[2][0] * r[i] + m[2][1] * g[i] + m[2][2] * bl[i]);
            light[i] = 116.0 * fy;
            a[i] = 500.0 * (fx - fy);
            b[i] = 200.0 * (fy - fz);
        }
    }
}

/// The function of CIE 1976: a cube root with a linear start.
#[inline(always)]
fn lightness(t: f32) -> f32 {
    // A third of the bits as a number is a third of the logarithm; one step of Halley brings it to 1e-5.
    // What is brighter than white counts as white: between full pixels there are no differences to go by.
    let t = low(high(t, 1e-9), 1.0);
    let y = f32::from_bits(t.to_bits() / 3 + 709_921_077);
    let cube = y * y * y;
    let root = y * (cube + 2.0 * t) / (2.0 * cube + t);
    if t > 0.008856 { root } else { 7.787 * t + 16.0 / 116.0 }
}

/// Differences between two runs of pixels.
#[inline(always)]
fn steps(from: [&[f32]; 3], to: [&[f32]; 3], [light, color]: [&mut [f32]; 2]) {
    let n = light.len();
    let ([l0, a0, b0], [l1, a1, b1]) = (from.map(|v| &v[..n]), to.map(|v| &v[..n]));
    let color = &mut color[..n];
    for i in 0..n {
        light[i] = (l1[i] - l0[i]).abs();
        let (a, b) = (a1[i] - a0[i], b1[i] - b0[i]);
        color[i] = a * a + b * b;
    }
}

/// As [`steps`], into the first `n` of these lines.
#[inline(always)]
fn line([light, color]: &mut [Vec<f32>; 2], n: usize, from: [&[f32]; 3], to: [&[f32]; 3]) {
    steps(from, to, [&mut light[..n], &mut color[..n]]);
}

/// For each pixel and direction: how many of its four neighbours differ no more than the smoother direction does.
#[inline(always)]
fn homogeneity(width: usize, height: usize, scratch: &mut Scratch) {
    let n = width - 8;
    let [light_limit, color_limit] = &mut scratch.limits;
    let (light_limit, color_limit) = (&mut light_limit[..n], &mut color_limit[..n]);
    for y in 4..height - 4 {
        for way in &mut scratch.ways {
            let at = |dy: usize, x: usize, n: usize| [0, 1, 2].map(|k| run(&way.lab[k], width, y + dy - 1, x, n));
            let Steps { across, up, down } = &mut way.steps;
            std::mem::swap(up, down);
            if y == 4 {
                line(up, n, at(0, 4, n), at(1, 4, n));
            }
            line(down, n, at(1, 4, n), at(2, 4, n));
            line(across, n + 1, at(1, 3, n + 1), at(1, 4, n + 1));
        }
        let [h, v] = &scratch.ways;
        limit(&h.steps.across[0], &v.steps.up[0], &v.steps.down[0], light_limit);
        limit(&h.steps.across[1], &v.steps.up[1], &v.steps.down[1], color_limit);
        let votes = run_mut(&mut scratch.votes, width, y, 4, n);
        votes.fill(0.0);
        count(&h.steps, light_limit, color_limit, votes, 1.0);
        count(&v.steps, light_limit, color_limit, votes, -1.0);
    }
}

/// The lesser of the largest steps along the row and along the column.
#[inline(always)]
fn limit(across: &[f32], up: &[f32], down: &[f32], out: &mut [f32]) {
    let n = out.len();
    let (left, right, up, down) = (&across[..n], &across[1..=n], &up[..n], &down[..n]);
    for i in 0..n {
        out[i] = low(high(left[i], right[i]), high(up[i], down[i]));
    }
}

/// Adds `weight` for each neighbour that is within the limits.
#[inline(always)]
fn count(steps: &Steps, light_limit: &[f32], color_limit: &[f32], votes: &mut [f32], weight: f32) {
    let n = votes.len();
    let (light_limit, color_limit) = (&light_limit[..n], &color_limit[..n]);
    let add = |light: &[f32], color: &[f32], votes: &mut [f32]| {
        let (light, color) = (&light[..n], &color[..n]);
        for i in 0..n {
            let alike = (light[i] <= light_limit[i]) & (color[i] <= color_limit[i]);
            votes[i] += if alike { weight } else { 0.0 };
        }
    };
    let Steps { across, up, down } = steps;
    add(&across[0], &across[1], votes);
    add(&across[0][1..], &across[1][1..], votes);
    add(&up[0], &up[1], votes);
    add(&down[0], &down[1], votes);
}

/// Takes each pixel from the direction with more alike pixels in the 3 × 3 around it, or the mean of both.
#[inline(always)]
fn choose(width: usize, scratch: &mut Scratch, out: &mut Planes) {
    let n = out.width;
    let [sums, shares] = &mut scratch.limits;
    for y in 0..out.height {
        let row = y + MARGIN;
        {
            let sums = &mut sums[..n + 2];
            let line = |dy: usize| run(&scratch.votes, width, row + dy - 1, MARGIN - 1, n + 2);
            let (a, b, c) = (line(0), line(1), line(2));
            for i in 0..n + 2 {
                sums[i] = a[i] + b[i] + c[i];
            }
        }
        let (a, b, c) = (&sums[..n], &sums[1..=n], &sums[2..n + 2]);
        let shares = &mut shares[..n];
        for i in 0..n {
            // Votes are whole numbers: all of one, all of the other, or half of each.
            shares[i] = low(high(a[i] + b[i] + c[i] + 0.5, 0.0), 1.0);
        }
        for (c, plane) in out.rgb.iter_mut().enumerate() {
            let h = run(&scratch.ways[0].rgb[c], width, row, MARGIN, n);
            let v = run(&scratch.ways[1].rgb[c], width, row, MARGIN, n);
            let out = run_mut(plane, n, y, 0, n);
            for i in 0..n {
                out[i] = v[i] + (h[i] - v[i]) * shares[i];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::lightness;

    #[test]
    fn cube_roots() {
        for t in [0.009f32, 0.02, 0.1, 0.5, 1.0] {
            assert!((lightness(t) - t.cbrt()).abs() < 2e-5, "{t}");
        }
        assert!((lightness(0.0) - 16.0 / 116.0).abs() < 1e-4);
    }
}
