//! How the numbers came about, and what it takes to make them again.

use super::arm::Price;
use super::number::{count, percent, plural, time};
use crate::domain::Usd;
use crate::report::Input;
use crate::run_dir::{ArmInfo, DatasetInfo, JudgeInfo, Manifest, PriceInfo, RescoredInfo};

/// Names and values, in reading order.
pub(super) fn facts(input: &Input<'_>) -> Vec<(String, String)> {
    let manifest = input.manifest;
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let mut facts = vec![
        fact("Run", manifest.run.clone()),
        fact("Suite", format!("{} ({})", manifest.suite.name, manifest.suite.path)),
        fact("Dataset", dataset(&manifest.dataset)),
        fact("Dataset SHA-256", manifest.dataset.sha256.clone()),
        fact("Plan SHA-256", manifest.plan_hash.clone()),
        fact("Repeats", repeats(manifest)),
        fact("Order of calls", order(manifest)),
        fact("Mode", mode(manifest)),
        fact("Scorers", listed(&manifest.scorers)),
        fact("Sliced by", listed(&manifest.slice_by)),
        fact(
            "Gate",
            format!(
                "{} intervals, at least {}, at least {} of the cases in pairs",
                percent(input.gate.confidence),
                plural(input.gate.min_pairs, "pair", "pairs"),
                percent(input.gate.min_coverage)
            ),
        ),
        fact("Began", time(manifest.started_at)),
        fact("Ended", manifest.finished_at.map_or_else(|| "unfinished".to_owned(), time)),
        fact("Made by", format!("cutover {}, schema {}", manifest.cutover_version, manifest.schema_version)),
    ];
    facts.extend(manifest.rescored.as_ref().map(|info| fact("Rescored", rescored(info))));
    for info in &manifest.arms {
        facts.extend(arm(info));
    }
    for info in &manifest.judges {
        facts.extend(judge(info, super::judges::agreement(input.results, &info.asks.name)));
    }
    facts
}

fn rescored(rescored: &RescoredInfo) -> String {
    format!("{}, {} changed", time(rescored.at), plural(rescored.changed, "outcome", "outcomes"))
}

fn repeats(manifest: &Manifest) -> String {
    let repeats = plural(manifest.repeats as usize, "repeat of every case", "repeats of every case");
    match &manifest.confirms {
        None => repeats,
        Some(first) => format!("{repeats}, fresh (from number {}), to confirm {first}", manifest.first_repeat),
    }
}

fn mode(manifest: &Manifest) -> String {
    format!("{}{}", manifest.mode, if manifest.no_store { ", without a store" } else { "" })
}

fn order(manifest: &Manifest) -> String {
    let stopped = manifest.stopped_early.as_ref().map(|stopped| {
        let planned = plural(stopped.planned, "case", "cases");
        format!(", case by case, stopped early after {} of {planned}", count(stopped.cases))
    });
    format!("seed {}{}", manifest.seed, stopped.unwrap_or_default())
}

fn dataset(dataset: &DatasetInfo) -> String {
    let drawn = match dataset.draw_seed {
        None => format!("all {}", plural(dataset.cases, "case", "cases")),
        Some(seed) => {
            let by = if dataset.draw_by.is_empty() {
                String::new()
            } else {
                format!(", stratified by {}", dataset.draw_by.join(", "))
            };
            format!("{} drawn of {} (seed {seed}{by})", count(dataset.drawn), plural(dataset.cases, "case", "cases"))
        }
    };
    format!("{}, {drawn}", dataset.path)
}

/// A judge's model and what became of its calls: its money stands here alone, and in no number of an arm.
fn judge(info: &JudgeInfo, agreement: String) -> Vec<(String, String)> {
    let money = |usd: Option<Usd>| usd.map_or_else(|| "unknown".to_owned(), |usd| format!("${:.6}", usd.dollars()));
    let name = |what: &str| format!("Judge {}{what}", info.asks.name);
    let mut facts = vec![
        (name(""), format!("{} by {} ({})", info.asks.model, info.asks.endpoint, info.asks.protocol)),
        (
            name(" calls"),
            format!(
                "asked about {}: {} from the store, {} unreadable, {} failed; cost {}, of which this run spent {}, apart \
                 from the arms",
                plural(info.asked, "answer", "answers"),
                count(info.from_store),
                count(info.unreadable),
                count(info.failed),
                money(info.cost),
                money(info.spend),
            ),
        ),
        (name(" agreement"), agreement),
    ];
    if !info.also_arms.is_empty() {
        let itself = format!("is the model of {}: it may prefer its own answers", info.also_arms.join(", "));
        facts.push((name(" itself"), itself));
    }
    facts.push((name(" price"), price(info.asks.price.as_ref())));
    facts
}

fn arm(info: &ArmInfo) -> Vec<(String, String)> {
    let returned = if info.models_returned.is_empty() {
        "no model named itself in the answers".to_owned()
    } else {
        format!("answered by {}", info.models_returned.join(", "))
    };
    let settings: Vec<_> = info.settings.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let name =
        |what: &str| if what.is_empty() { format!("Arm {}", info.name) } else { format!("{} {what}", info.name) };
    let mut facts = match &info.base_url {
        Some(base_url) => vec![
            (name(""), format!("{} by {} ({}), {returned}", info.model, info.endpoint, info.protocol)),
            (name("address"), base_url.clone()),
            (name("settings"), if settings.is_empty() { "none sent".to_owned() } else { settings.join(", ") }),
        ],
        None => vec![(name(""), format!("what production answered at the time, never asked again; {returned}"))],
    };
    let defaults: Vec<_> =
        info.defaults.iter().map(|(name, held)| format!("{name} = {} ({})", held.value, held.why)).collect();
    facts.extend((!defaults.is_empty()).then(|| (name("defaults"), defaults.join(", "))));
    facts.push((name("price"), price(info.price.as_ref())));
    facts.extend(info.note.as_ref().map(|note| (name("note"), note.clone())));
    facts
}

fn price(price: Option<&PriceInfo>) -> String {
    match Price::new(price) {
        Price::Known { rates: [input, cached, output], source } => {
            format!("input {input}, cached input {cached}, output {output}, per million tokens; {source}")
        }
        Price::Unknown => "unknown".to_owned(),
    }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}
