//! The scorer `number`: the last number of the answer is the expected one.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::{Case, Expected, Response};

use super::clip::quoted;
use super::{Built, Judgement, OptionError, Scorer, options};

pub(super) const OPTIONS: &[&str] = &["absolute", "relative"];

/// The number found may differ from the expected one by `absolute`, or by `relative` times the expected one, whichever
/// is more. Both are 0 unless given.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Number {
    absolute: f64,
    relative: f64,
}

pub(super) fn build(given: Map<String, Value>) -> Built {
    let number = options::parse::<Number>(given)?;
    let errors: Vec<OptionError> = [("absolute", number.absolute), ("relative", number.relative)]
        .into_iter()
        .filter(|(_, tolerance)| !tolerance.is_finite() || *tolerance < 0.0)
        .map(|(option, found)| OptionError::of(option, format!("{found} is no tolerance"), "give a number from 0 on"))
        .collect();
    if errors.is_empty() { Ok(Box::new(number)) } else { Err(errors) }
}

impl Scorer for Number {
    fn applies(&self, case: &Case) -> bool {
        matches!(case.expected, Expected::Number(_))
    }

    fn score(&self, case: &Case, response: &Response) -> Judgement {
        let Expected::Number(expected) = case.expected else { return Judgement::abstain() };
        let tolerance = self.absolute.max(self.relative * expected.abs());
        let within = if tolerance > 0.0 { format!(" ± {}", shown(tolerance)) } else { String::new() };
        match last_number(&response.text) {
            Some(found) if (found - expected).abs() <= tolerance => Judgement::pass(),
            Some(found) => Judgement::fail(format!("found {}, expected {}{within}", shown(found), shown(expected))),
            None => Judgement::fail(format!(
                "no number in {}, expected {}{within}",
                quoted(&response.text),
                shown(expected)
            )),
        }
    }
}

fn shown(number: f64) -> String {
    let plain = number == 0.0 || (1e-4..1e15).contains(&number.abs());
    if plain { number.to_string() } else { format!("{number:e}") }
}

/// Separators of thousands; a point is always the decimal point.
const THOUSANDS: &[char] = &[',', '\u{a0}', '\u{2009}', '\u{202f}'];

/// Signs of currency, which may stand between a minus and its number.
const CURRENCY: &[char] = &['$', '€', '£', '¥', '¢', '₹', '₩', '₽', '₺', '₫', '₴', '₦', '₱', '฿', '\\'];

/// The last number in a text.
///
/// A number is ASCII digits, with an optional decimal part (`.5` is one too) and an optional exponent (`1.5e-3`).
/// Groups of exactly three digits behind a first group of one to three may be parted by a comma or a no-break or thin
/// space, the same one throughout: `1,234.5`. It does not begin inside a word: the 2 of `H2O` is none, the 5 of `5km`
/// is one. It is negative when a hyphen or a minus sign (U+2212) touches it, or touches the currency sign before it,
/// and no letter, digit or closing bracket stands before that (`3-5` is two positive numbers). Currency and percent
/// signs are ignored: `50%` is 50. A fraction `1/2` is two numbers; a decimal comma is not read.
fn last_number(text: &str) -> Option<f64> {
    let mut last = None;
    let mut at = 0;
    while let Some(step) = text[at..].find(|c: char| c.is_ascii_digit()) {
        let digits = at + step;
        let start = if opens_with_point(&text[..digits]) { digits - 1 } else { digits };
        let end = end_of_number(text, start);
        let in_word = text[..start].chars().next_back().is_some_and(|c| c.is_alphabetic() || c == '_');
        if !in_word {
            last = Some((start, end));
        }
        at = end;
    }
    let (start, end) = last?;
    let digits: String = text[start..end].chars().filter(|c| !THOUSANDS.contains(c)).collect();
    let magnitude: f64 = digits.parse().ok()?;
    Some(if is_negative(&text[..start]) { -magnitude } else { magnitude })
}

/// Whether the text before a digit ends with the decimal point of a number without an integer part.
fn opens_with_point(before: &str) -> bool {
    let mut back = before.chars().rev();
    back.next() == Some('.') && back.next().is_none_or(|c| !c.is_alphanumeric() && c != '.')
}

fn is_negative(before: &str) -> bool {
    let before = before.trim_end_matches(CURRENCY);
    let Some(before) = before.strip_suffix(['-', '\u{2212}']) else { return false };
    before.chars().next_back().is_none_or(|c| !c.is_alphanumeric() && !matches!(c, ')' | ']' | '}'))
}

fn end_of_number(text: &str, start: usize) -> usize {
    let integer = end_of_digits(text, start);
    let mut end = if (1..=3).contains(&(integer - start)) { end_of_groups(text, integer) } else { integer };
    if let Some(fraction) = text[end..].strip_prefix('.').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    {
        end = end_of_digits(text, text.len() - fraction.len());
    }
    if let Some(exponent) = text[end..].strip_prefix(['e', 'E']) {
        let power = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if power.starts_with(|c: char| c.is_ascii_digit()) {
            end = end_of_digits(text, text.len() - power.len());
        }
    }
    end
}

fn end_of_groups(text: &str, first: usize) -> usize {
    let Some(separator) = text[first..].chars().next().filter(|c| THOUSANDS.contains(c)) else { return first };
    let mut end = first;
    while let Some(group) = text[end..].strip_prefix(separator) {
        let start = text.len() - group.len();
        let stop = end_of_digits(text, start);
        if stop - start != 3 {
            break;
        }
        end = stop;
    }
    end
}

fn end_of_digits(text: &str, start: usize) -> usize {
    start + text.as_bytes()[start..].iter().take_while(|byte| byte.is_ascii_digit()).count()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{case, option_errors, outcome, text, why};
    use super::*;
    use crate::domain::Outcome;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn the_last_number_is_found() {
        let rows = [
            ("42", 42.0),
            ("Answer: 42.", 42.0),
            ("6 * 7 = **42**", 42.0),
            ("#### 1,234.50", 1234.5),
            ("\\boxed{-3}", -3.0),
            ("$1,234,567", 1_234_567.0),
            ("-$5.25", -5.25),
            ("$-5", -5.0),
            ("\u{2212}7", -7.0),
            ("-\\$5", -5.0),
            ("12 % of 50%", 50.0),
            ("1\u{202f}234,", 1234.0),
            ("1,2345", 2345.0),
            ("1,23", 23.0),
            ("1, 2, 3", 3.0),
            ("3-5", 5.0),
            ("10 - 5", 5.0),
            ("x=-5", -5.0),
            ("(4)-5", 5.0),
            ("gpt-4", 4.0),
            ("7 times H2O", 7.0),
            ("7 of Q3", 7.0),
            ("5km", 5.0),
            ("1.5e-3", 0.0015),
            ("2E3", 2000.0),
            ("2e", 2.0),
            ("3em", 3.0),
            (".5", 0.5),
            ("-.5", -0.5),
            ("end.5", 5.0),
            ("...5", 5.0),
            ("1/2", 2.0),
            ("007", 7.0),
            ("1234,567", 567.0),
        ];
        for (text, expected) in rows {
            assert_eq!(last_number(text), Some(expected), "{text:?}");
        }
        for none in ["", "none", "H2O", "a_1", "-", "$", "١٢"] {
            assert_eq!(last_number(none), None, "{none:?}");
        }
    }

    #[test]
    fn the_larger_tolerance_holds() {
        let case = case(Expected::Number(200.0));
        let rows = [
            (json!({}), "200.0", Outcome::Pass),
            (json!({}), "200.001", Outcome::Fail(None)),
            (json!({"absolute": 0.5}), "200.5", Outcome::Pass),
            (json!({"absolute": 0.5}), "199.4", Outcome::Fail(None)),
            (json!({"relative": 0.01}), "198", Outcome::Pass),
            (json!({"relative": 0.01}), "197.9", Outcome::Fail(None)),
            (json!({"relative": 0.01, "absolute": 3}), "197", Outcome::Pass),
            (json!({"absolute": 1e300}), "1e999", Outcome::Fail(None)),
        ];
        for (options, answer, expected) in rows {
            assert_eq!(outcome("number", options.clone(), &case, &text(answer)), expected, "{options} {answer}");
        }
    }

    #[test]
    fn a_fail_says_what_was_read() {
        let case = case(Expected::Number(42.0));
        assert_eq!(why("number", json!({}), &case, &text("It is 41")), "found 41, expected 42");
        assert_eq!(
            why("number", json!({"absolute": 0.5}), &case, &text("?")),
            r#"no number in "?", expected 42 ± 0.5"#
        );
        assert_eq!(why("number", json!({}), &case, &text("1e300")), "found 1e300, expected 42");
    }

    #[test]
    fn a_negative_tolerance_is_an_error() {
        let errors = option_errors("number", json!({"absolute": -1, "relative": -0.5}));
        let found: Vec<_> = errors.iter().map(|error| error.message.as_str()).collect();
        assert_eq!(found, ["-1 is no tolerance", "-0.5 is no tolerance"]);
    }

    proptest! {
        #[test]
        fn a_number_is_read_back_from_among_words(
            number in -1e12..1e12,
            before in "[a-z $*(]{0,8} ",
            after in "[ .)*]{0,3}",
        ) {
            prop_assert_eq!(last_number(&format!("{before}{number}{after}")), Some(number));
        }
    }
}
