//! What a lock pins: everything that decides what is asked, how it is scored, priced and judged.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::cmd::{CommandError, judging, manifest};
use crate::dataset::Dataset;
use crate::gate::{Gate, Level, Limit, Rule};
use crate::run_dir::{ArmInfo, DatasetInfo, Finished, PriceInfo};
use crate::suite::{ReplaySettings, Suite};

/// The version of the file.
pub(super) const VERSION: i64 = 1;

/// What stands at the head of the file, for whoever opens it.
const HEAD: &str = "# Written by `cutover lock`: commit it. `cutover ci --locked` refuses what differs from it.\n";

/// What a lock pins.
#[derive(Debug, Serialize)]
pub(in crate::cmd) struct Pins {
    version: i64,
    /// Scorers, statistics and built-in prices are those of a version.
    cutover: String,
    /// SHA-256 of everything that decides which trials there are and how they are scored.
    plan: String,
    pub(super) run: RunPin,
    dataset: DatasetPin,
    replay: ReplayPin,
    arms: BTreeMap<String, ArmPin>,
    /// The models that judge, by the names of the judges.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    judges: BTreeMap<String, ArmPin>,
    scorers: Value,
    gate: GatePin,
}

/// The run that the lock was made from; nothing is compared with it.
#[derive(Debug, Serialize)]
pub(super) struct RunPin {
    pub(super) name: String,
    /// The day, as YYYY-MM-DD.
    finished: String,
}

#[derive(Debug, Serialize)]
struct DatasetPin {
    path: String,
    sha256: String,
    cases: usize,
    drawn: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    draw_seed: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    draw_by: Vec<String>,
    /// SHA-256 of the ids of the drawn cases, sorted, one a line.
    drawn_ids_sha256: String,
}

#[derive(Debug, Serialize)]
struct ReplayPin {
    repeats: u32,
    seed: u64,
    stream: bool,
}

#[derive(Debug, Serialize)]
struct ArmPin {
    endpoint: String,
    protocol: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    model: String,
    /// Of a judge: SHA-256 of its rubric.
    #[serde(skip_serializing_if = "Option::is_none")]
    rubric_sha256: Option<String>,
    /// The models that said they answered. Another one later is worth a warning: nobody can ask for it to stay.
    returned: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    settings: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<PricePin>,
}

#[derive(Debug, Serialize)]
struct PricePin {
    input: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cached_input: Option<String>,
    output: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<String>,
}

#[derive(Debug, Serialize)]
struct GatePin {
    confidence: f64,
    min_pairs: usize,
    min_coverage: f64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<RulePin>,
}

#[derive(Debug, Serialize)]
struct RulePin {
    metric: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    slice: Option<String>,
    /// What it asks, in the words of the suite.
    asks: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<f64>,
    level: &'static str,
}

/// What a run is made from, apart from its suite's own words.
struct Made {
    cutover: String,
    plan: String,
    run: RunPin,
    dataset: DatasetPin,
    arms: BTreeMap<String, ArmPin>,
    judges: BTreeMap<String, ArmPin>,
}

impl Pins {
    /// What a finished run was made from.
    pub(in crate::cmd) fn of_run(run: &Finished) -> Result<Self, CommandError> {
        let manifest = &run.manifest;
        let suite = Suite::parse(Path::new(&manifest.suite.path), manifest.suite.text.clone())?;
        let ids = match &manifest.stopped_early {
            // The table has no more than the cases up to the stop.
            Some(stopped) => stopped.planned_ids_sha256.clone(),
            None => ids_sha256(&run.trials()?.iter().map(|trial| &*trial.key.case).collect()),
        };
        let finished = manifest.finished_at.and_then(chrono::DateTime::from_timestamp_millis).unwrap_or_default();
        let made = Made {
            cutover: manifest.cutover_version.clone(),
            plan: manifest.plan_hash.clone(),
            run: RunPin { name: manifest.run.clone(), finished: finished.format("%Y-%m-%d").to_string() },
            dataset: dataset(&manifest.dataset, ids),
            arms: manifest.arms.iter().map(|info| (info.name.clone(), arm(info))).collect(),
            judges: manifest.judges.iter().map(|info| judge(&info.asks, info.rubric_sha256.clone())).collect(),
        };
        Ok(Self::new(&suite, made))
    }

    /// What a run would be made from now, before anything is sent.
    pub(in crate::cmd) fn now(suite: &Suite, cases: &Dataset, exclude: bool) -> Self {
        let ids: BTreeSet<&str> = cases.entries.iter().map(|entry| &*entry.id).collect();
        let made = Made {
            cutover: env!("CARGO_PKG_VERSION").to_owned(),
            plan: manifest::plan_hash(suite, &cases.sha256, exclude, 0),
            run: RunPin { name: String::new(), finished: String::new() },
            dataset: dataset(&manifest::dataset_info(suite, cases), ids_sha256(&ids)),
            arms: suite.arms.iter().map(|spec| (spec.name.clone(), arm(&manifest::arm_info(spec)))).collect(),
            judges: suite
                .judges
                .iter()
                .map(|spec| judge(&manifest::arm_info(&spec.asks), judging::rubric_sha256(spec)))
                .collect(),
        };
        Self::new(suite, made)
    }

    fn new(suite: &Suite, made: Made) -> Self {
        let Made { cutover, plan, run, dataset, arms, judges } = made;
        let ReplaySettings { repeats, seed, stream, .. } = suite.replay;
        Self {
            version: VERSION,
            cutover,
            plan,
            run,
            dataset,
            replay: ReplayPin { repeats, seed, stream },
            arms,
            judges,
            scorers: suite.plan_fields["scorers"].clone(),
            gate: gate(&suite.gate),
        }
    }

    /// The text of the file.
    pub(super) fn text(&self) -> Result<String, CommandError> {
        toml::to_string(self).map(|text| format!("{HEAD}{text}")).map_err(|error| unwritable(&error))
    }

    /// The same as a table, to be compared.
    pub(super) fn table(&self) -> Result<toml::Table, CommandError> {
        toml::Table::try_from(self).map_err(|error| unwritable(&error))
    }
}

fn unwritable(error: &toml::ser::Error) -> CommandError {
    std::io::Error::other(format!("the lock cannot be written: {error}")).into()
}

/// SHA-256 of ids, sorted, one a line.
pub(in crate::cmd) fn ids_sha256(ids: &BTreeSet<&str>) -> String {
    let mut hash = Sha256::new();
    for id in ids {
        hash.update(id);
        hash.update("\n");
    }
    hex::encode(hash.finalize())
}

fn dataset(info: &DatasetInfo, ids_sha256: String) -> DatasetPin {
    DatasetPin {
        path: info.path.clone(),
        sha256: info.sha256.clone(),
        cases: info.cases,
        drawn: info.drawn,
        draw_seed: info.draw_seed,
        draw_by: info.draw_by.clone(),
        drawn_ids_sha256: ids_sha256,
    }
}

fn arm(info: &ArmInfo) -> ArmPin {
    ArmPin {
        endpoint: info.endpoint.clone(),
        protocol: info.protocol.clone(),
        address: info.base_url.clone(),
        model: info.model.clone(),
        rubric_sha256: None,
        returned: info.models_returned.clone(),
        settings: info.settings.clone(),
        price: info.price.as_ref().map(price),
    }
}

fn judge(asks: &ArmInfo, rubric_sha256: String) -> (String, ArmPin) {
    (asks.name.clone(), ArmPin { rubric_sha256: Some(rubric_sha256), ..arm(asks) })
}

fn price(info: &PriceInfo) -> PricePin {
    PricePin {
        input: info.input.clone(),
        cached_input: info.cached_input.clone(),
        output: info.output.clone(),
        source: info.source.clone(),
        as_of: info.as_of.clone(),
    }
}

fn gate(gate: &Gate) -> GatePin {
    GatePin {
        confidence: gate.confidence,
        min_pairs: gate.min_pairs,
        min_coverage: gate.min_coverage,
        rules: gate.rules.iter().map(rule).collect(),
    }
}

fn rule(rule: &Rule) -> RulePin {
    let (asks, limit) = match rule.limit {
        Limit::NonInferior(margin) => ("non_inferior", Some(margin)),
        Limit::MaxRatio(ratio) => ("max_ratio", Some(ratio)),
        Limit::Better => ("better", None),
        Limit::Min(least) => ("min", Some(least)),
        Limit::Max(most) => ("max", Some(most)),
    };
    let level = match rule.level {
        Level::Off => "off",
        Level::Warn => "warn",
        Level::Error => "error",
    };
    let slice = rule.slice.as_ref().map(|(tag, value)| format!("{tag}={value}"));
    RulePin { metric: rule.metric.row().name, slice, asks, limit, level }
}
