use std::io::{ErrorKind as IoErrorKind, Read, Write};

use imageio_core::{Dtype, Element, Error, FrameSink, NdImageView, Result, dispatch};

use crate::header::Header;

/// Bytes that are read, swapped and moved in one go: small enough to stay in the cache.
const BLOCK: usize = 1 << 20;

/// Reads the elements behind a header into `sink` as a row-major array of this machine's byte order.
///
/// `go_on` is asked between blocks and may stop the read with an error, such as a cancellation.
///
/// # Errors
/// `Malformed` if the stream ends early, `LimitExceeded` before anything is allocated.
pub fn read_data(
    header: &Header,
    stream: &mut dyn Read,
    sink: &mut FrameSink<'_>,
    go_on: impl Fn() -> Result<()>,
) -> Result<()> {
    let fortran = is_transposed(header);
    if header.dtype == Dtype::Bool {
        return read_bools(header, stream, sink, fortran);
    }
    let component = component_size(header.dtype);
    let bytes = sink.bytes(header.dtype, &header.shape)?;
    let total = bytes.len();
    if fortran && total > 0 {
        return dispatch!(header.dtype, T => transposed(header, stream, bytes, size_of::<T>(), component, &go_on));
    }
    let mut done = 0;
    for block in bytes.chunks_mut(BLOCK) {
        fill(stream, block, done, total)?;
        done += block.len();
        if header.swapped {
            swap(block, component);
        }
        go_on()?;
    }
    Ok(())
}

fn is_transposed(header: &Header) -> bool {
    header.fortran_order && header.shape.iter().filter(|n| **n > 1).count() > 1
}

impl Header {
    /// Whether the bytes in the file are those of the array, in its order, but perhaps of the other byte order: then
    /// any part of them can be read by itself.
    pub fn is_plain(&self) -> bool {
        self.dtype != Dtype::Bool && !is_transposed(self)
    }

    /// Turns whole elements as they are in the file to the byte order of this machine.
    pub fn to_native(&self, bytes: &mut [u8]) {
        if self.swapped {
            swap(bytes, component_size(self.dtype));
        }
    }
}

/// Every byte but 0 is true, as numpy sees it.
fn read_bools(header: &Header, stream: &mut dyn Read, sink: &mut FrameSink<'_>, fortran: bool) -> Result<()> {
    let bools = sink.slice::<bool>(&header.shape)?;
    let total = bools.len();
    if fortran && total > 0 {
        let mut runs = Runs::new(&header.shape);
        let mut run = vec![0; runs.len.min(BLOCK)];
        let mut done = 0;
        while let Some(base) = runs.next() {
            let mut at = base;
            let mut left = runs.len;
            while left > 0 {
                let part = left.min(run.len());
                fill(stream, &mut run[..part], done, total)?;
                for byte in &run[..part] {
                    if let Some(place) = bools.get_mut(at) {
                        *place = *byte != 0;
                    }
                    at += runs.step;
                }
                left -= part;
                done += part;
            }
        }
        return Ok(());
    }
    let mut block = vec![0; total.min(BLOCK)];
    let mut done = 0;
    for part in bools.chunks_mut(BLOCK) {
        let bytes = &mut block[..part.len()];
        fill(stream, bytes, done, total)?;
        done += part.len();
        for (place, byte) in part.iter_mut().zip(bytes) {
            *place = *byte != 0;
        }
    }
    Ok(())
}

/// Positions in the row-major array at which the runs along the first axis begin, in the order of the file.
struct Runs<'s> {
    inner: &'s [usize],
    strides: Vec<usize>,
    position: Vec<usize>,
    left: usize,
    base: usize,
    /// Elements of a run.
    len: usize,
    /// Distance of neighbouring elements of a run in the array.
    step: usize,
}

impl<'s> Runs<'s> {
    /// For a shape of at least one axis and one element, whose size is known to fit into memory.
    fn new(shape: &'s [usize]) -> Self {
        let (first, inner) = shape.split_first().map_or((1, shape), |(first, inner)| (*first, inner));
        let mut strides = vec![1; inner.len()];
        for axis in (1..inner.len()).rev() {
            strides[axis - 1] = strides[axis] * inner[axis];
        }
        let step = inner.iter().product();
        Runs { inner, strides, position: vec![0; inner.len()], left: step, base: 0, len: first, step }
    }

    fn next(&mut self) -> Option<usize> {
        self.left = self.left.checked_sub(1)?;
        let base = self.base;
        for ((n, stride), position) in self.inner.iter().zip(&self.strides).zip(&mut self.position) {
            *position += 1;
            self.base += stride;
            if *position < *n {
                break;
            }
            self.base -= stride * n;
            *position = 0;
        }
        Some(base)
    }
}

/// Reads blocks of whole runs and scatters them element by element: neighbouring runs are neighbours in the array,
/// so each cache line that is touched is written whole.
fn transposed(
    header: &Header,
    stream: &mut dyn Read,
    bytes: &mut [u8],
    item: usize,
    component: usize,
    go_on: &dyn Fn() -> Result<()>,
) -> Result<()> {
    let total = bytes.len();
    let mut runs = Runs::new(&header.shape);
    let (len, step) = (runs.len, runs.step);
    let together = (BLOCK / (len * item)).clamp(1, 256);
    let mut bases = Vec::with_capacity(together);
    // A run that is larger than a block is read in parts.
    let part_len = if together == 1 { len.min(BLOCK / item) } else { len };
    let mut block = vec![0; together * part_len * item];
    let mut done = 0;
    loop {
        bases.clear();
        while bases.len() < together {
            match runs.next() {
                Some(base) => bases.push(base),
                None => break,
            }
        }
        if bases.is_empty() {
            return Ok(());
        }
        let mut start = 0;
        while start < len {
            let part = part_len.min(len - start);
            let block = &mut block[..bases.len() * part * item];
            fill(stream, block, done, total)?;
            done += block.len();
            if header.swapped {
                swap(block, component);
            }
            let place = Scatter { step, bases: &bases, start, part };
            match item {
                1 => place.scatter::<1>(block, bytes),
                2 => place.scatter::<2>(block, bytes),
                4 => place.scatter::<4>(block, bytes),
                8 => place.scatter::<8>(block, bytes),
                _ => place.scatter::<16>(block, bytes),
            }
            start += part;
        }
        go_on()?;
    }
}

struct Scatter<'b> {
    step: usize,
    bases: &'b [usize],
    start: usize,
    part: usize,
}

impl Scatter<'_> {
    fn scatter<const N: usize>(&self, block: &[u8], bytes: &mut [u8]) {
        let (from, _) = block.as_chunks::<N>();
        let (to, _) = bytes.as_chunks_mut::<N>();
        for i in 0..self.part {
            let row = (self.start + i) * self.step;
            for (run, base) in self.bases.iter().enumerate() {
                if let (Some(to), Some(from)) = (to.get_mut(row + base), from.get(run * self.part + i)) {
                    *to = *from;
                }
            }
        }
    }
}

/// Bytes of what is swapped: an element, or one part of a complex number.
fn component_size(dtype: Dtype) -> usize {
    if dtype.is_complex() { dtype.size() / 2 } else { dtype.size() }
}

fn swap(bytes: &mut [u8], component: usize) {
    match component {
        2 => bytes.as_chunks_mut::<2>().0.iter_mut().for_each(|c| c.reverse()),
        4 => bytes.as_chunks_mut::<4>().0.iter_mut().for_each(|c| c.reverse()),
        8 => bytes.as_chunks_mut::<8>().0.iter_mut().for_each(|c| c.reverse()),
        _ => {}
    }
}

fn fill(stream: &mut dyn Read, bytes: &mut [u8], done: usize, total: usize) -> Result<()> {
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match stream.read(rest) {
            Ok(0) => {
                return Err(Error::malformed(format!(
                    "the data ends after {} of {total} bytes of the array",
                    done + filled
                )));
            }
            Ok(n) => filled += n,
            Err(e) if e.kind() == IoErrorKind::Interrupted => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(())
}

/// Writes header and elements of an array in row-major order, whatever its strides are.
pub fn write(image: &NdImageView<'_>, out: &mut dyn Write) -> Result<()> {
    out.write_all(&Header::encode(image.dtype(), image.shape()))?;
    if let Some(bytes) = image.as_bytes() {
        out.write_all(bytes)?;
        return Ok(());
    }
    dispatch!(image.dtype(), T => write_strided::<T>(image, out))
}

fn write_strided<T: Element>(image: &NdImageView<'_>, out: &mut dyn Write) -> Result<()> {
    let Some(array) = image.as_array::<T>() else {
        return Err(Error::mismatch(format!("the image is {}, not {}", image.dtype(), T::DTYPE)));
    };
    let mut block = Vec::with_capacity(BLOCK / 16 / size_of::<T>());
    for element in array.iter() {
        block.push(*element);
        if block.len() == block.capacity() {
            out.write_all(bytemuck::cast_slice(&block))?;
            block.clear();
        }
    }
    out.write_all(bytemuck::cast_slice(&block))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use imageio_core::ndarray::{Array3, ArrayD, ShapeBuilder};
    use imageio_core::{ErrorKind, Limits, NdImage};

    fn back(file: &[u8]) -> Result<NdImage> {
        let mut stream = file;
        let header = Header::read(&mut stream, &Limits::default())?;
        let mut sink = FrameSink::fresh(&Limits::default());
        read_data(&header, &mut stream, &mut sink, || Ok(()))?;
        Ok(sink.finish()?.unwrap())
    }

    /// The file that numpy would write for an array in Fortran order and of the other byte order.
    fn foreign<T: Element>(array: &ArrayD<T>, component: usize) -> Vec<u8> {
        let header = Header::encode(T::DTYPE, array.shape());
        let mut text = String::from_utf8_lossy(&header[10..]).replace("False", "True ");
        text = text.replace('<', ">");
        let mut file = header[..10].to_vec();
        file.extend(text.as_bytes());
        let turned = array.t().as_standard_layout().into_owned();
        let mut bytes = bytemuck::cast_slice(turned.as_slice().unwrap()).to_vec();
        swap(&mut bytes, component);
        file.extend(bytes);
        file
    }

    #[test]
    fn fortran_order_and_other_byte_order() {
        for shape in [
            vec![3, 4, 5],
            vec![1, 7],
            vec![7, 1, 2],
            vec![2, 3, 4, 5],
            vec![600_000, 3],
            vec![3, 300_000],
            vec![700, 900],
        ] {
            let n = shape.iter().product::<usize>();
            let array = ArrayD::from_shape_vec(shape.clone(), (0..n as u32).collect()).unwrap();
            assert_eq!(back(&foreign(&array, 4)).unwrap(), NdImage::from(array), "{shape:?}");
        }
        let array = ArrayD::from_shape_fn(vec![2, 3], |i| imageio_core::C64::new(i[0] as f32, i[1] as f32));
        assert_eq!(back(&foreign(&array, 4)).unwrap(), NdImage::from(array));
        let array = ArrayD::from_shape_fn(vec![5, 3, 2], |i| (i[0] + i[1] + i[2]) % 2 == 0);
        assert_eq!(back(&foreign(&array, 1)).unwrap(), NdImage::from(array));
    }

    #[test]
    fn strided_views_and_ends() {
        let array = Array3::<f64>::from_shape_fn((40, 50, 60).f(), |(a, b, c)| (a * 3000 + b * 60 + c) as f64);
        let mut file = Vec::new();
        write(&NdImageView::from(&array), &mut file).unwrap();
        assert_eq!(back(&file).unwrap().try_into_array::<f64>().unwrap(), array.into_dyn());
        let e = back(&file[..file.len() - 1]).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Malformed);
        assert!(e.message().contains("ends after 959999 of 960000 bytes"), "{e}");
    }

    #[test]
    fn scalars_and_nothing() {
        for shape in [vec![], vec![0], vec![3, 0, 2]] {
            let image = NdImage::zeros(Dtype::F16, &shape).unwrap();
            let mut file = Vec::new();
            write(&image.view(), &mut file).unwrap();
            assert_eq!(back(&file).unwrap(), image, "{shape:?}");
        }
    }
}
