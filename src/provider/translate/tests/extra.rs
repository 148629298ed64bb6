//! Fields that an arm passes on untouched.

use serde_json::{Map, Value, json};

use super::{Row, check, endpoint, json as schema, request};
use crate::domain::{Request, ResponseFormat, Sampling};

fn extra(request: &mut Request, fields: &Value) {
    request.sampling.extra = fields.as_object().expect("is an object").clone();
}

pub(super) const ROWS: &[Row] = &[
    Row {
        code: "extra_conflicts",
        param: "extra",
        target: "gemini",
        model: "gemini-3.1-flash-lite",
        breaks: |request| {
            extra(request, &json!({ "generationConfig": { "audioTimestamp": true, "maxOutputTokens": 5 } }));
        },
        keeps: |request| {
            extra(request, &json!({ "generationConfig": { "audioTimestamp": true, "maxOutputTokens": null } }));
        },
        says: " is asked through Gemini's API, which is not to be told `generationConfig.maxOutputTokens` by the arm's \
               `extra`",
    },
    Row {
        code: "extra_conflicts",
        param: "extra",
        target: "gemini",
        model: "gemini-3.1-flash-lite",
        breaks: |request| {
            let given = json!({ "generationConfig": {}, "generation_config": { "thinking_config": { "thinking_level": "high" } } });
            extra(request, &given);
        },
        keeps: |request| {
            extra(request, &json!({ "generationConfig": { "thinkingConfig": { "includeThoughts": true } } }));
        },
        says: " is asked through Gemini's API, which is not to be told `generation_config.thinking_config.thinking_level` by \
               the arm's `extra`",
    },
    Row {
        code: "extra_conflicts",
        param: "extra",
        target: "gemini",
        model: "gemini-new",
        breaks: |request| extra(request, &json!({ "generationConfig": { "thinkingConfig": true } })),
        keeps: |request| extra(request, &json!({ "serviceTier": null, "safetySettings": [] })),
        says: " is asked through Gemini's API, which is not to be told `generationConfig.thinkingConfig` by the arm's `extra`",
    },
    Row {
        code: "extra_conflicts",
        param: "extra",
        target: "anthropic",
        model: "claude-haiku-4-5",
        breaks: |request| extra(request, &json!({ "thinking": { "type": "disabled" } })),
        keeps: |request| extra(request, &json!({ "output_config": { "effort": "low" } })),
        says: " is asked through Anthropic's Messages API, which is not to be told `thinking` by the arm's `extra`",
    },
    Row {
        code: "extra_conflicts",
        param: "extra",
        target: "openai-responses",
        model: "gpt-5.4",
        breaks: |request| extra(request, &json!({ "reasoning": { "effort": "low" } })),
        keeps: |request| {
            let given = json!({ "reasoning": { "summary": "auto" }, "text": { "verbosity": "low" }, "effort": 1 });
            extra(request, &given);
        },
        says: " is asked through OpenAI's Responses API, which is not to be told `reasoning.effort` by the arm's `extra`",
    },
    Row {
        code: "extra_conflicts",
        param: "extra",
        target: "openai-chat",
        model: "gpt-5.4",
        breaks: |request| extra(request, &json!({ "service_tier": "flex" })),
        keeps: |request| extra(request, &json!({ "verbosity": "low" })),
        says: " is asked through OpenAI's Chat Completions API, which is not to be told `service_tier` by the arm's `extra`",
    },
];

#[test]
fn the_help_names_the_key_that_a_setting_has() {
    let help = |target, fields: &Value| {
        let mut request = request("m");
        extra(&mut request, fields);
        let mut found = check(&request, &endpoint(target)).into_iter();
        found.find(|one| one.code == "extra_conflicts").map(|one| one.help).unwrap_or_default()
    };
    let config = |fields: Value| json!({ "generationConfig": fields });
    assert_eq!(help("gemini", &config(json!({ "stopSequences": [] }))), "use the arm's own key: `stop`");
    assert_eq!(help("gemini", &config(json!({ "responseSchema": {} }))), "use the case's own key: `response_format`");
    let nowhere = "leave `generationConfig.candidateCount` out of the arm's `extra`";
    assert_eq!(help("gemini", &config(json!({ "candidateCount": 2 }))), nowhere);
    assert_eq!(help("gemini", &config(json!(1))), "leave `generationConfig` out of the arm's `extra`");
}

/// The objects of a body that a suite lets an arm add to.
const SHARED: &[&str] = &["generationConfig", "output_config", "reasoning", "text", "thinking"];

#[test]
fn every_nested_field_that_a_protocol_states_itself_is_refused_as_a_passed_on_one() {
    let mut seen = Vec::new();
    for target in ["openai-chat", "openai-responses", "anthropic", "gemini"] {
        let mut whole = request("m");
        let (name, schema) = ("n".to_owned(), schema("{}"));
        whole.response_format = Some(ResponseFormat::JsonSchema { name, schema, strict: None });
        whole.sampling = Sampling {
            max_output_tokens: Some(5),
            temperature: Some(0.5),
            top_p: Some(0.5),
            top_k: Some(5),
            min_p: Some(0.5),
            frequency_penalty: Some(0.5),
            presence_penalty: Some(0.5),
            seed: Some(5),
            stop: vec!["END".to_owned()],
            n: Some(2),
            reasoning_effort: Some("low".to_owned()),
            extra: Map::new(),
        };
        let endpoint = endpoint(target);
        let body: Value =
            serde_json::from_slice(&(endpoint.protocol.encode)((&whole).into(), &endpoint).body).expect("is JSON");
        for (object, name, value) in SHARED.iter().flat_map(|object| {
            let fields = body[object].as_object().cloned().unwrap_or_default();
            fields.into_iter().map(move |(name, value)| (object, name, value))
        }) {
            let mut request = request("m");
            extra(&mut request, &json!({ *object: { &name: value } }));
            let found = check(&request, &endpoint).iter().any(|one| one.code == "extra_conflicts");
            assert!(found, "{target}: {object}.{name}");
            seen.push(name);
        }
    }
    assert_eq!(seen.len(), 17, "{seen:?}");
}
