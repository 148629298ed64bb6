//! What is known of a trial before anything is sent: its key, what the store has for it, and the most that it can cost.

use super::{Arm, Planned, ReplayError, Retry, Source, buy, conversation, prepared};
use crate::dataset::Dataset;
use crate::domain::{Case, Usage, Usd};
use crate::store::{Fields, Key, Store, StoreError};

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
    /// How many answers a closed loop may take.
    pub max_steps: u32,
}

/// What is known of a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surveyed {
    /// The key of its answer, or of the first one of a closed loop.
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
    /// The answers of a closed loop, from the first to the last.
    Conversation {
        /// What was counted of each, and how long it took in milliseconds.
        answers: Vec<(Option<Usage>, u64)>,
        /// What their calls cost when they were bought, every attempt; `None` is unknown.
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
        let worst_case = conversation::worst_case(arm, case, prepared.bound, (self.retry, self.max_steps));
        if let Some(store) = self.store.filter(|_| case.is_closed_loop()) {
            let held = match conversation::stored((self.dataset, live, store), planned, case, self.max_steps)? {
                (_, Some(_)) => Held::Missing,
                (steps, None) => Held::Conversation {
                    answers: steps.iter().map(|step| (step.reply.usage, step.latency_ms)).collect(),
                    cost: steps.iter().map(|step| buy::cost(arm, Some(&step.reply), &step.attempts)).sum(),
                },
            };
            return Ok(Some(Surveyed { key: prepared.key, worst_case, held }));
        }
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

    /// The first step of a closed loop, from 1, whose answer the store lacks, with its key and what enters it.
    ///
    /// # Errors
    /// The case, an image of it or the store cannot be read, or the request cannot be hashed.
    pub fn missing_step(&self, planned: Planned) -> Result<Option<(usize, Key, Fields)>, ReplayError> {
        let case = prepared::read(self.dataset, planned)?;
        let (Source::Live(live), Some(store)) = (&self.arms[planned.arm].source, self.store) else { return Ok(None) };
        if !case.is_closed_loop() {
            return Ok(None);
        }
        let (steps, missing) = conversation::stored((self.dataset, live, store), planned, &case, self.max_steps)?;
        let Some(prepared) = missing else { return Ok(None) };
        let fields = prepared::fields(&prepared).map_err(|source| ReplayError::Key { case: case.id, source })?;
        Ok(Some((steps.len() + 1, prepared.key, fields)))
    }
}
