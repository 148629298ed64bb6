//! A task that is retried: by attempts that succeed independently, and by the failures of each case.

use super::facts::{ArmMeans, Facts};
use super::result::{ObservedRetries, Retried, Retrying, within_shares};
use super::sample::Sampled;
use crate::stats::delta::{Derived, Scale};
use crate::stats::failing::{beta_binomial, moment_correlation};
use crate::stats::retries::{AttemptCosts, Cap, Retries, independent};
use crate::stats::{Estimate, PerCase, Scores, proportion};

/// What the trials say of several failures of the same case.
enum Failing {
    /// At index j the chance that j + 1 trials of each case all failed.
    Seen(Vec<Vec<f64>>),
    /// Of each case the chance that two trials failed, and whether it has two; 0 where not.
    Pairs([Vec<f64>; 2]),
    /// No case was tried twice.
    Once,
}

/// Cost per success of both arms under independent attempts, candidate ÷ baseline.
pub(super) fn ratio(arms: [&Facts; 2], sampled: &Sampled<'_>) -> Option<Derived> {
    let columns: Vec<&[f64]> = arms.iter().flat_map(|facts| facts.columns()).collect();
    sampled.derive(&columns, Scale::Log, |means| {
        let of = |means: &[f64]| hoped(ArmMeans::read(means)?, sampled)?.cost_per_success;
        let (baseline, candidate) = means.split_at_checked(ArmMeans::WIDTH)?;
        divided(of(candidate)?, of(baseline)?)
    })
}

/// The same by the failures of each case; `None` where no case of an arm was tried twice.
pub(super) fn observed_ratio(arms: [&Facts; 2], sampled: &Sampled<'_>) -> Option<Estimate> {
    let failing = arms.map(|facts| Failing::of(facts, sampled.attempts()));
    let of_arms: Vec<Vec<&[f64]>> = arms.iter().zip(&failing).map(|(facts, failing)| failing.columns(facts)).collect();
    let first = of_arms[0].len();
    let columns: Vec<&[f64]> = of_arms.concat();
    let derived = sampled.derive(&columns, Scale::Log, |means| {
        let (baseline, candidate) = means.split_at_checked(first)?;
        let of = |failing: &Failing, means| failing.retries(means, sampled.attempts())?.cost_per_success;
        divided(of(&failing[1], candidate)?, of(&failing[0], baseline)?)
    });
    derived.map(|derived| derived.estimate)
}

fn divided(candidate: f64, baseline: f64) -> Option<f64> {
    (baseline > 0.0).then(|| candidate / baseline)
}

/// Both readings of one arm's failures.
pub(super) fn retrying(facts: &Facts, success_rate: Option<Estimate>, sampled: &Sampled<'_>) -> Retrying {
    let most = sampled.attempts();
    let hope = Retried {
        // Both only depend on the success rate, so that its own interval carries over.
        success_rate: success_rate
            .map(|rate| rate.rising(|rate| in_the_end(rate, sampled, |hoped| hoped.success_rate))),
        attempts: success_rate.map(|rate| rate.falling(|rate| in_the_end(rate, sampled, |hoped| hoped.attempts))),
        cost_per_success: figure(&facts.columns(), sampled, Scale::Log, |means| {
            hoped(ArmMeans::read(means)?, sampled)?.cost_per_success
        }),
    };
    let failing = Failing::of(facts, most);
    let columns = failing.columns(facts);
    let at = |means: &[f64]| failing.retries(means, most);
    let retried = || Retried {
        success_rate: match &failing {
            Failing::Seen(chances) => chances.last().and_then(|all| not_all(all, sampled)),
            Failing::Pairs(_) | Failing::Once => {
                figure(&columns, sampled, Scale::Plain, |means| Some(at(means)?.success_rate)).map(within_shares)
            }
        },
        attempts: figure(&columns, sampled, Scale::Plain, |means| Some(at(means)?.attempts)),
        cost_per_success: figure(&columns, sampled, Scale::Log, |means| at(means)?.cost_per_success),
    };
    let observed = match &failing {
        Failing::Seen(_) => ObservedRetries::Seen(retried()),
        Failing::Pairs(_) => {
            let correlation = sampled.means(&columns).and_then(|means| failing.correlation(&means));
            ObservedRetries::Extrapolated { correlation: correlation.unwrap_or(0.0), retried: retried() }
        }
        Failing::Once => ObservedRetries::Between { hopeless: hopeless(facts, success_rate, sampled) },
    };
    Retrying { independent: hope, observed }
}

/// If a case that fails once always fails.
fn hopeless(facts: &Facts, success_rate: Option<Estimate>, sampled: &Sampled<'_>) -> Retried {
    let most = sampled.attempts();
    let chances = move |success: f64| beta_binomial(1.0 - success, 1.0, most);
    let attempts =
        move |success| Retries::from_chances(&chances(success), FREE).map_or(f64::NAN, |found| found.attempts);
    Retried {
        success_rate,
        attempts: success_rate.map(|rate| rate.falling(attempts)),
        cost_per_success: figure(&facts.columns(), sampled, Scale::Log, |means| {
            let arm = ArmMeans::read(means)?;
            Retries::from_chances(&chances(arm.success), arm.attempt_costs())?.cost_per_success
        }),
    }
}

const FREE: AttemptCosts = AttemptCosts { success: 0.0, failure: 0.0, giving_up: 0.0 };

/// One arm under attempts that succeed independently.
fn hoped(arm: ArmMeans, sampled: &Sampled<'_>) -> Option<Retries> {
    independent(arm.success, Cap::At(sampled.model.max_attempts), arm.attempt_costs())
}

fn in_the_end(success: f64, sampled: &Sampled<'_>, of: fn(Retries) -> f64) -> f64 {
    // Retries that are capped always end.
    independent(success, Cap::At(sampled.model.max_attempts), FREE).map_or(f64::NAN, of)
}

fn figure(
    columns: &[&[f64]],
    sampled: &Sampled<'_>,
    scale: Scale,
    f: impl Fn(&[f64]) -> Option<f64>,
) -> Option<Estimate> {
    sampled.derive(columns, scale, f).map(|derived| derived.estimate)
}

/// The share of the cases of which not all attempts failed.
fn not_all(all_failed: &[f64], sampled: &Sampled<'_>) -> Option<Estimate> {
    let values: Vec<f64> = all_failed.iter().map(|chance| 1.0 - chance).collect();
    let pass_fail = values.iter().all(|value| *value <= 0.0 || *value >= 1.0);
    let scores = if pass_fail { Scores::PassFail { trials: 1 } } else { Scores::Graded };
    proportion::rate(PerCase { values: &values, design: sampled.design }, scores, sampled.confidence)
}

impl Failing {
    fn of(facts: &Facts, attempts: usize) -> Self {
        let chances = |j| facts.trials.iter().map(|case| case.all_failed(j)).collect::<Option<Vec<f64>>>();
        if let Some(chances) = (1..=attempts).map(chances).collect() {
            return Self::Seen(chances);
        }
        let both: Vec<Option<f64>> = facts.trials.iter().map(|case| case.all_failed(2)).collect();
        if both.iter().all(Option::is_none) {
            return Self::Once;
        }
        Self::Pairs([
            both.iter().map(|both| both.unwrap_or(0.0)).collect(),
            both.iter().map(|both| f64::from(u8::from(both.is_some()))).collect(),
        ])
    }

    /// The columns that [`Self::retries`] reads.
    fn columns<'a>(&'a self, facts: &'a Facts) -> Vec<&'a [f64]> {
        let further: Vec<&[f64]> = match self {
            Self::Seen(chances) => chances.iter().map(Vec::as_slice).collect(),
            Self::Pairs(pairs) => pairs.iter().map(Vec::as_slice).collect(),
            Self::Once => Vec::new(),
        };
        facts.columns().into_iter().chain(further).collect()
    }

    fn correlation(&self, means: &[f64]) -> Option<f64> {
        match (self, means.get(ArmMeans::WIDTH..)?) {
            (Self::Pairs(_), &[both, has]) if has > 0.0 => {
                Some(moment_correlation(ArmMeans::read(means)?.error_rate(), both / has))
            }
            (Self::Pairs(_) | Self::Seen(_) | Self::Once, _) => None,
        }
    }

    fn retries(&self, means: &[f64], attempts: usize) -> Option<Retries> {
        let arm = ArmMeans::read(means)?;
        let chances = match self {
            Self::Seen(_) => std::iter::once(1.0).chain(means.get(ArmMeans::WIDTH..)?.iter().copied()).collect(),
            Self::Pairs(_) => beta_binomial(arm.error_rate(), self.correlation(means)?, attempts),
            Self::Once => return None,
        };
        Retries::from_chances(&chances, arm.attempt_costs())
    }
}
