//! What a lane knows, and what follows from a call: no clock, no waiting. A moment is the time since the lane began.
//!
//! Calls are numbered in the order in which they are sent. An *episode* of refusals is what was sent before the limit
//! was cut: only later calls can cut it again.

use std::time::Duration;

use super::breaker::{Breaker, Lets, Trip};
use super::end::End;
use super::limit::{Cut, Limit};
use super::news::{GiveUp, News};
use super::pause::{Pause, Refusal};
use super::retries::{Again, Retries};
use super::share::Share;

/// Cuts are told at most this often, unless a pause is as long: an hour at the provider's limit has thousands.
const TELL_EVERY: Duration = Duration::from_secs(5);

/// What a lane may use.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Calls in flight at most.
    pub(super) ceiling: usize,
    /// How long to wait for a provider that answers nothing.
    pub(super) max_wait: Duration,
}

/// What a lane knows.
#[derive(Debug)]
pub(super) struct State {
    max_wait: Duration,
    limit: Limit,
    pause: Pause,
    breaker: Breaker,
    retries: Retries,
    /// Calls so far; the number of the last one.
    sent: u64,
    in_flight: usize,
    /// The last call that was sent before the last cut.
    cut_at: u64,
    /// The calls that were sent after it.
    share: Share,
    /// When a cut was told last.
    told: Option<Duration>,
    /// Whether the provider ever took a call.
    heard: bool,
    given_up: bool,
}

/// Whether a call may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// It may; this is its number.
    Call(u64),
    /// Not before this moment, or before a call in flight ends.
    NotBefore(Option<Duration>),
}

/// What follows from the end of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Ruling {
    pub(super) news: Option<News>,
    pub(super) give_up: Option<GiveUp>,
}

impl State {
    pub(super) fn new(Bounds { ceiling, max_wait }: Bounds) -> Self {
        Self {
            max_wait,
            limit: Limit::new(ceiling),
            pause: Pause::default(),
            breaker: Breaker::new(ceiling, max_wait),
            retries: Retries::new(ceiling),
            sent: 0,
            in_flight: 0,
            cut_at: 0,
            share: Share::default(),
            told: None,
            heard: false,
            given_up: false,
        }
    }

    /// Takes the right to send a call, which [`State::ended`] or [`State::released`] gives back.
    pub(super) fn take(&mut self, now: Duration) -> Taken {
        if self.given_up {
            return Taken::NotBefore(None);
        }
        if let Some(until) = self.pause.at(now) {
            return Taken::NotBefore(Some(until));
        }
        let lets = self.breaker.lets(now);
        match lets {
            Lets::Pass if self.in_flight >= self.limit.at(now) => return Taken::NotBefore(self.limit.opens_at()),
            Lets::NothingUntil(until) => return Taken::NotBefore(Some(until)),
            Lets::Nothing => return Taken::NotBefore(None),
            Lets::Pass | Lets::Probe => {}
        }
        self.sent += 1;
        self.in_flight += 1;
        if lets == Lets::Probe {
            self.breaker.probe(self.sent);
        }
        Taken::Call(self.sent)
    }

    /// Gives back the right to a call that was not sent, or whose end nobody saw.
    pub(super) fn released(&mut self, call: u64) {
        self.in_flight -= 1;
        self.breaker.released(call);
    }

    /// Gives back the right to a call, and learns from how it ended.
    pub(super) fn ended(&mut self, call: u64, end: End, now: Duration) -> Ruling {
        let in_flight = self.in_flight;
        self.in_flight -= 1;
        let ruling = match end {
            End::Answered { scarce } => self.answered(call, scarce.then_some(in_flight), now),
            End::TurnedDown => self.heard(call, now),
            End::Refused { asked } => self.refused(call, asked, (now, in_flight)),
            End::Broken { asked, unreachable } => self.broken(call, asked, (now, unreachable)),
            End::Dead => Ruling { news: None, give_up: Some(GiveUp::Dead) },
        };
        self.given_up |= ruling.give_up.is_some();
        ruling
    }

    /// Whether one more broken call is asked again.
    pub(super) fn retry(&mut self) -> Again {
        self.retries.take(self.sent)
    }

    fn heard(&mut self, call: u64, now: Duration) -> Ruling {
        self.heard = true;
        self.pause.answered(call, now);
        Ruling { news: self.breaker.heard().then_some(News::Closed), give_up: None }
    }

    fn answered(&mut self, call: u64, scarce: Option<usize>, now: Duration) -> Ruling {
        let ruling = self.heard(call, now);
        if call <= self.cut_at {
            return ruling;
        }
        self.share.count(false);
        let Some(in_flight) = scarce else {
            self.limit.answered();
            return ruling;
        };
        self.begin_episode();
        let news = News::scarce(self.limit.trim(in_flight));
        Ruling { news: ruling.news.or(self.tell(news, now, Duration::ZERO)), ..ruling }
    }

    fn refused(&mut self, call: u64, asked: Option<Duration>, (now, in_flight): (Duration, usize)) -> Ruling {
        self.heard = true;
        let closed = self.breaker.heard().then_some(News::Closed);
        let paused = self.pause.at(now).is_some();
        let is_news = call > self.cut_at;
        if is_news {
            self.share.count(true);
        }
        let is_chance = is_news && self.share.is_chance();
        if let Some(give_up) = self.pause_for((call, is_chance), asked, now) {
            return Ruling { news: closed, give_up: Some(give_up) };
        }
        let pause = self.pause.at(now).map_or(Duration::ZERO, |until| until.saturating_sub(now));
        let news = if is_news && self.share.is_too_much() {
            self.begin_episode();
            let cut = self.limit.halve(in_flight);
            self.tell(News::refused(cut, pause), now, pause)
        } else if !paused && !pause.is_zero() && (self.in_flight == 0 || pause >= TELL_EVERY) {
            // With other calls in flight one of them may be answered at once, which ends the pause.
            let limit = self.limit.at(now);
            self.tell(News::refused(Cut { from: limit, to: limit }, pause), now, pause)
        } else {
            None
        };
        Ruling { news: news.or(closed), give_up: None }
    }

    fn begin_episode(&mut self) {
        self.cut_at = self.sent;
        self.share = Share::default();
    }

    fn broken(&mut self, call: u64, asked: Option<Duration>, (now, unreachable): (Duration, bool)) -> Ruling {
        if unreachable && !self.heard && self.breaker.is_about_to_open() {
            // No address that was ever reached: waiting will not bring it up.
            return Ruling { news: None, give_up: Some(GiveUp::Dead) };
        }
        let before = self.pause.at(now);
        let give_up = asked.and_then(|asked| self.pause_for((call, false), Some(asked), now));
        let pause = self.pause.at(now).filter(|_| before.is_none()).map(|until| until.saturating_sub(now));
        let paused = pause.and_then(|pause| self.tell(News::Paused { pause }, now, pause));
        let (news, too_long) = match self.breaker.broken(call, now) {
            None => (paused, None),
            Some(Trip::Opened { broken, cool_down }) => (Some(News::Opened { broken, pause: cool_down }), None),
            Some(Trip::ProbeFailed { cool_down }) => (Some(News::ProbeFailed { pause: cool_down }), None),
            Some(Trip::TooLong { broken, probes, waited }) => {
                (None, Some(GiveUp::Broken { calls: broken, probes, waited }))
            }
        };
        Ruling { news, give_up: give_up.or(too_long) }
    }

    /// Pauses the lane; a reason to give up where that would take too long.
    fn pause_for(&mut self, (call, is_chance): (u64, bool), asked: Option<Duration>, now: Duration) -> Option<GiveUp> {
        if let Some(wait) = asked.filter(|wait| *wait > self.max_wait) {
            return Some(GiveUp::Asked { wait });
        }
        let waited = self.pause.waited();
        self.pause.refused(Refusal { call, sent: self.sent, asked, is_chance }, now);
        (self.pause.waited() > self.max_wait).then_some(GiveUp::Refused { waited })
    }

    fn tell(&mut self, news: News, now: Duration, pause: Duration) -> Option<News> {
        let is_due = self.told.is_none_or(|told| now.saturating_sub(told) >= TELL_EVERY);
        if !is_due && pause < TELL_EVERY {
            return None;
        }
        self.told = Some(now);
        Some(news)
    }
}
