//! For every rule a request that breaks it, and one that just does not.

mod conversation;
mod extra;
mod format;
mod properties;
mod reasoning;
mod sampling;
mod tools;

use std::collections::HashSet;

use super::*;
use crate::domain::{
    Arguments, Content, Function, JsonText, Message, Request, ResponseFormat, Role, Sampling, Tool, ToolCall,
};
use crate::provider::protocol;

/// A rule and two requests to a model.
pub(super) struct Row {
    pub(super) code: &'static str,
    pub(super) param: &'static str,
    pub(super) target: &'static str,
    pub(super) model: &'static str,
    /// What breaks the rule.
    pub(super) breaks: fn(&mut Request),
    /// What just does not.
    pub(super) keeps: fn(&mut Request),
    /// What the finding's message begins with, behind the model's name.
    pub(super) says: &'static str,
}

const ALL: &[&[Row]] = &[reasoning::ROWS, sampling::ROWS, tools::ROWS, conversation::ROWS, format::ROWS, extra::ROWS];

/// The endpoint that the fixtures call so.
pub(super) fn endpoint(target: &str) -> Endpoint {
    let (name, dialect) = match target {
        "openai-compat" => ("openai-chat", Dialect::Compatible),
        name => (name, Dialect::Native),
    };
    Endpoint {
        name: target.to_owned(),
        protocol: protocol(name).expect("has a row"),
        base_url: "http://127.0.0.1".to_owned(),
        dialect,
        headers: Vec::new(),
    }
}

pub(super) fn request(model: &str) -> Request {
    Request {
        model: model.to_owned(),
        messages: vec![said(Role::User, "hi")],
        tools: Vec::new(),
        tool_choice: None,
        parallel_tool_calls: None,
        response_format: None,
        sampling: Sampling::default(),
        stream: false,
    }
}

pub(super) fn said(role: Role, text: &str) -> Message {
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

pub(super) fn calls(name: &str, ids: &[Option<&str>]) -> Message {
    let call = |id: Option<&str>| ToolCall {
        id: id.map(str::to_owned),
        name: name.to_owned(),
        arguments: Arguments::Object("{}".to_owned()),
    };
    Message { content: None, tool_calls: ids.iter().copied().map(call).collect(), ..said(Role::Assistant, "") }
}

pub(super) fn result(id: Option<&str>) -> Message {
    Message { tool_call_id: id.map(str::to_owned), ..said(Role::Tool, "18") }
}

pub(super) fn function(name: &str) -> Tool {
    Tool::Function(Function { name: name.to_owned(), description: None, parameters: None, strict: None })
}

pub(super) fn json(text: &str) -> JsonText {
    JsonText::parse(text).expect("is JSON")
}

fn found(row: &Row, change: fn(&mut Request)) -> Option<Translation> {
    let mut request = request(row.model);
    change(&mut request);
    let mut findings = check(&request, &endpoint(row.target)).into_iter();
    findings.find(|found| (found.code, found.param) == (row.code, row.param))
}

#[test]
fn every_rule_finds_what_breaks_it_and_nothing_in_its_near_miss() {
    for row in ALL.iter().copied().flatten() {
        let (code, param, target) = (row.code, row.param, row.target);
        let finding = found(row, row.breaks).unwrap_or_else(|| panic!("{code} {param}: nothing found at {target}"));
        assert_eq!(finding.message, format!("{}{}", row.model, row.says), "{code} {param}");
        assert!(!finding.help.is_empty() && !finding.help.ends_with('.'), "{code} {param}");
        assert_eq!(found(row, row.keeps), None, "{code} {param} at {target}: the near miss is found too");
    }
}

#[test]
fn every_rule_has_a_row_here_and_is_named_once() {
    let tested: HashSet<_> = ALL.iter().copied().flatten().map(|row| (row.code, row.param)).collect();
    let mut seen = HashSet::new();
    for rule in RULES.iter().copied().flatten() {
        assert!(seen.insert((rule.code, rule.param)), "{} {} is named twice", rule.code, rule.param);
        assert!(tested.contains(&(rule.code, rule.param)), "{} {} is not tested", rule.code, rule.param);
    }
    assert_eq!(tested.len(), seen.len());
}

#[test]
fn a_plain_request_is_sent_as_it_is_and_findings_come_in_the_order_of_the_rules() {
    for target in ["openai-chat", "openai-compat", "openai-responses", "gemini", "anthropic"] {
        let mut plain = request("m");
        plain.sampling.max_output_tokens = Some(64);
        assert_eq!(check(&plain, &endpoint(target)), [], "{target}");
    }
    let mut request = request("claude-haiku-4-5");
    request.sampling.seed = Some(7);
    request.sampling.temperature = Some(1.5);
    let found: Vec<_> = check(&request, &endpoint("anthropic")).iter().map(|one| (one.code, one.effect)).collect();
    let expected = [
        ("max_tokens_filled", Effect::Lossy),
        ("temperature_range", Effect::Refused),
        ("seed_unsupported", Effect::Refused),
    ];
    assert_eq!(found, expected);
}

#[test]
fn of_an_unknown_model_only_what_its_protocol_lacks_is_found() {
    let mut request = request("gpt-6");
    request.sampling = Sampling {
        temperature: Some(5.0),
        seed: Some(1),
        reasoning_effort: Some("utmost".to_owned()),
        ..request.sampling
    };
    request.sampling.stop = vec!["END".to_owned()];
    request.sampling.max_output_tokens = Some(u64::MAX);
    let codes = |target| check(&request, &endpoint(target)).iter().map(|one| one.code).collect::<Vec<_>>();
    assert_eq!(codes("openai-chat"), [""; 0]);
    assert_eq!(codes("openai-responses"), ["stop_unsupported", "seed_unsupported"]);
    assert!(!is_known(&endpoint("openai-chat"), "gpt-6"));
    assert!(is_known(&endpoint("openai-chat"), "gpt-5-mini"));
    assert!(!is_known(&endpoint("openai-compat"), "gpt-5-mini"));
}

#[test]
fn limits_of_a_vendor_hold_at_its_own_endpoint_only() {
    for target in ["openai-responses", "anthropic", "gemini"] {
        let mut request = request("m");
        request.tools = vec![function("a/b")];
        request.messages.extend([calls("a/b", &[None]), result(None)]);
        request.sampling.max_output_tokens = Some(0);
        if target == "gemini" {
            request.messages[1].thought_signature = Some("CiQB".to_owned());
            request.sampling.stop = vec!["END".to_owned(); 6];
            request.sampling.n = Some(9);
        }
        if target == "openai-responses" {
            let schema = json("{}");
            let format = ResponseFormat::JsonSchema { name: "x".to_owned(), schema, strict: Some(true) };
            request.response_format = Some(format);
        }
        let native = endpoint(target);
        let compatible = Endpoint { dialect: Dialect::Compatible, ..native.clone() };
        assert!(check(&request, &native).len() > 2, "{target}");
        assert_eq!(check(&request, &compatible), [], "{target}");
    }
}

#[test]
fn passed_on_fields_that_a_protocol_never_had_are_left_to_the_provider() {
    let mut request = request("claude-haiku-4-5");
    request.sampling.max_output_tokens = Some(8000);
    request.sampling.reasoning_effort = Some("low".to_owned());
    request.sampling.extra.insert("logprobs".to_owned(), true.into());
    request.sampling.extra.insert("anything".to_owned(), true.into());
    let codes: Vec<_> = check(&request, &endpoint("anthropic")).iter().map(|found| found.code).collect();
    assert_eq!(codes, ["effort_approximated"]);
}

#[test]
fn the_help_offers_to_switch_reasoning_off_where_that_can_be_done() {
    let help = |target, model, effort: Option<&str>| {
        let mut request = request(model);
        request.sampling.temperature = Some(0.0);
        request.sampling.reasoning_effort = effort.map(str::to_owned);
        let mut found = check(&request, &endpoint(target)).into_iter();
        found.find(|one| one.code == "temperature_with_reasoning").map(|one| one.help).unwrap_or_default()
    };
    assert_eq!(help("openai-chat", "gpt-5-mini", None), "leave `temperature` out of the arm");
    let optional = "leave `temperature` out of the arm, or set `reasoning_effort = \"none\"`";
    assert_eq!(help("openai-chat", "gpt-5.4", Some("low")), optional);
    assert_eq!(help("anthropic", "claude-haiku-4-5", Some("low")), optional);
}

#[test]
fn every_effect_finds_its_own_row() {
    for (index, (effect, name)) in EFFECTS.iter().enumerate() {
        assert_eq!((*effect as usize, effect.name(), Effect::from_name(name)), (index, *name, Some(*effect)));
    }
}
