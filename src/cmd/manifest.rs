//! The manifest of a new run: what it is made from, and its name.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::run::Inputs;
use crate::dataset::Dataset;
use crate::domain::Sampling;
use crate::provider::translate;
use crate::replay::now_ms;
use crate::run_dir::{ArmInfo, DatasetInfo, DefaultInfo, Manifest, SCHEMA_VERSION, SuiteInfo};
use crate::suite::{ArmSpec, LiveSpec, RECORDED, Suite};

/// A tag with more values than this makes no slices of itself: it is an id rather than a kind.
const MOST_SLICES: usize = 12;

/// SHA-256 of everything that decides which trials there are and how they are scored.
pub(super) fn plan_hash(suite: &Suite, dataset_sha256: &str, exclude: bool, first_repeat: u32) -> String {
    let mut fields = json!({
        "schema_version": SCHEMA_VERSION,
        "cutover_version": env!("CARGO_PKG_VERSION"),
        "dataset": dataset_sha256,
        "suite": suite.plan_fields,
        "exclude_untranslatable": exclude,
    });
    if first_repeat > 0 {
        fields["first_repeat"] = first_repeat.into();
    }
    hex::encode(Sha256::digest(fields.to_string()))
}

pub(super) fn manifest(inputs: &Inputs<'_>, plan_hash: String) -> Manifest {
    let Inputs { suite, dataset, translations, mode, confirms, .. } = inputs;
    let started_at = now_ms();
    Manifest {
        schema_version: SCHEMA_VERSION,
        cutover_version: env!("CARGO_PKG_VERSION").to_owned(),
        run: name(&suite.name, &plan_hash, started_at),
        suite: SuiteInfo {
            name: suite.name.clone(),
            description: suite.description.clone(),
            path: suite.path.display().to_string(),
            text: suite.text.clone(),
        },
        plan_hash,
        dataset: dataset_info(suite, dataset),
        arms: suite.arms.iter().map(arm_info).collect(),
        repeats: suite.replay.repeats,
        first_repeat: inputs.repeats().start,
        confirms: confirms.map(str::to_owned),
        seed: suite.replay.seed,
        mode: mode.name().to_owned(),
        no_store: inputs.shelf.store().is_none(),
        slice_by: slice_by(suite, dataset),
        scorers: scorers(suite),
        judges: Vec::new(),
        stream: suite.replay.stream,
        translations: translations.info(dataset, &inputs.arms.arms),
        uncertain: None,
        stopped_early: None,
        rescored: None,
        started_at,
        finished_at: None,
    }
}

/// The scorers of a suite by name, with their kind where that is another.
pub(super) fn scorers(suite: &Suite) -> Vec<String> {
    suite
        .scorers
        .iter()
        .map(|one| if one.name == one.kind { one.name.clone() } else { format!("{} ({})", one.name, one.kind) })
        .collect()
}

/// `SUITE-UTC-HEX`: sorts by time, and two runs of one second differ.
fn name(suite: &str, plan_hash: &str, started_at: i64) -> String {
    let utc = chrono::DateTime::from_timestamp_millis(started_at).unwrap_or_default().format("%Y%m%dT%H%M%SZ");
    let seed = format!("{plan_hash} {started_at} {}", std::process::id());
    format!("{suite}-{utc}-{}", &hex::encode(Sha256::digest(seed))[..6])
}

pub(super) fn dataset_info(suite: &Suite, dataset: &Dataset) -> DatasetInfo {
    let weights = dataset.entries.iter().map(|entry| entry.weight);
    DatasetInfo {
        path: suite.dataset.shown.clone(),
        sha256: dataset.sha256.clone(),
        cases: dataset.total,
        drawn: dataset.entries.len(),
        teacher_forced: dataset.entries.iter().filter(|entry| entry.teacher_forced).count(),
        draw_seed: suite.dataset.draw.as_ref().map(|draw| draw.seed),
        draw_by: suite.dataset.draw.as_ref().map(|draw| draw.by.clone()).unwrap_or_default(),
        weights: (weights.clone().fold(f64::INFINITY, f64::min), weights.fold(0.0, f64::max)),
    }
}

pub(super) fn arm_info(arm: &ArmSpec) -> ArmInfo {
    let place = |of: fn(&LiveSpec) -> String| arm.live().map_or_else(|| RECORDED.to_owned(), of);
    ArmInfo {
        name: arm.name.clone(),
        endpoint: place(|live| live.endpoint.name.clone()),
        protocol: place(|live| live.endpoint.protocol.name.to_owned()),
        base_url: arm.live().map(|live| live.endpoint.base_url.clone()),
        model: arm.model().to_owned(),
        models_returned: Vec::new(),
        settings: arm.live().map(|live| settings(&live.sampling)).unwrap_or_default(),
        defaults: arm.live().map(defaults).unwrap_or_default(),
        price: arm.price.as_ref().map(|(_, info)| info.clone()),
        note: arm.note.clone(),
    }
}

/// What holds where the arm says nothing, as far as it is known.
fn defaults(live: &LiveSpec) -> BTreeMap<String, DefaultInfo> {
    let resolved = translate::resolve(&live.sampling, &live.endpoint, &live.model);
    let info = |(name, value, why): (&str, String, &str)| (name.to_owned(), DefaultInfo { value, why: why.to_owned() });
    resolved.unstated().into_iter().map(info).collect()
}

/// The settings that are sent, by name.
fn settings(sampling: &Sampling) -> BTreeMap<String, Value> {
    let rows = [
        ("max_output_tokens", sampling.max_output_tokens.map(Value::from)),
        ("temperature", sampling.temperature.map(Value::from)),
        ("top_p", sampling.top_p.map(Value::from)),
        ("top_k", sampling.top_k.map(Value::from)),
        ("min_p", sampling.min_p.map(Value::from)),
        ("frequency_penalty", sampling.frequency_penalty.map(Value::from)),
        ("presence_penalty", sampling.presence_penalty.map(Value::from)),
        ("seed", sampling.seed.map(Value::from)),
        ("stop", (!sampling.stop.is_empty()).then(|| sampling.stop.clone().into())),
        ("reasoning_effort", sampling.reasoning_effort.clone().map(Value::from)),
    ];
    let known = rows.into_iter().filter_map(|(name, value)| value.map(|value| (name.to_owned(), value)));
    sampling.extra.clone().into_iter().chain(known).collect()
}

/// The tags by which results are sliced: those of few values, and those that a rule asks for.
fn slice_by(suite: &Suite, dataset: &Dataset) -> Vec<String> {
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for entry in &dataset.entries {
        for (tag, value) in entry.tags.iter() {
            let values = values.entry(tag).or_default();
            if values.len() <= MOST_SLICES {
                values.insert(value);
            }
        }
    }
    let few = values.iter().filter(|(_, values)| (2..=MOST_SLICES).contains(&values.len())).map(|(tag, _)| *tag);
    let ruled = suite.gate.rules.iter().filter_map(|rule| rule.slice.as_ref().map(|(tag, _)| tag.as_str()));
    few.chain(ruled).collect::<BTreeSet<_>>().into_iter().map(str::to_owned).collect()
}
