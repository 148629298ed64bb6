//! Whatever calls come to: no more in flight than allowed, no right lost, no lane stuck.

use std::time::Duration;

use proptest::prelude::*;

use super::super::end::End;
use super::super::retries::Again;
use super::super::state::{Bounds, State, Taken};

/// One thing that happens to a lane.
#[derive(Debug, Clone)]
enum Step {
    /// Time passes, in milliseconds.
    Pass(u64),
    /// As many calls are sent as the lane lets, at most this many.
    Send(usize),
    /// A call in flight ends: which, and how.
    End(usize, End),
    /// A call in flight is dropped.
    Drop(usize),
}

fn end() -> impl Strategy<Value = End> {
    let asked = || proptest::option::of((0_u64..3000).prop_map(Duration::from_millis));
    prop_oneof![
        4 => any::<bool>().prop_map(|scarce| End::Answered { scarce }),
        1 => Just(End::TurnedDown),
        3 => asked().prop_map(|asked| End::Refused { asked }),
        4 => (asked(), any::<bool>()).prop_map(|(asked, unreachable)| End::Broken { asked, unreachable }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0_u64..2000).prop_map(Step::Pass),
        3 => (1_usize..80).prop_map(Step::Send),
        5 => (any::<usize>(), end()).prop_map(|(which, end)| Step::End(which, end)),
        1 => any::<usize>().prop_map(Step::Drop),
    ]
}

proptest! {
    #[test]
    fn in_flight_and_retries_are_bounded_and_no_right_is_lost(
        ceiling in 1_usize..70,
        steps in proptest::collection::vec(step(), 0..400),
    ) {
        let mut state = State::new(Bounds { ceiling, max_wait: Duration::from_hours(1) });
        let (mut now, mut in_flight, mut sent, mut retried) = (Duration::ZERO, Vec::new(), 0, 0);
        let mut gave_up = false;
        for step in steps {
            match step {
                Step::Pass(time) => now += Duration::from_millis(time),
                Step::Send(most) => for _ in 0..most {
                    match state.take(now) {
                        Taken::Call(call) => {
                            sent += 1;
                            prop_assert!(call == sent && !gave_up);
                            in_flight.push(call);
                        }
                        Taken::NotBefore(until) => {
                            prop_assert!(until.is_none_or(|until| until > now), "a moment that is past");
                            break;
                        }
                    }
                },
                Step::End(which, end) if !in_flight.is_empty() => {
                    let ruling = state.ended(in_flight.remove(which % in_flight.len()), end, now);
                    gave_up |= ruling.give_up.is_some();
                    retried += u64::from(matches!(end, End::Broken { .. }) && state.retry() == Again::Yes);
                }
                Step::Drop(which) if !in_flight.is_empty() => {
                    state.released(in_flight.remove(which % in_flight.len()));
                }
                Step::End(..) | Step::Drop(_) => {}
            }
            prop_assert!(in_flight.len() <= ceiling);
            prop_assert!(retried <= sent / 10 + (2 * ceiling as u64).max(10));
        }
        if gave_up {
            return Ok(());
        }
        // Once everything in flight has ended, the lane sends again after the moments that it names itself.
        in_flight.drain(..).for_each(|call| state.released(call));
        for _ in 0..4 {
            match state.take(now) {
                Taken::Call(_) => return Ok(()),
                Taken::NotBefore(until) => now = until.expect("a lane with nothing in flight names a moment"),
            }
        }
        prop_assert!(false, "the lane is stuck");
    }
}
