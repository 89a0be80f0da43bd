//! The screen of a real X server, which shows what this test draws.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that fails says so")]

use imageio_core::{ErrorKind, v3 as iio};
use imageio_testkit::screen::with_screen;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt, CreateGCAux, Rectangle};

#[test]
fn pictures_of_the_screen() {
    with_screen("pictures_of_the_screen", (320, 200), &[], with_a_screen);
}

fn with_a_screen() {
    imageio_resource_screen::register();
    let (connection, screen) = x11rb::connect(None).unwrap();
    let root = connection.setup().roots[screen].root;
    for (color, x, y, width, height) in [(0x00ff_8001u32, 0, 0, 320, 200), (0x0010_20f0, 10, 20, 30, 40)] {
        let gc = connection.generate_id().unwrap();
        connection.create_gc(gc, root, &CreateGCAux::new().foreground(color)).unwrap();
        connection.poly_fill_rectangle(root, gc, &[Rectangle { x, y, width, height }]).unwrap();
    }
    connection.get_input_focus().unwrap().reply().unwrap();

    let whole = iio::imread_as::<u8>("<screen>").unwrap();
    assert_eq!(whole.shape(), [200, 320, 3]);
    for y in 0..200 {
        for x in 0..320 {
            let inside = (10..40).contains(&x) && (20..60).contains(&y);
            let expected = if inside { [0x10, 0x20, 0xf0] } else { [0xff, 0x80, 0x01] };
            assert_eq!([whole[[y, x, 0]], whole[[y, x, 1]], whole[[y, x, 2]]], expected, "{x} {y}");
        }
    }
    assert_eq!(iio::improps("<screen>").unwrap().shape, [200, 320, 3]);
    assert_eq!(iio::improps("<screen>").unwrap().n_images, None);
    let part = iio::imread_as::<u8>("<screen:10,20,30x40>").unwrap();
    assert_eq!(part.shape(), [40, 30, 3]);
    assert!(part.outer_iter().all(|row| row.outer_iter().all(|p| p.iter().eq(&[0x10, 0x20, 0xf0]))));
    assert_eq!(iio::imread("<screen1>").unwrap().shape(), [200, 320, 3]);
    assert_eq!(iio::imread("<screen1:0,0,5x6>").unwrap().shape(), [6, 5, 3]);
    assert_eq!(iio::imiter("<screen>").unwrap().take(5).map(Result::unwrap).count(), 5);
    for name in ["<screen9>", "<screen:0,0,321x10>", "<screenshot>"] {
        let e = iio::imread(name).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::NotFound, "{name}: {e}");
        assert_eq!(e.context_value("resource"), Some(name));
    }
    let e = iio::imwrite("<screen>", &imageio_core::ndarray::Array2::<u8>::zeros((2, 2))).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::ReadOnly, "{e}");
}
