//! The fields of a JSON object; what is wrong with one is said with its place in the line, its value and what is allowed.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::line::BadLine;
use super::node::{self, Members, Node, Written};
use crate::problem::suggestion;

/// Characters of a value that a message shows.
const SHOWN: usize = 40;
/// Members of an object of which each is compared with each: more are sorted.
const FEW: usize = 16;

/// Words of others, with ours.
pub(super) type Words = &'static [(&'static str, &'static str)];

/// Where something stands in a line: `messages[0].role`. Of an opened line no place is kept: what is wrong with it is
/// said of the same line as it was written.
#[derive(Clone)]
pub(super) struct Place(Option<String>);

impl Place {
    /// The line itself.
    const LINE: Self = Self(Some(String::new()));

    /// The place of a field of what stands here.
    fn field(&self, name: &str) -> Self {
        let of = |place: &String| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
        Self(self.0.as_ref().map(of))
    }

    /// The place of an element of the list that stands here.
    fn element(&self, index: usize) -> Self {
        Self(self.0.as_ref().map(|place| format!("{place}[{index}]")))
    }

    fn is_kept(&self) -> bool {
        self.0.is_some()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_deref().unwrap_or_default())
    }
}

/// An object that is being read: what is asked for is known, what nobody asked for is wrong.
pub(super) struct Fields<'a> {
    place: Place,
    left: Members<'a>,
    asked: Vec<&'static str>,
}

/// A field with its place in the line.
#[derive(Clone)]
pub(super) struct Field<'a> {
    pub(super) place: Place,
    value: Node<'a>,
}

impl<'a> Fields<'a> {
    /// The fields of a line, each as it was written; an error when it is no object.
    pub(super) fn of_line(line: &'a [u8]) -> Result<Result<Self, BadLine>, serde_json::Error> {
        serde_json::from_slice(line).map(|written: Written<'_>| Self::new(Place::LINE, written.into_members()))
    }

    /// The fields of a line that is opened. `None` where something in it is wrong: what it is, [`Fields::of_line`] says.
    pub(super) fn opened(line: &'a [u8]) -> Option<Self> {
        Self::new(Place(None), node::open(line)?).ok()
    }

    fn new(place: Place, members: Members<'a>) -> Result<Self, BadLine> {
        match twice(&members) {
            Some(name) => Err(BadLine::from(format!("the field `{}` stands twice", place.field(name)))),
            None => Ok(Self { place, left: members, asked: Vec::new() }),
        }
    }

    /// The value of a field; `None` where it is absent or `null`.
    pub(super) fn take(&mut self, name: &'static str) -> Option<Field<'a>> {
        if self.place.is_kept() {
            self.asked.push(name);
        }
        self.remove(name)
    }

    /// The same of a field that messages do not name among those that may be there.
    pub(super) fn remove(&mut self, name: &str) -> Option<Field<'a>> {
        let found = self.left.iter().position(|(found, _)| found == name)?;
        let (_, value) = self.left.remove(found);
        let is_null = matches!(value, Node::Raw(raw) if raw.get() == "null");
        (!is_null).then(|| Field { place: self.place.field(name), value })
    }

    /// The value of a field that must be there.
    pub(super) fn require(&mut self, name: &'static str) -> Result<Field<'a>, BadLine> {
        self.take(name).ok_or_else(|| BadLine::from(format!("{} lacks `{name}`", self.shown())))
    }

    /// A text.
    pub(super) fn text(&mut self, name: &'static str) -> Result<Option<String>, BadLine> {
        self.take(name).map(Field::text).transpose()
    }

    /// A whole number that is not negative; `wanted` says of what.
    pub(super) fn count(&mut self, name: &'static str, wanted: &str) -> Result<Option<u64>, BadLine> {
        self.take(name).map(|field| field.parse().ok_or_else(|| field.wrong(wanted))).transpose()
    }

    /// True or false.
    pub(super) fn flag(&mut self, name: &'static str) -> Result<Option<bool>, BadLine> {
        self.take(name).map(|field| field.parse().ok_or_else(|| field.wrong("true or false"))).transpose()
    }

    /// The elements of a list; none where it is absent or `null`.
    pub(super) fn list(&mut self, name: &'static str) -> Result<Vec<Field<'a>>, BadLine> {
        self.take(name).map_or(Ok(Vec::new()), Field::list)
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
        match self.place.to_string() {
            line if line.is_empty() => "the case".to_owned(),
            place => format!("`{place}`"),
        }
    }
}

impl<'a> Field<'a> {
    /// A value as it was written, at a place.
    pub(super) fn at(place: &str, raw: &'a RawValue) -> Self {
        Self { place: Place(Some(place.to_owned())), value: Node::Raw(raw) }
    }

    /// The value as it was written; `None` where it is opened.
    pub(super) fn raw(&self) -> Option<&'a RawValue> {
        match self.value {
            Node::Raw(raw) => Some(raw),
            Node::Text(_) | Node::List(_) | Node::Object(_) => None,
        }
    }

    /// The value as Rust reads it; `None` also where it is opened.
    pub(super) fn parse<T: std::str::FromStr>(&self) -> Option<T> {
        self.raw()?.get().parse().ok()
    }

    /// The fields of an object.
    pub(super) fn object(self) -> Result<Fields<'a>, BadLine> {
        match self.value {
            Node::Object(members) => Fields::new(self.place, members),
            Node::Raw(raw) if raw.get().starts_with('{') => {
                let written: Written<'a> = self.read()?;
                Fields::new(self.place, written.into_members())
            }
            Node::Raw(_) | Node::Text(_) | Node::List(_) => Err(self.wrong("an object")),
        }
    }

    /// The elements of a list.
    pub(super) fn list(self) -> Result<Vec<Self>, BadLine> {
        let elements = match self.value {
            Node::List(elements) => elements,
            Node::Raw(raw) if raw.get().starts_with('[') => {
                let elements: Vec<&'a RawValue> = self.read()?;
                elements.into_iter().map(Node::Raw).collect()
            }
            Node::Raw(_) | Node::Text(_) | Node::Object(_) => return Err(self.wrong("a list")),
        };
        let element = |(index, value)| Field { place: self.place.element(index), value };
        Ok(elements.into_iter().enumerate().map(element).collect())
    }

    /// A text.
    pub(super) fn text(self) -> Result<String, BadLine> {
        match self.value {
            Node::Text(text) => Ok(text.into_owned()),
            Node::Raw(_) | Node::List(_) | Node::Object(_) => self.peek().map(Cow::into_owned),
        }
    }

    /// The same of a value that is needed further on.
    pub(super) fn peek(&self) -> Result<Cow<'_, str>, BadLine> {
        match &self.value {
            Node::Text(text) => Ok(Cow::Borrowed(text)),
            Node::Raw(raw) if raw.get().starts_with('"') => self.read().map(Cow::Owned),
            Node::Raw(_) | Node::List(_) | Node::Object(_) => Err(self.wrong("a text")),
        }
    }

    /// What one of the rows of a table stands for; a word of somebody else's is explained.
    pub(super) fn one_of<T: Copy>(&self, rows: &[(&'static str, T)], words: Words) -> Result<T, BadLine> {
        let text = self.peek().ok();
        let row = text.as_ref().and_then(|text| rows.iter().find(|row| row.0 == text));
        row.map(|row| row.1).ok_or_else(|| {
            let names: Vec<String> = rows.iter().map(|row| format!("`{}`", row.0)).collect();
            let bad = self.wrong(&format!("one of {}", names.join(", ")));
            BadLine { help: text.and_then(|text| word(&text, words)), ..bad }
        })
    }

    /// Whether it is a text, as far as its beginning tells.
    pub(super) fn is_text(&self) -> bool {
        match &self.value {
            Node::Raw(raw) => raw.get().starts_with('"'),
            Node::Text(_) => true,
            Node::List(_) | Node::Object(_) => false,
        }
    }

    /// Whether it is a list, as far as its beginning tells.
    pub(super) fn is_list(&self) -> bool {
        match &self.value {
            Node::Raw(raw) => raw.get().starts_with('['),
            Node::List(_) => true,
            Node::Text(_) | Node::Object(_) => false,
        }
    }

    /// The message for a value that is not what it must be.
    pub(super) fn wrong(&self, wanted: &str) -> BadLine {
        BadLine::from(format!("`{}` is {}, but must be {wanted}", self.place, self.shown()))
    }

    /// The value in a shape of its own. What is opened has none.
    pub(super) fn read<T: Deserialize<'a>>(&self) -> Result<T, BadLine> {
        let raw = self.raw().ok_or_else(|| self.wrong("as it was written"))?;
        serde_json::from_str(raw.get()).map_err(|error| {
            let text = error.to_string();
            let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
            BadLine::from(format!("`{}`: {what}", self.place))
        })
    }

    fn shown(&self) -> String {
        let text = match &self.value {
            Node::Raw(raw) => raw.get(),
            Node::Text(text) => text,
            Node::List(_) => "[",
            Node::Object(_) => "{",
        };
        match text.as_bytes().first() {
            Some(b'{') => "an object".to_owned(),
            Some(b'[') => "a list".to_owned(),
            Some(_) | None => clipped(text),
        }
    }
}

/// A name that stands twice; of several, the first in the order of the alphabet.
fn twice<'m>(members: &'m Members<'_>) -> Option<&'m str> {
    let name = |at: usize| members[at].0.as_ref();
    let few = members.len() <= FEW;
    if few && (1..members.len()).all(|later| (0..later).all(|earlier| name(earlier) != name(later))) {
        return None;
    }
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_ref()).collect();
    names.sort_unstable();
    names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
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

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Result<Fields<'_>, BadLine> {
        Field::at("a", serde_json::from_str(text).expect("is JSON")).object()
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
