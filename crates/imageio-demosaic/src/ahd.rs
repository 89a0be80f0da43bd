//! Adaptive homogeneity-directed interpolation, after K. Hirakawa and T. W. Parks, "Adaptive homogeneity-directed
//! demosaicing algorithm", IEEE Transactions on Image Processing 14 (2005): the picture is made once with green
//! along rows and once along columns, and each pixel is taken from the one whose surroundings are more alike in
//! CIE L*a*b*.

use crate::tile::{MARGIN, Planes, Tile, run, run_mut};

/// Memory that one thread uses again and again.
#[derive(Default)]
pub(crate) struct Scratch {
    ways: [Way; 2],
    difference: Vec<f32>,
    limits: [Vec<f32>; 2],
}

/// The picture made along one direction.
#[derive(Default)]
struct Way {
    rgb: [Vec<f32>; 3],
    lab: [Vec<f32>; 3],
    alike: Vec<f32>,
}

/// Interpolates a Bayer pattern. `to_xyz` takes balanced camera colours (0 to 65535) to XYZ relative to white.
pub(crate) fn bayer(tile: &Tile, to_xyz: &[[f32; 3]; 3], scratch: &mut Scratch, out: &mut Planes) {
    let (width, height) = (tile.width, tile.height);
    for way in &mut scratch.ways {
        for plane in way.rgb.iter_mut().chain(&mut way.lab).chain([&mut way.alike]) {
            plane.resize(width * height, 0.0);
        }
    }
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
    choose(width, &scratch.ways, out);
}

/// Green at red and blue elements: the mean of both neighbours and half of the element's own second difference,
/// kept between the neighbours.
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
        let estimate =
            |near: f32, far: f32, c: f32, a: f32, b: f32| (0.5 * (near + c) - 0.25 * far).max(a.min(b)).min(a.max(b));
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
            own[i] = row_color.max(0.0).min(65535.0);
            other[i] = other_color.max(0.0).min(65535.0);
        }
    }
}

/// CIE L*a*b* without its constant parts, which differences do not see.
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
    let t = t.max(1e-9);
    let y = f32::from_bits(t.to_bits() / 3 + 709_921_077);
    let cube = y * y * y;
    let root = y * (cube + 2.0 * t) / (2.0 * cube + t);
    if t > 0.008856 { root } else { 7.787 * t + 16.0 / 116.0 }
}

/// For each pixel and direction: how many of its four neighbours differ no more than the smoother direction does.
fn homogeneity(width: usize, height: usize, scratch: &mut Scratch) {
    let n = width - 8;
    let [across, along] = &mut scratch.ways;
    let [light_limit, color_limit] = &mut scratch.limits;
    for y in 4..height - 4 {
        let light_limit = &mut light_limit[..n];
        let color_limit = &mut color_limit[..n];
        {
            let h = |plane: usize, dx: usize| run(&across.lab[plane], width, y, 3 + dx, n);
            let v = |plane: usize, dy: usize| run(&along.lab[plane], width, y + dy - 1, 4, n);
            let (hl, ha, hb) = ([h(0, 0), h(0, 1), h(0, 2)], [h(1, 0), h(1, 1), h(1, 2)], [h(2, 0), h(2, 1), h(2, 2)]);
            let (vl, va, vb) = ([v(0, 0), v(0, 1), v(0, 2)], [v(1, 0), v(1, 1), v(1, 2)], [v(2, 0), v(2, 1), v(2, 2)]);
            for i in 0..n {
                let light = |l: &[&[f32]; 3]| (l[0][i] - l[1][i]).abs().max((l[2][i] - l[1][i]).abs());
                let color = |a: &[&[f32]; 3], b: &[&[f32]; 3]| {
                    let square = |k: usize| {
                        let (da, db) = (a[k][i] - a[1][i], b[k][i] - b[1][i]);
                        da * da + db * db
                    };
                    square(0).max(square(2))
                };
                light_limit[i] = light(&hl).min(light(&vl));
                color_limit[i] = color(&ha, &hb).min(color(&va, &vb));
            }
        }
        for way in [&mut *across, &mut *along] {
            let [light, a, b] = &way.lab;
            let at = |plane| -> [&[f32]; 5] {
                [
                    run(plane, width, y, 4, n),
                    run(plane, width, y, 3, n),
                    run(plane, width, y, 5, n),
                    run(plane, width, y - 1, 4, n),
                    run(plane, width, y + 1, 4, n),
                ]
            };
            let (light, a, b) = (at(light), at(a), at(b));
            let alike = run_mut(&mut way.alike, width, y, 4, n);
            for i in 0..n {
                let one = |k: usize| {
                    let (da, db) = (a[k][i] - a[0][i], b[k][i] - b[0][i]);
                    let near = (light[k][i] - light[0][i]).abs() <= light_limit[i];
                    let same = da * da + db * db <= color_limit[i];
                    if near & same { 1.0f32 } else { 0.0 }
                };
                alike[i] = one(1) + one(2) + one(3) + one(4);
            }
        }
    }
}

/// The 3 × 3 runs around a row of results.
fn around(plane: &[f32], width: usize, row: usize, n: usize) -> [&[f32]; 9] {
    std::array::from_fn(|k| run(plane, width, row + k / 3 - 1, MARGIN + k % 3 - 1, n))
}

/// Takes each pixel from the direction with more alike pixels in the 3 × 3 around it, or the mean of both.
fn choose(width: usize, ways: &[Way; 2], out: &mut Planes) {
    let n = out.width;
    for y in 0..out.height {
        let row = y + MARGIN;
        let (h, v) = (around(&ways[0].alike, width, row, n), around(&ways[1].alike, width, row, n));
        let plane = |way: usize, c: usize| run(&ways[way].rgb[c], width, row, MARGIN, n);
        let (h0, h1, h2) = (plane(0, 0), plane(0, 1), plane(0, 2));
        let (v0, v1, v2) = (plane(1, 0), plane(1, 1), plane(1, 2));
        let [red, green, blue] = &mut out.rgb;
        let (red, green, blue) = (run_mut(red, n, y, 0, n), run_mut(green, n, y, 0, n), run_mut(blue, n, y, 0, n));
        for i in 0..n {
            let across: f32 = h[0][i] + h[1][i] + h[2][i] + h[3][i] + h[4][i] + h[5][i] + h[6][i] + h[7][i] + h[8][i];
            let along: f32 = v[0][i] + v[1][i] + v[2][i] + v[3][i] + v[4][i] + v[5][i] + v[6][i] + v[7][i] + v[8][i];
            let share = 0.5 + (across - along).max(-0.5).min(0.5);
            let rest = 1.0 - share;
            red[i] = h0[i] * share + v0[i] * rest;
            green[i] = h1[i] * share + v1[i] * rest;
            blue[i] = h2[i] * share + v2[i] * rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::lightness;

    #[test]
    fn cube_roots() {
        for t in [0.009f32, 0.02, 0.1, 0.5, 1.0, 1.3] {
            assert!((lightness(t) - t.cbrt()).abs() < 2e-5, "{t}");
        }
        assert!((lightness(0.0) - 16.0 / 116.0).abs() < 1e-4);
    }
}
