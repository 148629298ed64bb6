//! Over arbitrary requests: nothing panics, and no field that is set besides takes a finding away.

use std::collections::HashSet;

use proptest::prelude::*;

use super::{check, endpoint, json};
use crate::domain::{
    Arguments, Content, Display, Function, ImageSource, Message, Part, Request, ResponseFormat, Role, Sampling, Tool,
    ToolCall, ToolChoice,
};

const TARGETS: &[&str] = &["openai-chat", "openai-compat", "openai-responses", "anthropic", "gemini"];
const MODELS: &[&str] =
    &["gpt-5.4", "gpt-5-mini", "gpt-5.4-nano", "claude-haiku-4-5", "gemini-3.1-flash-lite", "other"];
const TEXTS: &[&str] = &["", " ", "f", "a.b", "none", "low", "high", "xhigh", "call_0", "é"];
const SCHEMAS: &[&str] = &["{}", "true", r#"{"type":"object","properties":{"a":{"not":{}}}}"#, r##"{"$ref":"#"}"##];

/// Each sets one field that no other rule asks about.
const UNRELATED: &[fn(&mut Sampling)] = &[
    |sampling| sampling.seed = Some(7),
    |sampling| sampling.n = Some(3),
    |sampling| sampling.top_p = Some(0.5),
    |sampling| sampling.top_k = Some(20),
    |sampling| sampling.min_p = Some(0.5),
    |sampling| sampling.temperature = Some(3.0),
    |sampling| sampling.frequency_penalty = Some(0.5),
    |sampling| sampling.presence_penalty = Some(0.5),
    |sampling| sampling.stop.push(" ".to_owned()),
    |sampling| _ = sampling.extra.insert("logprobs".to_owned(), true.into()),
    |sampling| _ = sampling.extra.insert("logit_bias".to_owned(), 1.into()),
    |sampling| _ = sampling.extra.insert("generationConfig".to_owned(), serde_json::json!({ "seed": 1 })),
    |sampling| _ = sampling.extra.insert("anything".to_owned(), 1.into()),
];

fn word() -> impl Strategy<Value = String> {
    proptest::sample::select(TEXTS).prop_map(str::to_owned)
}

fn maybe_word() -> impl Strategy<Value = Option<String>> {
    proptest::option::of(word())
}

fn content() -> impl Strategy<Value = Option<Content>> {
    let image = maybe_word().prop_map(|detail| Part::Image { source: ImageSource::File(String::new()), detail });
    let parts = proptest::collection::vec(prop_oneof![word().prop_map(Part::Text), image], 0..3);
    proptest::option::of(prop_oneof![word().prop_map(Content::Text), parts.prop_map(Content::Parts)])
}

fn message() -> impl Strategy<Value = Message> {
    let role = proptest::sample::select(&[Role::System, Role::Developer, Role::User, Role::Assistant, Role::Tool][..]);
    let arguments = prop_oneof![Just(Arguments::Object("{}".to_owned())), word().prop_map(Arguments::Malformed),];
    let call = (maybe_word(), word(), arguments).prop_map(|(id, name, arguments)| ToolCall { id, name, arguments });
    let calls = proptest::collection::vec(call, 0..3);
    (role, content(), maybe_word(), calls, maybe_word(), any::<Option<bool>>()).prop_map(
        |(role, content, name, tool_calls, tool_call_id, is_error)| Message {
            role,
            content,
            name,
            tool_calls,
            tool_call_id,
            is_error,
            thought_signature: None,
        },
    )
}

fn tool() -> impl Strategy<Value = Tool> {
    let schema = proptest::option::of(proptest::sample::select(SCHEMAS).prop_map(json));
    let function = (word(), schema, any::<Option<bool>>()).prop_map(|(name, parameters, strict)| {
        Tool::Function(Function { name, description: None, parameters, strict })
    });
    let display = any::<Option<(u32, u32)>>().prop_map(|size| size.map(|(width, height)| Display { width, height }));
    prop_oneof![
        function,
        Just(Tool::WebSearch),
        proptest::collection::vec(word(), 0..2).prop_map(|stores| Tool::FileSearch { stores }),
        display.prop_map(|display| Tool::ComputerUse { display }),
    ]
}

fn sampling() -> impl Strategy<Value = Sampling> {
    let numbers = any::<[Option<f64>; 5]>();
    let counts = any::<(Option<u64>, Option<u64>, Option<i64>, Option<u64>)>();
    (numbers, counts, proptest::collection::vec(word(), 0..7), maybe_word()).prop_map(
        |(numbers, (max_output_tokens, top_k, seed, n), stop, reasoning_effort)| {
            let [temperature, top_p, min_p, frequency_penalty, presence_penalty] = numbers;
            Sampling {
                max_output_tokens,
                temperature,
                top_p,
                top_k,
                min_p,
                frequency_penalty,
                presence_penalty,
                seed,
                stop,
                n,
                reasoning_effort,
                extra: serde_json::Map::new(),
            }
        },
    )
}

fn request() -> impl Strategy<Value = Request> {
    let format = (word(), proptest::sample::select(SCHEMAS), any::<Option<bool>>())
        .prop_map(|(name, schema, strict)| ResponseFormat::JsonSchema { name, schema: json(schema), strict });
    let format = prop_oneof![Just(ResponseFormat::Text), Just(ResponseFormat::JsonObject), format];
    let choice = prop_oneof![
        Just(ToolChoice::Auto),
        Just(ToolChoice::None),
        Just(ToolChoice::Required),
        word().prop_map(ToolChoice::Named),
    ];
    let messages = proptest::collection::vec(message(), 0..6);
    let tools = (proptest::collection::vec(tool(), 0..4), proptest::option::of(choice), any::<Option<bool>>());
    (proptest::sample::select(MODELS), messages, tools, proptest::option::of(format), sampling()).prop_map(
        |(model, messages, (tools, tool_choice, parallel_tool_calls), response_format, sampling)| Request {
            model: model.to_owned(),
            messages,
            tools,
            tool_choice,
            parallel_tool_calls,
            response_format,
            sampling,
            stream: false,
        },
    )
}

fn found(request: &Request, target: &str) -> HashSet<(&'static str, &'static str)> {
    let findings = check(request, &endpoint(target));
    let found: HashSet<_> = findings.iter().map(|one| (one.code, one.param)).collect();
    assert_eq!(found.len(), findings.len(), "a code comes once a field: {findings:?}");
    found
}

proptest! {
    #[test]
    fn a_field_set_besides_takes_no_finding_away(
        request in request(),
        target in proptest::sample::select(TARGETS),
        field in proptest::sample::select(UNRELATED),
    ) {
        let before = found(&request, target);
        // The field is out of the picture before, and its own findings may come after.
        let mut with = request.clone();
        let silent = Sampling {
            max_output_tokens: request.sampling.max_output_tokens,
            reasoning_effort: request.sampling.reasoning_effort.clone(),
            ..Sampling::default()
        };
        with.sampling = silent.clone();
        let alone = found(&with, target);
        field(&mut with.sampling);
        let after = found(&with, target);
        prop_assert!(alone.is_subset(&after), "{alone:?} {after:?}");
        prop_assert!(alone.is_subset(&before), "{alone:?} {before:?}");
    }
}

proptest! {
    #[test]
    fn what_says_too_little_for_anthropic_is_what_its_encoder_leaves_out(
        mut message in message(),
        role in proptest::sample::select(&[Role::User, Role::Assistant][..]),
    ) {
        message.role = role;
        let request = Request { messages: vec![message], ..super::request("claude-haiku-4-5") };
        let endpoint = endpoint("anthropic");
        let body = (endpoint.protocol.encode)((&request).into(), &endpoint).body;
        let body: serde_json::Value = serde_json::from_slice(&body).expect("is JSON");
        let refused = found(&request, "anthropic").contains(&("empty_content", "messages"));
        prop_assert_eq!(body["messages"].as_array().is_some_and(Vec::is_empty), refused, "{}", body);
    }
}
