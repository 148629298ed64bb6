//! Every protocol as an arm: the same cases over four wires, whole and streamed, and what cannot be asked.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::speaks::{self, Say, Spoken};
use crate::support::{Seen, Server, Workspace};

/// A picture of one pixel.
const PIXEL: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";

/// The variables of [`suite`].
const KEYS: &[(&str, &str)] = &[
    ("CHAT_KEY", "chat-key-000000"),
    ("RESPONSES_KEY", "responses-key-000000"),
    ("CLAUDE_KEY", "claude-key-000000"),
    ("GEMINI_KEY", "gemini-key-000000"),
    ("TEAM", "team-000000000000"),
];

/// One arm a protocol; `more` is put at the end.
fn suite(port: u16, more: &str) -> String {
    let at = |name: &str, protocol: &str, path: &str| {
        format!(
            "[endpoints.{name}]\nprotocol = \"{protocol}\"\nbase_url = \"http://127.0.0.1:{port}/{path}\"\n\
             api_key_env = \"{}_KEY\"\n[prices.\"{name}/m\"]\ninput = 1.00\ncached_input = 0.10\noutput = 2.00\n",
            name.to_uppercase()
        )
    };
    format!(
        "name = \"wires\"\n[dataset]\npath = \"cases.jsonl\"\n\
         [baseline]\nmodel = \"chat/m\"\n\
         [candidates.responses]\nmodel = \"responses/m\"\n\
         [candidates.claude]\nmodel = \"claude/m\"\n\
         [candidates.gemini]\nmodel = \"gemini/m\"\n\
         {}{}{}{}\
         [endpoints.chat.header_env]\nX-Team = \"TEAM\"\n\
         [[scorers]]\nkind = \"exact\"\n[[scorers]]\nkind = \"tool_call\"\n{more}",
        at("chat", "openai-chat", "v1"),
        at("responses", "openai-responses", "v1"),
        at("claude", "anthropic", "v1"),
        at("gemini", "gemini", "v1beta"),
    )
}

/// A word to repeat, a picture to name, a call to make, and a conversation with a call and its result.
fn cases() -> String {
    let tool = json!({"type": "function", "function": {"name": "find_order", "description": "Finds an order.",
        "parameters": {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}}});
    let made = json!({"id": "c7", "type": "function", "function": {"name": "find_order", "arguments": "{\"id\":7}"}});
    let lines = [
        json!({"id": "word", "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "say Zürich"}],
            "expected": {"text": "Zürich"}}),
        json!({"id": "picture", "messages": [{"role": "user", "content": [{"type": "text", "text": "say red"},
            {"type": "image_url", "image_url": {"url": "file:pixel.png"}}]}], "expected": {"text": "red"}}),
        json!({"id": "call", "messages": [{"role": "user", "content": "call 1881"}], "tools": [tool],
            "tool_choice": "required", "expected": {"tool_calls": [{"name": "find_order", "arguments": {"id": 1881}}]}}),
        json!({"id": "result", "messages": [{"role": "user", "content": "where is 7?"},
            {"role": "assistant", "content": null, "tool_calls": [made]},
            {"role": "tool", "tool_call_id": "c7", "content": "{\"where\":\"Bern\"}"},
            {"role": "user", "content": "say Bern"}], "tools": [tool], "expected": {"text": "Bern"}}),
    ];
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn workspace(port: u16, more: &str) -> Workspace {
    let workspace = Workspace::new().file("suite.toml", &suite(port, more)).file("cases.jsonl", &cases());
    std::fs::write(workspace.path("pixel.png"), PIXEL).expect("is written");
    workspace
}

/// Says the last word of the prompt, or calls with it.
fn obey(seen: &Seen, _: usize) -> crate::support::Answer {
    let prompt = speaks::last_text(seen);
    let (verb, word) = prompt.split_once(' ').expect("two words");
    let say = if verb == "say" {
        Say::Text(word.to_owned())
    } else {
        Say::Call("find_order", json!({"id": word.parse::<u64>().expect("a number")}))
    };
    speaks::answer(seen, &say)
}

#[test]
fn one_suite_compares_four_protocols_whole_and_streamed() {
    let server = Server::start(obey);
    let limit = "[replay]\nmax_output_tokens = 64\n";
    let workspace = workspace(server.port(), limit);
    let outcome = workspace.cutover_with("run suite.toml", KEYS);
    outcome.exit(0).stderr(
        "gemini: 1 of 4 cases sent otherwise: m is asked through Gemini's API, which demands a signature of the reasoning \
         behind calls: those of message 2 get the documented stand-in [signature_replaced]\n\
         baseline 4/4 hits 0  $0.0003\nclaude 4/4 hits 0  $0.0003\ngemini 4/4 hits 0  $0.0003\nresponses 4/4 hits 0  $0.0003\n",
    );
    let whole = workspace.trials();
    assert_eq!(whole.len(), 16);
    for (place, trial) in &whole {
        assert_eq!(trial["outcome"], "pass", "{place:?} {trial}");
        // 60 × $1.00 + 40 × $0.10 + 10 × $2.00, per million.
        assert_eq!((&trial["cost"], &trial["spend"]), (&json!(84_000_000), &json!(84_000_000)), "{place:?}");
        assert_eq!(trial["usage"]["cache_read_tokens"], 40, "{place:?}");
        assert_eq!((&trial["model_returned"], &trial["first_token_ms"]), (&json!("served"), &Value::Null));
    }
    check_requests(&server.seen());

    std::fs::remove_dir_all(workspace.path("results")).expect("is removed");
    workspace.write("suite.toml", &suite(server.port(), &format!("{limit}stream = true\n")));
    workspace.cutover_with("run suite.toml", KEYS).exit(0);
    assert_eq!(server.seen().len(), 32, "a streamed answer is another answer");
    let streamed = workspace.trials();
    for (place, trial) in &streamed {
        let (first, latency) = (trial["first_token_ms"].as_u64(), trial["latency_ms"].as_u64());
        assert!(first.is_some() && first <= latency, "{place:?} {first:?} {latency:?}");
        for field in ["outcome", "usage", "cost", "model_returned"] {
            assert_eq!(trial[field], whole[place][field], "{place:?} {field}");
        }
        for field in ["text", "tool_calls", "refusal", "finish_reason"] {
            assert_eq!(trial["response"][field], whole[place]["response"][field], "{place:?} {field}");
        }
    }

    std::fs::remove_dir_all(workspace.path("results")).expect("is removed");
    workspace.cutover("run suite.toml --mode replay").exit(0);
    assert_eq!(server.seen().len(), 32);
    assert_eq!(workspace.summary()["manifest"]["stream"], true);
    for (_, value) in KEYS {
        for file in workspace.files() {
            let bytes = std::fs::read(&file).expect("is read");
            assert!(
                !bytes.windows(value.len()).any(|window| window == value.as_bytes()),
                "{value} in {}",
                file.display()
            );
        }
    }
}

/// Each protocol was met at its own path, with its own key, the picture inside.
fn check_requests(seen: &[Seen]) {
    let mut asked: BTreeMap<Spoken, Vec<&Seen>> = BTreeMap::new();
    for request in seen {
        asked.entry(speaks::spoken(request)).or_default().push(request);
    }
    let expected = [
        (Spoken::Chat, "/v1/chat/completions", "authorization", "Bearer chat-key-000000"),
        (Spoken::Responses, "/v1/responses", "authorization", "Bearer responses-key-000000"),
        (Spoken::Anthropic, "/v1/messages", "x-api-key", "claude-key-000000"),
        (Spoken::Gemini, "/v1beta/models/m:generateContent", "x-goog-api-key", "gemini-key-000000"),
    ];
    for (spoken, path, header, key) in expected {
        let requests = &asked[&spoken];
        assert_eq!(requests.len(), 4, "{spoken:?}");
        for request in requests {
            assert_eq!((request.path.as_str(), request.header(header)), (path, Some(key)));
            let team = (spoken == Spoken::Chat).then_some("team-000000000000");
            assert_eq!(request.header("x-team"), team, "a header belongs to its endpoint alone");
        }
        let with_picture = requests.iter().filter(|one| one.body.to_string().contains("iVBORw0KGgo"));
        assert_eq!(with_picture.count(), 1, "{spoken:?}");
    }
    let versions: BTreeSet<_> = asked[&Spoken::Anthropic].iter().map(|one| one.header("anthropic-version")).collect();
    assert_eq!(versions, BTreeSet::from([Some("2023-06-01")]));
}

#[test]
fn what_an_arm_cannot_be_asked_is_refused_before_anything_is_sent() {
    let server = Server::start(obey);
    let workspace =
        workspace(server.port(), "[candidates.seeded]\nmodel = \"claude/m\"\nseed = 7\nmax_output_tokens = 9\n");
    let outcome = workspace.cutover_with("run suite.toml", KEYS);
    outcome.exit(2);
    assert!(
        outcome.stderr.starts_with("error: 4 of 4 cases cannot be sent to `seeded`, first `word`: "),
        "{}",
        outcome.stderr
    );
    assert!(outcome.stderr.contains("[seed_unsupported]\n  help: "), "{}", outcome.stderr);
    assert_eq!((server.seen().len(), workspace.runs().len()), (0, 0));
}

#[test]
fn cases_that_cannot_be_asked_can_be_left_out_and_are_counted() {
    let server = Server::start(obey);
    let suite = format!(
        "name = \"some\"\n[dataset]\npath = \"cases.jsonl\"\n[baseline]\nmodel = \"chat/m\"\n\
         [candidates.claude]\nmodel = \"claude/m\"\nmax_output_tokens = 9\n\
         [endpoints.chat]\nprotocol = \"openai-chat\"\nbase_url = \"http://127.0.0.1:{0}/v1\"\n\
         [endpoints.claude]\nprotocol = \"anthropic\"\nbase_url = \"http://127.0.0.1:{0}/v1\"\n\
         [[scorers]]\nkind = \"exact\"\n",
        server.port()
    );
    let odd = json!({"id": "odd", "messages": [{"role": "user", "content": "say a"}], "response_format": {"type": "json_object"}});
    let even = json!({"id": "even", "messages": [{"role": "user", "content": "say b"}], "expected": {"text": "b"}});
    let workspace = Workspace::new().file("suite.toml", &suite).file("cases.jsonl", &format!("{odd}\n{even}\n"));
    let outcome = workspace.cutover("run suite.toml --on-untranslatable exclude");
    outcome.exit(0);
    assert!(outcome.stderr.starts_with("claude: 1 of 2 cases not sent: "), "{}", outcome.stderr);
    assert_eq!(server.seen().len(), 2, "without a candidate the baseline is not asked either");
    let summary = workspace.summary();
    for arm in [0, 1] {
        let accounting = &summary["results"]["arms"][arm]["accounting"];
        assert_eq!((&accounting["planned"], &accounting["not_sent"]), (&json!(2), &json!(1)));
    }
    let found = &summary["manifest"]["translations"][0];
    assert_eq!((&found["arm"], &found["code"]), (&json!("claude"), &json!("json_object_unsupported")));
    assert_eq!((&found["effect"], &found["cases"], &found["first"]), (&json!("refused"), &json!(1), &json!("odd")));
    let page = std::fs::read_to_string(workspace.run_dir().join("report.html")).expect("a page");
    assert!(page.contains("json_object_unsupported") && page.contains("not sent"));
}

#[test]
fn what_is_sent_otherwise_is_said_and_kept() {
    let server = Server::start(obey);
    let workspace = workspace(server.port(), "");
    let outcome = workspace.cutover_with("run suite.toml", KEYS);
    outcome.exit(0);
    assert!(outcome.stderr.starts_with("claude: 4 of 4 cases sent otherwise: "), "{}", outcome.stderr);
    let summary = workspace.summary();
    let found = summary["manifest"]["translations"].as_array().expect("translations");
    let rows: Vec<_> = found.iter().map(|one| (&one["arm"], &one["code"], &one["effect"])).collect();
    let lossy = json!("lossy");
    let (claude, gemini) = (json!("claude"), json!("gemini"));
    let (filled, replaced) = (json!("max_tokens_filled"), json!("signature_replaced"));
    assert_eq!(rows, [(&claude, &filled, &lossy), (&gemini, &replaced, &lossy)]);
    let page = std::fs::read_to_string(workspace.run_dir().join("report.html")).expect("a page");
    assert!(page.contains("max_tokens_filled") && page.contains("sent otherwise"));
}

#[test]
fn a_stream_that_breaks_off_is_a_failure_and_asked_again() {
    let server = Server::start(|seen, before| {
        if before > 0 {
            return obey(seen, before);
        }
        let chunk = json!({"choices": [{"index": 0, "delta": {"content": "Zü"}, "finish_reason": null}]});
        speaks::stream(&[chunk], false)
    });
    let suite = format!(
        "name = \"cut\"\n[dataset]\npath = \"cases.jsonl\"\n[baseline]\nmodel = \"a/m\"\n[candidates.b]\nmodel = \"a/n\"\n\
         [endpoints.a]\nprotocol = \"openai-chat\"\nbase_url = \"http://127.0.0.1:{}/v1\"\n\
         [replay]\nstream = true\nconcurrency = 1\n[[scorers]]\nkind = \"exact\"\n",
        server.port()
    );
    let case =
        json!({"id": "word", "messages": [{"role": "user", "content": "say Zürich"}], "expected": {"text": "Zürich"}});
    let workspace = Workspace::new().file("suite.toml", &suite).file("cases.jsonl", &format!("{case}\n"));
    workspace.cutover("run suite.toml").exit(0);
    assert_eq!(server.seen().len(), 3);
    let attempts: Vec<_> = workspace.trials().into_values().map(|trial| trial["attempts"].clone()).collect();
    let failures: Vec<_> =
        attempts.iter().flat_map(|all| all.as_array().expect("attempts")).map(|one| one["failure"].clone()).collect();
    assert_eq!(failures.iter().filter(|failure| **failure == "stream_error").count(), 1, "{failures:?}");
    assert!(workspace.trials().values().all(|trial| trial["outcome"] == "pass"));
}
