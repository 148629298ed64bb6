//! `cutover cache`: what the store holds, and its answers in and out.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufReader, BufWriter, ErrorKind, Write as _};
use std::path::Path;

use super::CommandError;
use crate::cli::{CacheCommand, ExportArgs, ImportArgs};
use crate::exit::Exit;
use crate::store::{self, ExportError, Stats, Store};
use crate::terminal::Terminal;

pub(super) fn cache(command: &CacheCommand, terminal: &Terminal) -> Result<Exit, CommandError> {
    match command {
        CacheCommand::Stats(args) => {
            let stats = existing(&args.store)?.stats()?;
            let text = if terminal.json {
                format!("{}\n", serde_json::to_string(&stats)?)
            } else {
                describe(&args.store, &stats)
            };
            terminal.print(&text)?;
        }
        CacheCommand::Export(args) => export(args, terminal)?,
        CacheCommand::Import(args) => import(args, terminal)?,
    }
    Ok(Exit::Done)
}

/// A store that is there: looking into one must not make it.
fn existing(path: &Path) -> Result<Store, CommandError> {
    if path.exists() {
        return Ok(Store::open(path)?);
    }
    let message = format!("there is no store at {}", path.display());
    Err(CommandError::with_help(Exit::Usage, message, "`cutover run SUITE` makes one; `--store FILE` names another"))
}

fn describe(path: &Path, stats: &Stats) -> String {
    let day = |ms: Option<i64>| {
        ms.and_then(chrono::DateTime::from_timestamp_millis)
            .map_or_else(|| "—".to_owned(), |time| time.format("%Y-%m-%d %H:%M UTC").to_string())
    };
    let mut text = format!(
        "{}\nanswers  {}\nbytes    {} (compressed)\noldest   {}\nnewest   {}\n",
        path.display(),
        stats.answers,
        stats.bytes,
        day(stats.oldest),
        day(stats.newest)
    );
    for (recording, answers) in &stats.recordings {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "recording {recording}  {answers}");
    }
    text
}

/// Writes the answers to stdout. A reader that went away is no error: it has seen what it wanted.
fn export(args: &ExportArgs, terminal: &Terminal) -> Result<(), CommandError> {
    let store = existing(&args.cache.store)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let written = store::export(&store, args.recording.as_deref(), &mut out)
        .and_then(|count| out.flush().map(|()| count).map_err(ExportError::Output));
    // What is left in the buffer has nowhere to go after an error.
    drop(out.into_parts());
    match written {
        Ok(count) => terminal.note(&format!("{count} answers exported")),
        Err(ExportError::Output(error)) if error.kind() == ErrorKind::BrokenPipe => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

fn import(args: &ImportArgs, terminal: &Terminal) -> Result<(), CommandError> {
    let file = File::open(&args.file).map_err(|error| {
        let message = format!("cannot read {}: {error}", args.file.display());
        CommandError::with_help(Exit::Usage, message, "name a file that `cutover cache export` wrote")
    })?;
    let store = Store::open(&args.cache.store)?;
    let count = store::import(&store, BufReader::new(file), &args.file)?;
    terminal.note(&format!("{} answers added, {} were there already", count.added, count.present));
    Ok(())
}
