//! A neutral request as a Chat Completions body.

use serde_json::{Map, Value, json};

use crate::domain::{Content, ImageSource, Message, Part, Request, ResponseFormat, Role, Sampling, Tool, ToolChoice};
use crate::provider::call_ids::CallIds;
use crate::provider::{Dialect, Endpoint, HttpRequest};

/// The request as it is sent. A setting that the server does not know is sent all the same: it says so itself, whereas
/// dropping it here would compare arms under different settings.
pub(in crate::provider) fn encode(request: &Request, endpoint: &Endpoint) -> HttpRequest {
    // First, so that a passed-on field never replaces one that the request states.
    let mut body = request.sampling.extra.clone();
    let mut ids = CallIds::default();
    let messages = request.messages.iter().map(|one| message(one, endpoint.dialect, &mut ids)).collect();
    put(&mut body, "model", Some(request.model.as_str()));
    put(&mut body, "messages", Some(Value::Array(messages)));
    if !request.tools.is_empty() {
        put(&mut body, "tools", Some(request.tools.iter().map(tool).collect::<Vec<_>>()));
    }
    put(&mut body, "tool_choice", request.tool_choice.as_ref().map(tool_choice));
    put(&mut body, "parallel_tool_calls", request.parallel_tool_calls);
    put(&mut body, "response_format", request.response_format.as_ref().map(response_format));
    put_sampling(&mut body, &request.sampling, endpoint.dialect);
    HttpRequest {
        url: endpoint.url("/chat/completions"),
        headers: endpoint.headers.clone(),
        body: Value::Object(body).to_string().into_bytes(),
    }
}

fn put<T: Into<Value>>(body: &mut Map<String, Value>, name: &str, value: Option<T>) {
    if let Some(value) = value {
        body.insert(name.to_owned(), value.into());
    }
}

fn put_sampling(body: &mut Map<String, Value>, sampling: &Sampling, dialect: Dialect) {
    let max_tokens = match dialect {
        // OpenAI's newer models refuse the old name; compatible servers know no other.
        Dialect::Native => "max_completion_tokens",
        Dialect::Compatible => "max_tokens",
    };
    put(body, max_tokens, sampling.max_output_tokens);
    put(body, "temperature", sampling.temperature);
    put(body, "top_p", sampling.top_p);
    put(body, "top_k", sampling.top_k);
    put(body, "min_p", sampling.min_p);
    put(body, "frequency_penalty", sampling.frequency_penalty);
    put(body, "presence_penalty", sampling.presence_penalty);
    put(body, "seed", sampling.seed);
    if !sampling.stop.is_empty() {
        put(body, "stop", Some(sampling.stop.clone()));
    }
    put(body, "n", sampling.n);
    put(body, "reasoning_effort", sampling.reasoning_effort.as_deref());
}

fn message<'a>(message: &'a Message, dialect: Dialect, ids: &mut CallIds<'a>) -> Value {
    let mut body = Map::new();
    put(&mut body, "role", Some(role(message.role, dialect)));
    put(&mut body, "content", Some(message.content.as_ref().map_or(Value::Null, content)));
    put(&mut body, "name", message.name.as_deref());
    if !message.tool_calls.is_empty() {
        let calls = message.tool_calls.iter().map(|call| {
            json!({
                "id": ids.of_call(call),
                "type": "function",
                "function": { "name": call.name, "arguments": call.arguments.text() },
            })
        });
        put(&mut body, "tool_calls", Some(calls.collect::<Vec<_>>()));
    }
    if message.role == Role::Tool {
        put(&mut body, "tool_call_id", ids.of_result(message));
    }
    Value::Object(body)
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

fn content(content: &Content) -> Value {
    match content {
        Content::Text(text) => Value::from(text.as_str()),
        Content::Parts(parts) => parts.iter().map(part).collect(),
    }
}

fn part(part: &Part) -> Value {
    match part {
        Part::Text(text) => json!({ "type": "text", "text": text }),
        Part::Image { source, detail } => {
            let url = match source {
                ImageSource::Url(url) => url.clone(),
                ImageSource::Base64 { media_type, data } => format!("data:{media_type};base64,{data}"),
            };
            let mut image = Map::new();
            put(&mut image, "url", Some(url));
            put(&mut image, "detail", detail.as_deref());
            json!({ "type": "image_url", "image_url": image })
        }
    }
}

fn tool(tool: &Tool) -> Value {
    let mut function = Map::new();
    put(&mut function, "name", Some(tool.name.as_str()));
    put(&mut function, "description", tool.description.as_deref());
    put(&mut function, "parameters", tool.parameters.clone());
    put(&mut function, "strict", tool.strict);
    json!({ "type": "function", "function": function })
}

fn tool_choice(choice: &ToolChoice) -> Value {
    match choice {
        ToolChoice::Auto => Value::from("auto"),
        ToolChoice::None => Value::from("none"),
        ToolChoice::Required => Value::from("required"),
        ToolChoice::Named(name) => json!({ "type": "function", "function": { "name": name } }),
    }
}

fn response_format(format: &ResponseFormat) -> Value {
    match format {
        ResponseFormat::Text => json!({ "type": "text" }),
        ResponseFormat::JsonObject => json!({ "type": "json_object" }),
        ResponseFormat::JsonSchema { name, schema, strict } => {
            let mut described = Map::new();
            put(&mut described, "name", Some(name.as_str()));
            put(&mut described, "schema", Some(schema.clone()));
            put(&mut described, "strict", *strict);
            json!({ "type": "json_schema", "json_schema": described })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Arguments, ToolCall};
    use crate::provider::builtin_endpoint;

    fn said(role: Role, text: &str) -> Message {
        Message {
            role,
            content: Some(Content::Text(text.to_owned())),
            name: None,
            tool_calls: Vec::new(),
            tool_call_id: None,
            is_error: None,
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
        }
    }

    fn sent(request: &Request, dialect: Dialect) -> String {
        let endpoint = Endpoint { dialect, ..builtin_endpoint("openai").expect("is built in").endpoint() };
        String::from_utf8(encode(request, &endpoint).body).expect("is text")
    }

    #[test]
    fn the_dialect_decides_the_role_and_the_name_of_the_limit() {
        let sampling = Sampling { max_output_tokens: Some(5), ..Sampling::default() };
        let request = request(vec![said(Role::Developer, "Be brief.")], sampling);
        for (dialect, role, limit) in
            [(Dialect::Native, "developer", "max_completion_tokens"), (Dialect::Compatible, "system", "max_tokens")]
        {
            let expected = json!({ "model": "m", "messages": [{ "role": role, "content": "Be brief." }], limit: 5 });
            assert_eq!(sent(&request, dialect), expected.to_string());
        }
    }

    #[test]
    fn every_setting_has_its_field_and_passed_on_fields_replace_none() {
        let extra = json!({ "service_tier": "flex", "seed": 1 });
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
        request.tools = vec![Tool { name: "f".to_owned(), description: None, parameters: None, strict: Some(true) }];
        assert_eq!(
            sent(&request, Dialect::Compatible),
            concat!(
                r#"{"frequency_penalty":1.5,"max_tokens":5,"messages":[{"content":"Q","name":"ana","role":"user"}],"#,
                r#""min_p":0.125,"model":"m","n":2,"parallel_tool_calls":false,"presence_penalty":-1.5,"#,
                r#""reasoning_effort":"low","response_format":{"type":"text"},"seed":-7,"service_tier":"flex","#,
                r#""stop":["END"],"temperature":0.5,"tool_choice":"none","#,
                r#""tools":[{"function":{"name":"f","strict":true},"type":"function"}],"top_k":20,"top_p":0.25}"#,
            )
        );
    }

    #[test]
    fn calls_without_ids_get_one_that_their_results_share() {
        let call =
            ToolCall { id: None, name: "f".to_owned(), arguments: Arguments::Malformed("{\"a\": tru".to_owned()) };
        let turn = Message { content: None, tool_calls: vec![call], ..said(Role::Assistant, "") };
        let request = request(vec![turn, said(Role::Tool, "18")], Sampling::default());
        assert_eq!(
            sent(&request, Dialect::Native),
            concat!(
                r#"{"messages":[{"content":null,"role":"assistant","tool_calls":[{"function":"#,
                r#"{"arguments":"{\"a\": tru","name":"f"},"id":"call_0","type":"function"}]},"#,
                r#"{"content":"18","role":"tool","tool_call_id":"call_0"}],"model":"m"}"#,
            )
        );
    }
}
