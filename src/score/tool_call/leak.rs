//! Calls that a model wrote into its text, where no parser of the provider found them.

use crate::domain::Function;

/// Marks with which chat templates open a call. They mean nothing else, so they need no tool's name.
const MARKS: &[&str] = &[
    "<tool_call>",
    "<tool_calls>",
    "<function_call>",
    "<function_calls>",
    "<function=",
    "<invoke name=",
    "<tool_use>",
    "<|tool_call",
    "<|tool_calls",
    "<|python_tag|>",
    "<｜tool▁call",
    "<minimax:tool_call>",
    "[TOOL_CALLS]",
    "[TOOL_REQUEST]",
    "to=functions.",
];

/// Keys under which a call written as JSON holds the tool's name.
const NAME_KEYS: &[&str] =
    &["\"name\"", "\"function\"", "\"tool\"", "\"tool_name\"", "\"function_name\"", "\"action\""];

/// The part of the text that looks like a call: a template's mark, or JSON (bare or fenced) that names an offered tool,
/// or an offered tool's name before a bracket `name(` or as a tag `<name>`. The first such place is given, to the end
/// of its line.
pub(super) fn find<'t, 'c>(text: &'t str, tools: impl Iterator<Item = &'c Function>) -> Option<&'t str> {
    let marks = MARKS.iter().filter_map(|mark| text.find(mark));
    let named = tools.filter(|tool| !tool.name.is_empty()).filter_map(|tool| named_at(text, &tool.name));
    let start = marks.chain(named).min()?;
    let rest = &text[start..];
    Some(rest.lines().next().unwrap_or(rest))
}

fn named_at(text: &str, name: &str) -> Option<usize> {
    text.match_indices(name).find_map(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        let starts_word = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let is_function = starts_word && after.starts_with('(');
        let is_tag = before.ends_with('<') && after.starts_with('>');
        (is_function || is_tag || is_json_name(before, after)).then_some(at)
    })
}

/// Whether the name is the value of a key that names a tool: `"name": "NAME"`.
fn is_json_name(before: &str, after: &str) -> bool {
    let key =
        before.strip_suffix('"').map(str::trim_end).and_then(|before| before.strip_suffix(':')).map(str::trim_end);
    after.starts_with('"') && key.is_some_and(|key| NAME_KEYS.iter().any(|name| key.ends_with(name)))
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture::tool;
    use super::*;
    use crate::domain::Tool;
    use serde_json::json;

    #[test]
    fn calls_in_text_are_found_and_prose_is_not() {
        let tools = [tool("get_weather", json!({})), tool("find", json!({}))];
        let rows = [
            ("<tool_call>\n{\"name\": \"find\"}", Some("<tool_call>")),
            ("Sure. <function=find>x", Some("<function=find>x")),
            ("{\"name\": \"get_weather\", \"arguments\": {}}", Some("get_weather\", \"arguments\": {}}")),
            ("```json\n{\"tool\" : \"find\"}\n```", Some("find\"}")),
            ("[get_weather(city='Paris')]", Some("get_weather(city='Paris')]")),
            ("<find><q>x</q></find>", Some("find><q>x</q></find>")),
            ("<｜tool▁calls▁begin｜>", Some("<｜tool▁calls▁begin｜>")),
            ("I would call get_weather for that.", None),
            ("I cannot find (or see) it.", None),
            ("pathfind(x)", None),
            ("{\"name\": \"other\"}", None),
            ("{\"city\": \"find\"}", None),
            ("", None),
        ];
        for (text, expected) in rows {
            assert_eq!(find(text, tools.iter().filter_map(Tool::function)), expected, "{text}");
        }
    }
}
