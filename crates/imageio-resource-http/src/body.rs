//! The body of an answer as it comes in, guarded against servers that only drip.

use std::io::Read;
use std::time::{Duration, Instant};

use imageio_core::ErrorKind;
use ureq::BodyReader;

use crate::failure::{Failure, Retry};

/// A server that sends less than this in the time that it may be silent is as good as silent.
const LEAST: u64 = 1024;

/// What arrives of one answer.
pub(crate) struct Incoming {
    reader: BodyReader<'static>,
    idle: Duration,
    connect: Duration,
    /// Time spent waiting, and what came in it. The time that the caller takes between reads does not count.
    waited: Duration,
    came: u64,
}

impl Incoming {
    pub fn new(reader: BodyReader<'static>, idle: Duration, connect: Duration) -> Self {
        Incoming { reader, idle, connect, waited: Duration::ZERO, came: 0 }
    }

    /// As [`Read::read`]; 0 is the proper end of the body.
    pub fn read(&mut self, buf: &mut [u8]) -> Result<usize, Failure> {
        let started = Instant::now();
        let n =
            self.reader.read(buf).map_err(|e| Failure::from_ureq(&ureq::Error::from(e), self.idle, self.connect))?;
        self.waited += started.elapsed();
        self.came += n as u64;
        if self.waited >= self.idle {
            if n > 0 && self.came < LEAST {
                let message = format!("the server sent only {} bytes in {:?}", self.came, self.waited);
                return Err(Failure::new(ErrorKind::Io, message, Retry::No));
            }
            (self.waited, self.came) = (Duration::ZERO, 0);
        }
        Ok(n)
    }
}
