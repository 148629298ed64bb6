//! The trials in their places: case × arm × repeat, whatever order they came in.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::{Metric, Options, PlannedCase, ScorerName};
use crate::domain::{Outcome, Trial, UnscoredReason, auto_rank};

/// The index of the baseline among the arms.
pub(super) const BASELINE: usize = 0;

/// The trials of one case in one arm, by repeat; `None` where one was not sent.
pub(super) type Trials<'a> = [Option<&'a Trial>];

/// The plan, and the trials in their places.
pub(super) struct Grid<'a> {
    /// The cases of the plan, by id.
    pub cases: Vec<&'a PlannedCase>,
    /// The cluster that each case names, as its trials say.
    pub clusters: Vec<Option<&'a str>>,
    /// How many cases of production each case stands for, up to a common factor; above 0.
    pub weights: Vec<f64>,
    /// The metrics of scorers that measured anything, ascending.
    pub of_scorers: Vec<Metric>,
    arms: usize,
    repeats: usize,
    slots: Vec<Option<&'a Trial>>,
}

/// The cases under one tag value.
pub(super) struct TagValue<'a> {
    pub tag: &'a str,
    pub value: &'a str,
    /// Indices into the grid's cases, ascending.
    pub cases: Vec<usize>,
}

/// The metrics of scorers that measured anything in these trials, ascending.
fn of_scorers(slots: &[Option<&Trial>]) -> Vec<Metric> {
    let mut found: BTreeSet<(bool, &str)> = BTreeSet::new();
    for measured in slots.iter().flatten().flat_map(|trial| trial.measured()) {
        let classes = measured.labels.is_some();
        if classes || measured.grade.is_some() {
            found.insert((classes, &measured.scorer));
        }
    }
    let metric = |(classes, name)| if classes { Metric::MacroF1 } else { Metric::Score }(ScorerName::of(name));
    found.into_iter().map(metric).collect()
}

impl<'a> Grid<'a> {
    pub(super) fn new(trials: &'a [Trial], options: &Options<'a>) -> Self {
        let mut cases: Vec<&PlannedCase> = options.planned.iter().collect();
        cases.sort_by(|a, b| a.id.cmp(&b.id));
        let (arms, repeats) = (options.arms.len(), options.repeats as usize);
        let mut slots = vec![None; cases.len() * arms * repeats];
        let mut clusters = vec![None; cases.len()];
        let mut weights: Vec<Option<f64>> = vec![None; cases.len()];
        // The trials of a case mostly follow each other: it is looked for once.
        let mut last: Option<(&str, Option<usize>)> = None;
        for trial in trials {
            let id = &*trial.key.case;
            let case = match last {
                Some((last, case)) if last == id => case,
                _ => cases.binary_search_by(|case| (*case.id).cmp(id)).ok(),
            };
            last = Some((id, case));
            let arm = options.arms.iter().position(|name| **name == *trial.key.arm);
            let repeat = Some(trial.key.repeat as usize).filter(|repeat| *repeat < repeats);
            if let (Some(case), Some(arm), Some(repeat)) = (case, arm, repeat) {
                if trial.outcome != Outcome::Unscored(UnscoredReason::NotSent) {
                    slots[(case * arms + arm) * repeats + repeat].get_or_insert(trial);
                }
                // All trials of a case name the same cluster; if not, their order still must not matter.
                clusters[case] = clusters[case].max(trial.cluster.as_deref());
                weights[case] = Some(weights[case].map_or(trial.weight, |weight| weight.max(trial.weight)));
            }
        }
        // A case of which nothing is known is in no number.
        let weights = weights.into_iter().map(|weight| weight.unwrap_or(1.0)).collect();
        Self { cases, clusters, weights, of_scorers: of_scorers(&slots), arms, repeats, slots }
    }

    /// The trials of a case in an arm.
    pub(super) fn trials(&self, case: usize, arm: usize) -> &Trials<'a> {
        let first = (case * self.arms + arm) * self.repeats;
        &self.slots[first..first + self.repeats]
    }

    /// The trials of a case in all arms.
    pub(super) fn of_case(&self, case: usize) -> impl Iterator<Item = &'a Trial> {
        let first = case * self.arms * self.repeats;
        self.slots[first..first + self.arms * self.repeats].iter().flatten().copied()
    }

    /// The place of each case in an order of ids; a case that it lacks comes last.
    pub(super) fn ranks(&self, order: &[Arc<str>]) -> Vec<usize> {
        let places: HashMap<&str, usize> = order.iter().enumerate().map(|(place, id)| (&**id, place)).collect();
        self.cases.iter().map(|case| places.get(&*case.id).copied().unwrap_or(order.len())).collect()
    }

    /// The cases under each value of a tag, by value; those by shape from small to large. A case without the tag is in
    /// none.
    pub(super) fn slices<'t>(&self, tag: &'t str) -> Vec<TagValue<'t>>
    where
        'a: 't,
    {
        let mut by_value: BTreeMap<(usize, &'a str), Vec<usize>> = BTreeMap::new();
        for (index, case) in self.cases.iter().enumerate() {
            if let Some(value) = case.tags.get(tag) {
                by_value.entry((auto_rank(tag, value), value)).or_default().push(index);
            }
        }
        by_value.into_iter().map(|((_, value), cases)| TagValue { tag, value, cases }).collect()
    }
}
