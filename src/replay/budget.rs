//! What may be spent: the worst case of a call is reserved before it is sent and settled after.

use std::sync::{Mutex, PoisonError};

use tokio::sync::{Mutex as Turnstile, Notify};

use crate::domain::Usd;

/// A cap on what a run spends. Reservations and settled spend together never exceed it.
#[derive(Debug)]
pub struct Budget {
    cap: Usd,
    state: Mutex<State>,
    /// Calls are let in one by one, in the order in which they came: a large one is not passed by small ones for ever.
    turnstile: Turnstile<()>,
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
        let state = Mutex::new(State { spent, reserved: Usd::ZERO });
        Self { cap, state, turnstile: Turnstile::new(()), released: Notify::new() }
    }

    /// Reserves the worst case of a call; waits for others to settle while that could make room. Who comes first is let
    /// in first.
    ///
    /// # Errors
    /// When the call does not fit although nothing else is reserved.
    pub async fn reserve(&self, worst_case: Usd) -> Result<(), NoRoom> {
        let _turn = self.turnstile.lock().await;
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
    use std::pin::Pin;

    use futures_util::FutureExt as _;
    use proptest::prelude::*;

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

    #[test]
    fn a_large_call_is_not_passed_by_small_ones_that_keep_coming() {
        let budget = Budget::new(usd(100), usd(0));
        for _ in 0..10 {
            assert_eq!(budget.reserve(usd(1)).now_or_never(), Some(Ok(())));
        }
        let mut large = Box::pin(budget.reserve(usd(95)));
        assert!(large.as_mut().now_or_never().is_none());
        let mut small: Vec<_> = (0..10).map(|_| Box::pin(budget.reserve(usd(1)))).collect();
        // Each of the ten ends; a small one that came in meanwhile would keep the room from the large one.
        for settled in 0..10 {
            assert!(small.iter_mut().all(|call| call.as_mut().now_or_never().is_none()), "{settled}");
            assert!(settled >= 5 || large.as_mut().now_or_never().is_none(), "{settled}");
            budget.settle(usd(1), usd(0));
        }
        assert_eq!(large.as_mut().now_or_never(), Some(Ok(())));
        drop(large);
        let entered = small.iter_mut().filter_map(|call| call.as_mut().now_or_never()).count();
        assert_eq!(entered, 5);
    }

    #[test]
    fn a_call_that_is_given_up_while_it_waits_lets_the_next_one_in() {
        let budget = Budget::new(usd(10), usd(0));
        assert_eq!(budget.reserve(usd(8)).now_or_never(), Some(Ok(())));
        let mut first = Box::pin(budget.reserve(usd(9)));
        let mut second = Box::pin(budget.reserve(usd(2)));
        assert!(first.as_mut().now_or_never().is_none() && second.as_mut().now_or_never().is_none());
        drop(first);
        assert_eq!(second.as_mut().now_or_never(), Some(Ok(())));
    }

    type Reserving<'a> = Pin<Box<dyn Future<Output = Result<(), NoRoom>> + 'a>>;

    /// What is known of a replay in which nothing takes time: only the order counts in which calls end.
    struct Replay<'a> {
        budget: &'a Budget,
        cap: i64,
        billed: i64,
        waiting: Vec<(usize, i64, Reserving<'a>)>,
        in_flight: Vec<i64>,
        entered: Vec<usize>,
        refused: Vec<usize>,
    }

    impl Replay<'_> {
        fn begin(&mut self, number: usize, worst_case: i64) {
            self.waiting.push((number, worst_case, Box::pin(self.budget.reserve(usd(worst_case)))));
            self.enter();
        }

        /// Lets in whoever is let in, until nobody is any more.
        fn enter(&mut self) {
            loop {
                let found = self.waiting.iter_mut().enumerate().find_map(|(place, (_, _, reserving))| {
                    reserving.as_mut().now_or_never().map(|reserved| (place, reserved))
                });
                let Some((place, reserved)) = found else { return };
                let (number, worst_case, _) = self.waiting.remove(place);
                match reserved {
                    Ok(()) => {
                        self.in_flight.push(worst_case);
                        self.entered.push(number);
                    }
                    Err(NoRoom { left }) => {
                        assert!(self.in_flight.is_empty(), "refused although a release could come");
                        assert!(worst_case > left.pico() && left.pico() == self.cap - self.billed);
                        self.refused.push(number);
                    }
                }
                assert!(self.billed + self.in_flight.iter().sum::<i64>() <= self.cap);
            }
        }

        /// Ends one of the calls in flight, which is billed this share of its worst case, in percent.
        fn end(&mut self, pick: usize, share: i64) {
            let worst_case = self.in_flight.swap_remove(pick % self.in_flight.len());
            let cost = worst_case * share / 100;
            self.billed += cost;
            self.budget.settle(usd(worst_case), usd(cost));
            self.enter();
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

        #[test]
        fn no_order_of_calls_passes_the_cap_or_refuses_what_could_still_fit(
            cap in 0_i64..5_000,
            concurrency in 1_usize..=256,
            price in 1_i64..10,
            calls in prop::collection::vec((1_i64..200, 0_i64..=100, any::<u16>()), 1..400),
        ) {
            let budget = Budget::new(usd(cap), usd(0));
            let (waiting, in_flight, entered, refused) = Default::default();
            let mut replay = Replay { budget: &budget, cap, billed: 0, waiting, in_flight, entered, refused };
            for (number, (tokens, share, pick)) in calls.iter().enumerate() {
                replay.begin(number, tokens * price);
                while replay.waiting.len() + replay.in_flight.len() >= concurrency && !replay.in_flight.is_empty() {
                    replay.end(usize::from(*pick), *share);
                }
            }
            while let Some((_, share, pick)) = calls.get(replay.entered.len() % calls.len())
                && !replay.in_flight.is_empty()
            {
                replay.end(usize::from(*pick), *share);
            }
            prop_assert!(replay.waiting.is_empty(), "somebody waits for ever");
            prop_assert_eq!(replay.entered.len() + replay.refused.len(), calls.len());
            prop_assert!(replay.entered.is_sorted() && replay.refused.is_sorted(), "first come, first served");
            prop_assert!(replay.billed <= cap);
        }
    }
}
