//! How a call ended, as far as its lane cares.

use std::time::Duration;

use super::super::Called;
use crate::domain::FailureKind as Kind;

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// With an answer.
    Answered {
        /// Whether the provider says that little of a limit is left.
        scarce: bool,
    },
    /// The provider took the call and turned down what it asks: nothing is wrong with the lane.
    TurnedDown,
    /// Too much was sent.
    Refused {
        /// How long the provider asks to wait.
        asked: Option<Duration>,
    },
    /// The provider or the way to it is broken.
    Broken {
        /// How long the provider asks to wait.
        asked: Option<Duration>,
        /// Whether no connection could be made.
        unreachable: bool,
    },
    /// Every further call would end like this one.
    Dead,
}

impl End {
    pub(super) fn of(called: &Called) -> Self {
        let Err(failure) = &called.result else { return Self::Answered { scarce: called.scarce } };
        let asked = failure.retry_after_ms.map(Duration::from_millis);
        match failure.kind {
            Kind::RateLimit => Self::Refused { asked },
            Kind::Overloaded | Kind::ServerError | Kind::Timeout | Kind::StreamError | Kind::Network => {
                Self::Broken { asked, unreachable: false }
            }
            Kind::Unreachable => Self::Broken { asked, unreachable: true },
            Kind::Auth | Kind::Permission | Kind::NotFound | Kind::QuotaExceeded => Self::Dead,
            Kind::ContextLength
            | Kind::ContentPolicy
            | Kind::PayloadTooLarge
            | Kind::InvalidRequest
            | Kind::Expired
            | Kind::TooLarge
            | Kind::OverBudget => Self::TurnedDown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{FAILURE_KINDS, Failure};

    #[test]
    fn what_stops_the_run_is_dead_and_what_can_be_asked_again_is_not_turned_down() {
        for (kind, name, _) in FAILURE_KINDS {
            let result = Err(Failure::local(*kind, "", false));
            let end = End::of(&Called {
                result,
                latency_ms: 0,
                first_token_ms: None,
                first_reasoning_ms: None,
                scarce: false,
            });
            assert_eq!(end == End::Dead, kind.stops_the_run(), "{name}");
            assert_eq!(matches!(end, End::Refused { .. }), *kind == Kind::RateLimit, "{name}");
            assert_eq!(
                end == End::TurnedDown,
                kind.model_caused() || [Kind::Expired, Kind::TooLarge, Kind::OverBudget].contains(kind),
                "{name}"
            );
        }
    }
}
