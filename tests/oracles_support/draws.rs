//! pass@k and pass^k.

use cutover::stats::Design;
use cutover::stats::passk::{PassK, Passing};
use cutover::stats::trials::CaseTrials;
use serde_json::{Value, json};

use super::input::Input;
use super::{Method, method};

pub(crate) const METHODS: &[Method] = &[method("passk", passk)];

fn passk(input: Input<'_>) -> Result<Value, String> {
    let (trials, passed): (Vec<usize>, Vec<usize>) = (input.get("n_trials")?, input.get("n_correct")?);
    let cases: Vec<CaseTrials> =
        passed.into_iter().zip(trials).map(|(passed, trials)| CaseTrials { passed, trials }).collect();
    let passing = match input.get::<String>("kind")?.as_str() {
        "any" => Passing::Any,
        "all" => Passing::All,
        other => return Err(format!("unknown kind {other}")),
    };
    let found = PassK { k: input.count("k")?, passing }.rate(&cases, Design::default(), 0.95);
    if found.used + found.too_few != cases.len() {
        return Err(format!("{found:?} does not account for all cases"));
    }
    Ok(json!({
        "per_case": found.per_case,
        "used": found.used,
        "mean": found.rate.map(|rate| rate.estimate.value),
        "se": found.rate.and_then(|rate| rate.standard_error),
    }))
}
