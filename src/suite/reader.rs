//! Reading TOML with places: every value knows its line, every table knows which keys it may hold, and every problem
//! is collected instead of ending the reading.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::problem::{Problem, suggestion};

/// Where problems are collected, with the text they point into.
pub(super) struct Problems<'a> {
    file: &'a Path,
    text: &'a str,
    found: RefCell<Vec<Problem>>,
}

impl<'a> Problems<'a> {
    pub(super) fn new(file: &'a Path, text: &'a str) -> Self {
        Self { file, text, found: RefCell::new(Vec::new()) }
    }

    /// The line of a place in the text, from 1.
    pub(super) fn line(&self, span: &Range<usize>) -> usize {
        self.text[..span.start.min(self.text.len())].matches('\n').count() + 1
    }

    pub(super) fn add(&self, span: &Range<usize>, message: impl Into<String>, help: Option<String>) {
        let problem = Problem { help, ..Problem::at(self.file, self.line(span), message) };
        self.found.borrow_mut().push(problem);
    }

    /// A value that must be a table; `name` is what messages call it.
    pub(super) fn table<'t>(&'t self, name: String, value: &'t Spanned<DeValue<'t>>) -> Option<Table<'t>> {
        let keys = value.get_ref().as_table();
        if keys.is_none() {
            self.add(&value.span(), format!("{name} is {}, but must be a table", shown(value.get_ref())), None);
        }
        keys.map(|keys| Table::new(name, value.span(), keys, self))
    }

    /// All problems in the order of their lines.
    pub(super) fn into_sorted(self) -> Vec<Problem> {
        let mut found = self.found.into_inner();
        found.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        found
    }
}

/// A value with its place.
#[derive(Clone, Copy)]
pub(super) struct At<'a, T> {
    pub(super) value: T,
    pub(super) span: &'a Spanned<DeValue<'a>>,
}

impl<T> At<'_, T> {
    pub(super) fn range(&self) -> Range<usize> {
        self.span.span()
    }
}

/// A table that is being read: what is asked for is known, what nobody asked for is a problem.
pub(super) struct Table<'a> {
    /// Its name as it stands in the file, for messages: `[replay]`.
    pub(super) name: String,
    pub(super) span: Range<usize>,
    keys: &'a DeTable<'a>,
    problems: &'a Problems<'a>,
    asked: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Table<'a> {
    pub(super) fn new(name: String, span: Range<usize>, keys: &'a DeTable<'a>, problems: &'a Problems<'a>) -> Self {
        Self { name, span, keys, problems, asked: RefCell::default() }
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.borrow_mut().insert(key);
        self.keys.get(key)
    }

    /// Every key with its value; for tables whose keys are names of the user's.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'a str, Range<usize>, &'a Spanned<DeValue<'a>>)> + use<'a> {
        self.keys.iter().map(|(key, value)| (&**key.get_ref(), key.span(), value))
    }

    /// Reports every key that was not asked for.
    pub(super) fn finish(self, allowed: &[&'static str]) {
        let asked = self.asked.into_inner();
        for (key, _) in self.keys {
            let name: &str = key.get_ref();
            if asked.contains(name) || allowed.contains(&name) {
                continue;
            }
            let known: Vec<&str> = asked.iter().copied().chain(allowed.iter().copied()).collect();
            let help = suggestion(name, known.iter().copied(), || format!("{} may hold {}", self.name, list(&known)));
            self.problems.add(&key.span(), format!("unknown key `{name}` in {}", self.name), Some(help));
        }
    }

    /// The folder of the file, and the line where the table begins.
    pub(super) fn place(&self) -> (&'a Path, usize) {
        (self.problems.file.parent().unwrap_or_else(|| Path::new("")), self.problems.line(&self.span))
    }

    pub(super) fn missing(&self, key: &str, help: &str) {
        self.problems.add(&self.span, format!("{} lacks `{key}`", self.name), Some(help.to_owned()));
    }

    pub(super) fn problem(&self, span: &Range<usize>, message: String, help: Option<String>) {
        self.problems.add(span, message, help);
    }

    fn wrong(&self, key: &str, value: &Spanned<DeValue<'a>>, wanted: &str) {
        let found = shown(value.get_ref());
        self.problems.add(&value.span(), format!("`{key}` is {found}, but must be {wanted}"), None);
    }

    /// A value that `read` accepts; anything else is reported as not being `wanted`.
    pub(super) fn read<T>(
        &self,
        key: &'static str,
        wanted: &str,
        read: impl FnOnce(&'a DeValue<'a>) -> Option<T>,
    ) -> Option<At<'a, T>> {
        let span = self.get(key)?;
        let value = read(span.get_ref());
        if value.is_none() {
            self.wrong(key, span, wanted);
        }
        value.map(|value| At { value, span })
    }

    pub(super) fn text(&self, key: &'static str) -> Option<At<'a, &'a str>> {
        self.read(key, "a text that is not empty", |value| value.as_str().filter(|text| !text.trim().is_empty()))
    }

    pub(super) fn texts(&self, key: &'static str) -> Option<At<'a, Vec<String>>> {
        self.read(key, "a list of texts", |value| {
            value.as_array()?.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect()
        })
    }

    pub(super) fn integer(&self, key: &'static str, allowed: Range<i64>) -> Option<At<'a, i64>> {
        let wanted = if allowed.end == i64::MAX {
            format!("a whole number of at least {}", allowed.start)
        } else {
            format!("a whole number from {} to {}", allowed.start, allowed.end - 1)
        };
        self.read(key, &wanted, |value| integer(value).filter(|number| allowed.contains(number)))
    }

    pub(super) fn number(&self, key: &'static str, wanted: &str, allowed: fn(f64) -> bool) -> Option<At<'a, f64>> {
        self.read(key, wanted, |value| number(value).filter(|number| allowed(*number)))
    }

    pub(super) fn flag(&self, key: &'static str) -> bool {
        self.read(key, "true or false", DeValue::as_bool).is_some_and(|found| found.value)
    }

    /// A number as it is spelt, or a text: for money, whose digits must not pass through a double.
    pub(super) fn decimal(&self, key: &'static str) -> Option<At<'a, String>> {
        self.read(key, "a number", |value| match value {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().replace('_', "")),
            DeValue::Float(number) => Some(number.as_str().replace('_', "")),
            _ => None,
        })
    }

    pub(super) fn table(&self, key: &'static str, name: &str) -> Option<Table<'a>> {
        let found = self.read(key, "a table", DeValue::as_table)?;
        Some(Table::new(name.to_owned(), found.range(), found.value, self.problems))
    }
}

pub(super) fn integer(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok()
}

pub(super) fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Float(number) => number.as_str().replace('_', "").parse().ok(),
        #[expect(clippy::cast_precision_loss, reason = "suites hold no numbers above 2^53 where a double is wanted")]
        DeValue::Integer(_) => integer(value).map(|number| number as f64),
        _ => None,
    }
}

/// The value as JSON: what scorers and bodies take. Dates become texts.
pub(super) fn json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::from(text.as_ref()),
        DeValue::Integer(_) => integer(value).into(),
        DeValue::Float(_) => number(value).into(),
        DeValue::Boolean(flag) => Value::from(*flag),
        DeValue::Datetime(date) => Value::from(date.to_string()),
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect(),
        DeValue::Table(table) => Value::Object(json_table(table)),
    }
}

pub(super) fn json_table(table: &DeTable<'_>) -> Map<String, Value> {
    table.iter().map(|(key, value)| (key.get_ref().to_string(), json(value.get_ref()))).collect()
}

/// A value as a message shows it.
pub(super) fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::Table(_) => "a table".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        _ => json(value).to_string(),
    }
}

/// Names as a sentence lists them.
pub(super) fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
