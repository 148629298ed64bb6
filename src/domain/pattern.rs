//! A regular expression that a whole text must match.

use regex::{Regex, RegexBuilder};

/// The compiled size that a pattern may have, in bytes.
const SIZE_LIMIT: usize = 1 << 20;

/// A compiled pattern, anchored at both ends. It matches in time linear in the text.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    whole: Regex,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// Why it is none.
    pub fn new(text: &str) -> Result<Self, String> {
        let compile = |text: &str| RegexBuilder::new(text).size_limit(SIZE_LIMIT).build().map_err(|e| e.to_string());
        // Alone first: `a)(b` is no pattern, though it would be one inside parentheses.
        compile(text)?;
        Ok(Self { text: text.to_owned(), whole: compile(&format!(r"\A(?:{text})\z"))? })
    }

    /// Whether the whole text matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.whole.is_match(text)
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_text_must_match() {
        let rows = [
            ("[a-z]+", "abc", true),
            ("[a-z]+", "abc\n", false),
            ("[a-z]+", "abc1", false),
            ("a|ab", "ab", true),
            ("(?i)é", "É", true),
            (".*", "a\0b", true),
            ("", "", true),
            ("", "a", false),
        ];
        for (pattern, text, expected) in rows {
            assert_eq!(Pattern::new(pattern).expect("compiles").matches(text), expected, "{pattern} {text:?}");
        }
    }

    #[test]
    fn what_is_no_pattern_alone_is_refused() {
        for bad in ["a)(b", "(", "(?=a)", "(?:a{1000}){1000}"] {
            assert!(Pattern::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_pattern_that_would_backtrack_is_done_with_a_huge_text() {
        let text = "a".repeat(10_000_000) + "!";
        assert!(!Pattern::new("(a|a)*b").expect("compiles").matches(&text));
    }
}
