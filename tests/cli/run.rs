//! `cutover run` against a server: what it sends, what it keeps, what it says.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Answer, Seen, Server, Workspace, suite};

/// The old model is wrong at every sixth number, the new one at every twelfth.
fn old_and_new(seen: &Seen, _: usize) -> Answer {
    let wrong_at = if seen.model() == "old" { 6 } else { 12 };
    Answer::number(seen, !seen.number().is_multiple_of(wrong_at))
}

#[test]
fn a_run_asks_every_arm_everything_and_its_numbers_add_up() {
    let server = Server::start(old_and_new);
    let more = "[replay]\nmax_output_tokens = 50\n\
                [gate]\nrules = [{ metric = \"accuracy\", non_inferior = \"2pp\" }]\n";
    let workspace = Workspace::new().numbers(60, server.port()).file("suite.toml", &suite(server.port(), more));
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(0).stderr("baseline 60/60 hits 0  $0.0072\nnew 60/60 hits 0  $0.0216\n");

    let bodies: BTreeSet<String> = server.seen().iter().map(|seen| seen.body.to_string()).collect();
    let body = |model: &str, number: usize| {
        let messages = json!([{"role": "user", "content": format!("number {number}")}]);
        json!({"model": model, "messages": messages, "max_tokens": 50}).to_string()
    };
    let expected = (0..60).flat_map(|number| [body("old", number), body("new", number)]).collect();
    assert_eq!((server.seen().len(), bodies), (120, expected));
    assert!(
        server.seen().iter().all(|seen| seen.path == "/v1/chat/completions" && seen.header("authorization").is_none())
    );

    let run = workspace.run_dir();
    let files = workspace
        .files()
        .into_iter()
        .filter_map(|path| path.strip_prefix(&run).map(|path| path.display().to_string()).ok());
    assert_eq!(files.collect::<BTreeSet<_>>(), FILES.iter().map(ToString::to_string).collect());

    let summary = workspace.summary();
    let arms = &summary["results"]["arms"];
    for (arm, passed, cost) in [(&arms[0], 50, 120_000_000), (&arms[1], 55, 360_000_000)] {
        let accounting = json!({"planned": 60, "passed": passed, "failed_outcome": 60 - passed, "refused": 0, "cut": 0,
            "filtered": 0, "rejected": 0, "call_failed": 0, "unscored": 0, "not_sent": 0});
        assert_eq!(arm["accounting"], accounting);
        assert_eq!((&arm["cost"], &arm["spend"]), (&json!(60 * i64::from(cost)), &json!(60 * i64::from(cost))));
        assert_eq!((&arm["tokens"]["input"], &arm["tokens"]["output"]), (&json!(6000), &json!(600)));
        close(&arm["estimates"]["accuracy"]["value"], f64::from(passed) / 60.0);
        close(&arm["estimates"]["cost_per_success"]["value"], 60e-12 * f64::from(cost) / f64::from(passed));
    }
    let comparison = &summary["results"]["comparisons"][0];
    assert_eq!((&comparison["pairs"], &comparison["unpaired"]), (&json!(60), &json!(0)));
    assert_eq!(comparison["quadrants"], json!({"both_pass": 50, "lost": 0, "gained": 5, "both_fail": 5}));
    assert_eq!(comparison["gained"], json!(["n006", "n018", "n030", "n042", "n054"]));
    close(&comparison["changes"][0]["contrast"]["value"], 5.0 / 60.0);
    close(&comparison["changes"][2]["contrast"]["value"], 3.0 * 50.0 / 55.0);
    let slices: Vec<_> = comparison["slices"]
        .as_array()
        .expect("slices")
        .iter()
        .map(|slice| (&slice["tag"], &slice["value"], &slice["pairs"], &slice["changes"][0]["contrast"]["value"]))
        .collect();
    assert_eq!(
        slices,
        [
            (&json!("kind"), &json!("even"), &json!(30), &json!(5.0 / 30.0)),
            (&json!("kind"), &json!("odd"), &json!(30), &json!(0.0)),
        ]
    );

    for block in STDOUT {
        assert!(outcome.stdout.contains(block), "{block}\nis not in\n{}", outcome.stdout);
    }
    let name = run.file_name().expect("a name").to_string_lossy();
    assert!(outcome.stdout.starts_with(&format!("numbers · run {name} · ")), "{}", outcome.stdout);
    assert!(outcome.stdout.ends_with(&format!("\nresults/{name}/report.html\n")), "{}", outcome.stdout);
}

fn close(found: &Value, expected: f64) {
    let found = found.as_f64().expect("a number");
    assert!((found - expected).abs() <= 1e-12 * expected.abs(), "{found} is not {expected}");
}

const FILES: &[&str] = &[
    ".lock",
    "card.png",
    "charts/cost-per-success.png",
    "charts/cost-per-success.svg",
    "charts/forest.png",
    "charts/forest.svg",
    "examples.json",
    "manifest.json",
    "report.html",
    "summary.json",
    "summary.md",
    "trials.jsonl",
    "trials.parquet",
];

/// Latencies apart, which are those of this machine.
const STDOUT: &[&str] = &[
    "
● PASS  new  (old → new)
  Accuracy is better than the baseline's: +8.3 pp [+1.8, +18.1], n = 60.
  decided by: accuracy not worse by more than 2 pp · 60 pairs
",
    "
Arm                     Cost per success   Ratio to baseline  Successes  Total cost  Spent by this run
baseline  $0.000144 [0.000128, 0.000162]                   —         50    $0.00720           $0.00720
new       $0.000393 [0.000363, 0.000425]  ×2.73 [2.50, 2.97]         55     $0.0216            $0.0216
",
    "
baseline: 60 planned = 50 passed + 10 failed + 0 calls failed + 0 unscored + 0 not sent
new: 60 planned = 55 passed + 5 failed + 0 calls failed + 0 unscored + 0 not sent
new: 60 of 60 cases have a usable score in both arms (100.0%; the gate asks for 95%).
",
];

#[test]
fn what_the_model_did_is_a_fail_and_what_it_did_not_is_no_score() {
    let fail = json!({"fail": null});
    let rows = [
        ("right", Answer::text("right"), json!("pass"), "passed"),
        ("wrong", Answer::text("left"), fail.clone(), "failed_outcome"),
        ("too-long", Answer::error(400, "context_length_exceeded", "too long"), fail.clone(), "rejected"),
        ("bad-parameter", Answer::error(400, "unsupported_value", "no"), fail.clone(), "rejected"),
        ("policy", Answer::error(400, "content_policy_violation", "no"), fail.clone(), "filtered"),
        ("filtered", Answer::message(&json!({"content": "filtered"}), "content_filter"), fail.clone(), "filtered"),
        ("cut", Answer::message(&json!({"content": "cut"}), "length"), fail.clone(), "cut"),
        ("refused", Answer::message(&json!({"content": null, "refusal": "no"}), "stop"), fail.clone(), "refused"),
        ("broken", Answer::error(500, "x", "down"), json!({"unscored": "failed"}), "call_failed"),
        ("unlabelled", Answer::text("x"), json!({"unscored": "unlabelled"}), "unscored"),
    ];
    let server = Server::by_prompt(rows.iter().map(|row| (row.0, row.1.clone())).collect());
    let expected = |id: &str| if id == "unlabelled" { Value::Null } else { json!({"text": id}) };
    let suite = suite(server.port(), "[replay]\nattempts = 1\n");
    let unpriced = &suite[..suite.find("[prices").expect("prices")];
    let suite = format!("{unpriced}{}", &suite[suite.find("[[scorers]]").expect("scorers")..]);
    let workspace =
        Workspace::new().prompts(rows.iter().map(|row| (row.0, expected(row.0)))).file("suite.toml", &suite);
    let outcome = workspace.cutover("run suite.toml --json");
    outcome
        .exit(0)
        .stderr("baseline 10/10 hits 0  spend unknown  failures 4\nnew 10/10 hits 0  spend unknown  failures 4\n");

    let trials = workspace.trials();
    for (id, _, expected, _) in &rows {
        for arm in ["baseline", "new"] {
            assert_eq!(trials[&((*id).to_owned(), arm.to_owned())]["outcome"], *expected, "{id}");
        }
    }
    let summary = workspace.summary();
    assert_eq!(serde_json::from_str::<Value>(&outcome.stdout).expect("is JSON"), summary);
    let run = workspace.run_dir();
    assert_eq!(outcome.stdout, std::fs::read_to_string(run.join("summary.json")).expect("is read"));
    let arm = &summary["results"]["arms"][1];
    for kind in ["passed", "failed_outcome", "rejected", "filtered", "cut", "refused", "call_failed", "unscored"] {
        // Every way of failing is one of the fails.
        let fails =
            |row: &&(&'static str, Answer, Value, &str)| row.3 == kind || kind == "failed_outcome" && row.2 == fail;
        assert_eq!(arm["accounting"][kind], json!(rows.iter().filter(fails).count()), "{kind}");
    }
    // Without a price nothing is known of the cost, least of all that it is nothing.
    assert_eq!(
        (&arm["cost"], &arm["spend"], &arm["estimates"]["cost_per_success"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    let markdown = std::fs::read_to_string(run.join("summary.md")).expect("is read");
    assert!(markdown.contains("unknown") && !markdown.contains('$'), "{markdown}");
}

#[test]
fn a_wrong_argument_is_a_tool_fault() {
    let case = json!({
        "id": "order",
        "messages": [{"role": "user", "content": "Where is order 7?"}],
        "tools": [{"type": "function", "function": {"name": "find_order", "parameters": {"type": "object",
            "properties": {"id": {"type": "integer"}}, "required": ["id"]}}}],
        "expected": {"tool_calls": [{"name": "find_order", "arguments": {"id": 7}}]},
    });
    let server = Server::start(|seen, _| {
        let id = if seen.model() == "old" { 7 } else { 8 };
        Answer::call("find_order", &json!({"id": id}).to_string())
    });
    let suite = suite(server.port(), "").replace("\"exact\"", "\"tool_call\"");
    let workspace = Workspace::new().file("cases.jsonl", &case.to_string()).file("suite.toml", &suite);
    workspace.cutover("run suite.toml").exit(0);
    assert!(server.seen().iter().all(|seen| seen.body["tools"] == case["tools"]), "{:?}", server.seen());
    let arms = &workspace.summary()["results"]["arms"];
    assert_eq!((&arms[0]["tool_faults"], &arms[1]["tool_faults"]), (&json!({}), &json!({"wrong_value": 1})));
    let rate = |arm: &Value| arm["estimates"]["tool_call_failure_rate"]["value"].clone();
    assert_eq!((rate(&arms[0]), rate(&arms[1])), (json!(0.0), json!(1.0)));
    let divergence = &workspace.summary()["results"]["comparisons"][0]["divergence"];
    let (kind, lost) = (&divergence["kinds"][2]["kind"], &divergence["kinds"][2]["lost"]);
    assert_eq!((&divergence["pairs"], kind, lost), (&json!(1), &json!("other_arguments"), &json!(1)));
}

#[test]
fn equal_arms_told_apart_by_salt_buy_answers_of_their_own_and_show_no_difference() {
    let server = Server::start(|seen, _| Answer::number(seen, seen.number() % 4 > 0));
    let suite = suite(server.port(), "[gate]\nrules = [{ metric = \"accuracy\", non_inferior = \"2pp\" }]\n")
        .replace("model = \"local/old\"\n", "model = \"local/old\"\nsalt = \"a\"\n")
        .replace("model = \"local/new\"\n", "model = \"local/old\"\nsalt = \"b\"\n")
        .replace("[prices.\"local/new\"]\ninput = 3.00\noutput = 6.00\n", "");
    let workspace = Workspace::new().numbers(60, server.port()).file("suite.toml", &suite);
    workspace.cutover("run suite.toml").exit(0);
    assert_eq!(server.seen().len(), 120);
    let fields = json!(["messages", "model"]);
    assert!(
        server
            .seen()
            .iter()
            .all(|seen| json!(seen.body.as_object().expect("fields").keys().collect::<Vec<_>>()) == fields)
    );
    let summary = workspace.summary();
    let change = &summary["results"]["comparisons"][0]["changes"][0];
    assert_eq!((&change["contrast"]["value"], &change["baseline"]["value"]), (&json!(0.0), &json!(0.75)));
    assert_eq!(summary["verdicts"][0]["decision"], "inconclusive");
}

#[test]
fn a_draw_takes_the_same_cases_every_time() {
    let server = Server::start(|seen, _| Answer::number(seen, true));
    let suite = suite(server.port(), "")
        .replace("path = \"cases.jsonl\"\n", "path = \"cases.jsonl\"\ndraw = { n = 10, by = [\"kind\"], seed = 7 }\n");
    let workspace = Workspace::new().numbers(60, server.port()).file("suite.toml", &suite);
    workspace.cutover("run suite.toml").exit(0);
    let evens = |seen: &[Seen]| seen.iter().filter(|seen| seen.number().is_multiple_of(2)).count();
    assert_eq!((server.seen().len(), evens(&server.seen())), (20, 10));
    let dataset = workspace.summary()["manifest"]["dataset"].clone();
    assert_eq!(
        (&dataset["cases"], &dataset["drawn"], &dataset["weights"]),
        (&json!(60), &json!(10), &json!([6.0, 6.0]))
    );
    workspace
        .cutover("run suite.toml --out again")
        .exit(0)
        .stderr("baseline 10/10 hits 10  $0.0000\nnew 10/10 hits 10  $0.0000\n");
    assert_eq!(server.seen().len(), 20);
}
