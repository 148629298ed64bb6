//! `cutover plan`: what a run would buy, cost, take and decide. Nothing is sent, and no key is needed.

mod arms;
mod judges;
mod rules;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::error::Message;
use super::keys::Arms;
use super::translations::Translations;
use super::{CommandError, early};
use crate::cli::{OnUntranslatable, PlanArgs};
use crate::dataset::{self, Dataset};
use crate::domain::Usd;
use crate::exit::Exit;
use crate::forecast::{Budget, Cases, ClosedLoops, Cost, Forecast, Reach, Requests, Stratum, Time};
use crate::replay::{Plan, Survey};
use crate::report::format;
use crate::run_dir::TranslationInfo;
use crate::store::Store;
use crate::suite::Suite;
use crate::terminal::Terminal;
use arms::Habits;
use rules::{Earlier, Planning};
use walk::{Place, Walked, walk};

/// The version of the document.
const SCHEMA_VERSION: u32 = 1;

/// The document for programs. Its numbers are never rounded; `null` is unknown.
#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    units: Units,
    #[serde(flatten)]
    forecast: &'a Forecast,
    translations: &'a [TranslationInfo],
}

/// What the numbers are counted in.
#[derive(Serialize)]
struct Units {
    cost: &'static str,
    margin: &'static str,
}

const UNITS: Units = Units { cost: "pico-dollars (1e-12 USD)", margin: "share of 1" };

pub(super) fn plan(args: &PlanArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    let suite = Suite::load(&args.suite)?;
    let (dataset, strata) = open(&suite)?;
    early::refuse_weights(&suite, &dataset)?;
    let arms = Arms::from_environment(&suite);
    let translations = Translations::check(&dataset, &arms.arms, suite.replay.budget.is_some())?;
    // What a run would refuse is said, after all that can be said nevertheless.
    let refused = match args.on_untranslatable {
        OnUntranslatable::Refuse => translations.refuse(&dataset, &arms.arms),
        OnUntranslatable::Exclude => translations.refuse_empty(&dataset, &arms.arms),
    };
    let (mut plan, _) = early::plan(&suite, &dataset);
    plan.trials.retain(|planned| translations.is_sent(*planned));
    // Looking ahead must not make a store.
    let store = if args.store.exists() { Some(Store::open(&args.store)?) } else { None };
    let survey = Survey {
        dataset: &dataset,
        arms: &arms.arms,
        store: store.as_ref(),
        retry: suite.replay.retry,
        max_steps: suite.replay.max_steps,
    };
    let walked = walk(&survey, suite.replay.repeats, &translations, &suite.scorers)?;
    let earlier = Earlier::find(&args.results, &suite);
    let planning = Planning {
        suite: &suite,
        dataset: &dataset,
        translations: &translations,
        walked: &walked,
        earlier: earlier.as_ref(),
    };
    let forecast = forecast(planning, strata, (&survey, &plan, &arms))?;
    let text = if terminal.json {
        let translations = &translations.info(&dataset, &arms.arms);
        let document = Document { schema_version: SCHEMA_VERSION, units: UNITS, forecast: &forecast, translations };
        format::json::document(&document)?
    } else {
        let told = translations.lines(&dataset, &arms.arms);
        format::plan::render(&forecast, &told, terminal.width)
    };
    terminal.print(&text)?;
    refused.map(|()| Exit::Done)
}

/// The cases, and how many of each stratum were drawn.
fn open(suite: &Suite) -> Result<(Dataset, Vec<Stratum>), CommandError> {
    let dataset = dataset::open(&suite.dataset.path)?;
    let Some(draw) = &suite.dataset.draw else { return Ok((dataset, Vec::new())) };
    let count = |dataset: &Dataset| {
        let mut counts: BTreeMap<Vec<Option<String>>, usize> = BTreeMap::new();
        for entry in dataset.entries.iter().filter(|_| !draw.by.is_empty()) {
            *counts.entry(draw.by.iter().map(|tag| entry.tags.get(tag).cloned()).collect()).or_default() += 1;
        }
        counts
    };
    let all = count(&dataset);
    let dataset = dataset.draw(draw);
    let drawn = count(&dataset);
    let stratum = |(values, total)| {
        let drawn = drawn.get(&values).copied().unwrap_or(0);
        Stratum { values, total, drawn }
    };
    Ok((dataset, all.into_iter().map(stratum).collect()))
}

fn forecast(
    planning: Planning<'_>,
    strata: Vec<Stratum>,
    (survey, plan, arms): (&Survey<'_>, &Plan, &Arms),
) -> Result<Forecast, CommandError> {
    let Planning { suite, dataset, walked, .. } = planning;
    let habits = (0..survey.arms.len()).map(|arm| Habits::learn(arm, walked, survey)).collect::<Result<Vec<_>, _>>()?;
    let forecasts: Vec<_> = habits.iter().enumerate().map(|(arm, habits)| habits.forecast(arm, walked)).collect();
    let expected = |arm: usize, place: &Place| habits[arm].expected(place);
    let budget = suite.replay.budget.map(|cap| Budget::spend(cap, walked.calls(plan, &expected)));
    let latencies = walked.arms.iter().zip(&habits).map(|(arm, habits)| (arm.calls, habits.latency_ms()));
    Ok(Forecast {
        suite: suite.name.clone(),
        cases: Cases {
            path: suite.dataset.shown.clone(),
            total: dataset.total,
            used: dataset.entries.len(),
            drawn_by: suite.dataset.draw.as_ref().map(|draw| draw.by.clone()).unwrap_or_default(),
            strata,
            clusters: rules::clusters(dataset.entries.iter()),
        },
        closed_loops: (walked.closed_loops > 0)
            .then_some(ClosedLoops { cases: walked.closed_loops, max_steps: suite.replay.max_steps }),
        repeats: suite.replay.repeats,
        requests: forecasts.iter().fold(Requests::default(), |sum, arm| sum.plus(arm.requests)),
        cost: forecasts.iter().fold(Cost::NONE, |sum, arm| sum.plus(arm.cost)),
        time: Time::new(suite.replay.concurrency, latencies),
        rules: planning.rules(),
        judges: judges::judges(suite, dataset)?,
        would_stop: would_stop(walked, arms, budget),
        budget,
        arms: forecasts,
    })
}

/// Why a run would end before its first call, or before its last.
fn would_stop(walked: &Walked, arms: &Arms, budget: Option<Budget>) -> Vec<String> {
    let buying = (0..walked.arms.len()).filter(|&arm| walked.arms[arm].requests.to_buy > 0);
    let unset = match arms.require(&buying.collect::<BTreeSet<_>>()) {
        Ok(()) => Vec::new(),
        Err(error) => error.problems,
    };
    let mut stops: Vec<String> = unset
        .into_iter()
        .map(|problem| match problem {
            Message::Other { message, .. } => message,
            Message::Problem(problem) => problem.to_string(),
        })
        .collect();
    if let Some(Budget { cap, reach: Reach::StopsAfter { calls, next } }) = budget {
        let usd = |usd: Usd| format!("${:.6}", usd.dollars());
        stops.push(match calls {
            0 => format!("`budget_usd` is {}, and the first call may cost up to {}", usd(cap), usd(next)),
            calls => format!(
                "`budget_usd` of {} ends at about call {} of {}, which may cost up to {}",
                usd(cap),
                calls + 1,
                walked.arms.iter().map(|arm| arm.requests.to_buy).sum::<usize>(),
                usd(next)
            ),
        });
    }
    stops
}
