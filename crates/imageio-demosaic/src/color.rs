//! Colour matrices: from what a camera sees to a colour space, and the white balance that they imply.

/// A 3 × 3 matrix in row order.
pub type Matrix = [[f64; 3]; 3];

/// The matrix that changes nothing.
pub const IDENTITY: Matrix = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

/// Linear sRGB to CIE XYZ under D65 (IEC 61966-2-1).
pub const SRGB_TO_XYZ: Matrix =
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]];

/// White of D65 as XYZ: the row sums of [`SRGB_TO_XYZ`].
pub const D65: [f64; 3] = [0.950456, 1.0, 1.088754];

/// Colour spaces of the result; all with a linear scale, tone comes after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Space {
    /// The camera's own colours, white balanced.
    Raw,
    /// sRGB and BT.709.
    #[default]
    Srgb,
    /// Adobe RGB (1998).
    Adobe,
    /// Adobe Wide Gamut RGB.
    Wide,
    /// ProPhoto RGB (ROMM).
    ProPhoto,
    /// CIE XYZ.
    Xyz,
}

/// Product of two matrices.
pub fn multiply(a: &Matrix, b: &Matrix) -> Matrix {
    let mut out = [[0.0; 3]; 3];
    for i in 0..3 {
        for j in 0..3 {
            out[i][j] = (0..3).map(|k| a[i][k] * b[k][j]).sum();
        }
    }
    out
}

/// The inverse; `None` if there is none.
pub fn invert(m: &Matrix) -> Option<Matrix> {
    let minor = |r: [usize; 2], c: [usize; 2]| m[r[0]][c[0]] * m[r[1]][c[1]] - m[r[0]][c[1]] * m[r[1]][c[0]];
    let others = [[1, 2], [0, 2], [0, 1]];
    let sign = |i: usize, j: usize| if (i + j) % 2 == 0 { 1.0 } else { -1.0 };
    let determinant: f64 = (0..3).map(|j| sign(0, j) * m[0][j] * minor(others[0], others[j])).sum();
    if !determinant.is_finite() || determinant.abs() < 1e-12 {
        return None;
    }
    let mut out = IDENTITY;
    for i in 0..3 {
        for j in 0..3 {
            out[j][i] = sign(i, j) * minor(others[i], others[j]) / determinant;
        }
    }
    Some(out)
}

impl Space {
    /// From linear sRGB to this space.
    pub fn from_srgb(self) -> Matrix {
        let (primaries, white) = match self {
            Space::Raw | Space::Srgb => return IDENTITY,
            Space::Xyz => return SRGB_TO_XYZ,
            Space::Adobe => ([[0.64, 0.33], [0.21, 0.71], [0.15, 0.06]], D65),
            Space::Wide => ([[0.735, 0.265], [0.115, 0.826], [0.157, 0.018]], D50),
            Space::ProPhoto => ([[0.7347, 0.2653], [0.1596, 0.8404], [0.0366, 0.0001]], D50),
        };
        let to_xyz = primaries_to_xyz(&primaries, &white);
        let adapted = multiply(&adaptation(&D65, &white), &SRGB_TO_XYZ);
        // Neither a space's primaries nor an adaptation between real whites is singular.
        invert(&to_xyz).map_or(IDENTITY, |from_xyz| multiply(&from_xyz, &adapted))
    }
}

/// White of D50 as XYZ.
const D50: [f64; 3] = [0.96422, 1.0, 0.82521];

/// The matrix of a space with these primaries (x, y) and this white.
fn primaries_to_xyz(primaries: &[[f64; 2]; 3], white: &[f64; 3]) -> Matrix {
    let mut columns = [[0.0; 3]; 3];
    for (j, [x, y]) in primaries.iter().enumerate() {
        columns[0][j] = x / y;
        columns[1][j] = 1.0;
        columns[2][j] = (1.0 - x - y) / y;
    }
    let Some(inverse) = invert(&columns) else { return IDENTITY };
    let scale = apply(&inverse, white);
    for row in &mut columns {
        for j in 0..3 {
            row[j] *= scale[j];
        }
    }
    columns
}

/// Bradford's adaptation between whites.
fn adaptation(from: &[f64; 3], to: &[f64; 3]) -> Matrix {
    const CONES: Matrix = [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]];
    let (a, b) = (apply(&CONES, from), apply(&CONES, to));
    let mut scale = IDENTITY;
    for i in 0..3 {
        scale[i][i] = b[i] / a[i];
    }
    match invert(&CONES) {
        Some(back) => multiply(&back, &multiply(&scale, &CONES)),
        None => IDENTITY,
    }
}

/// A matrix times a column.
pub fn apply(m: &Matrix, v: &[f64; 3]) -> [f64; 3] {
    [0, 1, 2].map(|i| m[i][0] * v[0] + m[i][1] * v[1] + m[i][2] * v[2])
}

/// What a camera's matrix says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CameraColor {
    /// White-balanced camera colours to linear sRGB; rows sum to 1, so that white stays white.
    pub to_srgb: Matrix,
    /// Multipliers that make D65 daylight neutral.
    pub daylight: [f64; 3],
}

impl CameraColor {
    /// From the matrix that takes XYZ (D65) to camera colours, as DNG's `ColorMatrix2` does; `None` if it is no
    /// matrix that could be turned around.
    pub fn from_xyz_to_camera(xyz_to_camera: &Matrix) -> Option<Self> {
        let mut seen = multiply(xyz_to_camera, &SRGB_TO_XYZ);
        let mut daylight = [1.0; 3];
        for (row, multiplier) in seen.iter_mut().zip(&mut daylight) {
            let sum: f64 = row.iter().sum();
            if !sum.is_finite() || sum.abs() < 1e-5 {
                return None;
            }
            row.iter_mut().for_each(|v| *v /= sum);
            *multiplier = 1.0 / sum;
        }
        Some(CameraColor { to_srgb: invert(&seen)?, daylight })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverse_and_white() {
        let back = multiply(&invert(&SRGB_TO_XYZ).unwrap(), &SRGB_TO_XYZ);
        for i in 0..3 {
            for j in 0..3 {
                assert!((back[i][j] - IDENTITY[i][j]).abs() < 1e-9);
            }
        }
        for space in [Space::Adobe, Space::Wide, Space::ProPhoto] {
            let white = apply(&space.from_srgb(), &[1.0; 3]);
            assert!(white.iter().all(|v| (v - 1.0).abs() < 1e-3), "{space:?} {white:?}");
        }
        assert!(invert(&[[1.0; 3]; 3]).is_none());
    }

    #[test]
    fn a_camera_that_is_srgb() {
        let camera = CameraColor::from_xyz_to_camera(&invert(&SRGB_TO_XYZ).unwrap()).unwrap();
        for i in 0..3 {
            assert!((camera.daylight[i] - 1.0).abs() < 1e-9);
            assert!((camera.to_srgb[i][i] - 1.0).abs() < 1e-9);
        }
        assert!(CameraColor::from_xyz_to_camera(&[[0.0; 3]; 3]).is_none());
    }
}
