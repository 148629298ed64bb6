//! `cutover cache gc`.

use std::collections::BTreeSet;

use serde_json::json;

use super::{CommandError, existing};
use crate::cli::GcArgs;
use crate::exit::Exit;
use crate::problem::suggestion;
use crate::replay::now_ms;
use crate::run_dir::finished;
use crate::store::{self, Collect, Collected, Stats};
use crate::terminal::Terminal;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

pub(super) fn gc(args: &GcArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    let store = existing(&args.cache.store)?;
    let keep: BTreeSet<String> = args.keep_recording.iter().cloned().collect();
    check_names(&keep, &store.stats()?)?;
    let what = Collect {
        before: args.older_than.map(|days| now_ms() - i64::from(days) * DAY),
        keep,
        finished: finished(&args.results).into_iter().collect(),
        dry_run: args.dry_run,
    };
    let collected = store::collect(&store, &what)?;
    let text = if terminal.json {
        let Collected { answers, calls, bytes } = collected;
        format!("{}\n", json!({"dry_run": args.dry_run, "answers": answers, "calls": calls, "bytes": bytes}))
    } else {
        describe(args.dry_run, collected)
    };
    terminal.print(&text)?;
    Ok(Exit::Done)
}

/// A name that is misspelt must not cost the answers that it was to keep.
fn check_names(keep: &BTreeSet<String>, stats: &Stats) -> Result<(), CommandError> {
    let names = || stats.recordings.iter().map(|(name, _)| name.as_str());
    let Some(unknown) = keep.iter().find(|name| !names().any(|known| known == *name)) else { return Ok(()) };
    let message = format!("the store has no recording `{unknown}`");
    let help = suggestion(unknown, names(), || "`cutover cache stats` lists the recordings".to_owned());
    Err(CommandError::with_help(Exit::Usage, message, help))
}

fn describe(dry_run: bool, Collected { answers, calls, bytes }: Collected) -> String {
    if dry_run {
        format!("would remove {answers} answers ({bytes} bytes, compressed) and {calls} rows of the ledger\n")
    } else {
        format!("removed {answers} answers and {calls} rows of the ledger; {bytes} bytes freed\n")
    }
}
