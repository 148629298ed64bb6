//! A finished trial → what is kept of it: scored here, where cases, scorers and records meet.

use std::sync::Arc;

use crate::domain::{Case, Outcome, Reply, Response, Score, UnscoredReason, Usd};
use crate::replay::{Arm, Done, Ended, Timing};
use crate::run_dir::Record;
use crate::score::{self, Configured, HUMAN};
use crate::suite::RECORDED;

/// The name under which the end of a closed loop is filed: no scorer's.
const CONVERSATION: &str = "conversation";

/// Scores a finished trial.
pub(super) fn record(finished: Done, arm: &Arm, judges: &[Configured]) -> Record {
    let (scores, outcome) = match &finished.result {
        Ok(reply) => match &finished.ended {
            None => score::judge(&finished.case, &reply.response, judges),
            Some(ended) => ended_by(ended, &finished.case, reply, judges),
        },
        Err(failure) if failure.kind.model_caused() => {
            // Production would see that fail too.
            (score::without_answer(&finished.case, judges), Outcome::Fail(None))
        }
        Err(_) => (Vec::new(), Outcome::Unscored(UnscoredReason::Failed)),
    };
    let (reply, failure) = match finished.result {
        Ok(reply) => (Some(reply), None),
        Err(failure) => (None, Some(failure)),
    };
    let Timing { latency_ms, first_token_ms, bought_at, recording } = finished.timing;
    let looks = |judge: &Configured| score::looks_at_calls(judge.kind) && judge.applies(&finished.case);
    // In a closed loop that scorer looks at the calls also where it leaves the answer to others.
    let has_looked = finished.case.is_closed_loop() && reply.is_some() && judges.iter().any(looks);
    let mut record = Record {
        tool_calls_judged: has_looked || score::judged_calls(&scores, judges),
        involves_tools: finished.case.involves_tools(),
        case: finished.case.id.clone(),
        arm: arm.name.to_string(),
        model: model(arm),
        repeat: finished.planned.repeat,
        outcome,
        scores,
        failure,
        response: None,
        usage: None,
        model_returned: None,
        service_tier: None,
        warnings: Vec::new(),
        cost: finished.cost,
        spend: finished.spend,
        latency_ms,
        first_token_ms,
        attempts: finished.attempts,
        from_store: finished.from_store,
        single_flight: finished.single_flight,
        bought_at,
        recording,
        key: finished.key.map(|key| hex(&key.0)),
        weight: finished.case.weight,
        cluster: finished.case.cluster.clone(),
        tags: Arc::clone(&finished.case.tags),
    };
    if let Some(reply) = reply {
        record.response = Some(reply.response);
        record.usage = reply.usage;
        record.model_returned = reply.model;
        record.service_tier = reply.service_tier;
        record.warnings = reply.warnings;
    }
    record
}

/// A closed loop that was ended fails by that, whatever the scorers would say of the answer that it was left with. What
/// one says of the calls is kept beside.
fn ended_by(Ended { fault, why }: &Ended, case: &Case, reply: &Reply, judges: &[Configured]) -> (Vec<Score>, Outcome) {
    let outcome = Outcome::Fail(Some(*fault));
    let end = Score { scorer: CONVERSATION.to_owned(), outcome, why: Some(why.clone()), value: None, labels: None };
    ended(end, case, &reply.response, judges)
}

fn ended(end: Score, case: &Case, response: &Response, judges: &[Configured]) -> (Vec<Score>, Outcome) {
    let outcome = end.outcome;
    let (scores, _) = score::judge(case, response, judges);
    let looks = |name: &str| judges.iter().any(|judge| judge.name == name && score::looks_at_calls(judge.kind));
    let calls = scores.into_iter().filter(|score| looks(&score.scorer));
    (std::iter::once(end).chain(calls).chain(score::without_answer(case, judges)).collect(), outcome)
}

/// Scores a kept answer anew. How a closed loop ended stands, and so does what the judges said whose names these are:
/// pointwise ones, then pairwise ones.
pub(super) fn anew(
    (case, response): (&Case, &Response),
    kept: &[Score],
    judges: &[Configured],
    [pointwise, pairwise]: &[Vec<String>; 2],
) -> (Vec<Score>, Outcome) {
    if let Some(end) = kept.iter().find(|score| score.scorer == CONVERSATION) {
        return ended(end.clone(), case, response, judges);
    }
    let said =
        |names: &[String]| kept.iter().filter(|score| names.contains(&score.scorer)).cloned().collect::<Vec<_>>();
    let (mut scores, mut outcome) = score::judge(case, response, judges);
    let is_labelled = scores.iter().any(|score| score.scorer == HUMAN);
    let verdicts = said(pointwise);
    if !verdicts.is_empty() {
        scores.extend(verdicts);
        outcome = if is_labelled { outcome } else { Outcome::of(&scores) };
    }
    scores.extend(said(pairwise));
    (scores, outcome)
}

/// What is kept of a trial for which nothing was sent.
pub(super) fn not_sent(case: Case, arm: &Arm, repeat: u32) -> Record {
    Record {
        tool_calls_judged: false,
        involves_tools: case.involves_tools(),
        case: case.id,
        arm: arm.name.to_string(),
        model: model(arm),
        repeat,
        outcome: Outcome::Unscored(UnscoredReason::NotSent),
        scores: Vec::new(),
        failure: None,
        response: None,
        usage: None,
        model_returned: None,
        service_tier: None,
        warnings: Vec::new(),
        cost: Some(Usd::ZERO),
        spend: Some(Usd::ZERO),
        latency_ms: None,
        first_token_ms: None,
        attempts: Vec::new(),
        from_store: false,
        single_flight: false,
        bought_at: None,
        recording: None,
        key: None,
        weight: case.weight,
        cluster: case.cluster,
        tags: Arc::clone(&case.tags),
    }
}

/// A key as text, as it is printed. One a trial: byte by byte into a text of its length.
fn hex(key: &[u8; 32]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 15)]);
    let mut text = String::with_capacity(2 * key.len());
    for byte in key {
        text.push(digit(byte >> 4));
        text.push(digit(*byte));
    }
    text
}

fn model(arm: &Arm) -> String {
    arm.live().map_or(RECORDED, |live| &live.model).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Key;

    #[test]
    fn a_key_is_written_as_it_is_printed() {
        let key = std::array::from_fn(|index| u8::try_from(index * 8 + index % 7).expect("is small"));
        assert_eq!(hex(&key), Key(key).to_string());
    }
}
