//! Canonical JSON (RFC 8785): the same text for equal values, however they were written. It is made of the pieces of
//! the text that was read.

use std::fmt;
use std::ops::Range;

use serde_json::Map;
use sha2::{Digest, Sha256};

use crate::domain::next_escaped;

/// Pieces up to so many bytes are gathered before they are hashed.
const GATHERED: usize = 256;

/// A JSON text as the places of its values, in the order of the text. A name stands before the value of its member.
#[derive(Debug)]
pub(super) struct Tree<'a> {
    text: &'a str,
    pub(super) nodes: Vec<Node>,
    /// The canonical forms that differ from what was read.
    pub(super) rewritten: String,
    /// The names of every object's members, in canonical order, without those that a later one of their name replaces.
    pub(super) order: Vec<usize>,
    /// The integers that a double cannot hold, each with its place in the text, in the order of nodes.
    pub(super) large: Vec<(usize, Range<usize>)>,
}

/// A value or a name.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// Where the form of a scalar stands, or the members of an object in the order of all.
    pub(super) place: Range<usize>,
    /// The first node after it and what is in it.
    pub(super) next: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A scalar that stands in its canonical form.
    Verbatim,
    /// A scalar in another form.
    Rewritten,
    Array,
    Object,
}

/// Where a canonical form is written to, piece by piece.
pub(super) trait Sink {
    fn push(&mut self, piece: &str);
}

impl Sink for String {
    fn push(&mut self, piece: &str) {
        self.push_str(piece);
    }
}

/// The whole document.
pub(super) const ROOT: usize = 0;

impl<'a> Tree<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let nodes = Vec::with_capacity(32);
        Self { text, nodes, rewritten: String::new(), order: Vec::new(), large: Vec::new() }
    }

    pub(super) fn kind(&self, node: usize) -> Kind {
        self.nodes[node].kind
    }

    /// The canonical form of a scalar or a name.
    pub(super) fn form(&self, node: usize) -> &str {
        let Node { kind, place, .. } = &self.nodes[node];
        match kind {
            Kind::Verbatim => &self.text[place.clone()],
            Kind::Rewritten => &self.rewritten[place.clone()],
            Kind::Array | Kind::Object => "",
        }
    }

    /// The items of a list.
    pub(super) fn items(&self, list: usize) -> impl Iterator<Item = usize> {
        let end = self.nodes[list].next;
        let first = Some(list + 1).filter(|first| *first < end);
        std::iter::successors(first, move |item| Some(self.nodes[*item].next).filter(|next| *next < end))
    }

    /// The members of an object, each its name and its value, in canonical order.
    pub(super) fn members(&self, object: usize) -> impl Iterator<Item = (usize, usize)> {
        let names = &self.order[self.nodes[object].place.clone()];
        names.iter().map(|name| (*name, self.nodes[*name].next))
    }

    /// Writes the canonical form of a value.
    pub(super) fn write(&self, node: usize, out: &mut impl Sink) {
        match self.kind(node) {
            Kind::Verbatim | Kind::Rewritten => out.push(self.form(node)),
            Kind::Array => {
                out.push("[");
                for (index, item) in self.items(node).enumerate() {
                    if index > 0 {
                        out.push(",");
                    }
                    self.write(item, out);
                }
                out.push("]");
            }
            Kind::Object => {
                out.push("{");
                for (index, (name, value)) in self.members(node).enumerate() {
                    if index > 0 {
                        out.push(",");
                    }
                    out.push(self.form(name));
                    out.push(":");
                    self.write(value, out);
                }
                out.push("}");
            }
        }
    }

    /// Whether a value is or holds an integer that a double cannot hold. One that a later member replaces may count.
    pub(super) fn may_hold_large(&self, node: usize) -> bool {
        let first = self.large.partition_point(|(large, _)| *large < node);
        self.large.get(first).is_some_and(|(large, _)| *large < self.nodes[node].next)
    }

    /// The integers of a value that a double cannot hold, as text, by their place in it. RFC 8785 writes them as
    /// doubles: they are told apart by this.
    pub(super) fn large_integers(&self, node: usize) -> Map<String, serde_json::Value> {
        let mut found = Map::new();
        if self.may_hold_large(node) {
            self.collect_large(node, &Place::Root, &mut found);
        }
        found
    }

    fn collect_large(&self, node: usize, place: &Place<'_>, found: &mut Map<String, serde_json::Value>) {
        match self.kind(node) {
            Kind::Verbatim | Kind::Rewritten => {
                if let Ok(index) = self.large.binary_search_by_key(&node, |(large, _)| *large) {
                    found.insert(place.to_string(), self.text[self.large[index].1.clone()].into());
                }
            }
            Kind::Array => {
                for (index, item) in self.items(node).enumerate() {
                    self.collect_large(item, &Place::Item(place, index), found);
                }
            }
            Kind::Object => {
                for (name, value) in self.members(node) {
                    let name = super::scan::unescaped(self.form(name));
                    self.collect_large(value, &Place::Field(place, &name), found);
                }
            }
        }
    }
}

/// Where a value stands. It is spelt out for the few that are large integers alone.
enum Place<'a> {
    Root,
    Item(&'a Place<'a>, usize),
    Field(&'a Place<'a>, &'a str),
}

impl fmt::Display for Place<'_> {
    /// As a JSON pointer.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Item(inside, index) => write!(f, "{inside}/{index}"),
            Self::Field(inside, name) => write!(f, "{inside}/{}", name.replace('~', "~0").replace('/', "~1")),
        }
    }
}

/// Writes a text with its quotes.
pub(super) fn write_text(text: &str, out: &mut impl Sink) {
    if next_escaped(text.as_bytes()).is_none() {
        out.push("\"");
        out.push(text);
        out.push("\"");
    } else {
        // A text has no value that cannot be written.
        out.push(&serde_json::to_string(text).unwrap_or_default());
    }
}

/// Writes an object of texts. Of equal names the last one counts.
pub(super) fn write_texts<'t>(
    texts: impl Iterator<Item = (&'t str, &'t str)>,
    out: &mut impl Sink,
) -> Result<(), serde_json::Error> {
    let texts: Map<String, serde_json::Value> = texts.map(|(name, text)| (name.to_owned(), text.into())).collect();
    if texts.is_empty() {
        out.push("{}");
        return Ok(());
    }
    Tree::read(&serde_json::to_vec(&texts)?).map(|tree| tree.write(ROOT, out))
}

/// Hashes a form while it is written.
pub(super) struct Hashing {
    hash: Sha256,
    gathered: [u8; GATHERED],
    held: usize,
}

impl Hashing {
    pub(super) fn new() -> Self {
        Self { hash: Sha256::new(), gathered: [0; GATHERED], held: 0 }
    }

    pub(super) fn finish(mut self) -> [u8; 32] {
        self.hash.update(&self.gathered[..self.held]);
        self.hash.finalize().into()
    }
}

impl Sink for Hashing {
    fn push(&mut self, piece: &str) {
        let piece = piece.as_bytes();
        if piece.len() > GATHERED - self.held {
            self.hash.update(&self.gathered[..self.held]);
            self.held = 0;
        }
        match self.gathered.get_mut(self.held..self.held + piece.len()) {
            Some(room) => {
                room.copy_from_slice(piece);
                self.held += piece.len();
            }
            None => self.hash.update(piece),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn canonical(text: &str) -> Result<String, serde_json::Error> {
        let mut written = String::new();
        Tree::read(text.as_bytes())?.write(ROOT, &mut written);
        Ok(written)
    }

    #[test]
    fn names_are_ordered_by_utf_16_and_numbers_are_written_as_in_javascript() {
        let text = r#"{"\ue000":1.0,"\ud83d\ude00":1e21,"a":[-0.0,-0,1e-7,9007199254740993,0.1],"":"\u001f\/"}"#;
        let expected = "{\"\":\"\\u001f/\",\"a\":[0,0,1e-7,9007199254740992,0.1],\"\u{1f600}\":1e+21,\"\u{e000}\":1}";
        assert_eq!(canonical(text).expect("is JSON"), expected);
    }

    #[test]
    fn of_equal_names_the_last_one_counts_however_it_is_spelt() {
        let text = r#"{ "b" : 1 , "a":{"x":[]}, "\u0062":2, "a":{}, "a b":3, "a!":4}"#;
        assert_eq!(canonical(text).expect("is JSON"), r#"{"a":{},"a b":3,"a!":4,"b":2}"#);
    }

    #[test]
    fn what_is_no_json_is_refused_in_the_words_of_the_parser() {
        let deep = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(canonical(&deep(127)).is_ok());
        let texts = [
            "",
            " ",
            "{",
            "[1,]",
            "[1 2]",
            "{\"a\":1,}",
            "{\"a\" 1}",
            "{1:2}",
            "\"a",
            "\"\u{1}\"",
            "\"\\x\"",
            "\"\\ud800\"",
            "01",
            "-",
            "1.",
            "1e999",
            "tru",
            "nulls",
            "[] []",
            "+1",
            "-01",
            "\"\\",
            "\"\\u00",
        ];
        for text in texts.iter().map(ToString::to_string).chain([deep(128)]) {
            let expected = serde_json::from_str::<Value>(&text).expect_err(&text).to_string();
            assert_eq!(canonical(&text).expect_err(&text).to_string(), expected);
        }
        let bytes = b"\"\xff\"";
        let expected = serde_json::from_slice::<Value>(bytes).expect_err("is no UTF-8").to_string();
        assert_eq!(Tree::read(bytes).expect_err("is no UTF-8").to_string(), expected);
    }

    #[test]
    fn a_hash_is_that_of_all_pieces_together() {
        let pieces = ["", "a", &"b".repeat(GATHERED - 1), "c", &"d".repeat(GATHERED), &"e".repeat(GATHERED + 1), "f"];
        let mut hashing = Hashing::new();
        for piece in pieces {
            hashing.push(piece);
        }
        assert_eq!(hashing.finish()[..], Sha256::digest(pieces.concat())[..]);
    }
}
