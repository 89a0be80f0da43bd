//! Reading: every frame is a fresh picture of the screen.

use imageio_core::{
    Dtype, Error, ErrorKind, ImageProperties, ImageReader, Limits, NdImage, Plugin, QueryCx, ReadCx, Request, Result,
};

use crate::command::{self, Program};
use crate::region::Region;

pub(crate) struct ScreenPlugin;

impl Plugin for ScreenPlugin {
    fn open_reader<'r>(&self, request: &mut dyn Request<'r>) -> Result<Box<dyn ImageReader + 'r>> {
        let region = Region::parse(&request.name())?;
        Ok(Box::new(ScreenReader { screen: Screen::connect()?, region }))
    }
}

/// Where pictures come from.
enum Screen {
    #[cfg(all(unix, not(target_os = "macos"), not(target_os = "android")))]
    X11(Box<crate::x11::Display>),
    Program(Program),
}

impl Screen {
    fn connect() -> Result<Self> {
        if let Some(program) = command::find() {
            return Ok(Screen::Program(program));
        }
        #[cfg(all(unix, not(target_os = "macos"), not(target_os = "android")))]
        return Ok(Screen::X11(Box::new(crate::x11::Display::connect()?)));
        #[allow(unreachable_code, reason = "reached where there is no X11")]
        Err(Error::unsupported("the screen of this system can't be read yet"))
    }
}

struct ScreenReader {
    screen: Screen,
    region: Region,
}

impl ScreenReader {
    fn grab_by(program: Program, region: &Region, limits: &Limits) -> Result<NdImage> {
        program.grab(region, limits)
    }
}

impl ImageReader for ScreenReader {
    fn properties(&mut self, cx: &QueryCx<'_>) -> Result<ImageProperties> {
        let shape = match &mut self.screen {
            #[cfg(all(unix, not(target_os = "macos"), not(target_os = "android")))]
            Screen::X11(display) => {
                let part = display.part(&self.region)?;
                [usize::from(part.height), usize::from(part.width)]
            }
            // Such a program says how large its picture is with the picture.
            Screen::Program(program) => match Self::grab_by(*program, &self.region, cx.limits())?.shape() {
                [height, width, ..] => [*height, *width],
                _ => return Err(Error::new(ErrorKind::Backend, "the picture has no rows")),
            },
        };
        Ok(ImageProperties::picture(Dtype::U8, shape[0], shape[1], "RGB"))
    }

    fn read_frame(&mut self, cx: &mut ReadCx<'_, '_>) -> Result<()> {
        match &mut self.screen {
            #[cfg(all(unix, not(target_os = "macos"), not(target_os = "android")))]
            Screen::X11(display) => {
                let part = display.part(&self.region)?;
                let shape = [usize::from(part.height), usize::from(part.width), 3];
                display.grab(part, cx.sink().slice::<u8>(&shape)?)
            }
            Screen::Program(program) => {
                let image = Self::grab_by(*program, &self.region, cx.limits())?;
                cx.sink().put(image)
            }
        }
    }

    /// Nobody knows how often the screen will be looked at.
    fn count(&mut self, _cx: &QueryCx<'_>) -> Result<Option<usize>> {
        Ok(None)
    }

    fn is_uniform(&self) -> bool {
        true
    }
}
