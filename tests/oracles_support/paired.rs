//! Paired differences.

use cutover::stats::newcombe::{Pairs, newcombe};
use cutover::stats::pairing::{CaseScores, pair};
use cutover::stats::tango::{self, Discordant};
use cutover::stats::{Design, PerCase, mcnemar, mean, paired, repeats};
use serde::Deserialize;
use serde_json::{Value, json};

use super::input::Input;
use super::rates::{agree, limits};
use super::{Method, method};

pub(crate) const METHODS: &[Method] = &[
    method("tango_ci", tango_ci),
    method("tango_test", tango_test),
    method("newcombe10_ci", newcombe10_ci),
    method("mcnemar", mcnemar),
    method("paired_score_ci", paired_score_ci),
    method("paired_t", paired_t),
    method("variance_components", variance_components),
    method("pairing", pairing),
];

/// Disagreements by count.
pub(crate) fn discordant(input: Input<'_>) -> Result<Discordant, String> {
    Ok(Discordant {
        baseline_only: input.number("base_only")?,
        candidate_only: input.number("cand_only")?,
        n: input.number("n")?,
    })
}

fn tango_ci(input: Input<'_>) -> Result<Value, String> {
    let (baseline_only, candidate_only) = (input.count("base_only")?, input.count("cand_only")?);
    Ok(limits(tango::tango(baseline_only, candidate_only, input.count("n")?, input.confidence()?)))
}

fn tango_test(input: Input<'_>) -> Result<Value, String> {
    let test = tango::test(discordant(input)?, input.number("theta0")?);
    Ok(json!({ "z": test.z, "p_greater": test.p_greater, "p_less": test.p_less }))
}

fn newcombe10_ci(input: Input<'_>) -> Result<Value, String> {
    let pairs = Pairs {
        both: input.count("both")?,
        baseline_only: input.count("base_only")?,
        candidate_only: input.count("cand_only")?,
        neither: input.count("neither")?,
    };
    Ok(limits(newcombe(pairs, input.confidence()?)))
}

fn mcnemar(input: Input<'_>) -> Result<Value, String> {
    let (baseline_only, candidate_only) = (input.count("base_only")?, input.count("cand_only")?);
    Ok(json!({
        "p_exact": mcnemar::exact_p(baseline_only, candidate_only),
        "p_midp": mcnemar::mid_p(baseline_only, candidate_only),
    }))
}

fn paired_score_ci(input: Input<'_>) -> Result<Value, String> {
    let (values, clusters) = (input.list("d")?, input.clusters()?);
    let cases = PerCase { values: &values, design: Design::clustered(clusters.as_deref()) };
    let (scores, confidence) = (input.scores()?, input.confidence()?);
    let difference = paired::effective_difference(cases, scores, confidence);
    agree(difference.map(|difference| difference.estimate), paired::difference(cases, scores, confidence))?;
    let mut answer = limits(difference.map(|difference| difference.estimate));
    answer["n"] = values.len().into();
    answer["n_clusters"] = difference.map_or(0, |difference| difference.clusters).into();
    answer["se"] = difference.and_then(|difference| difference.standard_error).into();
    answer["variance"] = difference.and_then(|difference| difference.variance).into();
    answer["n_eff"] = difference.and_then(|difference| difference.discordant).map(|pairs| pairs.n).into();
    Ok(answer)
}

fn paired_t(input: Input<'_>) -> Result<Value, String> {
    let (values, clusters) = (input.list("d")?, input.clusters()?);
    let design = Design::clustered(clusters.as_deref());
    let mean = mean::t_mean(PerCase { values: &values, design }, input.confidence()?);
    let mut answer = limits(mean.map(|mean| mean.estimate));
    answer["se"] = mean.and_then(|mean| mean.standard_error).into();
    answer["df"] = mean.and_then(|mean| mean.degrees_of_freedom).into();
    Ok(answer)
}

fn variance_components(input: Input<'_>) -> Result<Value, String> {
    let (baseline, candidate): (Vec<Vec<f64>>, Vec<Vec<f64>>) = (input.get("baseline")?, input.get("candidate")?);
    let components = repeats::components(&baseline, &candidate).ok_or("no cases")?;
    Ok(json!({
        "n": baseline.len(),
        "mean_d": components.mean_difference,
        "var_d": components.variance,
        "sigma2_baseline": components.baseline_within,
        "sigma2_candidate": components.candidate_within,
        "noise": components.split.map(|split| split.trials),
        "omega2": components.split.map(|split| split.cases),
        "trial_share": components.split.and_then(|split| split.trials_share),
    }))
}

#[derive(Deserialize)]
struct Case {
    id: Value,
    baseline: Vec<Option<f64>>,
    candidate: Vec<Option<f64>>,
}

fn pairing(input: Input<'_>) -> Result<Value, String> {
    let cases: Vec<Case> = input.get("cases")?;
    let scores: Vec<CaseScores<'_>> =
        cases.iter().map(|case| CaseScores { baseline: &case.baseline, candidate: &case.candidate }).collect();
    let pairing = pair(&scores, None);
    Ok(json!({
        "ids": pairing.pairs.iter().map(|pair| &cases[pair.case].id).collect::<Vec<_>>(),
        "d": pairing.pairs.iter().map(|pair| pair.difference).collect::<Vec<_>>(),
        "mean_d": pairing.mean_difference(),
        "missing_candidate": pairing.missing_candidate,
        "missing_baseline": pairing.missing_baseline,
        "missing_both": pairing.missing_both,
        "worst_case": pairing.worst_case,
        "best_case": pairing.best_case,
    }))
}
