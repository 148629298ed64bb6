//! `cutover cache verify`.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::json;

use super::{CommandError, existing};
use crate::cli::VerifyArgs;
use crate::exit::Exit;
use crate::store::{self, Health};
use crate::terminal::Terminal;

pub(super) fn verify(args: &VerifyArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    let store = existing(&args.cache.store)?;
    let found = store::verify(&store)?;
    let left = if args.repair && !found.is_sound() {
        store::repair(&store, &found)?;
        Some(store::verify(&store)?)
    } else {
        None
    };
    let text = if terminal.json {
        format!("{}\n", document(&found, left.as_ref()))
    } else {
        describe(&args.cache.store, &found, left.as_ref())
    };
    terminal.print(&text)?;
    Ok(if left.unwrap_or(found).is_sound() { Exit::Done } else { Exit::Integrity })
}

fn document(found: &Health, left: Option<&Health>) -> serde_json::Value {
    let damaged =
        found.damaged.iter().map(|damage| json!({"key": damage.key, "recording": damage.recording, "why": damage.why}));
    json!({
        "answers": found.answers,
        "damaged": damaged.collect::<Vec<_>>(),
        "file": found.file,
        "repaired": left.map(Health::is_sound),
    })
}

fn describe(path: &Path, found: &Health, left: Option<&Health>) -> String {
    let mut text = format!("{}\nanswers  {}\ndamaged  {}\n", path.display(), found.answers, found.damaged.len());
    // Writing to a string cannot fail.
    for damage in &found.damaged {
        let recording = damage.recording.as_deref().unwrap_or("—");
        let _ = writeln!(text, "  {}  recording {recording}: {}", damage.key, damage.why);
    }
    for line in &found.file {
        let _ = writeln!(text, "file     {line}");
    }
    text += match left {
        None if found.is_sound() => "",
        None => "`cutover cache verify --repair` removes what is damaged; it is then bought anew, or imported again\n",
        Some(left) if left.is_sound() => "repaired: the damaged answers are removed; they are bought anew\n",
        Some(_) => {
            "the file cannot be repaired: take what can be read with `cutover cache export`, and import it elsewhere\n"
        }
    };
    text
}
