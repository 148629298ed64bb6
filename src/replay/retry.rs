//! When to ask again: exponential backoff with full jitter, and the provider's own word on how long to wait.

use std::time::Duration;

use crate::domain::Failure;
use crate::store::Key;

/// The first backoff, doubled after every attempt.
const FIRST: Duration = Duration::from_millis(500);
/// No backoff of ours is longer.
const LONGEST: Duration = Duration::from_secs(30);
/// A provider that asks for a longer wait than this is not waited for.
const PATIENCE: Duration = Duration::from_mins(2);

/// When to ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Attempts at one call, the first included; at least 1.
    pub attempts: u32,
}

impl Retry {
    /// How long to wait after failed attempt number `attempt` (from 1); `None` when not to ask again.
    ///
    /// The jitter comes from the key, so that equal runs wait equally while the calls of one run spread out.
    #[must_use]
    pub fn wait(self, attempt: u32, failure: &Failure, key: &Key) -> Option<Duration> {
        if !failure.retryable || attempt >= self.attempts {
            return None;
        }
        let asked = failure.retry_after_ms.map(Duration::from_millis);
        if asked.is_some_and(|asked| asked > PATIENCE) {
            return None;
        }
        let backoff = FIRST.saturating_mul(1 << (attempt - 1).min(16)).min(LONGEST);
        let byte = key.0[attempt as usize % key.0.len()];
        let jittered = backoff.mul_f64((f64::from(byte) + 1.0) / 256.0);
        Some(asked.map_or(jittered, |asked| asked + jittered.min(FIRST)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FailureKind;

    fn failure(retryable: bool, retry_after_ms: Option<u64>) -> Failure {
        Failure { retry_after_ms, ..Failure::local(FailureKind::RateLimit, "slow down", retryable) }
    }

    #[test]
    fn waits_follow_the_provider_then_the_backoff_and_end() {
        let retry = Retry { attempts: 3 };
        let full = Key([255; 32]);
        let rows = [
            (1, failure(true, None), Some(500)),
            (2, failure(true, None), Some(1000)),
            (3, failure(true, None), None),
            (1, failure(false, None), None),
            (1, failure(true, Some(700)), Some(1200)),
            (1, failure(true, Some(120_001)), None),
        ];
        for (attempt, failure, expected) in rows {
            let wait = retry.wait(attempt, &failure, &full);
            assert_eq!(wait, expected.map(Duration::from_millis), "attempt {attempt} {failure:?}");
        }
    }

    #[test]
    fn jitter_differs_by_key_and_stays_within_the_backoff() {
        let retry = Retry { attempts: 99 };
        let waits: std::collections::BTreeSet<_> =
            (0..=255).filter_map(|byte| retry.wait(40, &failure(true, None), &Key([byte; 32]))).collect();
        assert_eq!(waits.len(), 256);
        assert!(waits.iter().all(|wait| *wait > Duration::ZERO && *wait <= LONGEST));
    }
}
