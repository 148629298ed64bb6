//! Datasets as logs hold them: what is taken as it is, what is refused with a way out, and images that stay the same.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Answer, Server, Workspace, suite};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n1234567890";

fn lines(cases: &[Value]) -> String {
    cases.iter().map(|case| format!("{case}\n")).collect()
}

/// A case that shows an image and asks for its own number.
fn picture(number: usize, url: &str) -> Value {
    let image = json!({"type": "image_url", "image_url": {"url": url}});
    let asks = json!({"role": "user", "content": format!("number {number}")});
    json!({"id": format!("n{number:03}"), "messages": [{"role": "user", "content": [image]}, asks],
        "expected": {"text": number.to_string()}})
}

#[test]
fn an_image_that_is_no_file_is_refused_before_it_is_opened() {
    let workspace =
        Workspace::new().numbers(1, 9).file("cases.jsonl", &lines(&[picture(0, "file:pipe"), picture(1, "file:.")]));
    let made = Command::new("mkfifo").arg(workspace.path("pipe")).status().expect("runs");
    assert!(made.success());
    workspace.cutover("run suite.toml").exit(2).stderr(
        "error: cases.jsonl:1: the image `pipe` is a pipe, a socket or a device, and no file\n  \
         help: `file:NAME` is a PNG, JPEG, GIF or WebP file in the dataset's folder or below it\n\
         error: cases.jsonl:2: the image `.` is a folder, and no file\n  \
         help: `file:NAME` is a PNG, JPEG, GIF or WebP file in the dataset's folder or below it\n2 errors\n",
    );
}

#[test]
fn an_image_that_changes_during_a_run_ends_it_and_makes_another_plan_of_the_next() {
    let workspace = Workspace::new();
    let second = workspace.path("b.png");
    let server = Server::start(move |seen, before| {
        if before == 0 {
            std::fs::write(&second, [PNG, b"edited"].concat()).expect("is written");
        }
        Answer::number(seen, true)
    });
    let workspace = workspace
        .file("suite.toml", &suite(server.port(), "[replay]\nconcurrency = 1\n"))
        .file("cases.jsonl", &lines(&[picture(0, "file:a.png"), picture(1, "file:b.png")]));
    for name in ["a.png", "b.png"] {
        std::fs::write(workspace.path(name), PNG).expect("is written");
    }
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(2);
    let noticed = "error: cases.jsonl:2: the image changed while it was in use: `b.png` is another one now\n  \
                   help: put the image back, or run again: the dataset is checked anew\n";
    assert!(outcome.stderr.ends_with(noticed), "{}", outcome.stderr);
    assert!(server.seen().iter().all(|seen| seen.number() == 0));

    workspace.cutover("run suite.toml").exit(0);
    assert_eq!(workspace.runs().len(), 2, "the edited image makes it another dataset");
}

#[test]
fn what_logs_hold_is_taken_as_it_is() {
    let server = Server::start(|seen, _| Answer::number(seen, true));
    let call = json!({"type": "function", "function": {"name": "add", "arguments": {"a": 9}}});
    let dumped = json!({"role": "assistant", "content": null, "refusal": null, "annotations": [], "audio": null,
        "function_call": null, "tool_calls": [call]});
    let result = json!({"role": "tool", "content": "18"});
    let asks = json!({"role": "user", "content": "number 0"});
    let case =
        json!({"id": "n000", "messages": [asks, dumped, result, asks], "expected": {"text": "0"}, "functions": null});
    let workspace = Workspace::new().numbers(1, server.port()).file("cases.jsonl", &lines(&[case]));
    workspace.cutover("run suite.toml").exit(0);
    let sent = &server.seen()[0].body["messages"];
    assert_eq!(sent[1]["tool_calls"][0]["function"], json!({"name": "add", "arguments": "{\"a\":9}"}));
    assert_eq!((&sent[1]["tool_calls"][0]["id"], &sent[2]["tool_call_id"]), (&json!("call_0"), &json!("call_0")));
    assert_eq!(sent[1]["annotations"], Value::Null);
}

#[test]
fn what_is_wrong_is_said_in_the_words_of_the_format() {
    let ask = json!({"role": "user", "content": "Q"});
    let with = |id: &str, field: &str, value: Value| {
        let mut case = json!({"id": id, "messages": [ask]});
        case[field] = value;
        case
    };
    let say = |id: &str, message: Value| with(id, "messages", json!([message]));
    let cases = [
        with("a", "recorded", json!({"text": "x", "finish_reason": "end_turn"})),
        with("b", "recorded", json!("x")),
        with("c", "recorded", json!({"text": "x", "usage": {"prompt_tokens": 5}})),
        with("d", "recorded", json!({"text": "x", "usage": {}})),
        with("e", "recorded", json!({"text": "x", "latency_ms": 5, "first_token_ms": 8})),
        with("f", "functions", json!([{"name": "f"}])),
        say("g", json!({"role": "assistant", "content": null, "function_call": {"name": "f", "arguments": "{}"}})),
        say("h", json!({"role": "function", "name": "f", "content": "1"})),
        say(
            "i",
            json!({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/jpg;base64,AAAA"}}]}),
        ),
    ];
    Workspace::new().numbers(1, 9).file("cases.jsonl", &lines(&cases)).cutover("run suite.toml").exit(2).stderr(
        "\
error: cases.jsonl:1: `recorded.finish_reason` is \"end_turn\", but must be one of `stop`, `length`, `tool_calls`, `content_filter`, `refusal`, `pause`, `malformed_tool_call`, `error`, `unknown`
  help: `end_turn` is `stop` here
error: cases.jsonl:2: `recorded` is \"x\", but must be an object
error: cases.jsonl:3: unknown field `prompt_tokens` in `recorded.usage`
  help: `prompt_tokens` is `input_tokens` here
error: cases.jsonl:4: `recorded.usage` counts neither input nor output
  help: give it `input_tokens` and `output_tokens`; leave `usage` out when nothing was counted
error: cases.jsonl:5: `recorded.first_token_ms` is 8, but must be at most the `latency_ms` of 5
  help: both count from sending the request: to the first visible output, and to the end
error: cases.jsonl:6: `functions` is a list, but must be empty
  help: write `\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"…\", \"parameters\": {…}}}]`
error: cases.jsonl:7: `messages[0].function_call` is an object, but must be empty
  help: write `\"tool_calls\": [{\"type\": \"function\", \"function\": {\"name\": \"…\", \"arguments\": \"{…}\"}}]`
error: cases.jsonl:8: `messages[0].role` is \"function\", but must be one of `system`, `developer`, `user`, `assistant`, `tool`
  help: the result of a call has the role `tool`, with the `tool_call_id` of its call or without
error: cases.jsonl:9: `messages[0].content[0].image_url.url` holds data of the type `image/jpg`, which is no type of an image taken
  help: write `https://…`, `http://…` or `gs://…`, `data:image/png;base64,…` (or bmp, gif, heic, heif, jpeg, tiff, webp), or `file:NAME` for a file in the dataset's folder or below it
9 errors
",
    );
}
