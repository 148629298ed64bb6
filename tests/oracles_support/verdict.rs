//! Reading intervals against margins.

use cutover::stats::Interval;
use cutover::stats::verdict::{Class, Overall, classify, overall};
use serde::Deserialize;
use serde_json::{Value, json};

use super::input::Input;
use super::{Method, method};

pub(crate) const METHODS: &[Method] = &[method("classify", classify_limits), method("overall", overall_gates)];

const CLASSES: &[(&str, Class)] = &[
    ("better", Class::Better),
    ("not_worse", Class::NotWorse),
    ("worse", Class::Worse),
    ("inconclusive", Class::Inconclusive),
];

fn classify_limits(input: Input<'_>) -> Result<Value, String> {
    let interval = Interval { low: input.get("lower")?, high: input.get("upper")?, confidence: 0.95 };
    let reading = classify(Some(interval), input.number("margin")?);
    let name = CLASSES.iter().find(|row| row.1 == reading.class).map(|row| row.0);
    Ok(json!({ "cls": name, "measurably_worse": reading.measurably_worse }))
}

#[derive(Deserialize)]
struct Gate {
    cls: String,
    required: bool,
}

fn overall_gates(input: Input<'_>) -> Result<Value, String> {
    let gates: Vec<Gate> = input.get("gates")?;
    let required: Vec<Class> = gates
        .iter()
        .filter(|gate| gate.required)
        .map(|gate| CLASSES.iter().find(|row| row.0 == gate.cls).map(|row| row.1).ok_or("unknown class"))
        .collect::<Result<_, _>>()?;
    let verdict = match overall(&required) {
        Overall::Pass => "migrate",
        Overall::Fail => "hold",
        Overall::Inconclusive => "inconclusive",
    };
    Ok(json!({ "verdict": verdict }))
}
