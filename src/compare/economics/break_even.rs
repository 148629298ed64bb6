//! Where both arms come to the same: one quantity of the candidate at a time, the others held as they are.

use super::facts::{ArmMeans, Facts};
use super::result::{BreakEvenAnswer, BreakEvenRow, BreakEvens, Missing, Quantity, Target};
use super::sample::Sampled;
use super::{both, unbought, what_if};
use crate::stats::breakeven::{
    self, Attempt, AttemptArms, BreakEven, CachedInput, CallsPerTask, ErrorArms, PricedCall, Task, TokensPerCall,
};
use crate::stats::delta::Scale;
use crate::stats::{Estimate, Interval, PerCase, mean, proportion};

/// Tokens that a price is for: what is held in dollars alone is a million tokens of its own price.
const PRICED: f64 = 1e6;

/// Every row, for two arms of which `difference` says what a trial comes to more.
pub(super) fn rows(
    arms: [&Facts; 2],
    priced: [bool; 2],
    difference: Option<Estimate>,
    sampled: &Sampled<'_>,
) -> BreakEvens {
    let target = match sampled.model.failure_usd {
        Some(_) => Target::TotalPerTrial,
        None => Target::CostPerSuccess,
    };
    let search = Search { arms, priced, target, sampled };
    let mut rows: Vec<BreakEvenRow> = search.errors().into_iter().collect();
    rows.extend([search.success(), search.cached(), search.input(), search.output(), search.calls(), search.prices()]);
    rows.extend(sampled.model.fixed_usd.map(|fixed| volume(fixed, difference)));
    BreakEvens { target, rows }
}

struct Search<'a> {
    arms: [&'a Facts; 2],
    priced: [bool; 2],
    target: Target,
    sampled: &'a Sampled<'a>,
}

impl Search<'_> {
    /// Only where a failure has a cost: without one no error rate makes up for a price.
    fn errors(&self) -> Option<BreakEvenRow> {
        let stated = self.sampled.model.failure_usd?;
        // Without a failure of the candidate, one costs what a wrong answer does.
        let [wrong_answer, ..] = stated;
        let answer = self.found(&[], |means| {
            let [before, after] = both(means)?;
            let failure = after.failure_usd().unwrap_or(wrong_answer);
            // The baseline's failures may be of classes that cost more or less: as many of the candidate's.
            let error_rate = if failure > 0.0 { before.loss / failure } else { before.error_rate() };
            let baseline = Task { cost: before.cost, error_rate };
            let candidate = Task { cost: after.cost, error_rate: after.error_rate() };
            Some(breakeven::error_rate(ErrorArms { baseline, candidate }, failure))
        });
        let [baseline, candidate] = self.arms.map(|facts| self.rate(facts).map(Estimate::complement));
        Some(BreakEvenRow { quantity: Quantity::ErrorRate, baseline, candidate, answer })
    }

    fn success(&self) -> BreakEvenRow {
        let answer = self.found(&[], |means| Some(breakeven::success_rate(attempts(both(means)?))));
        let [baseline, candidate] = self.arms.map(|facts| self.rate(facts));
        BreakEvenRow { quantity: Quantity::SuccessRate, baseline, candidate, answer }
    }

    fn cached(&self) -> BreakEvenRow {
        let now = |arm: usize| what_if::cached_share(self.arms[arm], self.priced[arm], self.sampled).known().copied();
        let answer = match &self.arms[1].spent {
            None => BreakEvenAnswer::Unknown(unbought(self.priced[1])),
            Some(spent) => match &spent.hot {
                None => BreakEvenAnswer::Unknown(Missing::NoCachedPrice),
                Some(hot) => self.found(&[&spent.cold, hot, &spent.input, &spent.read], |means| {
                    let &[cold, hot, input, read] = means.get(2 * ArmMeans::WIDTH..)? else { return None };
                    let share = if input > 0.0 { read / input } else { 0.0 };
                    let call =
                        CachedInput { tokens: PRICED, input_price: cold, cached_price: hot, output_cost: 0.0, share };
                    Some(breakeven::cached_share(call, self.allowed(means)?))
                }),
            },
        };
        BreakEvenRow { quantity: Quantity::CachedShare, baseline: now(0), candidate: now(1), answer }
    }

    fn input(&self) -> BreakEvenRow {
        self.tokens(Quantity::InputTokens, |spent| [&spent.input, &spent.input_usd])
    }

    fn output(&self) -> BreakEvenRow {
        self.tokens(Quantity::OutputTokens, |spent| [&spent.output, &spent.output_usd])
    }

    /// Tokens of one kind, of which `columns` gives count and dollars.
    fn tokens(
        &self,
        quantity: Quantity,
        columns: for<'s> fn(&'s super::spend::Spent) -> [&'s Vec<f64>; 2],
    ) -> BreakEvenRow {
        let now = |facts: &Facts| {
            let values = columns(facts.spent.as_ref()?)[0];
            mean::mean(PerCase { values, design: self.sampled.design }, self.sampled.confidence)
        };
        let answer = match &self.arms[1].spent {
            None => BreakEvenAnswer::Unknown(unbought(self.priced[1])),
            Some(spent) => {
                let [tokens, usd] = columns(spent);
                self.found(&[tokens, usd], |means| {
                    let &[tokens, usd] = means.get(2 * ArmMeans::WIDTH..)? else { return None };
                    let price = if tokens > 0.0 { usd * PRICED / tokens } else { 0.0 };
                    let rest = both(means)?[1].cost - usd;
                    Some(breakeven::tokens(TokensPerCall { tokens, price, rest }, self.allowed(means)?))
                })
            }
        };
        let [baseline, candidate] = self.arms.map(now);
        BreakEvenRow { quantity, baseline, candidate, answer }
    }

    fn calls(&self) -> BreakEvenRow {
        let answer = self.found(&[], |means| {
            let task = CallsPerTask { calls: 1.0, cost: both(means)?[1].cost };
            Some(breakeven::calls(task, self.allowed(means)?))
        });
        BreakEvenRow { quantity: Quantity::CallsPerTask, baseline: None, candidate: None, answer }
    }

    fn prices(&self) -> BreakEvenRow {
        let answer = self.found(&[], |means| {
            // All that was paid moves with the prices: a call is that many tokens at a price of 1.
            let call = PricedCall { price: 1.0, tokens: PRICED * both(means)?[1].cost, rest: 0.0 };
            Some(breakeven::price(call, self.allowed(means)?))
        });
        BreakEvenRow { quantity: Quantity::Prices, baseline: None, candidate: None, answer }
    }

    /// What a trial may cost the candidate, so that both arms come to the same.
    fn allowed(&self, means: &[f64]) -> Option<f64> {
        let [before, after] = both(means)?;
        match self.target {
            Target::TotalPerTrial => Some(before.total() - after.loss),
            Target::CostPerSuccess => breakeven::allowed_cost_per_success(attempts([before, after])),
        }
    }

    /// The break-even at the means of both arms, and of what else of the candidate is asked for.
    fn found(&self, further: &[&[f64]], f: impl Fn(&[f64]) -> Option<BreakEven>) -> BreakEvenAnswer {
        let of_arms = self.arms.iter().flat_map(|facts| facts.columns());
        let columns: Vec<&[f64]> = of_arms.chain(further.iter().copied()).collect();
        let at = self.sampled.means(&columns).and_then(|means| f(&means));
        let Some(BreakEven { feasibility, .. }) = at else {
            return BreakEvenAnswer::Unknown(Missing::NoSuccess);
        };
        let value = self.sampled.derive(&columns, Scale::Plain, |means| f(means)?.value);
        BreakEvenAnswer::Found { value: value.map(|derived| derived.estimate), feasibility }
    }

    fn rate(&self, facts: &Facts) -> Option<Estimate> {
        let cases = PerCase { values: &facts.success, design: self.sampled.design };
        proportion::rate(cases, self.sampled.scores, self.sampled.confidence)
    }
}

fn attempts([before, after]: [ArmMeans; 2]) -> AttemptArms {
    let attempt = |arm: ArmMeans| Attempt { cost: arm.cost, success_rate: arm.success };
    AttemptArms { baseline: attempt(before), candidate: attempt(after) }
}

/// The requests after which `fixed` dollars have been earned back. Its limits are those of the saving, the other way
/// round; without an upper one where the saving may be none.
fn volume(fixed: f64, difference: Option<Estimate>) -> BreakEvenRow {
    let of = |saving: f64| breakeven::volume(fixed, saving);
    let answer = difference.map_or(BreakEvenAnswer::Unknown(Missing::NoPrice), |difference| {
        let saving = difference.negated();
        let BreakEven { value, feasibility } = of(saving.value);
        let value = value.map(|value| Estimate {
            value,
            interval: saving.interval.map(|all| Interval {
                low: all.high.and_then(|saving| of(saving).value),
                high: all.low.and_then(|saving| of(saving).value),
                ..all
            }),
            ..saving
        });
        BreakEvenAnswer::Found { value, feasibility }
    });
    BreakEvenRow { quantity: Quantity::Volume, baseline: None, candidate: None, answer }
}
