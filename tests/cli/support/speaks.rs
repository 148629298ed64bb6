//! A server that speaks all four protocols: it reads the prompt out of any request, and says what it is told, whole or
//! piece by piece.

use serde_json::{Value, json};

use super::{Answer, Seen};

/// What to say.
#[derive(Clone)]
pub(crate) enum Say {
    /// This text.
    Text(String),
    /// A call of this tool with these arguments.
    Call(&'static str, Value),
}

/// The protocols by how their paths end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Spoken {
    Chat,
    Responses,
    Anthropic,
    Gemini,
}

pub(crate) fn spoken(seen: &Seen) -> Spoken {
    let path = seen.path.split('?').next().expect("a path");
    let rows = [
        ("/chat/completions", Spoken::Chat),
        ("/responses", Spoken::Responses),
        ("/messages", Spoken::Anthropic),
        (":generateContent", Spoken::Gemini),
        (":streamGenerateContent", Spoken::Gemini),
    ];
    rows.into_iter().find(|row| path.ends_with(row.0)).expect("a path that is served").1
}

/// The last text that the request holds, whatever its protocol.
pub(crate) fn last_text(seen: &Seen) -> String {
    let turns = ["messages", "input", "contents"].iter().find_map(|key| seen.body[*key].as_array()).expect("turns");
    let last = turns.last().expect("a turn");
    let content = if last["content"].is_null() { &last["parts"] } else { &last["content"] };
    match content {
        Value::String(text) => text.clone(),
        parts => {
            parts.as_array().expect("parts").iter().find_map(|part| part["text"].as_str()).expect("a text").to_owned()
        }
    }
}

/// The answer in the protocol of the request, streamed if it asks for that: 100 tokens in, 40 of them cached, 10 out.
pub(crate) fn answer(seen: &Seen, say: &Say) -> Answer {
    let streamed = seen.body["stream"] == true || seen.path.contains("streamGenerateContent");
    let spoken = spoken(seen);
    if streamed { stream(&events(spoken, say), spoken == Spoken::Chat) } else { whole(spoken, say) }
}

fn whole(spoken: Spoken, say: &Say) -> Answer {
    let body = match (spoken, say) {
        (Spoken::Chat, say) => {
            let (message, finish) = match say {
                Say::Text(text) => (json!({"role": "assistant", "content": text}), "stop"),
                Say::Call(name, arguments) => {
                    let function = json!({"name": name, "arguments": arguments.to_string()});
                    let call = json!({"id": "c1", "type": "function", "function": function});
                    (json!({"role": "assistant", "content": null, "tool_calls": [call]}), "tool_calls")
                }
            };
            json!({"id": "x", "model": "served", "usage": chat_usage(),
                "choices": [{"index": 0, "message": message, "finish_reason": finish}]})
        }
        (Spoken::Responses, say) => responses(say),
        (Spoken::Anthropic, say) => {
            let (block, stop) = match say {
                Say::Text(text) => (json!({"type": "text", "text": text}), "end_turn"),
                Say::Call(name, arguments) => {
                    (json!({"type": "tool_use", "id": "c1", "name": name, "input": arguments}), "tool_use")
                }
            };
            json!({"id": "x", "type": "message", "role": "assistant", "model": "served", "content": [block],
                "stop_reason": stop, "usage": {"input_tokens": 60, "cache_read_input_tokens": 40,
                "cache_creation_input_tokens": 0, "output_tokens": 10, "service_tier": "standard"}})
        }
        (Spoken::Gemini, say) => gemini(&[say_part(say)], Some("STOP")),
    };
    Answer::Http(200, Vec::new(), body.to_string())
}

fn chat_usage() -> Value {
    json!({"prompt_tokens": 100, "completion_tokens": 10, "prompt_tokens_details": {"cached_tokens": 40}})
}

fn responses(say: &Say) -> Value {
    let item = match say {
        Say::Text(text) => json!({"type": "message", "id": "m1", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": text, "annotations": []}]}),
        Say::Call(name, arguments) => json!({"type": "function_call", "id": "fc1", "call_id": "c1", "name": name,
            "arguments": arguments.to_string(), "status": "completed"}),
    };
    json!({"id": "x", "object": "response", "model": "served", "status": "completed", "output": [item],
        "service_tier": "default", "usage": {"input_tokens": 100, "output_tokens": 10,
        "input_tokens_details": {"cached_tokens": 40}}})
}

fn say_part(say: &Say) -> Value {
    match say {
        Say::Text(text) => json!({"text": text}),
        Say::Call(name, arguments) => json!({"functionCall": {"id": "c1", "name": name, "args": arguments}}),
    }
}

fn gemini(parts: &[Value], finish: Option<&str>) -> Value {
    let mut candidate = json!({"index": 0, "content": {"role": "model", "parts": parts}});
    if let Some(finish) = finish {
        candidate["finishReason"] = finish.into();
    }
    json!({"candidates": [candidate], "modelVersion": "served", "responseId": "x", "usageMetadata": {
        "promptTokenCount": 100, "cachedContentTokenCount": 40, "candidatesTokenCount": 10, "totalTokenCount": 110}})
}

/// The same answer as events; a text comes in two pieces.
fn events(spoken: Spoken, say: &Say) -> Vec<Value> {
    let pieces = |text: &str| {
        let middle = text.char_indices().nth(text.chars().count() / 2).map_or(text.len(), |(at, _)| at);
        [text[..middle].to_owned(), text[middle..].to_owned()]
    };
    match (spoken, say) {
        (Spoken::Chat, say) => {
            let chunk = |delta: Value, finish: Value| json!({"id": "x", "model": "served", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
            let mut events = vec![chunk(json!({"role": "assistant", "content": ""}), Value::Null)];
            match say {
                Say::Text(text) => {
                    events.extend(pieces(text).map(|piece| chunk(json!({"content": piece}), Value::Null)));
                    events.push(chunk(json!({}), "stop".into()));
                }
                Say::Call(name, arguments) => {
                    let call = json!({"index": 0, "id": "c1", "type": "function", "function": {"name": name, "arguments": ""}});
                    events.push(chunk(json!({"tool_calls": [call]}), Value::Null));
                    events.extend(pieces(&arguments.to_string()).map(|piece| {
                        chunk(json!({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}), Value::Null)
                    }));
                    events.push(chunk(json!({}), "tool_calls".into()));
                }
            }
            events.push(json!({"id": "x", "model": "served", "choices": [], "usage": chat_usage()}));
            events
        }
        (Spoken::Responses, say) => {
            let mut events = vec![json!({"type": "response.created", "response": {"id": "x"}})];
            if let Say::Text(text) = say {
                events.extend(pieces(text).map(|piece| {
                    json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": piece})
                }));
            } else {
                events.push(json!({"type": "response.output_item.added", "output_index": 0,
                    "item": {"type": "function_call", "id": "fc1", "call_id": "c1", "name": "x", "arguments": ""}}));
            }
            events.push(json!({"type": "response.completed", "response": responses(say)}));
            events
        }
        (Spoken::Anthropic, say) => {
            let (block, deltas, stop) = match say {
                Say::Text(text) => (
                    json!({"type": "text", "text": ""}),
                    pieces(text).map(|piece| json!({"type": "text_delta", "text": piece})),
                    "end_turn",
                ),
                Say::Call(name, arguments) => (
                    json!({"type": "tool_use", "id": "c1", "name": name, "input": {}}),
                    pieces(&arguments.to_string())
                        .map(|piece| json!({"type": "input_json_delta", "partial_json": piece})),
                    "tool_use",
                ),
            };
            let usage = json!({"input_tokens": 60, "cache_read_input_tokens": 40, "cache_creation_input_tokens": 0,
                "output_tokens": 1, "service_tier": "standard"});
            let message = json!({"id": "x", "type": "message", "role": "assistant", "model": "served", "content": [],
                "stop_reason": null, "usage": usage});
            let mut events = vec![
                json!({"type": "message_start", "message": message}),
                json!({"type": "content_block_start", "index": 0, "content_block": block}),
            ];
            events.extend(deltas.map(|delta| json!({"type": "content_block_delta", "index": 0, "delta": delta})));
            events.push(json!({"type": "content_block_stop", "index": 0}));
            events
                .push(json!({"type": "message_delta", "delta": {"stop_reason": stop}, "usage": {"output_tokens": 10}}));
            events.push(json!({"type": "message_stop"}));
            events
        }
        (Spoken::Gemini, Say::Text(text)) => {
            let [first, second] = pieces(text).map(|piece| json!({"text": piece}));
            vec![gemini(&[first], None), gemini(&[second], Some("STOP"))]
        }
        (Spoken::Gemini, say) => vec![gemini(&[say_part(say)], Some("STOP"))],
    }
}

/// Bytes of a whole answer: an event stream, and then the connection ends.
pub(crate) fn stream(events: &[Value], done: bool) -> Answer {
    let data: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    let done = if done { "data: [DONE]\n\n" } else { "" };
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    Answer::Raw(format!("{head}{data}{done}").into_bytes())
}
