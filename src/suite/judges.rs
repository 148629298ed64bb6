//! `[[judges]]`: which models judge answers, by which rubric.

use std::path::Path;

use toml::Spanned;

use super::arms::{ArmSpec, Context};
use super::reader::{Problems, Table, integer};
use super::scorers;
use crate::input;
use crate::problem::Problem;
use crate::score::{ModelJudge, Scale};

/// A judge as a suite states it: what it asks, and the model that it asks.
#[derive(Debug)]
pub struct JudgeSpec {
    /// What it asks, and how its answer is read.
    pub judge: ModelJudge,
    /// The model that is asked, under the judge's name.
    pub asks: ArmSpec,
    /// The file that holds the rubric; it is read when a run begins, and a stored run needs it no more.
    rubric_file: Option<RubricFile>,
}

/// A file with a rubric, as a suite names it.
#[derive(Debug)]
struct RubricFile {
    name: String,
    line: usize,
}

impl JudgeSpec {
    /// Reads the rubric where it stands in a file beside the suite; gives it back.
    pub(super) fn read_rubric(&mut self, suite: &Path) -> Result<Option<&str>, Problem> {
        let Some(file) = &self.rubric_file else { return Ok(None) };
        let path = suite.parent().unwrap_or_else(|| Path::new("")).join(&file.name);
        let problem = |message: String| Problem {
            file: suite.to_owned(),
            line: Some(file.line),
            message,
            help: Some("`rubric_file` is a text file, and its path starts at the suite".to_owned()),
        };
        let text =
            input::read_text(&path).map_err(|error| problem(format!("cannot read {}: {error}", path.display())))?;
        if text.trim().is_empty() {
            return Err(problem(format!("{} says nothing of what a right answer is", path.display())));
        }
        text.trim().clone_into(&mut self.judge.rubric);
        Ok(Some(&self.judge.rubric))
    }
}

const EXAMPLE: &str = "for example `[[judges]]` with `name`, `model` and `rubric`";

/// Protocols whose endpoints take a schema for the answer.
const STRUCTURED: &[&str] = &["openai-chat", "openai-responses"];

pub(super) fn read(root: &Table<'_>, context: &Context<'_>, problems: &Problems<'_>) -> Option<Vec<JudgeSpec>> {
    let Some(value) = root.get("judges") else { return Some(Vec::new()) };
    let Some(items) = value.get_ref().as_array() else {
        root.problem(&value.span(), "`judges` is no list of tables".to_owned(), Some(EXAMPLE.to_owned()));
        return None;
    };
    let read: Vec<_> =
        items.iter().map(|item| judge(problems.table("[[judges]]".to_owned(), item)?, context, problems)).collect();
    let judges: Vec<JudgeSpec> = read.into_iter().collect::<Option<_>>()?;
    for (index, (spec, item)) in judges.iter().zip(items).enumerate() {
        if judges[..index].iter().any(|earlier| earlier.judge.name == spec.judge.name) {
            let message = format!("two judges are named `{}`", spec.judge.name);
            root.problem(&item.span(), message, Some("give every judge a name of its own".to_owned()));
        }
    }
    let replay = root.get("replay").and_then(|replay| replay.get_ref().as_table());
    if let Some(early) = replay.and_then(|replay| replay.get("stop_early")).filter(|_| !judges.is_empty())
        && early.get_ref().as_bool() == Some(true)
    {
        let message = "`stop_early` cannot be used with judges: they judge after all answers are there".to_owned();
        root.problem(&early.span(), message, Some("leave one of them out".to_owned()));
    }
    Some(judges)
}

fn judge(table: Table<'_>, context: &Context<'_>, problems: &Problems<'_>) -> Option<JudgeSpec> {
    let name = required(&table, "name", "for example `name = \"helpful\"`");
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if let Some((name, span)) = name.as_ref().filter(|(name, _)| !name.chars().all(plain)) {
        let help = "use letters, digits, `-`, `_` and `.`".to_owned();
        table.problem(span, format!("`{name}` cannot be the name of a judge"), Some(help));
    }
    let rubric_file = table
        .text("rubric_file")
        .map(|file| RubricFile { name: file.value.to_owned(), line: problems.line(&file.range()) });
    let rubric = match (table.get("rubric_file"), table.get("rubric")) {
        (None, _) => required(&table, "rubric", "say in words what a right answer is").map(|(rubric, _)| rubric),
        (Some(_), None) => rubric_file.is_some().then(String::new),
        (Some(file), Some(_)) => {
            let message = "a judge has `rubric` or `rubric_file`, not both".to_owned();
            table.problem(&file.span(), message, Some("leave one of them out".to_owned()));
            None
        }
    };
    let pairwise = pairwise(&table);
    let scale = scale(&table);
    let only = scorers::only(&table);
    if let Some(model) = table.get("model").filter(|model| model.get_ref().as_str() == Some(super::RECORDED)) {
        table.problem(&model.span(), "a judge cannot be `recorded`".to_owned(), Some("name a model".to_owned()));
        return None;
    }
    let (name, _) = name?;
    let asks = context.arm(name.clone(), table)?;
    let structured = asks.live().is_some_and(|live| STRUCTURED.contains(&live.endpoint.protocol.name));
    let judge = ModelJudge { name, rubric: rubric?, scale: scale?, only: only?, structured, pairwise: pairwise? };
    Some(JudgeSpec { judge, asks, rubric_file })
}

/// `kind = "pairwise"` compares the answers of two arms; without it, or with `"pointwise"`, each is judged on its own.
fn pairwise(table: &Table<'_>) -> Option<bool> {
    let wanted = "\"pointwise\" (each answer on its own) or \"pairwise\" (a candidate's against the baseline's)";
    let kind = table.read("kind", wanted, |value| match value.as_str()? {
        "pointwise" => Some(false),
        "pairwise" => Some(true),
        _ => None,
    });
    let Some(kind) = kind else { return table.get("kind").is_none().then_some(false) };
    if let Some(scale) = table.get("scale").filter(|_| kind.value) {
        let message = "a pairwise judge has no `scale`: it says which of two answers is better".to_owned();
        table.problem(&scale.span(), message, Some("leave it out, and `pass_at` too".to_owned()));
        return None;
    }
    Some(kind.value)
}

fn required(table: &Table<'_>, key: &'static str, help: &str) -> Option<(String, std::ops::Range<usize>)> {
    let found = table.text(key);
    if found.is_none() && table.get(key).is_none() {
        table.missing(key, help);
    }
    found.map(|found| (found.value.to_owned(), found.range()))
}

/// `scale = [1, 5]` with `pass_at`; without both, the judge says pass or fail.
#[expect(clippy::option_option, reason = "outside: whether it could be read; inside: whether there is one")]
fn scale(table: &Table<'_>) -> Option<Option<Scale>> {
    let ends = table.read("scale", "two whole numbers, the lower one first, as in `[1, 5]`", |value| {
        let items = value.as_array()?;
        let ends: Option<Vec<i64>> = items.iter().map(|item| integer(item.get_ref())).collect();
        match ends?[..] {
            [low, high] if low < high => Some((low, high)),
            _ => None,
        }
    });
    let pass_at = table.integer("pass_at", i64::MIN..i64::MAX);
    match (ends, pass_at) {
        (Some(ends), Some(pass_at)) => {
            let (low, high) = ends.value;
            if !(low + 1..=high).contains(&pass_at.value) {
                let message = format!("`pass_at` is {}, but must be from {} to {high}", pass_at.value, low + 1);
                table.problem(&pass_at.range(), message, Some("else every grade passes, or none".to_owned()));
                return None;
            }
            Some(Some(Scale { low, high, pass_at: pass_at.value }))
        }
        (None, None) => both_absent(table),
        (Some(_), None) if table.get("pass_at").is_none() => {
            table.missing("pass_at", "a scale needs the lowest grade that passes");
            None
        }
        (None, Some(_)) if table.get("scale").is_none() => {
            table.missing("scale", "`pass_at` is a grade of a scale, for example `scale = [1, 5]`");
            None
        }
        _ => None,
    }
}

#[expect(clippy::option_option, reason = "as in `scale`")]
fn both_absent(table: &Table<'_>) -> Option<Option<Scale>> {
    let stated = |key| table.get(key).map(Spanned::span).is_some();
    (!stated("scale") && !stated("pass_at")).then_some(None)
}
