//! A finished run's trials judged anew: the table is read and written a group of rows at a time, and what nobody judges
//! stays as it was.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::RunDirError;
use super::columns::{FIELDS, outcome_name, unscored_name};
use super::trials::{GROUP, Reader, SLICE};
use crate::domain::{FailureKind, FinishReason, Outcome, Response, Score, ToolFault, UnscoredReason};
use crate::table::{self, Cell, Column, Rows};

/// A trial as it is kept: what it takes to judge it anew.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// The case's id.
    pub case: String,
    /// The arm's name.
    pub arm: String,
    /// The repeat.
    pub repeat: u32,
    /// The key of the answer, in hex; `None` where nothing was asked.
    pub key: Option<String>,
    /// What the model said; `None` without an answer. The provider's own word for its end is not kept.
    pub response: Option<Response>,
    /// How the call failed, when it did.
    pub failure: Option<FailureKind>,
    /// What the scorers made of it.
    pub outcome: Outcome,
    /// What each scorer said.
    pub scores: Vec<Score>,
}

/// What is written of a trial in place of what was.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejudged {
    /// What the scorers make of it.
    pub outcome: Outcome,
    /// What each scorer says.
    pub scores: Vec<Score>,
    /// Whether a scorer looked at the tool calls.
    pub tool_calls_judged: bool,
    /// Whether the case offers tools or expects a call.
    pub involves_tools: bool,
    /// The case's tags.
    pub tags: Arc<BTreeMap<String, String>>,
}

/// The columns of a [`Kept`].
const KEPT: &[&str] = &[
    "case_id",
    "arm",
    "repeat",
    "outcome",
    "unscored_reason",
    "failure",
    "tool_fault",
    "scores",
    "text",
    "tool_calls",
    "refusal",
    "finish_reason",
    "key",
];

/// Reads every trial in the order of the table, with its row.
pub(super) fn each<E: From<RunDirError>>(
    path: &Path,
    mut each: impl FnMut(usize, Kept) -> Result<(), E>,
) -> Result<(), E> {
    for first in (0..).step_by(SLICE) {
        let reader = Reader::open(path, KEPT, (first, SLICE))?;
        if reader.height == 0 {
            break;
        }
        for row in 0..reader.height {
            each(first + row, kept(&reader, row)?)?;
        }
    }
    Ok(())
}

/// Reads the trial of a row.
pub(super) fn at(path: &Path, row: usize) -> Result<Option<Kept>, RunDirError> {
    let reader = Reader::open(path, KEPT, (row, 1))?;
    (reader.height > 0).then(|| kept(&reader, 0)).transpose()
}

/// Writes the table again, with what `judge` says of each trial; `None` leaves one as it was.
pub(super) fn rewrite<E: From<RunDirError>>(
    from: &Path,
    to: &Path,
    mut judge: impl FnMut(Kept) -> Result<Option<Rejudged>, E>,
) -> Result<(), E> {
    let table_error = |source| RunDirError::Table { path: to.to_owned(), source };
    let names: Vec<&'static str> = FIELDS.iter().map(|field| field.name).collect();
    let mut writer = table::Writer::create(to, &FIELDS).map_err(table_error)?;
    let mut rows = Rows::new(&FIELDS, GROUP);
    for first in (0..).step_by(SLICE) {
        let reader = Reader::open(from, &names, (first, SLICE))?;
        if reader.height == 0 {
            break;
        }
        for row in 0..reader.height {
            let judged = judge(kept(&reader, row)?)?;
            let cells = names.iter().map(|name| {
                let new = judged.as_ref().and_then(|judged| cell(name, judged));
                new.or_else(|| reader.columns.get(name).map(|column| old(column, row))).unwrap_or(Cell::Text(None))
            });
            rows.push(cells).map_err(table_error)?;
            if rows.height() == GROUP {
                writer.write(std::mem::replace(&mut rows, Rows::new(&FIELDS, GROUP))).map_err(table_error)?;
            }
        }
    }
    writer.write(rows).map_err(table_error)?;
    writer.finish().map_err(table_error)?;
    let io = |source| RunDirError::Io { path: to.to_owned(), source };
    Ok(std::fs::File::open(to).and_then(|file| file.sync_all()).map_err(io)?)
}

fn old(column: &Column, row: usize) -> Cell<'_> {
    match column {
        Column::Text(values) => Cell::Text(values[row].as_deref().map(Cow::Borrowed)),
        Column::Integer(values) => Cell::Integer(values[row]),
        Column::Number(values) => Cell::Number(values[row]),
        Column::Flag(values) => Cell::Flag(values[row]),
    }
}

/// The new value of a column; `None` where judging does not change it.
fn cell(name: &str, judged: &Rejudged) -> Option<Cell<'static>> {
    let text = |text: Option<&str>| Cell::Text(text.map(|text| Cow::Owned(text.to_owned())));
    // Plain data with text keys: it always has a JSON form.
    let json = |value: Result<String, serde_json::Error>| Cell::Text(value.ok().map(Cow::Owned));
    Some(match name {
        "outcome" => text(Some(outcome_name(judged.outcome))),
        "unscored_reason" => text(unscored_name(judged.outcome)),
        "tool_fault" => text(judged.outcome.tool_fault().map(ToolFault::name)),
        "scores" => json(serde_json::to_string(&judged.scores)),
        "tool_calls_judged" => Cell::Flag(Some(judged.tool_calls_judged)),
        "involves_tools" => Cell::Flag(Some(judged.involves_tools)),
        "tags" => json(serde_json::to_string(&*judged.tags)),
        _ => return None,
    })
}

fn kept(reader: &Reader<'_>, row: usize) -> Result<Kept, RunDirError> {
    let text = |name| reader.text(name, row).map(str::to_owned);
    let missing = |name: &str| reader.damaged(row, &format!("`{name}` is missing"));
    let fault = reader.named("tool_fault", row, ToolFault::from_name)?;
    let outcome = match reader.text("outcome", row) {
        Some("pass") => Outcome::Pass,
        Some("fail") => Outcome::Fail(fault),
        Some("unscored") => Outcome::Unscored(
            reader
                .named("unscored_reason", row, UnscoredReason::from_name)?
                .ok_or_else(|| missing("unscored_reason"))?,
        ),
        other => return Err(reader.damaged(row, &format!("`outcome` is {other:?}"))),
    };
    let response = match text("text") {
        None => None,
        Some(text) => Some(Response {
            text,
            tool_calls: reader.json("tool_calls", row)?.unwrap_or_default(),
            refusal: reader.text("refusal", row).map(str::to_owned),
            finish_reason: reader
                .named("finish_reason", row, FinishReason::from_name)?
                .ok_or_else(|| missing("finish_reason"))?,
            finish_raw: None,
        }),
    };
    let repeat = reader.count("repeat", row).and_then(|repeat| u32::try_from(repeat).ok());
    Ok(Kept {
        case: text("case_id").ok_or_else(|| missing("case_id"))?,
        arm: text("arm").ok_or_else(|| missing("arm"))?,
        repeat: repeat.ok_or_else(|| missing("repeat"))?,
        key: text("key"),
        response,
        failure: reader.named("failure", row, FailureKind::from_name)?,
        outcome,
        scores: reader.json("scores", row)?.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::record::{Record, fixture};
    use super::super::trials;
    use super::*;

    #[test]
    fn what_nobody_judges_stays_and_what_is_judged_changes_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let (from, to) = (folder.path().join("from.parquet"), folder.path().join("to.parquet"));
        let records =
            [fixture::answered("a", "baseline"), fixture::failed("b", "mini"), fixture::unscored("c", "mini")];
        trials::write_records(&from, &records).expect("is written");
        let mut seen = Vec::new();
        let result: Result<(), RunDirError> = rewrite(&from, &to, |kept| {
            seen.push(kept.clone());
            Ok((kept.case == "a").then(|| Rejudged {
                outcome: Outcome::Pass,
                scores: Vec::new(),
                tool_calls_judged: false,
                involves_tools: false,
                tags: BTreeMap::from([("tier".to_owned(), "1".to_owned())]).into(),
            }))
        });
        result.expect("is rewritten");
        let of = |record: &Record| Kept {
            case: record.case.clone(),
            arm: record.arm.clone(),
            repeat: record.repeat,
            key: record.key.clone(),
            response: record.response.clone().map(|response| Response { finish_raw: None, ..response }),
            failure: record.failure_kind(),
            outcome: record.outcome,
            scores: record.scores.clone(),
        };
        assert_eq!(seen, records.each_ref().map(of));
        let changed = Record {
            outcome: Outcome::Pass,
            scores: Vec::new(),
            tool_calls_judged: false,
            involves_tools: false,
            tags: BTreeMap::from([("tier".to_owned(), "1".to_owned())]).into(),
            ..records[0].clone()
        };
        let expected = [changed, records[1].clone(), records[2].clone()];
        assert_eq!(trials::read(&to).expect("is read"), expected.each_ref().map(Record::trial));
        // A column that nobody names here is kept too.
        let direct = folder.path().join("direct.parquet");
        trials::write_records(&direct, &expected).expect("is written");
        let all = |path| table::read(path, &FIELDS, None).expect("is read");
        assert_eq!(all(&to), all(&direct));
        assert_eq!(at(&to, 2).expect("is read").map(|kept| kept.case), Some("c".to_owned()));
        assert_eq!(at(&to, 3).expect("is read"), None);
    }
}
