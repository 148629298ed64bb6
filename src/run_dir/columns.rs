//! The columns of `trials.parquet`: names, kinds, and where each value stands in a line of the journal.

use super::line::{Line, Said};
use crate::domain::{FailureKind, Outcome, ToolFault, Usage, Usd};
use crate::table::{Cell, Field, Kind};

/// A column: its name, its kind, and where its value stands in a line of the journal.
pub(super) struct Row {
    pub(super) field: Field,
    pub(super) cell: for<'l> fn(&'l Line<'_>) -> Cell<'l>,
}

const fn row(name: &'static str, kind: Kind, cell: for<'l> fn(&'l Line<'_>) -> Cell<'l>) -> Row {
    Row { field: Field { name, kind }, cell }
}

/// Every column of the table, in its order.
pub(super) const COLUMNS: &[Row] = &[
    row("case_id", Kind::Text, |line| text(Some(&line.case))),
    row("arm", Kind::Text, |line| text(Some(&line.arm))),
    row("model", Kind::Text, |line| text(Some(&line.model))),
    row("repeat", Kind::Integer, |line| Cell::Integer(Some(line.repeat.into()))),
    row("outcome", Kind::Text, |line| text(Some(outcome_name(line.outcome)))),
    row("unscored_reason", Kind::Text, |line| text(unscored_name(line.outcome))),
    row("failure", Kind::Text, |line| text(line.failure_kind().map(FailureKind::name))),
    row("tool_fault", Kind::Text, |line| text(line.outcome.tool_fault().map(ToolFault::name))),
    row("scores", Kind::Text, |line| json(line.scores())),
    row("text", Kind::Text, |line| text(line.response.as_ref().map(|said| &said.text))),
    row("tool_calls", Kind::Text, |line| {
        line.response.as_ref().map_or(Cell::Text(None), |said| json(said.tool_calls()))
    }),
    row("tool_call_count", Kind::Integer, |line| {
        Cell::Integer(line.response.as_ref().and_then(Said::tool_call_count).map(i64::from))
    }),
    row("refusal", Kind::Text, |line| text(line.response.as_ref().and_then(|said| said.refusal.as_ref()))),
    row("finish_reason", Kind::Text, |line| text(line.response.as_ref().map(|said| said.finish_reason.name()))),
    row("input_tokens", Kind::Integer, |line| count(line, |usage| usage.input_tokens)),
    row("uncached_input_tokens", Kind::Integer, |line| count(line, |usage| usage.uncached_input_tokens)),
    row("cache_read_tokens", Kind::Integer, |line| count(line, |usage| usage.cache_read_tokens)),
    row("cache_write_5m_tokens", Kind::Integer, |line| count(line, |usage| usage.cache_write_5m_tokens)),
    row("cache_write_1h_tokens", Kind::Integer, |line| count(line, |usage| usage.cache_write_1h_tokens)),
    row("cache_write_other_tokens", Kind::Integer, |line| count(line, |usage| usage.cache_write_other_tokens)),
    row("output_tokens", Kind::Integer, |line| count(line, |usage| usage.output_tokens)),
    row("reasoning_tokens", Kind::Integer, |line| count(line, |usage| usage.reasoning_tokens)),
    row("input_audio_tokens", Kind::Integer, |line| count(line, |usage| usage.input_audio_tokens)),
    row("output_audio_tokens", Kind::Integer, |line| count(line, |usage| usage.output_audio_tokens)),
    row("web_search_requests", Kind::Integer, |line| count(line, |usage| usage.web_search_requests)),
    row("cost_picousd", Kind::Integer, |line| Cell::Integer(line.cost.map(Usd::pico))),
    row("spend_picousd", Kind::Integer, |line| Cell::Integer(line.spend.map(Usd::pico))),
    row("latency_ms", Kind::Integer, |line| Cell::Integer(line.latency_ms.map(signed))),
    row("first_token_ms", Kind::Integer, |line| Cell::Integer(line.first_token_ms.map(signed))),
    row("attempts", Kind::Integer, |line| Cell::Integer(Some(signed(line.attempts() as u64)))),
    row("from_store", Kind::Flag, |line| Cell::Flag(Some(line.from_store))),
    row("single_flight", Kind::Flag, |line| Cell::Flag(Some(line.single_flight))),
    row("bought_at", Kind::Integer, |line| Cell::Integer(line.bought_at)),
    row("recording", Kind::Text, |line| text(line.recording.as_ref())),
    row("key", Kind::Text, |line| text(line.key.as_ref())),
    row("tool_calls_judged", Kind::Flag, |line| Cell::Flag(Some(line.tool_calls_judged))),
    row("involves_tools", Kind::Flag, |line| Cell::Flag(Some(line.involves_tools))),
    row("weight", Kind::Number, |line| Cell::Number(Some(line.weight))),
    row("cluster", Kind::Text, |line| text(line.cluster.as_ref())),
    row("tags", Kind::Text, |line| json(line.tags())),
    row("failure_message", Kind::Text, |line| text(line.failure.as_ref().map(|failure| &failure.message))),
    row("model_returned", Kind::Text, |line| text(line.model_returned.as_ref())),
    row("service_tier", Kind::Text, |line| text(line.service_tier.as_ref())),
    row("warnings", Kind::Text, |line| json(line.warnings())),
];

/// Their names and kinds.
pub(super) const FIELDS: [Field; COLUMNS.len()] = {
    let mut fields = [Field { name: "", kind: Kind::Text }; COLUMNS.len()];
    let mut index = 0;
    while index < fields.len() {
        fields[index] = COLUMNS[index].field;
        index += 1;
    }
    fields
};

fn text<T: AsRef<str> + ?Sized>(value: Option<&T>) -> Cell<'_> {
    Cell::Text(value.map(|text| text.as_ref().into()))
}

fn json(value: &str) -> Cell<'_> {
    Cell::Text(Some(value.into()))
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn count(line: &Line<'_>, field: fn(&Usage) -> Option<u64>) -> Cell<'static> {
    Cell::Integer(line.usage.as_ref().and_then(field).map(signed))
}

pub(super) fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "pass",
        Outcome::Fail(_) => "fail",
        Outcome::Unscored(_) => "unscored",
    }
}

pub(super) fn unscored_name(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Unscored(reason) => Some(reason.name()),
        Outcome::Pass | Outcome::Fail(_) => None,
    }
}
