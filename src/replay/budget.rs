//! What may be spent: the worst case of a call is reserved before it is sent and settled after.

use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use crate::domain::Usd;

/// A cap on what a run spends. Reservations and settled spend together never exceed it.
#[derive(Debug)]
pub struct Budget {
    cap: Usd,
    state: Mutex<State>,
    released: Notify,
}

#[derive(Debug, Default)]
struct State {
    spent: Usd,
    reserved: Usd,
}

/// A call that can never fit: nothing is reserved whose release could make room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoRoom {
    /// What is left of the cap.
    pub left: Usd,
}

impl Budget {
    /// A budget of which some is spent already.
    #[must_use]
    pub fn new(cap: Usd, spent: Usd) -> Self {
        Self { cap, state: Mutex::new(State { spent, reserved: Usd::ZERO }), released: Notify::new() }
    }

    /// Reserves the worst case of a call; waits for others to settle while that could make room.
    ///
    /// # Errors
    /// When the call does not fit although nothing else is reserved.
    pub async fn reserve(&self, worst_case: Usd) -> Result<(), NoRoom> {
        loop {
            let released = self.released.notified();
            tokio::pin!(released);
            released.as_mut().enable();
            {
                let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                let left = self.cap.minus(state.spent).minus(state.reserved);
                if worst_case <= left {
                    state.reserved = state.reserved.plus(worst_case);
                    return Ok(());
                }
                if state.reserved == Usd::ZERO {
                    return Err(NoRoom { left });
                }
            }
            released.await;
        }
    }

    /// Ends a reservation with what the call cost.
    pub fn settle(&self, reserved: Usd, cost: Usd) {
        {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.reserved = state.reserved.minus(reserved);
            state.spent = state.spent.plus(cost);
        }
        self.released.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn usd(pico: i64) -> Usd {
        Usd::from_pico(pico)
    }

    #[tokio::test]
    async fn a_call_waits_for_releases_and_is_refused_when_none_can_come() {
        let budget = Budget::new(usd(10), usd(1));
        budget.reserve(usd(6)).await.expect("fits");
        let waiting = budget.reserve(usd(5));
        tokio::pin!(waiting);
        assert!(waiting.as_mut().now_or_never().is_none());
        budget.settle(usd(6), usd(2));
        assert_eq!(waiting.await, Ok(()));
        budget.settle(usd(5), usd(5));
        assert_eq!(budget.reserve(usd(3)).await, Err(NoRoom { left: usd(2) }));
    }
}
