//! How many calls are in flight at most. A trial that waits for the store holds no place.

use tokio::sync::{Semaphore, SemaphorePermit};

use super::Stop;

/// Places for calls.
#[derive(Debug)]
pub struct Slots {
    calls: usize,
    free: Semaphore,
}

impl Slots {
    /// So many places.
    #[must_use]
    pub fn new(calls: usize) -> Self {
        Self { calls, free: Semaphore::new(calls) }
    }

    /// Trials at work at most: as many as there are places wait for the store, or for a place.
    pub(super) fn trials(&self) -> usize {
        2 * self.calls
    }

    /// Waits for a place; `None` once the replay stops, so that nothing new begins.
    pub(super) async fn take(&self, stop: &Stop) -> Option<SemaphorePermit<'_>> {
        let place = self.free.acquire().await.ok()?;
        stop.reason().is_none().then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::super::StopReason;
    use super::*;

    #[tokio::test]
    async fn a_place_is_free_again_after_a_call_and_none_is_given_after_a_stop() {
        let (slots, stop) = (Slots::new(1), Stop::default());
        let place = slots.take(&stop).await.expect("is free");
        let mut next = std::pin::pin!(slots.take(&stop));
        assert!(next.as_mut().now_or_never().is_none());
        drop(place);
        let place = next.await.expect("is free again");
        let mut late = std::pin::pin!(slots.take(&stop));
        assert!(late.as_mut().now_or_never().is_none());
        stop.stop(StopReason::Interrupted);
        drop(place);
        assert!(late.await.is_none());
    }
}
