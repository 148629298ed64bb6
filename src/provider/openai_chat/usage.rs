//! Tokens as a Chat Completions answer counts them.

use crate::domain::Usage;
use crate::provider::Headers;
use crate::provider::json::Fields;

/// Whether anything is counted: some servers send an empty object, which must not replace what came before.
pub(super) fn is_reported(usage: &Fields<'_>) -> bool {
    usage.count("prompt_tokens").or(usage.count("completion_tokens")).is_some()
}

/// The counts; `None` when there are none. `prompt_tokens` includes cache reads and writes, `completion_tokens`
/// includes reasoning. Together sends `cached_tokens` flat, Fireworks sometimes in a header only.
pub(super) fn read(usage: &Fields<'_>, headers: &Headers) -> Option<Usage> {
    if !is_reported(usage) {
        return None;
    }
    let input = usage.object("prompt_tokens_details");
    let output = usage.object("completion_tokens_details");
    let input_tokens = usage.count("prompt_tokens");
    let cache_read_tokens = input
        .count("cached_tokens")
        .or_else(|| usage.count("cached_tokens"))
        .or_else(|| headers.get("fireworks-cached-prompt-tokens")?.parse().ok());
    let cache_write_other_tokens = input.count("cache_write_tokens");
    // Parts that were not reported are not in the total either; parts above the total make the rest unknown.
    let cached = cache_read_tokens.unwrap_or(0).checked_add(cache_write_other_tokens.unwrap_or(0));
    Some(Usage {
        input_tokens,
        uncached_input_tokens: input_tokens.zip(cached).and_then(|(all, cached)| all.checked_sub(cached)),
        cache_read_tokens,
        cache_write_other_tokens,
        output_tokens: usage.count("completion_tokens"),
        reasoning_tokens: output.count("reasoning_tokens"),
        input_audio_tokens: input.count("audio_tokens"),
        output_audio_tokens: output.count("audio_tokens"),
        ..Usage::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::json::Node;

    #[test]
    fn usage_that_was_not_reported_is_unknown() {
        let cached: Headers = [("Fireworks-Cached-Prompt-Tokens", "8")].into_iter().collect();
        let none = Headers::default();
        let counts = |wire: &str, headers: &Headers| {
            let usage = read(&Node::parse(wire).expect("is JSON").fields(), headers)?;
            Some([
                usage.input_tokens,
                usage.uncached_input_tokens,
                usage.cache_read_tokens,
                usage.cache_write_other_tokens,
            ])
        };
        assert_eq!(counts("null", &none), None);
        assert_eq!(counts("{}", &cached), None);
        let details =
            |cached| format!(r#"{{"prompt_tokens":10,"prompt_tokens_details":{{"cached_tokens":{cached}}}}}"#);
        assert_eq!(counts(&details(4), &cached), Some([Some(10), Some(6), Some(4), None]));
        assert_eq!(counts(&details(11), &cached), Some([Some(10), None, Some(11), None]));
        assert_eq!(counts(r#"{"prompt_tokens":10}"#, &cached), Some([Some(10), Some(2), Some(8), None]));
        assert_eq!(
            counts(r#"{"prompt_tokens":10,"cached_tokens":3}"#, &none),
            Some([Some(10), Some(7), Some(3), None])
        );
        let write = r#"{"prompt_tokens":10,"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":3}}"#;
        assert_eq!(counts(write, &none), Some([Some(10), Some(3), Some(4), Some(3)]));
        assert_eq!(counts(r#"{"completion_tokens":1}"#, &none), Some([None; 4]));
    }
}
