//! One case with the answers of all arms side by side, for a terminal.

use comfy_table::{ContentArrangement, Table};

use super::escape;
use crate::report::view::outcome;
use crate::run_dir::{Example, ExampleAnswer};

/// Below this many columns an answer, the answers stand below each other.
pub(super) const NARROWEST_ANSWER: usize = 24;

/// The case as lines of about `width` columns, ending in a newline.
#[must_use]
pub fn render(example: &Example, width: usize) -> String {
    let tags: Vec<String> = example.tags.iter().map(|(tag, value)| format!("{tag}={value}")).collect();
    let mut lines = vec![inert(&format!("{}  {}", example.case, tags.join("  "))), String::new()];
    lines.push(inert(&example.prompt));
    lines.extend([String::new(), "expected".to_owned(), indented(&inert(&example.expected)), String::new()]);
    let answers: Vec<(String, String)> = example.answers.iter().map(answer).collect();
    if width / answers.len().max(1) < NARROWEST_ANSWER {
        lines.extend(answers.into_iter().map(|(head, body)| format!("{head}\n{}\n", indented(&body))));
    } else {
        lines.push(side_by_side(answers, width));
    }
    lines.join("\n").trim_end().to_owned() + "\n"
}

pub(super) fn side_by_side(answers: Vec<(String, String)>, width: usize) -> String {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::UTF8_BORDERS_ONLY);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    let (heads, bodies): (Vec<_>, Vec<_>) = answers.into_iter().unzip();
    table.set_header(heads);
    table.add_row(bodies);
    table.to_string()
}

/// The arm with its outcome, and what it answered.
fn answer(answer: &ExampleAnswer) -> (String, String) {
    let head = format!("{}  {}", escape::terminal(&answer.arm), outcome(answer.outcome).1);
    let failure = answer.failure.map(|failure| format!("no answer: {}", failure.name()));
    let text = (!answer.text.is_empty()).then(|| answer.text.clone());
    let calls = answer.tool_calls.iter().map(|(name, arguments)| format!("→ {name}({arguments})"));
    let mut parts: Vec<String> = failure.into_iter().chain(text).chain(calls).collect();
    if parts.is_empty() {
        parts.push("an empty answer".to_owned());
    }
    let why = answer.why.iter().map(|why| format!("({why})"));
    (head, inert(&parts.into_iter().chain(why).collect::<Vec<_>>().join("\n")))
}

/// Text whose lines stay and whose controls do not, for anything that goes to a terminal.
#[must_use]
pub fn inert(text: &str) -> String {
    text.lines().map(|line| escape::terminal(line).into_owned()).collect::<Vec<_>>().join("\n")
}

pub(super) fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::{FailureKind, Outcome, ToolFault, UnscoredReason};

    fn example() -> Example {
        let answer = |arm: &str, outcome, failure, text: &str| ExampleAnswer {
            arm: arm.into(),
            outcome,
            failure,
            text: text.into(),
            tool_calls: Vec::new(),
            why: Vec::new(),
        };
        let called = ExampleAnswer {
            tool_calls: vec![("find".into(), "{\"id\":2}".into())],
            why: vec!["tool_call: `id` is 2".into()],
            ..answer("mini", Outcome::Fail(Some(ToolFault::WrongValue)), None, "")
        };
        let failed = Outcome::Unscored(UnscoredReason::Failed);
        Example {
            case: "t-17".into(),
            tags: BTreeMap::from([("workload".to_owned(), "orders".to_owned())]),
            prompt: "[user] Where is it?\u{1b}[2J\nsecond line".into(),
            expected: "find(id: 1)".into(),
            answers: vec![
                answer("baseline", Outcome::Pass, None, "here"),
                called,
                answer("nano", failed, Some(FailureKind::Timeout), ""),
            ],
        }
    }

    #[test]
    fn arms_stand_side_by_side_where_there_is_room() {
        let text = render(&example(), 100);
        assert_eq!(
            text,
            "t-17  workload=orders\n\n[user] Where is it?\\u{1b}[2J\nsecond line\n\nexpected\n  find(id: 1)\n\n\
             ┌─────────────────────────────────────────────────────────────────────────┐\n\
             │ baseline  ● pass   mini  ■ fail, wrong_value   nano  ○ unscored, failed │\n\
             ╞═════════════════════════════════════════════════════════════════════════╡\n\
             │ here               → find({\"id\":2})            no answer: timeout       │\n\
             │                    (tool_call: `id` is 2)                               │\n\
             └─────────────────────────────────────────────────────────────────────────┘\n"
        );
    }

    #[test]
    fn arms_stand_below_each_other_where_there_is_none() {
        assert_eq!(
            render(&example(), 40),
            "t-17  workload=orders\n\n[user] Where is it?\\u{1b}[2J\nsecond line\n\nexpected\n  find(id: 1)\n\n\
             baseline  ● pass\n  here\n\nmini  ■ fail, wrong_value\n  → find({\"id\":2})\n  \
             (tool_call: `id` is 2)\n\nnano  ○ unscored, failed\n  no answer: timeout\n"
        );
    }
}
