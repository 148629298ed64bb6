//! What is refused before sending, what is lost in sending, and what is sent as it is.

use serde::Deserialize;
use serde_json::value::RawValue;

use cutover::provider::translate::check;
use cutover::provider::{Effect, Translation};

use super::exchange::endpoint;
use super::neutral::{self, Invalid};
use super::{Outcome, expect};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    target: Target,
    request_neutral: Box<RawValue>,
    expected: Expected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Target {
    provider: String,
    model: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    verdict: String,
    code: Option<String>,
    param: Option<String>,
    /// For readers; not asserted.
    #[serde(rename = "hint")]
    _hint: Option<String>,
}

/// Checks every case of the file with this text.
pub(crate) fn refusals(text: &str) -> Result<Vec<(String, Outcome)>, String> {
    let cases: Vec<Case> = serde_json::from_str(text).map_err(|error| format!("refusals.json: {error}"))?;
    let outcome = |case: Case| {
        let outcome = outcome(&case).unwrap_or_else(Outcome::failed);
        (case.name, outcome)
    };
    Ok(cases.into_iter().map(outcome).collect())
}

fn outcome(case: &Case) -> Result<Outcome, String> {
    let request = neutral::request(case.request_neutral.get());
    let request = request.map_err(|Invalid(why)| format!("request_neutral: {why}"))?;
    let mut differences = Vec::new();
    expect(&mut differences, "model", (&case.target.model, &request.model));
    let findings = check(&request, &endpoint(&case.target.provider)?);
    let of = |effect| findings.iter().filter(move |found: &&Translation| found.effect == effect);
    let (refused, lossy) = (of(Effect::Refused).next(), of(Effect::Lossy).next());
    let verdict = match (refused, lossy) {
        (Some(_), _) => "refuse",
        (None, Some(_)) => "lossy",
        (None, None) => "ok",
    };
    expect(&mut differences, "verdict", (&case.expected.verdict.as_str(), &verdict));
    // Of several losses any may be the expected one; of several refusals the first is.
    let expected_loss = of(Effect::Lossy).find(|found| Some(found.code) == case.expected.code.as_deref());
    let found = refused.or(expected_loss).or(lossy);
    expect(&mut differences, "code", (&case.expected.code.as_deref(), &found.map(|found| found.code)));
    expect(&mut differences, "param", (&case.expected.param.as_deref(), &found.map(|found| found.param)));
    Ok(Outcome::of(differences))
}
