//! Tokens by a vocabulary that comes with the program, so that a plan needs no network: exact for the texts of `OpenAI`'s
//! models of the `o200k` family, an estimate for all others.

use crate::domain::{Case, Content, Message, Part, Response, ResponseFormat, Tool};

/// Tokens around every message: begin, role, end (the chat format of `OpenAI`'s models).
const AROUND_MESSAGE: u64 = 4;
/// Tokens that begin the answer.
const BEGIN_ANSWER: u64 = 3;
/// Tokens around every tool.
const AROUND_TOOL: u64 = 8;

/// The vocabulary's name.
pub const VOCABULARY: &str = "o200k";

/// The tokens of a text.
#[must_use]
pub fn count(text: &str) -> u64 {
    // The vocabulary is part of the program. Were it not, a token would be a byte: no text has more.
    tiktoken::get_encoding("o200k_base").map_or(text.len(), |vocabulary| vocabulary.count(text)) as u64
}

/// What a case's request takes as input, before any model has counted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Input {
    /// Tokens of messages, tools and schemas, with those around them. Images are not in it.
    pub tokens: u64,
    /// Images: what they take depends on the model.
    pub images: u64,
}

/// Counts the input of a case's request.
#[must_use]
pub fn input(case: &Case) -> Input {
    let mut images = 0;
    let messages: u64 = case.messages.iter().map(|said| message(said, &mut images)).sum();
    let tools: u64 = case.tools.iter().map(tool).sum();
    let format = match &case.response_format {
        Some(ResponseFormat::JsonSchema { name, schema, .. }) => count(name) + count(schema.text()),
        Some(ResponseFormat::Text | ResponseFormat::JsonObject) | None => 0,
    };
    Input { tokens: BEGIN_ANSWER + messages + tools + format, images }
}

/// Counts an answer: its text, and the names and arguments of its calls.
#[must_use]
pub fn output(response: &Response) -> u64 {
    let calls = response.tool_calls.iter().map(|call| count(&call.name) + count(call.arguments.text()) + AROUND_TOOL);
    count(&response.text) + calls.sum::<u64>()
}

fn message(message: &Message, images: &mut u64) -> u64 {
    let content = match &message.content {
        None => 0,
        Some(Content::Text(text)) => count(text),
        Some(Content::Parts(parts)) => parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => count(text),
                Part::Image { .. } => {
                    *images += 1;
                    0
                }
            })
            .sum(),
    };
    let calls = message.tool_calls.iter().map(|call| count(&call.name) + count(call.arguments.text()) + AROUND_TOOL);
    let name = message.name.as_deref().map_or(0, count);
    AROUND_MESSAGE + content + name + calls.sum::<u64>()
}

fn tool(tool: &Tool) -> u64 {
    let described = tool.function().map_or(0, |function| {
        let description = function.description.as_deref().map_or(0, count);
        let parameters = function.parameters.as_ref().map_or(0, |schema| count(schema.text()));
        description + parameters
    });
    AROUND_TOOL + count(tool.name()) + described
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn case(line: &str) -> Case {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        writeln!(file, "{line}").expect("is written");
        super::super::open(file.path()).expect("is valid").read(0).expect("is read")
    }

    #[test]
    fn texts_have_the_tokens_of_the_published_vocabulary() {
        let rows = [
            ("", 0),
            ("hello world", 2),
            ("tiktoken is great!", 6),
            ("お誕生日おめでとう", 8),
            ("antidisestablishmentarianism", 6),
            ("<|endoftext|>", 7),
        ];
        for (text, tokens) in rows {
            assert_eq!(count(text), tokens, "{text}");
        }
    }

    #[test]
    fn everything_that_is_sent_counts_and_images_are_named() {
        let bare = r#"{"id":"a","messages":[{"role":"user","content":"hello world"}]}"#;
        assert_eq!(input(&case(bare)), Input { tokens: 3 + 4 + 2, images: 0 });
        let whole = r#"{"id":"a","messages":[{"role":"user","name":"hello","content":[{"type":"text","text":"hello world"},
            {"type":"image_url","image_url":{"url":"https://example.com/a.png"}}]},
            {"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"hello","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"1","content":"hello"}],
            "tools":[{"type":"function","function":{"name":"hello","description":"hello world","parameters":{}}}],
            "response_format":{"type":"json_schema","json_schema":{"name":"hello","schema":{}}}}"#
            .replace('\n', "");
        let messages = (4 + 2 + 1) + (4 + 1 + 1 + 8) + (4 + 1);
        assert_eq!(input(&case(&whole)), Input { tokens: 3 + messages + (8 + 1 + 2 + 1) + (1 + 1), images: 1 });
    }

    #[test]
    fn a_long_word_takes_no_longer_than_its_length() {
        let word = "ab9".repeat(200_000);
        assert!(count(&word) > 100_000);
    }
}
