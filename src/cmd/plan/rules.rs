//! What the rules of the gate can decide with the pairs that are planned.

use std::collections::BTreeSet;
use std::path::Path;

use super::super::judged;
use super::super::translations::Translations;
use super::walk::Walked;
use crate::compare::{Change, Discordance, Metric, Results};
use crate::dataset::{Dataset, Entry};
use crate::forecast::{Assumption, DISCORDANCES, Question, RuleForecast};
use crate::gate::{Level, Limit, MIN_SLICE_PAIRS, Rule};
use crate::replay::Planned;
use crate::run_dir::{ArmInfo, Finished, finished};
use crate::suite::{ArmSpec, Suite};

/// An earlier run of a suite.
pub(super) struct Earlier {
    run: String,
    arms: Vec<ArmInfo>,
    results: Results,
}

impl Earlier {
    /// The newest finished run of the suite that compared any of its candidates with its baseline.
    pub(super) fn find(results: &Path, suite: &Suite) -> Option<Self> {
        let mut runs = finished(results).into_iter().rev();
        runs.find_map(|run| {
            // A run that cannot be read tells nothing; `cutover report` says why it cannot.
            let found = Finished::load(&results.join(&run)).ok()?;
            let arms = found.manifest.arms.clone();
            let compared = suite.arms[1..].iter().any(|arm| is_in(arm, &arms));
            if found.manifest.suite.name != suite.name || !compared || !is_in(&suite.arms[0], &arms) {
                return None;
            }
            Some(Self { run, arms, results: judged::judge(&found).ok()?.results })
        })
    }

    /// How the arms disagreed on what a rule asks.
    fn change(&self, rule: &Rule, candidate: &ArmSpec) -> Option<&Change> {
        let slice = rule.slice.as_ref().map(|(tag, value)| (tag.as_str(), value.as_str()));
        let comparisons = self.results.comparisons.iter().filter(|_| is_in(candidate, &self.arms));
        comparisons.filter(|compared| compared.candidate == candidate.name).find_map(|it| it.change(rule.metric, slice))
    }
}

/// Whether a run had this arm: the same name, the same model.
fn is_in(arm: &ArmSpec, arms: &[ArmInfo]) -> bool {
    arms.iter().any(|info| info.name == arm.name && info.model == arm.model())
}

/// What is planned, as far as rules are concerned.
#[derive(Clone, Copy)]
pub(super) struct Planning<'a> {
    pub(super) suite: &'a Suite,
    pub(super) dataset: &'a Dataset,
    pub(super) translations: &'a Translations,
    pub(super) walked: &'a Walked,
    pub(super) earlier: Option<&'a Earlier>,
}

impl Planning<'_> {
    /// Every rule with a margin, for every candidate.
    pub(super) fn rules(&self) -> Vec<RuleForecast> {
        let judged = self.suite.gate.rules.iter().filter(|rule| rule.level != Level::Off);
        let rules = judged.filter_map(|rule| match rule.limit {
            Limit::NonInferior(margin) => Some((rule, margin)),
            Limit::MaxRatio(_) | Limit::Better | Limit::Min(_) | Limit::Max(_) => None,
        });
        rules
            .flat_map(|(rule, margin)| (1..self.suite.arms.len()).map(move |arm| self.rule(rule, margin, arm)))
            .collect()
    }

    fn rule(&self, rule: &Rule, margin: f64, arm: usize) -> RuleForecast {
        let gate = &self.suite.gate;
        let candidate = &self.suite.arms[arm];
        let (cases, pairs) = self.cases(rule, arm);
        let min_pairs = if rule.slice.is_some() { gate.min_pairs.min(MIN_SLICE_PAIRS) } else { gate.min_pairs };
        let seen = self.earlier.and_then(|earlier| Some((earlier, earlier.change(rule, candidate)?)));
        let seen = seen.and_then(|(earlier, change)| Some((earlier, change.pairs, change.discordance?)));
        let seen = seen.filter(|(_, pairs, seen)| *pairs > 0 && seen.n > 0.0);
        let effective_per_pair = match seen {
            Some((_, pairs, Discordance { n, .. })) => n / count(pairs),
            None => effective_share(pairs.iter().map(|entry| entry.weight)),
        };
        let assumed = match seen {
            // Half a disagreement each way, as everywhere: none seen so far does not mean none ever.
            Some((earlier, _, Discordance { n, baseline_only, candidate_only })) => vec![Assumption {
                discordance: (baseline_only + candidate_only + 1.0) / (n + 1.0),
                run: Some(earlier.run.clone()),
            }],
            None => DISCORDANCES.map(|discordance| Assumption { discordance, run: None }).to_vec(),
        };
        let question = Question { margin, confidence: gate.confidence, pairs: pairs.len(), effective_per_pair };
        RuleForecast {
            line: rule.line,
            metric: rule.metric.row().name.to_owned(),
            slice: rule.slice.clone(),
            candidate: candidate.name.clone(),
            question,
            cases,
            min_pairs: min_pairs.max(1),
            min_coverage: gate.min_coverage,
            clusters: clusters(pairs.iter().copied()),
            no_data: None,
            outlooks: Vec::new(),
        }
        .decided(assumed)
    }

    /// The cases that a rule is about: how many there are, and those that can make a pair, since both arms are asked and
    /// a scorer has something to say.
    fn cases(&self, rule: &Rule, arm: usize) -> (usize, Vec<&Entry>) {
        let of_tools = rule.metric == Metric::ToolCallFailureRate;
        let in_slice =
            |entry: &Entry| rule.slice.as_ref().is_none_or(|(tag, value)| entry.tags.get(tag) == Some(value));
        let entries = self.dataset.entries.iter().zip(&self.walked.cases).enumerate();
        let about = entries.filter(|(_, (entry, walked))| in_slice(entry) && (!of_tools || walked.involves_tools));
        let (mut cases, mut pairs) = (0, Vec::new());
        for (case, (entry, walked)) in about {
            cases += 1;
            let is_sent = |arm| self.translations.is_sent(Planned { case, arm, repeat: 0 });
            let is_judged = if of_tools { walked.has_judged_tools } else { walked.is_judged };
            if is_judged && is_sent(0) && is_sent(arm) {
                pairs.push(entry);
            }
        }
        (cases, pairs)
    }
}

/// Independent cases that one case counts for when weights differ (Kish 1965): (Σw)² ÷ (n Σw²).
fn effective_share(weights: impl Iterator<Item = f64>) -> f64 {
    let (n, sum, squares) =
        weights.fold((0.0, 0.0, 0.0), |(n, sum, squares), weight| (n + 1.0, sum + weight, squares + weight * weight));
    if squares > 0.0 { (sum * sum / (n * squares)).min(1.0) } else { 1.0 }
}

/// How many clusters there are; a case that names none is one of its own. `None` when none names one.
pub(super) fn clusters<'a>(entries: impl Iterator<Item = &'a Entry>) -> Option<usize> {
    let (mut named, mut alone) = (BTreeSet::new(), 0);
    for entry in entries {
        match &entry.cluster {
            Some(cluster) => drop(named.insert(cluster)),
            None => alone += 1,
        }
    }
    (!named.is_empty()).then_some(named.len() + alone)
}

#[expect(clippy::cast_precision_loss, reason = "counts of cases stay far below 2^53")]
fn count(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_weights_count_in_full_and_uneven_ones_for_less() {
        assert!((effective_share([3.2; 7].into_iter()) - 1.0).abs() < 1e-12);
        assert!((effective_share([1.0, 3.0].into_iter()) - 0.8).abs() < 1e-12);
        assert!((effective_share(std::iter::empty()) - 1.0).abs() < 1e-12);
    }
}
