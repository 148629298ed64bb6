//! Repeats, in words: luck and reliability, flaky cases, where the noise comes from.

use super::change::Reading;
use super::number::{Number, Style, count, percent};
use crate::compare::{ArmRepeats, FlakyCase, Noise, PassChange, PassContrast, RepeatChange};
use crate::stats::Estimate;

/// The repeats of one arm.
#[derive(Debug, Clone)]
pub(in crate::report) struct ArmRepeatsView {
    /// Cases with two scored trials or more, always passing, always failing, flaky.
    pub counts: [String; 4],
    /// The most flaky cases: id, and how many trials passed.
    pub most_flaky: Vec<(String, String)>,
}

/// The repeats of a candidate and the baseline.
#[derive(Debug, Clone)]
pub(in crate::report) struct RepeatsView {
    pub rates: Vec<PassView>,
    /// Where the noise comes from, and what would lessen it.
    pub noise: Vec<String>,
}

/// pass@k or pass^k, arm against arm.
#[derive(Debug, Clone)]
pub(in crate::report) struct PassView {
    pub name: String,
    pub baseline: Reading,
    pub candidate: Reading,
    pub difference: Reading,
    pub pairs: String,
}

impl ArmRepeatsView {
    pub(super) fn new(repeats: &ArmRepeats) -> Self {
        let ArmRepeats { repeated, always_pass, always_fail, flaky, .. } = repeats;
        let told = |FlakyCase { case, passed, trials }: &FlakyCase| {
            (case.clone(), format!("{} of {} passed", count(*passed), count(*trials)))
        };
        Self {
            counts: [*repeated, *always_pass, *always_fail, *flaky].map(count),
            most_flaky: repeats.most_flaky.iter().map(told).collect(),
        }
    }
}

impl RepeatsView {
    pub(super) fn new(candidate: &str, repeats: &RepeatChange) -> Self {
        let rates = repeats.rates.iter().flat_map(|rates| {
            let any = PassView::new(format!("pass@{}", rates.k), &rates.any, rates);
            let all = (rates.k > 1).then(|| PassView::new(format!("pass^{}", rates.k), &rates.all, rates));
            std::iter::once(any).chain(all)
        });
        let present = repeats.rates.last().map_or(1, |rates| rates.k);
        Self {
            rates: rates.collect(),
            noise: repeats.noise.as_ref().map_or_else(Vec::new, |noise| sentences(candidate, noise, present)),
        }
    }
}

impl PassView {
    fn new(name: String, contrast: &PassContrast, rates: &PassChange) -> Self {
        let reading = |estimate: Option<&Estimate>, style| {
            estimate.map_or(Reading::Absent("no data"), |estimate| Reading::Known(Number::new(estimate, style, None)))
        };
        Self {
            name,
            baseline: reading(contrast.baseline.as_ref(), Style::Share),
            candidate: reading(contrast.candidate.as_ref(), Style::Share),
            difference: reading(contrast.difference.as_ref(), Style::Points),
            pairs: count(rates.pairs),
        }
    }
}

/// What twice the cases take off an interval: 1 − 1 ÷ √2.
const TWICE_THE_CASES: f64 = 1.0 - std::f64::consts::FRAC_1_SQRT_2;

fn sentences(candidate: &str, noise: &Noise, repeats: u32) -> Vec<String> {
    let whole = |share: f64| percent((share * 100.0).round() / 100.0);
    let Some(share) = noise.trials_share else {
        return vec![format!("{candidate}: no trial differs from another, so repeats bring nothing.")];
    };
    let split = format!(
        "{candidate}: {} of the variance of the difference of accuracy comes from repeating, the rest from the cases. \
         Repeats without end would narrow its interval by {} at most, twice the cases by {}.",
        whole(share),
        whole(1.0 - (1.0 - share).max(0.0).sqrt()),
        whole(TWICE_THE_CASES)
    );
    let worth = match (noise.worth_from, noise.trial_cost) {
        (None, None) => "More cases or more repeats? What a trial costs is unknown.".to_owned(),
        (None, Some(_)) => {
            "More cases or more repeats? No trial of a case differs from another: one is enough.".to_owned()
        }
        (Some(from), _) => format!(
            "More cases or more repeats? While a case costs nothing but its calls, one trial of as many cases as can \
             be had is always best; {repeats} repeats pay where having a case (labelling it, for example) costs more \
             than {}.",
            Style::Usd.write(from)
        ),
    };
    vec![split, worth]
}
