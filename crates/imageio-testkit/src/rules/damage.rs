use std::time::{Duration, Instant};

use imageio_core::{ErrorKind, Index, Reader};

use super::{content, ensure};
use crate::fuzz::{Outcome, limits, read_any};
use crate::manifest::{Bad, Good};
use crate::samples::Random;
use crate::suite::{Check, FileRule, Suite};

pub(super) const RULES: &[FileRule] = &[("damage::prefixes", prefixes), ("damage::flipped_bits", flips)];

/// Far beyond what any small file takes; a hang shows, a busy machine does not.
const PATIENCE: Duration = Duration::from_secs(20);

fn one(suite: &Suite, data: &[u8], what: &str) -> Check {
    let start = Instant::now();
    // Codecs may panic, and core makes errors of that; what must not happen is a wrong answer or a hang.
    let outcome = read_any(suite.descriptor, data);
    let took = start.elapsed();
    ensure!(took < PATIENCE, "{what}: took {took:?}");
    if let Outcome::Refused(e) = &outcome {
        ensure!(!e.to_string().is_empty(), "{what}: refused without a word");
    }
    Ok(())
}

fn prefixes(suite: &Suite, file: &Good) -> Check {
    let content = content(file)?;
    let step = (content.len() / 64).max(37);
    for n in (0..content.len()).step_by(step) {
        one(suite, &content[..n], &format!("the first {n} bytes"))?;
    }
    Ok(())
}

fn flips(suite: &Suite, file: &Good) -> Check {
    let content = content(file)?;
    let mut random = Random::new(content.len() as u64);
    for round in 0..64 {
        let mut damaged = content.clone();
        // The header is where damage does most.
        let reach = if round % 2 == 0 { damaged.len() } else { damaged.len().min(64) };
        for _ in 0..=round % 4 {
            let at = random.below(reach);
            if let Some(byte) = damaged.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        one(suite, &damaged, &format!("round {round} of flipped bits"))?;
    }
    Ok(())
}

/// A bad file is refused with the expected kind, quickly, naming plugin and resource.
pub(crate) fn bad(suite: &Suite, file: &Bad) -> Check {
    let start = Instant::now();
    let options = suite.options().plugin(suite.descriptor).limits(limits());
    let read = Reader::open_with(&file.path, &options).and_then(|mut r| r.read(Index::Auto));
    let took = start.elapsed();
    ensure!(took < PATIENCE, "took {took:?}");
    match read {
        Ok(image) => Err(format!("was read as {image:?}: {}", file.why).into()),
        Err(e) => {
            ensure!(file.accepts(e.kind()), "kind {:?}, expected {}: {e}", e.kind(), file.kind);
            ensure!(e.kind() == ErrorKind::NotFound || e.context_value("plugin").is_some(), "names no plugin: {e}");
            ensure!(e.context_value("resource").is_some(), "names no resource: {e}");
            Ok(())
        }
    }
}
