//! Laws of streams: however an answer is cut into chunks, it means what it means whole; and nothing panics.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use super::{assemble, decode};
use crate::domain::Reply;
use crate::provider::{Broken, Headers, HttpResponse};

/// An answer, before it takes a form.
#[derive(Debug, Clone)]
struct Said {
    text: String,
    reasoning: String,
    refusal: Option<String>,
    calls: Vec<(String, String, String)>,
    finish: &'static str,
}

fn words() -> impl Strategy<Value = String> {
    "[aé😀 \n\"\\\\{}]{0,12}"
}

fn said() -> impl Strategy<Value = Said> {
    let arguments = prop_oneof![
        words(),
        words().prop_map(|text| json!({ "ключ": text, "n": 1.5 }).to_string()),
        Just(r#"{"n": 12345678901234567890123, "x": 1.50}"#.to_owned()),
    ];
    let calls = vec(("[a-c]{0,2}", "[fg]{1,3}", arguments), 0..4);
    let finish = prop::sample::select(vec!["stop", "length", "tool_calls", "content_filter", "abort", "new"]);
    (words(), words(), proptest::option::of(words()), calls, finish)
        .prop_map(|(text, reasoning, refusal, calls, finish)| Said { text, reasoning, refusal, calls, finish })
}

fn plain(said: &Said) -> Value {
    let calls = said.calls.iter().map(|(id, name, arguments)| {
        json!({ "id": id, "type": "function", "function": { "name": name, "arguments": arguments } })
    });
    let message = json!({
        "role": "assistant", "content": said.text, "reasoning": said.reasoning, "refusal": said.refusal,
        "tool_calls": calls.collect::<Vec<_>>(),
    });
    json!({
        "id": "c", "model": "m", "service_tier": "default",
        "choices": [{ "index": 0, "message": message, "finish_reason": said.finish }],
        "usage": { "prompt_tokens": 7, "completion_tokens": 3 },
    })
}

/// Text in pieces, some of them empty, cut between characters.
fn pieces(text: &str, cuts: &[Index]) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let mut at: Vec<_> = cuts.iter().map(|cut| cut.index(characters.len() + 1)).collect();
    at.extend([0, characters.len()]);
    at.sort_unstable();
    at.windows(2).map(|range| characters[range[0]..range[1]].iter().collect()).collect()
}

/// The deltas of each thread: text, reasoning, refusal and every call keep their own order.
fn threads(said: &Said, cuts: &[Index]) -> Vec<Vec<Value>> {
    let of_field =
        |name: &str, text: &str| pieces(text, cuts).into_iter().map(|piece| json!({ name: piece })).collect();
    let mut threads: Vec<Vec<Value>> = vec![of_field("content", &said.text), of_field("reasoning", &said.reasoning)];
    threads.extend(said.refusal.as_deref().map(|refusal| of_field("refusal", refusal)));
    for (index, (id, name, arguments)) in said.calls.iter().enumerate() {
        let begin =
            json!({ "tool_calls": [{ "index": index, "id": id, "type": "function", "function": { "name": name } }] });
        let more = pieces(arguments, cuts).into_iter();
        let more = more.map(|piece| json!({ "tool_calls": [{ "index": index, "function": { "arguments": piece } }] }));
        threads.push(std::iter::once(begin).chain(more).collect());
    }
    threads
}

/// The deltas of all threads, mixed.
fn mixed(mut threads: Vec<Vec<Value>>, order: &[Index]) -> Vec<Value> {
    for thread in &mut threads {
        thread.reverse();
    }
    let mut mixed = Vec::new();
    let mut order = order.iter().cycle();
    loop {
        threads.retain(|thread| !thread.is_empty());
        let Some(next) = order.next().filter(|_| !threads.is_empty()) else { return mixed };
        let at = next.index(threads.len());
        mixed.extend(threads[at].pop());
    }
}

fn streamed(events: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Reply, Broken> {
    let mut assembly = assemble();
    for event in events {
        assembly.event(event.as_ref());
    }
    assembly.finish(&HttpResponse { status: 200, headers: &Headers::default(), body: b"" })
}

/// JSON with the words of the protocol in every place.
fn json_like() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-2_i64..3).prop_map(Value::from),
        words().prop_map(Value::from),
        prop::sample::select(vec!["stop", "function", "text", "refusal"]).prop_map(Value::from),
    ];
    let name = prop::sample::select(vec![
        "choices",
        "delta",
        "message",
        "content",
        "tool_calls",
        "function",
        "custom",
        "function_call",
        "index",
        "id",
        "type",
        "name",
        "arguments",
        "finish_reason",
        "usage",
        "prompt_tokens",
        "error",
        "refusal",
        "text",
    ]);
    leaf.prop_recursive(6, 48, 6, move |inner| {
        let object = vec((name.clone(), inner.clone()), 0..6);
        prop_oneof![
            vec(inner, 0..4).prop_map(Value::from),
            object.prop_map(|pairs| pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #[test]
    fn chunks_cut_anywhere_mean_the_whole(said in said(), cuts: [Index; 3], order in vec(any::<Index>(), 1..20)) {
        let body = plain(&said);
        let text = body.to_string();
        let whole = decode(&HttpResponse { status: 200, headers: &Headers::default(), body: text.as_bytes() });
        let chunk = |delta: Value, finish: Value| {
            json!({ "id": "c", "model": "m", "service_tier": "default",
                "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }], "usage": null })
        };
        let deltas = mixed(threads(&said, &cuts), &order);
        let mut events: Vec<Value> = deltas.into_iter().map(|delta| chunk(delta, Value::Null)).collect();
        events.push(chunk(json!({}), json!(said.finish)));
        events.push(json!({ "choices": [], "usage": body["usage"] }));
        prop_assert_eq!(streamed(events.iter().map(Value::to_string)), whole);
    }

    #[test]
    fn any_events_give_a_reply_or_a_failure(events in vec(json_like(), 0..8), done: bool) {
        let events = events.iter().map(Value::to_string).chain(done.then(|| "[DONE]".to_owned()));
        let answer = streamed(events);
        prop_assert!(answer.is_ok() || answer.is_err_and(|broken| !broken.failure.message.is_empty()));
    }

    #[test]
    fn any_deltas_give_a_reply(deltas in vec(json_like(), 1..8)) {
        let of_delta = |delta| json!({ "choices": [{ "index": 0, "delta": delta }] }).to_string();
        let events = deltas.into_iter().map(of_delta).chain(["[DONE]".to_owned()]);
        prop_assert!(streamed(events).is_ok());
    }

    #[test]
    fn any_text_is_an_event(events in vec(any::<String>(), 0..8)) {
        let answer = streamed(events);
        prop_assert!(answer.is_err_and(|broken| broken.partial.is_none()));
    }
}
