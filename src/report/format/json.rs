//! `summary.json`: the numbers themselves with every digit, for programs.

use serde::Serialize;

use super::escape;
use crate::compare::Results;
use crate::gate::{Gate, Verdict};
use crate::report::View;
use crate::run_dir::{Manifest, SCHEMA_VERSION};

/// The document. Its numbers are those of the results, never rounded; `null` is unknown.
#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    units: Units,
    run: &'a str,
    suite: &'a str,
    verdicts: &'a [Verdict],
    gate: &'a Gate,
    results: &'a Results,
    manifest: &'a Manifest,
}

/// What the numbers are counted in.
#[derive(Serialize)]
struct Units {
    cost: &'static str,
    spend: &'static str,
    accuracy: &'static str,
    tool_call_failure_rate: &'static str,
    cost_per_success: &'static str,
    economics: &'static str,
    latency: &'static str,
    time: &'static str,
}

const UNITS: Units = Units {
    cost: "pico-dollars (1e-12 USD)",
    spend: "pico-dollars (1e-12 USD)",
    accuracy: "share of 1; contrast is candidate - baseline",
    tool_call_failure_rate: "share of 1; contrast is candidate - baseline",
    cost_per_success: "USD; contrast is candidate / baseline",
    economics: "USD, of a trial if nothing else is said; shares of 1; differences are candidate - baseline, ratios \
                candidate / baseline",
    latency: "milliseconds; contrast is candidate / baseline",
    time: "milliseconds since 1970-01-01 UTC",
};

/// The document as text, ending in a newline.
///
/// # Errors
///
/// When serialising fails, which no input of these types can cause.
pub fn render(view: &View<'_>) -> Result<String, serde_json::Error> {
    let input = &view.input;
    let document = Document {
        schema_version: SCHEMA_VERSION,
        units: UNITS,
        run: &input.manifest.run,
        suite: &input.manifest.suite.name,
        verdicts: input.verdicts,
        gate: input.gate,
        results: input.results,
        manifest: input.manifest,
    };
    self::document(&document)
}

/// Any value as such a document: indented, inert on a terminal, ending in a newline.
///
/// # Errors
///
/// When the value has no form in JSON.
pub fn document(value: &impl Serialize) -> Result<String, serde_json::Error> {
    Ok(escape::json(&serde_json::to_string_pretty(value)?).into_owned() + "\n")
}
