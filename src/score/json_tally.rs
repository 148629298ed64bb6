//! Two JSON values field by field: how many leaves are right, and where the others are.

use std::collections::HashMap;

use serde_json::Value;

use super::clip;
use super::json_path::{Pattern, Step, shown};
use super::json_value::same_number;

/// What holds at the places of a pattern.
#[derive(Debug)]
pub(super) struct Rule {
    pub pattern: Pattern,
    /// Nothing here counts, on either side.
    pub ignore: bool,
    /// Numbers may differ by so much.
    pub tolerance: Option<f64>,
    /// Numbers may differ by this part of the expected one.
    pub relative: Option<f64>,
    /// The items of an array may stand in any order.
    pub unordered: bool,
    /// It may be missing.
    pub optional: bool,
}

/// The most items on a side that are matched by likeness.
const MOST_ITEMS: usize = 128;
/// The most values that are looked at in all.
const MOST_STEPS: usize = 20_000_000;
/// The most differences that are named.
const MOST_NAMED: usize = 3;

/// Leaves, and how many of them are right.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub right: usize,
    pub all: usize,
}

/// The comparison of one answer.
pub(super) struct Walk<'a> {
    rules: &'a [Rule],
    steps: usize,
    /// The first differences; nothing is noted where items are only tried on each other.
    pub named: Vec<String>,
    trying: bool,
}

/// The leaves of `found` that are as `expected`; `None` when that takes too long to find out.
///
/// A leaf is a text, a number, true, false, null, or an empty array or object. All are those of the expected value, and
/// those found where none is expected: each of them counts as wrong.
pub(super) fn tally<'a>(found: &'a Value, expected: &'a Value, rules: &'a [Rule]) -> Option<(Tally, Vec<String>)> {
    let mut walk = Walk { rules, steps: 0, named: Vec::new(), trying: false };
    let tally = walk.both(found, expected, &mut Vec::new())?;
    Some((tally, walk.named))
}

impl<'a> Walk<'a> {
    fn has(&self, place: &[Step<'a>], which: fn(&Rule) -> bool) -> bool {
        self.rules.iter().any(|rule| which(rule) && rule.pattern.matches(place))
    }

    fn note(&mut self, place: &[Step<'a>], what: impl FnOnce() -> String) {
        if !self.trying && self.named.len() < MOST_NAMED {
            let place = shown(place);
            self.named.push(format!("{}: {}", clip::clip(&place), what()));
        }
    }

    fn both(&mut self, found: &'a Value, expected: &'a Value, place: &mut Vec<Step<'a>>) -> Option<Tally> {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return None;
        }
        if self.has(place, |rule| rule.ignore) {
            return Some(Tally::default());
        }
        match (found, expected) {
            (Value::Object(found), Value::Object(expected)) if !found.is_empty() || !expected.is_empty() => {
                let mut sum = Tally::default();
                for (key, expected) in expected {
                    place.push(Step::Key(key));
                    sum.add(match found.get(key) {
                        Some(found) => self.both(found, expected, place)?,
                        None => self.missing(expected, place)?,
                    });
                    place.pop();
                }
                for (key, found) in found.iter().filter(|(key, _)| !expected.contains_key(*key)) {
                    place.push(Step::Key(key));
                    sum.add(self.extra(found, place)?);
                    place.pop();
                }
                Some(sum)
            }
            (Value::Array(found), Value::Array(expected)) if !found.is_empty() || !expected.is_empty() => {
                if self.has(place, |rule| rule.unordered) {
                    self.unordered(found, expected, place)
                } else {
                    let pairs: Vec<Option<usize>> =
                        (0..expected.len()).map(|at| (at < found.len()).then_some(at)).collect();
                    self.paired((found, expected), &pairs, place)
                }
            }
            _ => {
                let right = self.equal(found, expected, place);
                if !right {
                    self.note(place, || format!("found {}, expected {}", clip::shown(found), clip::shown(expected)));
                }
                let expected = self.leaves(expected, place)?;
                Some(Tally { right: usize::from(right), all: expected.max(self.leaves(found, place)?) })
            }
        }
    }

    fn equal(&self, found: &Value, expected: &Value, place: &[Step<'a>]) -> bool {
        let (Value::Number(one), Value::Number(other)) = (found, expected) else { return found == expected };
        if same_number(one, other) {
            return true;
        }
        let Some((found, expected)) = one.as_f64().zip(other.as_f64()) else { return false };
        let within = |most: f64| (found - expected).abs() <= most + ROUNDING * (found.abs() + expected.abs());
        self.rules.iter().filter(|rule| rule.pattern.matches(place)).any(|rule| {
            rule.tolerance.is_some_and(within) || rule.relative.is_some_and(|part| within(part * expected.abs()))
        })
    }

    /// Items by the item of `found` that each of `expected` has.
    fn paired(
        &mut self,
        (found, expected): (&'a [Value], &'a [Value]),
        pairs: &[Option<usize>],
        place: &mut Vec<Step<'a>>,
    ) -> Option<Tally> {
        let mut sum = Tally::default();
        for (at, (expected, pair)) in expected.iter().zip(pairs).enumerate() {
            place.push(Step::Item(at));
            sum.add(match pair.and_then(|pair| found.get(pair)) {
                Some(found) => self.both(found, expected, place)?,
                None => self.missing(expected, place)?,
            });
            place.pop();
        }
        let mut taken = vec![false; found.len()];
        for pair in pairs.iter().flatten() {
            taken[*pair] = true;
        }
        for (at, found) in found.iter().enumerate().filter(|(at, _)| !taken[*at]) {
            place.push(Step::Item(at));
            sum.add(self.extra(found, place)?);
            place.pop();
        }
        Some(sum)
    }

    /// Arrays as multisets: the pairs of items that make the most leaves right. Beyond [`MOST_ITEMS`] on a side, items are
    /// pairs only where they are written alike.
    fn unordered(&mut self, found: &'a [Value], expected: &'a [Value], place: &mut Vec<Step<'a>>) -> Option<Tally> {
        let pairs = if found.len().max(expected.len()) > MOST_ITEMS {
            alike(found, expected)
        } else {
            let trying = std::mem::replace(&mut self.trying, true);
            let gains = self.gains(found, expected, place);
            self.trying = trying;
            super::assign::most(&gains?)
        };
        self.paired((found, expected), &pairs, place)
    }

    /// What each pair gains over being alone: leaves that are right, and then leaves that need not count twice.
    fn gains(&mut self, found: &'a [Value], expected: &'a [Value], place: &mut Vec<Step<'a>>) -> Option<Vec<Vec<i64>>> {
        let mut rows = Vec::with_capacity(expected.len());
        for (at, expected) in expected.iter().enumerate() {
            place.push(Step::Item(at));
            let mut row = Vec::with_capacity(found.len());
            for found in found {
                let Tally { right, all } = self.both(found, expected, place)?;
                let alone = self.leaves(found, place)? + self.leaves(expected, place)?;
                let saved = i64::try_from(alone.saturating_sub(all)).unwrap_or(0).min(FIRST - 1);
                row.push(i64::try_from(right).unwrap_or(0) * FIRST + saved);
            }
            rows.push(row);
            place.pop();
        }
        Some(rows)
    }

    fn missing(&mut self, expected: &'a Value, place: &mut Vec<Step<'a>>) -> Option<Tally> {
        if self.has(place, |rule| rule.optional) {
            return Some(Tally::default());
        }
        let all = self.leaves(expected, place)?;
        if all > 0 {
            self.note(place, || format!("missing, expected {}", clip::shown(expected)));
        }
        Some(Tally { right: 0, all })
    }

    fn extra(&mut self, found: &'a Value, place: &mut Vec<Step<'a>>) -> Option<Tally> {
        let all = self.leaves(found, place)?;
        if all > 0 {
            let what = if matches!(place.last(), Some(Step::Key(_))) { "key" } else { "item" };
            self.note(place, || format!("found {}, expected no such {what}", clip::shown(found)));
        }
        Some(Tally { right: 0, all })
    }

    /// The leaves of a value that count.
    fn leaves(&mut self, value: &'a Value, place: &mut Vec<Step<'a>>) -> Option<usize> {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return None;
        }
        if self.has(place, |rule| rule.ignore) {
            return Some(0);
        }
        let mut leaves = 0;
        let mut under = |step: Step<'a>, value: &'a Value| {
            place.push(step);
            leaves += self.leaves(value, place)?;
            place.pop();
            Some(())
        };
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                fields.iter().try_for_each(|(key, value)| under(Step::Key(key), value))?;
            }
            Value::Array(items) if !items.is_empty() => {
                items.iter().enumerate().try_for_each(|(at, value)| under(Step::Item(at), value))?;
            }
            _ => leaves = 1,
        }
        Some(leaves)
    }
}

/// A leaf that is right is worth more than any number of leaves that need not count twice.
const FIRST: i64 = 1 << 24;
/// Decimals such as 1.11 − 1.10 are off by rounding alone.
const ROUNDING: f64 = 4.0 * f64::EPSILON;

impl Tally {
    fn add(&mut self, other: Self) {
        self.right += other.right;
        self.all += other.all;
    }
}

/// Items that are written alike, each once.
fn alike(found: &[Value], expected: &[Value]) -> Vec<Option<usize>> {
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, value) in found.iter().enumerate().rev() {
        places.entry(value.to_string()).or_default().push(at);
    }
    expected.iter().map(|value| places.get_mut(&value.to_string())?.pop()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn the_first_difference_is_named_by_its_path() {
        let rows = [
            (r#"{"a":1,"b":[1,2]}"#, r#"{"b":[1.0,2e0],"a":1.0}"#, None),
            ("9007199254740993", "9007199254740992.0", Some("$: found 9007199254740993, expected 9007199254740992.0")),
            ("18446744073709551615", "18446744073709551615", None),
            ("0.1", "0.10", None),
            ("0.1", "0", Some("$: found 0.1, expected 0")),
            ("1e60", "1e60", None),
            ("1", "true", Some("$: found 1, expected true")),
            (r#""1""#, "1", Some(r#"$: found "1", expected 1"#)),
            ("null", "{}", Some("$: found null, expected {}")),
            (r#"{"a":{"b":[0,1]}}"#, r#"{"a":{"b":[0,2]}}"#, Some("$.a.b[1]: found 1, expected 2")),
            (r#"{"a":1}"#, r#"{"a":1,"b":2}"#, Some("$.b: missing, expected 2")),
            (r#"{"a":1,"b":2}"#, r#"{"a":1}"#, Some("$.b: found 2, expected no such key")),
            (r#"{"a":[1]}"#, r#"{"a":[1,2]}"#, Some("$.a[1]: missing, expected 2")),
            ("[1,2]", "[2,1]", Some("$[0]: found 1, expected 2")),
        ];
        for (found, expected, difference) in rows {
            let (found, expected) = (value(found), value(expected));
            let (tally, named) = super::tally(&found, &expected, &[]).expect("is small");
            assert_eq!(named.first().map(String::as_str), difference, "{found} {expected}");
            assert_eq!(tally.right == tally.all, difference.is_none(), "{found} {expected}");
        }
    }
}
