//! Shares of cases: accuracy, the tool-call failure rate, and the mean grade of a scorer. All are computed as shares of success, so that one path
//! serves both, and the failure rate is told from the other side.

use super::grid::{BASELINE, Trials};
use super::scope::{Looks, Scope, TrialValue, Values, case_mean};
use super::sequence::{self, Sequence};
use super::{Change, Discordance, Metric, ScorerName};
use crate::domain::{Grade, Outcome, Trial, UnscoredReason};
use crate::stats::pairing::{self, CaseScores};
use crate::stats::tango::Discordant;
use crate::stats::{Estimate, PerCase, Scores, mcnemar, paired, proportion};

/// A share of the cases that count.
pub(super) struct Share {
    metric: Metric,
    /// Which cases count, by whether they involve tools.
    counts: fn(bool) -> bool,
    success: Success,
    /// Whether the share is of the cases that fail: estimates are then told from the other side.
    of_failures: bool,
}

/// How far a trial succeeds, from 0 to 1; nothing where nobody can say.
enum Success {
    /// Pass or fail: 1 or 0.
    PassFail(TrialValue),
    /// The grade that a scorer gives. Only the cases count that it graded in some arm.
    Grade(ScorerName),
}

impl Success {
    fn of(&self, trial: &Trial) -> Option<f64> {
        match self {
            Self::PassFail(success) => success(trial),
            Self::Grade(scorer) => graded(trial, *scorer),
        }
    }
}

/// The grade of a trial; of several scorers of one name their mean.
fn graded(trial: &Trial, scorer: ScorerName) -> Option<f64> {
    let of_scorer = trial.measured().iter().filter(|measured| *measured.scorer == *scorer.as_str());
    pairing::usable_mean(of_scorer.map(|measured| measured.grade.map(Grade::value)))
}

/// Mean grade of a scorer.
pub(super) const fn grade(scorer: ScorerName) -> Share {
    Share { metric: Metric::Score(scorer), counts: |_| true, success: Success::Grade(scorer), of_failures: false }
}

/// Share of cases that pass.
pub(super) const ACCURACY: Share =
    Share { metric: Metric::Accuracy, counts: |_| true, success: Success::PassFail(score), of_failures: false };

/// Share of the cases with tools that have a tool fault.
pub(super) const TOOL_CALLS: Share = Share {
    metric: Metric::ToolCallFailureRate,
    counts: |involves_tools| involves_tools,
    success: Success::PassFail(without_tool_fault),
    of_failures: true,
};

/// Success of a trial, 1 or 0, as the shares count it; nothing where nobody can say, or where the metric is no share.
#[must_use]
pub fn success(metric: Metric, trial: &Trial) -> Option<f64> {
    share(metric)?.success.of(trial)
}

/// Whether a case counts in a share.
#[must_use]
pub fn counts(metric: Metric, involves_tools: bool) -> bool {
    share(metric).is_some_and(|share| (share.counts)(involves_tools))
}

fn share(metric: Metric) -> Option<Share> {
    [ACCURACY, TOOL_CALLS].into_iter().find(|share| share.metric == metric)
}

/// The usable score of a trial.
pub(super) fn score(trial: &Trial) -> Option<f64> {
    match trial.outcome {
        Outcome::Pass => Some(1.0),
        Outcome::Fail(_) => Some(0.0),
        Outcome::Unscored(_) => None,
    }
}

/// An answer succeeds unless it has a tool fault, be it right or wrong otherwise: a refusal is a failure here only when
/// its missing call is a fault. A request that the model's provider rejects fails, because production gets no call
/// either. No answer for a cause outside the model says nothing, nor does one whose calls nobody looked at.
fn without_tool_fault(trial: &Trial) -> Option<f64> {
    match (trial.outcome, trial.failure) {
        (Outcome::Unscored(UnscoredReason::Failed), _) => None,
        (_, None) if !trial.tool_calls_judged => None,
        (_, None) => Some(if trial.tool_fault.is_some() { 0.0 } else { 1.0 }),
        (_, Some(kind)) => kind.model_caused().then_some(0.0),
    }
}

/// The cases that have a score in both arms, and what the others could change.
pub(super) struct Paired {
    /// Indices into the grid's cases, ascending.
    pub cases: Vec<usize>,
    /// Mean success of each case, the baseline's first.
    pub arms: [Vec<f64>; 2],
    /// Candidate − baseline.
    pub differences: Vec<f64>,
    /// Cases that count and are not among these.
    pub missing: usize,
    /// The mean difference if every missing score counted against the candidate.
    pub worst_case: Option<f64>,
    best_case: Option<f64>,
}

impl Share {
    /// The share in one arm.
    pub(super) fn estimate(&self, scope: Scope<'_>, arm: usize) -> Option<Estimate> {
        let counted = self.counted(scope);
        let scope = Scope { cases: &counted, ..scope };
        let Values { cases, values } = scope.values(arm, |trials| case_mean(trials, |trial| self.success.of(trial)));
        let sample = scope.sample(&cases);
        let scores = self.scores(scope, &cases, &[arm]);
        self.rate(PerCase { values: &values, design: sample.design() }, scores, scope.confidence)
    }

    /// The share in both arms over the cases that have a score in both, and its difference.
    pub(super) fn change(&self, scope: Scope<'_>, candidate: usize) -> Change {
        let Paired { cases, arms, differences, missing, worst_case, best_case } = self.paired(scope, candidate);
        let sample = scope.sample(&cases);
        let scores = self.scores(scope, &cases, &[BASELINE, candidate]);
        let per_case = |values| PerCase { values, design: sample.design() };
        let fixed = |confidence| paired::difference(per_case(&differences), scores, confidence);
        let contrast = match scope.looks {
            None => fixed(scope.confidence),
            Some(looks) => fixed(sequence::confidence_of_last(scope.confidence)).map(|fixed| {
                let sequence = self.sequence(scope, candidate, looks);
                if looks.stopped_early { sequence.instead_of(fixed) } else { sequence.within(fixed, scope.confidence) }
            }),
        };
        let [baseline, candidate] = arms.each_ref().map(|values| self.rate(per_case(values), scores, scope.confidence));
        let effective = paired::effective_difference(per_case(&differences), scores, scope.confidence);
        let stopped_early = scope.looks.is_some_and(|looks| looks.stopped_early);
        let textbook =
            !stopped_early && scores == Scores::PassFail { trials: 1 } && sample.is_simple() && !cases.is_empty();
        let wins = |won: fn(f64) -> bool| differences.iter().filter(|&&difference| won(difference)).count();
        // The worst case of success is the worst case of failure: it only changes its sign.
        let told = |difference: f64| if self.of_failures { 0.0 - difference } else { difference };
        Change {
            baseline,
            candidate,
            contrast: contrast.map(|difference| if self.of_failures { difference.negated() } else { difference }),
            p_value: textbook.then(|| mcnemar::mid_p(wins(|d| d < 0.0), wins(|d| d > 0.0))),
            worst_case: worst_case.map(told),
            best_case: best_case.map(told),
            discordance: effective.and_then(|difference| difference.discordant).map(
                |Discordant { n, baseline_only, candidate_only }| Discordance { n, baseline_only, candidate_only },
            ),
            ..Change::uncompared(self.metric, cases.len(), missing)
        }
    }

    /// The cases that have a score in both arms.
    pub(super) fn paired(&self, scope: Scope<'_>, candidate: usize) -> Paired {
        let counted = self.counted(scope);
        let scope = Scope { cases: &counted, ..scope };
        let means = scope.pairs(candidate, |baseline, candidate| {
            Some([baseline, candidate].map(|trials| case_mean(trials, |trial| self.success.of(trial))))
        });
        let scores: Vec<CaseScores<'_>> =
            means.values.iter().map(|arms| CaseScores { baseline: &arms[..1], candidate: &arms[1..] }).collect();
        let sample = scope.sample(&means.cases);
        let pairing = pairing::pair(&scores, sample.design().weights);
        let usable = |arm: usize| pairing.pairs.iter().filter_map(|pair| means.values[pair.case][arm]).collect();
        Paired {
            cases: pairing.pairs.iter().map(|pair| means.cases[pair.case]).collect(),
            arms: [usable(0), usable(1)],
            differences: pairing.pairs.iter().map(|pair| pair.difference).collect(),
            missing: counted.len() - pairing.pairs.len(),
            worst_case: pairing.worst_case,
            best_case: pairing.best_case,
        }
    }

    /// The same cases, and the difference of success with what went into its interval.
    pub(super) fn evidence(&self, scope: Scope<'_>, candidate: usize) -> (Paired, Option<paired::Difference>) {
        let pairs = self.paired(scope, candidate);
        let sample = scope.sample(&pairs.cases);
        let scores = self.scores(scope, &pairs.cases, &[BASELINE, candidate]);
        let per_case = PerCase { values: &pairs.differences, design: sample.design() };
        let difference = paired::effective_difference(per_case, scores, scope.confidence);
        (pairs, difference)
    }

    /// The cases in the order of looking, a cluster at a time.
    fn sequence(&self, scope: Scope<'_>, candidate: usize, looks: Looks<'_>) -> Sequence {
        let mut cases = self.counted(scope);
        cases.sort_by_key(|&case| (looks.ranks[case], case));
        let clusters = &scope.grid.clusters;
        let mut sequence = Sequence::new(scope.confidence, looks.first);
        for cluster in cases.chunk_by(|&a, &b| clusters[a].is_some() && clusters[a] == clusters[b]) {
            let mean =
                |case: usize, arm: usize| [case_mean(scope.grid.trials(case, arm), |trial| self.success.of(trial))];
            let means: Vec<_> = cluster.iter().map(|&case| (mean(case, BASELINE), mean(case, candidate))).collect();
            let scores: Vec<CaseScores<'_>> =
                means.iter().map(|(baseline, candidate)| CaseScores { baseline, candidate }).collect();
            sequence.add(&scores);
        }
        sequence
    }

    fn counted(&self, scope: Scope<'_>) -> Vec<usize> {
        let counts = |case: usize| match &self.success {
            Success::PassFail(_) => (self.counts)(scope.grid.cases[case].involves_tools),
            Success::Grade(scorer) => scope.grid.of_case(case).any(|trial| graded(trial, *scorer).is_some()),
        };
        scope.cases.iter().copied().filter(|&case| counts(case)).collect()
    }

    /// What the values of `cases` in `arms` are means of.
    fn scores(&self, scope: Scope<'_>, cases: &[usize], arms: &[usize]) -> Scores {
        if matches!(self.success, Success::Grade(_)) {
            return Scores::Graded;
        }
        let usable = |trials: &Trials<'_>| trials.iter().flatten().filter_map(|trial| self.success.of(trial)).count();
        let cells = cases.iter().flat_map(|&case| arms.iter().map(move |&arm| scope.grid.trials(case, arm)));
        let most = cells.map(usable).max().unwrap_or(1);
        Scores::PassFail { trials: u32::try_from(most).unwrap_or(u32::MAX) }
    }

    fn rate(&self, success: PerCase<'_>, scores: Scores, confidence: f64) -> Option<Estimate> {
        let rate = proportion::rate(success, scores, confidence);
        if self.of_failures { rate.map(Estimate::complement) } else { rate }
    }
}
