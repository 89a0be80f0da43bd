//! Opens a stranger's format through the umbrella, which has no format of its own here.

use imageio::v3 as iio;
use stranger_format as _;

fn main() -> imageio::Result<()> {
    let image = iio::imread(b"ODD!\x01\x02\x03\x04\x05\x06")?;
    assert_eq!(image.as_bytes(), Some(&[1, 2, 3, 4, 5, 6][..]));
    println!("{} {} {:?}", iio::imopen(b"ODD!123456", iio::Read)?.plugin().id(), image.dtype(), image.shape());
    Ok(())
}
