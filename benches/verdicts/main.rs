//! How often verdicts are wrong: whole runs with a truth that is known, from trials to the gate, against the 2.5 % at which
//! a candidate that sits on a limit may pass, and the 95 % that intervals say of themselves.

#![expect(clippy::print_stdout, reason = "the table on stdout is what this target is for")]

use std::collections::BTreeMap;
use std::sync::Arc;

use cutover::compare::{CostModel, Metric, Options, PlannedCase, compare};
use cutover::domain::{CallDigest, FinishReason, Outcome, Trial, TrialKey, UnscoredReason, Usage, Usd};
use cutover::gate::{Decision, Gate, Level, Limit, Rule, judge};
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Runs of each truth.
const RUNS: u32 = 1000;
/// Runs where it is only to be seen that all of it works.
const SMOKE: u32 = 2;
/// The largest loss of accuracy tolerated.
const MARGIN: f64 = 0.05;
/// The largest ratio of cost per success tolerated.
const MAX_RATIO: f64 = 1.2;
/// One answer in so many is lost for a cause outside the model, whatever it would have been.
const LOST: f64 = 0.01;

/// A candidate whose truth is known. The baseline is right in 80 of 100 cases, and its answers cost 1 on average.
struct Truth {
    name: &'static str,
    cases: usize,
    repeats: u32,
    /// Share of the cases that only the baseline gets right, and only the candidate.
    lost: f64,
    gained: f64,
    /// What an answer of the candidate costs on average.
    price: f64,
}

impl Truth {
    fn difference(&self) -> f64 {
        self.gained - self.lost
    }

    fn ratio(&self) -> f64 {
        self.price / (0.8 + self.difference()) * 0.8
    }
}

const fn truth(name: &'static str, (cases, repeats): (usize, u32), (lost, gained): (f64, f64), price: f64) -> Truth {
    Truth { name, cases, repeats, lost, gained, price }
}

/// On a limit, within it, beyond it.
const TRUTHS: &[Truth] = &[
    truth("on the margin", (100, 1), (0.06, 0.01), 1.125),
    truth("on the margin", (300, 1), (0.08, 0.03), 1.125),
    truth("on the margin, 3 repeats", (200, 3), (0.08, 0.03), 1.125),
    truth("equal", (300, 1), (0.03, 0.03), 1.0),
    truth("better, dearer", (300, 1), (0.02, 0.08), 1.29),
    truth("far worse", (300, 1), (0.18, 0.03), 1.0),
];

/// How a rule answered, and whether its interval held the truth.
#[derive(Default)]
struct Tally {
    pass: u32,
    fail: u32,
    open: u32,
    held: u32,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        println!("verdicts: bench");
        return;
    }
    let asked = arguments.iter().find_map(|argument| argument.strip_prefix("--runs=")?.parse().ok());
    let runs = asked.unwrap_or(if arguments.iter().any(|argument| argument == "--bench") { RUNS } else { SMOKE });
    println!("{runs} runs a line; a candidate on a limit may pass in 2.5 %, and intervals hold the truth in 95 %");
    println!("| truth | cases | rule | true value | pass | fail | inconclusive | interval holds |");
    println!("|---|--:|---|--:|--:|--:|--:|--:|");
    for (index, truth) in (0_u64..).zip(TRUTHS) {
        let mut tallies = [Tally::default(), Tally::default()];
        for run in 0..runs {
            let mut dice = Dice(Xoshiro256PlusPlus::seed_from_u64(index << 32 | u64::from(run)));
            judged(truth, &mut dice, &mut tallies);
        }
        let rows = [
            ("accuracy ≥ −5 pp", format!("{:+.1} pp", 100.0 * truth.difference())),
            ("cost per success < ×1.20", format!("×{:.2}", truth.ratio())),
        ];
        for ((rule, value), tally) in rows.into_iter().zip(&tallies) {
            let share = |times: u32| format!("{:.1} %", 100.0 * f64::from(times) / f64::from(runs));
            let [pass, fail, open, held] = [tally.pass, tally.fail, tally.open, tally.held].map(share);
            println!("| {} | {} | {rule} | {value} | {pass} | {fail} | {open} | {held} |", truth.name, truth.cases);
        }
    }
}

/// One run: trials, comparison, verdict.
fn judged(truth: &Truth, dice: &mut Dice, tallies: &mut [Tally; 2]) {
    let planned: Vec<PlannedCase> = (0..truth.cases).map(case).collect();
    let trials: Vec<Trial> = planned.iter().flat_map(|case| trials(case, truth, dice)).collect();
    let (arms, costs) = (["baseline".to_owned(), "candidate".to_owned()], CostModel::default());
    let options = Options {
        arms: &arms,
        planned: &planned,
        repeats: truth.repeats,
        confidence: 0.95,
        slice_by: &[],
        costs: &costs,
        prices: &[],
        margin: None,
        sequential: None,
    };
    let verdicts = judge(&compare(&trials, &options), &gate());
    let true_values = [truth.difference(), truth.ratio()];
    for ((finding, tally), true_value) in verdicts[0].findings.iter().zip(tallies).zip(true_values) {
        *match finding.decision {
            Some(Decision::Pass) => &mut tally.pass,
            Some(Decision::Fail) => &mut tally.fail,
            Some(Decision::Inconclusive | Decision::NoData) | None => &mut tally.open,
        } += 1;
        let holds = finding.observed.is_some_and(|seen| {
            seen.low().is_none_or(|low| low <= true_value) && seen.high().is_none_or(|high| high >= true_value)
        });
        tally.held += u32::from(holds);
    }
}

fn gate() -> Gate {
    let rule = |metric, limit| Rule { metric, slice: None, limit, level: Level::Error, line: 1 };
    Gate {
        confidence: 0.95,
        min_pairs: 50,
        min_coverage: 0.9,
        rules: vec![
            rule(Metric::Accuracy, Limit::NonInferior(MARGIN)),
            rule(Metric::CostPerSuccess, Limit::MaxRatio(MAX_RATIO)),
        ],
    }
}

fn case(number: usize) -> PlannedCase {
    PlannedCase { id: format!("{number:05}").into(), tags: Arc::new(BTreeMap::new()), involves_tools: false }
}

/// The trials of a case: its difficulty is its own, so that the repeats of a case are alike.
fn trials(case: &PlannedCase, truth: &Truth, dice: &mut Dice) -> Vec<Trial> {
    let kind = dice.uniform();
    let (lost, gained) = (truth.lost, truth.lost + truth.gained);
    // Both right in what is left of the baseline's 80 of 100.
    let right = match kind {
        kind if kind < lost => [true, false],
        kind if kind < gained => [false, true],
        kind if kind < gained + 0.8 - lost => [true, true],
        _ => [false, false],
    };
    let size = 0.5 + dice.uniform();
    let mut made = Vec::new();
    for repeat in 0..truth.repeats {
        for (arm, price) in [(0, 1.0), (1, truth.price)] {
            let cost = 1e6 * price * size * (0.75 + 0.5 * dice.uniform());
            let outcome = match (dice.uniform() < LOST, right[arm]) {
                (true, _) => Outcome::Unscored(UnscoredReason::Unlabelled),
                (false, true) => Outcome::Pass,
                (false, false) => Outcome::Fail(None),
            };
            made.push(trial(case, (arm, repeat), outcome, cost));
        }
    }
    made
}

fn trial(case: &PlannedCase, (arm, repeat): (usize, u32), outcome: Outcome, cost: f64) -> Trial {
    #[expect(clippy::cast_possible_truncation, reason = "a few million")]
    let cost = Some(Usd::from_pico(cost as i64));
    Trial {
        key: TrialKey { case: Arc::clone(&case.id), arm: ["baseline", "candidate"][arm].into(), repeat },
        outcome,
        failure: None,
        finish_reason: Some(FinishReason::Stop),
        tool_calls: Some(CallDigest::default().into()),
        tool_fault: None,
        tool_calls_judged: false,
        involves_tools: false,
        usage: Some(Usage { input_tokens: Some(100), output_tokens: Some(10), ..Usage::default() }.into()),
        cost,
        spend: cost,
        latency_ms: Some(500_u64.into()),
        first_token_ms: None,
        attempts: 1,
        from_store: false,
        single_flight: false,
        recording: Some("run-1".into()),
        weight: 1.0,
        cluster: None,
        tags: Arc::clone(&case.tags),
        remarks: None,
    }
}

/// A source of chances.
struct Dice(Xoshiro256PlusPlus);

impl Dice {
    /// Uniform on [0, 1).
    fn uniform(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits are kept")]
        let bits = (self.0.next_u64() >> 11) as f64;
        bits / 9_007_199_254_740_992.0
    }
}
