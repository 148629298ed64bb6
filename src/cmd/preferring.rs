//! Judges that compare: which pairs they are asked about, in both orders, and what becomes of what they say.

use std::collections::HashMap;

use serde_json::Value;

use super::CommandError;
use super::judging::failed;
use super::run::Inputs;
use crate::domain::{Case, Outcome, Score, UnscoredReason};
use crate::run_dir::{Record, RunDir, RunDirError};
use crate::score::Chosen;
use crate::suite::JudgeSpec;

/// The orders in which a pair is asked about.
const ORDERS: [&str; 2] = ["baseline first", "candidate first"];

/// The preferences that needed no question, by the id of the pair.
pub(super) type Decided = HashMap<String, Score>;

/// What the judges are asked about the pairs of a case: which judge, and the question.
pub(super) fn questions(
    inputs: &Inputs<'_>,
    run: &RunDir,
    case: &Case,
    decided: &mut Decided,
) -> Result<Vec<(usize, Value)>, CommandError> {
    let mut asked = Vec::new();
    let judges = inputs.suite.judges.iter().enumerate().filter(|(_, spec)| spec.judge.pairwise);
    for (place, JudgeSpec { judge, .. }) in judges.filter(|(_, spec)| spec.judge.concerns(case)) {
        for repeat in inputs.repeats() {
            let answer = |arm: usize| run.record(&case.id, &inputs.arms.arms[arm].name, repeat);
            let Some(baseline) = answer(0)?.and_then(|record| record.response) else { continue };
            for arm in 1..inputs.arms.arms.len() {
                let Some(record) = answer(arm)? else { continue };
                let Some(candidate) = &record.response else { continue };
                if let Some(score) = judge.decided(&baseline, candidate) {
                    decided.insert(id(&judge.name, &record, ""), score);
                    continue;
                }
                let orders = [(&baseline, candidate), (candidate, &baseline)];
                asked.extend(ORDERS.into_iter().zip(orders).map(|(order, answers)| {
                    (place, judge.comparison(&id(&judge.name, &record, order), case, answers))
                }));
            }
        }
    }
    Ok(asked)
}

/// The id of a question, or of a pair. It is never sent.
fn id(judge: &str, candidate: &Record, order: &str) -> String {
    serde_json::json!([judge, candidate.case, candidate.arm, candidate.repeat, order]).to_string()
}

/// What a judge prefers, the answer of this trial or the baseline's; `None` where there is nothing to prefer.
pub(super) fn preference(
    spec: &JudgeSpec,
    record: &Record,
    decided: &Decided,
    said: Option<&RunDir>,
) -> Result<Option<Score>, RunDirError> {
    let name = &spec.judge.name;
    if let Some(score) = decided.get(&id(name, record, "")) {
        return Ok(Some(score.clone()));
    }
    let Some(said) = said else { return Ok(None) };
    let [Some(first), Some(second)] =
        [said.record(&id(name, record, ORDERS[0]), name, 0)?, said.record(&id(name, record, ORDERS[1]), name, 0)?]
    else {
        return Ok(None);
    };
    Ok(Some(match (heard(spec, &first), heard(spec, &second)) {
        (Ok(first), Ok(second)) => spec.judge.settle(&first, &second),
        (Err(score), _) | (_, Err(score)) => spec.judge.no_preference(score),
    }))
}

/// What a judge said of a pair in one order, or why it said nothing.
pub(super) fn heard(spec: &JudgeSpec, said: &Record) -> Result<Chosen, Score> {
    let Some(response) = &said.response else { return Err(failed(spec, said)) };
    spec.judge.read_comparison(&response.text).map_err(|why| {
        let outcome = Outcome::Unscored(UnscoredReason::UnreadableJudge);
        Score { scorer: spec.judge.scorer(), outcome, why: Some(why), value: None, labels: None }
    })
}
