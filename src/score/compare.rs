//! How two texts are compared: the normalization that `exact`, `any_of` and `contains` share.

use std::borrow::Cow;

use serde::Deserialize;

/// How a text scorer compares, its option `compare`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Compare {
    /// Normalized, both sides alike:
    ///
    /// 1. Unicode whitespace at both ends is dropped;
    /// 2. at the end, any of `. , ; : ! ? …` and their full-width forms are dropped;
    /// 3. one pair of quotes, brackets or Markdown emphasis around the whole is dropped (see [`PAIRS`]);
    /// 4. the first three are repeated as long as they change something and leave something;
    /// 5. every run of Unicode whitespace becomes one space;
    /// 6. case is folded: each character's upper case, then its lower case, so that `ß` is `ss`.
    ///
    /// Composed and decomposed letters (NFC, NFD) stay different.
    #[default]
    Normalized,
    /// Normalized, but case counts: the first five steps.
    CaseSensitive,
    /// Byte for byte.
    Verbatim,
}

/// Marks that end a sentence or a clause.
const TRAILING: &[char] = &['.', ',', ';', ':', '!', '?', '…', '。', '，', '；', '：', '！', '？'];

/// Marks that stand around a text: quotes, brackets, Markdown emphasis and code.
const PAIRS: &[(char, char)] = &[
    ('"', '"'),
    ('\'', '\''),
    ('`', '`'),
    ('*', '*'),
    ('_', '_'),
    ('~', '~'),
    ('“', '”'),
    ('„', '“'),
    ('„', '”'),
    ('‘', '’'),
    ('‚', '‘'),
    ('«', '»'),
    ('»', '«'),
    ('‹', '›'),
    ('「', '」'),
    ('(', ')'),
    ('[', ']'),
    ('{', '}'),
];

impl Compare {
    /// The form in which two texts are equal or not.
    pub(super) fn form(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Normalized if is_bare(text) => Cow::Owned(text.to_ascii_lowercase()),
            Self::CaseSensitive if is_bare(text) => Cow::Borrowed(text),
            Self::Normalized => Cow::Owned(fold(&collapse(core(text)))),
            Self::CaseSensitive => Cow::Owned(collapse(core(text))),
            Self::Verbatim => Cow::Borrowed(text),
        }
    }
}

/// Whether no step but the folding of case has anything to do: ASCII without whitespace, a letter or digit at both ends.
fn is_bare(text: &str) -> bool {
    let bytes = text.as_bytes();
    let ends = [bytes.first(), bytes.last()];
    ends.iter().all(|end| end.is_some_and(u8::is_ascii_alphanumeric)) && bytes.iter().all(u8::is_ascii_graphic)
}

fn core(text: &str) -> &str {
    let mut core = text.trim();
    loop {
        let inner = within_pair(core.trim_end_matches(TRAILING).trim_end()).trim();
        if inner.is_empty() || inner.len() == core.len() {
            return core;
        }
        core = inner;
    }
}

fn within_pair(text: &str) -> &str {
    PAIRS.iter().find_map(|(open, close)| text.strip_prefix(*open)?.strip_suffix(*close)).unwrap_or(text)
}

fn collapse(text: &str) -> String {
    let mut collapsed = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !collapsed.is_empty() {
            collapsed.push(' ');
        }
        collapsed.push_str(word);
    }
    collapsed
}

fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn normalization_drops_what_the_steps_say_and_nothing_else() {
        let rows = [
            ("  Paris ", "paris"),
            ("Paris.", "paris"),
            ("**Paris**.", "paris"),
            ("\"**Paris.**\"", "paris"),
            ("„Paris“", "paris"),
            ("New\u{a0}\n York", "new york"),
            ("STRASSE", "strasse"),
            ("Straße", "strasse"),
            ("ΟΔΟΣ", "οδοσ"),
            ("οδός", "οδόσ"),
            ("(A)", "a"),
            ("B)", "b)"),
            ("C++", "c++"),
            ("C#", "c#"),
            ("-5", "-5"),
            ("$5", "$5"),
            ("5 %", "5 %"),
            ("?!", "?!"),
            ("\"\"", "\"\""),
            ("it's", "it's"),
            ("", ""),
            (" \n", ""),
        ];
        for (text, expected) in rows {
            assert_eq!(Compare::Normalized.form(text), expected, "{text:?}");
        }
    }

    #[test]
    fn case_counts_and_bytes_count_where_asked() {
        assert_eq!(Compare::CaseSensitive.form(" *Paris*. "), "Paris");
        assert_eq!(Compare::Verbatim.form(" *Paris*. "), " *Paris*. ");
    }

    proptest! {
        #[test]
        fn a_bare_text_has_the_form_that_every_step_leaves(text in "[.(A]?[aB9_é ß\t-]{0,6}[.)Z]?") {
            prop_assert_eq!(Compare::Normalized.form(&text), fold(&collapse(core(&text))));
            prop_assert_eq!(Compare::CaseSensitive.form(&text), collapse(core(&text)));
        }

        #[test]
        fn a_form_is_its_own_form(text in "\\PC{0,12}[.*\"' ]{0,4}\\PC{0,12}") {
            for compare in [Compare::Normalized, Compare::CaseSensitive, Compare::Verbatim] {
                let form = compare.form(&text).into_owned();
                prop_assert_eq!(compare.form(&form), form.as_str());
            }
        }
    }
}
