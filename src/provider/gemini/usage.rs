//! `usageMetadata`: what Gemini counted.

use crate::domain::Usage;
use crate::provider::json::{Fields, Node};

/// The counts of one answer; `None` when there is none, as in the first events of Vertex, which name a traffic type
/// only. Searches are not counted here but listed beside the answer.
///
/// The prompt includes what was read from the cache; what the provider's own tools add to it comes on top. `proto3`
/// leaves out counts that are zero, so an absent count of the answer is zero, whereas a prompt is never empty.
pub(super) fn read(usage: &Fields<'_>) -> Option<Usage> {
    let prompt = usage.count("promptTokenCount");
    let candidates = usage.count("candidatesTokenCount");
    let thoughts = usage.count("thoughtsTokenCount");
    if prompt.is_none() && candidates.is_none() && thoughts.is_none() {
        return None;
    }
    let input_tokens =
        prompt.and_then(|prompt| prompt.checked_add(usage.count("toolUsePromptTokenCount").unwrap_or(0)));
    let cache_read_tokens = usage.count("cachedContentTokenCount");
    Some(Usage {
        input_tokens,
        uncached_input_tokens: input_tokens.and_then(|all| all.checked_sub(cache_read_tokens.unwrap_or(0))),
        cache_read_tokens,
        output_tokens: output_tokens(input_tokens, [candidates, thoughts], usage.count("totalTokenCount")),
        reasoning_tokens: thoughts,
        input_audio_tokens: audio(usage, "promptTokensDetails"),
        output_audio_tokens: audio(usage, "candidatesTokensDetails"),
        ..Usage::default()
    })
}

/// Thoughts come on top of the candidates, unless the total says that the candidates include them. A total that has
/// tokens of which no count speaks leaves the output unknown.
fn output_tokens(input: Option<u64>, [candidates, thoughts]: [Option<u64>; 2], total: Option<u64>) -> Option<u64> {
    let (answer, reasoning) = (candidates.unwrap_or(0), thoughts.unwrap_or(0));
    let all = answer.checked_add(reasoning)?;
    let Some((input, total)) = input.zip(total) else { return Some(all) };
    if answer >= reasoning && input.checked_add(answer) == Some(total) {
        return Some(answer);
    }
    let counted = input.checked_add(all)?;
    (candidates.is_some() || counted >= total).then_some(all)
}

/// Tokens of audio in a list of counts by modality; `None` when none is listed.
fn audio(usage: &Fields<'_>, details: &str) -> Option<u64> {
    let counts = usage.elements(details).into_iter().map(Node::fields);
    let audio = counts.filter(|count| count.string("modality").as_deref() == Some("AUDIO"));
    audio.filter_map(|count| count.count("tokenCount")).reduce(u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(wire: &str) -> Option<Usage> {
        read(&Node::parse(wire).expect("is JSON").fields())
    }

    #[test]
    fn output_is_candidates_and_thoughts_unless_the_total_says_otherwise() {
        let rows = [
            (
                r#"{"promptTokenCount":10,"candidatesTokenCount":5,"thoughtsTokenCount":3,"totalTokenCount":18}"#,
                Some(8),
            ),
            (
                r#"{"promptTokenCount":10,"candidatesTokenCount":5,"thoughtsTokenCount":3,"totalTokenCount":15}"#,
                Some(5),
            ),
            (
                r#"{"promptTokenCount":10,"toolUsePromptTokenCount":7,"candidatesTokenCount":5,"thoughtsTokenCount":3,
                "totalTokenCount":22}"#,
                Some(5),
            ),
            (r#"{"promptTokenCount":10,"candidatesTokenCount":5,"thoughtsTokenCount":3}"#, Some(8)),
            // Thoughts cannot be among fewer tokens than they are.
            (r#"{"promptTokenCount":10,"thoughtsTokenCount":3,"totalTokenCount":10}"#, Some(3)),
            (r#"{"promptTokenCount":10,"totalTokenCount":10}"#, Some(0)),
            (r#"{"promptTokenCount":10}"#, Some(0)),
            // Fifteen tokens were used, and nothing says for what.
            (r#"{"promptTokenCount":10,"thoughtsTokenCount":3,"totalTokenCount":28}"#, None),
            (r#"{"promptTokenCount":10,"candidatesTokenCount":5,"totalTokenCount":28}"#, Some(5)),
            (r#"{"candidatesTokenCount":18446744073709551615,"thoughtsTokenCount":1}"#, None),
        ];
        for (wire, output) in rows {
            assert_eq!(counts(wire).expect("is reported").output_tokens, output, "{wire}");
        }
    }

    #[test]
    fn input_is_prompt_and_tool_use_and_includes_the_cache() {
        let rows = [
            (r#"{"promptTokenCount":10,"cachedContentTokenCount":4}"#, [Some(10), Some(6), Some(4)]),
            (
                r#"{"promptTokenCount":10,"toolUsePromptTokenCount":7,"cachedContentTokenCount":4}"#,
                [Some(17), Some(13), Some(4)],
            ),
            (r#"{"promptTokenCount":10}"#, [Some(10), Some(10), None]),
            (r#"{"promptTokenCount":10,"cachedContentTokenCount":11}"#, [Some(10), None, Some(11)]),
            (r#"{"candidatesTokenCount":1,"toolUsePromptTokenCount":7}"#, [None; 3]),
        ];
        for (wire, expected) in rows {
            let usage = counts(wire).expect("is reported");
            assert_eq!([usage.input_tokens, usage.uncached_input_tokens, usage.cache_read_tokens], expected, "{wire}");
        }
        for wire in ["null", "{}", r#"{"trafficType":"ON_DEMAND"}"#, r#"{"totalTokenCount":3}"#] {
            assert_eq!(counts(wire), None, "{wire}");
        }
    }

    #[test]
    fn audio_is_the_sum_of_its_entries() {
        let wire = r#"{"promptTokenCount":99,"promptTokensDetails":[{"modality":"AUDIO","tokenCount":40},
            {"modality":"TEXT","tokenCount":9},{"modality":"AUDIO","tokenCount":50}],
            "candidatesTokensDetails":[{"modality":"AUDIO","tokenCount":7}]}"#;
        let usage = counts(wire).expect("is reported");
        assert_eq!((usage.input_audio_tokens, usage.output_audio_tokens), (Some(90), Some(7)));
        let usage = counts(r#"{"promptTokenCount":9,"promptTokensDetails":[{"modality":"TEXT","tokenCount":9}]}"#);
        assert_eq!(usage.expect("is reported").input_audio_tokens, None);
    }
}
