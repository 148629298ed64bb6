//! Ending a replay early: the first reason counts.

use std::sync::OnceLock;

use tokio::sync::Notify;

use super::GiveUp;
use crate::domain::{Failure, Usd};

/// Ends a replay early. Nothing new begins once it is set; what is in flight is finished and saved.
#[derive(Debug, Default)]
pub struct Stop {
    reason: OnceLock<StopReason>,
    set: Notify,
}

/// Why a replay ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopReason {
    /// SIGINT: the user pressed ctrl-C.
    Interrupted,
    /// SIGTERM.
    Terminated,
    /// What is known decides: more answers are not needed.
    Decided,
    /// Every further call of this arm would be refused: key, model or quota.
    Refused {
        /// The arm's name.
        arm: String,
        /// What the provider said.
        failure: Failure,
    },
    /// A lane was given up: its provider asks to wait too long, or answered nothing for too long.
    GaveUp {
        /// Its endpoint and model.
        lane: String,
        /// Why.
        why: GiveUp,
        /// What the provider said last.
        failure: Failure,
    },
    /// The budget has no room for the next call.
    Budget {
        /// What the call may cost at most.
        worst_case: Usd,
        /// What is left.
        left: Usd,
        /// The most output tokens with which it would fit; `None` when not even one would.
        fits: Option<u64>,
    },
    /// A provider billed more than a call can cost by what was sent and allowed.
    Overshot {
        /// The arm's name.
        arm: String,
        /// What was reserved for the call.
        reserved: Usd,
        /// What it was billed.
        billed: Usd,
    },
}

impl Stop {
    /// Stops for a reason, unless another came first.
    pub fn stop(&self, reason: StopReason) {
        if self.reason.set(reason).is_ok() {
            self.set.notify_waiters();
        }
    }

    /// Why the replay stops; `None` while it goes on.
    #[must_use]
    pub fn reason(&self) -> Option<&StopReason> {
        self.reason.get()
    }

    /// Waits until a reason is set.
    pub async fn stopped(&self) {
        let set = self.set.notified();
        tokio::pin!(set);
        // Registered before the check, so that a reason set in between is not missed.
        set.as_mut().enable();
        if self.reason.get().is_none() {
            set.await;
        }
    }
}
