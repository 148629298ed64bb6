//! Equal requests wait for each other, so that none is bought twice within a run.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;

use crate::store::Key;

/// The requests in flight, by key.
#[derive(Debug, Default)]
pub struct Turns {
    taken: Mutex<BTreeMap<Key, Arc<tokio::sync::Mutex<()>>>>,
}

/// The right to look up and buy the answer to a key; it passes on when this is dropped.
pub(super) struct Turn<'a> {
    /// Whether another trial was at work on this key.
    pub(super) waited: bool,
    turns: &'a Turns,
    key: Key,
    guard: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits until no other trial is at work on this key.
    pub(super) async fn take(&self, key: Key) -> Turn<'_> {
        let lock = Arc::clone(self.taken.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
        let (waited, guard) = match Arc::clone(&lock).try_lock_owned() {
            Ok(guard) => (false, guard),
            Err(_) => (true, lock.lock_owned().await),
        };
        Turn { waited, turns: self, key, guard: Some(guard) }
    }
}

impl Drop for Turn<'_> {
    /// Forgets the key once nobody waits for it: the map holds what is in flight, not what is done.
    fn drop(&mut self) {
        let mut taken = self.turns.taken.lock().unwrap_or_else(PoisonError::into_inner);
        self.guard = None;
        if taken.get(&self.key).is_some_and(|lock| Arc::strong_count(lock) == 1) {
            taken.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn equal_keys_take_turns_and_others_do_not_wait() {
        let turns = Turns::default();
        let first = turns.take(Key([1; 32])).await;
        let mut second = std::pin::pin!(turns.take(Key([1; 32])));
        assert!(second.as_mut().now_or_never().is_none());
        drop(turns.take(Key([2; 32])).await);
        drop(first);
        drop(second.await);
        assert!(turns.taken.lock().expect("is not poisoned").is_empty());
    }
}
