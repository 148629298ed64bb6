//! Closed loops: an arm's calls are answered from the recording, and it is asked again until it makes no call.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::resume::interrupt;
use crate::support::{Answer, Hold, Outcome, Seen, Server, Workspace, suite};

/// A case that asks with its own id, and whose tool knows the orders 1 and 2.
fn case(id: &str) -> String {
    let parameters = json!({"type": "object", "properties": {"id": {"type": "number"}}, "required": ["id"]});
    let results = [1, 2].map(|id| json!({"name": "find", "arguments": {"id": id}, "result": format!("order {id}")}));
    let case = json!({
        "id": id,
        "messages": [{"role": "user", "content": id}],
        "tools": [{"type": "function", "function": {"name": "find", "parameters": parameters}}],
        "tool_results": results,
        "expected": {"text": "order 1"},
    });
    format!("{case}\n")
}

/// One case, and a suite whose calls are judged too.
pub(super) fn workspace(port: u16, ids: &[&str], more: &str) -> Workspace {
    let more = format!("[[scorers]]\nkind = \"tool_call\"\n{more}");
    let cases: String = ids.iter().map(|id| case(id)).collect();
    Workspace::new().file("suite.toml", &suite(port, &more)).file("cases.jsonl", &cases)
}

fn messages(seen: &Seen) -> &[Value] {
    seen.body["messages"].as_array().expect("messages")
}

/// Looks order 1 up, and says what it found.
pub(super) fn looks_up(seen: &Seen) -> Answer {
    let last = messages(seen).last().expect("a message");
    match last["role"].as_str() {
        Some("tool") => Answer::text(last["content"].as_str().expect("a text")),
        _ => Answer::call("find", "{\"id\": 1.0}"),
    }
}

fn trial(workspace: &Workspace, case: &str, arm: &str) -> Value {
    workspace.trials()[&(case.to_owned(), arm.to_owned())].clone()
}

#[test]
fn a_call_is_answered_from_the_recording_and_the_steps_are_one_trial() {
    let server = Server::start(|seen, _| looks_up(seen));
    let workspace = workspace(server.port(), &["a"], "");
    workspace.cutover("run suite.toml").exit(0).stderr("baseline 1/1 hits 0  $0.0002\nnew 1/1 hits 0  $0.0007\n");
    let seen = server.seen();
    let second = seen.iter().find(|seen| messages(seen).len() == 3).expect("a second step");
    let call = json!({"id": "c1", "type": "function", "function": {"name": "find", "arguments": "{\"id\": 1.0}"}});
    assert_eq!(messages(second)[1]["tool_calls"], json!([call]));
    assert_eq!(messages(second)[2], json!({"role": "tool", "tool_call_id": "c1", "content": "order 1"}));
    assert_eq!(seen.len(), 4);
    // 100 tokens in and 10 out of each step, at 1 and 2 or 3 and 6 dollars a million tokens.
    for (arm, cost) in [("baseline", 240_000_000), ("new", 720_000_000)] {
        let trial = trial(&workspace, "a", arm);
        assert_eq!((&trial["outcome"], &trial["cost"], &trial["spend"]), (&json!("pass"), &json!(cost), &json!(cost)));
        assert_eq!((&trial["usage"]["input_tokens"], &trial["usage"]["output_tokens"]), (&json!(200), &json!(20)));
        assert_eq!((trial["attempts"].as_array().map(Vec::len), &trial["from_store"]), (Some(2), &json!(false)));
        assert_eq!(
            (&trial["response"]["text"], &trial["response"]["finish_reason"]),
            (&json!("order 1"), &json!("stop"))
        );
        assert_eq!(trial["response"]["tool_calls"][0]["name"], "find");
        let latencies = trial["attempts"].as_array().expect("attempts").iter().map(|one| one["latency_ms"].as_u64());
        assert_eq!(trial["latency_ms"].as_u64(), latencies.sum::<Option<u64>>());
        assert_eq!((&trial["tool_calls_judged"], &trial["first_token_ms"]), (&json!(true), &Value::Null));
    }
    let arms = &workspace.summary()["results"]["arms"];
    assert_eq!((&arms[0]["cost"], &arms[1]["cost"]), (&json!(240_000_000), &json!(720_000_000)));

    workspace.cutover("run suite.toml --out again").exit(0);
    assert_eq!(server.seen().len(), 4, "every step is stored");
    drop(server);
    let replayed = workspace.cutover("run suite.toml --mode replay --out replayed");
    replayed.exit(0).stderr("baseline 1/1 hits 1  $0.0000\nnew 1/1 hits 1  $0.0000\n");
}

#[test]
fn a_loop_an_unmatched_call_and_too_many_steps_are_faults_of_the_model() {
    let server = Server::start(|seen, _| match messages(seen)[0]["content"].as_str().expect("a prompt") {
        "unmatched" => Answer::call("find", "{\"id\": 3}"),
        "loop" => Answer::call("find", "{\"id\": 2}"),
        _ => Answer::call("find", if messages(seen).len() % 4 == 1 { "{\"id\": 1}" } else { "{\"id\": 2}" }),
    });
    let workspace = workspace(server.port(), &["unmatched", "loop", "steps"], "[replay]\nmax_steps = 4\n");
    workspace.cutover("run suite.toml").exit(0);
    let rows = [
        ("unmatched", 1, "unmatched_call", "find({\"id\": 3}) is not on record"),
        ("loop", 3, "looped", "find({\"id\": 2}) 3 times in a row"),
        ("steps", 4, "too_many_steps", "4 answers, and the last one still makes calls"),
    ];
    for (case, steps, fault, why) in rows {
        let trial = trial(&workspace, case, "new");
        assert_eq!(trial["outcome"], json!({"fail": fault}));
        assert_eq!(trial["scores"][0], json!({"scorer": "conversation", "outcome": {"fail": fault}, "why": why}));
        assert_eq!(trial["response"]["tool_calls"].as_array().map(Vec::len), Some(steps));
        let asked = server.seen().iter().filter(|seen| messages(seen)[0]["content"] == case).count();
        assert_eq!((asked, &trial["failure"]), (2 * steps, &Value::Null), "{case}");
    }
    let arm = &workspace.summary()["results"]["arms"][1];
    assert_eq!(arm["tool_faults"], json!({"unmatched_call": 1, "looped": 1, "too_many_steps": 1}));
    assert_eq!(arm["estimates"]["tool_call_failure_rate"]["value"], 1.0);
    let shown = workspace.cutover("show loop").stdout;
    assert!(shown.contains("fail, looped") && shown.contains("conversation: find("), "{shown}");
    // How a conversation ended is no scorer's word: it stands when the run is scored anew.
    let rescored = workspace.cutover("rescore");
    rescored.exit(0);
    assert!(rescored.stdout.ends_with("rescored 6 answers: 0 outcomes changed\n"), "{}", rescored.stdout);
}

#[test]
fn the_calls_of_all_steps_are_judged_against_the_expected_ones() {
    let server = Server::start(|seen, _| match messages(seen).len() {
        1 => Answer::call("find", "{\"id\": 1}"),
        3 if seen.model() == "old" => Answer::call("find", "{\"id\": 2}"),
        _ => Answer::text("done"),
    });
    let expected = [1, 2].map(|id| json!({"name": "find", "arguments": {"id": id}}));
    let expected = json!({"tool_calls": expected}).to_string();
    let workspace = workspace(server.port(), &["a"], "");
    workspace.write("cases.jsonl", &case("a").replace("{\"text\":\"order 1\"}", &expected));
    workspace.cutover("run suite.toml").exit(0);
    assert_eq!(trial(&workspace, "a", "baseline")["outcome"], "pass");
    assert_eq!(trial(&workspace, "a", "new")["outcome"], json!({"fail": "wrong_count"}));
}

#[test]
fn a_later_step_that_is_not_stored_ends_a_replay_by_name_and_loses_nothing() {
    let server = Server::start(|seen, _| looks_up(seen));
    let workspace = workspace(server.port(), &["a"], "");
    workspace.cutover("run suite.toml").exit(0);
    let key = trial(&workspace, "a", "new")["key"].as_str().expect("a key").to_owned();
    let store = rusqlite::Connection::open(workspace.path(".cutover/store.sqlite")).expect("opens");
    // The trial's key is that of its first step; the dearer arm is `new`.
    let second = format!(
        "SELECT id FROM keys JOIN calls ON calls.key = id WHERE keys.key <> x'{key}' ORDER BY cost_pico DESC LIMIT 1"
    );
    let forget = format!("DELETE FROM answers WHERE id = ({second})");
    assert_eq!(store.execute(&forget, []).expect("is forgotten"), 1);
    drop(store);
    workspace.cutover("run suite.toml --mode replay --out replayed").exit(7).stdout("").stderr(
        "error: the answer to step 2 of case `a` (new, repeat 0) is not in the store, and `--mode replay` opens no socket\n  \
         help: run once with `--mode auto` to buy it, or import recorded answers with `cutover cache import FILE`\n",
    );
    let plan: Value = serde_json::from_str(&workspace.cutover("plan suite.toml --json").stdout).expect("is JSON");
    assert_eq!(plan["requests"], json!({"planned": 2, "stored": 1, "equal": 0, "to_buy": 1}));
    let why = workspace.cutover("cache why-miss suite.toml a").stdout;
    let (first, second) = why.split_once('\n').expect("two lines");
    assert_eq!(first, "baseline, repeat 0: stored");
    assert!(second.starts_with("new, repeat 0, step 2: not stored; the nearest request, of numbers-"), "{why}");
    workspace.cutover("run suite.toml --out bought").exit(0);
    assert_eq!(server.seen().len(), 5, "the step that was missing, and no other");
    workspace.cutover("run suite.toml --mode replay --out replayed").exit(0);
}

#[test]
fn a_step_that_fails_is_no_score_and_the_steps_before_it_are_not_bought_again() {
    let server = Server::start(|seen, before| match messages(seen).len() {
        3 if seen.model() == "new" && before < 4 => Answer::error(500, "broken", "try later"),
        _ => looks_up(seen),
    });
    let workspace = workspace(server.port(), &["a"], "[replay]\nattempts = 1\n");
    workspace.cutover("run suite.toml").exit(0);
    let failed = trial(&workspace, "a", "new");
    assert_eq!(
        (&failed["outcome"], &failed["failure"]["kind"]),
        (&json!({"unscored": "failed"}), &json!("server_error"))
    );
    // The first step was paid for; an error is not billed.
    assert_eq!((&failed["cost"], failed["attempts"].as_array().map(Vec::len)), (&json!(360_000_000), Some(2)));
    assert_eq!(trial(&workspace, "a", "baseline")["outcome"], "pass");
    workspace
        .cutover("run suite.toml --out again")
        .exit(0)
        .stderr("baseline 1/1 hits 1  $0.0000\nnew 1/1 hits 0  $0.0004\n");
    assert_eq!(server.seen().len(), 5);
}

#[test]
fn several_calls_of_an_answer_are_answered_together_and_equal_steps_are_bought_once() {
    let server = Server::start(|seen, _| {
        let call = |id: u32| {
            let function = json!({"name": "find", "arguments": format!("{{\"id\":{id}}}")});
            json!({"id": format!("c{id}"), "type": "function", "function": function})
        };
        let message = json!({"role": "assistant", "content": "Both.", "tool_calls": [call(2), call(1)]});
        if messages(seen).len() == 1 { Answer::message(&message, "tool_calls") } else { Answer::text("order 1") }
    });
    let workspace = workspace(server.port(), &["same"], "");
    workspace.write("cases.jsonl", &(case("same") + &case("same").replacen("\"id\":\"same\"", "\"id\":\"twin\"", 1)));
    workspace.cutover("run suite.toml").exit(0);
    let seen = server.seen();
    assert_eq!(seen.len(), 4);
    let second = seen.iter().find(|seen| messages(seen).len() > 1).expect("a second step");
    let results = messages(second)[2..].iter().map(|message| (&message["tool_call_id"], &message["content"]));
    assert_eq!(results.collect::<Vec<_>>(), [(&json!("c2"), &json!("order 2")), (&json!("c1"), &json!("order 1"))]);
    let arm = &workspace.summary()["results"]["arms"][0];
    assert_eq!(
        (&arm["accounting"]["passed"], &arm["from_store"], &arm["single_flight"]),
        (&json!(2), &json!(1), &json!(1))
    );
    assert_eq!((&arm["cost"], &arm["spend"]), (&json!(480_000_000), &json!(240_000_000)));
}

/// What a command leaves that was interrupted while both arms were at their first step.
pub(super) fn interrupted_between_steps(command: &str) -> (Server, Workspace) {
    let hold = Arc::new(Hold::default());
    let server = Server::held(&hold, looks_up);
    let workspace = workspace(server.port(), &["a"], "[replay]\nconcurrency = 4\n");
    let mut child = workspace.start(command);
    server.wait_for(2);
    interrupt(&mut child, "INT");
    hold.release(usize::MAX);
    let outcome = Outcome::of(child);
    outcome.exit(130);
    assert!(outcome.stderr.contains("0 of 2 trials are saved"), "{}", outcome.stderr);
    (server, workspace)
}

#[test]
fn an_interrupt_between_two_steps_keeps_the_first_and_the_same_command_goes_on() {
    let (server, workspace) = interrupted_between_steps("run suite.toml");
    assert_eq!(server.seen().len(), 2);
    workspace.cutover("run suite.toml").exit(0);
    assert_eq!((server.seen().len(), workspace.runs().len()), (4, 1));
    // The first steps were paid for by this run, although they now came from the store.
    for arm in workspace.summary()["results"]["arms"].as_array().expect("arms") {
        assert_eq!((&arm["spend"], &arm["from_store"]), (&arm["cost"], &json!(0)));
    }
}

#[test]
fn every_step_reserves_before_it_is_sent_and_a_larger_budget_goes_on() {
    let server = Server::start(|seen, _| looks_up(seen));
    let budget =
        |usd: &str| format!("[replay]\nconcurrency = 1\nattempts = 1\nmax_output_tokens = 10\nbudget_usd = {usd}\n");
    let workspace = workspace(server.port(), &["a"], &budget("0.0005"));
    // A first step is some 240 bytes, a second one some 430: at a dollar a million tokens no second one has room.
    let text = workspace.read("suite.toml").replace("input = 3.00\noutput = 6.00", "input = 1.00\noutput = 2.00");
    workspace.write("suite.toml", &text);
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(6);
    assert!(outcome.stderr.contains("0 of 2 trials are saved"), "{}", outcome.stderr);
    assert!(!server.seen().is_empty() && server.seen().iter().all(|seen| messages(seen).len() == 1));
    workspace.write("suite.toml", &text.replace("0.0005", "0.01"));
    workspace.cutover("run suite.toml").exit(0);
    assert_eq!((server.seen().len(), workspace.runs().len()), (4, 1));
}

#[test]
fn a_plan_counts_every_step_that_may_come() {
    let server = Server::start(|_, _| Answer::error(500, "asked", "a plan sends nothing"));
    let settings = "[replay]\nattempts = 1\nmax_output_tokens = 10\n";
    let workspace = workspace(server.port(), &["a", "b"], settings);
    let text = workspace.cutover("plan suite.toml").stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let note = "closed loops: 2 cases of 2, up to 10 requests a trial, which the worst case counts; expected are as many as \
                results are on record, and one more";
    assert!(text.contains(note), "{text}");
    let plan = |steps: u64| -> Value {
        workspace.write("suite.toml", &suite(server.port(), &format!("{settings}max_steps = {steps}\n")));
        serde_json::from_str(&workspace.cutover("plan suite.toml --json").stdout).expect("is JSON")
    };
    let [one, four] = [1, 4].map(plan);
    let of = |plan: &Value, field: &str| plan["arms"][0]["cost"][field].as_u64().expect("is known");
    // Each step adds an answer of 10 tokens and both results twice, each of them 256 tokens and 4 + 7 bytes at most.
    let growth = 10 + 256 + 2 * 2 * (256 + 4 + 7);
    assert_eq!(of(&four, "worst_case"), 4 * of(&one, "worst_case") + 2 * (1 + 2 + 3) * growth * 1_000_000);
    // Two results on record make three answers likely, each of 10 tokens at 2 dollars a million.
    let input = |plan: &Value| plan["arms"][0]["input_tokens"].as_u64().expect("is known");
    assert_eq!(of(&four, "expected"), input(&four) * 1_000_000 + 2 * 3 * 10 * 2_000_000);
    assert!(input(&four) > 3 * input(&one));
    assert_eq!((&four["closed_loops"], &four["requests"]["to_buy"]), (&json!({"cases": 2, "max_steps": 4}), &json!(4)));
}

#[test]
fn a_log_becomes_closed_loops_that_replay() {
    let find = json!({"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}});
    let call = json!({"id": "x9", "type": "function", "function": {"name": "find", "arguments": "{\"id\":1}"}});
    let conversation = json!({"id": "a", "tools": [find], "tags": {"tier": "pro"}, "messages": [
        {"role": "user", "content": "where?"},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "x9", "content": "shipped"},
        {"role": "assistant", "content": "shipped"}]});
    let server = Server::start(|seen, _| looks_up(seen));
    let workspace = workspace(server.port(), &[], "").file("log.jsonl", &format!("{conversation}\n"));
    workspace
        .cutover("import --from conversation log.jsonl --closed-loop --out cases.jsonl --force")
        .exit(0)
        .stderr("")
        .stdout("cases.jsonl: 1 case from 1 line; closed loops, 0 unlabelled\n");
    let written: Value = serde_json::from_str(&workspace.read("cases.jsonl")).expect("is JSON");
    let expected = json!({
        "id": "a", "messages": [{"role": "user", "content": "where?"}], "tools": [find],
        "tool_results": [{"name": "find", "arguments": {"id": 1}, "result": "shipped"}],
        "expected": {"tool_calls": [{"name": "find", "arguments": {"id": 1}}]},
        "recorded": {"text": "shipped", "tool_calls": [call]},
        "tags": {"tier": "pro"}, "weight": 1.0, "cluster": "a",
        "origin": "closed loop of conversation a, its tools answer from the recording"});
    assert_eq!(written, expected);
    workspace.cutover("run suite.toml").exit(0);
    assert_eq!(trial(&workspace, "a", "new")["outcome"], "pass");
    workspace
        .cutover("import --from conversation log.jsonl --closed-loop --expect-text --out cases.jsonl --force --json")
        .exit(0);
    let written: Value = serde_json::from_str(&workspace.read("cases.jsonl")).expect("is JSON");
    assert_eq!(written["expected"], json!({"text": "shipped"}));
}
