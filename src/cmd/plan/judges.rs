//! What the judges of a run will be asked at most: their questions hang on answers that are not there yet.

use super::super::CommandError;
use crate::dataset::{Dataset, tokens};
use crate::domain::{Case, FinishReason, Response, Usage, Usd};
use crate::forecast::JudgeForecast;
use crate::pricing::Tier;
use crate::suite::{ArmSpec, JudgeSpec, Suite};

/// Every judge, with the most that it is asked.
pub(super) fn judges(suite: &Suite, dataset: &Dataset) -> Result<Vec<JudgeForecast>, CommandError> {
    let none = |spec: &JudgeSpec| JudgeForecast {
        judge: spec.judge.name.clone(),
        model: spec.asks.model().to_owned(),
        questions: 0,
        cost: Some(Usd::ZERO),
    };
    let mut forecasts: Vec<JudgeForecast> = suite.judges.iter().map(none).collect();
    if forecasts.is_empty() {
        return Ok(forecasts);
    }
    for place in 0..dataset.entries.len() {
        let case = dataset.read(place).map_err(|problem| vec![problem])?;
        for (spec, forecast) in suite.judges.iter().zip(&mut forecasts) {
            if !spec.judge.concerns(&case) {
                continue;
            }
            let asked = frame(spec, &case);
            let answers: Vec<Option<u64>> = if spec.judge.pairwise {
                let baseline = longest(&suite.arms[0], &case);
                let pair = |arm| baseline.zip(longest(arm, &case)).map(|(one, other)| one.saturating_add(other));
                // Both orders.
                suite.arms[1..].iter().flat_map(|arm| [pair(arm); 2]).collect()
            } else {
                suite.arms.iter().map(|arm| longest(arm, &case)).collect()
            };
            for answer in answers {
                let once = answer.and_then(|answer| cost(spec, asked.saturating_add(answer)));
                for _ in 0..suite.replay.repeats {
                    forecast.questions += 1;
                    forecast.cost = forecast.cost.zip(once).map(|(sum, once)| sum.plus(once));
                }
            }
        }
    }
    Ok(forecasts)
}

/// Tokens of a question about an answer that says nothing.
fn frame(spec: &JudgeSpec, case: &Case) -> u64 {
    let nothing = Response {
        text: String::new(),
        tool_calls: Vec::new(),
        refusal: None,
        finish_reason: FinishReason::Stop,
        finish_raw: None,
    };
    let question = if spec.judge.pairwise {
        spec.judge.comparison("", case, (&nothing, &nothing))
    } else {
        spec.judge.question("", case, &nothing)
    };
    let texts = question["messages"].as_array().into_iter().flatten().filter_map(|message| message["content"].as_str());
    texts.map(tokens::count).sum()
}

/// Tokens of the longest answer of an arm to a case.
fn longest(arm: &ArmSpec, case: &Case) -> Option<u64> {
    if let Some(live) = arm.live() {
        return live.sampling.max_output_tokens;
    }
    let said = case.recorded.as_ref().and_then(|recorded| recorded.result.as_ref().ok());
    Some(said.map_or(0, tokens::output))
}

fn cost(spec: &JudgeSpec, input: u64) -> Option<Usd> {
    let output = spec.asks.live()?.sampling.max_output_tokens?;
    let usage = Usage {
        input_tokens: Some(input),
        uncached_input_tokens: Some(input),
        output_tokens: Some(output),
        ..Usage::default()
    };
    spec.asks.price.as_ref()?.0.cost(&usage, Tier::Standard)
}
