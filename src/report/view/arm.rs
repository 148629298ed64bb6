//! One arm on its own, in words: where its trials went, what it cost, which faults it made.

use super::change::Reading;
use super::number::{Number, Style, count, count_u64, plural, usd};
use super::repeats::ArmRepeatsView;
use crate::compare::{ArmSummary, Metric, TokenTotals};
use crate::domain::{FailureKind, ToolFault};
use crate::report::Input;
use crate::run_dir::PriceInfo;

/// One arm on its own.
#[derive(Debug, Clone)]
pub(in crate::report) struct ArmView {
    pub name: String,
    /// The model asked for.
    pub model: String,
    pub accounting: Accounting,
    pub money: Money,
    /// How long its live calls took.
    pub latency: Latency,
    /// Trials by tool fault, those above zero.
    pub faults: Vec<(ToolFault, usize)>,
    /// Trials with an answer whose case offers tools or expects a call.
    pub tool_trials: usize,
    pub tool_trials_with_calls: usize,
    /// Failed calls by class, those above zero.
    pub failures: Vec<(&'static str, String)>,
    /// What repeats show, where there are several.
    pub repeats: Option<ArmRepeatsView>,
}

/// How long the live calls of an arm took, over all of its own.
#[derive(Debug, Clone)]
pub(in crate::report) struct Latency {
    /// p50, p95 and p99.
    pub quantiles: [Reading; 3],
    /// The slowest answer.
    pub slowest: String,
    /// Calls that were given up.
    pub timed_out: String,
    /// Time to the first token p50 and p95, and tokens per second, of streams.
    pub streamed: [Reading; 3],
}

/// Where every planned trial went.
#[derive(Debug, Clone)]
pub(in crate::report) struct Accounting {
    /// The whole sum in one line.
    pub line: String,
    /// How the answers came.
    pub calls: String,
}

/// What an arm cost.
#[derive(Debug, Clone)]
pub(in crate::report) struct Money {
    pub cost_per_success: Reading,
    /// Candidate ÷ baseline; `None` for the baseline.
    pub ratio: Option<Reading>,
    pub successes: String,
    pub cost: String,
    pub spend: String,
    /// Why the cost is unknown, when it is.
    pub absent: Option<&'static str>,
    pub price: Price,
    /// Input, of which cached, output, of which reasoning.
    pub tokens: [String; 4],
    pub without_usage: usize,
}

/// The price of an arm's model.
#[derive(Debug, Clone)]
pub(in crate::report) enum Price {
    Known {
        /// Input, cached input and output, in US dollars per million tokens.
        rates: [String; 3],
        /// Where it comes from, and when it was read.
        source: String,
    },
    Unknown,
}

impl ArmView {
    pub(super) fn new(input: &Input<'_>, arm: &ArmSummary) -> Self {
        let info = input.manifest.arms.iter().find(|info| info.name == arm.arm);
        Self {
            name: arm.arm.clone(),
            model: info.map_or_else(|| "unknown model".to_owned(), |info| info.model.clone()),
            accounting: accounting(arm),
            money: money(input, arm, info.and_then(|info| info.price.as_ref())),
            latency: latency(arm),
            faults: arm.tool_faults.iter().map(|(fault, trials)| (*fault, *trials)).collect(),
            tool_trials: arm.tool_trials,
            tool_trials_with_calls: arm.tool_trials_with_calls,
            failures: arm.failures.iter().map(|(kind, trials)| (kind.name(), count(*trials))).collect(),
            repeats: arm.repeats.as_ref().map(ArmRepeatsView::new),
        }
    }
}

impl Price {
    pub(super) fn new(price: Option<&PriceInfo>) -> Self {
        let Some(price) = price else { return Self::Unknown };
        let per_million = |rate: &str| format!("${rate}");
        let cached = price.cached_input.as_deref();
        let assumed = price.assumed.then(|| "assumed by the suite".to_owned());
        let read = price.as_of.as_ref().map(|day| format!("read {day}"));
        let source: Vec<String> = assumed.into_iter().chain(price.source.clone()).chain(read).collect();
        Self::Known {
            rates: [
                per_million(&price.input),
                cached.map_or_else(|| if price.assumed { "as input" } else { "unknown" }.to_owned(), per_million),
                per_million(&price.output),
            ],
            source: source.join(", "),
        }
    }
}

fn reading(arm: &ArmSummary, metric: Metric, absent: &'static str) -> Reading {
    let estimate = arm.estimates.get(&metric).and_then(Option::as_ref);
    let number = |estimate| Reading::Known(Number::new(estimate, Style::of_value(metric.row()), None));
    estimate.map_or(Reading::Absent(absent), number)
}

fn latency(arm: &ArmSummary) -> Latency {
    let of = |metric| reading(arm, metric, "no data");
    let slowest = arm.slowest_ms.map(|slowest| Style::Milliseconds.write(slowest));
    Latency {
        quantiles: [of(Metric::LatencyP50), of(Metric::LatencyP95), of(Metric::LatencyP99)],
        slowest: slowest.unwrap_or_else(|| "no data".to_owned()),
        timed_out: count(arm.failures.get(&FailureKind::Timeout).copied().unwrap_or(0)),
        streamed: [of(Metric::FirstTokenP50), of(Metric::FirstTokenP95), of(Metric::TokensPerSecond)],
    }
}

fn accounting(arm: &ArmSummary) -> Accounting {
    let sum = &arm.accounting;
    let causes = [(sum.refused, "refused"), (sum.cut, "cut"), (sum.filtered, "filtered"), (sum.rejected, "rejected")];
    let causes = causes.into_iter().filter(|(trials, _)| *trials > 0);
    let causes: Vec<_> = causes.map(|(trials, word)| format!("{} {word}", count(trials))).collect();
    let of_which = if causes.is_empty() { String::new() } else { format!(" (of which {})", causes.join(", ")) };
    Accounting {
        line: format!(
            "{} planned = {} passed + {} failed{of_which} + {} + {} unscored + {} not sent",
            count(sum.planned),
            count(sum.passed),
            count(sum.failed_outcome),
            plural(sum.call_failed, "call failed", "calls failed"),
            count(sum.unscored),
            count(sum.not_sent),
        ),
        calls: format!(
            "{} from the store{}, {} beyond the first of a trial",
            plural(arm.from_store, "answer", "answers"),
            single_flight(arm.single_flight),
            plural(arm.retries, "call", "calls")
        ),
    }
}

/// Equal requests of a run are bought once.
fn single_flight(answers: usize) -> String {
    if answers == 0 {
        return String::new();
    }
    format!(" (of which {} bought by an equal request of this run)", count(answers))
}

fn money(input: &Input<'_>, arm: &ArmSummary, price: Option<&PriceInfo>) -> Money {
    let comparison = input.results.comparisons.iter().find(|one| one.candidate == arm.arm);
    let change = comparison.and_then(|one| one.change(Metric::CostPerSuccess, None));
    let ratio = comparison
        .is_some()
        .then(|| change.map_or(Reading::Absent("unknown"), |change| super::change::contrast(change, None, "unknown")));
    let amount = |amount: Option<_>| amount.map_or_else(|| "unknown".to_owned(), usd);
    let cost_per_success = reading(arm, Metric::CostPerSuccess, "unknown");
    let absent = cost_per_success.known().is_none().then(|| {
        if price.is_none() {
            "no known price"
        } else if arm.accounting.passed == 0 {
            "no success"
        } else {
            "usage not reported"
        }
    });
    Money {
        cost_per_success,
        ratio,
        successes: count(arm.accounting.passed),
        cost: amount(arm.cost),
        spend: amount(arm.spend),
        absent,
        price: Price::new(price),
        tokens: tokens(&arm.tokens),
        without_usage: arm.tokens.without_usage,
    }
}

fn tokens(totals: &TokenTotals) -> [String; 4] {
    [totals.input, totals.cache_read, totals.output, totals.reasoning]
        .map(|total| total.map_or_else(|| "not reported".to_owned(), count_u64))
}
