//! What a judge's answer says: one JSON object of the form that was asked for, maybe in a Markdown fence.

use serde::Deserialize;

use super::{Choice, Chosen, Scale};
use crate::domain::Outcome;
use crate::score::clip::quoted;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Verdict {
    reason: String,
    verdict: Word,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Pass,
    Fail,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Grade {
    reason: String,
    score: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Comparison {
    reason: String,
    better: Better,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Better {
    A,
    B,
    Tie,
}

/// Which of two answers is better, or why that cannot be read.
pub(super) fn read_comparison(text: &str) -> Result<Chosen, String> {
    let Comparison { reason, better } = serde_json::from_str(unfenced(text))
        .map_err(|error| format!("the judge's answer cannot be read: {error}: {}", quoted(text)))?;
    let choice = match better {
        Better::A => Choice::First,
        Better::B => Choice::Second,
        Better::Tie => Choice::Tie,
    };
    Ok(Chosen { choice, reason })
}

/// The outcome with its reason, or why it cannot be read.
pub(super) fn read(text: &str, scale: Option<Scale>) -> Result<(Outcome, Option<String>), String> {
    let unreadable = |why: String| format!("the judge's answer cannot be read: {why}: {}", quoted(text));
    let json = unfenced(text);
    let Some(Scale { low, high, pass_at }) = scale else {
        let found: Verdict = serde_json::from_str(json).map_err(|error| unreadable(error.to_string()))?;
        return Ok(match found.verdict {
            Word::Pass => (Outcome::Pass, None),
            Word::Fail => (Outcome::Fail(None), Some(quoted(&found.reason))),
        });
    };
    let Grade { reason, score } = serde_json::from_str(json).map_err(|error| unreadable(error.to_string()))?;
    if !(low..=high).contains(&score) {
        return Err(unreadable(format!("{score} is not from {low} to {high}")));
    }
    let why = format!("graded {score} of {high}, {pass_at} passes: {}", quoted(&reason));
    Ok(if score >= pass_at { (Outcome::Pass, None) } else { (Outcome::Fail(None), Some(why)) })
}

/// The text without the Markdown fence around all of it, where it has one.
fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let inside = text.strip_prefix("```").and_then(|rest| rest.strip_suffix("```"));
    inside.map_or(text, |inside| inside.strip_prefix("json").unwrap_or(inside).trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_form_that_was_asked_for_is_read_fenced_or_not() {
        let scale = Some(Scale { low: 1, high: 5, pass_at: 4 });
        let rows = [
            (r#"{"reason":"ok","verdict":"pass"}"#, None, Some(Outcome::Pass)),
            ("```json\n{\"reason\":\"no\",\"verdict\":\"fail\"}\n```\n", None, Some(Outcome::Fail(None))),
            ("```\n{\"reason\":\"ok\",\"score\":4}\n```", scale, Some(Outcome::Pass)),
            (r#"{"reason":"no","score":3}"#, scale, Some(Outcome::Fail(None))),
            (r#"{"reason":"no","score":6}"#, scale, None),
            (r#"{"reason":"no","score":4.5}"#, scale, None),
            (r#"{"reason":"ok","verdict":"pass"}"#, scale, None),
            (r#"{"reason":"ok","verdict":"PASS"}"#, None, None),
            (r#"{"reason":"ok","verdict":"pass","verdict":"fail"}"#, None, None),
            (r#"{"reason":"ok","verdict":"pass"} and more"#, None, None),
            (r#"{"verdict":"pass"}"#, None, None),
            ("pass", None, None),
            ("", None, None),
        ];
        for (text, scale, expected) in rows {
            assert_eq!(read(text, scale).ok().map(|(outcome, _)| outcome), expected, "{text}");
        }
    }

    #[test]
    fn a_comparison_is_read_by_its_places_and_nothing_else_is() {
        let choice = |text: &str| read_comparison(text).ok().map(|chosen| chosen.choice);
        assert_eq!(choice(r#"{"reason":"r","better":"a"}"#), Some(Choice::First));
        assert_eq!(choice("```json\n{\"reason\":\"r\",\"better\":\"b\"}\n```"), Some(Choice::Second));
        assert_eq!(choice(r#"{"reason":"r","better":"tie"}"#), Some(Choice::Tie));
        for text in [r#"{"reason":"r","better":"A"}"#, r#"{"better":"a"}"#, r#"{"reason":"r","verdict":"pass"}"#, "a"] {
            assert_eq!(choice(text), None, "{text}");
        }
    }
}
