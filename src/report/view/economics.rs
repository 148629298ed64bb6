//! What it comes to, in words: sentences for everybody, rows for the page.

use super::break_even::{AnswerRow, answers, success_sentence};
use super::change::Reading;
use super::number::{Number, Style, count, plural};
use crate::compare::{
    ArmEconomics, Comparison, Economics, FailureClass, Figure, Missing, ObservedRetries, PipelineFigures, Retried,
    Scenario,
};
use crate::stats::Estimate;
use crate::stats::breakeven::Status;
use crate::stats::downstream::{MeasuredFailureCost, Undecided};

/// What it comes to with one candidate.
#[derive(Debug, Clone)]
pub(in crate::report) struct EconomicsView {
    pub baseline: String,
    pub candidate: String,
    /// The answer in a few sentences.
    pub summary: String,
    /// Tables of both arms and how they differ.
    pub tables: Vec<ArmsTable>,
    /// Where both arms come to the same.
    pub break_even: Option<(String, Vec<AnswerRow>)>,
    /// What retries alone ask of the candidate.
    pub retries: Option<String>,
    /// How the figures came about.
    pub notes: Vec<&'static str>,
}

/// Rows of both arms and how they differ.
#[derive(Debug, Clone)]
pub(in crate::report) struct ArmsTable {
    pub caption: String,
    /// What the last column holds.
    pub contrast: &'static str,
    pub rows: Vec<ArmsRow>,
}

/// A figure of both arms, and how they differ, where they are set against each other.
#[derive(Debug, Clone)]
pub(in crate::report) struct ArmsRow {
    pub label: String,
    pub baseline: Reading,
    pub candidate: Reading,
    pub contrast: Option<Reading>,
}

/// Why costs are not known, in a cell.
const UNKNOWN: &str = "unknown";

impl EconomicsView {
    pub(super) fn new(comparison: &Comparison) -> Self {
        let (baseline, candidate) = (comparison.baseline.clone(), comparison.candidate.clone());
        let Some(economics) = comparison.economics.as_deref() else {
            let summary =
                format!("{candidate}: unknown, because too few cases have a score and a known cost in both arms.");
            return Self {
                baseline,
                candidate,
                summary,
                tables: Vec::new(),
                break_even: None,
                retries: None,
                notes: Vec::new(),
            };
        };
        let mut tables = vec![per_trial(economics), retries(economics)];
        tables.extend(pipeline(economics));
        tables.push(what_ifs(economics));
        Self {
            summary: sentences(&candidate, economics).join(" "),
            tables,
            break_even: Some(answers(economics)),
            retries: success_sentence(economics),
            notes: notes(economics),
            baseline,
            candidate,
        }
    }
}

/// The distinct methods behind all tables.
pub(super) fn methods(views: &[EconomicsView]) -> Option<(String, String)> {
    let mut methods: Vec<&str> = Vec::new();
    let of_arms = views
        .iter()
        .flat_map(|view| &view.tables)
        .flat_map(|table| &table.rows)
        .flat_map(|row| [Some(&row.baseline), Some(&row.candidate), row.contrast.as_ref()].into_iter().flatten());
    let answers = views.iter().filter_map(|view| view.break_even.as_ref()).flat_map(|(_, rows)| rows);
    for number in of_arms.chain(answers.map(|row| &row.needed)).filter_map(Reading::known) {
        if !methods.contains(&number.method) {
            methods.push(number.method);
        }
    }
    (!methods.is_empty()).then(|| ("What it comes to".to_owned(), methods.join("; ")))
}

pub(super) fn known(estimate: Option<&Estimate>, style: Style, absent: &'static str) -> Reading {
    estimate.map_or(Reading::Absent(absent), |estimate| Reading::Known(Number::new(estimate, style, None)))
}

fn whole(estimate: &Estimate, style: Style) -> String {
    Number::new(estimate, style, None).whole()
}

/// How the arms compare, and from which failure cost on the candidate pays.
fn sentences(name: &str, economics: &Economics) -> Vec<String> {
    let mut sentences = Vec::new();
    let with = if economics.model.failure_usd.is_some() { ", with its failures at the assumed costs," } else { "" };
    let difference = economics.total_difference.or(economics.cost_difference);
    if let (Some(before), Some(after), Some(difference)) =
        (economics.baseline.comes_to(), economics.candidate.comes_to(), difference)
    {
        let month = economics.monthly_difference.zip(economics.model.monthly_requests);
        let month = month.map_or_else(String::new, |(month, requests)| {
            let requests = Style::Tokens.write(requests.round());
            format!(", {} a month at the assumed {requests} requests", whole(&month, Style::UsdChange))
        });
        let sure = economics
            .chance_cheaper
            .per_trial
            .map_or_else(String::new, |share| format!("; the chance that it is the cheaper arm is {}", chance(share)));
        sentences.push(format!(
            "{name}: a trial{with} comes to {} after {} in the baseline: {}{month}{sure}.",
            Style::Usd.write(after.value),
            Style::Usd.write(before.value),
            whole(&difference, Style::UsdChange)
        ));
    }
    sentences.extend(economics.failure_cost.as_ref().map(failure_cost));
    sentences
}

/// A chance in percent, without claiming certainty.
fn chance(share: f64) -> String {
    if share < 0.001 {
        "below 0.1%".to_owned()
    } else if share > 0.999 {
        "above 99.9%".to_owned()
    } else {
        Style::Share.write(share)
    }
}

/// At which failure costs the candidate pays, and where the cases leave it open.
fn failure_cost(found: &MeasuredFailureCost) -> String {
    let usd = |dollars: f64| Style::Usd.write(dollars);
    let value = found.break_even.value.map(usd).unwrap_or_default();
    let pays = match found.break_even.status {
        Status::CandidateAbove => format!("It pays once a failure costs more than {value}"),
        Status::CandidateBelow => format!("It pays while a failure costs less than {value}"),
        Status::CandidateAlways => "It is the cheaper arm whatever a failure costs".to_owned(),
        Status::CandidateNever => "It is the dearer arm whatever a failure costs".to_owned(),
        Status::EqualErrors => "Both arms fail equally often, whatever a failure costs".to_owned(),
    };
    let open = match found.undecided {
        None => "; one cluster of cases cannot say how sure that is".to_owned(),
        Some(Undecided::Nowhere) => String::new(),
        Some(Undecided::Between { low, high }) => {
            format!("; between {} and {} these cases leave open which arm is cheaper", usd(low), usd(high))
        }
        Some(Undecided::Everywhere) => "; these cases leave open which arm is cheaper".to_owned(),
        Some(Undecided::From(low)) => format!("; from {} up these cases leave open which arm is cheaper", usd(low)),
        Some(Undecided::Outside { up_to, from }) => {
            format!("; up to {} and from {} on these cases leave open which arm is cheaper", usd(up_to), usd(from))
        }
    };
    format!("{pays}{open}.")
}

fn arms(economics: &Economics) -> [&ArmEconomics; 2] {
    [&economics.baseline, &economics.candidate]
}

/// A row of one figure in both arms.
fn row(
    label: impl Into<String>,
    economics: &Economics,
    of: impl Fn(&ArmEconomics) -> Option<Estimate>,
    style: Style,
) -> ArmsRow {
    let [baseline, candidate] = arms(economics).map(|arm| known(of(arm).as_ref(), style, UNKNOWN));
    ArmsRow { label: label.into(), baseline, candidate, contrast: None }
}

impl ArmsRow {
    fn against(self, contrast: Option<Estimate>, style: Style, absent: &'static str) -> Self {
        Self { contrast: Some(known(contrast.as_ref(), style, absent)), ..self }
    }
}

fn per_trial(economics: &Economics) -> ArmsTable {
    let usd = Style::Usd;
    let mut rows = vec![row("Model", economics, |arm| arm.cost, usd).against(
        economics.cost_difference,
        Style::UsdChange,
        UNKNOWN,
    )];
    if economics.model.failure_usd.is_some() {
        let classes: Vec<FailureClass> = crate::compare::FAILURE_CLASSES.iter().map(|row| row.0).collect();
        rows.extend(classes.into_iter().filter_map(|class| of_class(class, economics)));
        rows.push(row("Failures in all", economics, |arm| arm.failures, usd));
        let total = row("Total", economics, |arm| arm.total, usd);
        rows.push(total.against(economics.total_difference, Style::UsdChange, UNKNOWN));
    }
    if let Some(requests) = economics.model.monthly_requests {
        let label = format!("A month of {} requests (assumed)", Style::Tokens.write(requests.round()));
        let month = row(label, economics, |arm| arm.monthly, usd);
        rows.push(month.against(economics.monthly_difference, Style::UsdChange, UNKNOWN));
    }
    let assumed = if economics.model.failure_usd.is_some() { ", failures at assumed costs" } else { "" };
    let caption = format!("What a trial comes to{assumed}, over {}", plural(economics.pairs, "pair", "pairs"));
    ArmsTable { caption, contrast: "Difference", rows }
}

/// What the failures of a class come to, where an arm has some.
fn of_class(class: FailureClass, economics: &Economics) -> Option<ArmsRow> {
    let of = |arm: &ArmEconomics| arm.by_class.iter().find(|row| row.class == class).cloned();
    let found = arms(economics).map(of);
    let usd = found.iter().flatten().find_map(|row| row.usd)?;
    let trials = found.each_ref().map(|row| count(row.as_ref().map_or(0, |row| row.trials)));
    let [baseline, candidate] =
        found.map(|row| row.map_or(Reading::Absent("none"), |row| known(row.cost.as_ref(), Style::Usd, UNKNOWN)));
    let label = format!("{}, {} each: {} → {} trials", class_label(class), Style::Usd.write(usd), trials[0], trials[1]);
    Some(ArmsRow { label, baseline, candidate, contrast: None })
}

fn class_label(class: FailureClass) -> &'static str {
    match class {
        FailureClass::WrongAnswer => "Wrong answers",
        FailureClass::ToolCall => "Tool faults",
        FailureClass::Refused => "Refusals",
        FailureClass::Cut => "Answers cut",
        FailureClass::Filtered => "Filtered",
        FailureClass::Rejected => "Rejected requests",
    }
}

fn retries(economics: &Economics) -> ArmsTable {
    let ratio = ratio_absent(economics);
    let observed = row("As observed: cost per success", economics, |arm| arm.per_success.estimate, Style::Usd);
    let mut rows = vec![ArmsRow {
        contrast: economics.what_ifs.rows.first().map(|row| figure(&row.ratio, Style::Ratio)),
        ..observed
    }];
    if arms(economics).iter().any(|arm| arm.per_success.fieller.is_some()) {
        rows.push(row("Few successes: by Fieller", economics, |arm| arm.per_success.fieller, Style::Usd));
    }
    let bounds = arms(economics).map(|arm| arm.per_success.at_least);
    if bounds.iter().any(Option::is_some) {
        // A bound, no estimate: it has no interval of its own.
        let bounds = bounds.map(|bound| match bound {
            Some(bound) => Reading::Known(Number::bound(bound, Style::Usd, economics.pairs)),
            None => Reading::Absent("has successes"),
        });
        let [baseline, candidate] = bounds;
        rows.push(ArmsRow { label: "Without success: at least".to_owned(), baseline, candidate, contrast: None });
    }
    let worst = |arm: &ArmEconomics| match arm.retries.observed {
        ObservedRetries::Between { hopeless } => Some(hopeless),
        ObservedRetries::Seen(_) | ObservedRetries::Extrapolated { .. } => None,
    };
    let between = arms(economics).into_iter().any(|arm| worst(arm).is_some());
    let hoped = |arm: &ArmEconomics| Some(arm.retries.independent);
    let label = if between {
        "If attempts are independent (modelled, at best)"
    } else {
        "If attempts are independent (modelled)"
    };
    rows.extend(retried(label, economics, hoped, (economics.retry_ratio, ratio)));
    let seen = |arm: &ArmEconomics| match arm.retries.observed {
        ObservedRetries::Seen(retried) | ObservedRetries::Extrapolated { retried, .. } => Some(retried),
        ObservedRetries::Between { .. } => None,
    };
    if arms(economics).into_iter().any(|arm| seen(arm).is_some()) {
        let modelled = arms(economics).iter().any(|arm| !matches!(arm.retries.observed, ObservedRetries::Seen(_)));
        let label = if modelled { "By the failures of each case (modelled)" } else { "By the failures of each case" };
        rows.extend(retried(label, economics, seen, (economics.observed_retry_ratio, ratio)));
    }
    if between {
        let label = "If a case that fails once always fails (modelled, at worst)";
        rows.extend(retried(label, economics, worst, (None, "not compared")));
    }
    let attempts = plural(economics.model.max_attempts.get() as usize, "attempt", "attempts");
    ArmsTable { caption: format!("A task with up to {attempts}"), contrast: "Ratio", rows }
}

fn retried(
    label: &str,
    economics: &Economics,
    of: impl Fn(&ArmEconomics) -> Option<Retried>,
    (ratio, absent): (Option<Estimate>, &'static str),
) -> [ArmsRow; 3] {
    let cost = row(format!("{label}: cost per success"), economics, |arm| of(arm)?.cost_per_success, Style::Usd);
    [
        row(format!("{label}: succeed in the end"), economics, |arm| of(arm)?.success_rate, Style::Share),
        row(format!("{label}: attempts"), economics, |arm| of(arm)?.attempts, Style::Factor),
        cost.against(ratio, Style::Ratio, absent),
    ]
}

/// Why two costs per success have no ratio.
fn ratio_absent(economics: &Economics) -> &'static str {
    match arms(economics).map(|arm| arm.per_success.successes) {
        [0, _] => "the baseline never succeeds",
        [_, 0] => "the candidate never succeeds",
        _ => UNKNOWN,
    }
}

fn pipeline(economics: &Economics) -> Option<ArmsTable> {
    let steps = economics.model.pipeline_steps?;
    let of = |of: fn(&PipelineFigures) -> Option<Estimate>| move |arm: &ArmEconomics| of(arm.pipeline.as_ref()?);
    let completes = row("Runs that complete", economics, of(|figures| figures.completion_rate), Style::Share);
    let cost = row("Cost per completed run", economics, of(|figures| figures.cost_per_completion), Style::Usd);
    Some(ArmsTable {
        caption: format!(
            "A pipeline of {} (modelled: equal and independent, each with up to {})",
            plural(steps as usize, "step", "steps"),
            plural(economics.model.max_attempts.get() as usize, "attempt", "attempts")
        ),
        contrast: "Ratio",
        rows: vec![completes, cost.against(economics.pipeline_ratio, Style::Ratio, ratio_absent(economics))],
    })
}

fn what_ifs(economics: &Economics) -> ArmsTable {
    let [baseline, candidate] = economics.what_ifs.cached_share.each_ref().map(|share| figure(share, Style::Share));
    let label = "Input from the prompt cache in this run".to_owned();
    let mut rows = vec![ArmsRow { label, baseline, candidate, contrast: None }];
    rows.extend(economics.what_ifs.rows.iter().map(|row| ArmsRow {
        label: scenario(row.scenario),
        baseline: figure(&row.baseline, Style::Usd),
        candidate: figure(&row.candidate, Style::Usd),
        contrast: Some(figure(&row.ratio, Style::Ratio)),
    }));
    let caption = "Cost per success under other circumstances, with the answers of this run".to_owned();
    ArmsTable { caption, contrast: "Ratio", rows }
}

fn scenario(scenario: Scenario) -> String {
    match scenario {
        Scenario::AsMeasured => "As measured".to_owned(),
        Scenario::ColdCache => "Without any prompt cache".to_owned(),
        Scenario::CachedShare(share) => format!("{} of the input from the cache (assumed)", Style::Share.write(share)),
        Scenario::Batch => "In batches".to_owned(),
    }
}

fn figure(figure: &Figure, style: Style) -> Reading {
    match figure {
        Figure::Known(estimate) => known(Some(estimate), style, UNKNOWN),
        Figure::Unknown(missing) => Reading::Absent(missing_word(*missing)),
    }
}

pub(super) fn missing_word(missing: Missing) -> &'static str {
    match missing {
        Missing::NoPrice => "unknown: no price of the time",
        Missing::NoUsage => "unknown: usage not reported",
        Missing::NoCachedPrice => "unknown: no price of cached input",
        Missing::NoBatchPrice => "unknown: no batch price",
        Missing::NoSuccess => "undefined: an arm never succeeds",
        Missing::FreeBaseline => "undefined: the baseline costs nothing",
    }
}

fn notes(economics: &Economics) -> Vec<&'static str> {
    let mut notes = vec![
        "Assumed figures come from [cost] in the suite, modelled ones from the trials by a model that may not hold. A \
         retried task is billed for every attempt. Independent attempts hope hard cases away: where cases were tried \
         several times, read the row by the failures of each case.",
    ];
    if economics.what_ifs.rows.iter().any(|row| row.ratio.known().is_some()) {
        notes.push(
            "Other circumstances change prices, not answers: without a cache all input costs what fresh input costs, \
             and writing to a cache is left out; a batch is billed at the batch prices for the tokens of this run.",
        );
    }
    notes
}
