//! A run that may stop early: it stops where the answers decide, wherever they come from and in whatever order.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::resume::interrupt;
use crate::support::{Answer, Hold, Outcome, Seen, Server, Workspace, suite};

const CASES: usize = 120;

/// A suite that may stop early, by one rule.
fn early(port: u16, more: &str) -> String {
    let more = format!(
        "[replay]\nconcurrency = 4\nstop_early = true\n[gate]\nmin_pairs = 20\n\
         rules = [{{ metric = \"accuracy\", non_inferior = \"5pp\" }}]\n{more}"
    );
    suite(port, &more)
}

pub(super) fn workspace(server: &Server) -> Workspace {
    Workspace::new().cases(CASES).file("suite.toml", &early(server.port(), ""))
}

/// The new model is always right, the old one wrong at every third number.
pub(super) fn better(seen: &Seen) -> Answer {
    Answer::number(seen, seen.model() == "new" || !seen.number().is_multiple_of(3))
}

/// Where the run stopped, and what it measured.
fn stop(summary: &Value) -> (u64, Value, Value) {
    let results = &summary["results"];
    let cases = summary["manifest"]["stopped_early"]["cases"].as_u64().expect("stopped early");
    let accounting = results["arms"].as_array().expect("arms").iter().map(|arm| arm["accounting"].clone()).collect();
    (cases, results["comparisons"][0]["changes"][0].clone(), accounting)
}

#[test]
fn a_clearly_better_candidate_stops_early_and_passes() {
    let server = Server::start(|seen, _| better(seen));
    let workspace = workspace(&server);
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(0);
    let asked = server.seen().len();
    let summary = workspace.summary();
    let (cases, accuracy, accounting) = stop(&summary);
    let stopped = &summary["manifest"]["stopped_early"];
    let beyond = stopped["beyond"].as_u64().expect("a count");
    assert!((20..CASES as u64 / 2).contains(&cases), "{cases}");
    assert_eq!((asked as u64, &stopped["planned"]), (2 * cases + beyond, &json!(CASES)));
    assert!(beyond <= 8, "{beyond} trials had begun");
    assert_eq!(accounting[0]["planned"], cases);
    assert_eq!(accuracy["pairs"], cases);
    assert_eq!(accuracy["contrast"]["method"], "confidence sequence, e-process");
    assert_eq!(accuracy["contrast"]["interval"]["confidence"], 0.99);
    assert_eq!(accuracy["p_value"], Value::Null);
    let not_needed = 2 * CASES - asked;
    let note = format!(
        "stopped early after {cases} of 120 cases: every rule that can be read after every case is decided; \
         {not_needed} calls were not needed\n"
    );
    assert!(outcome.stderr.ends_with(&note), "{}", outcome.stderr);
    let words = outcome.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let warning = format!(
        "Stopped early after {cases} of 120 cases: every rule that can be read after every case was decided. The \
         estimates lean away from the margins (they are biased when a run stops early); the intervals of accuracy and of \
         the tool-call failure rate are confidence sequences at 99%, which hold at any time. Cost, latency and all else \
         were read once, at the stop, and did not trigger it."
    );
    assert!(words.contains(&warning), "{words}");

    workspace.cutover("gate").exit(0).stderr("");
    let before = workspace.summary();
    workspace.cutover("report").exit(0);
    assert_eq!(workspace.summary(), before);
}

#[test]
fn a_clearly_worse_candidate_stops_early_and_fails() {
    let server =
        Server::start(|seen, _| Answer::number(seen, seen.model() == "old" || !seen.number().is_multiple_of(3)));
    let workspace = workspace(&server);
    workspace.cutover("run suite.toml").exit(0);
    assert!(server.seen().len() < CASES * 3 / 2);
    assert!(stop(&workspace.summary()).0 >= 20);
    workspace.cutover("gate").exit(3);
}

#[test]
fn an_equal_candidate_runs_to_the_end() {
    let server = Server::start(|seen, _| Answer::number(seen, !seen.number().is_multiple_of(3)));
    let workspace = workspace(&server);
    workspace.cutover("run suite.toml").exit(0);
    assert_eq!(server.seen().len(), 2 * CASES);
    let summary = workspace.summary();
    let contrast = &summary["results"]["comparisons"][0]["changes"][0]["contrast"];
    assert_eq!(summary["manifest"].get("stopped_early"), None);
    assert_eq!(contrast["method"], "Tango at 0.8 of the error, within the confidence sequence");
    // No disagreement: Tango's limit at 96 % is z²/(n + z²), and z² is 4.2179.
    let high = contrast["interval"]["high"].as_f64().expect("a limit");
    assert!((high - 4.2179 / 124.2179).abs() < 1e-5, "{high}");
    workspace.cutover("gate").exit(0);
}

#[test]
fn a_killed_run_and_a_replay_stop_where_an_undisturbed_run_does() {
    let hold = Arc::new(Hold::default());
    let server = Server::held(&hold, better);
    let killed = workspace(&server);
    let mut child = killed.start("run suite.toml");
    server.wait_for(4);
    hold.release(20);
    server.wait_for(24);
    child.kill().expect("is killed");
    child.wait().expect("ends");
    hold.release(usize::MAX);
    killed.cutover("run suite.toml").exit(0);
    assert_eq!(killed.runs().len(), 1);

    let undisturbed = workspace(&server);
    undisturbed.cutover("run suite.toml").exit(0);
    let expected = stop(&undisturbed.summary());
    assert_eq!(stop(&killed.summary()), expected);

    // The answers beyond the stop are not in the store, and are not missed.
    let asked = server.seen().len();
    undisturbed.cutover("run suite.toml --mode replay --out again").exit(0);
    let again =
        std::fs::read_dir(undisturbed.path("again")).expect("a folder").map(|entry| entry.expect("an entry").path());
    let run = again.into_iter().find(|path| path.is_dir()).expect("a run");
    let summary = std::fs::read(run.join("summary.json")).expect("a summary");
    assert_eq!(stop(&serde_json::from_slice(&summary).expect("is JSON")), expected);
    assert_eq!(server.seen().len(), asked);

    // Where they would be needed they are.
    undisturbed.write("suite.toml", &early(server.port(), "").replace("min_pairs = 20", "min_pairs = 100"));
    let outcome = undisturbed.cutover("run suite.toml --mode replay --out third");
    outcome.exit(7).stdout("");
    assert!(outcome.stderr.contains(" of 240 answers are not in the store"), "{}", outcome.stderr);
    assert!(
        std::fs::read_dir(undisturbed.path("third"))
            .expect("a folder")
            .all(|entry| !entry.expect("an entry").path().is_dir())
    );
}

#[test]
fn an_interrupted_run_goes_on_to_the_same_stop() {
    let hold = Arc::new(Hold::default());
    let server = Server::held(&hold, better);
    let workspace = workspace(&server);
    let mut child = workspace.start("run suite.toml");
    server.wait_for(4);
    hold.release(10);
    server.wait_for(14);
    interrupt(&mut child, "INT");
    hold.release(usize::MAX);
    Outcome::of(child).exit(130);
    workspace.cutover("run suite.toml").exit(0);
    let interrupted = stop(&workspace.summary());
    let undisturbed = self::workspace(&server);
    undisturbed.cutover("run suite.toml").exit(0);
    assert_eq!(interrupted, stop(&undisturbed.summary()));
}

#[test]
fn a_lock_holds_and_a_second_look_stops_early_too() {
    let server =
        Server::start(|seen, _| Answer::number(seen, seen.model() == "old" || !seen.number().is_multiple_of(3)));
    let workspace = workspace(&server);
    workspace.cutover("run suite.toml").exit(0);
    workspace.cutover("lock suite.toml").exit(0);
    workspace.cutover("gate --locked").exit(3);
    let stored = server.seen().len();
    workspace.cutover("ci suite.toml --locked --confirm").exit(3);
    let summaries = workspace.runs().into_iter().map(|run| {
        let text = std::fs::read(run.join("summary.json")).expect("a summary");
        serde_json::from_slice::<Value>(&text).expect("is JSON")
    });
    // The names of runs of one second come in any order.
    let mut stops: Vec<_> =
        summaries.map(|summary| (summary["manifest"]["first_repeat"].as_u64(), stop(&summary).0)).collect();
    stops.sort_unstable();
    let cases = stops[0].1;
    assert_eq!(stops, [(None, cases), (None, cases), (Some(1), cases)]);
    assert!(server.seen().len() >= stored + 2 * usize::try_from(cases).expect("a count"));
}

#[test]
fn only_a_suite_that_may_stop_early_has_another_plan() {
    let server = Server::start(|seen, _| better(seen));
    let hash = |suite: &str| {
        let workspace = Workspace::new().cases(2).file("suite.toml", suite);
        workspace.cutover("run suite.toml").exit(0);
        workspace.summary()["manifest"]["plan_hash"].as_str().expect("a hash").to_owned()
    };
    let stops = early(server.port(), "");
    let never = hash(&stops.replace("stop_early = true\n", ""));
    assert_eq!(hash(&stops.replace("stop_early = true", "stop_early = false")), never);
    assert_ne!(hash(&stops), never);
}

#[test]
fn cases_that_weigh_differently_are_refused_before_anything_is_sent() {
    let server = Server::start(|seen, _| better(seen));
    let cases: String = (0..4)
        .map(|number| {
            let messages = json!([{"role": "user", "content": format!("number {number}")}]);
            let expected = json!({"text": number.to_string()});
            format!(
                "{}\n",
                json!({"id": number.to_string(), "messages": messages, "expected": expected, "weight": number + 1})
            )
        })
        .collect();
    let workspace = workspace(&server).file("cases.jsonl", &cases);
    for command in ["run", "plan", "ci"] {
        let outcome = workspace.cutover(&format!("{command} suite.toml"));
        outcome.exit(2).stdout("");
        let message = "error: `stop_early` counts every case once, but the cases of cases.jsonl weigh from 1 to 4\n  help: \
                       draw without `by`, so that every case stands for as many, or leave `stop_early` out of [replay]\n";
        assert!(outcome.stderr.ends_with(message), "{}", outcome.stderr);
    }
    assert!(server.seen().is_empty() && workspace.runs().is_empty());
}

#[test]
fn without_a_rule_that_can_be_read_after_every_case_it_is_a_problem_of_the_suite() {
    let rules = "rules = [\n  { metric = \"accuracy\", non_inferior = \"2pp\", level = \"warn\" },\n  \
                 { metric = \"accuracy\", better = true },\n  { metric = \"cost_per_success\", max_ratio = 1.2 },\n]\n";
    let text = suite(9, &format!("[replay]\nstop_early = true\n[gate]\n{rules}"));
    let workspace = Workspace::new().cases(1).file("suite.toml", &text);
    workspace.cutover("run suite.toml").exit(2).stderr(
        "error: suite.toml:20: `stop_early` needs a rule of level error with `non_inferior`: no other can be read after \
         every case\n  help: add a rule such as `{ metric = \"accuracy\", non_inferior = \"2pp\" }` to [gate], or leave \
         `stop_early` out\n",
    );
    workspace.write("suite.toml", &text.replace("stop_early = true", "stop_early = 1"));
    workspace
        .cutover("run suite.toml")
        .exit(2)
        .stderr("error: suite.toml:20: `stop_early` is 1, but must be true or false\n");
}
