//! The screen of a real X server, which shows what this test draws.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a test that fails says so")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use imageio_core::{ErrorKind, v3 as iio};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt, CreateGCAux, Rectangle};

/// Set for the process that has the screen.
const CHILD: &str = "IMAGEIO_TEST_SCREEN";

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn pictures_of_the_screen() {
    if std::env::var_os(CHILD).is_some() {
        return with_a_screen();
    }
    // The server chooses a number that is free and says which.
    let started = Command::new("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", "320x200x24", "-nolisten", "tcp"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut server) = started.map(Server) else {
        println!("skipped: there is no Xvfb");
        return;
    };
    let mut number = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut number).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "pictures_of_the_screen", "--nocapture"]).env(CHILD, "1").env_remove("WAYLAND_DISPLAY");
    let done = child.env("DISPLAY", format!(":{}", number.trim())).output().unwrap();
    assert!(
        done.status.success(),
        "{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
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
