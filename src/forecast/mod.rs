//! What a run will take and what it can decide, worked out before anything is sent.
//!
//! Everything here is arithmetic on counts and prices that the caller has gathered. What nothing is known of is `None`.

mod budget;
mod context;
mod observed;
mod power;

use serde::Serialize;

use crate::domain::Usd;

pub use budget::{Budget, Call, Reach};
pub use context::{Context, Fit, fit};
pub use observed::{Basis, Learned, Observed};
pub use power::{Assumption, DISCORDANCES, Outlook, Question, outlook};

/// What a run of a suite will take, and what it can decide.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Forecast {
    /// The suite's name.
    pub suite: String,
    /// The cases.
    pub cases: Cases,
    /// The cases that take several requests a trial; `None` without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_loops: Option<ClosedLoops>,
    /// Repeats of every case and arm.
    pub repeats: u32,
    /// The arms, the baseline first.
    pub arms: Vec<ArmForecast>,
    /// The requests of all arms.
    pub requests: Requests,
    /// What the answers of all arms cost.
    pub cost: Cost,
    /// What the judges are asked once the answers are there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub judges: Vec<JudgeForecast>,
    /// What comes of the budget; `None` without one.
    pub budget: Option<Budget>,
    /// How long the buying takes.
    pub time: Time,
    /// What each rule with a margin can decide of each candidate.
    pub rules: Vec<RuleForecast>,
    /// Why a run would end before its first call, or before its last.
    pub would_stop: Vec<String>,
}

/// What one judge is asked at most, after all answers are there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JudgeForecast {
    /// Its name.
    pub judge: String,
    /// The model that it asks.
    pub model: String,
    /// Questions, if all answers are there; equal ones are asked once. A pair of answers is asked about in both orders.
    pub questions: usize,
    /// What judging them costs if every answer and every verdict is as long as it may be; `None` is unknown.
    pub cost: Option<Usd>,
}

/// The cases of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cases {
    /// The file, as the suite names it.
    pub path: String,
    /// Cases in the file.
    pub total: usize,
    /// Cases in use.
    pub used: usize,
    /// The tags that the draw is stratified by.
    pub drawn_by: Vec<String>,
    /// The strata of the draw, in the order of their values; empty without a stratified draw.
    pub strata: Vec<Stratum>,
    /// Clusters among the cases in use; `None` when none names one.
    pub clusters: Option<usize>,
}

/// Cases whose arms are asked again with the results of their calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ClosedLoops {
    /// How many.
    pub cases: usize,
    /// Requests that a trial takes at most.
    pub max_steps: u32,
}

/// The cases that share their values of the tags that a draw is stratified by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stratum {
    /// The values, in the order of the tags; `None` for cases without the tag.
    pub values: Vec<Option<String>>,
    /// Cases in the file.
    pub total: usize,
    /// Cases drawn.
    pub drawn: usize,
}

/// Where the answers to requests come from: `planned = stored + equal + to_buy`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Requests {
    /// Trials that ask a model.
    pub planned: usize,
    /// The store has the answer.
    pub stored: usize,
    /// An equal request of this run buys the answer.
    pub equal: usize,
    /// The answer must be bought.
    pub to_buy: usize,
}

/// Money; `None` is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// What is likely paid for the answers to buy.
    pub expected: Option<Usd>,
    /// The most that can be paid for them, every attempt billed, as a budget reserves it.
    pub worst_case: Option<Usd>,
    /// What the stored answers that are used cost when they were bought.
    pub saved: Option<Usd>,
}

/// What is known of one arm before the run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArmForecast {
    /// Its name.
    pub arm: String,
    /// The model, or the word for recorded answers.
    pub model: String,
    /// Whether answers come from the dataset, and nobody is asked.
    pub recorded: bool,
    /// Its requests.
    pub requests: Requests,
    /// What its answers cost.
    pub cost: Cost,
    /// Input tokens of the answers to buy.
    pub input_tokens: u64,
    /// Whether the vocabulary that counted the input is the model's own.
    pub vocabulary_is_its_own: bool,
    /// Tokens that the provider counted ÷ tokens counted here, over the stored answers; the counts are scaled by it.
    pub input_ratio: Option<f64>,
    /// Images in the requests to buy that the counts know nothing of.
    pub uncounted_images: u64,
    /// Requests to buy in which the provider may search: the searches are not in the expected cost.
    pub with_searches: usize,
    /// Tokens of an answer.
    pub output_tokens: Learned,
    /// Milliseconds of a call.
    pub latency_ms: Learned,
    /// How its requests fit into the model's window; `None` when nobody is asked.
    pub context: Option<Context>,
    /// Stored answers that are damaged, and would be bought anew.
    pub damaged: usize,
}

/// How long the buying takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Time {
    /// Calls in flight at most.
    pub concurrency: usize,
    /// Seconds at the latencies of earlier answers; `None` when those of an arm with answers to buy are unknown.
    pub seconds: Option<f64>,
}

/// What one rule can decide of one candidate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleForecast {
    /// The line of the suite that states the rule.
    pub line: usize,
    /// The metric's name.
    pub metric: String,
    /// The tag and value of its slice.
    pub slice: Option<(String, String)>,
    /// The candidate.
    pub candidate: String,
    /// What is asked of how many pairs.
    pub question: Question,
    /// Cases that the rule is about.
    pub cases: usize,
    /// Fewer pairs than this are no data.
    pub min_pairs: usize,
    /// A smaller share of those cases in pairs is no data.
    pub min_coverage: f64,
    /// Clusters among the pairs; `None` when none names one.
    pub clusters: Option<usize>,
    /// Why there will be no data, whatever the answers; `None` where there may be.
    pub no_data: Option<NoData>,
    /// What can be decided, by how much the arms may disagree; empty where there will be no data.
    pub outlooks: Vec<Outlook>,
}

/// Why a rule will have no data, whatever the answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoData {
    /// Fewer pairs are planned than are asked for.
    TooFewPairs,
    /// Too many of the cases cannot make a pair.
    LowCoverage,
}

impl Requests {
    /// The sum.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            planned: self.planned + other.planned,
            stored: self.stored + other.stored,
            equal: self.equal + other.equal,
            to_buy: self.to_buy + other.to_buy,
        }
    }
}

impl Cost {
    /// Nothing to pay, nothing saved.
    pub const NONE: Self = Self { expected: Some(Usd::ZERO), worst_case: Some(Usd::ZERO), saved: Some(Usd::ZERO) };

    /// The sum; unknown where a part is.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let sum = |a: Option<Usd>, b: Option<Usd>| a.zip(b).map(|(a, b)| a.plus(b));
        Self {
            expected: sum(self.expected, other.expected),
            worst_case: sum(self.worst_case, other.worst_case),
            saved: sum(self.saved, other.saved),
        }
    }
}

impl Time {
    /// The time that calls take when so many are in flight: `(calls, milliseconds of one)` for every arm. It is never
    /// less than one call takes.
    #[must_use]
    pub fn new(concurrency: usize, arms: impl Iterator<Item = (usize, Option<f64>)>) -> Self {
        let calls =
            arms.filter(|(calls, _)| *calls > 0).try_fold((0.0_f64, 0.0_f64), |(sum, longest), (calls, one)| {
                let one = one?;
                Some((sum + count(calls) * one, longest.max(one)))
            });
        let seconds = calls.map(|(sum, longest)| (sum / count(concurrency.max(1))).max(longest) / 1000.0);
        Self { concurrency, seconds }
    }
}

impl RuleForecast {
    /// Share of the cases that the rule is about which can make a pair; `None` without such a case.
    #[must_use]
    pub fn coverage(&self) -> Option<f64> {
        (self.cases > 0).then(|| count(self.question.pairs) / count(self.cases))
    }

    /// Works out what can be decided under each of these assumptions, unless there will be no data.
    #[must_use]
    pub fn decided(self, assumptions: Vec<Assumption>) -> Self {
        let no_data = if self.question.pairs < self.min_pairs {
            Some(NoData::TooFewPairs)
        } else {
            self.coverage().filter(|coverage| *coverage < self.min_coverage).map(|_| NoData::LowCoverage)
        };
        let assumptions = if no_data.is_none() { assumptions } else { Vec::new() };
        let outlooks = assumptions.into_iter().map(|assumed| outlook(self.question, assumed)).collect();
        Self { no_data, outlooks, ..self }
    }
}

/// A count for statistics.
#[expect(clippy::cast_precision_loss, reason = "counts of calls and tokens stay far below 2^53")]
fn count(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_work_over_hands_and_at_least_one_call() {
        let seconds = |concurrency, arms: &[(usize, Option<f64>)]| Time::new(concurrency, arms.iter().copied()).seconds;
        assert_eq!(seconds(10, &[(100, Some(200.0)), (100, Some(400.0))]), Some(6.0));
        assert_eq!(seconds(64, &[(1, Some(200.0)), (2, Some(400.0))]), Some(0.4));
        assert_eq!(seconds(10, &[(100, Some(200.0)), (1, None)]), None);
        assert_eq!(seconds(10, &[(100, Some(200.0)), (0, None)]), Some(2.0));
        assert_eq!(seconds(10, &[]), Some(0.0));
    }

    #[test]
    fn an_unknown_part_makes_the_whole_unknown_and_no_other_part() {
        let known = Cost { expected: Some(Usd::from_pico(1)), worst_case: Some(Usd::from_pico(2)), saved: None };
        let sum = Cost::NONE.plus(known).plus(Cost { expected: None, ..known });
        assert_eq!(sum, Cost { expected: None, worst_case: Some(Usd::from_pico(4)), saved: None });
    }
}
