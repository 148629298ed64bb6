//! `cutover plan`: what a run would buy, cost, take and decide, without sending anything.

use serde_json::{Value, json};

use crate::support::{Answer, Outcome, Server, Workspace, suite};

const RULES: &str = "[replay]\nmax_output_tokens = 50\nattempts = 2\nconcurrency = 4\n\
    [gate]\nmin_pairs = 20\nrules = [\n\
    { metric = \"accuracy\", non_inferior = \"5pp\" },\n\
    { metric = \"cost_per_success\", max_ratio = 4.0 },\n\
    { metric = \"accuracy\", non_inferior = \"5pp\", slice = \"kind=rare\" },\n]\n";

/// 40 cases and a suite whose server must not be asked.
fn numbers(server: &Server, more: &str) -> Workspace {
    Workspace::new().file("suite.toml", &suite(server.port(), more)).cases(40)
}

fn untouched() -> Server {
    Server::start(|_, _| Answer::error(500, "asked", "a plan sends nothing"))
}

/// A file of outputs that were read and found right.
fn expected(name: &str) -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/plan");
    std::fs::read_to_string(format!("{path}/{name}")).expect("is read")
}

/// The text but for the time, which is measured.
fn timeless(text: &str) -> String {
    text.lines().filter(|line| !line.starts_with("time: ")).map(|line| format!("{line}\n")).collect()
}

#[track_caller]
fn says(outcome: &Outcome, line: &str) {
    let text = outcome.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(line), "`{line}` is not in\n{}", outcome.stdout);
}

/// Numbers may differ in digits that the machine's logarithm decides.
#[track_caller]
fn agree(found: &Value, expected: &Value, at: &str) {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            assert!(found.keys().eq(expected.keys()), "{at}: {:?}", found.keys());
            found.iter().for_each(|(key, value)| agree(value, &expected[key], &format!("{at}.{key}")));
        }
        (Value::Array(found), Value::Array(expected)) => {
            assert_eq!(found.len(), expected.len(), "{at}");
            found.iter().zip(expected).for_each(|(value, expected)| agree(value, expected, at));
        }
        _ => match (found.as_f64(), expected.as_f64()) {
            (Some(found), Some(expected)) => assert!((found - expected).abs() < 1e-9, "{at}: {found}, not {expected}"),
            _ => assert_eq!(found, expected, "{at}"),
        },
    }
}

fn document(workspace: &Workspace, arguments: &str) -> Value {
    let outcome = workspace.cutover(&format!("plan suite.toml --json {arguments}"));
    outcome.exit(0).stderr("");
    serde_json::from_str(&outcome.stdout).expect("is JSON")
}

#[test]
fn without_answers_it_counts_tokens_and_says_what_it_does_not_know() {
    let server = untouched();
    let workspace = numbers(&server, RULES);
    workspace.cutover("plan suite.toml").exit(0).stderr("").stdout(&expected("fresh.txt"));
    let found = document(&workspace, "");
    agree(&found, &serde_json::from_str(&expected("fresh.json")).expect("is JSON"), "");
    assert!(server.seen().is_empty());
    assert_eq!(workspace.files().len(), 2, "neither a store nor a run is made");
}

#[test]
fn stored_answers_and_an_earlier_run_tell_what_comes() {
    let server = Server::start(|seen, _| Answer::number(seen, seen.prompt() != "number 3" || seen.model() != "new"));
    let workspace = Workspace::new().file("suite.toml", &suite(server.port(), RULES)).cases(30);
    workspace.cutover("run suite.toml").exit(0);
    assert_eq!(server.seen().len(), 60);
    let run = workspace.run_dir();
    let run = run.file_name().expect("a name").to_string_lossy();
    let workspace = workspace.cases(40);
    let outcome = workspace.cutover("plan suite.toml");
    outcome.exit(0).stderr("");
    assert_eq!(timeless(&outcome.stdout).replace(&*run, "RUN"), expected("stored.txt"));
    says(&outcome, "time: about 1 s with 4 calls at a time (baseline ");

    // A damaged answer is bought anew.
    let store = rusqlite::Connection::open(workspace.path(".cutover/store.sqlite")).expect("opens");
    store.execute("UPDATE answers SET sha256 = zeroblob(32) WHERE id = 1", []).expect("is damaged");
    drop(store);
    let outcome = workspace.cutover("plan suite.toml");
    outcome.exit(0).stderr("");
    says(&outcome, "warning: 1 stored answer of `");
    says(&outcome, "all 80 59 0 21");

    // What was never asked tells nothing of itself, but its model has answered before.
    workspace.write("cases.jsonl", &workspace.read("cases.jsonl").replace("number ", "the number "));
    let found = document(&workspace, "--results nowhere");
    let mut all = 0;
    for arm in 0..2 {
        let arm = &found["arms"][arm];
        let answers = arm["output_tokens"]["answers"].as_u64().expect("a count");
        all += answers;
        assert_eq!(arm["output_tokens"], json!({"value": 10.0, "from": "same_model", "answers": answers}));
        assert_eq!((&arm["latency_ms"]["from"], &arm["input_ratio"]), (&json!("same_model"), &Value::Null));
        assert_eq!(arm["requests"], json!({"planned": 40, "stored": 0, "equal": 0, "to_buy": 40}));
    }
    assert_eq!(all, 59, "all but the damaged one");
    assert_eq!(found["rules"][0]["outlooks"].as_array().map(Vec::len), Some(3));
    assert_eq!(server.seen().len(), 60, "a plan sends nothing");
}

#[test]
fn a_budget_is_held_against_what_calls_likely_and_at_most_cost() {
    let server = untouched();
    // 40 × 2 calls of at most 2 × 222 bytes and 50 tokens, at 1 and 2 or 3 and 6 dollars a million tokens.
    let rows = [
        ("1.00", "budget $1.00: enough, even if every call costs the most that it can", None),
        ("0.02", "budget $0.0200: enough if calls cost what is expected, not if all of them cost the most", None),
        ("0.01", "budget $0.0100: ends at about call ", Some("`budget_usd` of $0.010000 ends at about call ")),
        (
            "0.0001",
            "budget $0.000100: not enough for the first call",
            Some("`budget_usd` is $0.000100, and the first call may cost up to $0.00"),
        ),
    ];
    for (budget, line, stop) in rows {
        let rules = RULES.replace("attempts = 2\n", &format!("attempts = 2\nbudget_usd = {budget}\n"));
        let outcome = numbers(&server, &rules).cutover("plan suite.toml");
        outcome.exit(0).stderr("");
        says(&outcome, line);
        let warning = stop.map_or_else(|| "a run would stop".to_owned(), |stop| format!("a run would stop: {stop}"));
        assert_eq!(outcome.stdout.contains(&warning), stop.is_some(), "{}", outcome.stdout);
    }
}

#[test]
fn equal_requests_are_bought_once_and_recorded_answers_tell_of_the_next() {
    let server = untouched();
    let case = |id: &str, text: &str, recorded: &Value| {
        let messages = json!([{"role": "user", "content": text}]);
        format!("{}\n", json!({"id": id, "messages": messages, "expected": {"text": "x"}, "recorded": recorded}))
    };
    let cases = [
        case("a", "hello world", &json!({"text": "hello world"})),
        case("b", "hello world", &json!({"text": "x", "usage": {"input_tokens": 9, "output_tokens": 6}})),
        case("c", "hello", &json!({"failure": {"kind": "timeout"}})),
    ];
    let suite =
        suite(server.port(), "").replace("model = \"local/old\"", "model = \"recorded\"\npriced_as = \"local/old\"");
    let workspace = Workspace::new().file("suite.toml", &suite).file("cases.jsonl", &cases.concat());
    let found = document(&workspace, "");
    assert_eq!(found["requests"], json!({"planned": 3, "stored": 0, "equal": 1, "to_buy": 2}));
    let (baseline, new) = (&found["arms"][0], &found["arms"][1]);
    assert_eq!((&baseline["recorded"], &baseline["requests"]["planned"]), (&json!(true), &json!(0)));
    assert_eq!(baseline["context"], Value::Null);
    assert_eq!(new["output_tokens"], json!({"value": 4.0, "from": "recorded", "answers": 2}));
    // 9 and 8 tokens in at 3, 4 and 4 out at 6 dollars a million; without a limit there is no worst case.
    assert_eq!(new["input_tokens"], 17);
    assert_eq!(new["cost"], json!({"expected": 99_000_000, "worst_case": null, "saved": 0}));
    assert_eq!(found["cost"], new["cost"]);
    assert_eq!(found["time"], json!({"concurrency": 16, "seconds": null}));
}

#[test]
fn windows_prices_of_long_requests_and_keys_come_from_the_tables_and_the_environment() {
    let case = |id: &str, text: &str| {
        format!("{}\n", json!({"id": id, "messages": [{"role": "user", "content": text}], "expected": {"text": "x"}}))
    };
    let cases = [case("short", "hello"), case("long", &"hello ".repeat(280_000)), case("some", "hello world")];
    let suite = "name = \"long\"\n[dataset]\npath = \"cases.jsonl\"\n[baseline]\nmodel = \"openai/gpt-5.4\"\n\
        [candidates.haiku]\nmodel = \"anthropic/claude-haiku-4-5\"\n[replay]\nmax_output_tokens = 100\n\
        [[scorers]]\nkind = \"exact\"\n[gate]\nmin_pairs = 4\n\
        rules = [{ metric = \"accuracy\", non_inferior = \"2pp\" }]\n";
    let workspace = Workspace::new().file("suite.toml", suite).file("cases.jsonl", &cases.concat());
    let outcome = workspace.cutover_with("plan suite.toml", &[("OPENAI_API_KEY", "sk-secret-000000")]);
    outcome.exit(0).stderr("").stdout(&expected("long.txt"));
    assert!(!outcome.stdout.contains("secret"));
}

#[test]
fn a_draw_is_told_by_stratum_and_its_weights_cost_pairs() {
    let server = untouched();
    let workspace = numbers(&server, RULES);
    let drawn = workspace
        .read("suite.toml")
        .replace("path = \"cases.jsonl\"", "path = \"cases.jsonl\"\ndraw = { n = 21, by = [\"kind\"], seed = 3 }");
    workspace.write("suite.toml", &drawn);
    let cases = workspace.read("cases.jsonl");
    let clustered = cases.replace("\"tags\"", "\"cluster\":\"one\",\"tags\"");
    let heavy = clustered.replacen("\"tags\"", "\"weight\":9,\"tags\"", 20);
    workspace.write("cases.jsonl", &heavy);
    let outcome = workspace.cutover("plan suite.toml");
    outcome.exit(0).stderr("");
    says(&outcome, "21 of 40 cases drawn from cases.jsonl by kind, in 1 cluster drawn: even ");
    says(&outcome, "as weights differ, a pair counts as 0.");
    says(&outcome, "the pairs are in 1 cluster: they may count for less, by how much only a run can tell");
}

#[test]
fn cases_that_nobody_can_judge_are_said_to_end_without_data() {
    let server = untouched();
    let workspace = numbers(&server, RULES);
    let unlabelled = workspace.read("cases.jsonl").replacen(",\"expected\"", ",\"origin\":\"x\",\"expected\"", 3);
    let unlabelled: String = unlabelled
        .lines()
        .map(|line| match line.split_once(",\"origin\"") {
            Some((case, _)) => format!("{case}}}\n"),
            None => format!("{line}\n"),
        })
        .collect();
    workspace.write("cases.jsonl", &unlabelled);
    let outcome = workspace.cutover("plan suite.toml");
    outcome.exit(0).stderr("");
    says(
        &outcome,
        "warning: accuracy, at most 5 pp lost (line 26; new): no data, whatever the answers: 92.5% of 40 cases make a \
         pair, 95% asked for",
    );
}

#[test]
fn what_a_run_would_refuse_a_plan_refuses_in_the_same_words() {
    let server = untouched();
    let workspace = numbers(&server, RULES);
    let sound = workspace.read("suite.toml");
    let suites = [
        sound.replace("[[scorers]]", "[[scorer]]"),
        sound.replace("cases.jsonl", "nowhere.jsonl"),
        sound.replace("model = \"local/old\"", "model = \"recorded\"\npriced_as = \"local/old\""),
    ];
    for (suite, is_planned) in suites.iter().zip([false, false, true]) {
        workspace.write("suite.toml", suite);
        let run = workspace.cutover("run suite.toml");
        let plan = workspace.cutover("plan suite.toml");
        assert!(run.stderr.starts_with("error: "), "{}", run.stderr);
        run.exit(2);
        plan.exit(2).stderr(&run.stderr);
        assert_eq!(plan.stdout.starts_with("plan of numbers"), is_planned, "{}", plan.stdout);
    }
    workspace.cutover("plan suite.toml --on-untranslatable exclude").exit(2);
    assert!(server.seen().is_empty());
}
