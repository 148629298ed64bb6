//! Cost per success under other circumstances, with the answers and the tokens of this run.

use super::facts::Facts;
use super::result::{Figure, Missing, Scenario, WhatIf, WhatIfs};
use super::sample::Sampled;
use super::spend::Spent;
use super::unbought;
use crate::stats::ratio::{Arm, Arms, Means, cost_per_success, cost_per_success_ratio, ratio_of_means};

/// Every scenario that was asked for, and those that need no asking.
pub(super) fn what_ifs(arms: [&Facts; 2], priced: [bool; 2], sampled: &Sampled<'_>) -> WhatIfs {
    let stated = sampled.model.cached_share.map(Scenario::CachedShare);
    let scenarios = [Scenario::AsMeasured, Scenario::ColdCache].into_iter().chain(stated).chain([Scenario::Batch]);
    WhatIfs {
        cached_share: [0, 1].map(|arm| cached_share(arms[arm], priced[arm], sampled)),
        rows: scenarios.map(|scenario| what_if(scenario, arms, priced, sampled)).collect(),
    }
}

/// The share of an arm's input that was read from the prompt cache.
pub(super) fn cached_share(facts: &Facts, priced: bool, sampled: &Sampled<'_>) -> Figure {
    let Some(spent) = &facts.spent else { return Figure::Unknown(unbought(priced)) };
    let means = Means { numerator: &spent.read, denominator: &spent.input };
    let share = ratio_of_means(means, sampled.design, sampled.confidence);
    Figure::or(share.map(|share| share.estimate), Missing::NoUsage)
}

fn what_if(scenario: Scenario, arms: [&Facts; 2], priced: [bool; 2], sampled: &Sampled<'_>) -> WhatIf {
    let [before, after] = [0, 1].map(|arm| costs(scenario, arms[arm], priced[arm]));
    let figure = |costs: &Result<Vec<f64>, Missing>, facts: &Facts| match costs {
        Err(missing) => Figure::Unknown(*missing),
        Ok(cost) => {
            let arm = Arm { cost, success: &facts.success };
            Figure::or(cost_per_success(arm, sampled.design, sampled.confidence), Missing::NoSuccess)
        }
    };
    let ratio = match (&before, &after) {
        (Ok(baseline), Ok(candidate)) => ratio(arms, [baseline, candidate], sampled),
        (Err(missing), _) | (_, Err(missing)) => Figure::Unknown(*missing),
    };
    WhatIf { scenario, baseline: figure(&before, arms[0]), candidate: figure(&after, arms[1]), ratio }
}

fn ratio(arms: [&Facts; 2], costs: [&Vec<f64>; 2], sampled: &Sampled<'_>) -> Figure {
    // A baseline without a success has no cost per success that a ratio could be of.
    if arms.iter().any(|facts| facts.successes() == 0) {
        return Figure::Unknown(Missing::NoSuccess);
    }
    let [baseline, candidate] = [0, 1].map(|arm| Arm { cost: costs[arm], success: &arms[arm].success });
    let ratio = cost_per_success_ratio(Arms { baseline, candidate }, sampled.design, sampled.confidence);
    Figure::or(ratio.map(|ratio| ratio.estimate), Missing::FreeBaseline)
}

/// What a trial of each case would have cost.
fn costs(scenario: Scenario, facts: &Facts, priced: bool) -> Result<Vec<f64>, Missing> {
    if scenario == Scenario::AsMeasured {
        return Ok(facts.cost.clone());
    }
    let spent: &Spent = facts.spent.as_ref().ok_or(unbought(priced))?;
    match scenario {
        Scenario::AsMeasured | Scenario::ColdCache => Ok(spent.cold.clone()),
        Scenario::CachedShare(share) => spent.at_share(share).ok_or(Missing::NoCachedPrice),
        Scenario::Batch => spent.batch.clone().ok_or(Missing::NoBatchPrice),
    }
}
