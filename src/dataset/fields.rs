//! The fields of a JSON object, each as it was written; what is wrong with one is said with its place in the line, its
//! value and what is allowed.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::line::BadLine;
use crate::problem::suggestion;

/// Characters of a value that a message shows.
const SHOWN: usize = 40;

/// Words of others, with ours.
pub(super) type Words = &'static [(&'static str, &'static str)];

/// An object that is being read: what is asked for is known, what nobody asked for is wrong.
pub(super) struct Fields<'a> {
    /// Empty for the line itself.
    place: String,
    left: Vec<(String, &'a RawValue)>,
    asked: Vec<&'static str>,
}

/// A field as it was written, with its place in the line: `messages[0].role`.
#[derive(Clone)]
pub(super) struct Field<'a> {
    pub(super) place: String,
    pub(super) raw: &'a RawValue,
}

impl<'a> Fields<'a> {
    /// The fields of a line; an error when it is no object.
    pub(super) fn of_line(line: &'a [u8]) -> Result<Result<Self, BadLine>, serde_json::Error> {
        serde_json::from_slice(line).map(|Pairs(fields)| Self::new(String::new(), fields))
    }

    fn new(place: String, fields: Vec<(String, &'a RawValue)>) -> Result<Self, BadLine> {
        let mut names: Vec<&str> = fields.iter().map(|field| field.0.as_str()).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(BadLine::from(format!("the field `{}` stands twice", place_of(&place, twice[0]))));
        }
        Ok(Self { place, left: fields, asked: Vec::new() })
    }

    /// The value of a field; `None` where it is absent or `null`.
    pub(super) fn take(&mut self, name: &'static str) -> Option<Field<'a>> {
        self.asked.push(name);
        self.remove(name)
    }

    /// The same of a field that messages do not name among those that may be there.
    pub(super) fn remove(&mut self, name: &str) -> Option<Field<'a>> {
        let found = self.left.iter().position(|(found, _)| found == name)?;
        let (_, raw) = self.left.remove(found);
        let place = place_of(&self.place, name);
        (raw.get() != "null").then_some(Field { place, raw })
    }

    /// The value of a field that must be there.
    pub(super) fn require(&mut self, name: &'static str) -> Result<Field<'a>, BadLine> {
        self.take(name).ok_or_else(|| BadLine::from(format!("{} lacks `{name}`", self.shown())))
    }

    /// A text.
    pub(super) fn text(&mut self, name: &'static str) -> Result<Option<String>, BadLine> {
        self.take(name).map(|field| field.text()).transpose()
    }

    /// A whole number that is not negative; `wanted` says of what.
    pub(super) fn count(&mut self, name: &'static str, wanted: &str) -> Result<Option<u64>, BadLine> {
        let count = |field: Field<'_>| field.raw.get().parse().map_err(|_| field.wrong(wanted));
        self.take(name).map(count).transpose()
    }

    /// True or false.
    pub(super) fn flag(&mut self, name: &'static str) -> Result<Option<bool>, BadLine> {
        let flag = |field: Field<'_>| field.raw.get().parse().map_err(|_| field.wrong("true or false"));
        self.take(name).map(flag).transpose()
    }

    /// The elements of a list; none where it is absent or `null`.
    pub(super) fn list(&mut self, name: &'static str) -> Result<Vec<Field<'a>>, BadLine> {
        self.take(name).map_or(Ok(Vec::new()), |field| field.list())
    }

    /// Refuses what nobody asked for.
    pub(super) fn finish(self, words: Words) -> Result<(), BadLine> {
        let Some((unknown, _)) = self.left.first() else { return Ok(()) };
        let all = || {
            let known: Vec<String> = self.asked.iter().map(|name| format!("`{name}`")).collect();
            format!("{} may hold {}", self.shown(), known.join(", "))
        };
        let known = self.asked.iter().copied();
        let help = word(unknown, words).unwrap_or_else(|| suggestion(unknown, known, all));
        Err(BadLine { message: format!("unknown field `{unknown}` in {}", self.shown()), help: Some(help) })
    }

    fn shown(&self) -> String {
        if self.place.is_empty() { "the case".to_owned() } else { format!("`{}`", self.place) }
    }
}

impl<'a> Field<'a> {
    /// The fields of an object.
    pub(super) fn object(&self) -> Result<Fields<'a>, BadLine> {
        if !self.raw.get().starts_with('{') {
            return Err(self.wrong("an object"));
        }
        let Pairs(fields) = self.read()?;
        Fields::new(self.place.clone(), fields)
    }

    /// The elements of a list.
    pub(super) fn list(&self) -> Result<Vec<Self>, BadLine> {
        if !self.raw.get().starts_with('[') {
            return Err(self.wrong("a list"));
        }
        let elements: Vec<&'a RawValue> = self.read()?;
        let place = |index| format!("{}[{index}]", self.place);
        Ok(elements.into_iter().enumerate().map(|(index, raw)| Field { place: place(index), raw }).collect())
    }

    /// A text.
    pub(super) fn text(&self) -> Result<String, BadLine> {
        if self.raw.get().starts_with('"') { self.read() } else { Err(self.wrong("a text")) }
    }

    /// What one of the rows of a table stands for; a word of somebody else's is explained.
    pub(super) fn one_of<T: Copy>(&self, rows: &[(&'static str, T)], words: Words) -> Result<T, BadLine> {
        let names: Vec<String> = rows.iter().map(|row| format!("`{}`", row.0)).collect();
        let wanted = format!("one of {}", names.join(", "));
        let Ok(text) = self.text() else { return Err(self.wrong(&wanted)) };
        let row = rows.iter().find(|row| row.0 == text);
        row.map(|row| row.1).ok_or_else(|| BadLine { help: word(&text, words), ..self.wrong(&wanted) })
    }

    /// The message for a value that is not what it must be.
    pub(super) fn wrong(&self, wanted: &str) -> BadLine {
        BadLine::from(format!("`{}` is {}, but must be {wanted}", self.place, self.shown()))
    }

    /// The value in a shape of its own.
    pub(super) fn read<T: Deserialize<'a>>(&self) -> Result<T, BadLine> {
        serde_json::from_str(self.raw.get()).map_err(|error| {
            let text = error.to_string();
            let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
            BadLine::from(format!("`{}`: {what}", self.place))
        })
    }

    fn shown(&self) -> String {
        let text = self.raw.get();
        match text.as_bytes().first() {
            Some(b'{') => "an object".to_owned(),
            Some(b'[') => "a list".to_owned(),
            Some(_) | None => clipped(text),
        }
    }
}

/// The place of a field of what stands at a place.
fn place_of(place: &str, name: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") }
}

/// The beginning of a text.
pub(super) fn clipped(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The help for a word of somebody else's.
fn word(found: &str, words: Words) -> Option<String> {
    words.iter().find(|row| row.0 == found).map(|row| format!("`{}` is `{}` here", row.0, row.1))
}

/// The members of a line that is an object, each as it was written.
pub(super) fn members(line: &[u8]) -> Result<Vec<(String, &str)>, serde_json::Error> {
    let Pairs(fields) = serde_json::from_slice(line)?;
    Ok(fields.into_iter().map(|(name, raw)| (name, raw.get())).collect())
}

/// The fields of an object in their order, also those that stand twice.
struct Pairs<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(InOrder).map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Result<Fields<'_>, BadLine> {
        Field { place: "a".to_owned(), raw: serde_json::from_str(text).expect("is JSON") }.object()
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place_value_and_what_is_allowed() {
        let long = format!("{{\"n\":\"{}\"}}", "x".repeat(50));
        let shown = format!("`a.n` is \"{}…, but must be a whole number", "x".repeat(39));
        let rows = [
            (r#"{"n":-1}"#, "`a.n` is -1, but must be a whole number"),
            (r#"{"n":1.5}"#, "`a.n` is 1.5, but must be a whole number"),
            (r#"{"n":[1]}"#, "`a.n` is a list, but must be a whole number"),
            (r#"{"n":{}}"#, "`a.n` is an object, but must be a whole number"),
            (&long, &shown),
        ];
        for (given, message) in rows {
            let found = fields(given).expect("is an object").count("n", "a whole number");
            assert_eq!(found.expect_err("is wrong").message, message);
        }
        let not = |given| fields(given).map(drop).expect_err("is wrong").message;
        assert_eq!(not("[{}]"), "`a` is a list, but must be an object");
        assert_eq!(not(r#"{"n":1,"m":2,"\u006e":3}"#), "the field `a.n` stands twice");
    }

    #[test]
    fn an_unknown_field_is_explained() {
        let rows = [
            (r#"{"prompt_tokens":1}"#, "`prompt_tokens` is `input_tokens` here"),
            (r#"{"imput_tokens":1}"#, "did you mean `input_tokens`?"),
            (r#"{"zzz":1}"#, "`a` may hold `input_tokens`"),
        ];
        for (given, help) in rows {
            let mut fields = fields(given).expect("is an object");
            assert!(fields.take("input_tokens").is_none());
            let bad = fields.finish(&[("prompt_tokens", "input_tokens")]).expect_err("is unknown");
            assert_eq!(bad.help.as_deref(), Some(help));
        }
    }
}
