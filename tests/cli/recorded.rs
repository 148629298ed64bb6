//! The recorded answer as the baseline: compared, priced, and never asked for.

use serde_json::{Value, json};

use crate::support::{Answer, Server, Workspace};

/// A suite whose baseline is what production answered.
pub(super) fn suite(port: u16, baseline: &str) -> String {
    format!(
        "name = \"past\"\n[dataset]\npath = \"cases.jsonl\"\n[baseline]\nmodel = \"recorded\"\n{baseline}\
         [candidates.new]\nmodel = \"local/new\"\n\
         [endpoints.local]\nprotocol = \"openai-chat\"\nbase_url = \"http://127.0.0.1:{port}/v1\"\n\
         [prices.\"local/new\"]\ninput = 3.00\noutput = 6.00\n[[scorers]]\nkind = \"exact\"\n"
    )
}

pub(super) fn case(number: usize, recorded: &Value) -> Value {
    let messages = json!([{"role": "user", "content": format!("number {number}")}]);
    json!({"id": format!("n{number}"), "messages": messages, "expected": {"text": number.to_string()}, "recorded": recorded})
}

pub(super) fn lines(cases: &[Value]) -> String {
    cases.iter().map(|case| format!("{case}\n")).collect()
}

#[test]
fn the_past_is_a_baseline_that_nobody_is_asked_for() {
    let server = Server::start(|seen, _| Answer::number(seen, true));
    let usage = json!({"input_tokens": 1000, "cache_read_tokens": 200, "output_tokens": 10});
    let cases = [
        case(
            1,
            &json!({"text": "1", "finish_reason": "stop", "usage": usage, "model": "gpt-5-mini-2025-08-07", "latency_ms": 900}),
        ),
        case(2, &json!({"text": "wrong", "finish_reason": "stop", "usage": usage, "service_tier": "priority"})),
        case(3, &json!({"failure": {"kind": "rate_limit", "message": "too many"}})),
        case(4, &json!({"text": "4", "finish_reason": "stop"})),
    ];
    let workspace = Workspace::new()
        .file("suite.toml", &suite(server.port(), "priced_as = \"openai/gpt-5-mini\"\n"))
        .file("cases.jsonl", &lines(&cases));
    workspace
        .cutover("run suite.toml")
        .exit(0)
        .stderr("baseline 4/4 hits 0  $0.0000  failures 1\nnew 4/4 hits 0  $0.0014\n");
    assert!(server.seen().iter().all(|seen| seen.model() == "new"));
    assert_eq!(server.seen().len(), 4);
    let trials = workspace.trials();
    let of = |case: &str| &trials[&(case.to_owned(), "baseline".to_owned())];
    // 800 × $0.25 + 200 × $0.025 + 10 × $2.00 per million; priority: 800 × $0.45 + 200 × $0.045 + 10 × $3.60.
    let rows = [
        ("n1", json!("pass"), json!(225_000_000), json!(900)),
        ("n2", json!({"fail": null}), json!(405_000_000), Value::Null),
        ("n3", json!({"unscored": "failed"}), json!(0), Value::Null),
        ("n4", json!("pass"), Value::Null, Value::Null),
    ];
    for (case, outcome, cost, latency) in rows {
        let trial = of(case);
        assert_eq!((&trial["outcome"], &trial["cost"], &trial["latency_ms"]), (&outcome, &cost, &latency), "{case}");
        assert_eq!((&trial["spend"], &trial["key"], &trial["from_store"]), (&json!(0), &Value::Null, &json!(false)));
    }
    let summary = workspace.summary();
    assert_eq!(summary["manifest"]["arms"][0]["base_url"], Value::Null);
    assert_eq!(summary["manifest"]["arms"][0]["models_returned"], json!(["gpt-5-mini-2025-08-07"]));
    let page = std::fs::read_to_string(workspace.run_dir().join("report.html")).expect("a page");
    assert!(page.contains("what production answered at the time, never asked again"));
}

#[test]
fn a_case_without_a_recorded_answer_is_named_or_left_out() {
    let server = Server::start(|seen, _| Answer::number(seen, true));
    let bare = json!({"id": "bare", "messages": [{"role": "user", "content": "number 9"}], "expected": {"text": "9"}});
    let cases = lines(&[case(1, &json!({"text": "1"})), bare]);
    let workspace = Workspace::new().file("suite.toml", &suite(server.port(), "")).file("cases.jsonl", &cases);
    workspace.cutover("run suite.toml").exit(2).stderr(
        "error: 1 of 2 cases cannot be sent to `baseline`, first `bare`: the case holds no `recorded` answer [not_recorded]\n  \
         help: put production's answer into `recorded`; or go on without such cases: `--on-untranslatable exclude`\n",
    );
    workspace.cutover("run suite.toml --on-untranslatable exclude").exit(0);
    assert_eq!(server.seen().len(), 1);
    assert_eq!(workspace.summary()["results"]["arms"][1]["accounting"]["not_sent"], 1);
}

#[test]
fn only_the_baseline_can_be_recorded_and_it_takes_no_settings() {
    let suite =
        suite(1, "temperature = 0\npriced_as = \"openai/gpt-9\"\n").replace("local/new\"\n[end", "recorded\"\n[end");
    let workspace = Workspace::new().file("suite.toml", &suite).file("cases.jsonl", "");
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(2);
    for message in [
        "suite.toml:6: unknown key `temperature` in [baseline]",
        "suite.toml:7: `priced_as`: `openai/gpt-9` has no price",
        "`new` cannot be `recorded`: only the baseline can",
    ] {
        assert!(outcome.stderr.contains(message), "{message}\nis not in\n{}", outcome.stderr);
    }
}
