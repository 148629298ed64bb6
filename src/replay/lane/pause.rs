//! How long a lane sends nothing after a refusal: as long as the provider asks, and longer when it goes on refusing.

use std::time::Duration;

/// The first pause of ours, doubled while every call is refused.
const FIRST: Duration = Duration::from_millis(500);
/// No pause of ours is longer.
const LONGEST: Duration = Duration::from_secs(30);

/// When a lane may send again.
#[derive(Debug, Default)]
pub(super) struct Pause {
    until: Duration,
    /// The last call that was refused. An answer to a later one ends the pause: the provider does take calls.
    refused: u64,
    /// The last call that was answered.
    answered: u64,
    /// Whether a refusal was taken for chance, and no later call was answered since.
    doubted: bool,
    /// Calls that were sent before the pause began; what they say makes it longer, and is no pause of its own.
    sent: u64,
    /// Pauses since the provider last took a call.
    in_a_row: u32,
    /// Their length in all.
    waited: Duration,
}

/// A call that was told to come back later.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refusal {
    pub(super) call: u64,
    /// How many calls were sent so far.
    pub(super) sent: u64,
    /// How long the provider asks to wait.
    pub(super) asked: Option<Duration>,
    /// Whether so little was refused before that it may be chance.
    pub(super) is_chance: bool,
}

impl Pause {
    /// Until when nothing may be sent; `None` when something may.
    pub(super) fn at(&self, now: Duration) -> Option<Duration> {
        Some(self.until).filter(|until| *until > now)
    }

    /// How long the lane has paused, and will have, since the provider last took a call.
    pub(super) fn waited(&self) -> Duration {
        self.waited
    }

    /// Pauses after a refusal, unless a later call was answered. One that may be chance is believed when another follows.
    pub(super) fn refused(&mut self, refusal: Refusal, now: Duration) {
        let Refusal { call, sent, asked, is_chance } = refusal;
        if self.answered > call {
            return;
        }
        self.refused = self.refused.max(call);
        if is_chance && !std::mem::replace(&mut self.doubted, true) {
            return;
        }
        let length = if call > self.sent {
            // The provider's word counts alone at first, then ours too: some ask to come back at once, for ever.
            let length = match (asked, self.in_a_row) {
                (None, before) => ours(before),
                (Some(asked), 0) => asked,
                (Some(asked), before) => asked.max(ours(before - 1)),
            };
            self.sent = sent;
            self.in_a_row += 1;
            self.waited = self.waited.saturating_add(length);
            length
        } else {
            asked.unwrap_or_default()
        };
        self.until = self.until.max(now.saturating_add(length));
    }

    /// Counts a call that the provider took.
    pub(super) fn answered(&mut self, call: u64, now: Duration) {
        self.answered = self.answered.max(call);
        if call <= self.refused {
            return;
        }
        self.doubted = false;
        if self.in_a_row > 0 {
            self.until = self.until.min(now);
            self.in_a_row = 0;
            self.waited = Duration::ZERO;
        }
    }
}

fn ours(before: u32) -> Duration {
    FIRST.saturating_mul(1 << before.min(16)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(100);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn refuse(pause: &mut Pause, call: u64, sent: u64, asked: Option<u64>) -> Option<Duration> {
        pause.refused(Refusal { call, sent, asked: asked.map(ms), is_chance: false }, NOW);
        pause.at(NOW).map(|until| until.saturating_sub(NOW))
    }

    #[test]
    fn the_provider_says_how_long_and_calls_in_flight_can_only_lengthen_it() {
        let mut pause = Pause::default();
        assert_eq!(pause.at(NOW), None);
        assert_eq!(refuse(&mut pause, 3, 9, Some(2000)), Some(ms(2000)));
        assert_eq!(refuse(&mut pause, 4, 9, Some(1500)), Some(ms(2000)));
        assert_eq!(refuse(&mut pause, 5, 9, Some(2500)), Some(ms(2500)));
        assert_eq!(refuse(&mut pause, 6, 9, None), Some(ms(2500)));
        assert_eq!(pause.waited(), ms(2000));
        assert_eq!(pause.at(NOW + ms(2500)), None);
    }

    #[test]
    fn refusals_in_a_row_pause_longer_and_longer() {
        let rows = [
            (None, vec![500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]),
            (Some(0), vec![0, 500, 1000, 2000]),
            (Some(1200), vec![1200, 1200, 1200, 2000]),
        ];
        for (asked, lengths) in rows {
            let mut pause = Pause::default();
            let mut waited = Duration::ZERO;
            for (call, length) in (1..).zip(lengths) {
                waited += ms(length);
                pause.until = Duration::ZERO;
                assert_eq!(refuse(&mut pause, call, call, asked).unwrap_or_default(), ms(length), "{asked:?} {call}");
                assert_eq!(pause.waited(), waited);
            }
        }
    }

    #[test]
    fn what_may_be_chance_is_believed_when_another_follows_without_an_answer_between() {
        let mut pause = Pause::default();
        let chance = |pause: &mut Pause, call| {
            pause.refused(Refusal { call, sent: call, asked: Some(ms(700)), is_chance: true }, NOW);
            pause.at(NOW)
        };
        assert_eq!(chance(&mut pause, 1), None);
        pause.answered(2, NOW);
        assert_eq!(chance(&mut pause, 3), None);
        assert_eq!(chance(&mut pause, 4), Some(NOW + ms(700)));
    }

    #[test]
    fn an_answer_to_a_later_call_ends_the_pause_and_one_to_an_earlier_does_not() {
        let mut pause = Pause::default();
        refuse(&mut pause, 5, 9, Some(9000));
        pause.answered(4, NOW);
        assert_eq!((pause.at(NOW), pause.waited()), (Some(NOW + ms(9000)), ms(9000)));
        pause.answered(6, NOW);
        assert_eq!((pause.at(NOW), pause.waited()), (None, Duration::ZERO));
        // What was refused before the answered call was sent is no news.
        assert_eq!(refuse(&mut pause, 5, 9, Some(9000)), None);
        // The row begins again.
        assert_eq!(refuse(&mut pause, 10, 10, None), Some(ms(500)));
    }
}
