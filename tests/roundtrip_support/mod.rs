//! The wires, with an independent reading of each, and what each is known to change: that a request comes back is
//! asserted up to these rules, and up to nothing else.

mod body;
mod fixtures;
mod generate;
#[path = "../wire_support/json.rs"]
#[allow(dead_code, reason = "fixtures are read with a part of it; an expectation on a module is never met")]
mod json;
mod masks;
#[path = "../wire_support/neutral.rs"]
mod neutral;
mod read_anthropic;
mod read_chat;
mod read_gemini;
mod read_responses;
mod rules;

use std::fmt::Debug;

use serde_json::Value;

use cutover::domain::{JsonText, Request, ResponseFormat, Tool};
use cutover::provider::{Dialect, Endpoint, HttpRequest, protocol};

use body::Body;
pub(crate) use fixtures::check_fixtures;
pub(crate) use generate::requests;

/// A wire format as one server speaks it.
pub(crate) struct Wire {
    /// The folder of its fixtures.
    folder: &'static str,
    protocol: &'static str,
    base_url: &'static str,
    dialect: Dialect,
    /// The reading, from the path under the base URL and the body.
    read: fn(&str, &str) -> Result<Request, String>,
    /// Own fields that give way to a further field of the same name.
    yields: &'static [&'static str],
    /// The headers that belong to the request.
    headers: fn(&Request) -> Vec<(&'static str, &'static str)>,
    /// Whether arguments are JSON in the body, and not the text of it in a string.
    raw_arguments: bool,
    /// What it cannot express.
    masks: &'static [fn(&mut Request)],
    /// What it is known to change.
    rules: &'static [Rule],
}

/// One thing that a wire is known to change.
struct Rule {
    why: &'static str,
    apply: fn(&mut Request),
}

const fn rule(apply: fn(&mut Request), why: &'static str) -> Rule {
    Rule { why, apply }
}

/// Chat Completions at OpenAI.
pub(crate) const OPENAI_CHAT: Wire = Wire {
    folder: "openai-chat",
    protocol: "openai-chat",
    base_url: "https://api.openai.com/v1",
    dialect: Dialect::Native,
    read: read_chat::native,
    yields: &[],
    headers: |_| Vec::new(),
    raw_arguments: false,
    masks: &[masks::functions_only, masks::no_top_k, masks::no_min_p],
    rules: &[
        rule(rules::ids_filled, "every call has an id, which its result repeats"),
        rule(rules::no_signatures, "a signature means something to Gemini alone"),
        rule(rules::no_error_mark, "a result has no field that marks an error"),
    ],
};

/// Chat Completions at a compatible server.
pub(crate) const OPENAI_COMPAT: Wire = Wire {
    folder: "openai-compat",
    base_url: "http://127.0.0.1:8000/v1",
    dialect: Dialect::Compatible,
    read: read_chat::compatible,
    masks: &[masks::functions_only],
    rules: &[
        rule(rules::ids_filled, "every call has an id, which its result repeats"),
        rule(rules::no_signatures, "a signature means something to Gemini alone"),
        rule(rules::no_error_mark, "a result has no field that marks an error"),
        rule(rules::developer_is_system, "the servers know the older role only"),
    ],
    ..OPENAI_CHAT
};

/// Responses.
pub(crate) const OPENAI_RESPONSES: Wire = Wire {
    folder: "openai-responses",
    protocol: "openai-responses",
    read: read_responses::read,
    yields: &["store"],
    masks: &[masks::no_top_k, masks::no_min_p, masks::no_penalties, masks::no_seed, masks::no_stop, masks::no_n],
    rules: &[
        rule(rules::ids_filled, "every call has an id, which its result repeats"),
        rule(rules::no_signatures, "a signature means something to Gemini alone"),
        rule(rules::no_empty_text, "a call without words has no text beside it"),
        rule(rules::no_error_mark, "a result has no field that marks an error"),
        rule(rules::no_names, "a message has no field for a name"),
        rule(rules::detail_auto, "an image's detail must be sent"),
        rule(rules::no_display, "the screen of a computer has no size"),
        rule(rules::tools_not_strict, "a function's strict must be sent"),
    ],
    ..OPENAI_CHAT
};

/// Messages at Anthropic.
pub(crate) const ANTHROPIC: Wire = Wire {
    folder: "anthropic",
    protocol: "anthropic",
    base_url: "https://api.anthropic.com/v1",
    dialect: Dialect::Native,
    read: read_anthropic::read,
    yields: &[],
    headers: |request| {
        let beta = request.tools.iter().any(|tool| matches!(tool, Tool::ComputerUse { .. }));
        let beta = beta.then_some(("anthropic-beta", "computer-use-2025-01-24"));
        [("anthropic-version", "2023-06-01")].into_iter().chain(beta).collect()
    },
    raw_arguments: true,
    masks: &[
        masks::no_min_p,
        masks::no_penalties,
        masks::no_seed,
        masks::no_n,
        masks::no_json_object,
        masks::no_higher_effort,
        masks::no_file_search,
        masks::sized_display,
        masks::no_later_system,
        masks::no_malformed_arguments,
    ],
    rules: &[
        rule(rules::ids_filled, "every call has an id, which its result repeats"),
        rule(rules::no_signatures, "a signature means something to Gemini alone"),
        rule(rules::ids_of_plain_characters, "an id has letters, digits, _ and - alone"),
        rule(rules::no_blank_text, "no text is blank"),
        rule(rules::no_names, "a message has no field for a name"),
        rule(rules::developer_is_system, "there is one kind of instructions"),
        rule(rules::one_system, "instructions are one text"),
        rule(rules::no_details, "an image has no detail"),
        rule(rules::lone_text_is_plain, "text beside calls or results is a block"),
        rule(rules::empty_schema_is_none, "a schema must be sent"),
        rule(rules::no_text_format, "text is what comes unasked"),
        rule(rules::nameless_format, "a schema has no name, and is always enforced"),
        rule(rules::limit_filled, "a limit must be sent"),
        rule(rules::effort_is_a_budget, "reasoning is a budget of tokens, none is no reasoning"),
        rule(rules::parallel_is_part_of_the_choice, "parallel calls are switched off in the choice, and on by default"),
    ],
};

/// Gemini.
pub(crate) const GEMINI: Wire = Wire {
    folder: "gemini",
    protocol: "gemini",
    base_url: "https://generativelanguage.googleapis.com/v1beta",
    dialect: Dialect::Native,
    read: read_gemini::read,
    yields: &[],
    headers: |_| Vec::new(),
    raw_arguments: true,
    masks: &[
        masks::no_min_p,
        masks::no_computer_use,
        masks::no_later_system,
        masks::no_malformed_arguments,
        masks::named_functions_only,
        masks::choices_of_functions,
    ],
    rules: &[
        rule(rules::ids_filled, "every call has an id, which its result repeats"),
        rule(rules::no_empty_text, "a call without words has no text beside it"),
        rule(rules::no_false_error_mark, "a result without a mark is no error"),
        rule(rules::results_are_one_text, "a result is one text or an object"),
        rule(rules::no_names, "a message has no field for a name"),
        rule(rules::developer_is_system, "there is one kind of instructions"),
        rule(rules::each_text_a_system, "every text of the instructions is a part"),
        rule(rules::no_details, "an image has no detail"),
        rule(rules::lone_text_is_plain, "all content is parts"),
        rule(rules::functions_first, "functions are one tool, the first"),
        rule(rules::tools_without_strict, "a function has no strict"),
        rule(rules::no_auto_without_functions, "the choice is one of functions, and auto by default"),
        rule(rules::no_parallel, "nothing allows or forbids parallel calls"),
        rule(rules::nameless_format, "a schema has no name, and is always enforced"),
        rule(rules::effort_at_least_minimal, "reasoning cannot be switched off"),
    ],
};

/// Every wire.
pub(crate) const WIRES: &[Wire] = &[OPENAI_CHAT, OPENAI_COMPAT, OPENAI_RESPONSES, ANTHROPIC, GEMINI];

/// Encodes a request and reads it back.
pub(crate) fn check(wire: &Wire, request: &Request) -> Result<(), String> {
    let sent = encode(wire, request)?;
    if sent != encode(wire, request)? {
        return Err("the same request gives two encodings".to_owned());
    }
    let body = String::from_utf8(sent.body).map_err(|error| error.to_string())?;
    let problem = |problem: String| format!("{problem}\npath: {}\nbody: {body}", sent.url);
    let headers: Vec<_> = sent.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    if headers != (wire.headers)(request) {
        return Err(problem(format!("headers: {headers:?}")));
    }
    if let Some(text) = exact_texts(wire, request).find(|text| !body.contains(*text)) {
        return Err(problem(format!("not in the body as it was written: {text}")));
    }
    let path = sent.url.strip_prefix(wire.base_url).ok_or_else(|| problem("another server".to_owned()))?;
    let read = (wire.read)(path, &body).map_err(problem)?;
    compare(wire, request.clone(), &read).map_err(problem)?;
    check_own_fields(wire, request.clone())
}

fn encode(wire: &Wire, request: &Request) -> Result<HttpRequest, String> {
    let protocol = protocol(wire.protocol).ok_or_else(|| format!("there is no protocol {}", wire.protocol))?;
    let endpoint = Endpoint {
        name: wire.folder.to_owned(),
        protocol,
        base_url: wire.base_url.to_owned(),
        dialect: wire.dialect,
        headers: Vec::new(),
    };
    Ok((protocol.encode)(request.into(), &endpoint))
}

/// A further field with the name of an own one changes nothing, and a further object adds to an own one what that lacks.
fn check_own_fields(wire: &Wire, mut request: Request) -> Result<(), String> {
    request.sampling.extra.clear();
    let own = encode(wire, &request)?;
    let text = String::from_utf8_lossy(&own.body);
    let fields = Body::parse(&text)?;
    let usurped = fields.names().filter(|name| !wire.yields.contains(name));
    request.sampling.extra.extend(usurped.map(|name| (name.to_owned(), "usurped".into())));
    same("body with usurped fields", &own, &encode(wire, &request)?)?;
    request.sampling.extra.clear();
    let mut expected = Vec::new();
    for name in fields.names() {
        let mut value = fields.raw(name).to_owned();
        if value.starts_with('{') {
            let inner = Body::parse(&value)?;
            let usurped = inner.names().map(|name| (name.to_owned(), "usurped".into()));
            let further = usurped.chain([("x-further".to_owned(), 1.into())]).collect();
            request.sampling.extra.insert(name.to_owned(), Value::Object(further));
            let comma = if inner.names().next().is_none() { "" } else { "," };
            value.truncate(value.len() - 1);
            value.extend([comma, r#""x-further":1}"#]);
        }
        expected.push(value);
    }
    let sent = encode(wire, &request)?;
    let text = String::from_utf8_lossy(&sent.body);
    let joined = Body::parse(&text)?;
    let found: Vec<&str> = joined.names().map(|name| joined.raw(name)).collect();
    same("body with further fields in its objects", &expected.iter().map(String::as_str).collect(), &found)
}

/// The texts that a body holds as they were written.
fn exact_texts<'a>(wire: &Wire, request: &'a Request) -> impl Iterator<Item = &'a str> {
    let parameters =
        request.tools.iter().filter_map(Tool::function).filter_map(|function| function.parameters.as_ref());
    let format = request.response_format.as_ref().and_then(|format| match format {
        ResponseFormat::JsonSchema { schema, .. } => Some(schema),
        ResponseFormat::Text | ResponseFormat::JsonObject => None,
    });
    let calls = request.messages.iter().flat_map(|message| &message.tool_calls).filter(|_| wire.raw_arguments);
    parameters.chain(format).map(JsonText::text).chain(calls.map(|call| call.arguments.text()))
}

/// Names the first field that came back as another.
fn compare(wire: &Wire, mut expected: Request, read: &Request) -> Result<(), String> {
    wire.rules.iter().for_each(|rule| (rule.apply)(&mut expected));
    let difference = first_difference(&expected, read);
    let whys: Vec<&str> = wire.rules.iter().map(|rule| rule.why).collect();
    difference.map_err(|difference| format!("{difference}\nthough it is known that {}", whys.join("; ")))
}

fn first_difference(expected: &Request, read: &Request) -> Result<(), String> {
    let Request { model, messages, tools, tool_choice, parallel_tool_calls, response_format, sampling, stream } = read;
    same("model", &expected.model, model)?;
    for (index, (expected, message)) in expected.messages.iter().zip(messages).enumerate() {
        same(&format!("messages[{index}]"), expected, message)?;
    }
    same("messages", &expected.messages, messages)?;
    same("tools", &expected.tools, tools)?;
    same("tool_choice", &expected.tool_choice, tool_choice)?;
    same("parallel_tool_calls", &expected.parallel_tool_calls, parallel_tool_calls)?;
    same("response_format", &expected.response_format, response_format)?;
    same("sampling", &expected.sampling, sampling)?;
    same("stream", &expected.stream, stream)
}

fn same<T: PartialEq + Debug>(field: &str, expected: &T, found: &T) -> Result<(), String> {
    if expected == found { Ok(()) } else { Err(format!("{field}:\nexpected {expected:?}\nfound    {found:?}")) }
}
