use imageio_core::{Confidence, ErrorKind, Probe, ReadOptions, Reader};

use super::{Scratch, content, ensure, fail};
use crate::manifest::Good;
use crate::suite::{Check, FileRule, PluginRule, Suite};

pub(super) const RULES: &[PluginRule] =
    &[("open::foreign_files_are_declined", foreign), ("open::missing_file_is_not_found", missing)];

pub(super) const FILE_RULES: &[FileRule] = &[("probe::own_file", own), ("open::truncated_header", truncated)];

fn foreign(suite: &Suite, _: &[Good]) -> Check {
    if !suite.descriptor.can_read() {
        return Ok(());
    }
    let text = b"This is plain text, and no image in any format that we know of.\n".repeat(8);
    for content in [&text[..], &[]] {
        match Reader::open_with(content, &suite.options().plugin(suite.descriptor)) {
            Ok(_) => return Err("it opened plain text (or nothing at all)".into()),
            Err(e) => {
                let fine = matches!(e.kind(), ErrorKind::Declined | ErrorKind::Malformed | ErrorKind::Unsupported);
                ensure!(fine, "plain text gives {e}");
                ensure!(
                    suite.descriptor.magics().is_empty() || e.kind() == ErrorKind::Declined || content.is_empty(),
                    "a file without the signature is to be declined: {e}"
                );
            }
        }
    }
    Ok(())
}

fn missing(suite: &Suite, _: &[Good]) -> Check {
    let scratch = Scratch::new()?;
    let name = format!("missing.{}", suite.descriptor.extension_list().first().unwrap_or(&"bin"));
    match Reader::open_with(scratch.path(&name), &ReadOptions::new().registry(suite.registry)) {
        Ok(_) => Err("a missing file was opened".into()),
        Err(e) => {
            ensure!(e.kind() == ErrorKind::NotFound, "a missing file gives {e}");
            ensure!(e.to_string().contains(&name), "the error does not name the file: {e}");
            Ok(())
        }
    }
}

fn own(suite: &Suite, file: &Good) -> Check {
    let content = content(file)?;
    let head = &content[..content.len().min(suite.descriptor.wanted_bytes())];
    let declared = suite.descriptor.magics().iter().any(|m| m.matches(head));
    let extension = file.name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase());
    let probed = suite.descriptor.plugin().probe(&Probe::new(head, extension.as_deref(), &file.name));
    let sure = probed.unwrap_or(if declared { Confidence::Magic } else { Confidence::Extension });
    ensure!(sure > Confidence::No, "it does not know its own file");
    if !suite.descriptor.magics().is_empty() {
        ensure!(sure >= Confidence::Weak, "a format with a signature is not sure of its own file");
    }
    Ok(())
}

fn truncated(suite: &Suite, file: &Good) -> Check {
    let content = content(file)?;
    for n in [1, 2, 4, 8] {
        let Some(head) = content.get(..n) else { continue };
        let opened = Reader::open_with(head, &suite.options().plugin(suite.descriptor));
        let read = opened.and_then(|mut r| r.read(0));
        if let Err(e) = &read {
            ensure!(e.kind() != ErrorKind::Backend, "{n} bytes of header: {e}");
            ensure!(!e.to_string().is_empty(), "an error without words");
        }
        ensure!(read.is_err(), "the first {n} bytes alone were read as an image");
    }
    // The whole still opens: the checks above must not be the reason for refusals.
    suite.open_as(&content).and_then(|mut r| r.read(0).map_err(fail)).map(|_| ())
}
