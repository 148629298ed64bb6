//! A neutral request as a Chat Completions body.

use crate::domain::{Asked, Content, Function, Message, Part, ResponseFormat, Role, Tool, ToolCall, ToolChoice};
use crate::provider::call_ids::CallIds;
use crate::provider::{Dialect, Endpoint, HttpRequest};

use super::body::{self, Body, Kinded};

/// The request as it is sent. A setting that the server does not know is sent all the same: it says so itself, whereas
/// dropping it here would compare arms under different settings. The provider's own tools, and whether a tool's result
/// is an error, have no field in this protocol.
pub(in crate::provider) fn encode(request: Asked<'_>, endpoint: &Endpoint) -> HttpRequest {
    let mut ids = CallIds::new(request.messages);
    let sampling = request.sampling;
    let (max_completion_tokens, max_tokens) = match endpoint.dialect {
        Dialect::Native => (sampling.max_output_tokens, None),
        Dialect::Compatible => (None, sampling.max_output_tokens),
    };
    let body = Body {
        model: request.model,
        messages: request.messages.iter().map(|one| message(one, endpoint.dialect, &mut ids)).collect(),
        tools: request.tools.iter().filter_map(Tool::function).map(tool).collect(),
        tool_choice: request.tool_choice.map(tool_choice),
        parallel_tool_calls: request.parallel_tool_calls,
        response_format: request.response_format.map(response_format),
        max_completion_tokens,
        max_tokens,
        temperature: sampling.temperature,
        top_p: sampling.top_p,
        top_k: sampling.top_k,
        min_p: sampling.min_p,
        frequency_penalty: sampling.frequency_penalty,
        presence_penalty: sampling.presence_penalty,
        seed: sampling.seed,
        stop: &sampling.stop,
        n: sampling.n,
        reasoning_effort: sampling.reasoning_effort.as_deref(),
        stream: request.stream.then_some(true),
        stream_options: request.stream.then_some(body::StreamOptions { include_usage: true }),
    };
    HttpRequest::new(endpoint, "/chat/completions", request, &body)
}

fn message<'a>(message: &'a Message, dialect: Dialect, ids: &mut CallIds<'a>) -> body::Message<'a> {
    body::Message {
        role: role(message.role, dialect),
        content: message.content.as_ref().map(content),
        name: message.name.as_deref(),
        tool_calls: message.tool_calls.iter().map(|call| tool_call(call, ids)).collect(),
        tool_call_id: if message.role == Role::Tool { ids.of_result(message) } else { None },
    }
}

fn role(role: Role, dialect: Dialect) -> &'static str {
    match (role, dialect) {
        (Role::System, _) | (Role::Developer, Dialect::Compatible) => "system",
        (Role::Developer, Dialect::Native) => "developer",
        (Role::User, _) => "user",
        (Role::Assistant, _) => "assistant",
        (Role::Tool, _) => "tool",
    }
}

fn content(content: &Content) -> body::Content<'_> {
    match content {
        Content::Text(text) => body::Content::Text(text),
        Content::Parts(parts) => body::Content::Parts(parts.iter().map(part).collect()),
    }
}

fn part(part: &Part) -> body::Part<'_> {
    match part {
        Part::Text(text) => body::Part::Text { text },
        Part::Image { source, detail } => {
            body::Part::ImageUrl { image_url: body::ImageUrl { url: source, detail: detail.as_deref() } }
        }
    }
}

fn tool_call<'a>(call: &'a ToolCall, ids: &mut CallIds<'a>) -> body::ToolCall<'a> {
    body::ToolCall {
        id: ids.of_call(call),
        kind: "function",
        function: body::Call { name: &call.name, arguments: call.arguments.text() },
    }
}

fn tool(function: &Function) -> Kinded<body::Function<'_>> {
    Kinded::Function(body::Function {
        name: &function.name,
        description: function.description.as_deref(),
        parameters: function.parameters.as_ref(),
        strict: function.strict,
    })
}

fn tool_choice(choice: &ToolChoice) -> body::ToolChoice<'_> {
    match choice {
        ToolChoice::Auto => body::ToolChoice::Mode("auto"),
        ToolChoice::None => body::ToolChoice::Mode("none"),
        ToolChoice::Required => body::ToolChoice::Mode("required"),
        ToolChoice::Named(name) => body::ToolChoice::Named(Kinded::Function(body::Named { name })),
    }
}

fn response_format(format: &ResponseFormat) -> body::ResponseFormat<'_> {
    match format {
        ResponseFormat::Text => body::ResponseFormat::Text,
        ResponseFormat::JsonObject => body::ResponseFormat::JsonObject,
        ResponseFormat::JsonSchema { name, schema, strict } => {
            body::ResponseFormat::JsonSchema(body::Described { name, schema, strict: *strict })
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::{Arguments, ImageSource, JsonText, Request, Sampling};
    use crate::provider::builtin_endpoint;

    fn said(role: Role, text: &str) -> Message {
        Message {
            role,
            content: Some(Content::Text(text.to_owned())),
            name: None,
            tool_calls: Vec::new(),
            tool_call_id: None,
            is_error: None,
            thought_signature: None,
        }
    }

    fn request(messages: Vec<Message>, sampling: Sampling) -> Request {
        Request {
            model: "m".to_owned(),
            messages,
            tools: Vec::new(),
            tool_choice: None,
            parallel_tool_calls: None,
            response_format: None,
            sampling,
            stream: false,
        }
    }

    fn sent(request: &Request, dialect: Dialect) -> String {
        let endpoint = Endpoint { dialect, ..builtin_endpoint("openai").expect("is built in").endpoint() };
        String::from_utf8(encode(request.into(), &endpoint).body).expect("is text")
    }

    #[test]
    fn the_dialect_decides_the_role_and_the_name_of_the_limit() {
        let sampling = Sampling { max_output_tokens: Some(5), ..Sampling::default() };
        let request = request(vec![said(Role::Developer, "Be brief.")], sampling);
        for (dialect, role, limit) in
            [(Dialect::Native, "developer", "max_completion_tokens"), (Dialect::Compatible, "system", "max_tokens")]
        {
            let messages = format!(r#"[{{"role":"{role}","content":"Be brief."}}]"#);
            assert_eq!(sent(&request, dialect), format!(r#"{{"model":"m","messages":{messages},"{limit}":5}}"#));
        }
    }

    #[test]
    fn every_setting_has_its_field_and_passed_on_fields_replace_none() {
        let extra = json!({ "service_tier": "flex", "seed": 1, "stream_options": {} });
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
        let mut request = request(vec![said(Role::User, "Q")], sampling);
        request.messages[0].name = Some("ana".to_owned());
        request.parallel_tool_calls = Some(false);
        request.tool_choice = Some(ToolChoice::None);
        request.response_format = Some(ResponseFormat::Text);
        request.stream = true;
        let function = Function { name: "f".to_owned(), description: None, parameters: None, strict: Some(true) };
        request.tools = vec![Tool::WebSearch, Tool::Function(function)];
        assert_eq!(
            sent(&request, Dialect::Compatible),
            concat!(
                r#"{"model":"m","messages":[{"role":"user","content":"Q","name":"ana"}],"#,
                r#""tools":[{"type":"function","function":{"name":"f","strict":true}}],"tool_choice":"none","#,
                r#""parallel_tool_calls":false,"response_format":{"type":"text"},"max_tokens":5,"temperature":0.5,"#,
                r#""top_p":0.25,"top_k":20,"min_p":0.125,"frequency_penalty":1.5,"presence_penalty":-1.5,"#,
                r#""seed":-7,"stop":["END"],"n":2,"reasoning_effort":"low","stream":true,"#,
                r#""stream_options":{"include_usage":true},"service_tier":"flex"}"#,
            )
        );
    }

    #[test]
    fn schemas_go_out_as_they_were_written_and_images_as_urls() {
        let schema = JsonText::parse(r#"{"z": 1.50, "a": 12345678901234567890123}"#).expect("is JSON");
        let image = |source| Part::Image { source, detail: None };
        let inline = ImageSource::Base64 { media_type: "image/png".to_owned(), data: "QQ==".to_owned() };
        let parts = vec![Part::Text("Q".to_owned()), image(ImageSource::Url("https://x/y".to_owned())), image(inline)];
        let question = Message { content: Some(Content::Parts(parts)), ..said(Role::User, "") };
        let mut request = request(vec![question], Sampling::default());
        let description = Some("D".to_owned());
        let function = Function { name: "f".to_owned(), description, parameters: Some(schema.clone()), strict: None };
        request.tools = vec![Tool::Function(function)];
        request.tool_choice = Some(ToolChoice::Named("f".to_owned()));
        request.response_format = Some(ResponseFormat::JsonSchema { name: "s".to_owned(), schema, strict: Some(true) });
        assert_eq!(
            sent(&request, Dialect::Native),
            concat!(
                r#"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"Q"},"#,
                r#"{"type":"image_url","image_url":{"url":"https://x/y"}},"#,
                r#"{"type":"image_url","image_url":{"url":"data:image/png;base64,QQ=="}}]}],"#,
                r#""tools":[{"type":"function","function":{"name":"f","description":"D","#,
                r#""parameters":{"z": 1.50, "a": 12345678901234567890123}}}],"#,
                r#""tool_choice":{"type":"function","function":{"name":"f"}},"response_format":{"type":"json_schema","#,
                r#""json_schema":{"name":"s","schema":{"z": 1.50, "a": 12345678901234567890123},"strict":true}}}"#,
            )
        );
    }

    #[test]
    fn calls_without_ids_get_one_that_their_results_share() {
        let call =
            ToolCall { id: None, name: "f".to_owned(), arguments: Arguments::Malformed("{\"a\": tru".to_owned()) };
        let turn = Message { content: None, tool_calls: vec![call], ..said(Role::Assistant, "") };
        let result = Message { is_error: Some(true), ..said(Role::Tool, "18") };
        let request = request(vec![turn, result], Sampling::default());
        assert_eq!(
            sent(&request, Dialect::Native),
            concat!(
                r#"{"model":"m","messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"call_0","#,
                r#""type":"function","function":{"name":"f","arguments":"{\"a\": tru"}}]},"#,
                r#"{"role":"tool","content":"18","tool_call_id":"call_0"}]}"#,
            )
        );
    }
}
