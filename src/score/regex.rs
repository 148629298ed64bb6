//! The scorer `regex`: a regular expression matches somewhere in the answer.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::{Case, Response};

use super::clip::{clip, quoted};
use super::{Built, Judgement, OptionError, Scorer, options};

pub(super) const OPTIONS: &[&str] = &["pattern"];

/// The most memory that a compiled pattern may take, in bytes.
const SIZE_LIMIT: usize = 1 << 20;

/// The syntax of the `regex` crate: no lookaround, no backreferences, and time linear in the answer's length.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Options {
    pattern: Option<String>,
}

#[derive(Debug)]
struct Regex(::regex::Regex);

pub(super) fn build(given: Map<String, Value>) -> Built {
    let Some(pattern) = options::parse::<Options>(given)?.pattern else {
        return Err(vec![OptionError {
            option: None,
            message: "`pattern` is missing".to_owned(),
            help: Some("give the regular expression, for example pattern = '(?i)^yes'".to_owned()),
        }]);
    };
    match ::regex::RegexBuilder::new(&pattern).size_limit(SIZE_LIMIT).build() {
        Ok(regex) => Ok(Box::new(Regex(regex))),
        Err(error) => {
            let text = error.to_string();
            let cause = text.lines().last().unwrap_or(&text).trim_start_matches("error: ");
            let help = "the syntax is that of the Rust crate `regex`: no lookaround, no backreferences";
            Err(vec![OptionError::of("pattern", format!("not a regular expression: {cause}"), help)])
        }
    }
}

impl Scorer for Regex {
    fn applies(&self, _: &Case) -> bool {
        true
    }

    fn score(&self, _: &Case, response: &Response) -> Judgement {
        if self.0.is_match(&response.text) {
            Judgement::pass()
        } else {
            Judgement::fail(format!("no match of /{}/ in {}", clip(self.0.as_str()), quoted(&response.text)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{case, option_errors, outcome, text, why};
    use crate::domain::{Expected, Outcome};
    use serde_json::json;

    #[test]
    fn the_pattern_matches_anywhere() {
        let case = case(Expected::Unlabelled);
        assert_eq!(outcome("regex", json!({"pattern": "[0-9]{4}"}), &case, &text("in 1881.")), Outcome::Pass);
        assert_eq!(why("regex", json!({"pattern": "^yes"}), &case, &text("no")), r#"no match of /^yes/ in "no""#);
    }

    #[test]
    fn a_bad_missing_or_huge_pattern_is_an_error() {
        let rows = [
            (json!({"pattern": "(a"}), Some("pattern"), "not a regular expression: unclosed group"),
            (json!({"pattern": "(?=a)"}), Some("pattern"), "not a regular expression: look-around"),
            (json!({"pattern": "(?:a{1000}){1000}"}), Some("pattern"), "not a regular expression: Compiled regex"),
            (json!({"pattern": 5}), Some("pattern"), "invalid type: integer `5`, expected a string"),
            (json!({}), None, "`pattern` is missing"),
        ];
        for (options, option, message) in rows {
            let errors = option_errors("regex", options.clone());
            assert_eq!(errors[0].option.as_deref(), option, "{options}");
            assert!(errors[0].message.starts_with(message), "{errors:?}");
        }
    }
}
