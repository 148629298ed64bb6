//! Scorers that measure more than pass or fail: grades and classes, from the answers to the report and the gate.

use serde_json::{Value, json};

use crate::support::{Answer, Seen, Server, Workspace, suite};

/// The old model is always right. The new one mistakes every sixth number's class, and names none for 5, 15, 25, …
fn classes(seen: &Seen, _: usize) -> Answer {
    let number = seen.number();
    let [right, wrong] = if number.is_multiple_of(2) { ["spam", "ham"] } else { ["ham", "spam"] };
    match number {
        number if seen.model() == "new" && number.is_multiple_of(6) => Answer::text(wrong),
        number if seen.model() == "new" && number % 10 == 5 => Answer::text("maybe"),
        _ => Answer::text(right),
    }
}

fn cases() -> String {
    let case = |number: usize| {
        let class = if number.is_multiple_of(2) { "spam" } else { "ham" };
        let messages = json!([{"role": "user", "content": format!("number {number}")}]);
        format!("{}\n", json!({"id": format!("n{number:03}"), "messages": messages, "expected": {"text": class}}))
    };
    (0..60).map(case).collect()
}

const SCORERS: &str = "[[scorers]]\nkind = \"label\"\nlabels = [\"spam\", \"ham\"]\n\
                       [[scorers]]\nkind = \"token_f1\"\nname = \"words\"\n";

fn with_scorers(suite: &str, scorers: &str) -> String {
    suite.replace("[[scorers]]\nkind = \"exact\"\n", scorers)
}

#[track_caller]
fn close(found: &Value, expected: f64) {
    assert!(found.as_f64().is_some_and(|found| (found - expected).abs() < 1e-9), "{found} is not {expected}");
}

#[test]
fn grades_and_classes_are_compared_shown_and_gated() {
    let server = Server::start(classes);
    let rule = "[gate]\nrules = [{ metric = \"score:words\", non_inferior = \"2pp\" }]\n";
    let suite = with_scorers(&suite(server.port(), rule), SCORERS);
    let workspace = Workspace::new().file("cases.jsonl", &cases()).file("suite.toml", &suite);
    workspace.cutover("ci suite.toml").exit(3);

    let summary = workspace.summary();
    let results = &summary["results"];
    // F1 by hand: ham 2·24 ÷ (30 + 34), spam 2·20 ÷ (30 + 20).
    let new = &results["arms"][1]["confusions"][0];
    assert_eq!(new["labels"], json!(["ham", "spam", "(none of the list)"]));
    assert_eq!(new["matrix"], json!([[24.0, 0.0, 6.0], [10.0, 20.0, 0.0], [0.0, 0.0, 0.0]]));
    close(&new["classes"][0]["precision"], 24.0 / 34.0);
    close(&new["classes"][0]["recall"], 0.8);
    close(&new["macro_f1"], f64::midpoint(0.75, 0.8));
    assert_eq!(new["classes"][2]["f1"], Value::Null);
    let changes = results["comparisons"][0]["changes"].as_array().expect("a list");
    let change = |name: &str| changes.iter().find(|change| change["metric"] == name).expect(name);
    close(&change("score:words")["contrast"]["value"], -16.0 / 60.0);
    close(&change("macro_f1:label")["contrast"]["value"], -0.225);
    let interval = &change("macro_f1:label")["contrast"]["interval"];
    assert!(interval["low"].as_f64() < Some(-0.225) && interval["high"].as_f64() > Some(-0.225), "{interval}");
    close(&results["arms"][1]["estimates"]["score:words"]["value"], 44.0 / 60.0);
    let finding = &summary["verdicts"][0]["findings"][0];
    assert_eq!((&finding["rule"]["metric"], &finding["decision"]), (&json!("score:words"), &json!("fail")));

    for file in ["summary.md", "report.html"] {
        let text = std::fs::read_to_string(workspace.run_dir().join(file)).expect("is written");
        for words in ["Mean grade of words", "Macro F1 of label", "expected class by found class", "(none of the list)"]
        {
            assert!(text.contains(words), "{file}: {words}");
        }
    }
    let outcome = workspace.cutover("report");
    assert!(outcome.stdout.contains("new: classes by label"), "{}", outcome.stdout);
}

#[test]
fn what_is_wrong_with_scorers_and_their_rules_is_named_by_its_line() {
    let scorers = r#"[[scorers]]
kind = "json"
paths = [
  { path = "$.id", ignore = true },
  { path = "items", ignore = true },
]
[[scorers]]
kind = "rouge_l"
name = "a b"
[[scorers]]
kind = "label"
labels = ["spam"]
"#;
    let broken = with_scorers(&suite(9, ""), scorers);
    let workspace = Workspace::new().numbers(2, 9).file("suite.toml", &broken);
    workspace.cutover("run suite.toml").exit(2).stderr(BROKEN);
    let twice = "[[scorers]]\nkind = \"token_f1\"\n[[scorers]]\nkind = \"exact\"\nname = \"token_f1\"\n";
    let rules = "[gate]\nrules = [\n  { metric = \"score:token_f2\", non_inferior = \"2pp\" },\n  \
                 { metric = \"macro_f1:label\", non_inferior = \"2pp\" },\n]\n";
    let broken = with_scorers(&suite(9, rules), twice);
    let workspace = workspace.file("suite.toml", &broken);
    workspace.cutover("run suite.toml").exit(2).stderr(TWICE);
}

const BROKEN: &str = "\
error: suite.toml:21: scorer `json`: `items` does not begin with `$`
  help: for example `{ path = \"$.items[*].price\", tolerance = 0.01 }`; a rule has `ignore`, `tolerance`, `relative`, `unordered` or `optional`
error: suite.toml:25: `a b` is no name for a scorer
  help: use letters, digits, `-` and `_`, and not the word `answer`
error: suite.toml:28: scorer `label`: a classification has two labels at least
  help: list every class that an answer may name, for example `labels = [\"spam\", \"ham\"]`
3 errors
";

const TWICE: &str = "\
error: suite.toml:21: another scorer is named `token_f1` too
  help: a name tells scorers apart; the kind is the name of one that is given none
error: suite.toml:24: no scorer that gives grades is named `token_f2`
  help: did you mean `token_f1`?
error: suite.toml:25: unknown metric `macro_f1:label`
  help: a rule may ask for `accuracy`, `tool_call_failure_rate`, `cost_per_success`, `latency_p95`, `latency_p99`, `latency_typical`, `first_token_p50`, `first_token_p95`, and `score:NAME` of a scorer that gives grades
3 errors
";
