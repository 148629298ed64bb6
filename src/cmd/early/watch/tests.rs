//! Watching on made-up answers: where it stops, whatever the order in which they come.

use std::io::Write as _;

use super::*;
use crate::dataset::{self, Dataset};
use crate::domain::{Outcome, TrialKey, UnscoredReason};
use crate::gate::{Level, Limit};
use crate::replay::shuffled_clusters;

const CASES: usize = 90;

/// Cases whose cluster is their number divided by `size`, rounded down; every other one is tagged `even`.
fn dataset(size: Option<usize>) -> Dataset {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    for case in 0..CASES {
        let cluster = size.map_or_else(String::new, |size| format!(r#""cluster":"c{}","#, case / size));
        let tag = if case % 2 == 0 { "even" } else { "odd" };
        writeln!(
            file,
            r#"{{"id":"{case}",{cluster}"tags":{{"kind":"{tag}"}},"messages":[{{"role":"user","content":"hi"}}]}}"#
        )
        .expect("writes");
    }
    dataset::open(file.path()).expect("is a dataset")
}

fn gate(rules: &[(Metric, Option<&str>)]) -> Gate {
    let rule = |&(metric, kind): &(Metric, Option<&str>)| Rule {
        metric,
        slice: kind.map(|kind| ("kind".to_owned(), kind.to_owned())),
        limit: Limit::NonInferior(0.05),
        level: Level::Error,
        line: 1,
    };
    Gate { confidence: 0.95, min_pairs: 10, min_coverage: 0.9, rules: rules.iter().map(rule).collect() }
}

fn trial(outcome: Outcome) -> Trial {
    Trial {
        key: TrialKey { case: "".into(), arm: "".into(), repeat: 0 },
        outcome,
        failure: None,
        finish_reason: None,
        tool_calls: None,
        tool_fault: None,
        tool_calls_judged: false,
        involves_tools: false,
        usage: None,
        cost: None,
        spend: None,
        latency_ms: None,
        first_token_ms: None,
        attempts: 1,
        from_store: false,
        single_flight: false,
        recording: None,
        weight: 1.0,
        cluster: None,
        tags: std::sync::Arc::default(),
        remarks: None,
    }
}

const RIGHT: Outcome = Outcome::Pass;
const WRONG: Outcome = Outcome::Fail(None);
const FAILED: Outcome = Outcome::Unscored(UnscoredReason::Failed);

/// A workload on trial: who answers what.
struct Trials<'a> {
    dataset: &'a Dataset,
    gate: &'a Gate,
    arms: usize,
    answer: fn(Planned) -> Outcome,
}

impl Trials<'_> {
    fn order(&self) -> Vec<usize> {
        let clusters: Vec<_> = self.dataset.entries.iter().map(|entry| entry.cluster.as_deref()).collect();
        shuffled_clusters(&clusters, 5)
    }

    /// The stop when the trials come in the order that `arrange` makes of the plan's, two repeats from the fourth on.
    fn stop(&self, arrange: impl FnOnce(&mut Vec<Planned>)) -> Option<usize> {
        let order = self.order();
        let watched = Watched { entries: &self.dataset.entries, order: &order, arms: self.arms, gate: self.gate };
        let mut watch = Watch::new(watched, 3..5);
        let trials = |&case: &usize| {
            let arms = (0..self.arms).flat_map(|arm| [3, 4].map(|repeat| (arm, repeat)));
            arms.map(move |(arm, repeat)| Planned { case, arm, repeat })
        };
        let mut plan: Vec<Planned> = order.iter().flat_map(trials).collect();
        arrange(&mut plan);
        for planned in plan {
            watch.add(planned, &trial((self.answer)(planned)));
        }
        watch.stopped_at()
    }

    fn in_order(&self) -> Option<usize> {
        self.stop(|_| {})
    }
}

/// The baseline is wrong at every third case, the candidates never.
fn better(Planned { case, arm, .. }: Planned) -> Outcome {
    if arm == 0 && case % 3 == 0 { WRONG } else { RIGHT }
}

#[test]
fn the_order_of_completion_does_not_move_the_stop() {
    let (dataset, gate) = (dataset(None), gate(&[(Metric::Accuracy, None)]));
    let trials = Trials { dataset: &dataset, gate: &gate, arms: 2, answer: better };
    let stop = trials.in_order().expect("stops");
    assert!((10..CASES).contains(&stop), "{stop}");
    assert_eq!(trials.stop(|plan| plan.reverse()), Some(stop));
    assert_eq!(trials.stop(|plan| plan.sort_by_key(|planned| (planned.arm, planned.case % 7))), Some(stop));
    // Everything but the first trial is no prefix.
    assert_eq!(trials.stop(|plan| *plan = plan.split_off(1)), None);
}

#[test]
fn a_worse_candidate_stops_and_an_equal_one_does_not() {
    let (dataset, gate) = (dataset(None), gate(&[(Metric::Accuracy, None)]));
    let worse = |planned: Planned| better(Planned { arm: 1 - planned.arm, ..planned });
    let equal = |planned: Planned| better(Planned { arm: 0, ..planned });
    assert!(Trials { dataset: &dataset, gate: &gate, arms: 2, answer: worse }.in_order().is_some());
    assert_eq!(Trials { dataset: &dataset, gate: &gate, arms: 2, answer: equal }.in_order(), None);
}

#[test]
fn it_goes_on_until_every_candidate_and_every_rule_is_decided() {
    let dataset = dataset(None);
    let overall = gate(&[(Metric::Accuracy, None)]);
    let first = Trials { dataset: &dataset, gate: &overall, arms: 2, answer: better }.in_order().expect("stops");
    let second_is_equal =
        |planned: Planned| if planned.arm == 2 { better(Planned { arm: 0, ..planned }) } else { better(planned) };
    assert_eq!(Trials { dataset: &dataset, gate: &overall, arms: 3, answer: second_is_equal }.in_order(), None);
    // A second rule takes longer: a slice has half of the cases.
    let sliced = gate(&[(Metric::Accuracy, None), (Metric::Accuracy, Some("even"))]);
    let both = Trials { dataset: &dataset, gate: &sliced, arms: 2, answer: better }.in_order().expect("stops");
    assert!(both > first, "{both} {first}");
    // No case involves tools: a rule about them is never decided.
    let tools = gate(&[(Metric::Accuracy, None), (Metric::ToolCallFailureRate, None)]);
    assert_eq!(Trials { dataset: &dataset, gate: &tools, arms: 2, answer: better }.in_order(), None);
    // One broken rule is enough.
    let worse = |planned: Planned| better(Planned { arm: 1 - planned.arm, ..planned });
    assert!(Trials { dataset: &dataset, gate: &tools, arms: 2, answer: worse }.in_order().is_some());
}

#[test]
fn a_cluster_is_taken_whole() {
    let (dataset, gate) = (dataset(Some(4)), gate(&[(Metric::Accuracy, None)]));
    let answer = |Planned { arm, .. }: Planned| if arm == 0 { WRONG } else { RIGHT };
    let trials = Trials { dataset: &dataset, gate: &gate, arms: 2, answer };
    let stop = trials.in_order().expect("stops");
    let cluster = |place: usize| &dataset.entries[trials.order()[place]].cluster;
    assert_ne!(cluster(stop - 1), cluster(stop));
    assert_eq!(trials.stop(|plan| plan.reverse()), Some(stop));
    // Alone, every case would have counted.
    let alone = self::dataset(None);
    let cases = Trials { dataset: &alone, gate: &gate, arms: 2, answer }.in_order().expect("stops");
    assert!(stop >= 2 * cases, "{stop} {cases}");
}

#[test]
fn a_failed_trial_is_in_and_lowers_the_coverage() {
    let dataset = dataset(None);
    let gate = gate(&[(Metric::Accuracy, None)]);
    let stop = |answer: fn(Planned) -> Outcome| Trials { dataset: &dataset, gate: &gate, arms: 2, answer }.in_order();
    // One repeat of a case is left: it makes a pair.
    let one_repeat = |planned: Planned| if planned.repeat == 3 { FAILED } else { better(planned) };
    assert_eq!(stop(one_repeat), stop(better));
    let none_of_three =
        |planned: Planned| if planned.arm == 1 && planned.case % 3 == 1 { FAILED } else { better(planned) };
    assert_eq!(stop(none_of_three), None);
}
