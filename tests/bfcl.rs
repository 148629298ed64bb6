//! `tool_call` with `strings = "loose"` and `numbers = "as_written"` agrees with the checker of the Berkeley Function
//! Calling Leaderboard. `tests/bfcl/README.md` says where the answers and the verdicts come from.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of a test may fail it and print tables")]

mod bfcl_support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use bfcl_support::{AnswerLine, answers, cases, response};
use cutover::domain::{FaultLevel, Outcome, ToolFault, UnscoredReason};
use cutover::score::{Configured, SCORERS, judge};
use serde_json::json;

/// Every category of the sample, in the order of the table.
const CATEGORIES: &[&str] = &[
    "simple_python",
    "simple_java",
    "simple_javascript",
    "multiple",
    "parallel",
    "parallel_multiple",
    "irrelevance",
    "live_simple",
    "live_multiple",
    "live_parallel",
    "live_parallel_multiple",
    "live_irrelevance",
    "live_relevance",
];

/// The least agreement in either direction, in each category.
const LEAST: f64 = 0.995;

/// Answers that BFCL judges otherwise, or calls wrong for another reason, and why: every one of the sample, and one of each
/// kind.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    ("simple_python_13", "interval: float as whole", WHOLE),
    ("simple_python_89", "conditions: null inside", ONE_LEVEL),
    ("simple_python_89", "conditions: other type inside", ONE_LEVEL),
    ("simple_python_122", "table: listed", ONE_LEVEL),
    ("simple_python_122", "table: whole as float", ONE_LEVEL),
    ("simple_python_260", "area: whole as float inside", ONE_LEVEL),
    ("simple_python_260", "exclusion: other type inside", ONE_LEVEL),
    ("simple_python_307", "venue: other value", NAME),
    ("simple_python_337", "cards: loud inside", "BFCL compares strings exactly inside lists in objects"),
    ("simple_java_26", "concurrency: empty text", NAME),
    ("simple_java_26", "concurrency: loud", NAME),
    ("simple_java_26", "resultSetType: other value", NAME),
    ("simple_java_58", "values: other value", NAME),
    ("simple_java_82", "args: other value", NAME),
    ("simple_javascript_5", "store: loud inside", NAME),
    ("simple_javascript_5", "store: one more inside", NAME),
    ("simple_javascript_5", "store: other value inside", ONE_LEVEL),
    ("simple_javascript_9", "jsonPayload: loud", NAME),
    ("simple_javascript_11", "items: loud", NAME),
    ("simple_javascript_15", "chartLayout: empty text", NAME),
    ("simple_javascript_15", "chartLayout: other value", NAME),
    ("simple_javascript_15", "labels: other value", NAME),
    ("simple_javascript_19", "property: other value", NAME),
    ("simple_javascript_19", "textures: loud", NAME),
    ("simple_javascript_39", "parameters: empty text", NAME),
    ("parallel_44", "amenities: one fewer inside", "BFCL reads its mark \"\" for an optional list as an empty list"),
    (
        "parallel_178",
        "backwards",
        "BFCL gives each expected call the first call that fits, and finds none for the last",
    ),
    ("parallel_multiple_67", "coefficients: float as whole", WHOLE),
    ("live_simple_52-23-1", "body: null inside", ONE_LEVEL),
    ("live_multiple_0-0-0", "new_preferences: other type inside", ONE_LEVEL),
    ("live_multiple_306-131-5", "number_of_rooms: loud", NAME),
    ("live_multiple_595-158-1", "number_of_rooms: other value", NAME),
];

const WHOLE: &str = "JSON has one kind of number, so [1, 2] is a list of numbers; BFCL wants [1.0, 2.0] inside lists";
const ONE_LEVEL: &str = "BFCL looks at types one level deep in lists and not at all in objects: there a wrong type is a \
                         wrong value, and 10.0 an integer";
const NAME: &str = "the label is of another type than the schema says, as the name of a variable is: BFCL then calls \
                    every value of the label's type typed right, and compares strings loosely inside objects";

/// The faults that each of BFCL's errors stands for. Where several calls are matched, it only says that one has no
/// match.
const ERRORS: &[(&str, &[ToolFault])] = &[
    ("no_call", &[ToolFault::NotCalled]),
    ("irrelevance", &[ToolFault::UnexpectedCall]),
    ("wrong_count", &[ToolFault::WrongCount]),
    ("wrong_func_name", &[ToolFault::UnknownTool, ToolFault::WrongTool]),
    ("not_an_object", &[ToolFault::Malformed, ToolFault::DoubleEncoded]),
    ("missing_required", &[ToolFault::Missing]),
    ("missing_optional", &[ToolFault::Missing]),
    ("unexpected_param", &[ToolFault::Unexpected]),
    ("type_error", &[ToolFault::WrongType, ToolFault::DoubleEncoded]),
    ("value_error", &[ToolFault::WrongValue]),
    ("dict_checker:unclear", &[ToolFault::WrongValue]),
];

/// What BFCL says of an answer, and what the scorer does.
struct Judged {
    category: &'static str,
    answer: AnswerLine,
    outcome: Outcome,
    why: String,
}

impl Judged {
    /// Whether the scorer calls the answer right, as far as BFCL asks. Its category of relevance asks only whether there
    /// is a call.
    fn right(&self) -> bool {
        match self.outcome {
            Outcome::Pass | Outcome::Unscored(UnscoredReason::Unlabelled) => true,
            Outcome::Fail(Some(fault)) if self.category == "live_relevance" => fault.level() != FaultLevel::Call,
            _ => false,
        }
    }

    fn agrees(&self) -> bool {
        self.right() == self.answer.valid
    }

    /// Whether the fault is of the class that BFCL names; `None` where it names none, or either takes the answer.
    fn same_fault(&self) -> Option<bool> {
        let error = self.answer.error.as_deref().filter(|error| !error.contains("cannot_find_match"))?;
        let Outcome::Fail(Some(fault)) = self.outcome else { return None };
        let row = ERRORS.iter().find(|(name, _)| error.contains(name)).unwrap();
        Some(row.1.contains(&fault))
    }

    fn says(&self) -> String {
        let bfcl = self.answer.error.as_deref().unwrap_or("valid");
        format!("{} {}: {:?}, BFCL says {bfcl}; {}", self.answer.id, self.answer.what, self.outcome, self.why)
    }
}

fn judged(folder: &Path, file: &str) -> Vec<Judged> {
    let row = SCORERS.iter().find(|row| row.name == "tool_call").unwrap();
    let options = json!({"strings": "loose", "numbers": "as_written"}).as_object().cloned().unwrap();
    let scorer = Configured {
        kind: row.name,
        name: row.name.to_owned(),
        only: BTreeMap::new(),
        scorer: (row.build)(options).unwrap(),
    };
    let (scorers, cases) = ([scorer], cases(folder));
    let judged = answers(&folder.join(file)).into_iter().map(|answer| {
        let (heard, outcome) = judge(&cases[&answer.id], &response(&answer), &scorers);
        let why = heard.first().and_then(|score| score.why.clone()).unwrap_or_default();
        let name = answer.id.rsplit_once('_').unwrap().0;
        let category = CATEGORIES.iter().copied().find(|category| *category == name).unwrap();
        Judged { category, answer, outcome, why }
    });
    judged.collect()
}

/// How often the two agree in one category.
struct Row {
    category: &'static str,
    /// Answers that BFCL takes, and those of them that the scorer takes.
    valid: (usize, usize),
    /// Answers that BFCL refuses, and those of them that the scorer refuses.
    invalid: (usize, usize),
    /// Answers refused by both where BFCL names a class of fault, and those of them where the classes are the same.
    fault: (usize, usize),
}

fn table(judged: &[Judged]) -> Vec<Row> {
    let row = |category| {
        let of = || judged.iter().filter(move |one| one.category == category);
        let share = |valid| {
            let of = || of().filter(move |one| one.answer.valid == valid);
            (of().count(), of().filter(|one| one.agrees()).count())
        };
        let faults = || of().filter_map(Judged::same_fault);
        let fault = (faults().count(), faults().filter(|same| *same).count());
        Row { category, valid: share(true), invalid: share(false), fault }
    };
    CATEGORIES.iter().copied().map(row).collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts of answers")]
fn share((of, agree): (usize, usize)) -> f64 {
    if of == 0 { 1.0 } else { agree as f64 / of as f64 }
}

fn markdown(rows: &[Row]) -> String {
    let mut text = String::from(
        "| category | answers | invalid by BFCL | agree on valid | agree on invalid | agree | same fault |\n\
         |---|--:|--:|--:|--:|--:|--:|\n",
    );
    let sum = |part: fn(&Row) -> (usize, usize)| {
        rows.iter().map(part).fold((0, 0), |(of, agree), (more, same)| (of + more, agree + same))
    };
    let all = Row {
        category: "all",
        valid: sum(|row| row.valid),
        invalid: sum(|row| row.invalid),
        fault: sum(|row| row.fault),
    };
    for Row { category, valid, invalid, fault } in rows.iter().chain([&all]) {
        let both = (valid.0 + invalid.0, valid.1 + invalid.1);
        let of = |counts: (usize, usize)| format!("{} of {}", counts.1, counts.0);
        writeln!(
            text,
            "| {category} | {} | {:.1} % | {} | {} | {:.2} % | {} |",
            both.0,
            100.0 * share((both.0, invalid.0)),
            of(*valid),
            of(*invalid),
            100.0 * share(both),
            of(*fault),
        )
        .unwrap();
    }
    text
}

fn holds_the_least(rows: &[Row]) {
    for row in rows {
        assert!(share(row.valid) >= LEAST && share(row.invalid) >= LEAST, "{}", row.category);
    }
}

fn differ(one: &Judged) -> bool {
    !one.agrees() || one.same_fault() == Some(false)
}

#[test]
fn the_sample_agrees_with_bfcl_but_for_the_differences_listed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bfcl");
    let (sample, kept) = (judged(&folder, "calls.jsonl"), judged(&folder, "differences.jsonl"));
    let rows = table(&sample);
    let written = markdown(&rows);
    println!("{written}");
    holds_the_least(&rows);
    assert!(rows.iter().all(|row| 3 * row.invalid.0 >= row.valid.0 + row.invalid.0), "a third is invalid:\n{written}");
    let readme = fs::read_to_string(folder.join("README.md")).unwrap();
    assert!(readme.contains(&written), "README.md has another table than this one:\n{written}");
    assert!(kept.iter().all(differ), "an answer kept for its difference shows none");
    let found: BTreeMap<_, _> = sample
        .iter()
        .chain(&kept)
        .filter(|one| differ(one))
        .map(|one| ((one.answer.id.as_str(), one.answer.what.as_str()), one.says()))
        .collect();
    let listed: BTreeSet<_> = DIFFERENCES.iter().map(|(id, what, _)| (*id, *what)).collect();
    assert_eq!(found.keys().copied().collect::<BTreeSet<_>>(), listed, "{found:#?}");
}

/// Run with `BFCL=FOLDER cargo test --test bfcl -- --ignored --nocapture`, FOLDER as `make.py --every` wrote it.
#[test]
#[ignore = "reads a folder that is not in the repository"]
fn every_answer_agrees_with_bfcl_but_for_a_few_in_a_thousand() {
    let folder = PathBuf::from(env::var("BFCL").unwrap());
    let judged = judged(&folder, "calls.jsonl");
    let rows = table(&judged);
    let mut kinds: BTreeMap<(String, String, bool), (usize, String)> = BTreeMap::new();
    for one in judged.iter().filter(|one| differ(one)) {
        let what = one.answer.what.rsplit(": ").next().unwrap().to_owned();
        let kind = (what, one.answer.error.clone().unwrap_or_default(), one.agrees());
        kinds.entry(kind).or_insert_with(|| (0, one.says())).0 += 1;
    }
    println!("{}", markdown(&rows));
    for ((what, error, agree), (answers, first)) in &kinds {
        println!("{answers} {what} / {error} / same verdict {agree}: {first}");
    }
    holds_the_least(&rows);
    let verdicts = judged.iter().filter(|one| !one.agrees()).count();
    let faults = judged.iter().filter(|one| one.same_fault() == Some(false)).count();
    assert_eq!((judged.len(), verdicts, faults), (76_699, 27, 232), "answers, other verdicts, other faults");
}
