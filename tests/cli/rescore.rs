//! `cutover rescore`: the same answers, judged by the suite and the dataset of now.

use serde_json::Value;

use crate::judges::JUDGE;
use crate::support::{Answer, Server, Workspace, suite};

/// A run of four numbers in which the candidate is right, and the baseline on the odd ones; the server is gone.
fn four() -> (Workspace, u16) {
    let server = Server::start(|seen, _| Answer::number(seen, seen.model() == "new" || seen.number() % 2 == 1));
    let workspace = Workspace::new().numbers(4, server.port());
    workspace.cutover("run suite.toml").exit(0);
    (workspace, server.port())
}

fn manifest(workspace: &Workspace) -> Value {
    let text = std::fs::read(workspace.run_dir().join("manifest.json")).expect("is read");
    serde_json::from_slice(&text).expect("is JSON")
}

/// Every file of the run with its bytes, in order.
fn bytes(workspace: &Workspace) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut files: Vec<_> =
        workspace.files().into_iter().filter(|path| path.starts_with(workspace.path("results"))).collect();
    files.sort();
    files.into_iter().map(|path| (path.clone(), std::fs::read(path).expect("is read"))).collect()
}

#[test]
fn other_expectations_make_other_outcomes_of_the_same_answers() {
    let (workspace, port) = four();
    let before = manifest(&workspace);
    assert_eq!(before.get("rescored"), None);
    let same = workspace.cutover("rescore");
    same.exit(0).stderr("");
    assert!(same.stdout.ends_with("\n\nrescored 8 answers: 0 outcomes changed\n"), "{}", same.stdout);

    // What was wrong is right now, and the other way round.
    workspace.write("cases.jsonl", &workspace.read("cases.jsonl").replace("{\"text\":\"0\"}", "{\"text\":\"wrong\"}"));
    let outcome = workspace.cutover("rescore");
    outcome.exit(0).stderr("");
    let told = "\n\nrescored 8 answers: 2 outcomes changed (baseline 1, new 1); judgements that changed: exact 2\n  \
                n000 (baseline): fail → pass\n  n000 (new): pass → fail\n";
    assert!(outcome.stdout.ends_with(told), "{}", outcome.stdout);
    let after = manifest(&workspace);
    assert_eq!(after["rescored"]["changed"], 2);
    assert_eq!(after["rescored"]["dataset_sha256"], after["dataset"]["sha256"]);
    assert_ne!(after["dataset"]["sha256"], before["dataset"]["sha256"]);
    assert_ne!(after["plan_hash"], before["plan_hash"]);
    assert_eq!((&after["started_at"], &after["arms"]), (&before["started_at"], &before["arms"]));
    let rates = |arm: usize| workspace.summary()["results"]["arms"][arm]["accounting"].clone();
    assert_eq!((rates(0)["passed"].clone(), rates(1)["passed"].clone()), (3.into(), 3.into()));

    // The report of the folder alone is the same, and so is that of a fresh run from the store.
    let page = std::fs::read(workspace.run_dir().join("report.html")).expect("is read");
    workspace.cutover("report").exit(0);
    assert_eq!(std::fs::read(workspace.run_dir().join("report.html")).expect("is read"), page);

    // Scorers and rules of the suite apply as well.
    let rules = "compare = \"verbatim\"\n[[scorers]]\nkind = \"contains\"\ntext = \"1\"\n[gate]\nmin_pairs = 1\n\
                 rules = [{ metric = \"accuracy\", min = \"90%\" }]\n";
    workspace.write("other.toml", &suite(port, rules));
    let outcome = workspace.cutover("rescore --suite other.toml");
    outcome.exit(0);
    assert!(outcome.stdout.contains("judgements that changed: contains 8"), "{}", outcome.stdout);
    assert_eq!(workspace.summary()["verdicts"][0]["findings"].as_array().map(Vec::len), Some(1));
}

#[test]
fn other_requests_and_other_trials_are_refused_and_the_run_stays_as_it_was() {
    let (workspace, port) = four();
    let before = bytes(&workspace);
    let run = workspace.run_dir().file_name().expect("a name").to_string_lossy().into_owned();
    let cases = workspace.read("cases.jsonl");
    let lines: Vec<&str> = cases.lines().collect();
    workspace
        .write("cases.jsonl", &format!("{}\n{}\n", lines[0].replace("number 0", "Number 0"), lines[1..3].join("\n")));
    workspace.cutover("rescore").exit(9).stdout("").stderr(&format!(
        "error: 2 cases differ from what the run {run} asked: `n000` asks something else, `n003` is gone\n  help: put the \
         cases back as they were, or `cutover run` the suite: of what did not change, answers that are stored are not bought \
         again\n"
    ));
    workspace.write("cases.jsonl", &cases);
    workspace.write("suite.toml", &suite(port, "[candidates.more]\nmodel = \"local/more\"\n[replay]\nrepeats = 2\n"));
    workspace.cutover("rescore").exit(2).stdout("").stderr(&format!(
        "error: suite.toml asks for other trials than the run {run} has: arms: baseline, new then, baseline, more, new now; \
         repeats: 1 then, 2 now\n  help: `cutover run` makes a run of it, and takes every answer from the store that is there\n"
    ));
    assert_eq!(bytes(&workspace), before);
}

#[test]
fn what_a_crash_left_half_made_is_no_part_of_the_run() {
    let (workspace, _) = four();
    let folder = workspace.run_dir();
    let half = folder.join(".anew");
    std::fs::create_dir(&half).expect("is made");
    std::fs::write(half.join("trials.parquet"), "half").expect("is written");
    workspace.cutover("report").exit(0);
    workspace.cutover("rescore").exit(0);
    assert!(!half.exists());
    // Whole, but not yet in its place.
    let whole = folder.join(".anew-whole");
    std::fs::create_dir(&whole).expect("is made");
    let changed = std::fs::read_to_string(folder.join("manifest.json"))
        .expect("is read")
        .replace("\"changed\": 0", "\"changed\": 7");
    std::fs::write(whole.join("manifest.json"), changed).expect("is written");
    workspace.cutover("gate").exit(5);
    assert_eq!(manifest(&workspace)["rescored"]["changed"], 7);
    assert!(!whole.exists());
}

#[test]
fn what_judges_said_stands_and_one_with_another_rubric_says_nothing() {
    let server = Server::start(|seen, _| match seen.model() {
        "referee" => Answer::text("{\"reason\": \"so\", \"verdict\": \"fail\"}"),
        _ => Answer::number(seen, true),
    });
    let judged = suite(server.port(), JUDGE);
    let workspace = Workspace::new().numbers(4, server.port()).file("suite.toml", &judged);
    workspace.cutover("run suite.toml").exit(0);
    let (asked, passed) =
        (server.seen().len(), |arm: usize| workspace.summary()["results"]["arms"][arm]["accounting"]["passed"].clone());
    assert_eq!((passed(0), passed(1)), (0.into(), 0.into()));

    let same = workspace.cutover("rescore");
    same.exit(0).stderr("");
    assert!(same.stdout.ends_with("rescored 8 answers: 0 outcomes changed\n"), "{}", same.stdout);
    assert_eq!((passed(0), passed(1)), (0.into(), 0.into()));

    workspace.write("suite.toml", &judged.replace("Is the number right?", "Is it polite?"));
    let told = "the judge `helpful` was not asked this, and a rescoring asks nobody: `cutover run` asks it\n";
    workspace.cutover("rescore").exit(0).stderr(told);
    assert_eq!((passed(0), passed(1)), (4.into(), 4.into()));
    assert_eq!(server.seen().len(), asked);
}
