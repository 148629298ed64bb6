//! What can be done with a finished run and with the store: `report`, `show`, `cache`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::{Answer, Server, Workspace};

fn new_is_wrong_at_two() -> Server {
    Server::start(|seen, _| Answer::number(seen, seen.model() == "old" || seen.number() != 2))
}

#[test]
fn a_report_is_written_again_to_the_same_bytes_from_the_folder_alone() {
    let server = new_is_wrong_at_two();
    let workspace = Workspace::new().numbers(6, server.port());
    let run = workspace.cutover("run suite.toml");
    drop(server);
    for name in ["suite.toml", "cases.jsonl", ".cutover/store.sqlite"] {
        std::fs::remove_file(workspace.path(name)).expect("is removed");
    }
    let bytes = || -> BTreeMap<PathBuf, Vec<u8>> {
        let files = workspace.files().into_iter().filter(|path| path.starts_with(workspace.run_dir()));
        files.map(|path| (path.clone(), std::fs::read(path).expect("is read"))).collect()
    };
    let before = bytes();
    let folder = workspace.run_dir();
    for name in ["report.html", "summary.json", "summary.md", "card.png", "charts/forest.svg", "trials.jsonl"] {
        std::fs::remove_file(folder.join(name)).expect("is removed");
    }
    // A report replaces a link, and leaves what it points to alone.
    workspace.write("precious", "precious");
    std::os::unix::fs::symlink(workspace.path("precious"), folder.join("report.html")).expect("is linked");
    workspace.cutover("report").exit(0).stderr("").stdout(&run.stdout);
    assert_eq!(workspace.read("precious"), "precious");
    let mut after = bytes();
    // The journal is no longer needed once a run is finished.
    after.insert(folder.join("trials.jsonl"), before[&folder.join("trials.jsonl")].clone());
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    assert!(before.iter().all(|(path, bytes)| after[path] == *bytes));
}

#[test]
fn a_case_is_shown_with_all_its_answers() {
    let server = new_is_wrong_at_two();
    let workspace = Workspace::new().numbers(4, server.port());
    workspace.cutover("run suite.toml").exit(0);
    let run = workspace.run_dir().file_name().expect("a name").to_string_lossy().into_owned();
    workspace.cutover("show n002").exit(0).stderr("").stdout(SHOWN);
    let example = json!({
        "case": "n002",
        "tags": {"kind": "even"},
        "prompt": "[user] number 2",
        "expected": "2",
        "answers": [
            {"arm": "baseline", "outcome": "pass", "failure": null, "text": "2", "tool_calls": [], "why": []},
            {"arm": "new", "outcome": {"fail": null}, "failure": null, "text": "wrong", "tool_calls": [],
                "why": ["exact: found \"wrong\", expected \"2\""]},
        ],
    });
    let shown: Value =
        serde_json::from_str(&workspace.cutover(&format!("show n002 {run} --json")).stdout).expect("is JSON");
    assert_eq!(shown, example);
    workspace
        .cutover("show n02")
        .exit(2)
        .stdout("")
        .stderr(&format!("error: the run {run} has no case `n02`\n  help: did you mean `n002`?\n"));
    workspace.cutover("show order").exit(2).stderr(&format!(
        "error: the run {run} has no case `order`\n  help: `trials.parquet` in the run's folder lists every case\n"
    ));

    let changed = workspace.read("cases.jsonl").replace("number 2", "count to 2");
    workspace.write("cases.jsonl", &changed);
    let without_case = SHOWN.replace("[user] number 2", "").replace("expected\n  2\n", "expected\n\n");
    workspace
        .cutover("show n002")
        .exit(0)
        .stderr("the case itself cannot be shown: cases.jsonl has changed since the run\n")
        .stdout(&without_case);
    std::fs::remove_file(workspace.path("cases.jsonl")).expect("is removed");
    workspace.cutover("show n002").exit(0).stderr(
        "the case itself cannot be shown: cases.jsonl: cannot read the dataset: No such file or directory (os error 2)\n  \
         help: the path in `[dataset]` is taken from the suite's own folder\n",
    );
}

const SHOWN: &str = "\
n002  kind=even

[user] number 2

expected
  2

┌─────────────────────────────────────────────────────────┐
│ baseline  ● pass   new  ■ fail                          │
╞═════════════════════════════════════════════════════════╡
│ 2                  wrong                                │
│                    (exact: found \"wrong\", expected \"2\") │
└─────────────────────────────────────────────────────────┘
";

#[test]
fn answers_travel_from_store_to_store() {
    let server = new_is_wrong_at_two();
    let workspace = Workspace::new().numbers(4, server.port());
    workspace.cutover("run suite.toml").exit(0);
    drop(server);
    let run = workspace.run_dir().file_name().expect("a name").to_string_lossy().into_owned();
    let outcome = workspace.cutover("cache stats --json");
    let stats: Value = serde_json::from_str(&outcome.stdout).expect("is JSON");
    assert_eq!((&stats["answers"], &stats["recordings"]), (&json!(8), &json!([[run, 8]])));
    let day = |ms: &Value| {
        let time = chrono::DateTime::from_timestamp_millis(ms.as_i64().expect("a time")).expect("a time");
        time.format("%Y-%m-%d %H:%M UTC").to_string()
    };
    workspace.cutover("cache stats").exit(0).stderr("").stdout(&format!(
        ".cutover/store.sqlite\nformat   3\nanswers  8\nbytes    {} (compressed)\noldest   {}\nnewest   {}\n\
         calls    8 done, 0 failed, 0 uncertain, 0 open\nspent    $0.0019 known\nrecording {run}  8\n",
        stats["bytes"],
        day(&stats["oldest"]),
        day(&stats["newest"]),
    ));

    let export = workspace.cutover("cache export");
    export.exit(0).stderr("8 answers exported\n");
    workspace.cutover("cache export --recording other").exit(0).stderr("0 answers exported\n").stdout("");
    workspace.cutover(&format!("cache export --recording {run}")).exit(0).stdout(&export.stdout);
    let other = Workspace::new()
        .file("suite.toml", &workspace.read("suite.toml"))
        .file("cases.jsonl", &workspace.read("cases.jsonl"))
        .file("answers.jsonl", &export.stdout);
    other.cutover("cache import answers.jsonl").exit(0).stdout("").stderr("8 answers added, 0 were there already\n");
    other.cutover("cache import answers.jsonl").exit(0).stderr("0 answers added, 8 were there already\n");
    other
        .cutover("run suite.toml --mode replay")
        .exit(0)
        .stderr("baseline 4/4 hits 4  $0.0000\nnew 4/4 hits 4  $0.0000\n");
    assert_eq!(other.cutover("cache export").stdout, export.stdout);
}

#[test]
fn a_store_or_an_export_that_is_none_is_named() {
    let workspace =
        Workspace::new().file("answers.jsonl", "{\"key\": \"00\"}\n").file("plain.sqlite", &"x".repeat(2000));
    for command in ["stats", "export"] {
        workspace.cutover(&format!("cache {command}")).exit(2).stdout("").stderr(
            "error: there is no store at .cutover/store.sqlite\n  help: `cutover run SUITE` makes one; `--store FILE` \
             names another\n",
        );
    }
    assert!(!workspace.path(".cutover").exists());
    workspace.cutover("cache import none.jsonl").exit(2).stderr(
        "error: cannot read none.jsonl: No such file or directory (os error 2)\n  help: name a file that `cutover cache \
         export` wrote\n",
    );
    workspace
        .cutover("cache import answers.jsonl")
        .exit(2)
        .stderr("error: answers.jsonl:1: not a stored answer: missing field `exchange` at line 1 column 13\n");
    workspace
        .cutover("cache stats --store plain.sqlite")
        .exit(1)
        .stderr("error: plain.sqlite is not a store that this version of cutover can read: file is not a database\n");
}

#[test]
fn a_miss_is_explained_by_the_nearest_stored_request() {
    let server = new_is_wrong_at_two();
    let workspace = Workspace::new().numbers(4, server.port());
    workspace.cutover("run suite.toml").exit(0);
    workspace
        .cutover("cache why-miss suite.toml n001")
        .exit(0)
        .stdout("baseline, repeat 0: stored\nnew, repeat 0: stored\n");
    let run = workspace.run_dir().file_name().expect("a name").to_string_lossy().into_owned();
    let text =
        workspace.read("suite.toml").replace("model = \"local/new\"", "model = \"local/new\"\ntemperature = 0.5");
    workspace.write("suite.toml", &text);
    workspace.cutover("cache why-miss suite.toml n001").exit(0).stdout(&format!(
        "baseline, repeat 0: stored\nnew, repeat 0: not stored; the nearest request, of {run}, differs in\n  \
         body.temperature: stored nothing, asked 0.5\n"
    ));
    workspace
        .cutover("cache why-miss suite.toml n0001")
        .exit(2)
        .stderr("error: there is no case `n0001`\n  help: did you mean `n000`?\n");
    workspace.cutover("cache verify").exit(0);
    workspace.cutover("cache gc --older-than 1 --dry-run").exit(0);
    assert_eq!(server.seen().len(), 8);
}
