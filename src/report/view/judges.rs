//! Judges in words: how far each agrees with people, and its pass rates before and after people correct them.

use super::change::Reading;
use super::number::percent;
use super::number::{Number, Style, count, plural};
use crate::compare::{Correction, JudgeQuality, JudgedArm, JudgedChange, Preferences, Results, Uncorrected};
use crate::stats::Estimate;

/// One judge.
#[derive(Debug, Clone)]
pub(in crate::report) struct JudgeView {
    pub name: String,
    /// One an arm, the baseline first; empty where nobody labelled an answer.
    pub agreement: Vec<AgreementView>,
    /// One an arm, then one a candidate: its difference.
    pub rates: Vec<RateView>,
    /// What to know of the correction.
    pub note: String,
}

/// One arm's answers, by judge and people.
#[derive(Debug, Clone)]
pub(in crate::report) struct AgreementView {
    pub arm: String,
    /// Labelled answers of all judged.
    pub labelled: String,
    pub agreement: Reading,
    pub kappa: Reading,
    pub sensitivity: Reading,
    pub specificity: Reading,
}

/// A pass rate or a difference of two.
#[derive(Debug, Clone)]
pub(in crate::report) struct RateView {
    pub of: String,
    pub cases: String,
    pub judged: Reading,
    pub corrected: Reading,
}

/// What one judge prefers, of a candidate and the baseline.
#[derive(Debug, Clone)]
pub(in crate::report) struct PreferenceView {
    pub judge: String,
    pub candidate: String,
    /// Wins, ties (equal answers among them) and losses of the candidate.
    pub counts: [String; 3],
    /// How many of the ties nobody was asked about.
    pub equal: String,
    /// Of the pairs that were asked about, those whose order decided.
    pub order: String,
    pub net: Reading,
}

/// What stands where nobody labelled an answer.
const NO_LABELS: &str = "uncorrected: no human labels";

pub(super) fn judges(results: &Results) -> Vec<JudgeView> {
    results.judges.iter().map(judge).collect()
}

pub(super) fn preferences(results: &Results) -> Vec<PreferenceView> {
    results.preferences.iter().map(preference).collect()
}

fn preference(found: &Preferences) -> PreferenceView {
    let Preferences { wins, ties, losses, order_decides, equal, .. } = *found;
    let asked = wins + ties + losses + order_decides;
    #[expect(clippy::cast_precision_loss, reason = "counts of pairs")]
    let rate = |part: usize| percent((1_000.0 * part as f64 / asked as f64).round() / 1_000.0);
    PreferenceView {
        judge: found.judge.clone(),
        candidate: found.candidate.clone(),
        counts: [wins, ties + order_decides + equal, losses].map(count),
        equal: format!("{} equal", count(equal)),
        order: if asked == 0 {
            "nothing asked".to_owned()
        } else {
            format!("{} of {}", rate(order_decides), count(asked))
        },
        net: reading(found.net.as_ref(), Style::Points, "no data"),
    }
}

/// How far a judge agrees with people, in one line.
pub(super) fn agreement(results: &Results, judge: &str) -> String {
    let found = results.judges.iter().find(|quality| quality.judge == judge).filter(|quality| is_labelled(quality));
    let Some(quality) = found else { return NO_LABELS.to_owned() };
    let arms = quality.arms.iter().map(|arm| {
        let share = reading(arm.agreement.as_ref(), Style::Share, "unknown").whole();
        format!("{} on {} of {}", share, plural(arm.labelled, "labelled answer", "labelled answers"), arm.arm)
    });
    arms.collect::<Vec<_>>().join("; ")
}

fn is_labelled(quality: &JudgeQuality) -> bool {
    quality.arms.iter().any(|arm| arm.labelled > 0)
}

fn judge(quality: &JudgeQuality) -> JudgeView {
    let is_labelled = is_labelled(quality);
    let baseline = quality.arms.first().map_or("", |arm| &arm.arm);
    let arms = quality.arms.iter().map(of_arm);
    let changes = quality.candidates.iter().map(|change| of_change(change, baseline));
    JudgeView {
        name: quality.judge.clone(),
        agreement: if is_labelled { quality.arms.iter().map(agreement_of).collect() } else { Vec::new() },
        rates: arms.chain(changes).collect(),
        note: note(quality, is_labelled),
    }
}

fn agreement_of(arm: &JudgedArm) -> AgreementView {
    let share = |estimate: Option<&Estimate>| reading(estimate, Style::Share, "no labels");
    let kappa = if arm.corrected.absent == Some(Uncorrected::FewLabels) { "few labels" } else { "undefined" };
    AgreementView {
        arm: arm.arm.clone(),
        labelled: format!("{} of {}", count(arm.labelled), count(arm.answers)),
        agreement: share(arm.agreement.as_ref()),
        kappa: reading(arm.kappa.as_ref(), Style::Factor, if arm.labelled == 0 { "no labels" } else { kappa }),
        sensitivity: share(arm.sensitivity.as_ref()),
        specificity: share(arm.specificity.as_ref()),
    }
}

fn of_arm(arm: &JudgedArm) -> RateView {
    let n = arm.judged.map_or(0, |estimate| estimate.n);
    RateView {
        of: arm.arm.clone(),
        cases: count(n),
        judged: reading(arm.judged.as_ref(), Style::Share, "no data"),
        corrected: corrected(&arm.corrected, Style::Share),
    }
}

fn of_change(change: &JudgedChange, baseline: &str) -> RateView {
    RateView {
        of: format!("{} − {baseline}", change.candidate),
        cases: count(change.pairs),
        judged: reading(change.judged.as_ref(), Style::Points, "no data"),
        corrected: corrected(&change.corrected, Style::Points),
    }
}

fn corrected(correction: &Correction, style: Style) -> Reading {
    let word = match correction.absent {
        Some(Uncorrected::NoLabels) => "no labels",
        Some(Uncorrected::FewLabels) => "few labels",
        Some(Uncorrected::Design) => "weights or clusters",
        None => "unknown",
    };
    reading(correction.estimate.as_ref(), style, word)
}

fn note(quality: &JudgeQuality, is_labelled: bool) -> String {
    if !is_labelled {
        return format!("{} is {NO_LABELS}. A judge that is wrong is wrong here too.", quality.judge);
    }
    let labels = |correction: &Correction| count(correction.labels);
    let arms = quality.arms.iter().map(|arm| format!("{}: {}", arm.arm, labels(&arm.corrected)));
    let pairs = quality
        .candidates
        .iter()
        .map(|change| format!("{}, in both arms: {}", change.candidate, labels(&change.corrected)));
    format!(
        "Corrected by what people say of the labelled cases (PPI++), which must be a random part of all: labels of \
         disagreements alone mislead. Labelled cases: {}. Below {} there is no corrected number, nor where cases weigh \
         differently or belong together.",
        arms.chain(pairs).collect::<Vec<_>>().join("; "),
        quality.labels_wanted
    )
}

fn reading(estimate: Option<&Estimate>, style: Style, absent: &'static str) -> Reading {
    estimate.map_or(Reading::Absent(absent), |estimate| Reading::Known(Number::new(estimate, style, None)))
}
