//! The columns of `trials.parquet`: names, kinds, and where each value stands in a record.

use super::record::Record;
use crate::domain::{FailureKind, FinishReason, Outcome, ToolFault, Usage, Usd};
use crate::table::{Cell, Field, Kind};

/// A column: its name, its kind, and where its value stands in a record.
pub(super) struct Row {
    pub(super) field: Field,
    pub(super) cell: fn(&Record) -> Cell<'_>,
}

const fn row(name: &'static str, kind: Kind, cell: fn(&Record) -> Cell<'_>) -> Row {
    Row { field: Field { name, kind }, cell }
}

/// Every column of the table, in its order.
pub(super) const COLUMNS: &[Row] = &[
    row("case_id", Kind::Text, |record| text(Some(&record.case))),
    row("arm", Kind::Text, |record| text(Some(&record.arm))),
    row("model", Kind::Text, |record| text(Some(&record.model))),
    row("repeat", Kind::Integer, |record| Cell::Integer(Some(record.repeat.into()))),
    row("outcome", Kind::Text, |record| text(Some(outcome_name(record.outcome)))),
    row("unscored_reason", Kind::Text, |record| text(unscored_name(record.outcome))),
    row("failure", Kind::Text, |record| text(record.failure_kind().map(FailureKind::name))),
    row("tool_fault", Kind::Text, |record| text(record.tool_fault().map(ToolFault::name))),
    row("scores", Kind::Text, |record| json(&record.scores)),
    row("text", Kind::Text, |record| text(record.response.as_ref().map(|response| &response.text))),
    row("tool_calls", Kind::Text, |record| {
        record.response.as_ref().map_or(Cell::Text(None), |response| json(&response.tool_calls))
    }),
    row("tool_call_count", Kind::Integer, |record| Cell::Integer(record.tool_call_count().map(i64::from))),
    row("refusal", Kind::Text, |record| text(record.response.as_ref().and_then(|response| response.refusal.as_ref()))),
    row("finish_reason", Kind::Text, |record| text(record.finish_reason().map(FinishReason::name))),
    row("input_tokens", Kind::Integer, |record| count(record, |usage| usage.input_tokens)),
    row("uncached_input_tokens", Kind::Integer, |record| count(record, |usage| usage.uncached_input_tokens)),
    row("cache_read_tokens", Kind::Integer, |record| count(record, |usage| usage.cache_read_tokens)),
    row("cache_write_5m_tokens", Kind::Integer, |record| count(record, |usage| usage.cache_write_5m_tokens)),
    row("cache_write_1h_tokens", Kind::Integer, |record| count(record, |usage| usage.cache_write_1h_tokens)),
    row("cache_write_other_tokens", Kind::Integer, |record| count(record, |usage| usage.cache_write_other_tokens)),
    row("output_tokens", Kind::Integer, |record| count(record, |usage| usage.output_tokens)),
    row("reasoning_tokens", Kind::Integer, |record| count(record, |usage| usage.reasoning_tokens)),
    row("input_audio_tokens", Kind::Integer, |record| count(record, |usage| usage.input_audio_tokens)),
    row("output_audio_tokens", Kind::Integer, |record| count(record, |usage| usage.output_audio_tokens)),
    row("web_search_requests", Kind::Integer, |record| count(record, |usage| usage.web_search_requests)),
    row("cost_picousd", Kind::Integer, |record| Cell::Integer(record.cost.map(Usd::pico))),
    row("spend_picousd", Kind::Integer, |record| Cell::Integer(record.spend.map(Usd::pico))),
    row("latency_ms", Kind::Integer, |record| Cell::Integer(record.latency_ms.map(signed))),
    row("first_token_ms", Kind::Integer, |record| Cell::Integer(record.first_token_ms.map(signed))),
    row("attempts", Kind::Integer, |record| Cell::Integer(Some(signed(record.attempts.len() as u64)))),
    row("from_store", Kind::Flag, |record| Cell::Flag(Some(record.from_store))),
    row("single_flight", Kind::Flag, |record| Cell::Flag(Some(record.single_flight))),
    row("bought_at", Kind::Integer, |record| Cell::Integer(record.bought_at)),
    row("recording", Kind::Text, |record| text(record.recording.as_ref())),
    row("key", Kind::Text, |record| text(record.key.as_ref())),
    row("tool_calls_judged", Kind::Flag, |record| Cell::Flag(Some(record.tool_calls_judged))),
    row("involves_tools", Kind::Flag, |record| Cell::Flag(Some(record.involves_tools))),
    row("weight", Kind::Number, |record| Cell::Number(Some(record.weight))),
    row("cluster", Kind::Text, |record| text(record.cluster.as_ref())),
    row("tags", Kind::Text, |record| json(&record.tags)),
    row("failure_message", Kind::Text, |record| text(record.failure.as_ref().map(|failure| &failure.message))),
    row("model_returned", Kind::Text, |record| text(record.model_returned.as_ref())),
    row("service_tier", Kind::Text, |record| text(record.service_tier.as_ref())),
    row("warnings", Kind::Text, |record| json(&record.warnings)),
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

fn json(value: &impl serde::Serialize) -> Cell<'static> {
    // Plain data with text keys: it always has a JSON form.
    Cell::Text(serde_json::to_string(value).ok().map(Into::into))
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn count(record: &Record, field: fn(&Usage) -> Option<u64>) -> Cell<'static> {
    Cell::Integer(record.usage.as_ref().and_then(field).map(signed))
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
