use crate::encode::npy;

const DEPTH: usize = 16;
const SIDE: usize = 64;

/// `uint16 (16, 64, 64)`, axes z, y, x: a bright ball in a field that rises along all three.
pub(crate) fn volume() -> Vec<u8> {
    let mut data = Vec::with_capacity(DEPTH * SIDE * SIDE * 2);
    for z in 0..DEPTH {
        for y in 0..SIDE {
            for x in 0..SIDE {
                data.extend(value(z as i64, y as i64, x as i64).to_le_bytes());
            }
        }
    }
    npy("<u2", &[DEPTH, SIDE, SIDE], &data)
}

fn value(z: i64, y: i64, x: i64) -> u16 {
    let field = z * 256 + y * 64 + x * 16;
    // Slices lie four times as far apart as pixels; the centre is between voxels, so all is doubled.
    let (dz, dy, dx) = ((2 * z - 15) * 4, 2 * y - 63, 2 * x - 63);
    let ball = (44 * 44 - dz * dz - dy * dy - dx * dx).max(0) * 24;
    (field + ball).clamp(0, 65_535) as u16
}
