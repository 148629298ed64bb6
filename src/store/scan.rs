//! Reads a JSON text into the places of its values, each ready to be written in its canonical form.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Range;

use serde::de::Error as _;
use serde_json::{Number, Value};

use super::canonical::{Kind, Node, Tree};
use crate::domain::next_escaped;

/// Every integer up to here has a double of its own, and is written as it stands.
const MAX_EXACT: u64 = 1 << 53;
/// Integers of at most so many digits are that small.
const EXACT_DIGITS: usize = 15;
/// Lists and objects within each other at most, as `serde_json` has it.
const MAX_DEPTH: usize = 127;
/// The first byte of what is no ASCII.
const FIRST_FOREIGN: u8 = 0x80;

impl<'a> Tree<'a> {
    /// Reads a JSON text.
    ///
    /// # Errors
    /// The bytes are no JSON, or hold what no value can: half a surrogate pair, a number beyond every double.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, serde_json::Error> {
        let refused = || match serde_json::from_slice::<Value>(bytes) {
            Ok(_) => serde_json::Error::custom("the text cannot be read"),
            Err(error) => error,
        };
        let text = str::from_utf8(bytes).map_err(|_| refused())?;
        let mut scan = Scan { text, bytes, at: 0, tree: Tree::new(text), members: Vec::new() };
        scan.document().ok_or_else(refused)?;
        Ok(scan.tree)
    }
}

/// A text being read. Every function gives `None` for what is no JSON.
struct Scan<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    tree: Tree<'a>,
    /// The members of the objects that are not at their end yet, the innermost last.
    members: Vec<usize>,
}

impl Scan<'_> {
    fn document(&mut self) -> Option<()> {
        self.value(0)?;
        self.next().is_none().then_some(())
    }

    /// The next byte that is no space.
    fn next(&mut self) -> Option<u8> {
        loop {
            match self.bytes.get(self.at) {
                Some(b' ' | b'\n' | b'\t' | b'\r') => self.at += 1,
                other => return other.copied(),
            }
        }
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        match self.next()? {
            b'"' => self.string(),
            b'{' if depth < MAX_DEPTH => self.object(depth + 1),
            b'[' if depth < MAX_DEPTH => self.array(depth + 1),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            b'-' | b'0'..=b'9' => self.number(),
            _ => None,
        }
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let start = self.at;
        self.at += word.len();
        (self.text.get(start..self.at)? == word).then(|| self.push(Kind::Verbatim, start..self.at))
    }

    fn push(&mut self, kind: Kind, place: Range<usize>) {
        self.tree.nodes.push(Node { kind, place, next: self.tree.nodes.len() + 1 });
    }

    fn push_rewritten(&mut self, form: &str) {
        let start = self.tree.rewritten.len();
        self.tree.rewritten.push_str(form);
        self.push(Kind::Rewritten, start..self.tree.rewritten.len());
    }

    /// A string whose text is its canonical form stays as it is. It mostly is: `serde_json` writes that form.
    fn string(&mut self) -> Option<()> {
        let start = self.at;
        self.at += 1;
        let mut is_canonical = true;
        loop {
            self.at += next_escaped(self.bytes.get(self.at..)?)?;
            match self.bytes[self.at] {
                b'"' => break,
                b'\\' => {
                    is_canonical &= is_canonical_escape(&self.bytes[self.at..]);
                    self.at += 2;
                }
                _ => return None,
            }
        }
        self.at += 1;
        if is_canonical {
            self.push(Kind::Verbatim, start..self.at);
        } else {
            let text: String = serde_json::from_str(&self.text[start..self.at]).ok()?;
            self.push_rewritten(&serde_json::to_string(&text).ok()?);
        }
        Some(())
    }

    fn number(&mut self) -> Option<()> {
        let start = self.at;
        let rest = &self.bytes[start..];
        let length =
            rest.iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')).count();
        self.at += length;
        let digits = &rest[usize::from(rest[0] == b'-')..length];
        let is_short = digits.len() <= EXACT_DIGITS && digits.iter().all(u8::is_ascii_digit);
        if is_short && digits.first().is_some_and(|first| *first != b'0' || length == 1) {
            self.push(Kind::Verbatim, start..self.at);
            return Some(());
        }
        let number: Number = serde_json::from_str(&self.text[start..self.at]).ok()?;
        let magnitude = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
        if magnitude.is_some_and(|magnitude| magnitude <= MAX_EXACT) {
            self.push(Kind::Verbatim, start..self.at);
            return Some(());
        }
        if magnitude.is_some() {
            self.tree.large.push((self.tree.nodes.len(), start..self.at));
        }
        self.push_rewritten(&serde_json_canonicalizer::to_string(&number).ok()?);
        Some(())
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        let node = self.open(Kind::Array);
        if self.next()? == b']' {
            return self.close(node, 0..0);
        }
        loop {
            self.value(depth)?;
            match self.next()? {
                b',' => self.at += 1,
                b']' => return self.close(node, 0..0),
                _ => return None,
            }
        }
    }

    fn object(&mut self, depth: usize) -> Option<()> {
        let node = self.open(Kind::Object);
        let first = self.members.len();
        if self.next()? == b'}' {
            return self.close(node, 0..0);
        }
        loop {
            self.members.push(self.tree.nodes.len());
            if self.next()? != b'"' {
                return None;
            }
            self.string()?;
            if self.next()? != b':' {
                return None;
            }
            self.at += 1;
            self.value(depth)?;
            match self.next()? {
                b',' => self.at += 1,
                b'}' => break,
                _ => return None,
            }
        }
        let order = self.order(first);
        self.close(node, order)
    }

    fn open(&mut self, kind: Kind) -> usize {
        self.at += 1;
        self.push(kind, 0..0);
        self.tree.nodes.len() - 1
    }

    fn close(&mut self, node: usize, place: Range<usize>) -> Option<()> {
        self.at += 1;
        let next = self.tree.nodes.len();
        let node = self.tree.nodes.get_mut(node)?;
        (node.place, node.next) = (place, next);
        Some(())
    }

    /// Puts the members of an object into the order of their names; of equal names the last one counts.
    fn order(&mut self, first: usize) -> Range<usize> {
        let tree = &mut self.tree;
        let members = &mut self.members[first..];
        // Stable, so that the last of equal names stays the last.
        members.sort_by(|one, other| by_utf16(tree.form(*one), tree.form(*other)));
        let start = tree.order.len();
        for (index, member) in members.iter().enumerate() {
            let is_last = members.get(index + 1).is_none_or(|other| tree.form(*other) != tree.form(*member));
            if is_last {
                tree.order.push(*member);
            }
        }
        self.members.truncate(first);
        start..self.tree.order.len()
    }
}

/// The order of two names in UTF-16, from their canonical forms.
fn by_utf16(one: &str, other: &str) -> Ordering {
    let inside = |form: &str| -> Range<usize> { 1..form.len() - 1 };
    let (plain, other_plain) = (&one[inside(one)], &other[inside(other)]);
    let is_simple = |name: &str| name.bytes().all(|byte| byte != b'\\' && byte < FIRST_FOREIGN);
    if is_simple(plain) && is_simple(other_plain) {
        return plain.cmp(other_plain);
    }
    unescaped(one).encode_utf16().cmp(unescaped(other).encode_utf16())
}

/// The text of a string in its canonical form.
pub(super) fn unescaped(form: &str) -> Cow<'_, str> {
    match form.get(1..form.len() - 1) {
        Some(inside) if !inside.contains('\\') => Cow::Borrowed(inside),
        _ => Cow::Owned(serde_json::from_str(form).unwrap_or_default()),
    }
}

/// Whether the escape at the beginning is the one that the canonical form has for its character.
fn is_canonical_escape(bytes: &[u8]) -> bool {
    match bytes {
        [_, b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't', ..] => true,
        [_, b'u', b'0', b'0', b'0', digit, ..] => matches!(digit, b'0'..=b'7' | b'b' | b'e' | b'f'),
        [_, b'u', b'0', b'0', b'1', digit, ..] => matches!(digit, b'0'..=b'9' | b'a'..=b'f'),
        _ => false,
    }
}
