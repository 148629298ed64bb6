//! What earlier answers used and how long they took: the base of what the next ones will.

use serde::Serialize;

use super::count;
use crate::domain::Usage;

/// Sums over earlier answers of an arm.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Observed {
    input: Sums,
    cache_read: u64,
    cache_write_5m: u64,
    cache_write_1h: u64,
    cache_write_other: u64,
    output: Sums,
    latency_ms: Sums,
    /// Input of the answers whose requests were counted here too, and what was counted.
    billed: u64,
    counted: u64,
}

/// How many, and their sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sums {
    answers: usize,
    sum: u64,
}

/// Where a typical value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "from")]
pub enum Basis {
    /// The mean of stored answers to this arm's own requests.
    OwnAnswers {
        /// How many.
        answers: usize,
    },
    /// The mean of other stored answers of the same model.
    SameModel {
        /// How many.
        answers: usize,
    },
    /// The mean of the answers that production gave, as the dataset holds them.
    Recorded {
        /// How many.
        answers: usize,
    },
    /// No earlier answer to learn from: the most that is allowed.
    Limit,
    /// No earlier answer to learn from, and no limit either.
    Unknown,
}

/// A typical value with where it comes from; `None` is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Learned {
    /// The value.
    pub value: Option<f64>,
    /// Where it comes from.
    #[serde(flatten)]
    pub basis: Basis,
}

impl Sums {
    fn add(&mut self, value: Option<u64>) {
        if let Some(value) = value {
            self.answers += 1;
            self.sum = self.sum.saturating_add(value);
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "sums of tokens and milliseconds stay far below 2^53")]
    fn learned(self, basis: fn(usize) -> Basis) -> Option<Learned> {
        (self.answers > 0)
            .then(|| Learned { value: Some(self.sum as f64 / count(self.answers)), basis: basis(self.answers) })
    }
}

impl Observed {
    /// Adds an answer. `counted` is what its request counts here.
    pub fn add(&mut self, usage: Option<&Usage>, counted: Option<u64>, latency_ms: Option<u64>) {
        self.latency_ms.add(latency_ms);
        let Some(usage) = usage else { return };
        self.input.add(usage.input_tokens);
        self.output.add(usage.output_tokens);
        if let Some((billed, counted)) = usage.input_tokens.zip(counted) {
            self.billed = self.billed.saturating_add(billed);
            self.counted = self.counted.saturating_add(counted);
        }
        if usage.input_tokens.is_some() {
            let add = |sum: &mut u64, tokens: Option<u64>| *sum = sum.saturating_add(tokens.unwrap_or(0));
            add(&mut self.cache_read, usage.cache_read_tokens);
            add(&mut self.cache_write_5m, usage.cache_write_5m_tokens);
            add(&mut self.cache_write_1h, usage.cache_write_1h_tokens);
            add(&mut self.cache_write_other, usage.cache_write_other_tokens);
        }
    }

    /// Adds the tokens of an answer of which no more is known.
    pub fn add_output(&mut self, tokens: u64) {
        self.output.add(Some(tokens));
    }

    /// Tokens that the provider counted ÷ tokens counted here; `None` without an answer that tells.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "sums of tokens stay far below 2^53")]
    pub fn ratio(&self) -> Option<f64> {
        (self.counted > 0 && self.billed > 0).then(|| self.billed as f64 / self.counted as f64)
    }

    /// Tokens of an answer, on average.
    #[must_use]
    pub fn output_tokens(&self, basis: fn(usize) -> Basis) -> Option<Learned> {
        self.output.learned(basis)
    }

    /// Milliseconds of a call, on average.
    #[must_use]
    pub fn latency_ms(&self, basis: fn(usize) -> Basis) -> Option<Learned> {
        self.latency_ms.learned(basis)
    }

    /// The usage of an answer with so many tokens: its input is cached in the same shares as that of the answers seen.
    #[must_use]
    pub fn usage(&self, input: u64, output: u64) -> Usage {
        let share = |tokens: u64| match self.input.sum {
            0 => 0,
            sum => {
                let scaled = u128::from(input) * u128::from(tokens) / u128::from(sum);
                u64::try_from(scaled).unwrap_or(u64::MAX).min(input)
            }
        };
        let read = share(self.cache_read);
        let writes = [self.cache_write_5m, self.cache_write_1h, self.cache_write_other].map(share);
        let cached = writes.iter().fold(read, |sum, tokens| sum.saturating_add(*tokens));
        Usage {
            input_tokens: Some(input),
            uncached_input_tokens: Some(input.saturating_sub(cached)),
            cache_read_tokens: Some(read),
            cache_write_5m_tokens: Some(writes[0]),
            cache_write_1h_tokens: Some(writes[1]),
            cache_write_other_tokens: Some(writes[2]),
            output_tokens: Some(output),
            ..Usage::default()
        }
    }
}

impl Learned {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self { value: None, basis: Basis::Unknown };

    /// The most that is allowed, for want of anything better.
    #[must_use]
    pub fn limit(most: Option<u64>) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "limits of tokens stay far below 2^53")]
        most.map_or(Self::UNKNOWN, |most| Self { value: Some(most as f64), basis: Basis::Limit })
    }

    /// The value as whole tokens.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "never negative, and `as` saturates")]
    pub fn tokens(self) -> Option<u64> {
        self.value.map(|value| value.round() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(input: u64, cached: u64, output: u64) -> Usage {
        Usage {
            input_tokens: Some(input),
            uncached_input_tokens: Some(input - cached),
            cache_read_tokens: Some(cached),
            output_tokens: Some(output),
            ..Usage::default()
        }
    }

    #[test]
    fn what_was_not_reported_counts_in_no_mean() {
        let mut seen = Observed::default();
        assert_eq!(seen.output_tokens(|answers| Basis::OwnAnswers { answers }), None);
        seen.add(Some(&usage(100, 0, 10)), Some(80), Some(300));
        seen.add(Some(&usage(300, 0, 30)), None, None);
        seen.add(None, Some(1_000), Some(500));
        seen.add(Some(&Usage::default()), Some(1_000), None);
        let own = |value, answers| Some(Learned { value: Some(value), basis: Basis::OwnAnswers { answers } });
        assert_eq!(seen.output_tokens(|answers| Basis::OwnAnswers { answers }), own(20.0, 2));
        assert_eq!(seen.latency_ms(|answers| Basis::OwnAnswers { answers }), own(400.0, 2));
        assert_eq!(seen.ratio(), Some(1.25));
    }

    #[test]
    fn the_next_answer_is_cached_as_the_earlier_ones_were() {
        let mut seen = Observed::default();
        assert_eq!(seen.usage(100, 5).uncached_input_tokens, Some(100));
        seen.add(Some(&usage(100, 25, 1)), None, None);
        let next = seen.usage(1_001, 5);
        assert_eq!((next.uncached_input_tokens, next.cache_read_tokens), (Some(751), Some(250)));
        assert_eq!((next.input_tokens, next.output_tokens), (Some(1_001), Some(5)));
    }
}
