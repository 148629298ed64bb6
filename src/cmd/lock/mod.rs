//! `cutover lock`: pins what a finished run was made from, in a file beside its suite that is committed with it.

mod file;
mod pins;

use std::fs;
use std::io::Write as _;
use std::path::Path;

use super::{CommandError, run};
use crate::cli::LockArgs;
use crate::exit::Exit;
use crate::report::format::json;
use crate::run_dir::{self, Finished};
use crate::suite::Suite;
use crate::terminal::Terminal;

pub(super) use file::Lock;
pub(super) use pins::{Pins, ids_sha256};

pub(super) fn lock(args: &LockArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    let suite = Suite::load(&args.suite)?;
    let finished = wanted(&suite, args)?;
    let pins = Pins::of_run(&finished)?;
    refuse_changed(&suite, &finished, &pins)?;
    let path = file::path(&suite.path, &suite.name);
    write(&path, &pins.text()?)?;
    if terminal.json {
        terminal.print(&json::document(&pins)?)?;
    } else {
        terminal.print(&format!("{}\n", path.display()))?;
    }
    terminal
        .note(&format!("pins the run {}; commit it, and `cutover ci --locked` holds the suite to it", pins.run.name));
    Ok(Exit::Done)
}

/// The run that was named, or the newest finished one of the suite. One that confirms another has repeats of its own.
fn wanted(suite: &Suite, args: &LockArgs) -> Result<Finished, CommandError> {
    let Some(name) = &args.run else {
        let of_suite = |manifest: &run_dir::Manifest| manifest.suite.name == suite.name && manifest.confirms.is_none();
        return run_dir::newest(&args.results, &of_suite).ok_or_else(|| {
            let message = format!("there is no finished run of `{}` in {}", suite.name, args.results.display());
            let help = format!("`cutover run {}` makes one", args.suite.display());
            CommandError::with_help(Exit::Usage, message, help)
        });
    };
    let found = run_dir::find(&args.results, Some(name))?;
    let manifest = &found.manifest;
    if manifest.suite.name != suite.name {
        let message = format!("the run {} is one of `{}`, not of `{}`", manifest.run, manifest.suite.name, suite.name);
        return Err(CommandError::with_help(Exit::Usage, message, "name a run of this suite, or none for the newest"));
    }
    if let Some(first) = &manifest.confirms {
        let message = format!("the run {} confirms another one on fresh answers", manifest.run);
        return Err(CommandError::with_help(Exit::Usage, message, format!("lock that one: `--run {first}`")));
    }
    Ok(found)
}

/// A lock that the suite does not keep itself would refuse every run.
fn refuse_changed(suite: &Suite, finished: &Finished, pins: &Pins) -> Result<(), CommandError> {
    let dataset = run::open(suite)?;
    let then = pins.table()?;
    let drift_to = |exclude| Ok::<_, CommandError>(file::drift(&then, &Pins::now(suite, &dataset, exclude).table()?));
    // Whether the run left out what cannot be asked is not in its suite.
    let drifts = [drift_to(false)?, drift_to(true)?];
    let Some(fewest) = drifts.iter().min_by_key(|drift| drift.len()).filter(|drift| !drift.is_empty()) else {
        return Ok(());
    };
    let run = &finished.manifest.run;
    let changes = fewest.iter().map(|drift| format!("{}: then {}, now {}", drift.what, drift.locked, drift.now));
    let help = format!("`cutover run {}` again: answers that are stored are not bought again", suite.path.display());
    Err(file::refused(
        Exit::Usage,
        changes.map(|change| format!("the suite has changed since the run {run}: {change}")),
        help,
    ))
}

/// Writes a file whole or not at all.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let temporary = path.with_extension("lock.tmp");
    let mut file = fs::File::create(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&temporary, path)
}
