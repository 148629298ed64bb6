//! One candidate against the baseline, in words: changes, slices, and what changed hands.

use super::divergence::DivergenceView;
use super::number::{Number, Style, count, percent, plural};
use super::repeats::RepeatsView;
use super::slices::{RoutingView, SliceView, slices};
use super::{rule, why};
use crate::compare::{Change, Comparison, Metric, Quadrants};
use crate::gate::{Decision, Finding, Level};
use crate::report::Input;
use crate::stats::Estimate;

/// One candidate against the baseline.
#[derive(Debug, Clone)]
pub(in crate::report) struct CandidateView {
    pub baseline: String,
    pub name: String,
    pub pairs: usize,
    /// What the pairs are worth, where they weigh differently.
    pub effective: Option<String>,
    /// Pairs and cases, with what the gate asks for and what the missing scores could change.
    pub coverage: String,
    /// One row a metric, or a rule where a metric has several, then one a rule of a slice.
    pub changes: Vec<ChangeView>,
    pub quadrants: Quadrants,
    pub lost: Vec<String>,
    pub gained: Vec<String>,
    pub slices: Vec<SliceView>,
    /// Which slices may move.
    pub routing: Option<RoutingView>,
    /// What repeats show, where there are several.
    pub repeats: Option<RepeatsView>,
    /// How the tool calls differ, where any case involves tools.
    pub divergence: Option<DivergenceView>,
}

/// A number, or the word for its absence.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::report) enum Reading {
    Known(Number),
    /// `unknown` or `no data`.
    Absent(&'static str),
}

/// One metric, arm against arm.
#[derive(Debug, Clone)]
pub(in crate::report) struct ChangeView {
    pub metric: Metric,
    pub label: &'static str,
    /// The slice, where a rule names one.
    pub slice: Option<String>,
    /// Whether the rule asks of the candidate alone: its value and count are then over all of its own cases.
    pub alone: bool,
    pub baseline: Reading,
    pub candidate: Reading,
    pub contrast: Reading,
    pub pairs: usize,
    pub limit: Option<LimitView>,
    pub decision: Option<Decision>,
    /// Baseline, candidate and contrast with every case counted once, where cases weigh differently.
    pub unweighted: Option<[Reading; 3]>,
    /// Why there is no contrast.
    pub absent: Option<&'static str>,
    pub p_value: Option<String>,
}

/// The limit of a rule.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::report) struct LimitView {
    pub text: String,
    /// Where it lies on the contrast's scale; `None` for a rule that is off or asks of the candidate alone.
    pub on_contrast: Option<f64>,
    /// Whether the rule is off.
    pub off: bool,
}

impl Reading {
    fn new(estimate: Option<&Estimate>, style: Style, limit: Option<f64>, absent: &'static str) -> Self {
        estimate.map_or(Self::Absent(absent), |estimate| Self::Known(Number::new(estimate, style, limit)))
    }

    /// The number, where there is one.
    pub(in crate::report) fn known(&self) -> Option<&Number> {
        match self {
            Self::Known(number) => Some(number),
            Self::Absent(_) => None,
        }
    }

    /// Value and interval, or the word for their absence.
    pub(in crate::report) fn whole(&self) -> String {
        match self {
            Self::Known(number) => number.whole(),
            Self::Absent(word) => (*word).to_owned(),
        }
    }
}

impl CandidateView {
    pub(super) fn new(input: &Input<'_>, comparison: &Comparison) -> Self {
        let verdict = input.verdicts.iter().find(|verdict| verdict.candidate == comparison.candidate);
        let findings = verdict.map_or(&[][..], |verdict| &verdict.findings);
        Self {
            baseline: comparison.baseline.clone(),
            name: comparison.candidate.clone(),
            pairs: comparison.pairs,
            effective: effective(comparison),
            coverage: coverage(input, comparison),
            changes: changes(comparison, findings),
            quadrants: comparison.quadrants,
            lost: comparison.lost.clone(),
            gained: comparison.gained.clone(),
            slices: slices(comparison),
            routing: comparison.routing.as_ref().map(RoutingView::new),
            repeats: comparison.repeats.as_ref().map(|repeats| RepeatsView::new(&comparison.candidate, repeats)),
            divergence: comparison.divergence.as_ref().map(DivergenceView::new),
        }
    }

    /// The row of a metric outside slices: where several rules ask of it, that of the worst answer.
    pub(in crate::report) fn change(&self, metric: Metric) -> Option<&ChangeView> {
        let rows = self.changes.iter().filter(|change| change.metric == metric && change.slice.is_none());
        rows.reduce(|worst, row| if row.decision > worst.decision { row } else { worst })
    }
}

impl ChangeView {
    pub(super) fn new(change: &Change, finding: Option<&Finding>) -> Self {
        let row = change.metric.row();
        let absent = absent_word(change.metric);
        let asked = finding.map(|finding| &finding.rule);
        let alone = asked.is_some_and(|rule| rule.limit.is_absolute());
        let off = asked.is_some_and(|rule| rule.level == Level::Off);
        let on_contrast = asked.and_then(rule::on_contrast).filter(|_| !off);
        let value = |estimate, limit| Reading::new(estimate, Style::of_value(row), limit, absent);
        let own = if alone { change.own } else { change.candidate };
        Self {
            metric: change.metric,
            label: row.label,
            slice: asked.and_then(|rule| rule.slice.as_ref()).map(|(tag, value)| format!("{tag}={value}")),
            alone,
            baseline: value(change.baseline.as_ref(), None),
            candidate: value(own.as_ref(), asked.and_then(rule::on_value)),
            contrast: contrast(change, on_contrast, absent),
            pairs: if alone { own.map_or(0, |own| own.n) } else { change.pairs },
            limit: asked.map(|rule| LimitView { text: rule::limit(rule), on_contrast, off }),
            decision: finding.and_then(|finding| finding.decision),
            unweighted: change.unweighted.as_ref().map(|plain| {
                let contrast = Reading::new(plain.contrast.as_ref(), Style::of_contrast(row), on_contrast, absent);
                [value(plain.baseline.as_ref(), None), value(plain.candidate.as_ref(), None), contrast]
            }),
            absent: change.contrast.is_none().then(|| why::undefined(change.metric)),
            p_value: change.p_value.map(p_value),
        }
    }

    /// Whether a decision may rest on it.
    pub(in crate::report) fn decides(&self) -> bool {
        !self.metric.row().detail || self.limit.is_some()
    }
}

/// What weights cost: fewer cases carry the numbers than were paired.
fn effective(comparison: &Comparison) -> Option<String> {
    let weighted = comparison.changes.iter().any(|change| change.unweighted.is_some());
    weighted.then(|| {
        format!(
            "{}: every number is weighted to the cases of production that each drawn case stands for. The {} are worth \
             {:.0} that weigh the same.",
            comparison.candidate,
            plural(comparison.pairs, "pair", "pairs"),
            comparison.effective_pairs
        )
    })
}

/// One row a metric and rule: the changes over all cases first, then the rules of slices.
fn changes(comparison: &Comparison, findings: &[Finding]) -> Vec<ChangeView> {
    let mut views: Vec<ChangeView> = Vec::new();
    for change in &comparison.changes {
        let of_metric: Vec<&Finding> =
            findings.iter().filter(|one| one.rule.metric == change.metric && one.rule.slice.is_none()).collect();
        if of_metric.is_empty() {
            views.push(ChangeView::new(change, None));
        }
        views.extend(of_metric.into_iter().map(|finding| ChangeView::new(change, Some(finding))));
    }
    for finding in findings {
        let Some((tag, value)) = &finding.rule.slice else { continue };
        if let Some(change) = comparison.change(finding.rule.metric, Some((tag, value))) {
            views.push(ChangeView::new(change, Some(finding)));
        }
    }
    // The test is of the pairs, however many rules there are for them.
    for index in 1..views.len() {
        let (before, after) = views.split_at_mut(index);
        let row = &mut after[0];
        if before.iter().any(|view| (view.metric, &view.slice) == (row.metric, &row.slice)) {
            row.p_value = None;
        }
    }
    views
}

fn coverage(input: &Input<'_>, comparison: &Comparison) -> String {
    #[expect(clippy::cast_precision_loss, reason = "counts of cases")]
    let share = (comparison.cases > 0).then(|| comparison.pairs as f64 / comparison.cases as f64);
    let share = share.map_or_else(|| "no case".to_owned(), |share| Style::Share.write(share));
    let bounds: String = comparison.changes.iter().filter_map(|change| bounds(&comparison.candidate, change)).collect();
    format!(
        "{}: {} of {} have a usable score in both arms ({share}; the gate asks for {}).{bounds}",
        comparison.candidate,
        count(comparison.pairs),
        plural(comparison.cases, "case", "cases"),
        percent(input.gate.min_coverage)
    )
}

/// What the missing scores of a metric could do to its difference.
fn bounds(candidate: &str, change: &Change) -> Option<String> {
    let (worst, best) = (change.worst_case?, change.best_case?);
    if change.missing == 0 {
        return None;
    }
    let style = Style::of_contrast(change.metric.row());
    Some(format!(
        " With {} counted against {candidate} the difference of {} would be {}, counted for it {}.",
        plural(change.missing, "missing score", "missing scores"),
        rule::lower(change.metric.row().label),
        style.write(worst),
        style.write(best)
    ))
}

/// How the arms compare. A ratio to a baseline without a success is no number.
pub(super) fn contrast(change: &Change, limit: Option<f64>, absent: &'static str) -> Reading {
    let hopeless = change.metric == Metric::CostPerSuccess && change.baseline.is_none() && change.candidate.is_some();
    if hopeless && change.contrast.is_some() {
        return Reading::Absent("the baseline never succeeds");
    }
    Reading::new(change.contrast.as_ref(), Style::of_contrast(change.metric.row()), limit, absent)
}

/// A cost that is not known is unknown; what was never measured is no data.
fn absent_word(metric: Metric) -> &'static str {
    match metric {
        Metric::CostPerSuccess | Metric::InputTokens | Metric::OutputTokens => "unknown",
        Metric::Accuracy
        | Metric::ToolCallFailureRate
        | Metric::LatencyP50
        | Metric::LatencyP95
        | Metric::LatencyP99
        | Metric::LatencyTypical
        | Metric::FirstTokenP50
        | Metric::FirstTokenP95
        | Metric::TokensPerSecond
        | Metric::Score(_)
        | Metric::MacroF1(_) => "no data",
    }
}

fn p_value(p: f64) -> String {
    if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") }
}
