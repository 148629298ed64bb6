//! What a reader must know before trusting the numbers: one sentence each, found by looking at the facts.

use std::collections::BTreeSet;

use super::number::{Number, Style, count, percent, plural};
use super::rule;
use super::translation::{settings, translations};
use crate::compare::{ArmSummary, Comparison, FEW_SUCCESSES, TagRouting};
use crate::gate::Rule;
use crate::report::Input;
use crate::run_dir::{ArmInfo, Manifest, StoppedEarly, UncertainInfo};
use crate::stats::sequential::SPEND;

/// Fewer pairs than this make every interval wide.
const SMALL_RUN: usize = 30;

/// Every warning, in the order of the arms.
pub(super) fn warnings(input: &Input<'_>) -> Vec<String> {
    let mut warnings = Vec::new();
    warnings.extend(of_run(input.manifest));
    warnings.extend(of_history(input.manifest));
    warnings.extend(of_early_stop(input));
    warnings.extend(of_second_look(input));
    warnings.extend(of_translations(input.manifest));
    warnings.extend(of_effort(&input.manifest.arms));
    for arm in &input.results.arms {
        warnings.extend(of_arm(arm));
    }
    for info in &input.manifest.arms {
        warnings.extend(of_model(info));
    }
    warnings.extend(assumed_prices(&input.manifest.arms));
    for comparison in &input.results.comparisons {
        warnings.extend(of_comparison(comparison));
        warnings.extend(few_successes(comparison));
        warnings.extend(of_mix(input, comparison));
        warnings.extend(of_tags(comparison));
    }
    warnings
}

fn of_run(manifest: &Manifest) -> Vec<String> {
    let mut warnings = Vec::new();
    if manifest.finished_at.is_none() {
        warnings.push("The run is unfinished: the numbers describe the trials so far.".to_owned());
    }
    warnings.extend(manifest.uncertain.as_ref().map(of_uncertain));
    warnings
}

/// Calls that may have been billed.
fn of_uncertain(UncertainInfo { calls, worst_case }: &UncertainInfo) -> String {
    let Some(calls) = calls else {
        return "The run keeps no store, and was stopped or killed before its end: it may have been billed for calls that \
                it asked again, nobody knows how many and how much, beyond what is counted here."
            .to_owned();
    };
    let at_most = worst_case
        .map_or_else(|| "nobody knows how much".to_owned(), |usd| format!("up to ${:.6} in all", usd.dollars()));
    format!(
        "{} off, or on the way when this run was killed: they may have been billed, {at_most}, beyond what is counted \
         here.",
        plural(usize::try_from(*calls).unwrap_or(usize::MAX), "call was cut", "calls were cut")
    )
}

/// Cases whose prompt holds answers that the arm did not give.
fn of_history(manifest: &Manifest) -> Option<String> {
    let dataset = &manifest.dataset;
    (dataset.teacher_forced > 0).then(|| {
        format!(
            "{} of {} teacher-forced: the prompt holds earlier answers as they were recorded, and every arm is asked on \
             those, not on its own. How a conversation goes that an arm leads itself is not measured.",
            count(dataset.teacher_forced),
            plural(dataset.drawn, "case is", "cases are")
        )
    })
}

/// Arms whose cost per success rests on a handful of successes.
fn few_successes(comparison: &Comparison) -> Vec<String> {
    let Some(economics) = comparison.economics.as_deref() else { return Vec::new() };
    let arms = [(&comparison.baseline, &economics.baseline), (&comparison.candidate, &economics.candidate)];
    let few = arms.into_iter().filter(|(_, arm)| arm.per_success.successes < FEW_SUCCESSES);
    few.map(|(name, arm)| {
        let found = &arm.per_success;
        let instead = match (found.fieller, found.at_least) {
            (Some(fieller), _) => format!("by Fieller it is {}", Number::new(&fieller, Style::Usd, None).whole()),
            (None, Some(bound)) => format!("a success costs at least {}", Style::Usd.write(bound)),
            (None, None) => "its interval is not known".to_owned(),
        };
        format!(
            "{name}, against {}: {} only, too few for the usual interval of cost per success; {instead}.",
            if *name == comparison.baseline { &comparison.candidate } else { &comparison.baseline },
            plural(found.successes, "success", "successes")
        )
    })
    .collect()
}

/// Why a run that stopped early is to be read otherwise than one that did not.
fn of_early_stop(input: &Input<'_>) -> Option<String> {
    let &StoppedEarly { cases, planned, beyond, beyond_spend, .. } = input.manifest.stopped_early.as_ref()?;
    let every = if input.results.comparisons.len() > 1 { ", of every candidate," } else { "" };
    let paid = beyond_spend.map_or_else(|| "at an unknown cost".to_owned(), |usd| format!("for ${:.6}", usd.dollars()));
    let begun = (beyond > 0).then(|| {
        format!(" {} beyond it had begun, {paid}, and count in no number.", plural(beyond, "trial", "trials"))
    });
    Some(format!(
        "Stopped early after {} of {}: every rule{every} that can be read after every case was decided. The estimates lean \
         away from the margins (they are biased when a run stops early); the intervals of accuracy and of the tool-call \
         failure rate are confidence sequences at {}, which hold at any time. Cost, latency and all else were read once, \
         at the stop, and did not trigger it.{}",
        count(cases),
        plural(planned, "case", "cases"),
        percent(1.0 - SPEND * (1.0 - input.gate.confidence)),
        begun.unwrap_or_default()
    ))
}

/// Rules whose answer hangs on the mix of cases alone: the draw says one thing, production another (Simpson's paradox).
fn of_mix(input: &Input<'_>, comparison: &Comparison) -> Vec<String> {
    let turned = |rule: &Rule| {
        let slice = rule.slice.as_ref().map(|(tag, value)| (tag.as_str(), value.as_str()));
        let change = comparison.change(rule.metric, slice)?;
        let (weighted, plain) = (change.contrast?.value, change.unweighted?.contrast?.value);
        let limit = rule::on_contrast(rule)?;
        ((weighted > limit) != (plain > limit)).then(|| {
            let style = Style::of_contrast(rule.metric.row());
            format!(
                "{}, {}: the mix of cases turns the answer. As drawn the change is {}, weighted to production {}, on \
                 the other side of the limit.",
                comparison.candidate,
                rule::lower(rule.metric.row().label),
                style.write(plain),
                style.write(weighted)
            )
        })
    };
    input.gate.rules.iter().filter_map(turned).collect()
}

/// A verdict that was asked for twice is less certain than the suite says.
fn of_second_look(input: &Input<'_>) -> Option<String> {
    let first = input.manifest.confirms.as_ref()?;
    let once = (1.0 - input.gate.confidence) / 2.0;
    Some(format!(
        "A second look: these answers are fresh, bought because the run {first} did not pass, and they alone decide. A \
         candidate that sits on the limit of a rule passes it in one of two looks in up to {} of runs, not {}.",
        percent(2.0 * once),
        percent(once)
    ))
}

/// Tags whose slices have other shares in production than in the draw, so that the shares alone turn the answer.
fn of_tags(comparison: &Comparison) -> Vec<String> {
    let tags = comparison.routing.iter().flat_map(|routing| &routing.tags);
    let turned = |tag: &TagRouting| {
        let mix = tag.mix.filter(|mix| mix.turns)?;
        Some(format!(
            "{}, by {}: the shares of the slices turn the answer. With those of the draw the difference of accuracy is \
             {}, with those of production {}, on the other side of the margin.",
            comparison.candidate,
            tag.tag,
            Style::Points.write(mix.sampled),
            Style::Points.write(mix.production)
        ))
    };
    tags.filter_map(turned).collect()
}

/// Cases that an arm was not asked, and whose answers nobody can know.
fn of_translations(manifest: &Manifest) -> Option<String> {
    let refused = translations(manifest).into_iter().filter(|row| row.effect == "not sent");
    let reasons: Vec<_> = refused.map(|row| format!("{} cases of {} ({})", row.cases, row.arm, row.code)).collect();
    (!reasons.is_empty()).then(|| {
        format!(
            "Not sent, because the arm cannot be asked so: {}. The numbers say nothing of such requests.",
            reasons.join(", ")
        )
    })
}

/// Arms that reason more than others answer better and cost more for that alone.
fn of_effort(arms: &[ArmInfo]) -> Option<String> {
    let effort = settings(arms).into_iter().find(|setting| setting.name == "reasoning_effort")?;
    let known: BTreeSet<&str> = effort.values.iter().filter_map(|(_, value)| value.known()).collect();
    if known.len() < 2 {
        return None;
    }
    let values: Vec<_> = effort.values.iter().map(|(arm, value)| format!("{arm} {}", value.text())).collect();
    Some(format!(
        "The arms do not reason equally hard: {}. Set `reasoning_effort` in each arm to compare like with like.",
        values.join(", ")
    ))
}

fn of_arm(arm: &ArmSummary) -> Vec<String> {
    let name = &arm.arm;
    let mut warnings = Vec::new();
    if arm.tool_trials > 0 && arm.tool_trials_with_calls == 0 {
        warnings.push(format!(
            "{name} made no tool call in {} with tools: its serving stack may drop tools silently (a model without a \
             tool template). That is a limitation of the serving stack as much as of the model.",
            plural(arm.tool_trials, "trial", "trials")
        ));
    }
    let mut missing = Vec::new();
    if arm.accounting.call_failed > 0 {
        let kinds = arm.failures.iter().filter(|(kind, _)| !kind.model_caused());
        let kinds: Vec<_> = kinds.map(|(kind, trials)| format!("{} {}", count(*trials), kind.name())).collect();
        missing.push(format!(
            "{} for causes outside the model ({}) and count neither for nor against it",
            plural(arm.accounting.call_failed, "call failed", "calls failed"),
            if kinds.is_empty() { "class unknown".to_owned() } else { kinds.join(", ") }
        ));
    }
    if arm.accounting.unscored > 0 {
        missing.push(format!("{} could not be scored", plural(arm.accounting.unscored, "answer", "answers")));
    }
    if arm.accounting.not_sent > 0 {
        missing.push(format!("{} not sent", plural(arm.accounting.not_sent, "trial was", "trials were")));
    }
    if arm.tokens.without_usage > 0 {
        missing.push(format!(
            "{} no usage, so what they cost is unknown",
            plural(arm.tokens.without_usage, "answer reported", "answers reported")
        ));
    }
    // Where no price is known at all, that is said once.
    if arm.cost_unknown > 0 && arm.cost_unknown < arm.accounting.planned - arm.accounting.not_sent {
        missing.push(format!(
            "{} an unknown amount (no count, or a tier or kind of token without a price), and the cost per success \
             leaves their cases out",
            plural(arm.cost_unknown, "trial cost", "trials cost")
        ));
    }
    if !missing.is_empty() {
        warnings.push(format!("{name}: {}.", missing.join("; ")));
    }
    let sum = &arm.accounting;
    if sum.rejected > 0 && sum.rejected == sum.planned - sum.not_sent {
        warnings.push(format!(
            "{name}: the provider rejected every call. That says more of the request than of the model: `cutover show` \
             has its words."
        ));
    }
    warnings
}

fn of_model(info: &ArmInfo) -> Vec<String> {
    let mut warnings = Vec::new();
    if info.price.is_none() {
        warnings.push(format!(
            "{}: no price is known for {}, so its costs are unknown (they are not zero).{}",
            info.name,
            info.model,
            if info.base_url.is_none() { " `priced_as` in [baseline] says at whose prices." } else { "" }
        ));
    }
    if info.models_returned.len() > 1 {
        warnings.push(format!(
            "{}: more than one model answered to {}: {}.",
            info.name,
            info.model,
            info.models_returned.join(", ")
        ));
    }
    warnings
}

/// Prices that nobody charges, as those of local models: whatever costs follow from them is an assumption too.
fn assumed_prices(arms: &[ArmInfo]) -> Option<String> {
    let assumed = arms.iter().filter(|info| info.price.as_ref().is_some_and(|price| price.assumed));
    let names: Vec<&str> = assumed.map(|info| info.name.as_str()).collect();
    let (price, it) = if names.len() == 1 { ("price", "is") } else { ("prices", "are") };
    (!names.is_empty()).then(|| {
        format!(
            "The {price} of {} {it} assumed by the suite, not charged by a provider: every cost here follows from that.",
            names.join(", ")
        )
    })
}

fn of_comparison(comparison: &Comparison) -> Option<String> {
    let pairs = comparison.pairs;
    (pairs > 0 && pairs < SMALL_RUN).then(|| {
        #[expect(clippy::cast_precision_loss, reason = "a count of cases")]
        let one_case = Style::Share.write(1.0 / pairs as f64);
        format!(
            "{} rests on {}: one case more or less moves a share by {one_case}.",
            comparison.candidate,
            plural(pairs, "pair", "pairs")
        )
    })
}
