//! Who waits for a permit: first come, first served, and nobody for ever. No test here waits for a clock.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use futures_util::FutureExt as _;

use super::super::state::Bounds;
use super::super::{Lane, Permit};
use crate::domain::{Failure, FailureKind};
use crate::replay::{Called, Stop, StopReason};

type Waiting<'a> = Pin<Box<dyn Future<Output = Option<Permit<'a>>> + 'a>>;

fn lane(ceiling: usize) -> Lane {
    Lane::new("local m".to_owned(), Bounds { ceiling, max_wait: Duration::from_mins(2) })
}

fn called(kind: FailureKind) -> Called {
    let result = Err(Failure::local(kind, "", true));
    Called { result, latency_ms: 0, first_token_ms: None, first_reasoning_ms: None, scarce: false }
}

fn now<'a>(waiting: &mut Waiting<'a>) -> Option<Permit<'a>> {
    waiting.as_mut().now_or_never().flatten()
}

#[tokio::test]
async fn permits_go_to_those_who_came_first_whoever_leaves_the_line() {
    let (lane, stop) = (lane(1), Stop::default());
    let first = lane.permit(&stop).await.expect("has room");
    let mut queue: Vec<Waiting<'_>> = (0..4).map(|_| -> Waiting<'_> { Box::pin(lane.permit(&stop)) }).collect();
    assert!(queue.iter_mut().all(|waiting| now(waiting).is_none()));
    // The very first of the queue goes away: nobody is passed over, and no right is lost.
    drop(queue.remove(0));
    drop(first);
    assert!(now(&mut queue[2]).is_none() && now(&mut queue[1]).is_none());
    let second = now(&mut queue[0]).expect("it is its turn");
    assert!(queue[1..].iter_mut().all(|waiting| now(waiting).is_none()));
    second.end(&called(FailureKind::InvalidRequest));
    assert!(now(&mut queue[2]).is_none());
    let third = now(&mut queue[1]).expect("it is its turn");
    drop(third);
    assert!(now(&mut queue[2]).is_some());
}

#[tokio::test]
async fn whoever_waits_is_woken_by_what_ends() {
    let (lane, stop) = (lane(2), Stop::default());
    let mut bought = 0;
    let calls = (0..500).map(|_| async {
        let permit = lane.permit(&stop).await.expect("does not stop");
        tokio::task::yield_now().await;
        permit.end(&called(FailureKind::InvalidRequest));
    });
    let mut calls: futures_util::stream::FuturesUnordered<_> = calls.collect();
    while futures_util::StreamExt::next(&mut calls).await.is_some() {
        bought += 1;
    }
    assert_eq!(bought, 500);
}

#[tokio::test]
async fn a_stop_ends_every_wait() {
    let (lane, stop) = (lane(1), Stop::default());
    let held = lane.permit(&stop).await.expect("has room");
    let mut queue: Vec<Waiting<'_>> = (0..3).map(|_| -> Waiting<'_> { Box::pin(lane.permit(&stop)) }).collect();
    assert!(queue.iter_mut().all(|waiting| waiting.as_mut().now_or_never().is_none()));
    stop.stop(StopReason::Interrupted);
    assert!(queue.iter_mut().all(|waiting| matches!(waiting.as_mut().now_or_never(), Some(None))));
    drop(held);
    assert!(lane.permit(&stop).await.is_none(), "nothing is sent after a stop, though there is room");
}

#[tokio::test]
async fn a_lane_that_is_dead_lets_nobody_pass() {
    let (lane, stop) = (lane(2), Stop::default());
    let permit = lane.permit(&stop).await.expect("has room");
    assert!(permit.end(&called(FailureKind::Auth)).1.is_some());
    assert!(lane.permit(&stop).now_or_never().is_none());
}
