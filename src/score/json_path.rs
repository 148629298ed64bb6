//! Patterns of places in JSON, such as `$.items[*].price`.

/// A place in a value: the keys and indices that lead to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// The value of a key.
    Key(&'a str),
    /// An item, from 0.
    Item(usize),
}

/// A pattern of places: `$` is the whole, `.name` or `["name"]` a key, `.*` any key, `[3]` an item from 0, `[*]` any item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Key(String),
    AnyKey,
    Item(usize),
    AnyItem,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it, with the part that cannot be read.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut rest = text.strip_prefix('$').ok_or_else(|| format!("`{text}` does not begin with `$`"))?;
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let (part, left) = part(rest).ok_or_else(|| format!("`{rest}` in `{text}` is no part of a path"))?;
            parts.push(part);
            rest = left;
        }
        Ok(Self(parts))
    }

    /// Whether it is this place.
    pub(super) fn matches(&self, place: &[Step<'_>]) -> bool {
        self.0.len() == place.len()
            && self.0.iter().zip(place).all(|(part, step)| match (part, step) {
                (Part::Key(name), Step::Key(key)) => name == key,
                (Part::Item(one), Step::Item(other)) => one == other,
                (Part::AnyKey, Step::Key(_)) | (Part::AnyItem, Step::Item(_)) => true,
                _ => false,
            })
    }
}

/// The first part of a path, and what follows it.
fn part(text: &str) -> Option<(Part, &str)> {
    if let Some(rest) = text.strip_prefix('.') {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        let part = if name == "*" { Part::AnyKey } else { Part::Key(name.to_owned()) };
        return (!name.is_empty() && !name.contains([']', '"'])).then_some((part, rest));
    }
    let inside = text.strip_prefix('[')?;
    if inside.starts_with('"') {
        let mut names = serde_json::Deserializer::from_str(inside).into_iter::<String>();
        let name = names.next()?.ok()?;
        let rest = inside.get(names.byte_offset()..)?.strip_prefix(']')?;
        return Some((Part::Key(name), rest));
    }
    let (index, rest) = inside.split_once(']')?;
    match index {
        "*" => Some((Part::AnyItem, rest)),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some((Part::Item(digits.parse().ok()?), rest)),
        _ => None,
    }
}

/// A place as a pattern names it.
pub(super) fn shown(place: &[Step<'_>]) -> String {
    let mut text = "$".to_owned();
    for step in place {
        match step {
            Step::Key(key) => {
                text.push('.');
                text.push_str(key);
            }
            Step::Item(index) => {
                text.push('[');
                text.push_str(&index.to_string());
                text.push(']');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_pattern_is_keys_and_items() {
        let (key, item) = (Step::Key, Step::Item);
        let rows: [(&str, &[Step<'_>], bool); 9] = [
            ("$", &[], true),
            ("$", &[key("a")], false),
            ("$.items[*].price", &[key("items"), item(3), key("price")], true),
            ("$.items[*].price", &[key("items"), key("x"), key("price")], false),
            ("$.items[2]", &[key("items"), item(2)], true),
            ("$.items[2]", &[key("items"), item(3)], false),
            ("$.*.id", &[key("a"), key("id")], true),
            (r#"$["a.b"]"#, &[key("a.b")], true),
            (r#"$["a]\""].b"#, &[key("a]\""), key("b")], true),
        ];
        for (text, place, matches) in rows {
            assert_eq!(Pattern::parse(text).expect(text).matches(place), matches, "{text}");
        }
        for text in [
            "",
            "items",
            "$items",
            "$.",
            "$..a",
            "$[",
            "$[x]",
            "$[-1]",
            "$[1",
            r#"$["a"#,
            "$.a]",
            "$[99999999999999999999]",
        ] {
            assert!(Pattern::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_place_of_plain_names_is_matched_by_how_it_is_shown(names in proptest::collection::vec("[a-c]{1,2}|[0-9]{1,3}", 0..5)) {
            let place: Vec<Step<'_>> =
                names.iter().map(|name| name.parse().map_or(Step::Key(name), Step::Item)).collect();
            prop_assert!(Pattern::parse(&shown(&place)).expect("is a pattern").matches(&place));
        }

        #[test]
        fn no_text_breaks_it(text in "[$.*\\[\\]a0\"\\\\é]{0,12}") {
            let _ = Pattern::parse(&text);
        }
    }
}
