//! `cutover run`: plan, replay, score, compare, report.

use std::path::Path;

use super::keys::Arms;
use super::translations::Translations;
use super::{CommandError, buying, examples, judged, manifest, record, signals};
use crate::cli::{ModeChoice, OnUntranslatable, RunArgs};
use crate::dataset::{self, Dataset};
use crate::domain::Usd;
use crate::exit::Exit;
use crate::replay::{Mode, Plan, Planned, missing, now_ms};
use crate::run_dir::{Finished, RunDir, Started, UncertainInfo, start};
use crate::store::Store;
use crate::suite::Suite;
use crate::terminal::Terminal;

/// How many missing answers a message names.
const NAMED_MISSES: usize = 10;

pub(super) fn run(args: &RunArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    let suite = Suite::load(&args.suite)?;
    let places = Places {
        mode: mode(args.mode),
        on_untranslatable: args.on_untranslatable,
        store: &args.store,
        results: &args.out,
    };
    run_suite(&suite, places, terminal)
}

/// Where answers come from and where the run goes.
#[derive(Clone, Copy)]
pub(super) struct Places<'a> {
    pub(super) mode: Mode,
    pub(super) on_untranslatable: OnUntranslatable,
    pub(super) store: &'a Path,
    pub(super) results: &'a Path,
}

pub(super) fn run_suite(suite: &Suite, places: Places<'_>, terminal: &Terminal) -> Result<Exit, CommandError> {
    let dataset = open(suite)?;
    let arms = Arms::from_environment(suite);
    let translations = Translations::check(&dataset, &arms.arms, suite.replay.budget.is_some())?;
    match places.on_untranslatable {
        OnUntranslatable::Refuse => translations.refuse(&dataset, &arms.arms)?,
        OnUntranslatable::Exclude => translations.refuse_empty(&dataset, &arms.arms)?,
    }
    let mut plan = Plan::new(dataset.entries.len(), arms.arms.len(), suite.replay.repeats, suite.replay.seed);
    plan.trials.retain(|planned| translations.is_sent(*planned));
    translations.tell(&dataset, &arms.arms, terminal);
    let store = Store::open(places.store)?;
    let inputs = Inputs {
        suite,
        dataset: &dataset,
        arms: &arms,
        translations: &translations,
        plan: &plan,
        store: &store,
        mode: places.mode,
    };
    check_answers(&inputs)?;

    let plan_hash = manifest::plan_hash(suite, &dataset.sha256, places.on_untranslatable == OnUntranslatable::Exclude);
    let Started { mut run, is_new } = start(places.results, manifest::manifest(&inputs, plan_hash))?;
    if !is_new && places.mode != Mode::Replay {
        forsake(&store, &run, terminal)?;
    }
    keep_not_sent(&inputs, &mut run)?;
    let bought = buying::buy(&inputs, &mut run, !is_new, terminal);
    if bought.is_err() && is_new && places.mode == Mode::Replay {
        // A replay that broke paid for nothing: what it began is worth nothing either.
        std::fs::remove_dir_all(&run.path)?;
    }
    if let Some(reason) = bought? {
        return Err(buying::stopped(&reason, &run, total(&inputs)));
    }
    signals::end_at_the_next()?;
    run.manifest.uncertain = uncertain(&store, &run)?;
    let finished = run.finish(in_order(&inputs), now_ms())?;
    publish(&finished, &dataset, terminal)?;
    Ok(Exit::Done)
}

/// Everything that a run is made from.
#[derive(Clone, Copy)]
pub(super) struct Inputs<'a> {
    pub(super) suite: &'a Suite,
    pub(super) dataset: &'a Dataset,
    pub(super) arms: &'a Arms,
    pub(super) translations: &'a Translations,
    pub(super) plan: &'a Plan,
    pub(super) store: &'a Store,
    pub(super) mode: Mode,
}

/// Counts the calls that were on the way when the run was killed, and says so.
fn forsake(store: &Store, run: &RunDir, terminal: &Terminal) -> Result<(), CommandError> {
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
fn uncertain(store: &Store, run: &RunDir) -> Result<Option<UncertainInfo>, CommandError> {
    let spent = store.spent(&run.manifest.run)?;
    let info = UncertainInfo { calls: spent.uncertain_calls, worst_case: spent.uncertain };
    Ok((info.calls > 0).then_some(info))
}

/// Every trial of the plan, sent or not.
pub(super) fn total(inputs: &Inputs<'_>) -> usize {
    inputs.dataset.entries.len() * inputs.arms.arms.len() * inputs.suite.replay.repeats as usize
}

/// Keeps the trials for which nothing is sent: they count in every report.
fn keep_not_sent(inputs: &Inputs<'_>, run: &mut RunDir) -> Result<(), CommandError> {
    for &(case, arm) in inputs.translations.not_sent() {
        let (entry, arm) = (&inputs.dataset.entries[case], &inputs.arms.arms[arm]);
        for repeat in 0..inputs.suite.replay.repeats {
            if run.is_done(&entry.id, &arm.name, repeat) {
                continue;
            }
            let case = inputs.dataset.read(case).map_err(|problem| vec![problem])?;
            run.append(&[record::not_sent(case, arm, repeat)])?;
        }
    }
    Ok(())
}

/// Compares, judges and reports a run whose trials are all there.
fn publish(finished: &Finished, dataset: &Dataset, terminal: &Terminal) -> Result<(), CommandError> {
    let judged = judged::judge(finished)?;
    let examples = examples::collect(finished, dataset, &judged.results)?;
    finished.save_examples(&examples)?;
    judged::publish(finished, &judged, &examples, terminal)
}

fn mode(choice: ModeChoice) -> Mode {
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

/// The places of all trials in the order of the results table: case, arm, repeat.
fn in_order<'a>(inputs: &Inputs<'a>) -> impl Iterator<Item = (&'a str, &'a str, u32)> + Send + 'a {
    let (arms, repeats) = (&inputs.arms.arms, inputs.suite.replay.repeats);
    inputs.dataset.entries.iter().flat_map(move |entry| {
        arms.iter().flat_map(move |arm| (0..repeats).map(move |repeat| (&*entry.id, &*arm.name, repeat)))
    })
}

/// Refuses to begin where answers are missing that cannot be bought: nothing is spent on half a run.
fn check_answers(inputs: &Inputs<'_>) -> Result<(), CommandError> {
    let Inputs { dataset, arms, plan, store, .. } = inputs;
    let lacking = || missing(dataset, &arms.arms, store, &plan.trials);
    match inputs.mode {
        Mode::Record => arms.require(&arms.live()),
        Mode::Auto if arms.complete() => Ok(()),
        Mode::Auto => arms.require(&lacking()?.iter().map(|planned| planned.arm).collect()),
        Mode::Replay => {
            let lacking = lacking()?;
            if lacking.is_empty() { Ok(()) } else { Err(misses(lacking, inputs)) }
        }
    }
}

fn misses(mut lacking: Vec<Planned>, inputs: &Inputs<'_>) -> CommandError {
    let name = |planned: &Planned| {
        let (case, arm) = (&inputs.dataset.entries[planned.case].id, &inputs.arms.arms[planned.arm].name);
        if inputs.suite.replay.repeats == 1 {
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
