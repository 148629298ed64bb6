use std::sync::Arc;

use super::super::record::fixture;
use super::*;
use crate::domain::{Grade, Labels};

fn score(scorer: &str, outcome: Outcome) -> Score {
    Score { scorer: scorer.into(), outcome, why: Some("\"why\"\n".into()), value: None, labels: None }
}

/// Records of every kind, and of every kind of score.
fn records() -> Vec<Record> {
    let answered = fixture::answered("é \"a\"", "baseline");
    let response = answered.response.clone().expect("answered");
    let silent = crate::domain::Response { text: String::new(), tool_calls: Vec::new(), refusal: None, ..response };
    let refusing = crate::domain::Response { refusal: Some("no \\ never".into()), ..silent.clone() };
    let graded = Score { value: Grade::new(0.5), ..score("token_f1", Outcome::Pass) };
    let labels = Labels { expected: "a\tb".into(), found: "b".into() };
    let labelled = Score { labels: Some(labels), ..score("label", Outcome::Fail(None)) };
    let said = ["human", "judge:strict", "prefer:pair"].map(|name| vec![score(name, Outcome::Pass)]);
    let kinds = [vec![graded], vec![labelled], Vec::new()].into_iter().chain(said);
    let of_kinds = kinds.enumerate().map(|(index, scores)| Record {
        case: format!("scored {index}"),
        scores,
        response: Some(silent.clone()),
        ..answered.clone()
    });
    let many = Usage { input_tokens: Some(u64::MAX), ..Usage::default() };
    let others = [
        fixture::failed("b", "mini"),
        fixture::unscored("c", "mini"),
        Record { response: Some(refusing), usage: Some(Usage::default()), ..answered.clone() },
        Record { usage: Some(many), latency_ms: Some(u64::MAX), first_token_ms: Some(3), ..answered.clone() },
    ];
    std::iter::once(answered.clone()).chain(of_kinds).chain(others).collect()
}

#[test]
fn what_was_written_is_read_back_as_the_same_facts() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("trials.parquet");
    let records = records();
    let written = write_records(&path, &records).expect("writes");
    assert_eq!(written, read(&path).expect("reads"));
    let ordinary = written.len() - 2;
    let expected: Vec<Trial> = records.iter().map(Record::trial).collect();
    assert_eq!(written[..ordinary], expected[..ordinary]);
    let odd: Vec<_> =
        written[ordinary..].iter().map(|trial| (trial.usage(), trial.latency_ms.map(Millis::get))).collect();
    let most = Usage { input_tokens: Some(i64::MAX as u64), ..Usage::default() };
    assert_eq!(odd, [(None, Some(12)), (Some(most), Some(i64::MAX as u64))]);
}

#[test]
fn equal_texts_are_kept_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let records = [fixture::answered("a", "baseline"), fixture::answered("a", "mini")];
    let trials = write_records(&folder.path().join("trials.parquet"), &records).expect("writes");
    assert!(Arc::ptr_eq(&trials[0].key.case, &trials[1].key.case) && Arc::ptr_eq(&trials[0].tags, &trials[1].tags));
    let [one, other] = [0, 1].map(|row| trials[row].tool_calls.as_ref().expect("is answered"));
    assert!(one.count == 1 && Arc::ptr_eq(one, other));
}

#[test]
fn an_answer_of_a_record_is_the_one_of_its_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("trials.parquet");
    let records: Vec<Record> = records().into_iter().rev().skip(2).collect();
    write_records(&path, &records).expect("writes");
    let answers = read_answers(&path, &|_| true).expect("reads");
    assert_eq!(answers, records.into_iter().map(Answer::from).collect::<Vec<_>>());
    let one = read_answers(&path, &|case| case == "b").expect("reads");
    assert_eq!(one.iter().map(|answer| &*answer.trial.key.case).collect::<Vec<_>>(), ["b"]);
}

#[test]
fn more_rows_than_a_group_are_all_there_in_their_order() {
    let folder = tempfile::tempdir().expect("a folder");
    for count in [0, GROUP, 2 * GROUP + 1] {
        let path = folder.path().join("trials.parquet");
        let of = |index: usize| fixture::unscored(&index.to_string(), "mini");
        let written = write_records(&path, &(0..count).map(of).collect::<Vec<_>>()).expect("writes");
        let read = read(&path).expect("reads");
        assert!(read.iter().enumerate().all(|(index, trial)| *trial.key.case == *index.to_string()));
        assert_eq!((read.len(), read == written), (count, true));
    }
}

#[test]
fn a_line_that_cannot_be_read_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = serde_json::to_string(&fixture::unscored("a", "mini")).expect("serializes");
    let places: Vec<usize> = (0..4 * GROUP).collect();
    for (row, line) in [(0, "{}"), (GROUP + 3, "{\"case\":\"\u{fffd}"), (4 * GROUP - 1, "")] {
        let error = write(&folder.path().join("trials.parquet"), &places, &|| {
            |place: usize, bytes: &mut Vec<u8>| {
                bytes.clear();
                bytes.extend(if place == row { line } else { &good }.as_bytes());
                Ok(())
            }
        });
        let error = error.expect_err("is refused").to_string();
        assert!(error.contains(&format!("the line of row {row} cannot be read")), "{error}");
    }
}

#[test]
fn the_columns_are_pinned() {
    let names: Vec<_> = COLUMNS.iter().map(|column| column.field.name).collect();
    assert!(TRIAL_COLUMNS.iter().chain(TEXT_COLUMNS).all(|name| names.contains(name)));
    assert_eq!(names.len(), names.iter().collect::<std::collections::BTreeSet<_>>().len());
}
