//! Messages of a conversation.

use super::{Row, calls, check, endpoint, request, result, said};
use crate::domain::{Arguments, Content, ImageSource, Message, Part, Request, Role};

fn detail(request: &mut Request, detail: &str) {
    let source = ImageSource::Url("https://example.com/a.png".to_owned());
    let image = Part::Image { source, detail: Some(detail.to_owned()) };
    request.messages[0].content = Some(Content::Parts(vec![image]));
}

fn answered(request: &mut Request, is_error: bool) {
    let result = Message { is_error: Some(is_error), ..result(Some("a")) };
    request.messages = vec![said(Role::User, "hi"), calls("f", &[Some("a")]), result];
}

/// Results of a call of `f` and then of a call of `g`, which bear these names.
fn named(request: &mut Request, names: [&str; 2]) {
    let result = |id, name: &str| Message { name: Some(name.to_owned()), ..result(Some(id)) };
    let mut turn = calls("f", &[Some("a"), Some("b")]);
    turn.tool_calls[1].name = "g".to_owned();
    request.messages = vec![said(Role::User, "hi"), turn, result("b", names[1]), result("a", names[0])];
}

fn signed(request: &mut Request, signature: Option<&str>) {
    answered(request, false);
    request.messages[1].thought_signature = signature.map(str::to_owned);
}

/// A message with an image among its parts, before the question.
fn pictured(request: &mut Request, role: Role) {
    let source = ImageSource::Url("https://example.com/a.png".to_owned());
    let parts = vec![Part::Text("Look.".to_owned()), Part::Image { source, detail: None }];
    request.messages.insert(0, Message { content: Some(Content::Parts(parts)), ..said(role, "") });
}

pub(super) const ROWS: &[Row] = &[
    Row {
        code: "empty_content",
        param: "messages",
        target: "openai-compat",
        model: "llama",
        breaks: |request| request.messages.clear(),
        keeps: |request| request.messages[0].content = None,
        says: " is asked nothing: `messages` is empty",
    },
    Row {
        code: "empty_content",
        param: "messages",
        target: "openai-chat",
        model: "gpt-5.4",
        breaks: |request| request.messages.push(Message { content: None, ..said(Role::Assistant, "") }),
        keeps: |request| request.messages.push(said(Role::Assistant, "")),
        says: " is asked through OpenAI's Chat Completions API, which takes no message without content, as message 2 is",
    },
    Row {
        code: "empty_content",
        param: "messages",
        target: "anthropic",
        model: "claude-haiku-4-5",
        breaks: |request| request.messages.push(said(Role::Assistant, " \n")),
        keeps: |request| {
            request.messages.extend([calls("f", &[None]), Message { content: None, ..result(None) }]);
        },
        says: " is asked through Anthropic's Messages API, which takes no message without content, as message 2 is",
    },
    Row {
        code: "empty_content",
        param: "messages",
        target: "openai-responses",
        model: "gpt-5.4",
        breaks: |request| {
            request.messages.extend([calls("f", &[None]), Message { content: None, ..result(None) }]);
        },
        keeps: |request| request.messages.extend([calls("f", &[None]), said(Role::Tool, "")]),
        says: " is asked through OpenAI's Responses API, which takes no message without content, as message 3 is",
    },
    Row {
        code: "empty_content",
        param: "messages",
        target: "gemini",
        model: "gemini-3.1-flash-lite",
        breaks: |request| request.messages[0].role = Role::System,
        keeps: |request| request.messages.insert(0, said(Role::System, "")),
        says: " is asked through Gemini's API, which takes no `messages` of instructions alone",
    },
    Row {
        code: "system_not_leading",
        param: "messages",
        target: "anthropic",
        model: "claude-haiku-4-5",
        breaks: |request| request.messages.extend([said(Role::Assistant, "yo"), said(Role::System, "now formal")]),
        keeps: |request| {
            request.messages.splice(..0, [said(Role::System, "be"), said(Role::Developer, "formal")]);
        },
        says: " is asked through Anthropic's Messages API, which has no place for instructions after the first message, \
               as message 3 is",
    },
    Row {
        code: "image_in_instructions",
        param: "messages",
        target: "anthropic",
        model: "claude-haiku-4-5",
        breaks: |request| pictured(request, Role::System),
        keeps: |request| pictured(request, Role::User),
        says: " is asked through Anthropic's Messages API, which has no place for an image in instructions, as in message 1",
    },
    Row {
        code: "image_in_instructions",
        param: "messages",
        target: "openai-chat",
        model: "gpt-5.4",
        breaks: |request| pictured(request, Role::Developer),
        keeps: |request| pictured(request, Role::User),
        says: " is asked through OpenAI's Chat Completions API, which has no place for an image in instructions, as in \
               message 1",
    },
    Row {
        code: "image_in_instructions",
        param: "messages",
        target: "gemini",
        model: "gemini-3.1-flash-lite",
        breaks: |request| pictured(request, Role::System),
        keeps: |request| request.messages.insert(0, said(Role::System, "Look.")),
        says: " is asked through Gemini's API, which has no place for an image in instructions, as in message 1",
    },
    Row {
        code: "orphan_tool_result",
        param: "messages",
        target: "anthropic",
        model: "claude-haiku-4-5",
        breaks: |request| request.messages.extend([calls("f", &[Some("a")]), result(Some("a")), result(Some("b"))]),
        keeps: |request| {
            let turn = calls("f", &[Some("a"), None]);
            request.messages.extend([turn, result(None), result(Some("a"))]);
        },
        says: " is asked through Anthropic's Messages API, which has no place for the result of a call that was not made, \
               as message 4 is",
    },
    Row {
        code: "unanswered_tool_call",
        param: "messages",
        target: "openai-chat",
        model: "gpt-5.4-mini",
        breaks: |request| {
            let answered = [calls("f", &[Some("a")]), result(Some("a"))];
            let unanswered = [calls("f", &[Some("a"), Some("b")]), result(Some("b")), said(Role::User, "and?")];
            request.messages.extend(answered.into_iter().chain(unanswered));
        },
        keeps: |request| {
            let turn = calls("f", &[Some("a"), Some("b")]);
            request.messages.extend([turn, result(Some("b")), result(Some("a")), said(Role::User, "and?")]);
        },
        says: " is asked through OpenAI's Chat Completions API, which has no place for calls without results right behind \
               them, as in message 4",
    },
    Row {
        code: "unanswered_tool_call",
        param: "messages",
        target: "gemini",
        model: "gemini-3.1-flash-lite",
        breaks: |request| request.messages.push(calls("f", &[None])),
        keeps: |request| request.messages.extend([calls("f", &[None]), result(None)]),
        says: " is asked through Gemini's API, which has no place for calls without results right behind them, as in \
               message 2",
    },
    Row {
        code: "arguments_malformed",
        param: "messages",
        target: "gemini",
        model: "gemini-3.1-flash-lite",
        breaks: |request| {
            let mut turn = calls("f", &[None, None]);
            turn.tool_calls[1].arguments = Arguments::Malformed("{\"a\": tru".to_owned());
            request.messages.extend([turn, result(None), result(None)]);
        },
        keeps: |request| request.messages.extend([calls("f", &[None, None]), result(None), result(None)]),
        says: " is asked through Gemini's API, which has no place for arguments that are no JSON object, as in message 2",
    },
    Row {
        code: "role_merged",
        param: "messages",
        target: "openai-compat",
        model: "llama",
        breaks: |request| request.messages.insert(0, said(Role::Developer, "Be brief.")),
        keeps: |request| request.messages.insert(0, said(Role::System, "Be brief.")),
        says: " is asked through a compatible Chat Completions server, which has no role `developer`: message 1 is sent as \
               `system`",
    },
    Row {
        code: "name_dropped",
        param: "messages",
        target: "openai-responses",
        model: "gpt-5.4",
        breaks: |request| request.messages[0].name = Some("ana".to_owned()),
        keeps: |_| {},
        says: " is asked through OpenAI's Responses API, which has no `name` of a message: that of message 1 is dropped",
    },
    Row {
        code: "name_dropped",
        param: "messages",
        target: "anthropic",
        model: "claude-haiku-4-5",
        breaks: |request| named(request, ["g", "g"]),
        keeps: |request| named(request, ["f", "g"]),
        says: " is asked through Anthropic's Messages API, which has no `name` of a message: that of message 4 is dropped",
    },
    Row {
        code: "name_dropped",
        param: "messages",
        target: "gemini",
        model: "gemini-3.1-flash-lite",
        breaks: |request| named(request, ["f", "other"]),
        keeps: |request| request.messages.push(Message { name: Some("f".to_owned()), ..result(Some("a")) }),
        says: " is asked through Gemini's API, which has no `name` of a message: that of message 3 is dropped",
    },
    Row {
        code: "detail_dropped",
        param: "messages",
        target: "anthropic",
        model: "claude-haiku-4-5",
        breaks: |request| detail(request, "low"),
        keeps: |request| detail(request, "auto"),
        says: " is asked through Anthropic's Messages API, which has no `detail` of an image: that in message 1 is dropped",
    },
    Row {
        code: "is_error_dropped",
        param: "messages",
        target: "openai-chat",
        model: "gpt-5.4",
        breaks: |request| answered(request, true),
        keeps: |request| answered(request, false),
        says: " is asked through OpenAI's Chat Completions API, which has no `is_error` of a tool result: that of message 3 \
               is dropped",
    },
    Row {
        code: "signature_dropped",
        param: "messages",
        target: "openai-responses",
        model: "gpt-5.4",
        breaks: |request| signed(request, Some("CiQB")),
        keeps: |request| signed(request, None),
        says: " is asked through OpenAI's Responses API, which has no place for Gemini's `thought_signature`: that of \
               message 2 is dropped",
    },
    Row {
        code: "signature_replaced",
        param: "messages",
        target: "gemini",
        model: "gemini-3.1-flash-lite",
        breaks: |request| signed(request, None),
        keeps: |request| signed(request, Some("CiQB")),
        says: " is asked through Gemini's API, which demands a signature of the reasoning behind calls: those of message 2 \
               get the documented stand-in",
    },
];

#[test]
fn what_one_protocol_lacks_another_has() {
    let codes = |change: fn(&mut Request), target| {
        let mut request = request("m");
        request.sampling.max_output_tokens = Some(64);
        change(&mut request);
        check(&request, &endpoint(target)).iter().map(|found| found.code).collect::<Vec<_>>()
    };
    let none = [""; 0];
    for target in ["openai-chat", "openai-responses"] {
        assert_eq!(codes(|request| request.messages.push(said(Role::System, "now formal")), target), none);
        assert_eq!(codes(|request| request.messages.insert(0, said(Role::Developer, "Be brief.")), target), none);
        assert_eq!(codes(|request| detail(request, "low"), target), none);
    }
    for target in ["openai-chat", "openai-compat"] {
        assert_eq!(codes(|request| request.messages[0].name = Some("ana".to_owned()), target), none);
    }
    assert_eq!(codes(|request| answered(request, true), "anthropic"), none);
    assert_eq!(codes(|request| answered(request, true), "gemini"), ["signature_replaced"]);
    assert_eq!(codes(|request| signed(request, Some("CiQB")), "gemini"), none);
    for target in ["openai-chat", "openai-compat", "openai-responses", "anthropic"] {
        assert_eq!(codes(|request| signed(request, Some("CiQB")), target), ["signature_dropped"], "{target}");
    }
    for target in ["openai-compat", "openai-responses"] {
        assert_eq!(codes(|request| pictured(request, Role::System), target), none);
    }
    assert_eq!(codes(|request| request.messages.push(result(Some("a"))), "openai-compat"), none);
}
