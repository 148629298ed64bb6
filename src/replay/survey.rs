//! What is known of a trial before anything is sent: its key, what the store has for it, and the most that it can cost.

use super::{Arm, Planned, ReplayError, Retry, Source, buy, prepared};
use crate::dataset::Dataset;
use crate::domain::{Case, Usage, Usd};
use crate::store::{Key, Store, StoreError};

/// Looks at trials without sending anything.
#[derive(Debug, Clone, Copy)]
pub struct Survey<'a> {
    /// The cases.
    pub dataset: &'a Dataset,
    /// The arms, the baseline first.
    pub arms: &'a [Arm],
    /// Where answers are kept; `None` where there is no store yet.
    pub store: Option<&'a Store>,
    /// How often a call may be tried, and billed.
    pub retry: Retry,
}

/// What is known of a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surveyed {
    /// The key of its answer.
    pub key: Key,
    /// The most that its calls can cost, as a budget reserves it; `None` when a price or a limit is unknown.
    pub worst_case: Option<Usd>,
    /// What the store has.
    pub held: Held,
}

/// What the store has for a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// Nothing.
    Missing,
    /// Something that does not match its hash, and would be bought anew.
    Damaged,
    /// The answer.
    Answer {
        /// What was counted; `None` when nothing was reported.
        usage: Option<Usage>,
        /// Latency of the successful attempt, in milliseconds.
        latency_ms: u64,
        /// What its calls cost when they were bought, every attempt; `None` is unknown.
        cost: Option<Usd>,
    },
}

impl Survey<'_> {
    /// Looks at one trial of a case; `None` for an arm that asks nobody.
    ///
    /// # Errors
    /// An image of the case or the store cannot be read, or the request cannot be hashed.
    pub fn trial(&self, planned: Planned, case: &Case) -> Result<Option<Surveyed>, ReplayError> {
        let arm = &self.arms[planned.arm];
        let Source::Live(live) = &arm.source else { return Ok(None) };
        let prepared = prepared::of_case(self.dataset, live, planned, case)?;
        let worst_case = buy::worst_case(arm, prepared.bound, self.retry);
        let held = match self.store.map(|store| store.get(&prepared.key, None)) {
            None | Some(Ok(None)) => Held::Missing,
            Some(Ok(Some(exchange))) => Held::Answer {
                usage: exchange.reply.usage,
                latency_ms: exchange.latency_ms,
                cost: buy::cost(arm, Some(&exchange.reply), &exchange.attempts),
            },
            Some(Err(StoreError::Damaged { .. })) => Held::Damaged,
            Some(Err(error)) => return Err(error.into()),
        };
        Ok(Some(Surveyed { key: prepared.key, worst_case, held }))
    }
}
