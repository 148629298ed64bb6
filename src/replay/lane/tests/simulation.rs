//! Many tasks on one lane in virtual time, against a provider that is a function of the moment.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::super::end::End;
use super::super::news::GiveUp;
use super::super::state::{Bounds, State, Taken};
use crate::domain::{Attempt, Failure, FailureKind};
use crate::replay::Retry;
use crate::store::Key;

/// Of an answer.
const LATENCY: Duration = Duration::from_millis(200);

/// A task: the attempts at its call so far.
#[derive(Debug, Default, Clone)]
struct Task {
    attempts: Vec<Attempt>,
}

/// What came of a simulation.
#[derive(Debug, Default)]
struct Seen {
    answered: usize,
    failed: usize,
    /// When each call was sent.
    sent: Vec<Duration>,
    most_attempts: usize,
    gave_up: Option<GiveUp>,
    ended: Duration,
}

enum Moment {
    /// A call of a task ends.
    Ends(usize, u64),
    /// A task comes back to the line.
    Comes(usize),
    /// The first in the line looks again.
    Looks,
}

/// Runs one call of each task; `provider` says how a call that was sent at a moment ends, by its number.
fn run(tasks: usize, ceiling: usize, mut provider: impl FnMut(Duration, u64) -> End) -> Seen {
    let mut state = State::new(Bounds { ceiling, max_wait: Duration::from_mins(2) });
    let retry = Retry { attempts: 4 };
    let mut all = vec![Task::default(); tasks];
    let mut line: VecDeque<usize> = (0..tasks).collect();
    let mut ends: BTreeMap<u64, End> = BTreeMap::new();
    let mut events: BTreeMap<(Duration, u64), Moment> = BTreeMap::new();
    let mut seen = Seen::default();
    let (mut now, mut order) = (Duration::ZERO, 0);
    let mut later = |events: &mut BTreeMap<_, _>, at, what| {
        order += 1;
        events.insert((at, order), what);
    };
    loop {
        while let Some(&task) = line.front() {
            match state.take(now) {
                Taken::Call(call) => {
                    line.pop_front();
                    seen.sent.push(now);
                    ends.insert(call, provider(now, call));
                    later(&mut events, now + LATENCY, Moment::Ends(task, call));
                }
                Taken::NotBefore(until) => {
                    if let Some(until) = until {
                        later(&mut events, until, Moment::Looks);
                    }
                    break;
                }
            }
        }
        let Some(((at, _), what)) = events.pop_first() else { break };
        now = at;
        match what {
            Moment::Looks => {}
            Moment::Comes(task) => line.push_back(task),
            Moment::Ends(task, call) => {
                let end = ends.remove(&call).expect("was sent");
                let ruling = state.ended(call, end, now);
                if let Some(give_up) = ruling.give_up {
                    seen.gave_up = Some(give_up);
                    break;
                }
                let (kind, asked) = match end {
                    End::Refused { asked } => (FailureKind::RateLimit, asked),
                    End::Broken { asked, .. } => (FailureKind::ServerError, asked),
                    End::Answered { .. } | End::TurnedDown | End::Dead => {
                        seen.answered += 1;
                        seen.ended = now;
                        continue;
                    }
                };
                let attempts = &mut all[task].attempts;
                attempts.push(Attempt { failure: Some(kind), status: Some(429), latency_ms: 0 });
                seen.most_attempts = seen.most_attempts.max(attempts.len());
                let retry_after_ms = asked.map(|asked| u64::try_from(asked.as_millis()).expect("fits"));
                let failure = Failure { retry_after_ms, ..Failure::local(kind, "", true) };
                let key =
                    Key(std::array::from_fn(|byte| u8::try_from((task * 31 + byte * 17) % 256).expect("is below 256")));
                match retry.wait(attempts, &failure, &key) {
                    Some(wait) => later(&mut events, now + wait, Moment::Comes(task)),
                    None => seen.failed += 1,
                }
            }
        }
    }
    seen
}

const OK: End = End::Answered { scarce: false };

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[test]
fn a_run_that_is_never_refused_loses_the_opening_alone() {
    let seen = run(2560, 256, |_, _| OK);
    assert_eq!((seen.answered, seen.sent.len()), (2560, 2560));
    assert_eq!(seen.ended, 10 * LATENCY + ms(40));
}

#[test]
fn a_storm_of_refusals_ends_bounded_and_every_answer_is_bought_after_it() {
    const STORM: Duration = Duration::from_secs(10);
    for asked in [None, Some(0), Some(1000), Some(10_000)] {
        let asked = asked.map(ms);
        let seen = run(128, 128, |now, _| if now < STORM { End::Refused { asked } } else { OK });
        let refused = seen.sent.iter().filter(|at| **at < STORM).count();
        // Halved from episode to episode: 128 + 64 + 32 …
        assert!((128..=256).contains(&refused), "{refused} calls within the storm, {asked:?}");
        assert_eq!((seen.answered, seen.failed, seen.gave_up), (128, 0, None), "{asked:?}");
        assert_eq!(seen.sent.len(), refused + 128, "nothing is sent twice after it");
        assert!(seen.most_attempts <= 6, "{} refusals of one call", seen.most_attempts);
        assert!(seen.ended < STORM * 3, "{:?} {asked:?}", seen.ended);
    }
}

#[test]
fn a_storm_without_end_is_given_up() {
    let seen = run(128, 64, |_, _| End::Refused { asked: None });
    assert_eq!(seen.gave_up, Some(GiveUp::Refused { waited: ms(91_500) }));
    assert!(seen.sent.len() <= 2 * 64 + 10, "{}", seen.sent.len());
}

#[test]
fn chance_refusals_lose_no_answer_no_request_and_little_time() {
    // Every 20th call is refused, every 50th breaks.
    let seen = run(2000, 64, |_, call| match call {
        _ if call % 20 == 7 => End::Refused { asked: Some(ms(1000)) },
        _ if call % 50 == 11 => End::Broken { asked: None, unreachable: false },
        _ => OK,
    });
    let needed = (1..).scan(0, |answered, call| {
        *answered += usize::from(call % 20 != 7 && call % 50 != 11);
        Some((call, *answered))
    });
    let needed = needed.take_while(|(_, answered)| *answered <= 2000).find(|row| row.1 == 2000).expect("is reached").0;
    assert_eq!((seen.answered, seen.failed, seen.sent.len()), (2000, 0, needed));
    let calm = run(2000, 64, |_, _| OK).ended;
    assert!(seen.ended < calm * 2, "{:?} instead of {calm:?}", seen.ended);
}

#[test]
fn a_limit_by_the_second_is_met_without_losing_an_answer_and_nearly_used() {
    // A bucket of five tokens, five more a second: far less than the concurrency allows.
    for asked in [Some(200), None] {
        let (mut tokens, mut filled) = (5.0_f64, Duration::ZERO);
        let seen = run(600, 64, |now, _| {
            tokens = (tokens + now.saturating_sub(filled).as_secs_f64() * 5.0).min(5.0);
            filled = now;
            if tokens < 1.0 {
                return End::Refused { asked: asked.map(ms) };
            }
            tokens -= 1.0;
            OK
        });
        assert_eq!((seen.answered, seen.failed, seen.gave_up), (600, 0, None), "{asked:?}");
        // At first twice the ceiling, then a share.
        let refused = seen.sent.len() - 600;
        assert!(refused < 2 * 64 + 600 / 5, "{refused} refused, {asked:?}");
        assert!(seen.ended < ms(600 * 200 * 3 / 2), "{:?}, {asked:?}", seen.ended);
    }
}

#[test]
fn a_provider_that_is_broken_for_a_while_loses_no_answer() {
    let seen =
        run(128, 64, |now, _| if now < ms(12_000) { End::Broken { asked: None, unreachable: false } } else { OK });
    assert_eq!((seen.answered, seen.failed, seen.gave_up), (128, 0, None));
    assert!(seen.sent.len() <= 128 + 2 * 64 + 2, "{}", seen.sent.len());
    let for_ever = run(128, 64, |_, _| End::Broken { asked: None, unreachable: false });
    assert!(matches!(for_ever.gave_up, Some(GiveUp::Broken { probes: 4, .. })), "{:?}", for_ever.gave_up);
    assert!(for_ever.sent.len() <= 64 + 64 + 4, "{}", for_ever.sent.len());
}
