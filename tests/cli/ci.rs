//! `cutover ci`: run, report and judge in one, as a pipeline needs it.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::{Answer, Hold, Outcome, Seen, Server, Workspace, signal, suite};

/// A rule that 60 equal pairs can pass.
const RULE: &str = "[gate]\nrules = [{ metric = \"accuracy\", non_inferior = \"10pp\" }]\n";

const NO_BUDGET: &str = "warning: no `budget_usd` in [replay]: nothing bounds what this pipeline may spend\n";

/// Whether the answer to a request is right.
type Right = fn(&Seen) -> bool;

fn workspace(server: &Server, cases: usize, more: &str) -> Workspace {
    Workspace::new().numbers(cases, server.port()).file("suite.toml", &suite(server.port(), &format!("{more}{RULE}")))
}

fn name(run: &std::path::Path) -> String {
    run.file_name().expect("a name").to_string_lossy().into_owned()
}

#[test]
fn the_verdict_is_the_exit_code_and_everything_is_written_before() {
    let rows: [(Right, &str, i32, i32); 4] = [
        (|_| true, "pass", 0, 0),
        (|seen| seen.model() == "old", "fail", 3, 3),
        (|seen| seen.number() % 4 != usize::from(seen.model() == "new"), "inconclusive", 4, 0),
        (|_| true, "no-data", 5, 5),
    ];
    for (right, decision, code, lenient) in rows {
        let server = Server::start(move |seen, _| Answer::number(seen, right(seen)));
        // Ten pairs are fewer than the gate asks for.
        let cases = if decision == "no-data" { 10 } else { 60 };
        let workspace = workspace(&server, cases, "");
        let outcome = workspace.cutover("ci suite.toml");
        outcome.exit(code);
        assert_eq!(workspace.summary()["verdicts"][0]["decision"], decision);
        let run = workspace.run_dir();
        for file in ["report.html", "summary.md", "card.png", "trials.parquet"] {
            assert!(run.join(file).is_file(), "{decision} {file}");
        }
        workspace.cutover("ci suite.toml --fail-on fail").exit(lenient);
        workspace.cutover("ci suite.toml --fail-on never --candidate new").exit(0);
        assert_eq!(server.seen().len(), 2 * cases);
        let gate = workspace.cutover(&format!("gate {}", name(&run)));
        gate.exit(code);
        assert_eq!(outcome.stdout, format!("{}\nresults/{}/report.html\n", gate.stdout, name(&run)));
    }
}

#[test]
fn what_it_prints_is_the_verdict_and_where_the_report_is() {
    let server = Server::start(|seen, _| Answer::number(seen, true));
    let workspace = workspace(&server, 60, "");
    let outcome = workspace.cutover("ci suite.toml");
    outcome.exit(0).stdout(&format!(
        "● PASS  new  (old → new)\n  ● PASS  Accuracy is not worse by more than 10 pp: 0.0 pp [−6.0, +6.0], n = 60.\n\n\
         results/{}/report.html\n",
        name(&workspace.run_dir())
    ));
    outcome.stderr(&format!("{NO_BUDGET}baseline 60/60 hits 0  $0.0072\nnew 60/60 hits 0  $0.0216\n"));
    let json: Value = serde_json::from_str(&workspace.cutover("ci suite.toml --json").stdout).expect("is JSON");
    assert_eq!(json["verdicts"][0]["decision"], "pass");
    workspace
        .cutover("ci suite.toml --candidate nwe")
        .exit(2)
        .stderr("error: the suite has no candidate `nwe`\n  help: did you mean `new`?\n");
}

fn with_key(port: u16, more: &str) -> String {
    suite(port, &format!("{more}{RULE}")).replace("/v1\"\n", "/v1\"\napi_key_env = \"LOCAL_KEY\"\n")
}

#[test]
fn without_a_key_stored_answers_alone_decide() {
    let server = Server::start(|seen, _| Answer::number(seen, true));
    let budget = "[replay]\nmax_output_tokens = 16\nbudget_usd = 1\n";
    let workspace = Workspace::new().numbers(60, server.port()).file("suite.toml", &with_key(server.port(), budget));
    let note = "LOCAL_KEY is not set: stored answers alone decide, as with `--mode replay`\n";
    let missed = workspace.cutover("ci suite.toml");
    missed.exit(7).stdout("");
    let start = format!("{note}error: 120 of 120 answers are not in the store, and `--mode replay` opens no socket: ");
    assert!(missed.stderr.starts_with(&start), "{}", missed.stderr);
    assert!(server.seen().is_empty() && workspace.runs().is_empty());

    let key = [("LOCAL_KEY", "sk-1")];
    workspace
        .cutover_with("ci suite.toml", &key)
        .exit(0)
        .stderr("baseline 60/60 hits 0  $0.0072\nnew 60/60 hits 0  $0.0216\n");
    let replayed = workspace.cutover("ci suite.toml --out replayed");
    replayed.exit(0).stderr(&format!("{note}baseline 60/60 hits 60  $0.0000\nnew 60/60 hits 60  $0.0000\n"));
    assert_eq!(server.seen().len(), 120);
    // Who says where answers come from is taken at their word.
    workspace.write(
        "suite.toml",
        &workspace.read("suite.toml").replace("model = \"local/new\"", "model = \"local/new\"\nseed = 1"),
    );
    workspace.cutover("ci suite.toml --mode auto").exit(2).stderr(
        "error: the environment variable LOCAL_KEY is not set, and answers must be bought with its key\n  help: `export \
         LOCAL_KEY=...`, or `--mode replay` to use stored answers alone\n",
    );
}

#[test]
fn under_github_actions_the_verdict_is_annotated_and_summarized() {
    let server = Server::start(|seen, _| Answer::number(seen, seen.model() == "old"));
    let workspace = workspace(&server, 60, "").file("step.md", "before\n");
    let quiet = workspace.cutover("ci suite.toml");
    quiet.exit(3);
    assert!(!quiet.stderr.contains("::"), "{}", quiet.stderr);
    let run = workspace.run_dir();
    let step = workspace.path("step.md").display().to_string();
    let environment = [("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", step.as_str())];
    let outcome = workspace.cutover_with("ci suite.toml --json", &environment);
    outcome.exit(3);
    let annotation = "::error file=suite.toml,line=20,title=cutover new%3A FAIL::Accuracy is worse beyond the margin of 10 pp: \
                      −100.0 pp [−100.0, −88.0], n = 60.\n";
    assert!(outcome.stderr.ends_with(annotation), "{}", outcome.stderr);
    assert!(serde_json::from_str::<Value>(&outcome.stdout).is_ok());
    let second = workspace.runs().into_iter().find(|other| *other != run).expect("a second run");
    let summary = std::fs::read_to_string(second.join("summary.md")).expect("is read");
    assert_eq!(workspace.read("step.md"), format!("before\n{summary}"));

    let lenient = workspace.cutover_with("ci suite.toml --fail-on never", &[("GITHUB_ACTIONS", "true")]);
    lenient.exit(0);
    assert!(lenient.stderr.contains("\n::warning file=suite.toml,line=20,"), "{}", lenient.stderr);
    let nowhere = workspace.cutover_with("ci suite.toml", &[("GITHUB_STEP_SUMMARY", "missing/step.md")]);
    nowhere.exit(3);
    assert!(nowhere.stderr.contains("\nthe step summary cannot be written: "), "{}", nowhere.stderr);
}

/// A server on which the candidate is wrong until so many requests have come.
fn recovers_after(requests: usize) -> Server {
    Server::start(move |seen, before| Answer::number(seen, seen.model() == "old" || before >= requests))
}

/// The runs, the one that confirms another last.
fn first_and_second(workspace: &Workspace) -> (PathBuf, PathBuf) {
    let confirms = |run: &PathBuf| !manifest(run)["confirms"].is_null();
    let mut runs = workspace.runs();
    runs.sort_by_key(confirms);
    assert_eq!(runs.iter().filter(|run| confirms(run)).count(), 1, "{runs:?}");
    (runs[0].clone(), runs.pop().expect("a run"))
}

fn manifest(run: &std::path::Path) -> Value {
    serde_json::from_slice(&std::fs::read(run.join("manifest.json")).expect("is read")).expect("is JSON")
}

#[test]
fn a_confirmation_asks_every_arm_again_and_alone_decides() {
    let server = recovers_after(120);
    let workspace = workspace(&server, 60, "");
    let outcome = workspace.cutover("ci suite.toml --confirm");
    outcome.exit(0);
    let (first, second) = first_and_second(&workspace);
    outcome.stdout(&format!(
        "first verdict, which does not count (run {}):\n■ FAIL  new  (old → new)\n  ■ FAIL  Accuracy is worse beyond the \
         margin of 10 pp: −100.0 pp [−100.0, −88.0], n = 60.\n\non fresh answers of every arm, which alone decide:\n\
         ● PASS  new  (old → new)\n  ● PASS  Accuracy is not worse by more than 10 pp: 0.0 pp [−6.0, +6.0], n = 60.\n\n\
         results/{}/report.html\n",
        name(&first),
        name(&second)
    ));
    assert_eq!(server.seen().len(), 240);
    assert_eq!((&manifest(&second)["confirms"], &manifest(&second)["first_repeat"]), (&json!(name(&first)), &json!(1)));
    assert!(manifest(&first).get("confirms").is_none() && manifest(&first).get("first_repeat").is_none());
    assert_ne!(manifest(&first)["plan_hash"], manifest(&second)["plan_hash"]);
    let journal = std::fs::read_to_string(second.join("trials.jsonl")).expect("is read");
    assert!(journal.lines().count() == 120 && journal.lines().all(|line| line.contains("\"repeat\":1,")), "{journal}");
    let summary = std::fs::read_to_string(second.join("summary.md")).expect("is read");
    let warning = format!("bought because the run {} did not pass", name(&first));
    assert!(summary.contains(&warning) && summary.contains("in up to 5% of runs, not 2.5%"), "{summary}");

    // What a confirmation found is found again: asking once more buys no other verdict.
    workspace.cutover("ci suite.toml --confirm").exit(0);
    assert_eq!(server.seen().len(), 240);
    workspace.cutover(&format!("gate {}", name(&second))).exit(0);
    let report = workspace.cutover(&format!("report {} --json", name(&second)));
    let report: Value = serde_json::from_str(&report.stdout).expect("is JSON");
    assert_eq!(report["verdicts"][0]["decision"], "pass");
}

#[test]
fn a_confirmation_may_confirm_and_what_passed_needs_none() {
    let server = recovers_after(usize::MAX);
    let failing = workspace(&server, 60, "");
    failing.cutover("ci suite.toml --confirm").exit(3);
    assert_eq!(server.seen().len(), 240);
    let server = recovers_after(0);
    let passing = workspace(&server, 60, "");
    passing.cutover("ci suite.toml --confirm").exit(0);
    assert_eq!((server.seen().len(), passing.runs().len()), (120, 1));
}

#[test]
fn a_confirmation_that_cannot_be_had_is_no_verdict() {
    let server = recovers_after(usize::MAX);
    let workspace = workspace(&server, 60, "");
    workspace.cutover("run suite.toml").exit(0);
    let outcome = workspace.cutover("ci suite.toml --confirm --mode replay");
    outcome.exit(7);
    assert!(outcome.stdout.contains("■ FAIL  new  (old → new)"), "{}", outcome.stdout);
    assert!(outcome.stderr.contains("n000 (baseline, repeat 1), n000 (new, repeat 1)"), "{}", outcome.stderr);
    assert_eq!(server.seen().len(), 120);

    let suite = workspace
        .read("suite.toml")
        .replace("model = \"local/old\"", "model = \"recorded\"\npriced_as = \"local/old\"");
    workspace.write("suite.toml", &suite);
    workspace.cutover("ci suite.toml --confirm").exit(2).stderr(
        "error: `--confirm` asks every arm again, and the recorded answers of the baseline cannot be asked for again\n  \
         help: draw other cases of the same traffic instead: another `seed` in `draw`\n",
    );
}

#[test]
fn a_run_and_its_confirmation_share_one_budget() {
    let server = recovers_after(usize::MAX);
    let budget = "[replay]\nmax_output_tokens = 16\nconcurrency = 1\nbudget_usd = 0.003\n";
    let workspace = workspace(&server, 4, budget);
    let suite = workspace.read("suite.toml").replace("[gate]\n", "[gate]\nmin_pairs = 1\n");
    workspace.write("suite.toml", &suite);
    // Four pairs cost $0.00192, and two times that is more than there is.
    workspace.cutover("run suite.toml").exit(0);
    std::fs::remove_dir_all(workspace.path(".cutover")).expect("is removed");
    std::fs::remove_dir_all(workspace.path("results")).expect("is removed");
    let outcome = workspace.cutover("ci suite.toml --confirm");
    outcome.exit(6);
    assert!(outcome.stderr.contains("error: the budget has $"), "{}", outcome.stderr);
}

#[test]
fn an_interrupted_confirmation_finishes_what_is_in_flight() {
    let hold = Arc::new(Hold::default());
    let server = Server::held(&hold, |seen| Answer::number(seen, seen.model() == "old"));
    let workspace = workspace(&server, 60, "[replay]\nconcurrency = 4\n");
    hold.release(120);
    let mut child = workspace.start("ci suite.toml --confirm");
    server.wait_for(124);
    signal(&child, "INT");
    // One byte at a time, so that what follows is left to be read.
    let mut stderr = BufReader::with_capacity(1, child.stderr.as_mut().expect("is piped"));
    let mut line = String::new();
    while !line.starts_with("finishing the calls in flight") {
        line.clear();
        assert!(stderr.read_line(&mut line).expect("is read") > 0, "the process has heard nothing");
    }
    hold.release(124);
    let outcome = Outcome::of(child);
    outcome.exit(130);
    assert!(outcome.stderr.contains("error: stopped: 4 of 120 trials are saved"), "{}", outcome.stderr);
    assert_eq!(server.seen().len(), 124);
}
