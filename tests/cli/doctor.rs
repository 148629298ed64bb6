//! `cutover doctor`: what is there and what is missing, and never a key.

use serde_json::{Value, json};

use crate::support::{Answer, Server, Workspace};

fn suite(port: u16) -> String {
    format!(
        "name = \"x\"\n[dataset]\npath = \"cases.jsonl\"\n[baseline]\nmodel = \"recorded\"\n\
         [candidates.good]\nmodel = \"local/good\"\n[candidates.gone]\nmodel = \"local/gone\"\n\
         [endpoints.local]\nprotocol = \"openai-chat\"\nbase_url = \"http://127.0.0.1:{port}/v1\"\n\
         api_key_env = \"LOCAL_KEY\"\nheader_env = {{ x-team = \"TEAM\" }}\n[[scorers]]\nkind = \"exact\"\n"
    )
}

/// Cases with a recorded answer each.
fn cases(count: usize) -> String {
    let case =
        |id| json!({"id": format!("c{id}"), "messages": [{"role": "user", "content": "?"}], "recorded": {"text": "!"}});
    (0..count).map(|id| format!("{}\n", case(id))).collect()
}

#[test]
fn without_a_suite_it_lists_the_built_in_endpoints_and_their_keys() {
    let outcome = Workspace::new().cutover_with("doctor", &[("OPENAI_API_KEY", "sk-secret-000000")]);
    outcome.exit(0).stderr("");
    let line = |name: &str| {
        let found = outcome.stdout.lines().find(|line| line.split_whitespace().next() == Some(name));
        found.map(|line| line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")).expect("is listed")
    };
    assert_eq!(line("openai"), "openai-chat at https://api.openai.com/v1 OPENAI_API_KEY is set");
    assert_eq!(line("anthropic"), "anthropic at https://api.anthropic.com/v1 ANTHROPIC_API_KEY is not set");
    assert_eq!(line("ollama"), "openai-chat at http://127.0.0.1:11434/v1 needs no key");
    assert_eq!(line("store"), ".cutover/store.sqlite: not there yet, the first run makes it");
    assert!(!outcome.stdout.contains("secret"));
}

#[test]
fn with_a_suite_it_tells_what_a_run_would_lack() {
    let workspace = Workspace::new().file("suite.toml", &suite(9)).file("cases.jsonl", &cases(3));
    let outcome = workspace.cutover_with("doctor suite.toml", &[("TEAM", "blue")]);
    outcome.exit(2).stderr("").stdout(
        "suite  suite.toml: valid, 3 cases, 3 arms\n\
         store  .cutover/store.sqlite: not there yet, the first run makes it\n\
         \n\
         baseline  the answers in the dataset           needs no key; price unknown\n\
         gone      local/gone at http://127.0.0.1:9/v1  LOCAL_KEY is not set, TEAM is set; price unknown\n\
         good      local/good at http://127.0.0.1:9/v1  LOCAL_KEY is not set, TEAM is set; price unknown\n",
    );
}

#[test]
fn online_it_makes_one_tiny_call_of_every_arm() {
    let server = Server::start(|seen, _| match seen.model() {
        "good" => Answer::text("ok"),
        _ => Answer::error(404, "model_not_found", "no such model: key-00000000000"),
    });
    let workspace = Workspace::new().file("suite.toml", &suite(server.port())).file("cases.jsonl", &cases(1));
    let keys = [("LOCAL_KEY", "key-00000000000"), ("TEAM", "blue")];
    let outcome = workspace.cutover_with("doctor suite.toml --online --json", &keys);
    outcome.exit(8).stderr("");
    let found: Value = serde_json::from_str(&outcome.stdout).expect("is JSON");
    let arm = |index: usize| &found["arms"][index];
    assert_eq!((&arm(0)["online"], &arm(0)["variables"]), (&Value::Null, &json!([])));
    assert_eq!(arm(1)["online"]["what"], "not_found: no such model: [API key]");
    assert_eq!((&arm(2)["online"]["answered"], &arm(2)["online"]["what"]), (&json!(true), &json!("served")));
    let sent: Vec<_> = server.seen();
    assert_eq!(sent.len(), 2);
    for request in &sent {
        assert_eq!((&request.body["max_tokens"], request.header("x-team")), (&json!(16), Some("blue")));
    }
    workspace.cutover("doctor --online").exit(2);
}

#[test]
fn what_a_run_would_refuse_is_said_beside_what_was_found() {
    let suite = suite(9).replace("[candidates.gone]\n", "[candidates.gone]\nsalt = \"x\"\n");
    let workspace = Workspace::new().file("suite.toml", &suite).cases(2);
    let outcome = workspace.cutover_with("doctor suite.toml", &[("TEAM", "blue"), ("LOCAL_KEY", "x")]);
    outcome.exit(2).stderr(
        "error: 2 of 2 cases cannot be sent to `baseline`, first `n000`: the case holds no `recorded` answer [not_recorded]\n  \
         help: put production's answer into `recorded`\n",
    );
    assert!(outcome.stdout.contains("LOCAL_KEY is set, TEAM is set"), "{}", outcome.stdout);
}
