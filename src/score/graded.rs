//! What the graded text scorers share: the expected texts, the grade from which an answer passes, and the words of a text.

use crate::domain::{Case, Expected, Grade, Response};

use super::clip::{clip, quoted};
use super::{Built, Judgement, OptionError, Scorer};

/// The most steps that comparing two texts may take: the product of their lengths.
const MOST_STEPS: usize = 100_000_000;

/// Whether two texts of these lengths are short enough to be compared.
pub(super) fn comparable(one: usize, other: usize) -> bool {
    one.saturating_mul(other) <= MOST_STEPS
}

/// The scorer, when `pass_at` is a grade above 0.
pub(super) fn checked(pass_at: f64, scorer: impl Scorer + 'static) -> Built {
    if Grade::new(pass_at).is_some() && pass_at > 0.0 {
        return Ok(Box::new(scorer));
    }
    Err(vec![OptionError::of(
        "pass_at",
        format!("{pass_at} is no grade to pass at"),
        "give a number above 0, at most 1",
    )])
}

/// The texts of which an answer may be like any.
pub(super) fn references(case: &Case) -> Option<&[String]> {
    match &case.expected {
        Expected::Text(text) => Some(std::slice::from_ref(text)),
        Expected::AnyOf(texts) => Some(texts),
        _ => None,
    }
}

/// The judgement by the best grade over the expected texts. `measure` takes the answer and an expected text; `None`
/// says that they are too long to compare: the answer then fails and has no grade.
pub(super) fn judge(
    case: &Case,
    response: &Response,
    pass_at: f64,
    measure: impl Fn(&str, &str) -> Option<f64>,
) -> Judgement {
    let Some(expected) = references(case) else { return Judgement::abstain() };
    let values = expected.iter().filter_map(|text| measure(&response.text, text));
    let Some(grade) = values.reduce(f64::max).and_then(Grade::new) else {
        return Judgement::fail(format!("too long to compare: {} bytes", response.text.len()));
    };
    let value = Some(grade);
    if grade.value() >= pass_at {
        return Judgement { value, ..Judgement::pass() };
    }
    let all: Vec<String> = expected.iter().map(|text| quoted(text)).collect();
    let why = format!(
        "{:.3}, below {pass_at}: found {}, expected {}",
        grade.value(),
        quoted(&response.text),
        clip(&all.join(" or "))
    );
    Judgement { value, ..Judgement::fail(why) }
}

/// The words of a text: its longest runs of letters and digits (Unicode), in lower case. Marks part words: `don't` is
/// `don` and `t`. A run of a script without spaces, such as Chinese, is one word.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// The harmonic mean of precision and recall, of `common` among `found` and `expected` items. Nothing found where
/// nothing is expected is 1; nothing on one side alone is 0.
#[expect(clippy::cast_precision_loss, reason = "a text has fewer than 2^52 words")]
pub(super) fn f1(common: usize, found: usize, expected: usize) -> f64 {
    if found + expected == 0 { 1.0 } else { 2.0 * common as f64 / (found + expected) as f64 }
}
