//! `cutover import`: a log becomes a dataset, whole or not at all, and later turns are said to be teacher-forced.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::{Answer, Server, Workspace, suite};

/// A conversation in which the assistant looks an order up, and then says where it is.
fn conversation(id: &str) -> Value {
    json!({
        "id": id,
        "tools": [{"type": "function", "function": {"name": "find_order", "parameters": {"type": "object"}}}],
        "messages": [
            {"role": "user", "content": "number 7"},
            {"role": "assistant", "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "find_order", "arguments": "{\"id\":1881}"}}]},
            {"role": "tool", "tool_call_id": "c1", "content": "shipped"},
            {"role": "assistant", "content": "7"}]
    })
}

fn log(ids: &[&str]) -> String {
    ids.iter().map(|id| format!("{}\n", conversation(id))).collect()
}

#[test]
fn a_log_becomes_cases_that_are_replaced_only_when_asked() {
    let workspace = Workspace::new().file("log.jsonl", &log(&["a", "b"]));
    let command = "import --from conversation log.jsonl --out cases.jsonl";
    workspace
        .cutover(command)
        .exit(0)
        .stderr("")
        .stdout("cases.jsonl: 4 cases from 2 lines; 2 on recorded earlier answers (teacher-forced), 2 unlabelled\n");
    let written = workspace.read("cases.jsonl");
    let first: Value = serde_json::from_str(written.lines().next().expect("a line")).expect("is JSON");
    let whole = conversation("a");
    let expected = json!({
        "id": "a#1", "messages": [whole["messages"][0]], "tools": whole["tools"],
        "expected": {"tool_calls": [{"name": "find_order", "arguments": {"id": 1881}}]},
        "recorded": {"tool_calls": whole["messages"][1]["tool_calls"]},
        "tags": {"turn": "1"}, "weight": 1.0, "cluster": "a",
        "origin": "step 1 of 2 of conversation a, on the recorded history"});
    assert_eq!(first, expected);
    workspace.write("cases.jsonl", "mine\n");
    workspace.cutover(command).exit(2).stdout("").stderr(
        "error: cases.jsonl is there already\n  help: name another file with `--out`, or replace it with `--force`\n",
    );
    assert_eq!(workspace.read("cases.jsonl"), "mine\n");
    let forced = workspace.cutover(&format!("{command} --force --expect-text --json"));
    forced.exit(0).stderr("");
    let counts = json!({"records": 2, "cases": 4, "later_turns": 2, "unlabelled": 0, "without_prompt": 0,
        "without_answer": 0});
    let said: Value = serde_json::from_str(&forced.stdout).expect("is JSON");
    assert_eq!(said, json!({"out": "cases.jsonl", "counts": counts}));
    assert_ne!(workspace.read("cases.jsonl"), written);
}

#[test]
fn a_log_with_problems_leaves_what_was_there() {
    let text = format!("{}not json\n{}", log(&["a"]), log(&["a"]));
    let workspace = Workspace::new().file("log.jsonl", &text).file("cases.jsonl", "mine\n");
    workspace.cutover("import --from conversation log.jsonl --out cases.jsonl --force").exit(2).stdout("").stderr(
        "error: log.jsonl:2: not a JSON object: expected ident at column 2\n  help: each line holds one whole JSON object\n\
         error: log.jsonl:3: the id `a` stands on an earlier line too\n  help: give every line an id of its own\n\
         2 errors\n",
    );
    assert_eq!(workspace.read("cases.jsonl"), "mine\n");
    assert_eq!(workspace.files().len(), 2);
    workspace
        .cutover("import --from conversation none.jsonl --out new.jsonl")
        .exit(2)
        .stdout("")
        .stderr("error: none.jsonl: cannot read the log: No such file or directory (os error 2)\n");
    workspace
        .cutover("import --from conversation log.jsonl --out - --json")
        .exit(2)
        .stdout("")
        .stderr("error: `--json` and `--out -` both want stdout\n  help: name a file with `--out`\n");
    assert_eq!(workspace.files().len(), 2);
}

#[test]
fn a_log_goes_from_stdin_to_stdout() {
    let workspace = Workspace::new().file("log.jsonl", &log(&["a"]));
    workspace.cutover("import --from conversation log.jsonl --out cases.jsonl").exit(0);
    let input = std::fs::File::open(workspace.path("log.jsonl")).expect("is there");
    let piped = Command::new(env!("CARGO_BIN_EXE_cutover"))
        .args(["import", "--from", "conversation", "-", "--out", "-"])
        .stdin(Stdio::from(input))
        .output()
        .expect("runs");
    assert!(piped.status.success());
    assert_eq!(String::from_utf8_lossy(&piped.stdout), workspace.read("cases.jsonl"));
    let note = "2 cases from 1 line; 1 on recorded earlier answers (teacher-forced), 1 unlabelled\n";
    assert_eq!(String::from_utf8_lossy(&piped.stderr), note);
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_log() {
    let mut line = conversation("");
    line["messages"][2]["content"] = "x".repeat(4_000).into();
    let log: String = (0..6_000)
        .map(|id| {
            line["id"] = id.to_string().into();
            format!("{line}\n")
        })
        .collect();
    let workspace = Workspace::new().file("log.jsonl", &log);
    assert!(log.len() > 24_000_000);
    // KiB of everything that the process may write to, but for its stack.
    let outcome = workspace.cutover_after("ulimit -d 16000", "import --from conversation log.jsonl --out cases.jsonl");
    outcome.exit(0).stderr("");
    assert_eq!(workspace.read("cases.jsonl").lines().count(), 12_000);
}

#[test]
fn the_report_says_that_later_turns_are_teacher_forced() {
    let server = Server::start(|seen, _| Answer::number(seen, true));
    let ids = ["a", "b", "c"];
    let prices = "[prices.\"local/old\"]
input = 1.00
output = 2.00
";
    let text = suite(server.port(), "")
        .replace(
            "local/old\"
[cand",
            "recorded\"
[cand",
        )
        .replace(prices, "");
    let workspace = Workspace::new().file("log.jsonl", &log(&ids)).file("suite.toml", &text);
    workspace.cutover("import --from conversation log.jsonl --out cases.jsonl --expect-text").exit(0);
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(0);
    let sentence =
        "3 of 6 cases are teacher-forced: the prompt holds earlier answers as they were recorded, and every arm is";
    let read = |name: &str| std::fs::read_to_string(workspace.run_dir().join(name)).expect("is there");
    for (name, text) in [("report.html", read("report.html")), ("summary.md", read("summary.md"))] {
        assert!(text.contains(sentence), "{name}");
    }
    let flat = outcome.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains(sentence), "{}", outcome.stdout);
    let summary = workspace.summary().to_string();
    assert!(summary.contains("\"tag\":\"turn\",\"value\":\"1\"") && summary.contains("\"value\":\"2+\""), "{summary}");
    let trials = workspace.trials();
    assert_eq!(trials[&("a#2".to_owned(), "baseline".to_owned())]["cluster"], "a");
    assert_eq!(trials[&("a#2".to_owned(), "baseline".to_owned())]["outcome"], "pass");
}
