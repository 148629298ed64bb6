//! A lane: all calls to one model at one host, and the pace at which its provider takes them.
//!
//! Arms that ask the same model at the same host share a lane. Whoever wants to send waits for a permit, first come
//! first served; an answer from the store never does.

mod breaker;
mod end;
mod limit;
mod news;
mod pause;
mod retries;
mod share;
mod state;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::prepared::host_and_path;
use super::{Arm, Called, Live, Stop};
use end::End;
use state::{Bounds, State, Taken};

pub use news::{GiveUp, News};
pub(super) use retries::Again;

/// All calls to one model at one host.
#[derive(Debug)]
pub struct Lane {
    /// Endpoint and model, for people.
    pub name: Arc<str>,
    begun: Instant,
    state: Mutex<State>,
    /// Held by the first in the line: it alone looks at the state and the clock, the others wait for it.
    first: tokio::sync::Mutex<()>,
    /// Wakes the first in the line when a call ended.
    ended: Notify,
}

/// The right to send one call; it is given back when this is dropped.
#[derive(Debug)]
pub(super) struct Permit<'a> {
    lane: &'a Lane,
    call: Option<u64>,
}

/// The lane of every arm, in the order of the arms. A ceiling holds for each lane: calls in flight at most. No lane
/// waits longer than `max_wait` for a provider that answers nothing.
#[must_use]
pub fn of_arms(arms: &[Arm], ceiling: usize, max_wait: Duration) -> Vec<Arc<Lane>> {
    let mut lanes = BTreeMap::new();
    let lane_of = |arm: &Arm| {
        // An arm that asks nobody has a lane that nobody uses.
        let place = arm.live().map_or(("", ""), |live| (host_and_path(&live.endpoint.base_url).0, &live.model));
        let name = arm.live().map_or_else(|| arm.name.to_string(), name);
        let new = || Arc::new(Lane::new(name, Bounds { ceiling, max_wait }));
        Arc::clone(lanes.entry((place.0.to_owned(), place.1.to_owned())).or_insert_with(new))
    };
    arms.iter().map(lane_of).collect()
}

fn name(live: &Live) -> String {
    format!("{} {}", live.endpoint.name, live.model)
}

impl Lane {
    fn new(name: String, bounds: Bounds) -> Self {
        Self {
            name: name.into(),
            begun: Instant::now(),
            state: Mutex::new(State::new(bounds)),
            first: tokio::sync::Mutex::default(),
            ended: Notify::new(),
        }
    }

    /// Waits for the right to send a call; `None` once the replay stops.
    pub(super) async fn permit(&self, stop: &Stop) -> Option<Permit<'_>> {
        tokio::select! {
            biased;
            () = stop.stopped() => None,
            permit = self.take() => Some(permit),
        }
    }

    async fn take(&self) -> Permit<'_> {
        let _first = self.first.lock().await;
        loop {
            let until = match self.state().take(self.begun.elapsed()) {
                Taken::Call(call) => return Permit { lane: self, call: Some(call) },
                Taken::NotBefore(until) => until,
            };
            match until {
                None => self.ended.notified().await,
                Some(until) => tokio::select! {
                    () = self.ended.notified() => {}
                    () = sleep_until(self.begun + until) => {}
                },
            }
        }
    }

    /// Whether one more broken call may be asked again.
    pub(super) fn retry(&self) -> Again {
        self.state().retry()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit<'_> {
    /// Gives the right back after a call: what is to be told, and why to give up.
    pub(super) fn end(mut self, called: &Called) -> (Option<News>, Option<GiveUp>) {
        let Some(call) = self.call.take() else { return (None, None) };
        let lane = self.lane;
        let ruling = lane.state().ended(call, End::of(called), lane.begun.elapsed());
        lane.ended.notify_one();
        (ruling.news, ruling.give_up)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if let Some(call) = self.call.take() {
            self.lane.state().released(call);
            self.lane.ended.notify_one();
        }
    }
}
