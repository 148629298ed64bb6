//! A neutral request as a `generateContent` body. What the protocol has no field for is not sent: `min_p`, `strict`,
//! `parallel_tool_calls`, an image's `detail`, a message's `name`.

use std::fmt::Write as _;

use serde::Serialize;

use super::contents::{self, Turn};
use crate::domain::{Asked, Function, JsonText, ResponseFormat, Tool, ToolChoice};
use crate::provider::{Endpoint, HttpRequest};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    system_instruction: Option<Turn<'a>>,
    contents: Vec<Turn<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<ToolEntry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_config: Option<ToolConfig<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    generation_config: Option<GenerationConfig<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
enum ToolEntry<'a> {
    FunctionDeclarations(Vec<Declaration<'a>>),
    GoogleSearch {},
    FileSearch { file_search_store_names: &'a [String] },
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Declaration<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters_json_schema: Option<&'a JsonText>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ToolConfig<'a> {
    function_calling_config: FunctionCallingConfig<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FunctionCallingConfig<'a> {
    mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_function_names: Option<[&'a str; 1]>,
}

#[derive(Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct GenerationConfig<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_k: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frequency_penalty: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence_penalty: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i64>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop_sequences: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    candidate_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_config: Option<ThinkingConfig<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_mime_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_json_schema: Option<&'a JsonText>,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct ThinkingConfig<'a> {
    thinking_level: &'a str,
}

/// The request as it is sent.
pub(in crate::provider) fn encode(request: Asked<'_>, endpoint: &Endpoint) -> HttpRequest {
    let (system_instruction, contents) = contents::encode(request.messages);
    // The choice is one of functions: without any the API says "Function calling config is set without
    // function_declarations". Only `auto`, which says nothing, gets here then.
    let choice = request.tool_choice.filter(|_| request.tools.iter().any(|tool| tool.function().is_some()));
    let body = Body {
        system_instruction,
        contents,
        tools: tools(request.tools),
        tool_config: choice.map(tool_config),
        generation_config: generation_config(request),
    };
    HttpRequest::new(endpoint, &path(request), request, &body)
}

/// The name of a model stands under `/models/`, unless it says itself where it stands.
fn path(request: Asked<'_>) -> String {
    let model = request.model;
    let collection = if model.starts_with("models/") || model.starts_with("tunedModels/") { "" } else { "models/" };
    let method = if request.stream { "streamGenerateContent?alt=sse" } else { "generateContent" };
    format!("/{collection}{}:{method}", escaped(model))
}

/// A name with what a path must not hold percent-encoded; slashes stay.
fn escaped(name: &str) -> String {
    let mut path = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte) {
            path.push(char::from(byte));
        } else {
            // Writing to a `String` never fails.
            _ = write!(path, "%{byte:02X}");
        }
    }
    path
}

/// All functions in one entry, then the provider's own tools. It has none for the use of a computer: a request that
/// offers one is refused before it comes here.
fn tools(tools: &[Tool]) -> Vec<ToolEntry<'_>> {
    let declarations: Vec<_> = tools.iter().filter_map(Tool::function).map(declaration).collect();
    let functions = (!declarations.is_empty()).then_some(ToolEntry::FunctionDeclarations(declarations));
    let own = tools.iter().filter_map(|tool| match tool {
        Tool::WebSearch => Some(ToolEntry::GoogleSearch {}),
        Tool::FileSearch { stores } => Some(ToolEntry::FileSearch { file_search_store_names: stores }),
        Tool::Function(_) | Tool::ComputerUse { .. } => None,
    });
    functions.into_iter().chain(own).collect()
}

fn declaration(function: &Function) -> Declaration<'_> {
    Declaration {
        name: &function.name,
        description: function.description.as_deref(),
        parameters_json_schema: function.parameters.as_ref(),
    }
}

fn tool_config(choice: &ToolChoice) -> ToolConfig<'_> {
    let (mode, allowed_function_names) = match choice {
        ToolChoice::Auto => ("AUTO", None),
        ToolChoice::None => ("NONE", None),
        ToolChoice::Required => ("ANY", None),
        ToolChoice::Named(name) => ("ANY", Some([name.as_str()])),
    };
    ToolConfig { function_calling_config: FunctionCallingConfig { mode, allowed_function_names } }
}

/// Everything else that a request asks for; `None` when it asks for nothing.
fn generation_config(request: Asked<'_>) -> Option<GenerationConfig<'_>> {
    let sampling = request.sampling;
    let (response_mime_type, response_json_schema) = match request.response_format {
        None => (None, None),
        Some(ResponseFormat::Text) => (Some("text/plain"), None),
        Some(ResponseFormat::JsonObject) => (Some("application/json"), None),
        Some(ResponseFormat::JsonSchema { schema, .. }) => (Some("application/json"), Some(schema)),
    };
    let config = GenerationConfig {
        max_output_tokens: sampling.max_output_tokens,
        temperature: sampling.temperature,
        top_p: sampling.top_p,
        top_k: sampling.top_k,
        frequency_penalty: sampling.frequency_penalty,
        presence_penalty: sampling.presence_penalty,
        seed: sampling.seed,
        stop_sequences: &sampling.stop,
        candidate_count: sampling.n,
        thinking_config: sampling.reasoning_effort.as_deref().map(thinking_config),
        response_mime_type,
        response_json_schema,
    };
    (config != GenerationConfig::default()).then_some(config)
}

/// The effort in its own word. Gemini 3 cannot be kept from thinking: the least that it knows is `minimal`.
fn thinking_config(effort: &str) -> ThinkingConfig<'_> {
    ThinkingConfig { thinking_level: if effort == "none" { "minimal" } else { effort } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Display, Request, Sampling};
    use crate::provider::builtin_endpoint;

    fn request() -> Request {
        Request {
            model: "m".to_owned(),
            messages: Vec::new(),
            tools: Vec::new(),
            tool_choice: None,
            parallel_tool_calls: None,
            response_format: None,
            sampling: Sampling::default(),
            stream: false,
        }
    }

    fn sent(request: &Request) -> HttpRequest {
        encode(request.into(), &builtin_endpoint("gemini").expect("is built in").endpoint())
    }

    fn body(request: &Request) -> String {
        String::from_utf8(sent(request).body).expect("is text")
    }

    #[test]
    fn the_model_is_in_the_path() {
        let rows = [
            ("gemini-3.1-flash-lite", false, "/models/gemini-3.1-flash-lite:generateContent"),
            ("gemini-3.1-flash-lite", true, "/models/gemini-3.1-flash-lite:streamGenerateContent?alt=sse"),
            ("models/gemini-3", false, "/models/gemini-3:generateContent"),
            ("tunedModels/mine", false, "/tunedModels/mine:generateContent"),
            ("google/gemini-3", false, "/models/google/gemini-3:generateContent"),
            ("modelsx", false, "/models/modelsx:generateContent"),
            ("a b?c#d%é", false, "/models/a%20b%3Fc%23d%25%C3%A9:generateContent"),
        ];
        for (model, stream, path) in rows {
            let url = sent(&Request { model: model.to_owned(), stream, ..request() }).url;
            assert_eq!(url, format!("https://generativelanguage.googleapis.com/v1beta{path}"));
        }
    }

    #[test]
    fn every_setting_has_its_field_and_passed_on_fields_stand_beside_them() {
        let extra = serde_json::json!({ "serviceTier": "flex", "contents": 1 });
        let sampling = Sampling {
            max_output_tokens: Some(5),
            temperature: Some(0.5),
            top_p: Some(0.25),
            top_k: Some(20),
            min_p: Some(0.125),
            frequency_penalty: Some(1.5),
            presence_penalty: Some(-1.5),
            seed: Some(-7),
            stop: vec!["END".to_owned()],
            n: Some(2),
            reasoning_effort: Some("low".to_owned()),
            extra: extra.as_object().expect("is an object").clone(),
        };
        let request = Request { parallel_tool_calls: Some(true), sampling, ..request() };
        assert_eq!(
            body(&request),
            concat!(
                r#"{"contents":[],"generationConfig":{"maxOutputTokens":5,"temperature":0.5,"topP":0.25,"topK":20,"#,
                r#""frequencyPenalty":1.5,"presencePenalty":-1.5,"seed":-7,"stopSequences":["END"],"candidateCount":2,"#,
                r#""thinkingConfig":{"thinkingLevel":"low"}},"serviceTier":"flex"}"#,
            )
        );
    }

    #[test]
    fn passed_on_fields_join_inside_the_objects_that_the_request_states() {
        let extra = serde_json::json!({ "generationConfig": {
            "mediaResolution": "MEDIA_RESOLUTION_LOW", "seed": 1, "thinkingConfig": { "includeThoughts": true },
        } });
        let sampling = Sampling {
            seed: Some(7),
            reasoning_effort: Some("low".to_owned()),
            extra: extra.as_object().expect("is an object").clone(),
            ..Sampling::default()
        };
        assert_eq!(
            body(&Request { sampling, ..request() }),
            concat!(
                r#"{"contents":[],"generationConfig":{"seed":7,"thinkingConfig":{"thinkingLevel":"low","#,
                r#""includeThoughts":true},"mediaResolution":"MEDIA_RESOLUTION_LOW"}}"#,
            )
        );
    }

    #[test]
    fn effort_none_is_the_least_that_there_is() {
        for (effort, level) in [("none", "minimal"), ("minimal", "minimal"), ("xhigh", "xhigh")] {
            let sampling = Sampling { reasoning_effort: Some(effort.to_owned()), ..Sampling::default() };
            let expected =
                format!(r#"{{"contents":[],"generationConfig":{{"thinkingConfig":{{"thinkingLevel":"{level}"}}}}}}"#);
            assert_eq!(body(&Request { sampling, ..request() }), expected);
        }
    }

    #[test]
    fn the_answers_form_is_a_type_and_a_schema_as_it_was_written() {
        let schema = JsonText::parse(r#"{"z":1.50,"a":{}}"#).expect("is JSON");
        let rows = [
            (ResponseFormat::Text, r#""responseMimeType":"text/plain""#),
            (ResponseFormat::JsonObject, r#""responseMimeType":"application/json""#),
            (
                ResponseFormat::JsonSchema { name: "n".to_owned(), schema, strict: Some(true) },
                r#""responseMimeType":"application/json","responseJsonSchema":{"z":1.50,"a":{}}"#,
            ),
        ];
        for (format, fields) in rows {
            let request = Request { response_format: Some(format), ..request() };
            assert_eq!(body(&request), format!(r#"{{"contents":[],"generationConfig":{{{fields}}}}}"#));
        }
    }

    #[test]
    fn functions_share_one_entry_before_the_providers_own_tools() {
        let function = |name: &str, parameters: Option<&str>| {
            let parameters = parameters.map(|text| JsonText::parse(text).expect("is JSON"));
            Tool::Function(Function { name: name.to_owned(), description: None, parameters, strict: Some(true) })
        };
        let tools = vec![
            Tool::WebSearch,
            function("f", Some(r#"{"type":"object","b":1,"a":2}"#)),
            Tool::FileSearch { stores: vec!["fileSearchStores/s".to_owned()] },
            Tool::ComputerUse { display: Some(Display { width: 1, height: 1 }) },
            function("g", None),
        ];
        assert_eq!(
            body(&Request { tools, ..request() }),
            concat!(
                r#"{"contents":[],"tools":[{"functionDeclarations":[{"name":"f","#,
                r#""parametersJsonSchema":{"type":"object","b":1,"a":2}},{"name":"g"}]},"#,
                r#"{"googleSearch":{}},{"fileSearch":{"fileSearchStoreNames":["fileSearchStores/s"]}}]}"#,
            )
        );
    }

    #[test]
    fn the_choice_of_a_tool_is_a_mode() {
        let rows = [
            (ToolChoice::Auto, r#"{"mode":"AUTO"}"#),
            (ToolChoice::None, r#"{"mode":"NONE"}"#),
            (ToolChoice::Required, r#"{"mode":"ANY"}"#),
            (ToolChoice::Named("f".to_owned()), r#"{"mode":"ANY","allowedFunctionNames":["f"]}"#),
        ];
        for (choice, config) in rows {
            let function = Function { name: "f".to_owned(), description: None, parameters: None, strict: None };
            let request = Request { tool_choice: Some(choice), tools: vec![Tool::Function(function)], ..request() };
            let expected = format!(r#","toolConfig":{{"functionCallingConfig":{config}}}}}"#);
            assert!(body(&request).ends_with(&expected), "{expected}");
        }
        let request = Request { tool_choice: Some(ToolChoice::Auto), tools: vec![Tool::WebSearch], ..request() };
        assert_eq!(body(&request), r#"{"contents":[],"tools":[{"googleSearch":{}}]}"#);
    }
}
