//! `cutover cache stats`.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::json;

use super::{CommandError, existing};
use crate::cli::CacheArgs;
use crate::domain::Usd;
use crate::exit::Exit;
use crate::store::Stats;
use crate::terminal::Terminal;

pub(super) fn stats(args: &CacheArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    let stats = existing(&args.store)?.stats()?;
    let text = if terminal.json { format!("{}\n", document(&stats)) } else { describe(&args.store, &stats) };
    terminal.print(&text)?;
    Ok(Exit::Done)
}

fn document(stats: &Stats) -> serde_json::Value {
    let Stats { format, answers, bytes, oldest, newest, recordings, calls, spent } = stats;
    json!({
        "format": format,
        "answers": answers,
        "bytes": bytes,
        "oldest": oldest,
        "newest": newest,
        "recordings": recordings,
        "calls": {
            "open": calls.open,
            "done": calls.done,
            "failed": calls.failed,
            "uncertain": calls.uncertain,
        },
        "spent": {
            "known_usd": spent.known.dollars(),
            "uncertain_calls": spent.uncertain_calls,
            "uncertain_usd": spent.uncertain.map(Usd::dollars),
        },
    })
}

fn describe(path: &Path, stats: &Stats) -> String {
    let day = |ms: Option<i64>| {
        ms.and_then(chrono::DateTime::from_timestamp_millis)
            .map_or_else(|| "—".to_owned(), |time| time.format("%Y-%m-%d %H:%M UTC").to_string())
    };
    let Stats { calls, spent, .. } = stats;
    let mut text = format!(
        "{}\nformat   {}\nanswers  {}\nbytes    {} (compressed)\noldest   {}\nnewest   {}\n\
         calls    {} done, {} failed, {} uncertain, {} open\nspent    ${:.4} known",
        path.display(),
        stats.format,
        stats.answers,
        stats.bytes,
        day(stats.oldest),
        day(stats.newest),
        calls.done,
        calls.failed,
        calls.uncertain,
        calls.open,
        spent.known.dollars(),
    );
    // Writing to a string cannot fail.
    let _ = match (spent.uncertain_calls, spent.uncertain) {
        (0, _) => writeln!(text),
        (calls, Some(most)) => {
            writeln!(text, ", and at most ${:.4} for calls that may have been billed: {calls}", most.dollars())
        }
        (calls, None) => writeln!(text, ", and an unknown amount for calls that may have been billed: {calls}"),
    };
    for (recording, answers) in &stats.recordings {
        let _ = writeln!(text, "recording {recording}  {answers}");
    }
    text
}
