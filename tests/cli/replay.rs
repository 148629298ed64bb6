//! Where answers come from: the store, the provider, or the one for want of the other.

use serde_json::{Value, json};

use crate::support::{Answer, Outcome, Seen, Server, Workspace, suite};

fn always_right(seen: &Seen, _: usize) -> Answer {
    Answer::number(seen, true)
}

/// The numbers of a `--json` run, without what was paid for them now.
fn numbers(outcome: &Outcome) -> Value {
    outcome.exit(0);
    let mut document: Value = serde_json::from_str(&outcome.stdout).expect("is JSON");
    for arm in document["results"]["arms"].as_array_mut().expect("arms") {
        let arm = arm.as_object_mut().expect("an arm");
        for count in ["spend", "from_store", "single_flight"] {
            arm.remove(count).expect("is there");
        }
    }
    json!([document["results"], document["verdicts"]])
}

#[test]
fn a_stored_answer_is_never_bought_again_and_gives_the_same_numbers_without_a_socket() {
    let server = Server::start(always_right);
    let workspace = Workspace::new().numbers(4, server.port());
    let first = workspace.cutover("run suite.toml --json");
    let second = workspace.cutover("run suite.toml --json");
    assert_eq!(server.seen().len(), 8);
    drop(server);
    let replayed = workspace.cutover("run suite.toml --mode replay --json");
    replayed.stderr("baseline 4/4 hits 4  $0.0000\nnew 4/4 hits 4  $0.0000\n");
    assert_eq!(numbers(&first), numbers(&second));
    assert_eq!(numbers(&first), numbers(&replayed));
}

#[test]
fn a_miss_in_replay_is_named_and_nothing_begins() {
    let server = Server::start(always_right);
    let workspace = Workspace::new().numbers(6, server.port());
    workspace.cutover("run suite.toml --mode replay").exit(7).stdout("").stderr(
        "error: 12 of 12 answers are not in the store, and `--mode replay` opens no socket: n000 (baseline), \
         n000 (new), n001 (baseline), n001 (new), n002 (baseline), n002 (new), n003 (baseline), n003 (new), \
         n004 (baseline), n004 (new) and 2 more\n  help: run once with `--mode auto` to buy them, or import recorded \
         answers with `cutover cache import FILE`\n",
    );
    let workspace = workspace.file("suite.toml", &suite(server.port(), "[replay]\nrepeats = 2\n")).cases(1);
    workspace.cutover("run suite.toml --mode replay").exit(7).stderr(
        "error: 4 of 4 answers are not in the store, and `--mode replay` opens no socket: n000 (baseline, repeat 0), \
         n000 (baseline, repeat 1), n000 (new, repeat 0), n000 (new, repeat 1)\n  help: run once with `--mode auto` to \
         buy them, or import recorded answers with `cutover cache import FILE`\n",
    );
    assert!(server.seen().is_empty() && workspace.runs().is_empty());
}

#[test]
fn repeats_are_answers_of_their_own_and_recording_buys_everything_anew() {
    let server = Server::start(always_right);
    let workspace =
        Workspace::new().numbers(2, server.port()).file("suite.toml", &suite(server.port(), "[replay]\nrepeats = 3\n"));
    workspace.cutover("run suite.toml").exit(0);
    assert_eq!(server.seen().len(), 12);
    workspace
        .cutover("run suite.toml --mode record")
        .exit(0)
        .stderr("baseline 6/6 hits 0  $0.0007\nnew 6/6 hits 0  $0.0022\n");
    assert_eq!(server.seen().len(), 24);
}

#[test]
fn a_damaged_answer_ends_a_replay_and_is_bought_anew_otherwise() {
    let server = Server::start(always_right);
    let workspace = Workspace::new().numbers(2, server.port());
    workspace.cutover("run suite.toml").exit(0);
    let trials = workspace.trials();
    let key = trials[&("n001".to_owned(), "new".to_owned())]["key"].as_str().expect("a key");
    let damage =
        format!("UPDATE answers SET sha256 = zeroblob(32) WHERE id = (SELECT id FROM keys WHERE key = x'{key}')");
    let store = rusqlite::Connection::open(workspace.path(".cutover/store.sqlite")).expect("opens");
    assert_eq!(store.execute(&damage, []).expect("is damaged"), 1);
    drop(store);

    workspace.cutover("run suite.toml --mode replay").exit(9).stderr(&format!(
        "error: the stored answer {key} is damaged: its hash does not match\n  help: run with `--mode auto` to buy it \
         anew, or import the answers again\n"
    ));
    workspace.cutover("cache export").exit(9);
    workspace.cutover("run suite.toml").exit(0).stderr(&format!(
        "the stored answer {key} is damaged (its hash does not match); it is bought anew\n\
         baseline 2/2 hits 2  $0.0000\nnew 2/2 hits 1  $0.0004\n"
    ));
    assert_eq!(server.seen().len(), 5);
    workspace.cutover("cache export").exit(0);
}

#[test]
fn two_processes_share_a_store() {
    let server = Server::start(always_right);
    let workspace = Workspace::new().numbers(40, server.port());
    let both = ["one", "two"]
        .map(|out| workspace.start(&format!("run suite.toml --json --store shared/answers.sqlite --out {out}")));
    for outcome in both.map(Outcome::of) {
        outcome.exit(0);
    }
    let bought = server.seen().len();
    assert!((80..=160).contains(&bought), "{bought}");
    let stats = workspace.cutover("cache stats --json --store shared/answers.sqlite").stdout;
    let stats: Value = serde_json::from_str(&stats).expect("is JSON");
    assert_eq!(stats["answers"], 80);
}
