//! `cutover gate`: the verdict of a stored run as an exit code, offline.

use std::path::Path;

use super::lock::{Lock, Pins};
use super::{CommandError, judged};
use crate::cli::{FailOn, GateArgs};
use crate::exit::Exit;
use crate::gate::{self, Decision, Verdict};
use crate::problem::suggestion;
use crate::report::{Input, View, format};
use crate::run_dir;
use crate::terminal::Terminal;

pub(super) fn gate(args: &GateArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    let run = run_dir::find(&args.stored.results, args.stored.run.as_deref())?;
    if args.verdict.locked {
        let lock = Lock::of(Path::new(&run.manifest.suite.path), &run.manifest.suite.name)?;
        lock.refuse_drift(&Pins::of_run(&run)?)?;
        lock.aliases(&run.manifest).iter().for_each(|alias| terminal.note(&format!("warning: {alias}")));
    }
    let judged = judged::judge(&run)?;
    let verdicts = chosen(&judged.verdicts, args.verdict.candidate.as_deref())?;
    let view = View::new(&Input { verdicts: &verdicts, ..judged.input(&run, &[]) });
    print(&view, terminal)?;
    Ok(exit(gate::worst(&verdicts), args.verdict.fail_on))
}

/// Prints the verdicts, one line a rule.
pub(super) fn print(view: &View<'_>, terminal: &Terminal) -> Result<(), CommandError> {
    let text = if terminal.json {
        format::json::render(view)?
    } else {
        format::terminal::render_verdicts(view, terminal.width, terminal.color)
    };
    terminal.print(&text)?;
    Ok(())
}

/// The verdicts that decide: all of them, or the one that was named.
pub(super) fn chosen(verdicts: &[Verdict], candidate: Option<&str>) -> Result<Vec<Verdict>, CommandError> {
    let Some(name) = candidate else { return Ok(verdicts.to_vec()) };
    let found: Vec<Verdict> = verdicts.iter().filter(|verdict| verdict.candidate == name).cloned().collect();
    if found.is_empty() {
        let names: Vec<&str> = verdicts.iter().map(|verdict| verdict.candidate.as_str()).collect();
        let help = suggestion(name, names.iter().copied(), || format!("the candidates are {}", names.join(", ")));
        return Err(CommandError::with_help(Exit::Usage, format!("the run has no candidate `{name}`"), help));
    }
    Ok(found)
}

/// The exit code of a verdict.
pub(super) fn exit(decision: Decision, fail_on: FailOn) -> Exit {
    match (fail_on, decision) {
        (FailOn::Never, _) | (FailOn::Fail, Decision::Inconclusive) => Exit::Done,
        (FailOn::Fail | FailOn::Inconclusive, decision) => decision.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_as_failing_is_said_by_fail_on() {
        let rows = [
            (Decision::Pass, [Exit::Done, Exit::Done, Exit::Done]),
            (Decision::Inconclusive, [Exit::Inconclusive, Exit::Done, Exit::Done]),
            (Decision::NoData, [Exit::NoData, Exit::NoData, Exit::Done]),
            (Decision::Fail, [Exit::Fail, Exit::Fail, Exit::Done]),
        ];
        for (decision, exits) in rows {
            let found = [FailOn::Inconclusive, FailOn::Fail, FailOn::Never].map(|fail_on| exit(decision, fail_on));
            assert_eq!(found, exits, "{decision:?}");
        }
    }
}
