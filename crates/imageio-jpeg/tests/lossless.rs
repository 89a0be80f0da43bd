//! Lossless frames whose components have different resolutions, held against samples known beforehand.

use imageio_jpeg::stream::{Color, Stream};

/// Samples of one component, rows of `width`.
struct Plane {
    h: usize,
    v: usize,
    width: usize,
    height: usize,
    samples: Vec<i32>,
}

impl Plane {
    fn new(size: (usize, usize), (h, v): (usize, usize), (hmax, vmax): (usize, usize), seed: usize) -> Self {
        let (width, height) = ((size.0 * h).div_ceil(hmax), (size.1 * v).div_ceil(vmax));
        let sample = |i: usize| ((i + 1).wrapping_mul(2_654_435_761 + seed) >> 13) as i32 & 0xFF;
        Plane { h, v, width, height, samples: (0..width * height).map(sample).collect() }
    }

    /// A sample; those of the padding repeat the edge.
    fn at(&self, x: usize, y: usize) -> i32 {
        self.samples[y.min(self.height - 1) * self.width + x.min(self.width - 1)]
    }

    fn predicted(&self, x: usize, y: usize, fresh: bool, selection: u8) -> i32 {
        match (fresh, x) {
            (true, 0) => return 128,
            (true, _) => return self.at(x - 1, y),
            (false, 0) => return self.at(x, y - 1),
            _ => {}
        }
        let (a, b, c) = (self.at(x - 1, y), self.at(x, y - 1), self.at(x - 1, y - 1));
        match selection {
            1 => a,
            2 => b,
            3 => c,
            4 => a + b - c,
            5 => a + ((b - c) >> 1),
            6 => b + ((a - c) >> 1),
            _ => (a + b) >> 1,
        }
    }
}

/// Bits of a scan, with a zero byte after each 0xFF.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    bits: u64,
    count: u32,
}

impl Bits {
    fn put(&mut self, value: u32, count: u32) {
        self.bits = self.bits << count | u64::from(value);
        self.count += count;
        while self.count >= 8 {
            self.count -= 8;
            let byte = (self.bits >> self.count) as u8;
            self.bytes.push(byte);
            if byte == 0xFF {
                self.bytes.push(0);
            }
        }
    }

    fn flush(&mut self) {
        if self.count > 0 {
            self.put((1 << (8 - self.count)) - 1, 8 - self.count);
        }
    }

    /// Categories have codes of five bits here, by their number.
    fn difference(&mut self, difference: i32) {
        let size = 32 - difference.unsigned_abs().leading_zeros();
        self.put(size, 5);
        let value = if difference < 0 { difference - 1 + (1 << size) } else { difference };
        self.put(value as u32, size);
    }
}

fn segment(marker: u8, payload: &[u8], out: &mut Vec<u8>) {
    out.extend([0xFF, marker]);
    out.extend((payload.len() as u16 + 2).to_be_bytes());
    out.extend(payload);
}

/// A scan of `planes`, with restarts every `rows` rows of units.
fn scan(numbered: &[(usize, &Plane)], units: (usize, usize), selection: u8, rows: usize, out: &mut Vec<u8>) {
    let alone = numbered.len() == 1;
    let mut header = vec![numbered.len() as u8];
    for (i, _) in numbered {
        header.extend([*i as u8 + 1, 0]);
    }
    header.extend([selection, 0, 0]);
    segment(0xDA, &header, out);
    let units = match numbered {
        [(_, plane)] => (plane.width, plane.height),
        _ => units,
    };
    let mut bits = Bits::default();
    for row in 0..units.1 {
        let fresh = row == 0 || (rows > 0 && row % rows == 0);
        if fresh && row > 0 {
            bits.flush();
            bits.bytes.extend([0xFF, 0xD0 + ((row / rows - 1) % 8) as u8]);
        }
        for unit in 0..units.0 {
            for (_, plane) in numbered {
                let (h, v) = if alone { (1, 1) } else { (plane.h, plane.v) };
                for (dy, dx) in (0..v).flat_map(|y| (0..h).map(move |x| (y, x))) {
                    let (x, y) = (unit * h + dx, row * v + dy);
                    bits.difference(plane.at(x, y) - plane.predicted(x, y, fresh && dy == 0, selection));
                }
            }
        }
    }
    bits.flush();
    out.extend(bits.bytes);
}

/// The largest factors across and down.
fn most(factors: impl Iterator<Item = (usize, usize)>) -> (usize, usize) {
    factors.fold((1, 1), |most, f| (most.0.max(f.0), most.1.max(f.1)))
}

fn encode(size: (usize, usize), planes: &[Plane], selection: u8, rows: usize, apart: bool) -> Vec<u8> {
    let (hmax, vmax) = most(planes.iter().map(|p| (p.h, p.v)));
    let mut out = vec![0xFF, 0xD8];
    let mut frame = vec![8];
    frame.extend((size.1 as u16).to_be_bytes());
    frame.extend((size.0 as u16).to_be_bytes());
    frame.push(planes.len() as u8);
    for (i, plane) in planes.iter().enumerate() {
        frame.extend([i as u8 + 1, (plane.h << 4 | plane.v) as u8, 0]);
    }
    segment(0xC3, &frame, &mut out);
    let mut huffman = vec![0, 0, 0, 0, 0, 16];
    huffman.resize(17, 0);
    huffman.extend(0..16);
    segment(0xC4, &huffman, &mut out);
    let units = (size.0.div_ceil(hmax), size.1.div_ceil(vmax));
    let numbered: Vec<_> = planes.iter().enumerate().collect();
    let scans: Vec<_> = if apart { numbered.chunks(1).collect() } else { vec![numbered.as_slice()] };
    for part in scans {
        let across = if apart { part[0].1.width } else { units.0 };
        segment(0xDD, &((across * rows) as u16).to_be_bytes(), &mut out);
        scan(part, units, selection, rows, &mut out);
    }
    out.extend([0xFF, 0xD9]);
    out
}

#[test]
fn components_of_other_resolutions() {
    let factors: [&[(usize, usize)]; 5] = [
        &[(2, 2), (1, 1), (1, 1)],
        &[(2, 1), (1, 1), (1, 1)],
        &[(1, 2), (1, 1), (1, 2)],
        &[(4, 1), (1, 1), (2, 1)],
        &[(1, 1), (2, 2), (1, 1)],
    ];
    let mut met = 0;
    for (n, factors) in factors.iter().enumerate() {
        let (hmax, vmax) = most(factors.iter().copied());
        for size in [(1, 1), (7, 5), (16, 9)] {
            let planes: Vec<Plane> =
                factors.iter().enumerate().map(|(i, f)| Plane::new(size, *f, (hmax, vmax), n * 7 + i)).collect();
            let mut expected = Vec::new();
            for (y, x) in (0..size.1).flat_map(|y| (0..size.0).map(move |x| (y, x))) {
                expected.extend(planes.iter().map(|p| p.at(x * p.h / hmax, y * p.v / vmax) as u8));
            }
            for (selection, rows, apart) in
                (1..8).flat_map(|s| [(s, 0, false), (s, 1, false), (s, 2, true), (s, 0, true)])
            {
                let file = encode(size, &planes, selection, rows, apart);
                let stream = Stream::parse(&file).unwrap();
                let mut out = vec![0; expected.len()];
                stream.decode_u8(Color::Stored, &mut out).unwrap();
                assert_eq!(out, expected, "{factors:?} {size:?} predictor {selection}, {rows} rows, apart {apart}");
                met += 1;
            }
        }
    }
    assert_eq!(met, 5 * 3 * 28);
}

#[test]
fn restarts_within_a_row_are_refused() {
    let planes: Vec<Plane> = [(2, 2), (1, 1), (1, 1)].iter().map(|f| Plane::new((16, 8), *f, (2, 2), 3)).collect();
    let mut file = encode((16, 8), &planes, 1, 1, false);
    let at = file.windows(4).position(|w| w == [0xFF, 0xDD, 0, 4]).unwrap();
    file[at + 5] = 3;
    let mut out = vec![0; 16 * 8 * 3];
    let error = Stream::parse(&file).unwrap().decode_u8(Color::Stored, &mut out).unwrap_err();
    assert!(error.to_string().contains("restarts every 3 units"), "{error}");
}
