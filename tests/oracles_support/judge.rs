//! Judges: how far they agree with humans, and numbers corrected for their errors.

use cutover::stats::kappa;
use cutover::stats::ppi::{self, Labels, Trust};
use cutover::stats::rogan_gladen::{self, Hits, Judged};
use serde_json::{Value, json};

use super::input::Input;
use super::rates::limits;
use super::{Method, method};

pub(crate) const METHODS: &[Method] =
    &[method("cohen_kappa", cohen_kappa), method("rogan_gladen", corrected_rate), method("ppi_mean", ppi_mean)];

fn cohen_kappa(input: Input<'_>) -> Result<Value, String> {
    let table: Vec<Vec<usize>> = input.get("table")?;
    let found = kappa::agreement(&table, input.confidence()?);
    let kappa = found.and_then(|found| found.kappa);
    Ok(json!({
        "po": found.map(|found| found.observed.value),
        "pe": found.map(|found| found.expected),
        "kappa": kappa.map(|kappa| kappa.estimate.value),
        "se": kappa.map(|kappa| kappa.standard_error),
        "lower": kappa.and_then(|kappa| kappa.estimate.low()),
        "upper": kappa.and_then(|kappa| kappa.estimate.high()),
    }))
}

fn corrected_rate(input: Input<'_>) -> Result<Value, String> {
    let hits = |hits, n| Ok::<_, String>(Hits { hits: input.count(hits)?, n: input.count(n)? });
    let judged = Judged {
        passed: hits("judged_pass", "n")?,
        right_passes: hits("true_pos", "n_pos")?,
        right_fails: hits("true_neg", "n_neg")?,
    };
    Ok(limits(rogan_gladen::corrected_rate(judged, input.confidence()?)))
}

fn ppi_mean(input: Input<'_>) -> Result<Value, String> {
    let [human, judge, judge_alone] = ["y_labeled", "f_labeled", "f_unlabeled"].map(|key| input.list(key));
    let (human, judge, judge_alone) = (human?, judge?, judge_alone?);
    let labels = Labels { human: &human, judge: &judge, judge_alone: &judge_alone };
    let trust = input.get::<Option<f64>>("lam")?.map_or(Trust::Tuned, Trust::Fixed);
    let found = ppi::corrected_mean(labels, trust, input.confidence()?);
    let mut answer = limits(found.map(|found| found.estimate));
    answer["lam"] = found.map(|found| found.trust).into();
    answer["se"] = found.and_then(|found| found.standard_error).into();
    Ok(answer)
}
