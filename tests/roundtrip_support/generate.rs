//! Neutral requests of every shape: valid conversations, tools, formats, settings. A wire's masks take out what it
//! cannot express; `translate` refuses such requests before they reach a protocol.

use proptest::collection::{btree_map, vec};
use proptest::option::{of, weighted};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::json;

use cutover::domain::{
    Arguments, Content, Display, Function, ImageSource, JsonText, Message, Part, Request, ResponseFormat, Role,
    Sampling, Tool, ToolCall, ToolChoice,
};

use super::Wire;
use super::body::blank;

/// JSON numbers, some of which fit no machine number.
const NUMBERS: &[&str] =
    &["0", "-7", "1.50", "2E+3", "0.1e-7", "9007199254740993", "123456789012345678901234567890.10"];
/// JSON strings, with every way to write a character; the last is half an emoji, as some models send it.
const STRINGS: &[&str] = &[
    r#""""#,
    r#""plain""#,
    r#""é😀""#,
    r#""\u00e9\ud83d\ude00""#,
    r#""a\/b\\\"c\n\t""#,
    "\"\u{2028}</s>\"",
    r#""\ud83d""#,
];
/// What stands before the number in an object's key: not in the order of the alphabet.
const KEYS: &[&str] = &["zeta", "alpha", "mé", r#"q\"uote"#, r"\u00e9"];
/// What models sent in place of a JSON object.
const MALFORMED: &[&str] = &["", r#"{"city": "Par"#, "[1, 2]", r#""{\"a\":1}""#, "null", "{} {}"];

/// How calls and results name each other.
#[derive(Debug, Clone, Copy)]
enum Ids {
    /// Another id for every call.
    Unique,
    /// The same, of characters that not every wire takes, and alike without them.
    Foreign,
    /// The same ids in every turn of calls.
    Repeated,
    /// No id.
    Absent,
    /// No id for every other call.
    Mixed,
    /// An empty id.
    Empty,
}

/// A user's message, turns of calls, and what the model says in the end.
#[derive(Debug, Clone)]
struct Turn {
    /// Further instructions before it.
    system: Option<Content>,
    user: Message,
    calls: Vec<Calls>,
    answer: Content,
    /// Without the answer, where the next message can follow all the same.
    silent: bool,
}

#[derive(Debug, Clone)]
struct Calls {
    text: Option<String>,
    made: Vec<Called>,
    /// Whether the results come in another order than the calls.
    reversed: bool,
}

#[derive(Debug, Clone)]
struct Called {
    name: String,
    arguments: Arguments,
    result: Content,
    is_error: Option<bool>,
}

/// Tools with the choice among them.
#[derive(Debug, Clone)]
struct Offered {
    tools: Vec<Tool>,
    tool_choice: Option<ToolChoice>,
    parallel_tool_calls: Option<bool>,
}

/// Requests that a wire can express.
pub(crate) fn requests(wire: &'static Wire) -> impl Strategy<Value = Request> {
    let model = select(&["gpt-5.4-mini", "claude-haiku-4-5", "org/Model-1.5:tag"][..]).prop_map(str::to_owned);
    (model, messages(), offered(), of(response_format()), sampling(), any::<bool>()).prop_map(
        |(model, messages, offered, response_format, sampling, stream)| {
            let Offered { tools, tool_choice, parallel_tool_calls } = offered;
            let mut request =
                Request { model, messages, tools, tool_choice, parallel_tool_calls, response_format, sampling, stream };
            wire.masks.iter().for_each(|mask| mask(&mut request));
            if request.tools.is_empty() {
                (request.tool_choice, request.parallel_tool_calls) = (None, None);
            }
            request
        },
    )
}

/// Text that is not blank.
fn text() -> impl Strategy<Value = String> {
    let special = select(&['"', '\\', '\n', '\u{1}', 'é', '😀', '\u{2028}', ' ', '/'][..]);
    let character = prop_oneof![3 => prop::char::range('a', 'z'), 2 => special, 1 => any::<char>()];
    (vec(character, 0..8), prop::char::range('a', 'z')).prop_map(|(characters, last)| {
        let mut text: String = characters.into_iter().collect();
        text.push(last);
        text
    })
}

/// What a model says beside its calls, which some write as empty or blank text.
fn perhaps_empty() -> impl Strategy<Value = String> {
    prop_oneof![4 => text(), 1 => Just(String::new()), 1 => Just(" \n".to_owned())]
}

/// Text as content, plain or in parts.
fn said() -> impl Strategy<Value = Content> {
    let parts = vec(text().prop_map(Part::Text), 1..4).prop_map(Content::Parts);
    prop_oneof![4 => text().prop_map(Content::Text), 1 => parts]
}

/// The text of any JSON value.
fn json_text() -> impl Strategy<Value = String> {
    let words = select(&["true", "false", "null"][..]);
    let leaf = prop_oneof![select(NUMBERS), select(STRINGS), words].prop_map(str::to_owned);
    leaf.prop_recursive(3, 16, 4, |inner| {
        let list = vec(inner.clone(), 0..4).prop_map(|values| format!("[{}]", values.join(", ")));
        prop_oneof![1 => list, 2 => object_of(inner)]
    })
}

/// The text of a JSON object.
fn object_text() -> impl Strategy<Value = String> {
    object_of(json_text())
}

fn object_of(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let separators = select(&[(":", ","), (": ", ", "), (" :\n\t", "\n, ")][..]);
    (vec((select(KEYS), value), 0..4), separators).prop_map(|(fields, (colon, comma))| {
        let field = |(index, (key, value))| format!("\"{key}{index}\"{colon}{value}");
        format!("{{{}}}", fields.into_iter().enumerate().map(field).collect::<Vec<_>>().join(comma))
    })
}

/// A schema of a function's arguments or of an answer.
fn schema() -> impl Strategy<Value = JsonText> {
    let tail = vec((select(KEYS), json_text()), 0..3).prop_map(|properties| {
        let property = |(index, (key, value))| format!(r#", "{key}{index}": {{"const":{value}, "type":"string"}}"#);
        properties.into_iter().enumerate().map(property).collect::<String>()
    });
    let with_properties = (tail, select(NUMBERS)).prop_map(|(tail, maximum)| {
        let first = format!(r#""zulu": {{"type":"number","maximum":{maximum}}}"#);
        format!(r#"{{"type":"object","required":["zulu"], "properties":{{{first}{tail}}}}}"#)
    });
    let without = Just(r#"{"type": "object","properties":{}}"#.to_owned());
    prop_oneof![9 => with_properties, 1 => without].prop_filter_map("is no JSON", |text| JsonText::parse(&text).ok())
}

fn messages() -> impl Strategy<Value = Vec<Message>> {
    let leading = vec((select(&[Role::System, Role::Developer][..]), said()), 0..3);
    let ids = select(&[Ids::Unique, Ids::Foreign, Ids::Repeated, Ids::Mixed, Ids::Absent, Ids::Empty][..]);
    (leading, vec(turn(), 1..4), ids).prop_map(|(leading, turns, ids)| {
        let say = |role, content| Message { content: Some(content), ..blank(role) };
        let mut messages: Vec<Message> = leading.into_iter().map(|(role, content)| say(role, content)).collect();
        let (last, mut made) = (turns.len() - 1, 0);
        for (index, turn) in turns.into_iter().enumerate() {
            messages.extend(turn.system.filter(|_| index > 0).map(|content| say(Role::System, content)));
            messages.push(turn.user);
            let silent = turn.silent && (index == last || !turn.calls.is_empty());
            turn.calls.into_iter().for_each(|calls| messages.extend(called(calls, ids, &mut made)));
            if !silent {
                messages.push(say(Role::Assistant, turn.answer));
            }
        }
        messages
    })
}

/// A turn of calls, and their results.
fn called(turn: Calls, ids: Ids, made: &mut usize) -> Vec<Message> {
    let id = |number: usize, within: usize| match ids {
        Ids::Unique => Some(format!("toolu_{number}")),
        Ids::Foreign => Some(match number % 3 {
            0 => format!("functions.f:{number}"),
            1 => format!("functions_f_{}", number - 1),
            _ => format!("functions:f.{}", number - 2),
        }),
        Ids::Repeated => Some(format!("c{within}")),
        Ids::Mixed => (number.is_multiple_of(2)).then(|| format!("toolu_{number}")),
        Ids::Absent => None,
        Ids::Empty => Some(String::new()),
    };
    let (mut tool_calls, mut results) = (Vec::new(), Vec::new());
    for (within, call) in turn.made.into_iter().enumerate() {
        let (id, content) = (id(*made, within), Some(call.result));
        results.push(Message { tool_call_id: id.clone(), content, is_error: call.is_error, ..blank(Role::Tool) });
        tool_calls.push(ToolCall { id, name: call.name, arguments: call.arguments });
        *made += 1;
    }
    if turn.reversed && matches!(ids, Ids::Unique | Ids::Foreign | Ids::Repeated) {
        results.reverse();
    }
    let thought_signature = turn.reversed.then(|| "CiQB0e2Kb1Zc==".to_owned());
    let content = turn.text.map(Content::Text);
    results.insert(0, Message { content, tool_calls, thought_signature, ..blank(Role::Assistant) });
    results
}

fn turn() -> impl Strategy<Value = Turn> {
    (weighted(0.15, said()), user(), vec(calls(), 0..3), said(), any::<bool>())
        .prop_map(|(system, user, calls, answer, silent)| Turn { system, user, calls, answer, silent })
}

fn user() -> impl Strategy<Value = Message> {
    let parts = (vec(part(), 1..4), weighted(0.2, Just(Part::Text("\t".to_owned()))));
    let parts = parts.prop_map(|(parts, blank)| Content::Parts(blank.into_iter().chain(parts).collect()));
    let content = prop_oneof![text().prop_map(Content::Text), parts];
    (content, weighted(0.2, "[a-z]{1,5}")).prop_map(|(content, name)| Message {
        content: Some(content),
        name,
        ..blank(Role::User)
    })
}

fn part() -> impl Strategy<Value = Part> {
    let url = "https://[a-z]{1,5}\\.example/[a-z]{1,3}(\\.png)?\\?q=%20&x=[0-9]{1,3}".prop_map(ImageSource::Url);
    let base64 = (select(&["image/png", "image/jpeg"][..]), "([A-Za-z0-9+/]{4}){1,6}(==)?");
    let base64 = base64.prop_map(|(media_type, data)| ImageSource::Base64 { media_type: media_type.to_owned(), data });
    let detail = of(select(&["low", "high", "auto"][..]).prop_map(str::to_owned));
    let image = (prop_oneof![url, base64], detail).prop_map(|(source, detail)| Part::Image { source, detail });
    prop_oneof![text().prop_map(Part::Text), image]
}

fn calls() -> impl Strategy<Value = Calls> {
    let object = object_text().prop_map(Arguments::Object);
    let malformed = select(MALFORMED).prop_map(|text| Arguments::Malformed(text.to_owned()));
    let arguments = prop_oneof![9 => object, 1 => malformed];
    let blank = select(&["", "\n"][..]).prop_map(str::to_owned);
    let json = prop_oneof![4 => object_text(), 2 => json_text(), 1 => blank].prop_map(Content::Text);
    let result = prop_oneof![said(), json];
    let call = ("[a-zA-Z_-]{1,8}", arguments, result, of(any::<bool>()))
        .prop_map(|(name, arguments, result, is_error)| Called { name, arguments, result, is_error });
    (of(perhaps_empty()), vec(call, 1..4), any::<bool>()).prop_map(|(text, made, reversed)| Calls {
        text,
        made,
        reversed,
    })
}

fn tool() -> impl Strategy<Value = Tool> {
    let function = ("[a-zA-Z_-]{1,8}", of(text()), of(schema()), of(any::<bool>())).prop_map(
        |(name, description, parameters, strict)| Tool::Function(Function { name, description, parameters, strict }),
    );
    let stores = vec("vs_[a-z0-9]{1,4}", 1..3).prop_map(|stores| Tool::FileSearch { stores });
    let display = of((1..5000_u32, 1..5000_u32).prop_map(|(width, height)| Display { width, height }));
    let computer = display.prop_map(|display| Tool::ComputerUse { display });
    prop_oneof![6 => function, 1 => Just(Tool::WebSearch), 1 => stores, 1 => computer]
}

fn offered() -> impl Strategy<Value = Offered> {
    let choice = of((0..4, any::<Index>()));
    (vec(tool(), 0..4), choice, of(any::<bool>())).prop_map(|(mut tools, choice, parallel_tool_calls)| {
        for (index, tool) in tools.iter_mut().enumerate() {
            if let Tool::Function(function) = tool {
                function.name.push_str(&index.to_string());
            }
        }
        let tool_choice = choice.map(|(kind, index)| match kind {
            0 => ToolChoice::Auto,
            1 => ToolChoice::None,
            2 if !tools.is_empty() => ToolChoice::Named(index.get(&tools).name().to_owned()),
            _ => ToolChoice::Required,
        });
        Offered { tools, tool_choice, parallel_tool_calls }
    })
}

fn response_format() -> impl Strategy<Value = ResponseFormat> {
    let schema = ("[a-z_]{1,8}", schema(), of(any::<bool>()))
        .prop_map(|(name, schema, strict)| ResponseFormat::JsonSchema { name, schema, strict });
    prop_oneof![1 => Just(ResponseFormat::Text), 1 => Just(ResponseFormat::JsonObject), 3 => schema]
}

fn sampling() -> impl Strategy<Value = Sampling> {
    let share = || of(prop_oneof![Just(0.0), Just(1.0), 0.0..1.0_f64]);
    let penalty = || of(-2.0..2.0_f64);
    let numbers = (share(), share(), of(1..u64::MAX), share(), penalty(), penalty());
    let efforts = select(&["none", "minimal", "low", "medium", "high", "xhigh"][..]).prop_map(str::to_owned);
    let value = select(vec![json!(null), json!(18_446_744_073_709_551_615_u64), json!({"z": [1, "é"], "a": -0.25})]);
    let names = select(&["metadata", "user", "x-\"quoted\"", "zeta"][..]).prop_map(str::to_owned);
    let rest = (of(1..u64::MAX), of(any::<i64>()), vec(text(), 0..4), of(1..9_u64), of(efforts));
    (numbers, rest, btree_map(names, value, 0..3)).prop_map(|(numbers, rest, extra)| {
        let (temperature, top_p, top_k, min_p, frequency_penalty, presence_penalty) = numbers;
        let (max_output_tokens, seed, stop, n, reasoning_effort) = rest;
        let extra = extra.into_iter().collect();
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
            extra,
        }
    })
}
