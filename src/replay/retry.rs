//! When to ask again: exponential backoff with full jitter, and the provider's own word on how long to wait.

use std::time::Duration;

use crate::domain::{Attempt, Failure, FailureKind};
use crate::store::Key;

/// The first backoff, doubled after every attempt.
const FIRST: Duration = Duration::from_millis(500);
/// No backoff of ours is longer.
const LONGEST: Duration = Duration::from_secs(30);
/// Refusals of one call that count as much as one broken attempt.
const REFUSALS: usize = 4;

/// When to ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Attempts at one call, the first included; at least 1.
    pub attempts: u32,
}

/// Whether the provider refused an attempt because too much was sent, and did not work on it: that costs nothing, and
/// says nothing of the call.
pub(super) fn is_refusal(attempt: &Attempt) -> bool {
    attempt.failure == Some(FailureKind::RateLimit) && attempt.status.is_some_and(|status| status >= 400)
}

impl Retry {
    /// How long to wait after these attempts, of which the last one failed like this; `None` when not to ask again.
    ///
    /// A refusal uses up no attempt: the lane slows down instead. Only a call that is refused again and again, however
    /// slow the lane is by then, is given up.
    ///
    /// The jitter comes from the key, so that equal runs wait equally while the calls of one run spread out.
    #[must_use]
    pub fn wait(self, attempts: &[Attempt], failure: &Failure, key: &Key) -> Option<Duration> {
        let refused = attempts.iter().filter(|attempt| is_refusal(attempt)).count();
        let most = self.attempts as usize;
        if !failure.retryable || attempts.len() - refused >= most || refused > REFUSALS * (most - 1) {
            return None;
        }
        let asked = failure.retry_after_ms.map(Duration::from_millis);
        let backoff = FIRST.saturating_mul(1 << attempts.len().saturating_sub(1).min(16)).min(LONGEST);
        let byte = key.0[attempts.len() % key.0.len()];
        let jittered = backoff.mul_f64((f64::from(byte) + 1.0) / 256.0);
        Some(asked.map_or(jittered, |asked| asked + jittered.min(FIRST)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(retryable: bool, retry_after_ms: Option<u64>) -> Failure {
        Failure { retry_after_ms, ..Failure::local(FailureKind::ServerError, "no", retryable) }
    }

    /// So many attempts with this failure and status.
    fn attempts(count: usize, failure: FailureKind, status: u16) -> Vec<Attempt> {
        vec![Attempt { failure: Some(failure), status: Some(status), latency_ms: 1 }; count]
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
            (2, failure(true, Some(300_000)), Some(300_500)),
        ];
        for (made, failure, expected) in rows {
            let wait = retry.wait(&attempts(made, FailureKind::ServerError, 500), &failure, &full);
            assert_eq!(wait, expected.map(Duration::from_millis), "attempt {made} {failure:?}");
        }
    }

    #[test]
    fn refusals_use_up_no_attempt_and_yet_end() {
        let key = Key([255; 32]);
        for (most, refused) in [(1, 0), (2, 4), (4, 12)] {
            let retry = Retry { attempts: most };
            let waits = |count, status| {
                retry.wait(&attempts(count, FailureKind::RateLimit, status), &failure(true, None), &key).is_some()
            };
            assert!((1..=refused).all(|count| waits(count, 429)), "{most}");
            assert!(!waits(refused + 1, 429), "{most}");
            // One inside a 200 may be billed: it counts in full.
            assert!(!waits(most as usize, 200), "{most}");
        }
        let mixed = [attempts(9, FailureKind::RateLimit, 429), attempts(3, FailureKind::Timeout, 504)].concat();
        assert!(Retry { attempts: 4 }.wait(&mixed, &failure(true, None), &key).is_some());
        assert!(Retry { attempts: 3 }.wait(&mixed, &failure(true, None), &key).is_none());
    }

    #[test]
    fn jitter_differs_by_key_and_stays_within_the_backoff() {
        let retry = Retry { attempts: 99 };
        let made = attempts(40, FailureKind::ServerError, 500);
        let waits: std::collections::BTreeSet<_> =
            (0..=255).filter_map(|byte| retry.wait(&made, &failure(true, None), &Key([byte; 32]))).collect();
        assert_eq!(waits.len(), 256);
        assert!(waits.iter().all(|wait| *wait > Duration::ZERO && *wait <= LONGEST));
    }
}
