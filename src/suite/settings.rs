//! `[dataset]` and `[replay]`: which cases, and how they are replayed.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::reader::Table;
use crate::dataset::Draw;
use crate::domain::Usd;
use crate::replay::{Retry, Timeouts};
use crate::run_dir::MOST_REPEATS;

/// Seed of the draw and of the order of calls, unless the suite says otherwise.
pub(super) const DEFAULT_SEED: u64 = 1;
/// Repeats of every case and arm, unless the suite says otherwise.
pub(super) const DEFAULT_REPEATS: u32 = 1;
/// Trials in flight at most, unless the suite says otherwise.
pub(super) const DEFAULT_CONCURRENCY: usize = 16;
/// Attempts at one call, unless the suite says otherwise.
pub(super) const DEFAULT_ATTEMPTS: u32 = 4;
/// Answers that a closed loop may take, unless the suite says otherwise.
pub(super) const DEFAULT_MAX_STEPS: u32 = 10;
/// Time from sending to the last byte, unless the suite says otherwise.
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(2);
/// Time between two pieces of an answer, unless the suite says otherwise.
const DEFAULT_IDLE_TIMEOUT: Duration = Duration::from_mins(1);
/// The longest wait for a provider that answers nothing, unless the suite says otherwise.
pub(super) const DEFAULT_MAX_WAIT: Duration = Duration::from_mins(2);
/// Time to connect.
const CONNECT: Duration = Duration::from_secs(10);

/// The dataset of a suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetSettings {
    /// The file.
    pub path: PathBuf,
    /// The file as the suite names it, from its own folder.
    pub shown: String,
    /// What to draw; `None` takes every case.
    pub draw: Option<Draw>,
}

/// How the replay of a suite goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplaySettings {
    /// Repeats of every case and arm.
    pub repeats: u32,
    /// Trials in flight at most.
    pub concurrency: usize,
    /// Most tokens of an answer, for every arm that does not say otherwise.
    pub max_output_tokens: Option<u64>,
    /// What a run may spend; `None` is no limit.
    pub budget: Option<Usd>,
    /// Whether answers arrive piece by piece, so that the time to the first token is known.
    pub stream: bool,
    /// How often one call may search with the provider's own tools, for the budget; `None` where nobody says.
    pub max_searches: Option<u64>,
    /// The seed of the order of calls.
    pub seed: u64,
    /// Whether the run ends once every rule that can be read after every case is decided.
    pub stop_early: bool,
    /// When to ask again.
    pub retry: Retry,
    /// How many answers a closed loop may take.
    pub max_steps: u32,
    /// The longest wait for a provider that answers nothing: it asks to come back later, refuses, or is broken.
    pub max_wait: Duration,
    /// How long a call may take.
    pub timeouts: Timeouts,
}

pub(super) fn dataset(root: &Table<'_>, suite: &Path) -> Option<DatasetSettings> {
    let Some(table) = root.table("dataset", "[dataset]") else {
        if root.get("dataset").is_none() {
            root.missing("[dataset]", "say where the cases are: `[dataset]` with `path = \"../datasets/cases.jsonl\"`");
        }
        return None;
    };
    let path = table.text("path");
    if path.is_none() && table.get("path").is_none() {
        table.missing("path", "name a file of JSON Lines, from the suite's own folder");
    }
    let draw = table.table("draw", "`draw`").map(draw);
    table.finish(&[]);
    let shown = path?.value.to_owned();
    let folder = suite.parent().unwrap_or_else(|| Path::new(""));
    Some(DatasetSettings { path: folder.join(&shown), shown, draw: draw.flatten() })
}

fn draw(table: Table<'_>) -> Option<Draw> {
    let n = table.integer("n", 1..i64::MAX);
    if n.is_none() && table.get("n").is_none() {
        table.missing("n", "say how many cases to draw: `draw = { n = 300, by = [\"workload\"], seed = 7 }`");
    }
    let by = table.texts("by").map(|by| by.value).unwrap_or_default();
    let seed = table.integer("seed", 0..i64::MAX).map_or(DEFAULT_SEED, |seed| seed.value.unsigned_abs());
    table.finish(&[]);
    Some(Draw { n: usize::try_from(n?.value).ok()?, by, seed })
}

pub(super) fn replay(root: &Table<'_>) -> Option<ReplaySettings> {
    let Some(table) = root.table("replay", "[replay]") else {
        return root.get("replay").is_none().then(|| settings(None));
    };
    let settings = settings(Some(&table));
    table.finish(&[]);
    Some(settings)
}

fn settings(table: Option<&Table<'_>>) -> ReplaySettings {
    let integer = |key, allowed| table?.integer(key, allowed).map(|number| number.value.unsigned_abs());
    let small = |key, allowed| integer(key, allowed).and_then(|number| u32::try_from(number).ok());
    ReplaySettings {
        repeats: small("repeats", 1..i64::from(MOST_REPEATS) + 1).unwrap_or(DEFAULT_REPEATS),
        concurrency: integer("concurrency", 1..10_001)
            .and_then(|number| usize::try_from(number).ok())
            .unwrap_or(DEFAULT_CONCURRENCY),
        max_output_tokens: integer("max_output_tokens", 1..i64::MAX),
        budget: table.and_then(budget),
        max_searches: integer("max_searches", 1..1001),
        stream: table.is_some_and(|table| table.flag("stream")),
        seed: integer("seed", 0..i64::MAX).unwrap_or(DEFAULT_SEED),
        stop_early: table.is_some_and(|table| table.flag("stop_early")),
        retry: Retry { attempts: small("attempts", 1..21).unwrap_or(DEFAULT_ATTEMPTS) },
        max_steps: small("max_steps", 1..101).unwrap_or(DEFAULT_MAX_STEPS),
        max_wait: integer("max_wait_s", 1..86_401).map_or(DEFAULT_MAX_WAIT, Duration::from_secs),
        timeouts: timeouts(&integer),
    }
}

fn timeouts(integer: &dyn Fn(&'static str, Range<i64>) -> Option<u64>) -> Timeouts {
    let seconds = |key| integer(key, 1..86_401).map(Duration::from_secs);
    Timeouts {
        connect: CONNECT,
        first_byte: seconds("first_byte_timeout_s"),
        idle: seconds("idle_timeout_s").unwrap_or(DEFAULT_IDLE_TIMEOUT),
        total: seconds("timeout_s").unwrap_or(DEFAULT_TIMEOUT),
    }
}

fn budget(table: &Table<'_>) -> Option<Usd> {
    let found = table.decimal("budget_usd")?;
    let pico = Decimal::from_str(&found.value)
        .ok()
        .filter(|dollars| dollars.is_sign_positive() && !dollars.is_zero())
        .and_then(|dollars| dollars.checked_mul(Decimal::from(1_000_000_000_000_u64))?.to_i64());
    if pico.is_none() {
        let message = format!("`budget_usd` is {}, but must be above 0 and below 9 million", found.value);
        table.problem(&found.range(), message, None);
    }
    pico.map(Usd::from_pico)
}
