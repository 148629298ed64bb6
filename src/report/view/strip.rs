//! The verdict on one candidate, in words.

use super::number::{percent, plural, time};
use super::{rule, why};
use crate::gate::{Decision, Finding, Level, Verdict};
use crate::report::Input;

/// The verdict on one candidate.
#[derive(Debug, Clone)]
pub(in crate::report) struct Strip {
    pub candidate: String,
    pub decision: Decision,
    /// Why, in plain words: the findings that decide, then the warnings; never empty.
    pub sentences: Vec<String>,
    /// The rule that decides; `None` when there is none.
    pub rule: Option<String>,
    /// The models, baseline → candidate.
    pub models: String,
    pub pairs: String,
    pub date: String,
    /// One sentence a rule, with its answer; a rule that is off has none.
    pub findings: Vec<(Option<Decision>, String)>,
}

/// The word of a decision.
#[must_use]
pub fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Pass => "PASS",
        Decision::Fail => "FAIL",
        Decision::Inconclusive => "INCONCLUSIVE",
        Decision::NoData => "NO-DATA",
    }
}

/// The mark of a rule, which may be off.
pub(in crate::report) fn mark_of_rule(decision: Option<Decision>) -> &'static str {
    decision.map_or("– OFF", mark)
}

/// Shape and word: a reader who sees no colour sees the shape, and one who sees no shape reads the word.
pub(in crate::report) fn mark(decision: Decision) -> &'static str {
    match decision {
        Decision::Pass => "● PASS",
        Decision::Fail => "■ FAIL",
        Decision::Inconclusive => "◆ INCONCLUSIVE",
        Decision::NoData => "○ NO-DATA",
    }
}

impl Strip {
    pub(super) fn new(input: &Input<'_>, verdict: &Verdict) -> Self {
        let comparison = input.results.comparisons.iter().find(|one| one.candidate == verdict.candidate);
        let manifest = input.manifest;
        let model = |arm: &str| {
            let info = manifest.arms.iter().find(|info| info.name == arm);
            info.map_or_else(|| "unknown model".to_owned(), |info| info.model.clone())
        };
        let baseline = manifest.arms.first().map_or("", |info| info.name.as_str());
        Self {
            candidate: verdict.candidate.clone(),
            decision: verdict.decision,
            sentences: sentences(verdict, input.gate.confidence),
            rule: why::deciding(&verdict.findings, verdict.decision).next().map(|finding| rule::rule(&finding.rule)),
            models: format!("{} → {}", model(baseline), model(&verdict.candidate)),
            pairs: match (why::deciding(&verdict.findings, verdict.decision).next(), comparison) {
                (Some(Finding { observed: Some(observed), .. }), _) => plural(observed.n, "pair", "pairs"),
                (_, Some(comparison)) => plural(comparison.pairs, "pair", "pairs"),
                (_, None) => "no comparison".to_owned(),
            },
            date: time(manifest.finished_at.unwrap_or(manifest.started_at)),
            findings: verdict.findings.iter().map(|finding| (finding.decision, found(finding))).collect(),
        }
    }
}

/// What a rule found; one that only warns says so.
fn found(finding: &Finding) -> String {
    let sentence = why::sentence(finding);
    match finding.rule.level {
        Level::Error | Level::Off => sentence,
        Level::Warn => format!("Warning only: {}", rule::lower(&sentence)),
    }
}

fn sentences(verdict: &Verdict, confidence: f64) -> Vec<String> {
    let mut sentences: Vec<String> = why::deciding(&verdict.findings, verdict.decision).map(why::sentence).collect();
    if sentences.is_empty() {
        sentences.push("The suite's gate has no rule that decides, so there is nothing to judge by.".to_owned());
    }
    sentences.extend(by_chance(verdict, confidence));
    let warned = |level, decision| level == Level::Warn && decision != Some(Decision::Pass);
    let warnings = verdict.findings.iter().filter(|finding| warned(finding.rule.level, finding.decision));
    sentences.extend(warnings.map(found));
    sentences
}

/// Of a fail by any of several rules: how often chance alone brings one. A pass needs all of them, and no such remark
/// (Berger 1982).
fn by_chance(verdict: &Verdict, confidence: f64) -> Option<String> {
    let judged = |finding: &&Finding| {
        finding.rule.level == Level::Error && finding.decision.is_some_and(|decision| decision != Decision::NoData)
    };
    let rules = verdict.findings.iter().filter(judged).count();
    #[expect(clippy::cast_precision_loss, reason = "a handful of rules")]
    let rate = (rules as f64 * (1.0 - confidence) / 2.0).min(1.0);
    (verdict.decision == Decision::Fail && rules > 1).then(|| {
        format!(
            "Any of {rules} rules may fail it: a candidate that sits on every limit does so by chance in up to {} of runs.",
            percent(rate)
        )
    })
}
