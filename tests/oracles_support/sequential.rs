//! Evidence at every look.

use cutover::stats::Interval;
use cutover::stats::confseq::{self, running};
use cutover::stats::eprocess::{self, Null, Outcomes};
use cutover::stats::sequential::{By, Rule, decide};
use cutover::stats::verdict::Class;
use serde_json::{Value, json};

use super::input::Input;
use super::{Method, method};

pub(crate) const METHODS: &[Method] = &[
    method("log_e", |input| Ok(eprocess::log_e(&input.list("d")?, null(input)?).into())),
    method("log_e_counts", |input| Ok(eprocess::log_e_counts(outcomes(input)?, null(input)?).into())),
    method("confseq", confseq),
    method("confseq_counts", |input| Ok(limits(confseq::confseq_counts(outcomes(input)?, input.number("alpha")?)))),
    method("seq_decision", seq_decision),
];

fn null(input: Input<'_>) -> Result<Null, String> {
    let (mean, side): (f64, String) = (input.number("null_mean")?, input.get("side")?);
    match side.as_str() {
        "greater" => Ok(Null::AtMost(mean)),
        "less" => Ok(Null::AtLeast(mean)),
        other => Err(format!("unknown side {other}")),
    }
}

fn outcomes(input: Input<'_>) -> Result<Outcomes, String> {
    Ok(Outcomes { wins: input.count("wins")?, losses: input.count("losses")?, ties: input.count("ties")? })
}

fn limits(interval: Interval) -> Value {
    json!({ "lower": interval.low, "upper": interval.high })
}

/// The interval after all cases; the running one must end within it.
fn confseq(input: Input<'_>) -> Result<Value, String> {
    let (differences, alpha) = (input.list("d")?, input.number("alpha")?);
    let interval = confseq::confseq(&differences, alpha);
    if let Some(last) = running(&differences, alpha).last() {
        let within = last.low >= interval.low && last.high <= interval.high;
        within.then_some(()).ok_or_else(|| format!("running {last:?} is not within {interval:?}"))?;
    }
    Ok(limits(interval))
}

fn seq_decision(input: Input<'_>) -> Result<Value, String> {
    let decision = decide(
        &input.list("d")?,
        Rule {
            margin: input.number("margin")?,
            alpha: input.number("alpha")?,
            spend: input.number("spend")?,
            most_cases: input.count("n_max")?,
            first_look: input.count("first_look")?,
            scores: input.scores()?,
        },
    );
    Ok(json!({
        "decision": match decision.class {
            Class::Better => "better",
            Class::NotWorse => "not_worse",
            Class::Worse => "worse",
            Class::Inconclusive => "inconclusive",
        },
        "stopped_at": decision.cases,
        "by": match decision.by {
            Some(By::EProcess) => "e-process",
            Some(By::FinalInterval) => "final-interval",
            None => "none",
        },
        "log_e_not_worse": decision.log_e_not_worse,
        "log_e_worse": decision.log_e_worse,
    }))
}
