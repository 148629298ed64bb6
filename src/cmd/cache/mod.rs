//! `cutover cache`: what the store holds, whether it is sound, what may go, and its answers in and out.

mod carry;
mod gc;
mod stats;
mod verify;
mod why_miss;

use std::path::Path;

use super::CommandError;
use crate::cli::CacheCommand;
use crate::exit::Exit;
use crate::store::Store;
use crate::terminal::Terminal;

pub(super) fn cache(command: &CacheCommand, terminal: &Terminal) -> Result<Exit, CommandError> {
    match command {
        CacheCommand::Stats(args) => stats::stats(args, terminal),
        CacheCommand::Verify(args) => verify::verify(args, terminal),
        CacheCommand::WhyMiss(args) => why_miss::why_miss(args, terminal),
        CacheCommand::Gc(args) => gc::gc(args, terminal),
        CacheCommand::Export(args) => carry::export(args, terminal),
        CacheCommand::Import(args) => carry::import(args, terminal),
    }
}

/// A store that is there: looking into one must not make it.
fn existing(path: &Path) -> Result<Store, CommandError> {
    if path.exists() {
        return Ok(Store::open(path)?);
    }
    let message = format!("there is no store at {}", path.display());
    Err(CommandError::with_help(Exit::Usage, message, "`cutover run SUITE` makes one; `--store FILE` names another"))
}
