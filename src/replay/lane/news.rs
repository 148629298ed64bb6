//! What a lane tells of itself, and why it gives up.

use std::fmt;
use std::time::Duration;

use super::limit::Cut;

/// A change of a lane's pace, for whoever watches the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// The provider refused a call: too much was sent.
    Refused {
        /// Calls that were in flight.
        from: usize,
        /// Calls that may be from now on.
        to: usize,
        /// How long nothing is sent.
        pause: Duration,
    },
    /// The provider says that little of a limit is left.
    Scarce {
        /// Calls that were in flight.
        from: usize,
        /// Calls that may be from now on.
        to: usize,
    },
    /// The provider is overloaded or broken, and asks to come back later.
    Paused {
        /// How long nothing is sent.
        pause: Duration,
    },
    /// Many calls broke in a row.
    Opened {
        /// How many.
        broken: usize,
        /// How long nothing is sent.
        pause: Duration,
    },
    /// A probe broke too.
    ProbeFailed {
        /// How long nothing is sent.
        pause: Duration,
    },
    /// After broken calls in a row one was answered.
    Closed,
    /// So many calls broke that no more of them are asked again.
    NoRetries,
}

/// Why nothing more is sent on a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GiveUp {
    /// Every further call would be refused: key, model or quota.
    Dead,
    /// The provider asks for a longer wait than the run allows.
    Asked {
        /// How long.
        wait: Duration,
    },
    /// The provider refused every call for as long as the run waits.
    Refused {
        /// How long the lane has waited.
        waited: Duration,
    },
    /// Calls broke in a row, and probes after them, for as long as the run waits.
    Broken {
        /// Calls in a row, probes among them.
        calls: usize,
        /// Probes.
        probes: u32,
        /// How long the lane has waited.
        waited: Duration,
    },
}

impl News {
    pub(super) fn refused(cut: Cut, pause: Duration) -> Self {
        Self::Refused { from: cut.from, to: cut.to, pause }
    }

    pub(super) fn scarce(cut: Cut) -> Self {
        Self::Scarce { from: cut.from, to: cut.to }
    }
}

impl fmt::Display for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at_once = |from: &usize, to: &usize| {
            if from == to { format!("{to} at once") } else { format!("{from} → {to} at once") }
        };
        match self {
            Self::Refused { from, to, pause } if pause.is_zero() => write!(f, "rate limited, {}", at_once(from, to)),
            Self::Refused { from, to, pause } => {
                write!(f, "rate limited, {}, next call in {:.1} s", at_once(from, to), pause.as_secs_f64())
            }
            Self::Scarce { from, to } => write!(f, "less than a tenth of a limit is left, {}", at_once(from, to)),
            Self::Paused { pause } => write!(f, "asked to wait, next call in {:.1} s", pause.as_secs_f64()),
            Self::Opened { broken, pause } => {
                write!(f, "{broken} calls failed in a row, next call in {:.1} s", pause.as_secs_f64())
            }
            Self::ProbeFailed { pause } => write!(f, "still fails, next call in {:.1} s", pause.as_secs_f64()),
            Self::Closed => write!(f, "answers again"),
            Self::NoRetries => write!(f, "more than a tenth of the calls failed: no more of them are asked again"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_say_what_changed_and_when_the_next_call_is_sent() {
        let pause = Duration::from_millis(2040);
        let rows = [
            (News::Refused { from: 64, to: 32, pause }, "rate limited, 64 → 32 at once, next call in 2.0 s"),
            (News::Refused { from: 1, to: 1, pause: Duration::ZERO }, "rate limited, 1 at once"),
            (News::Scarce { from: 64, to: 51 }, "less than a tenth of a limit is left, 64 → 51 at once"),
            (News::Paused { pause }, "asked to wait, next call in 2.0 s"),
            (News::Opened { broken: 20, pause }, "20 calls failed in a row, next call in 2.0 s"),
            (News::ProbeFailed { pause }, "still fails, next call in 2.0 s"),
            (News::Closed, "answers again"),
            (News::NoRetries, "more than a tenth of the calls failed: no more of them are asked again"),
        ];
        for (news, text) in rows {
            assert_eq!(news.to_string(), text);
        }
    }
}
