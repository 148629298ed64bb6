//! `cutover run`: plan, replay, score, compare, report.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use super::buying::Bought;
use super::judged::Judged;
use super::keys::Arms;
use super::translations::Translations;
use super::{CommandError, allowed, buying, early, examples, judged, judging, manifest, record, signals, unstored};
use crate::cli::{ModeChoice, OnUntranslatable, RunArgs};
use crate::dataset::{self, Dataset};
use crate::domain::Usd;
use crate::exit::Exit;
use crate::replay::{Mode, Plan, Planned, Shelf, missing, now_ms};
use crate::report::{self, View};
use crate::run_dir::{
    Answer, Completing, Ended, Example, Finished, RunDir, RunDirError, Started, UncertainInfo, start,
};
use crate::score::Configured;
use crate::store::Store;
use crate::suite::Suite;
use crate::terminal::Terminal;

/// How many missing answers a message names.
const NAMED_MISSES: usize = 10;

pub(super) fn run(args: &RunArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    let suite = Suite::load(&args.suite)?;
    allowed::programs(&suite, args.allow_exec)?;
    if args.no_store {
        unstored::refuse(&suite, args.mode)?;
    }
    let places = Places {
        mode: Some(mode(args.mode)),
        on_untranslatable: args.on_untranslatable,
        store: (!args.no_store).then_some(&*args.store),
        results: &args.out,
        confirms: None,
    };
    run_suite(&suite, places, terminal)
}

/// Runs a suite and prints its report.
pub(super) fn run_suite(suite: &Suite, places: Places<'_>, terminal: &Terminal) -> Result<Exit, CommandError> {
    let Done { run, judged, examples } = execute(suite, &open(suite)?, places, terminal)?;
    judged::print(&run, &View::new(&judged.input(&run, &examples)), terminal)?;
    Ok(Exit::Done)
}

/// Where answers come from and where the run goes.
#[derive(Clone, Copy)]
pub(super) struct Places<'a> {
    /// Where answers may come from; `None` leaves the choice to what the environment and the store hold.
    pub(super) mode: Option<Mode>,
    pub(super) on_untranslatable: OnUntranslatable,
    /// `None` for a run that keeps no store.
    pub(super) store: Option<&'a Path>,
    pub(super) results: &'a Path,
    /// The run that is decided anew, on answers to repeats that it did not ask for.
    pub(super) confirms: Option<&'a str>,
}

/// A run that is finished, judged, and whose report is written.
pub(super) struct Done {
    pub(super) run: Finished,
    pub(super) judged: Judged,
    pub(super) examples: Vec<Example>,
}

/// Runs a suite on its cases and writes the report.
pub(super) fn execute(
    suite: &Suite,
    dataset: &Dataset,
    places: Places<'_>,
    terminal: &Terminal,
) -> Result<Done, CommandError> {
    early::refuse_weights(suite, dataset)?;
    let arms = Arms::from_environment(suite);
    let translations = Translations::check(dataset, &arms.arms, suite.replay.budget.is_some())?;
    match places.on_untranslatable {
        OnUntranslatable::Refuse => translations.refuse(dataset, &arms.arms)?,
        OnUntranslatable::Exclude => translations.refuse_empty(dataset, &arms.arms)?,
    }
    let (mut plan, order) = early::plan(suite, dataset);
    plan.trials.retain(|planned| translations.is_sent(*planned));
    let first_repeat = first_repeat(suite, places.confirms);
    plan.trials.iter_mut().for_each(|planned| planned.repeat += first_repeat);
    translations.tell(dataset, &arms.arms, terminal);
    let shelf = Shelf::open(places.store)?;
    // A run, the one that confirms it, and the judges of both share one budget.
    let spenders: Vec<String> =
        places.confirms.into_iter().flat_map(|first| [first.to_owned(), judging::recording(first)]).collect();
    let mut inputs = Inputs {
        suite,
        dataset,
        scorers: &suite.scorers,
        arms: &arms,
        translations: &translations,
        plan: &plan,
        order: order.as_deref(),
        shelf: &shelf,
        mode: places.mode.unwrap_or(Mode::Auto),
        confirms: places.confirms,
        spenders: &spenders,
    };
    if places.mode.is_none() {
        inputs.mode = chosen_mode(&inputs, terminal)?;
    }
    let judges = judging::keys(&mut inputs, places.mode.is_some(), terminal)?;
    let lacking = check_answers(&inputs)?;
    let answered = early::answered(&inputs, &lacking);
    inputs.plan = answered.as_ref().unwrap_or(&plan);

    let exclude = places.on_untranslatable == OnUntranslatable::Exclude;
    let plan_hash = manifest::plan_hash(suite, &dataset.sha256, exclude, first_repeat);
    let Started { mut run, is_new } = start(places.results, manifest::manifest(&inputs, plan_hash))?;
    if !is_new && inputs.mode != Mode::Replay {
        match shelf.store() {
            Some(store) => forsake(store, &run, terminal)?,
            None => unstored::tell(terminal),
        }
    }
    keep_not_sent(&inputs, &mut run)?;
    let bought = buying::buy(&inputs, &mut run, !is_new, terminal).and_then(|bought| match bought {
        Bought { stopped_at: None, .. } if !lacking.is_empty() => {
            Err(misses(lacking, &Inputs { plan: &plan, ..inputs }))
        }
        bought => Ok(bought),
    });
    let bought = bought.and_then(|bought| match bought.ended {
        None => Ok((bought, judging::judge((suite, &inputs), &run, &judges, terminal)?)),
        Some(_) => Ok((bought, None)),
    });
    if bought.is_err() && is_new && inputs.mode == Mode::Replay {
        // A replay that broke paid for nothing: what it began is worth nothing either.
        std::fs::remove_dir_all(&run.path)?;
    }
    let (Bought { ended, stopped_at }, judging) = bought?;
    if let Some(reason) = ended {
        return Err(buying::stopped(&reason, &run, total(&inputs)));
    }
    signals::end_at_the_next()?;
    run.manifest.uncertain = uncertain(&shelf, &run, is_new)?;
    run.manifest.judges = judging.as_ref().map_or_else(|| Ok(Vec::new()), judging::Judging::info)?;
    if let Some(cases) = stopped_at {
        run.manifest.stopped_early = Some(early::stopped(&Inputs { plan: &plan, ..inputs }, &run, cases, terminal)?);
    }
    let completed = judging.as_ref().map(|judging| |record| judging.join(record));
    let completing = completed.as_ref().map(|completed| completed as Completing<'_>);
    let order = order.as_deref();
    let places = || in_order(dataset, &arms, (order, stopped_at), repeats(suite, places.confirms));
    // Nothing is asked any more: the comparison takes the room.
    drop((plan, answered));
    std::thread::scope(|scope| {
        // Nothing is read from the store any more: its last checkpoint waits for the disk meanwhile.
        scope.spawn(|| drop(shelf));
        let ended = run.finish(places(), completing, now_ms())?;
        publish(ended, dataset, |ended, wanted| {
            ended.answers(places().filter(|(case, ..)| wanted.contains(case)), completing)
        })
    })
}

/// The repeats that a run begins with: those that the run it confirms did not ask for.
pub(super) fn first_repeat(suite: &Suite, confirms: Option<&str>) -> u32 {
    if confirms.is_some() { suite.replay.repeats } else { 0 }
}

/// The repeats of every case and arm.
fn repeats(suite: &Suite, confirms: Option<&str>) -> Range<u32> {
    let first = first_repeat(suite, confirms);
    first..first + suite.replay.repeats
}

/// Everything that a run is made from.
#[derive(Clone, Copy)]
pub(super) struct Inputs<'a> {
    pub(super) suite: &'a Suite,
    pub(super) dataset: &'a Dataset,
    /// What judges an answer when it is kept.
    pub(super) scorers: &'a [Configured],
    pub(super) arms: &'a Arms,
    pub(super) translations: &'a Translations,
    pub(super) plan: &'a Plan,
    /// The places of the cases in the order of looking at them, where the run may stop early.
    pub(super) order: Option<&'a [usize]>,
    pub(super) shelf: &'a Shelf,
    pub(super) mode: Mode,
    pub(super) confirms: Option<&'a str>,
    /// The names under which others have spent of the same budget.
    pub(super) spenders: &'a [String],
}

impl Inputs<'_> {
    /// The repeats of every case and arm.
    pub(super) fn repeats(&self) -> Range<u32> {
        repeats(self.suite, self.confirms)
    }
}

/// Counts the calls that were on the way when the run was killed, and says so.
pub(super) fn forsake(store: &Store, run: &RunDir, terminal: &Terminal) -> Result<(), CommandError> {
    let lost = store.forsake(&run.manifest.run, now_ms())?;
    let calls: u32 = lost.iter().map(|call| call.calls).sum();
    if calls > 0 {
        let most: Option<Usd> = lost.iter().map(|call| (0..call.calls).map(|_| call.worst_case).sum()).sum();
        let most = most.map_or_else(String::new, |usd| format!(", up to ${:.6}", usd.dollars()));
        terminal.note(&format!(
            "{calls} calls were on the way when this run was killed: they may have been billed{most}, and are asked again"
        ));
    }
    Ok(())
}

/// The calls of a run that may have been billed, nobody knows how much.
fn uncertain(shelf: &Shelf, run: &RunDir, is_new: bool) -> Result<Option<UncertainInfo>, CommandError> {
    let (calls, worst_case) = match shelf {
        Shelf::Store(store) => {
            let spent = store.spent(&run.manifest.run)?;
            let judges = store.spent(&judging::recording(&run.manifest.run))?;
            let worst_case = spent.uncertain.zip(judges.uncertain).map(|(run, judges)| run.plus(judges));
            (spent.uncertain_calls + judges.uncertain_calls, worst_case)
        }
        // What was on the way when it was stopped stands nowhere.
        Shelf::Nowhere(_) if !is_new => return Ok(Some(UncertainInfo { calls: None, worst_case: None })),
        Shelf::Nowhere(uncertain) => uncertain.sum(),
    };
    Ok((calls > 0).then_some(UncertainInfo { calls: Some(calls), worst_case }))
}

/// Every trial of the plan, sent or not.
pub(super) fn total(inputs: &Inputs<'_>) -> usize {
    inputs.dataset.entries.len() * inputs.arms.arms.len() * inputs.suite.replay.repeats as usize
}

/// Keeps the trials for which nothing is sent: they count in every report.
fn keep_not_sent(inputs: &Inputs<'_>, run: &mut RunDir) -> Result<(), CommandError> {
    for &(case, arm) in inputs.translations.not_sent() {
        let (entry, arm) = (&inputs.dataset.entries[case], &inputs.arms.arms[arm]);
        for repeat in inputs.repeats() {
            if run.is_done(&entry.id, &arm.name, repeat) {
                continue;
            }
            let case = inputs.dataset.read(case).map_err(|problem| vec![problem])?;
            run.append(&[record::not_sent(case, arm, repeat)])?;
        }
    }
    Ok(())
}

/// Compares, judges and reports a run whose trials are all there. `read` gives the answers to some cases.
fn publish(
    mut ended: Ended,
    dataset: &Dataset,
    read: impl FnOnce(&Ended, &BTreeSet<&str>) -> Result<Vec<Answer>, RunDirError>,
) -> Result<Done, CommandError> {
    let judged = judged::judge_trials(&ended.run, std::mem::take(&mut ended.trials))?;
    let examples = examples::collect(dataset, &judged.results, |wanted| read(&ended, wanted))?;
    let run = ended.run;
    std::thread::scope(|scope| {
        let saving = scope.spawn(|| run.save_examples(&examples));
        let written = report::write(&run.path, &View::new(&judged.input(&run, &examples)));
        saving.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Ok::<_, CommandError>(written?)
    })?;
    Ok(Done { run, judged, examples })
}

pub(super) fn mode(choice: ModeChoice) -> Mode {
    match choice {
        ModeChoice::Auto => Mode::Auto,
        ModeChoice::Replay => Mode::Replay,
        ModeChoice::Record => Mode::Record,
    }
}

/// The cases of a suite: its dataset, or what is drawn from it.
pub(super) fn open(suite: &Suite) -> Result<Dataset, CommandError> {
    let dataset = dataset::open(&suite.dataset.path)?;
    Ok(match &suite.dataset.draw {
        Some(draw) => dataset.draw(draw),
        None => dataset,
    })
}

/// The places of all trials in the order of the results table: case, arm, repeat. A run that may stop early has its cases
/// in the order of looking at them, up to where it stopped.
fn in_order<'a>(
    dataset: &'a Dataset,
    arms: &'a Arms,
    (order, stopped_at): (Option<&'a [usize]>, Option<usize>),
    repeats: Range<u32>,
) -> impl Iterator<Item = (&'a str, &'a str, u32)> + Send + 'a {
    let (entries, arms) = (&dataset.entries, &arms.arms);
    let cases = stopped_at.unwrap_or(entries.len());
    (0..cases).map(move |place| &entries[order.map_or(place, |order| order[place])]).flat_map(move |entry| {
        let repeats = repeats.clone();
        arms.iter().flat_map(move |arm| repeats.clone().map(move |repeat| (&*entry.id, &*arm.name, repeat)))
    })
}

/// Replay where answers would have to be bought with a key that is not there, or where nothing is to be bought and a
/// key is not there; auto otherwise.
fn chosen_mode(inputs: &Inputs<'_>, terminal: &Terminal) -> Result<Mode, CommandError> {
    let Inputs { dataset, arms, plan, shelf, .. } = inputs;
    if arms.complete() {
        return Ok(Mode::Auto);
    }
    let lacking: BTreeSet<usize> =
        missing(dataset, &arms.arms, shelf, &plan.trials)?.iter().map(|planned| planned.arm).collect();
    let unset = arms.unset(if lacking.is_empty() { arms.live() } else { lacking });
    if unset.is_empty() {
        return Ok(Mode::Auto);
    }
    let (names, is) = (unset.join(" and "), if unset.len() == 1 { "is" } else { "are" });
    terminal.note(&format!("{names} {is} not set: stored answers alone decide, as with `--mode replay`"));
    Ok(Mode::Replay)
}

/// Refuses to begin where answers are missing that cannot be bought: nothing is spent on half a run. A replay that may
/// stop early may do so before the first of them: it gets to know which they are.
fn check_answers(inputs: &Inputs<'_>) -> Result<Vec<Planned>, CommandError> {
    let Inputs { dataset, arms, plan, shelf, .. } = inputs;
    let lacking = || missing(dataset, &arms.arms, shelf, &plan.trials);
    match inputs.mode {
        Mode::Record => arms.require(&arms.live())?,
        Mode::Auto if arms.complete() => {}
        Mode::Auto => arms.require(&lacking()?.iter().map(|planned| planned.arm).collect())?,
        Mode::Replay => {
            let lacking = lacking()?;
            if !lacking.is_empty() && inputs.order.is_none() {
                return Err(misses(lacking, inputs));
            }
            return Ok(lacking);
        }
    }
    Ok(Vec::new())
}

pub(super) fn misses(mut lacking: Vec<Planned>, inputs: &Inputs<'_>) -> CommandError {
    let name = |planned: &Planned| {
        let (case, arm) = (&inputs.dataset.entries[planned.case].id, &inputs.arms.arms[planned.arm].name);
        if inputs.repeats() == (0..1) {
            format!("{case} ({arm})")
        } else {
            format!("{case} ({arm}, repeat {})", planned.repeat)
        }
    };
    lacking.sort_unstable();
    let named: Vec<String> = lacking.iter().take(NAMED_MISSES).map(name).collect();
    let more = match lacking.len().saturating_sub(NAMED_MISSES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    CommandError::with_help(
        Exit::Miss,
        format!(
            "{} of {} answers are not in the store, and `--mode replay` opens no socket: {}{more}",
            lacking.len(),
            inputs.plan.trials.len(),
            named.join(", "),
        ),
        "run once with `--mode auto` to buy them, or import recorded answers with `cutover cache import FILE`",
    )
}
