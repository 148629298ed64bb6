//! How often the intervals hold the truth: samples from populations that are known, unweighted and weighted, against the
//! nominal 95 % and the 2.5 % at which a candidate that sits on its margin may pass.

#![expect(clippy::print_stdout, reason = "the table on stdout is what this target is for")]

mod population;
mod scenario;

use std::collections::BTreeMap;

use cutover::stats::events::{self, Events};
use cutover::stats::ratio::{Arm, Arms, cost_per_success_ratio};
use cutover::stats::{Design, Estimate, PerCase, Scores, mean, paired, proportion};
use population::{Dice, Population, Sample};
use scenario::Scenario;

const CONFIDENCE: f64 = 0.95;
/// Samples of each scenario.
const SAMPLES: u32 = 250;
/// Samples where it is only to be seen that all of it works.
const SMOKE: u32 = 2;

/// What is estimated, and its truth.
struct Measure {
    name: &'static str,
    truth: fn(&Population) -> f64,
    estimate: fn(&Sample, Design<'_>, Scores) -> Option<Estimate>,
}

const MEASURES: &[Measure] = &[
    Measure {
        name: "pass rate",
        truth: |population| population.rate(1),
        estimate: |sample, design, scores| {
            proportion::rate(PerCase { values: &sample.success[1], design }, scores, CONFIDENCE)
        },
    },
    Measure {
        name: "difference",
        truth: Population::difference,
        estimate: |sample, design, scores| {
            paired::difference(PerCase { values: &sample.differences, design }, scores, CONFIDENCE)
        },
    },
    Measure {
        name: "difference by t",
        truth: Population::difference,
        estimate: |sample, design, _| mean::mean(PerCase { values: &sample.differences, design }, CONFIDENCE),
    },
    Measure {
        name: "cost difference",
        truth: |population| population.cost(1) - population.cost(0),
        estimate: |sample, design, _| {
            let arms = sample.cost[1].iter().zip(&sample.cost[0]);
            let differences: Vec<f64> = arms.map(|(candidate, baseline)| candidate - baseline).collect();
            mean::mean(PerCase { values: &differences, design }, CONFIDENCE)
        },
    },
    Measure {
        name: "cost per success",
        truth: |population| {
            let of = |arm| population.cost(arm) / population.rate(arm);
            of(1) / of(0)
        },
        estimate: |sample, design, _| {
            let [baseline, candidate] =
                [0, 1].map(|arm| Arm { cost: &sample.cost[arm], success: &sample.success[arm] });
            cost_per_success_ratio(Arms { baseline, candidate }, design, CONFIDENCE).map(|ratio| ratio.estimate)
        },
    },
    Measure {
        name: "failed calls",
        truth: |population| population.call_failures(1) - population.call_failures(0),
        estimate: |sample, design, _| {
            let [baseline, candidate] =
                [0, 1].map(|arm| Events { events: &sample.events[arm], units: &sample.units[arm] });
            events::rates(events::Arms { baseline, candidate }, design, CONFIDENCE).map(|rates| rates.difference)
        },
    },
];

/// What became of the intervals of one measure.
#[derive(Default, Clone, Copy)]
struct Tally {
    held: u32,
    above: u32,
    below: u32,
    width: f64,
}

impl Tally {
    fn add(&mut self, estimate: Option<Estimate>, truth: f64) {
        let limits = estimate.and_then(|estimate| estimate.low().zip(estimate.high()));
        match limits {
            Some((low, _)) if low > truth => self.above += 1,
            Some((_, high)) if high < truth => self.below += 1,
            Some(_) | None => self.held += 1,
        }
        self.width += limits.map_or(0.0, |(low, high)| high - low);
    }
}

/// The scenarios of one kind under one measure.
#[derive(Default)]
struct Summary {
    scenarios: u32,
    total: Tally,
    most_above: (u32, String),
    most_below: (u32, String),
}

impl Summary {
    fn add(&mut self, tally: Tally, scenario: &Scenario) {
        self.scenarios += 1;
        self.total.held += tally.held;
        self.total.width += tally.width;
        for (most, times) in [(&mut self.most_above, tally.above), (&mut self.most_below, tally.below)] {
            if times > most.0 || most.1.is_empty() {
                *most = (times, scenario.name());
            }
        }
    }
}

/// What the command line asks for.
struct Options {
    samples: u32,
    /// Only scenarios whose name holds this.
    only: String,
    /// A line for every scenario.
    every: bool,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let says = |wanted: &str| arguments.iter().any(|argument| argument == wanted);
    if says("--list") {
        println!("coverage: bench");
        return;
    }
    let given = |name: &str| arguments.iter().find_map(|argument| argument.strip_prefix(name));
    // `cargo test --benches` starts this without `--bench`.
    let usual = if says("--bench") { SAMPLES } else { SMOKE };
    let options = Options {
        samples: given("--samples=").and_then(|samples| samples.parse().ok()).unwrap_or(usual),
        only: given("--only=").unwrap_or_default().to_owned(),
        every: says("--every"),
    };
    report(&options);
}

fn report(options: &Options) {
    let mut summaries: BTreeMap<(usize, &str, String), Summary> = BTreeMap::new();
    println!("{:<18}{:<52}{:>5}{:>7}{:>7}{:>9}", "in percent", "", "held", "above", "below", "width");
    for (seed, scenario) in (1..).zip(scenario::all()) {
        if !scenario.name().contains(&options.only) {
            continue;
        }
        for (place, tally) in run(&scenario, options.samples, seed).into_iter().enumerate() {
            let summary = summaries.entry((place, scenario.draw, scenario.kind())).or_default();
            summary.add(tally, &scenario);
            if options.every {
                let share = |times: u32| percent(times, options.samples);
                let width = 100.0 * tally.width / f64::from(options.samples);
                let (held, above, below) = (share(tally.held), share(tally.above), share(tally.below));
                let name = scenario.name();
                println!("{:<18}{name:<52}{held:>5.1}{above:>7.1}{below:>7.1}{width:>9.2}", MEASURES[place].name);
            }
        }
    }
    println!(
        "\n{} samples of each scenario. Nominal: 95 % held, 2.5 % above the truth (a candidate on its margin passes), 2.5 % \
         below.\n{:<18}{:<20}{:<25}{:>6}{:>9}   most above{:<36}most below",
        options.samples, "", "", "", "held", "width", ""
    );
    for ((place, draw, kind), summary) in &summaries {
        let samples = options.samples * summary.scenarios;
        let most = |(times, name): &(u32, String)| {
            let place = name.split_once(": ").map_or(name.as_str(), |(_, place)| place);
            format!("{:>5.1} {place}", percent(*times, options.samples))
        };
        println!(
            "{:<18}{draw:<20}{kind:<25}{:>6.1}{:>9.1}   {:<46}{}",
            MEASURES[*place].name,
            percent(summary.total.held, samples),
            100.0 * summary.total.width / f64::from(samples),
            most(&summary.most_above),
            most(&summary.most_below),
        );
    }
}

fn percent(times: u32, samples: u32) -> f64 {
    100.0 * f64::from(times) / f64::from(samples)
}

/// The tallies of all measures.
fn run(scenario: &Scenario, samples: u32, seed: u64) -> Vec<Tally> {
    let population = &scenario.population;
    let mut dice = Dice::new(seed);
    let mut tallies = vec![Tally::default(); MEASURES.len()];
    for _ in 0..samples {
        let sample = population.sample(scenario.cases, &mut dice);
        let clusters = (population.cluster > 1).then_some(sample.clusters.as_slice());
        let design = Design { clusters, weights: Some(&sample.weights) };
        let scores = Scores::PassFail { trials: population.trials };
        for (measure, tally) in MEASURES.iter().zip(&mut tallies) {
            tally.add((measure.estimate)(&sample, design, scores), (measure.truth)(population));
        }
    }
    tallies
}
