//! `cutover ci`: run, report and judge in one, with what a pipeline needs: a mode that fits the keys that are there, a
//! lock that is held to, annotations, and the verdict as the exit code. Whatever can be written is written before the
//! exit code is decided.

use std::fs::File;
use std::io::Write as _;

use super::lock::{Lock, Pins};
use super::run::{self, Done, Places};
use super::{CommandError, allowed, gate as verdicts};
use crate::cli::{CiArgs, FailOn, ModeChoice, OnUntranslatable};
use crate::exit::Exit;
use crate::gate::{self, Decision, Verdict};
use crate::problem::suggestion;
use crate::report::format::annotations::{self, Severity};
use crate::report::format::markdown;
use crate::report::{Input, View, word};
use crate::suite::Suite;
use crate::terminal::Terminal;

pub(super) fn ci(args: &CiArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    let suite = Suite::load(&args.suite)?;
    allowed::programs(&suite, args.allow_exec)?;
    refuse_unknown_candidate(&suite, args.verdict.candidate.as_deref())?;
    if args.confirm {
        refuse_recorded(&suite)?;
    }
    if suite.replay.budget.is_none() && args.mode != Some(ModeChoice::Replay) {
        terminal.note("warning: no `budget_usd` in [replay]: nothing bounds what this pipeline may spend");
    }
    let dataset = run::open(&suite)?;
    let exclude = args.on_untranslatable == OnUntranslatable::Exclude;
    let lock = args.verdict.locked.then(|| Lock::of(&suite.path, &suite.name)).transpose()?;
    if let Some(lock) = &lock {
        lock.refuse_drift(&Pins::now(&suite, &dataset, exclude))?;
    }
    let places = Places {
        mode: args.mode.map(run::mode),
        on_untranslatable: args.on_untranslatable,
        store: Some(&args.store),
        results: &args.out,
        confirms: None,
    };
    let first = run::execute(&suite, &dataset, places, terminal)?;
    let first_verdicts = verdicts::chosen(&first.judged.verdicts, args.verdict.candidate.as_deref())?;
    let decides = if args.confirm && unsettled(gate::worst(&first_verdicts)) {
        tell_first(&first, &first_verdicts, terminal)?;
        let places = Places { confirms: Some(&first.run.manifest.run), ..places };
        run::execute(&suite, &dataset, places, terminal)?
    } else {
        first
    };
    conclude(args, &decides, lock.as_ref(), terminal)
}

/// Shows the verdict that counts, wherever a pipeline looks, and makes it the exit code.
fn conclude(args: &CiArgs, done: &Done, lock: Option<&Lock>, terminal: &Terminal) -> Result<Exit, CommandError> {
    let Done { run, judged, examples } = done;
    let chosen = verdicts::chosen(&judged.verdicts, args.verdict.candidate.as_deref())?;
    let view = View::new(&Input { verdicts: &chosen, ..judged.input(run, examples) });
    verdicts::print(&view, terminal)?;
    if !terminal.json {
        terminal.print(&format!("\n{}\n", run.path.join("report.html").display()))?;
    }
    let aliases = lock.map(|lock| lock.aliases(&run.manifest)).unwrap_or_default();
    for alias in &aliases {
        terminal.note(&format!("warning: {alias}"));
    }
    if std::env::var("GITHUB_ACTIONS").is_ok_and(|value| value == "true") {
        let severity = |decision| severity(decision, args.verdict.fail_on);
        terminal.commands(&annotations::render(&view, &severity));
        terminal.commands(&aliases.iter().map(|alias| annotations::warning(&view, alias)).collect::<String>());
    }
    summarize(&view, terminal);
    Ok(verdicts::exit(gate::worst(&chosen), args.verdict.fail_on))
}

/// Appends the summary to the page of the step. A pipeline that cannot show it has its verdict all the same.
fn summarize(view: &View<'_>, terminal: &Terminal) {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else { return };
    let appended = File::options().append(true).create(true).open(&path);
    let appended = appended.and_then(|mut file| file.write_all(markdown::render(view).as_bytes()));
    if let Err(error) = appended {
        terminal.note(&format!("the step summary cannot be written: {error}"));
    }
}

/// A candidate that is not there is found out before anything is spent.
fn refuse_unknown_candidate(suite: &Suite, candidate: Option<&str>) -> Result<(), CommandError> {
    let names: Vec<&str> = suite.arms.iter().skip(1).map(|arm| arm.name.as_str()).collect();
    let Some(name) = candidate.filter(|name| !names.contains(name)) else { return Ok(()) };
    let help = suggestion(name, names.iter().copied(), || format!("the candidates are {}", names.join(", ")));
    Err(CommandError::with_help(Exit::Usage, format!("the suite has no candidate `{name}`"), help))
}

/// What production answered once it cannot answer again.
fn refuse_recorded(suite: &Suite) -> Result<(), CommandError> {
    if suite.arms.iter().all(|arm| arm.live().is_some()) {
        return Ok(());
    }
    Err(CommandError::with_help(
        Exit::Usage,
        "`--confirm` asks every arm again, and the recorded answers of the baseline cannot be asked for again",
        "draw other cases of the same traffic instead: another `seed` in `draw`",
    ))
}

/// Whether fresh answers may settle it: what passed is settled, and no data must be repaired.
fn unsettled(decision: Decision) -> bool {
    matches!(decision, Decision::Fail | Decision::Inconclusive)
}

/// Shows the verdict that does not count, and says what a second look costs in certainty.
fn tell_first(first: &Done, verdicts: &[Verdict], terminal: &Terminal) -> Result<(), CommandError> {
    let Done { run, judged, .. } = first;
    let head = format!("first verdict, which does not count (run {}):", run.manifest.run);
    if terminal.json {
        let word = |verdict: &Verdict| format!("{} {}", verdict.candidate, word(verdict.decision));
        terminal.note(&format!("{head} {}", verdicts.iter().map(word).collect::<Vec<_>>().join(", ")));
    } else {
        terminal.print(&format!("{head}\n"))?;
        verdicts::print(&View::new(&Input { verdicts, ..judged.input(run, &[]) }), terminal)?;
        terminal.print("\non fresh answers of every arm, which alone decide:\n")?;
    }
    terminal.note("asking every arm every case again; the fresh answers alone decide");
    Ok(())
}

fn severity(decision: Decision, fail_on: FailOn) -> Severity {
    match (fail_on, decision) {
        (_, Decision::Pass) => Severity::Notice,
        (FailOn::Never, _) | (FailOn::Fail, Decision::Inconclusive) => Severity::Warning,
        (FailOn::Fail | FailOn::Inconclusive, _) => Severity::Error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_as_severe_as_its_exit_code() {
        use Decision::{Fail, Inconclusive, NoData, Pass};
        for decision in [Pass, Inconclusive, NoData, Fail] {
            for fail_on in [FailOn::Inconclusive, FailOn::Fail, FailOn::Never] {
                let fails = verdicts::exit(decision, fail_on) != Exit::Done;
                assert_eq!(severity(decision, fail_on) == Severity::Error, fails, "{decision:?} {fail_on:?}");
            }
            assert_eq!(unsettled(decision), [Fail, Inconclusive].contains(&decision));
        }
    }
}
