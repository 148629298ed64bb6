//! What happens between two answers, for whoever draws the progress.

use std::sync::Arc;
use std::time::Duration;

use super::News;
use crate::domain::FailureKind;

/// Something that happened while a trial was in flight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A call failed and is asked again.
    Retrying {
        /// The arm's place among the arms.
        arm: usize,
        /// How it failed.
        kind: FailureKind,
        /// How long until the next attempt.
        wait: Duration,
    },
    /// The pace of a lane changed.
    Pace {
        /// Its endpoint and model.
        lane: Arc<str>,
        /// How it changed.
        news: News,
    },
    /// A stored answer is damaged and is bought anew.
    Damaged {
        /// Its key, in hex.
        key: String,
        /// How it was noticed.
        why: String,
    },
}
