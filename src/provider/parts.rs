//! The parts of a JSON list or object that is known to be whole: told apart in one pass, and looked at no further.

/// The items of a list, or the names and values of an object in turn, each as its text.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parts<'a> {
    /// The parts of the text of a list or an object.
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, at: 1 }
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let bytes = self.text.as_bytes();
        let is_between = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\t' | b'\r' | b',' | b':');
        let start = self.at + bytes.get(self.at..)?.iter().position(|byte| !is_between(byte))?;
        self.at = end_of(bytes, start)?;
        self.text.get(start..self.at)
    }
}

/// Where the value ends that begins here; `None` where none does, as at the end of what it is in.
fn end_of(bytes: &[u8], start: usize) -> Option<usize> {
    match bytes.get(start)? {
        b'"' => end_of_string(bytes, start),
        b'[' | b'{' => {
            let (mut depth, mut at) = (0_usize, start);
            loop {
                match bytes.get(at)? {
                    b'"' => {
                        at = end_of_string(bytes, at)?;
                        continue;
                    }
                    b'[' | b'{' => depth += 1,
                    b']' | b'}' => depth -= 1,
                    _ => {}
                }
                at += 1;
                if depth == 0 {
                    return Some(at);
                }
            }
        }
        b']' | b'}' => None,
        _ => {
            let is_end = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\t' | b'\r' | b',' | b']' | b'}');
            Some(start + bytes[start..].iter().position(is_end).unwrap_or(bytes.len() - start))
        }
    }
}

fn end_of_string(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;

    /// A value with spaces wherever there may be some.
    fn value() -> impl Strategy<Value = String> {
        let space = "[ \n\t\r]{0,2}";
        let string = r#""(a|[ -!#-\[\]-~]|é|\\"|\\\\|\\n|\\ud83d|\[|\{|,|:){0,8}""#;
        let leaf = prop_oneof!["(null|true|-?[1-9]{1,3}(\\.5e3)?)", string];
        leaf.prop_recursive(4, 32, 5, move |inner| {
            let item = (space, inner, space).prop_map(|(before, value, after)| before + &value + &after);
            let member = (space, string, space, item.clone())
                .prop_map(|(before, name, after, value)| format!("{before}{name}{after}:{value}"));
            prop_oneof![
                prop::collection::vec(item, 0..5).prop_map(|items| format!("[{}]", items.join(","))),
                prop::collection::vec(member, 0..5).prop_map(|members| format!("{{{}}}", members.join(","))),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_items_of_a_list_are_those_of_the_parser(items in prop::collection::vec(value(), 0..5)) {
            let list = format!("[ {} ]", items.join(" , "));
            let parsed: Vec<&RawValue> = serde_json::from_str(&list).expect("is a list");
            let parsed: Vec<_> = parsed.into_iter().map(RawValue::get).collect();
            prop_assert_eq!(Parts::of(&list).collect::<Vec<_>>(), parsed);
            let members: Vec<_> = items.iter().map(|item| format!("\"a\" : {item}")).collect();
            let object = format!("{{{}}}", members.join(","));
            let expected: Vec<_> = items.iter().flat_map(|item| ["\"a\"", item.as_str()]).collect();
            prop_assert_eq!(Parts::of(&object).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn what_is_cut_ends_the_parts() {
        for (text, expected) in [("[1,[2", &["1"][..]), ("[\"a\\", &[]), ("[", &[]), ("[tr", &["tr"])] {
            assert_eq!(Parts::of(text).collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
