//! Slices, in words: the accuracy in each, whether it may move, and which arm for which slice.

use super::change::{ChangeView, Reading};
use super::number::{Number, Style, count_u64, margin, plural};
use crate::compare::{
    Advice, Change, Choice, Comparison, Metric, Policy, PolicyValue, Results, Routing, ShrunkDifference, SliceRouting,
    TagRouting,
};
use crate::gate::MIN_SLICE_PAIRS;

/// The accuracy of a slice.
#[derive(Debug, Clone)]
pub(in crate::report) struct SliceView {
    pub name: String,
    pub change: ChangeView,
    /// Whether it rests on few cases.
    pub few: bool,
}

/// Which slices may move to a candidate.
#[derive(Debug, Clone)]
pub(in crate::report) struct RoutingView {
    /// The largest loss tolerated; `None` where the gate does not say.
    pub margin: Option<String>,
    pub slices: Vec<RouteView>,
    /// Tags by which slices do not differ beyond chance.
    pub alike: Vec<String>,
}

/// Whether one slice may move.
#[derive(Debug, Clone)]
pub(in crate::report) struct RouteView {
    pub name: String,
    /// The shrunken difference and its standard deviation.
    pub shrunk: Option<[String; 2]>,
    /// The adjusted p.
    pub p: Option<String>,
    pub q: Option<String>,
    pub advice: Option<String>,
    pub few: bool,
}

/// Which arm for which slice of a tag.
#[derive(Debug, Clone)]
pub(in crate::report) struct PolicyView {
    pub tag: String,
    pub choices: Vec<ChoiceView>,
    /// Whether a slice moves.
    pub moves: bool,
    /// What moving is worth, in a sentence.
    pub worth: String,
}

/// The arm of one slice.
#[derive(Debug, Clone)]
pub(in crate::report) struct ChoiceView {
    pub name: String,
    pub arm: String,
    /// `None` for the baseline.
    pub accuracy: Option<Reading>,
    pub cost_per_success: Reading,
    pub cost_ratio: Option<Reading>,
}

/// The accuracy of every slice.
pub(super) fn slices(comparison: &Comparison) -> Vec<SliceView> {
    let accuracy = |changes: &[Change]| changes.iter().find(|change| change.metric == Metric::Accuracy).cloned();
    let view = |slice: &crate::compare::Slice| {
        let change = accuracy(&slice.changes)?;
        Some(SliceView {
            name: format!("{}={}", slice.tag, slice.value),
            few: change.pairs < MIN_SLICE_PAIRS,
            change: ChangeView::new(&change, None),
        })
    };
    comparison.slices.iter().filter_map(view).collect()
}

impl RoutingView {
    pub(super) fn new(routing: &Routing) -> Self {
        let of_tag = |tag: &TagRouting| {
            let name = tag.tag.clone();
            tag.slices.iter().map(move |slice| RouteView::new(&name, slice)).collect::<Vec<_>>()
        };
        Self {
            margin: routing.margin.map(margin),
            slices: routing.tags.iter().flat_map(of_tag).collect(),
            alike: routing.tags.iter().filter(|tag| tag.between == Some(0.0)).map(|tag| tag.tag.clone()).collect(),
        }
    }
}

impl RouteView {
    fn new(tag: &str, slice: &SliceRouting) -> Self {
        let shrunk = |ShrunkDifference { value, standard_deviation }| {
            [Style::Points.write(value), format!("±\u{a0}{}", margin((standard_deviation * 1000.0).round() / 1000.0))]
        };
        Self {
            name: format!("{tag}={}", slice.value),
            shrunk: slice.shrunk.map(shrunk),
            p: slice.adjusted.map(chance),
            q: slice.q.map(chance),
            advice: slice.advice.map(advice),
            few: slice.pairs < MIN_SLICE_PAIRS,
        }
    }
}

fn advice(advice: Advice) -> String {
    match advice {
        Advice::Move => "move".to_owned(),
        Advice::Stay => "stay: worse beyond the margin".to_owned(),
        Advice::MoreCases { about: Some(about) } => {
            format!("stay for now: about {} more cases decide", count_u64(about))
        }
        Advice::MoreCases { about: None } => "stay for now: how many more cases decide is unknown".to_owned(),
        Advice::MissingDecide { missing } => {
            format!("stay for now: {} against it would decide", plural(missing, "missing score", "missing scores"))
        }
        Advice::TooFew { needed } => format!("stay: fewer than {}", plural(needed, "pair", "pairs")),
    }
}

fn chance(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_owned() } else { format!("{p:.3}") }
}

/// Which arm for which slice, one view a tag.
pub(super) fn policies(results: &Results) -> Vec<PolicyView> {
    let baseline = results.arms.first().map(|arm| arm.arm.as_str()).unwrap_or_default();
    let view = |policy: &Policy| {
        let moves = policy.choices.iter().any(|choice| choice.arm != baseline);
        PolicyView {
            tag: policy.tag.clone(),
            choices: policy.choices.iter().map(|choice| ChoiceView::new(&policy.tag, choice)).collect(),
            moves,
            worth: worth(policy, baseline),
        }
    };
    results.policies.iter().map(view).collect()
}

impl ChoiceView {
    fn new(tag: &str, choice: &Choice) -> Self {
        let reading = |estimate: &crate::stats::Estimate, style| Reading::Known(Number::new(estimate, style, None));
        Self {
            name: format!("{tag}={}", choice.value),
            arm: choice.arm.clone(),
            accuracy: choice.accuracy.as_ref().map(|accuracy| reading(accuracy, Style::Points)),
            cost_per_success: choice
                .cost_per_success
                .as_ref()
                .map_or(Reading::Absent("unknown"), |cost| reading(cost, Style::Usd)),
            cost_ratio: choice.cost_ratio.as_ref().map(|ratio| reading(ratio, Style::Ratio)),
        }
    }
}

fn worth(policy: &Policy, baseline: &str) -> String {
    let Some(PolicyValue { accuracy, saving, moved, cases }) = &policy.value else {
        return format!(
            "By {}, what moving the winners is worth cannot be told: with a fifth of the cases held out no slice moves.",
            policy.tag
        );
    };
    let number = |estimate, style| Number::new(estimate, style, None).whole();
    let saved = if saving.value < 0.0 { saving.negated() } else { *saving };
    format!(
        "By {}, moving the winners alone instead of leaving all with {baseline} changes accuracy by {} and {} {} in \
         1,000 requests; {} of {} move. Cross-fitted: each case goes where the cases outside its fold say.",
        policy.tag,
        number(accuracy, Style::Points),
        if saving.value < 0.0 { "costs" } else { "saves" },
        number(&saved, Style::Usd),
        super::number::count(*moved),
        plural(*cases, "case", "cases")
    )
}
