//! `cutover cache export` and `import`: answers from machine to machine.

use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write as _};

use super::{CommandError, existing};
use crate::cli::{ExportArgs, ImportArgs};
use crate::exit::Exit;
use crate::store::{self, ExportError, Store};
use crate::terminal::Terminal;

/// Writes the answers to a file, or to stdout. A reader that went away is no error: it has seen what it wanted.
pub(super) fn export(args: &ExportArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    let store = existing(&args.cache.store)?;
    let recording = args.recording.as_deref();
    let written = if let Some(path) = &args.out {
        store::export_to(&store, recording, path)
    } else {
        let mut out = BufWriter::new(std::io::stdout().lock());
        let written = store::export(&store, recording, &mut out)
            .and_then(|count| out.flush().map(|()| count).map_err(ExportError::Output));
        // What is left in the buffer has nowhere to go after an error.
        drop(out.into_parts());
        written
    };
    match written {
        Ok(count) => terminal.note(&format!("{count} answers exported")),
        Err(ExportError::Output(error)) if error.kind() == ErrorKind::BrokenPipe => {}
        Err(error) => return Err(error.into()),
    }
    Ok(Exit::Done)
}

pub(super) fn import(args: &ImportArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    let file = File::open(&args.file).map_err(|error| {
        let message = format!("cannot read {}: {error}", args.file.display());
        CommandError::with_help(Exit::Usage, message, "name a file that `cutover cache export` wrote")
    })?;
    let store = Store::open(&args.cache.store)?;
    let count = store::import(&store, file, &args.file)?;
    terminal.note(&format!("{} answers added, {} were there already", count.added, count.present));
    Ok(Exit::Done)
}
