//! Two answers to one question, for a person who is to say which is right: nothing tells whose they are.

use super::case::{NARROWEST_ANSWER, indented, inert, side_by_side};

/// Below this many columns an answer, the two stand below each other: a person reads whole sentences.
const NARROWEST: usize = NARROWEST_ANSWER + 16;

/// The question and its answers as lines of about `width` columns, ending in a newline.
#[must_use]
pub fn render(head: &str, question: &str, answers: [&str; 2], width: usize) -> String {
    let mut lines = vec![inert(head), String::new(), inert(question), String::new()];
    let heads = ["1 left", "2 right"];
    let shown = heads.into_iter().zip(answers).map(|(head, answer)| (head.to_owned(), inert(answer)));
    if width / 2 < NARROWEST {
        lines.extend(shown.map(|(head, answer)| format!("{head}\n{}\n", indented(&answer))));
    } else {
        lines.push(side_by_side(shown.collect(), width));
    }
    lines.join("\n").trim_end().to_owned() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_stand_side_by_side_where_there_is_room_and_are_inert() {
        let answers = ["Rome\u{1b}[2J", "Paris\nis it"];
        assert_eq!(
            render("7 of 41  t-1", "Capital\u{7}?", answers, 90),
            "7 of 41  t-1\n\nCapital\\u{7}?\n\n\
             ┌─────────────────────────┐\n\
             │ 1 left          2 right │\n\
             ╞═════════════════════════╡\n\
             │ Rome\\u{1b}[2J   Paris   │\n\
             │                 is it   │\n\
             └─────────────────────────┘\n"
        );
        assert_eq!(
            render("7 of 41  t-1", "Capital?", answers, 60),
            "7 of 41  t-1\n\nCapital?\n\n1 left\n  Rome\\u{1b}[2J\n\n2 right\n  Paris\n  is it\n"
        );
    }
}
