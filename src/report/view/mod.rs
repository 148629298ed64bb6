//! Numbers → text, once: what every section arranges and every format and chart shows.

mod arm;
mod break_even;
mod change;
mod divergence;
mod economics;
mod judges;
pub(super) mod number;
mod outcome;
mod provenance;
mod repeats;
pub(super) mod rule;
mod slices;
mod strip;
mod translation;
mod warning;
pub(super) mod why;

use std::collections::BTreeMap;

pub(super) use arm::{ArmView, Price};
pub(super) use break_even::AnswerRow;
pub(super) use change::{CandidateView, ChangeView, Reading};
pub(super) use divergence::DivergenceView;
pub(super) use economics::{ArmsTable, EconomicsView};
pub(super) use judges::{JudgeView, PreferenceView};
pub(super) use number::Number;
pub(super) use outcome::outcome;
pub(super) use repeats::PassView;
pub(super) use slices::{PolicyView, RoutingView};
pub use strip::word;
pub(super) use strip::{Strip, mark, mark_of_rule};
pub(super) use translation::{Setting, SettingView, TranslationView};
pub(super) use why::sentence;

use super::Input;
use crate::compare::Confusion;
use crate::gate::{self, Decision};

/// What the scorers that classify saw in one arm.
pub(super) struct ArmConfusions<'a> {
    pub name: &'a str,
    pub confusions: &'a [Confusion],
}

/// A report in words: everything rounded, nothing arranged yet.
#[derive(Debug, Clone)]
pub struct View<'a> {
    /// Where the words come from; `summary.json` gives the numbers themselves.
    pub(super) input: Input<'a>,
    /// The suite's name.
    pub(super) suite: String,
    pub(super) description: Option<String>,
    pub(super) run: String,
    /// When the run ended, or began if it has not.
    pub(super) date: String,
    /// Such as 95%.
    pub(super) confidence: String,
    pub(super) baseline: String,
    /// One verdict a candidate, in the suite's order.
    pub(super) verdicts: Vec<Strip>,
    /// One comparison a candidate, in the suite's order.
    pub(super) candidates: Vec<CandidateView>,
    /// What it comes to with each candidate, in the suite's order.
    pub(super) economics: Vec<EconomicsView>,
    /// Which arm for which slice, one a tag.
    pub(super) policies: Vec<PolicyView>,
    /// The baseline first.
    pub(super) arms: Vec<ArmView>,
    /// How far each judge agrees with people.
    pub(super) judges: Vec<JudgeView>,
    /// What judges that compare prefer.
    pub(super) preferences: Vec<PreferenceView>,
    pub(super) warnings: Vec<String>,
    /// Where an arm could not be asked what the dataset says.
    pub(super) translations: Vec<TranslationView>,
    /// The settings in which the arms differ.
    pub(super) settings: Vec<SettingView>,
    /// How the numbers came about.
    pub(super) provenance: Vec<(String, String)>,
    /// How each metric's intervals were made.
    pub(super) methods: Vec<(String, String)>,
    /// What a failure that no case shows may still be.
    pub(super) rule_of_three: Option<String>,
}

impl<'a> View<'a> {
    /// The words for a run's numbers.
    #[must_use]
    pub fn new(input: &Input<'a>) -> Self {
        let manifest = input.manifest;
        let candidates: Vec<_> =
            input.results.comparisons.iter().map(|comparison| CandidateView::new(input, comparison)).collect();
        let economics: Vec<_> = input.results.comparisons.iter().map(EconomicsView::new).collect();
        Self {
            input: *input,
            suite: manifest.suite.name.clone(),
            description: manifest.suite.description.clone(),
            run: manifest.run.clone(),
            date: number::time(manifest.finished_at.unwrap_or(manifest.started_at)),
            confidence: number::percent(input.gate.confidence),
            baseline: input.results.arms.first().map(|arm| arm.arm.clone()).unwrap_or_default(),
            verdicts: input.verdicts.iter().map(|verdict| Strip::new(input, verdict)).collect(),
            policies: slices::policies(input.results),
            arms: input.results.arms.iter().map(|arm| ArmView::new(input, arm)).collect(),
            judges: judges::judges(input.results),
            preferences: judges::preferences(input.results),
            warnings: warning::warnings(input),
            translations: translation::translations(manifest),
            settings: translation::settings(&manifest.arms),
            provenance: provenance::facts(input),
            methods: methods(&candidates).into_iter().chain(economics::methods(&economics)).collect(),
            rule_of_three: rule_of_three(input),
            candidates,
            economics,
        }
    }

    /// What the scorers that classify saw in each arm, the baseline first.
    pub(super) fn confusions(&self) -> impl Iterator<Item = ArmConfusions<'a>> + use<'a> {
        self.input.results.arms.iter().map(|arm| ArmConfusions { name: &arm.arm, confusions: &arm.confusions })
    }

    /// The worst verdict: fail, else no data, else inconclusive, else pass.
    pub(super) fn worst(&self) -> Decision {
        gate::worst(self.input.verdicts)
    }
}

/// The distinct methods of every metric, in the order of the metrics.
fn methods(candidates: &[CandidateView]) -> Vec<(String, String)> {
    let mut methods: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for change in candidates.iter().flat_map(|candidate| &candidate.changes) {
        let values = [("each arm", &change.baseline), ("each arm", &change.candidate), ("the two", &change.contrast)];
        let known = methods.entry(change.metric).or_default();
        for (of, reading) in values {
            if let Reading::Known(number) = reading {
                let method = format!("{of}: {}", number.method);
                if !known.contains(&method) {
                    known.push(method);
                }
            }
        }
    }
    methods
        .into_iter()
        .filter(|(_, methods)| !methods.is_empty())
        .map(|(metric, methods)| (metric.row().label.to_owned(), methods.join("; ")))
        .collect()
}

/// The rule of three: no event in n cases leaves a rate of up to 3/n possible at 95 % confidence.
/// Hanley & Lippman-Hand, JAMA 249 (1983), 1743–1745.
fn rule_of_three(input: &Input<'_>) -> Option<String> {
    let pairs = input.results.comparisons.iter().map(|comparison| comparison.pairs).min()?;
    if pairs < 4 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of cases")]
    let rate = number::Style::Share.write(3.0 / pairs as f64);
    Some(format!(
        "A kind of failure that hits fewer than {rate} of cases may not be among these {} at all (rule of three).",
        number::plural(pairs, "pair", "pairs")
    ))
}
