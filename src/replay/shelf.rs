//! Where a run keeps its answers and the ledger of its calls: in a store, or nowhere.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::domain::Usd;
use crate::store::{Store, StoreError};

/// Where answers are looked up and saved, and calls are on record.
#[derive(Debug)]
pub enum Shelf {
    /// In a store.
    Store(Store),
    /// Nowhere: nothing is found and nothing is claimed, so that equal requests are each bought.
    Nowhere(Uncertain),
}

impl Shelf {
    /// Opens a store; makes it when it is not there. `None` is nowhere, and makes nothing.
    ///
    /// # Errors
    /// What [`Store::open`] says.
    pub fn open(path: Option<&Path>) -> Result<Self, StoreError> {
        path.map_or_else(|| Ok(Self::Nowhere(Uncertain::default())), |path| Store::open(path).map(Self::Store))
    }

    /// The store, where there is one.
    #[must_use]
    pub fn store(&self) -> Option<&Store> {
        match self {
            Self::Store(store) => Some(store),
            Self::Nowhere(_) => None,
        }
    }
}

/// The calls of this process that may have been billed, nobody knows how much. Of those of a process that was killed
/// nothing is left.
#[derive(Debug)]
pub struct Uncertain(Mutex<(u64, Option<Usd>)>);

impl Default for Uncertain {
    fn default() -> Self {
        Self(Mutex::new((0, Some(Usd::ZERO))))
    }
}

impl Uncertain {
    /// Counts calls, each of which may have cost so much at most; `None` is unknown.
    pub(super) fn add(&self, calls: usize, once: Option<Usd>) {
        let mut sum = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sum.0 += calls as u64;
        sum.1 = std::iter::repeat_n(once, calls).chain([sum.1]).sum();
    }

    /// How many there were, and the most that they may have cost in all; `None` when it is unknown of one.
    #[must_use]
    pub fn sum(&self) -> (u64, Option<Usd>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_of_one_call_is_unknown_of_all() {
        let usd = |pico| Some(Usd::from_pico(pico));
        let uncertain = Uncertain::default();
        assert_eq!(uncertain.sum(), (0, usd(0)));
        uncertain.add(2, usd(4));
        uncertain.add(1, usd(1));
        assert_eq!(uncertain.sum(), (3, usd(9)));
        uncertain.add(1, None);
        uncertain.add(1, usd(1));
        assert_eq!(uncertain.sum(), (5, None));
    }
}
