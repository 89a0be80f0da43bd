//! Files put together by hand, for what nothing writes any more.
#![allow(dead_code, reason = "each test takes what it needs")]

/// A tag with its field type and values.
pub type Tag = (u16, u16, Vec<u32>);

/// Segments of a stream with their markers, and its data without the end marker.
pub fn split(stream: &[u8]) -> (Vec<(u8, Vec<u8>)>, Vec<u8>) {
    let (mut at, mut out) = (2, Vec::new());
    loop {
        let (marker, length) = (stream[at + 1], usize::from(u16::from_be_bytes([stream[at + 2], stream[at + 3]])));
        out.push((marker, stream[at..at + 2 + length].to_vec()));
        at += 2 + length;
        if marker == 0xda {
            return (out, stream[at..].strip_suffix(b"\xff\xd9").unwrap().to_vec());
        }
    }
}

/// A file under construction: data first, then directories.
pub struct File(Vec<u8>);

impl File {
    pub fn new() -> Self {
        File(b"II*\0\0\0\0\0".to_vec())
    }

    pub fn put(&mut self, bytes: &[u8]) -> u32 {
        self.0.resize(self.0.len().next_multiple_of(2), 0);
        let at = self.0.len() as u32;
        self.0.extend(bytes);
        at
    }

    /// A directory: tags with their field types and values. Rational values are given as two numbers.
    pub fn directory(&mut self, tags: &[Tag]) -> u32 {
        let mut entries = Vec::new();
        for (tag, kind, values) in tags {
            let bytes: Vec<u8> = match kind {
                3 => values.iter().flat_map(|v| (*v as u16).to_le_bytes()).collect(),
                _ => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            };
            let count = values.len() / if *kind == 5 { 2 } else { 1 };
            let mut field = bytes.clone();
            field.resize(4, 0);
            if bytes.len() > 4 {
                field = self.put(&bytes).to_le_bytes().to_vec();
            }
            entries.push(
                [tag.to_le_bytes().to_vec(), kind.to_le_bytes().to_vec(), (count as u32).to_le_bytes().to_vec(), field]
                    .concat(),
            );
        }
        entries.sort_by_key(|e| u16::from_le_bytes([e[0], e[1]]));
        self.put(&[(entries.len() as u16).to_le_bytes().to_vec(), entries.concat(), vec![0; 4]].concat())
    }

    pub fn finish(mut self, first: u32) -> Vec<u8> {
        self.0[4..8].copy_from_slice(&first.to_le_bytes());
        self.0
    }
}

/// Tables in tags, as offsets of their bodies.
pub fn tables(file: &mut File, segments: &[(u8, Vec<u8>)]) -> Vec<Tag> {
    let mut found: Vec<(u8, u32)> = Vec::new();
    for (marker, segment) in segments.iter().filter(|(m, _)| matches!(m, 0xdb | 0xc4)) {
        let mut body = &segment[4..];
        while let [id, rest @ ..] = body {
            let length = match marker {
                0xdb => 64,
                _ => 16 + rest[..16].iter().map(|n| usize::from(*n)).sum::<usize>(),
            };
            found.push((if *marker == 0xdb { 0x40 | id } else { *id }, file.put(&rest[..length])));
            body = &rest[length..];
        }
    }
    let at = |id: u8| found.iter().find(|(k, _)| *k == id).unwrap().1;
    let of = |kind: u8| vec![at(kind), at(kind | 1), at(kind | 1)];
    vec![(519, 4, of(0x40)), (520, 4, of(0)), (521, 4, of(0x10))]
}

/// A small picture as old-style JPEG, its tables in tags or in an interchange stream.
#[cfg(feature = "jpeg")]
pub fn old_jpeg(tables_in_tags: bool) -> Vec<u8> {
    let (height, width) = (24, 40);
    let pixels: Vec<u8> = (0..height * width * 3).map(|k| (k % 97 + k / 60) as u8).collect();
    let encoding = imageio_jpeg::stream::Encoding::new(80);
    let stream = imageio_jpeg::stream::encode(&pixels, (height, width, 3), encoding).unwrap();
    let (segments, data) = split(&stream);
    let mut file = File::new();
    let mut tags = vec![(256, 3, vec![width as u32]), (257, 3, vec![height as u32]), (258, 3, vec![8, 8, 8])];
    tags.extend([(259, 3, vec![6]), (262, 3, vec![6]), (277, 3, vec![3]), (530, 3, vec![2, 2])]);
    tags.push((532, 5, vec![16, 1, 235, 1, 128, 1, 240, 1, 128, 1, 240, 1]));
    if tables_in_tags {
        tags.extend(tables(&mut file, &segments));
    } else {
        let head: Vec<u8> = [vec![0xff, 0xd8], segments.iter().flat_map(|(_, s)| s.clone()).collect()].concat();
        tags.extend([(513, 4, vec![file.put(&head)]), (514, 4, vec![head.len() as u32])]);
        file.put(&[0]);
    }
    tags.extend([(273, 4, vec![file.put(&data)]), (279, 4, vec![data.len() as u32])]);
    let first = file.directory(&tags);
    file.finish(first)
}
