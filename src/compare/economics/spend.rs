//! What was bought, and what it would have cost otherwise: without cache, all from the cache, in a batch.

use crate::compare::scope::number;
use crate::domain::{Trial, Usage, Usd};
use crate::pricing::{Price, TIERS, Tier};

/// What a case bought in one arm, for a scored trial.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spend {
    input: f64,
    read: f64,
    output: f64,
    input_usd: f64,
    output_usd: f64,
    cold: f64,
    hot: Option<f64>,
    batch: Option<f64>,
}

/// All cases of an arm, one column a fact.
#[derive(Debug)]
pub(super) struct Spent {
    /// Input tokens of a trial.
    pub input: Vec<f64>,
    /// Of these, read from the prompt cache.
    pub read: Vec<f64>,
    /// Output tokens.
    pub output: Vec<f64>,
    /// Dollars for the input.
    pub input_usd: Vec<f64>,
    /// Dollars for the output.
    pub output_usd: Vec<f64>,
    /// Dollars for a trial if no input had been read from a cache or written to one.
    pub cold: Vec<f64>,
    /// The same if all had been read; `None` without a price.
    pub hot: Option<Vec<f64>>,
    /// Dollars for a trial in a batch; `None` without a price.
    pub batch: Option<Vec<f64>>,
}

impl Spent {
    /// Of no case, with room for so many.
    pub(super) fn with_capacity(cases: usize) -> Self {
        let column = || Vec::with_capacity(cases);
        Self {
            input: column(),
            read: column(),
            output: column(),
            input_usd: column(),
            output_usd: column(),
            cold: column(),
            hot: Some(column()),
            batch: Some(column()),
        }
    }

    pub(super) fn with(mut self, case: Spend) -> Self {
        self.input.push(case.input);
        self.read.push(case.read);
        self.output.push(case.output);
        self.input_usd.push(case.input_usd);
        self.output_usd.push(case.output_usd);
        self.cold.push(case.cold);
        let pushed = |column: Option<Vec<f64>>, value: Option<f64>| {
            let (mut column, value) = (column?, value?);
            column.push(value);
            Some(column)
        };
        self.hot = pushed(self.hot, case.hot);
        self.batch = pushed(self.batch, case.batch);
        self
    }

    /// Dollars for a trial with this share of every input from the cache; `None` without a price.
    pub(super) fn at_share(&self, share: f64) -> Option<Vec<f64>> {
        let hot = self.hot.as_ref()?;
        Some(self.cold.iter().zip(hot).map(|(cold, hot)| cold + share * (hot - cold)).collect())
    }
}

impl Spend {
    /// What all trials sent of a case bought, for one of `scored`. `None` when the usage of one does not explain its
    /// cost.
    pub(super) fn of<'t>(sent: impl Iterator<Item = &'t Trial>, scored: usize, price: &Price) -> Option<Self> {
        let mut sum = Self { hot: Some(0.0), batch: Some(0.0), ..Self::default() };
        let scored = number(scored as u64);
        for trial in sent {
            let one = Self::of_trial(trial, price)?;
            sum.input += one.input / scored;
            sum.read += one.read / scored;
            sum.output += one.output / scored;
            sum.input_usd += one.input_usd / scored;
            sum.output_usd += one.output_usd / scored;
            sum.cold += one.cold / scored;
            sum.hot = sum.hot.zip(one.hot).map(|(sum, one)| sum + one / scored);
            sum.batch = sum.batch.zip(one.batch).map(|(sum, one)| sum + one / scored);
        }
        Some(sum)
    }

    fn of_trial(trial: &Trial, price: &Price) -> Option<Self> {
        let paid = trial.cost?;
        let Some(usage) = trial.usage() else {
            // What was never billed costs nothing under any circumstances.
            return (paid == Usd::ZERO).then_some(Self { hot: Some(0.0), batch: Some(0.0), ..Self::default() });
        };
        let (tier, beside) = served(&usage, price, paid)?;
        let at = |usage: &Usage, tier| price.cost(usage, tier).map(Usd::dollars);
        let without_searches = Usage { web_search_requests: None, ..usage };
        let without_output = Usage { output_tokens: Some(0), output_audio_tokens: None, ..without_searches };
        let input = usage.input_tokens?;
        let with_cached = |cached: u64| Usage {
            uncached_input_tokens: Some(input - cached),
            cache_read_tokens: Some(cached),
            cache_write_5m_tokens: None,
            cache_write_1h_tokens: None,
            cache_write_other_tokens: None,
            ..usage
        };
        let input_usd = at(&without_output, tier)?;
        Some(Self {
            input: number(input),
            read: number(usage.cache_read_tokens.unwrap_or(0)),
            output: number(usage.output_tokens?),
            input_usd,
            output_usd: at(&without_searches, tier)? - input_usd,
            cold: at(&with_cached(0), tier)? + beside,
            hot: at(&with_cached(input), tier).map(|usd| usd + beside),
            batch: at(&usage, Tier::Batch).map(|usd| usd + beside),
        })
    }
}

/// The tier that explains what was paid, and what was paid beside the answer: for attempts that brought none.
fn served(usage: &Usage, price: &Price, paid: Usd) -> Option<(Tier, f64)> {
    let exact = TIERS.iter().map(|row| row.0).find(|tier| price.cost(usage, *tier) == Some(paid));
    if let Some(tier) = exact {
        return Some((tier, 0.0));
    }
    let beside = paid.minus(price.cost(usage, Tier::Standard)?);
    (beside > Usd::ZERO).then(|| (Tier::Standard, beside.dollars()))
}
