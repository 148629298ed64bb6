//! What follows from how calls end.

use std::time::Duration;

use super::super::end::End;
use super::super::news::{GiveUp, News};
use super::super::retries::Again;
use super::super::state::{Bounds, Ruling, State, Taken};

const MAX_WAIT: Duration = Duration::from_mins(2);
/// Long after the opening.
const NOW: Duration = Duration::from_secs(100);
const OK: End = End::Answered { scarce: false };
const SCARCE: End = End::Answered { scarce: true };
const BROKEN: End = End::Broken { asked: None, unreachable: false };

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn refused(asked: u64) -> End {
    End::Refused { asked: Some(ms(asked)) }
}

/// A lane that has opened up to its ceiling.
fn open(ceiling: usize) -> State {
    let mut state = State::new(Bounds { ceiling, max_wait: MAX_WAIT });
    assert_eq!(state.take(Duration::ZERO), Taken::Call(1));
    state.ended(1, OK, Duration::ZERO);
    state
}

/// Sends as many calls as the lane lets.
fn send(state: &mut State, now: Duration) -> Vec<u64> {
    std::iter::from_fn(|| match state.take(now) {
        Taken::Call(call) => Some(call),
        Taken::NotBefore(_) => None,
    })
    .collect()
}

/// The calls end one after another: what was told.
fn end(state: &mut State, calls: &[u64], end: End, now: Duration) -> Vec<News> {
    calls
        .iter()
        .filter_map(|call| {
            let Ruling { news, give_up } = state.ended(*call, end, now);
            assert_eq!(give_up, None);
            news
        })
        .collect()
}

#[test]
fn calls_wait_for_the_opening_and_then_for_room() {
    let mut state = State::new(Bounds { ceiling: 20, max_wait: MAX_WAIT });
    assert_eq!(send(&mut state, Duration::ZERO).len(), 16);
    assert_eq!(state.take(ms(9)), Taken::NotBefore(Some(ms(10))));
    assert_eq!(send(&mut state, ms(10)).len(), 4);
    assert_eq!(state.take(ms(10)), Taken::NotBefore(None));
    state.ended(3, OK, ms(11));
    state.released(4);
    assert_eq!(send(&mut state, ms(11)), [21, 22]);
}

#[test]
fn an_episode_of_refusals_cuts_once_and_pauses_the_lane() {
    let mut state = open(64);
    let calls = send(&mut state, NOW);
    assert_eq!(calls.len(), 64);
    let told = end(&mut state, &calls, refused(2000), NOW);
    // The second refusal of 64 is more than chance.
    assert_eq!(told, [News::Refused { from: 63, to: 31, pause: ms(2000) }]);
    let until = NOW + ms(2000);
    assert_eq!(state.take(NOW + ms(1999)), Taken::NotBefore(Some(until)));
    let calls = send(&mut state, until);
    assert_eq!(calls.len(), 31);
    // Calls sent after the cut cut again; the lane tells of it at most every five seconds.
    assert_eq!(end(&mut state, &calls, refused(2000), until), []);
    let calls = send(&mut state, until + ms(2000));
    assert_eq!(calls.len(), 15);
    // What is refused while the others are answered is chance: the limit stays.
    assert_eq!(end(&mut state, &calls[..1], refused(2000), until + ms(2000)), []);
    end(&mut state, &calls[1..], OK, until + ms(2000));
    assert_eq!(send(&mut state, until + ms(2000)).len(), 15);
}

#[test]
fn a_pause_ends_when_a_later_call_is_answered() {
    let mut state = open(64);
    let calls = send(&mut state, NOW);
    end(&mut state, &calls[10..11], refused(9000), NOW);
    end(&mut state, &calls[..10], OK, NOW);
    assert!(send(&mut state, NOW).is_empty());
    end(&mut state, &calls[11..], OK, NOW);
    assert_eq!(send(&mut state, NOW).len(), 64);
}

#[test]
fn one_refusal_after_many_answers_pauses_nobody_else_and_a_second_does() {
    let mut state = open(1);
    for _ in 0..30 {
        let calls = send(&mut state, NOW);
        end(&mut state, &calls, OK, NOW);
    }
    let calls = send(&mut state, NOW);
    assert_eq!(end(&mut state, &calls, refused(9000), NOW), []);
    let calls = send(&mut state, NOW);
    assert_eq!(end(&mut state, &calls, refused(9000), NOW), [News::Refused { from: 1, to: 1, pause: ms(9000) }]);
    assert!(send(&mut state, NOW).is_empty());
}

#[test]
fn answers_raise_the_limit_that_was_cut_by_one_for_as_many_as_it_allows() {
    let mut state = open(64);
    let calls = send(&mut state, NOW);
    end(&mut state, &calls[..2], refused(0), NOW);
    // Sent before the cut: no news of the smaller limit.
    end(&mut state, &calls[2..], OK, NOW);
    for limit in 31..64 {
        let calls = send(&mut state, NOW);
        assert_eq!(calls.len(), limit);
        end(&mut state, &calls, OK, NOW);
    }
    assert_eq!(send(&mut state, NOW).len(), 64);
}

#[test]
fn little_quota_trims_once_an_episode_and_holds_the_limit_down() {
    let mut state = open(50);
    let calls = send(&mut state, NOW);
    assert_eq!(end(&mut state, &calls, SCARCE, NOW), [News::Scarce { from: 50, to: 40 }]);
    let calls = send(&mut state, NOW);
    end(&mut state, &calls, SCARCE, NOW);
    assert_eq!(send(&mut state, NOW).len(), 32);
}

#[test]
fn what_is_broken_does_not_shrink_the_limit_and_may_ask_for_a_pause() {
    let mut state = open(64);
    let calls = send(&mut state, NOW);
    assert_eq!(end(&mut state, &calls[..63], BROKEN, NOW), []);
    end(&mut state, &calls[63..], OK, NOW);
    let calls = send(&mut state, NOW);
    assert_eq!(calls.len(), 64);
    let busy = End::Broken { asked: Some(ms(3000)), unreachable: false };
    assert_eq!(end(&mut state, &calls[..40], busy, NOW), [News::Paused { pause: ms(3000) }]);
    assert_eq!(state.take(NOW), Taken::NotBefore(Some(NOW + ms(3000))));
    assert_eq!(send(&mut state, NOW + ms(3000)).len(), 40);
}

#[test]
fn a_wait_longer_than_the_longest_gives_up_and_nothing_more_is_sent() {
    for end in [refused(120_001), End::Broken { asked: Some(ms(120_001)), unreachable: false }] {
        let mut state = open(4);
        let calls = send(&mut state, NOW);
        let ruling = state.ended(calls[0], end, NOW);
        assert_eq!(ruling, Ruling { news: None, give_up: Some(GiveUp::Asked { wait: ms(120_001) }) });
        assert_eq!(state.take(NOW * 9), Taken::NotBefore(None));
    }
    let mut state = open(4);
    let calls = send(&mut state, NOW);
    end(&mut state, &calls, refused(120_000), NOW);
    // Another such wait would be too long.
    let now = NOW + ms(120_000);
    let call = send(&mut state, now)[0];
    let ruling = state.ended(call, refused(120_000), now);
    assert_eq!(ruling.give_up, Some(GiveUp::Refused { waited: ms(120_000) }));
}

#[test]
fn what_can_never_succeed_gives_up_at_once() {
    let mut state = open(64);
    let calls = send(&mut state, NOW);
    assert_eq!(state.ended(calls[0], End::Dead, NOW).give_up, Some(GiveUp::Dead));
    assert!(send(&mut state, NOW).is_empty());
    // An address that nobody ever reached, after as many calls as the breaker takes.
    let mut state = State::new(Bounds { ceiling: 20, max_wait: MAX_WAIT });
    let unreachable = End::Broken { asked: None, unreachable: true };
    for _ in 0..19 {
        let Taken::Call(call) = state.take(NOW) else { panic!("has room") };
        assert_eq!(state.ended(call, unreachable, NOW), Ruling::default());
    }
    let Taken::Call(call) = state.take(NOW) else { panic!("has room") };
    assert_eq!(state.ended(call, unreachable, NOW).give_up, Some(GiveUp::Dead));
}

#[test]
fn a_breaker_lets_one_probe_through_and_closes_after_its_answer() {
    let mut state = open(20);
    let calls = send(&mut state, NOW);
    assert_eq!(end(&mut state, &calls, BROKEN, NOW), [News::Opened { broken: 20, pause: ms(5000) }]);
    let probe_at = NOW + ms(5000);
    assert_eq!(state.take(NOW), Taken::NotBefore(Some(probe_at)));
    assert_eq!(send(&mut state, probe_at), [22]);
    assert_eq!(end(&mut state, &[22], BROKEN, probe_at), [News::ProbeFailed { pause: ms(10_000) }]);
    assert_eq!(send(&mut state, probe_at + ms(10_000)), [23]);
    assert_eq!(end(&mut state, &[23], OK, probe_at + ms(10_000)), [News::Closed]);
    assert_eq!(send(&mut state, probe_at + ms(10_000)).len(), 20);
}

#[test]
fn a_refusal_and_a_rejection_show_that_the_provider_works() {
    for heard in [refused(0), End::TurnedDown] {
        let mut state = open(20);
        let calls = send(&mut state, NOW);
        end(&mut state, &calls[..19], BROKEN, NOW);
        end(&mut state, &calls[19..], heard, NOW);
        let call = send(&mut state, NOW)[0];
        assert_eq!(end(&mut state, &[call], BROKEN, NOW), []);
    }
}

#[test]
fn retries_are_bounded_by_the_calls() {
    let mut state = open(1);
    assert_eq!((0..99).filter(|_| state.retry() == Again::Yes).count(), 10);
    for _ in 0..20 {
        let call = send(&mut state, NOW)[0];
        state.ended(call, OK, NOW);
    }
    assert_eq!((0..99).filter(|_| state.retry() == Again::Yes).count(), 2);
}
