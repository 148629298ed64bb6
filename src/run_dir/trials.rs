//! `trials.parquet`: one row a trial, the one results table, which DuckDB, pandas and Polars read.

use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};

use super::RunDirError;
use super::columns::{COLUMNS, FIELDS};
use super::line::{self, Line};
use super::record::{self, Record, Shared};
use crate::domain::{
    CallDigest, Counts, FailureKind, FinishReason, Millis, Outcome, Score, ToolCall, ToolFault, Trial, UnscoredReason,
    Usage, Usd,
};
use crate::table::{self, Column, Field, Rows};

/// Rows in memory at a time, when the table is written.
pub(super) const GROUP: usize = 2048;
/// Rows in memory at a time, when it is read: whole groups, since a group is read whole.
pub(super) const SLICE: usize = 2 * GROUP;

/// Threads that make rows of lines, a group each in turn.
const WORKERS: usize = 2;

/// Rows of the table, and the facts of their trials.
type Group = (Rows, Vec<Trial>);

/// Writes the table, a group of rows at a time, from lines of the journal in the order of the rows; gives back the facts
/// of every trial, as [`read`] would. `reader` makes what puts a line into a buffer, one for each of the threads that
/// make rows of them.
pub(super) fn write<L: Copy + Sync, R: FnMut(L, &mut Vec<u8>) -> Result<(), RunDirError>>(
    path: &Path,
    lines: &[L],
    reader: &(impl Fn() -> R + Sync),
) -> Result<Vec<Trial>, RunDirError> {
    let table_error = |source| RunDirError::Table { path: path.to_owned(), source };
    let mut writer = table::Writer::create(path, &FIELDS).map_err(table_error)?;
    let mut trials = Vec::with_capacity(lines.len());
    std::thread::scope(|scope| {
        let coming: [Receiver<Result<Group, RunDirError>>; WORKERS] = std::array::from_fn(|worker| {
            let (sender, receiver) = sync_channel(0);
            scope.spawn(move || {
                let (mut read, mut shared) = (reader(), Shared::default());
                for (number, lines) in lines.chunks(GROUP).enumerate().skip(worker).step_by(WORKERS) {
                    let group = group(path, (number * GROUP, lines), &mut read, &mut shared);
                    let is_last = group.is_err();
                    // Nobody listens any more after an error.
                    if sender.send(group).is_err() || is_last {
                        return;
                    }
                }
            });
            receiver
        });
        // A thread sends every group of its turn, or an error; one that panics ends this scope with its panic.
        for group in (0..lines.len().div_ceil(GROUP)).map_while(|number| coming[number % WORKERS].recv().ok()) {
            let (rows, more) = group?;
            trials.extend(more);
            writer.write(rows).map_err(table_error)?;
        }
        Ok(())
    })?;
    writer.finish().map_err(table_error)?;
    Ok(trials)
}

/// The rows of some lines, of which the first is that of row `first`.
fn group<L: Copy>(
    path: &Path,
    (first, lines): (usize, &[L]),
    read: &mut impl FnMut(L, &mut Vec<u8>) -> Result<(), RunDirError>,
    shared: &mut Shared,
) -> Result<Group, RunDirError> {
    let mut rows = Rows::new(&FIELDS, lines.len());
    let mut trials = Vec::with_capacity(lines.len());
    let mut bytes = Vec::new();
    for line in lines {
        read(*line, &mut bytes)?;
        let damaged = |error: serde_json::Error| {
            let why = format!("the line of row {} cannot be read: {error}", first + rows.height());
            RunDirError::Damaged { path: path.to_owned(), why }
        };
        let line = Line::read(&bytes).map_err(damaged)?;
        trials.push(line.trial(shared).map_err(damaged)?);
        rows.push(COLUMNS.iter().map(|column| (column.cell)(&line)))
            .map_err(|source| RunDirError::Table { path: path.to_owned(), source })?;
    }
    Ok((rows, trials))
}

/// Reads the facts of every trial, without texts.
pub(super) fn read(path: &Path) -> Result<Vec<Trial>, RunDirError> {
    let mut shared = Shared::default();
    let mut trials = Vec::new();
    loop {
        let reader = Reader::open(path, TRIAL_COLUMNS, (trials.len(), SLICE))?;
        if reader.height == 0 {
            return Ok(trials);
        }
        for row in 0..reader.height {
            trials.push(reader.trial(row, &mut shared)?);
        }
    }
}

/// What is read of a row for a person: its outcome and its texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The facts.
    pub trial: Trial,
    /// What each scorer said.
    pub scores: Vec<Score>,
    /// The visible text; `None` without an answer.
    pub text: Option<String>,
    /// The calls.
    pub tool_calls: Vec<ToolCall>,
    /// The words of a refusal.
    pub refusal: Option<String>,
    /// Why there is no answer.
    pub failure_message: Option<String>,
}

impl From<Record> for Answer {
    fn from(record: Record) -> Self {
        let trial = record.trial();
        let Record { scores, response, failure, .. } = record;
        let (text, tool_calls, refusal) = match response {
            Some(response) => (Some(response.text), response.tool_calls, response.refusal),
            None => (None, Vec::new(), None),
        };
        Self { trial, scores, text, tool_calls, refusal, failure_message: failure.map(|failure| failure.message) }
    }
}

/// Reads the rows of some cases with their texts, in the order of the table: one group of rows in memory at a time, and
/// only those that hold such a case.
pub(super) fn read_answers(path: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<Answer>, RunDirError> {
    let names: Vec<&'static str> = TRIAL_COLUMNS.iter().chain(TEXT_COLUMNS).copied().collect();
    let mut shared = Shared::default();
    let mut answers = Vec::new();
    for first in (0..).step_by(SLICE) {
        let ids = Reader::open(path, &["case_id"], (first, SLICE))?;
        if ids.height == 0 {
            break;
        }
        let rows: Vec<usize> = (0..ids.height).filter(|row| ids.text("case_id", *row).is_some_and(wanted)).collect();
        if !rows.is_empty() {
            let mut reader = Reader::open(path, &names, (first, SLICE))?;
            for row in rows {
                answers.push(reader.answer(row, &mut shared)?);
            }
        }
    }
    Ok(answers)
}

/// The columns that a trial is made of.
const TRIAL_COLUMNS: &[&str] = &[
    "case_id",
    "arm",
    "repeat",
    "outcome",
    "scores",
    "unscored_reason",
    "failure",
    "tool_fault",
    "tool_calls",
    "finish_reason",
    "input_tokens",
    "uncached_input_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "cache_write_other_tokens",
    "output_tokens",
    "reasoning_tokens",
    "input_audio_tokens",
    "output_audio_tokens",
    "web_search_requests",
    "cost_picousd",
    "spend_picousd",
    "latency_ms",
    "first_token_ms",
    "attempts",
    "from_store",
    "single_flight",
    "recording",
    "tool_calls_judged",
    "involves_tools",
    "weight",
    "cluster",
    "tags",
    "scores",
];

/// The columns that a person reads besides.
const TEXT_COLUMNS: &[&str] = &["text", "refusal", "failure_message"];

pub(super) struct Reader<'a> {
    path: &'a Path,
    pub(super) columns: std::collections::BTreeMap<&'static str, Column>,
    pub(super) height: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn open(path: &'a Path, names: &[&'static str], rows: (usize, usize)) -> Result<Self, RunDirError> {
        let fields: Vec<Field> = FIELDS.iter().filter(|field| names.contains(&field.name)).copied().collect();
        let columns = table::read(path, &fields, Some(rows))
            .map_err(|source| RunDirError::Table { path: path.to_owned(), source })?;
        let height = match columns.first() {
            Some(Column::Text(values)) => values.len(),
            _ => 0,
        };
        let columns = fields.iter().map(|field| field.name).zip(columns).collect();
        Ok(Self { path, columns, height })
    }

    pub(super) fn text(&self, name: &str, row: usize) -> Option<&str> {
        match self.columns.get(name) {
            Some(Column::Text(values)) => values[row].as_deref(),
            _ => None,
        }
    }

    fn take_text(&mut self, name: &str, row: usize) -> Option<String> {
        match self.columns.get_mut(name) {
            Some(Column::Text(values)) => values[row].take(),
            _ => None,
        }
    }

    fn integer(&self, name: &str, row: usize) -> Option<i64> {
        match self.columns.get(name) {
            Some(Column::Integer(values)) => values[row],
            _ => None,
        }
    }

    pub(super) fn count(&self, name: &str, row: usize) -> Option<u64> {
        self.integer(name, row).and_then(|value| u64::try_from(value).ok())
    }

    fn flag(&self, name: &str, row: usize) -> Option<bool> {
        match self.columns.get(name) {
            Some(Column::Flag(values)) => values[row],
            _ => None,
        }
    }

    pub(super) fn json<T: serde::de::DeserializeOwned>(
        &self,
        name: &str,
        row: usize,
    ) -> Result<Option<T>, RunDirError> {
        self.text(name, row)
            .map(serde_json::from_str)
            .transpose()
            .map_err(|error| self.not_as_it_should_be(name, row, &error))
    }

    fn not_as_it_should_be(&self, name: &str, row: usize, error: &serde_json::Error) -> RunDirError {
        self.damaged(row, &format!("`{name}` is not as it should be: {error}"))
    }

    pub(super) fn damaged(&self, row: usize, why: &str) -> RunDirError {
        RunDirError::Damaged { path: self.path.to_owned(), why: format!("row {row}: {why}") }
    }

    /// A name that must be one of a closed list.
    pub(super) fn named<T>(
        &self,
        name: &str,
        row: usize,
        from_name: fn(&str) -> Option<T>,
    ) -> Result<Option<T>, RunDirError> {
        self.text(name, row)
            .map(|text| from_name(text).ok_or_else(|| self.damaged(row, &format!("`{name}` is `{text}`"))))
            .transpose()
    }

    /// The digest of a row's calls.
    fn calls(&self, row: usize) -> Result<Option<CallDigest>, RunDirError> {
        let digest = self.text("tool_calls", row).map(line::calls_digest).transpose();
        digest.map_err(|error| self.not_as_it_should_be("tool_calls", row, &error))
    }

    /// A row with its texts.
    fn answer(&mut self, row: usize, shared: &mut Shared) -> Result<Answer, RunDirError> {
        Ok(Answer {
            trial: self.trial(row, shared)?,
            scores: self.json("scores", row)?.unwrap_or_default(),
            text: self.take_text("text", row),
            tool_calls: self.json("tool_calls", row)?.unwrap_or_default(),
            refusal: self.take_text("refusal", row),
            failure_message: self.take_text("failure_message", row),
        })
    }

    fn trial(&self, row: usize, shared: &mut Shared) -> Result<Trial, RunDirError> {
        let missing = |name: &str| self.damaged(row, &format!("`{name}` is missing"));
        let tool_fault = self.named("tool_fault", row, ToolFault::from_name)?;
        let outcome = match self.text("outcome", row) {
            Some("pass") => Outcome::Pass,
            Some("fail") => Outcome::Fail(tool_fault),
            Some("unscored") => Outcome::Unscored(
                self.named("unscored_reason", row, UnscoredReason::from_name)?
                    .ok_or_else(|| missing("unscored_reason"))?,
            ),
            other => return Err(self.damaged(row, &format!("`outcome` is {other:?}"))),
        };
        let scores = self.text("scores", row).map(line::telling).transpose();
        let scores = scores.map_err(|error| self.not_as_it_should_be("scores", row, &error))?.unwrap_or_default();
        let case = self.text("case_id", row).ok_or_else(|| missing("case_id"))?;
        let arm = self.text("arm", row).ok_or_else(|| missing("arm"))?;
        let repeat = self.count("repeat", row).and_then(|repeat| u32::try_from(repeat).ok());
        let tags = self.text("tags", row).ok_or_else(|| missing("tags"))?;
        let tags = shared.tags(tags).map_err(|error| self.damaged(row, &format!("`tags`: {error}")))?;
        let weight = match self.columns.get("weight") {
            Some(Column::Number(values)) => values[row],
            _ => None,
        };
        Ok(Trial {
            key: shared.key(case, arm, repeat.ok_or_else(|| missing("repeat"))?),
            outcome,
            failure: self.named("failure", row, FailureKind::from_name)?,
            finish_reason: self.named("finish_reason", row, FinishReason::from_name)?,
            tool_fault,
            tool_calls: self.calls(row)?.map(|calls| shared.calls(calls)),
            tool_calls_judged: self.flag("tool_calls_judged", row).ok_or_else(|| missing("tool_calls_judged"))?,
            involves_tools: self.flag("involves_tools", row).ok_or_else(|| missing("involves_tools"))?,
            usage: self.usage(row).map(Counts::from),
            cost: self.integer("cost_picousd", row).map(Usd::from_pico),
            spend: self.integer("spend_picousd", row).map(Usd::from_pico),
            latency_ms: self.count("latency_ms", row).map(Millis::from),
            first_token_ms: self.count("first_token_ms", row).map(Millis::from),
            attempts: self.count("attempts", row).and_then(|count| u32::try_from(count).ok()).unwrap_or(0),
            from_store: self.flag("from_store", row).ok_or_else(|| missing("from_store"))?,
            single_flight: self.flag("single_flight", row).ok_or_else(|| missing("single_flight"))?,
            recording: self.text("recording", row).map(|text| shared.text(text)),
            weight: weight.ok_or_else(|| missing("weight"))?,
            cluster: self.text("cluster", row).map(|text| shared.text(text)),
            tags,
            remarks: record::remarks(&scores, |text| shared.text(text)),
        })
    }

    /// The counts of a row; `None` when none was reported.
    fn usage(&self, row: usize) -> Option<Usage> {
        let count = |name| self.count(name, row);
        let usage = Usage {
            input_tokens: count("input_tokens"),
            uncached_input_tokens: count("uncached_input_tokens"),
            cache_read_tokens: count("cache_read_tokens"),
            cache_write_5m_tokens: count("cache_write_5m_tokens"),
            cache_write_1h_tokens: count("cache_write_1h_tokens"),
            cache_write_other_tokens: count("cache_write_other_tokens"),
            output_tokens: count("output_tokens"),
            reasoning_tokens: count("reasoning_tokens"),
            input_audio_tokens: count("input_audio_tokens"),
            output_audio_tokens: count("output_audio_tokens"),
            web_search_requests: count("web_search_requests"),
        };
        (usage != Usage::default()).then_some(usage)
    }
}

/// Writes the table of some records.
#[cfg(test)]
pub(super) fn write_records(path: &Path, records: &[Record]) -> Result<Vec<Trial>, RunDirError> {
    let places: Vec<usize> = (0..records.len()).collect();
    write(path, &places, &|| {
        |place: usize, bytes: &mut Vec<u8>| {
            bytes.clear();
            serde_json::to_writer(bytes, &records[place]).expect("serializes");
            Ok(())
        }
    })
}

#[cfg(test)]
mod tests;
