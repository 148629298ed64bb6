//! `cutover run --no-store`: answers stay in the run's own folder, and nothing is taken from elsewhere.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::resume::interrupt;
use crate::support::{Answer, Hold, Outcome, Seen, Server, Workspace, suite};
use crate::{closed_loop, early, judges, recorded};

/// What is said of a run that goes on.
const GOES_ON: &str = "this run keeps no store: what was on the way when it was stopped or killed may have been billed, \
                       nobody knows how much, and is asked again\n";

fn answer(seen: &Seen) -> Answer {
    Answer::number(seen, seen.model() == "new" || !seen.number().is_multiple_of(3))
}

/// Ten cases, of which four trials are in flight at a time.
fn four_at_a_time(server: &Server) -> Workspace {
    Workspace::new().cases(10).file("suite.toml", &suite(server.port(), "[replay]\nconcurrency = 4\n"))
}

/// Whether there is anything beside the suite, the cases and the runs.
fn keeps_nothing_else(workspace: &Workspace) -> bool {
    let ours = ["suite.toml", "cases.jsonl", "results"].map(|name| workspace.path(name));
    workspace.files().iter().all(|file| ours.iter().any(|path| file.starts_with(path)))
        && !workspace.path(".cutover").exists()
}

/// What every arm came to, without what it took from a store.
fn arms(summary: &Value) -> Vec<[Value; 4]> {
    let arms = summary["results"]["arms"].as_array().expect("arms").iter();
    arms.map(|arm| ["accounting", "cost", "tokens", "tool_faults"].map(|fact| arm[fact].clone())).collect()
}

/// Runs two equal workspaces, with a store and without one, which must come to the same.
#[track_caller]
fn both(make: impl Fn() -> Workspace) -> [Value; 2] {
    let [stored, unstored] = [make(), make()];
    stored.cutover("run suite.toml").exit(0);
    unstored.cutover("run suite.toml --no-store").exit(0);
    assert!(keeps_nothing_else(&unstored), "{:?}", unstored.files());
    let summaries = [stored.summary(), unstored.summary()];
    assert_eq!(arms(&summaries[0]), arms(&summaries[1]));
    let accuracy = |summary: &Value| summary["results"]["comparisons"][0]["changes"][0].clone();
    assert_eq!(accuracy(&summaries[0]), accuracy(&summaries[1]));
    summaries
}

#[test]
fn answers_stay_in_the_folder_of_the_run_and_a_second_run_asks_again() {
    let server = Server::start(|seen, _| answer(seen));
    let workspace = Workspace::new().numbers(6, server.port());
    for run in 1..=2 {
        workspace
            .cutover("run suite.toml --no-store")
            .exit(0)
            .stderr("baseline 6/6 hits 0  $0.0007\nnew 6/6 hits 0  $0.0022\n");
        assert_eq!((server.seen().len(), workspace.runs().len()), (run * 12, run));
        assert!(keeps_nothing_else(&workspace), "{:?}", workspace.files());
        for run in workspace.runs() {
            let text = std::fs::read_to_string(run.join("trials.jsonl")).expect("a journal");
            assert_eq!(text.lines().count(), 12);
            let page = std::fs::read_to_string(run.join("report.html")).expect("a report");
            assert!(page.contains("auto, without a store"));
        }
    }
}

#[test]
fn a_store_that_is_there_is_neither_read_nor_written() {
    let server = Server::start(|seen, _| answer(seen));
    let workspace = Workspace::new().numbers(6, server.port());
    workspace.cutover("run suite.toml --out stored").exit(0);
    let bytes = || {
        let kept = workspace.files().into_iter().filter(|file| file.starts_with(workspace.path(".cutover")));
        kept.map(|file| (file.clone(), std::fs::read(file).expect("is read"))).collect::<Vec<_>>()
    };
    let before = bytes();
    workspace.cutover("run suite.toml --no-store").exit(0);
    assert_eq!(server.seen().len(), 24);
    assert!(bytes() == before, "the store has changed");
    let manifest = &workspace.summary()["manifest"];
    assert_eq!((&manifest["no_store"], &manifest["uncertain"]), (&json!(true), &Value::Null));
    // A run with a store says nothing of it, so that older versions can read it.
    workspace.cutover("run suite.toml --out stored").exit(0);
    let folder = std::fs::read_dir(workspace.path("stored")).expect("is there").flatten();
    for run in folder.filter(|entry| entry.path().is_dir()) {
        let manifest = std::fs::read_to_string(run.path().join("manifest.json")).expect("a manifest");
        assert!(!manifest.contains("no_store"), "{manifest}");
    }
}

#[test]
fn equal_requests_are_each_bought_and_do_not_wait_for_each_other() {
    let hold = Arc::new(Hold::default());
    let server = Server::held(&hold, |_| Answer::text("yes"));
    let case = |number| json!({"id": format!("s{number}"), "messages": [{"role": "user", "content": "same"}], "expected": {"text": "yes"}});
    let cases: String = (0..4).map(|number| format!("{}\n", case(number))).collect();
    let workspace = Workspace::new().file("suite.toml", &suite(server.port(), "")).file("cases.jsonl", &cases);
    let child = workspace.start("run suite.toml --no-store");
    server.wait_for(8);
    hold.release(usize::MAX);
    Outcome::of(child).exit(0);
    assert_eq!(server.seen().len(), 8);
    for arm in workspace.summary()["results"]["arms"].as_array().expect("arms") {
        assert_eq!((&arm["accounting"]["passed"], &arm["from_store"]), (&json!(4), &json!(0)));
        assert_eq!((&arm["single_flight"], &arm["spend"]), (&json!(0), &arm["cost"]));
    }
}

#[test]
fn what_rests_on_a_store_is_refused_before_anything_is_made() {
    let budget = "[replay]\nmax_output_tokens = 50\nbudget_usd = 1.0\n";
    let workspace = Workspace::new().numbers(2, 9).file("budget.toml", &suite(9, budget));
    let rows = [
        (
            "suite.toml --no-store --store other.sqlite",
            "error: the argument '--no-store' cannot be used with '--store <FILE>'\n\n\
             Usage: cutover run --no-store <SUITE>\n\nFor more information, try '--help'.\n",
        ),
        (
            "suite.toml --no-store --mode replay",
            "error: `--mode replay` takes every answer from the store, and `--no-store` has none\n  help: leave one of \
             them out\n",
        ),
        (
            "suite.toml --no-store --mode record",
            "error: `--mode record` keeps every answer in the store, and `--no-store` has none\n  help: leave `--mode \
             record` out: without a store every answer is bought anew\n",
        ),
        (
            "budget.toml --no-store",
            "error: `budget_usd` holds also after a kill, because the store has every call on record before it is sent, \
             and `--no-store` has none\n  help: name a store for this run alone with `--store FILE` instead, or take \
             `budget_usd` out of [replay]\n",
        ),
    ];
    for (arguments, message) in rows {
        workspace.cutover(&format!("run {arguments}")).exit(2).stdout("").stderr(message);
    }
    assert_eq!(workspace.files().len(), 3, "{:?}", workspace.files());
}

#[test]
fn an_interrupted_run_goes_on_from_its_own_folder_and_says_what_nobody_knows() {
    let hold = Arc::new(Hold::default());
    let server = Server::held(&hold, answer);
    let workspace = four_at_a_time(&server);
    let mut child = workspace.start("run suite.toml --no-store");
    server.wait_for(4);
    interrupt(&mut child, "INT");
    hold.release(4);
    let outcome = Outcome::of(child);
    outcome.exit(130);
    assert!(outcome.stderr.contains("error: stopped: 4 of 20 trials are saved"), "{}", outcome.stderr);
    hold.release(usize::MAX);
    let outcome = workspace.cutover("run suite.toml --no-store");
    outcome.exit(0);
    assert!(outcome.stderr.starts_with(GOES_ON), "{}", outcome.stderr);
    assert_eq!((workspace.runs().len(), server.seen().len(), workspace.trials().len()), (1, 20, 20));
    let summary = workspace.summary();
    assert_eq!(summary["manifest"]["uncertain"], json!({"calls": null, "worst_case": null}));
    let words = outcome.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let warning = "The run keeps no store, and was stopped or killed before its end: it may have been billed for calls \
                   that it asked again, nobody knows how many and how much, beyond what is counted here.";
    assert!(words.contains(warning), "{words}");
    for arm in summary["results"]["arms"].as_array().expect("arms") {
        assert_eq!((&arm["spend"], &arm["from_store"]), (&arm["cost"], &json!(0)));
    }
    assert!(keeps_nothing_else(&workspace), "{:?}", workspace.files());
}

#[test]
fn a_killed_run_asks_again_for_what_its_folder_lacks() {
    let hold = Arc::new(Hold::default());
    let server = Server::held(&hold, answer);
    let workspace = four_at_a_time(&server);
    let mut child = workspace.start("run suite.toml --no-store");
    server.wait_for(4);
    hold.release(4);
    server.wait_for(8);
    child.kill().expect("is killed");
    child.wait().expect("ends");
    hold.release(usize::MAX);
    let saved = workspace.trials().len();
    assert!((1..=4).contains(&saved), "{saved}");
    workspace.cutover("run suite.toml --no-store").exit(0);
    assert_eq!((workspace.runs().len(), server.seen().len()), (1, 8 + 20 - saved));
    assert_eq!(workspace.summary()["manifest"]["uncertain"]["calls"], Value::Null);
    let undisturbed = four_at_a_time(&server);
    undisturbed.cutover("run suite.toml --no-store").exit(0);
    assert_eq!(arms(&workspace.summary()), arms(&undisturbed.summary()));
}

#[test]
fn a_run_with_a_store_and_one_without_do_not_go_on_with_each_other() {
    let [with, without] = ["run suite.toml", "run suite.toml --no-store"];
    for [first, second] in [[with, without], [without, with]] {
        let hold = Arc::new(Hold::default());
        let server = Server::held(&hold, answer);
        let workspace = four_at_a_time(&server);
        let mut child = workspace.start(first);
        server.wait_for(4);
        interrupt(&mut child, "INT");
        hold.release(usize::MAX);
        Outcome::of(child).exit(130);
        assert_eq!(server.seen().len(), 4);
        // Neither its folder nor its store serves the other one.
        workspace.cutover(second).exit(0);
        assert_eq!((workspace.runs().len(), server.seen().len()), (2, 24), "{second} after {first}");
        workspace.cutover(first).exit(0);
        assert_eq!((workspace.runs().len(), server.seen().len()), (2, 40), "{first} after {second}");
    }
}

#[test]
fn calls_that_were_cut_are_counted_as_a_store_counts_them() {
    let server = Server::start(|seen, _| match (seen.model(), seen.number()) {
        ("new", 1) => Answer::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_vec()),
        ("new", 2) => Answer::error(500, "broken", "try later"),
        _ => answer(seen),
    });
    let suite = suite(server.port(), "[replay]\nattempts = 2\nmax_output_tokens = 50\n");
    let [stored, unstored] = both(|| Workspace::new().cases(4).file("suite.toml", &suite));
    let uncertain = &unstored["manifest"]["uncertain"];
    assert_eq!(uncertain, &stored["manifest"]["uncertain"]);
    assert_eq!(uncertain["calls"], 2);
    assert!(uncertain["worst_case"].as_u64().is_some_and(|pico| pico > 0), "{uncertain}");
}

#[test]
fn closed_loops_judges_early_stops_and_recorded_arms_come_to_the_same() {
    let server = Server::start(|seen, _| closed_loop::looks_up(seen));
    both(|| closed_loop::workspace(server.port(), &["a", "b"], ""));
    assert_eq!(server.seen().len(), 16);

    let server = Server::start(judges::answers);
    let judged = suite(server.port(), judges::JUDGE);
    let [stored, unstored] = both(|| Workspace::new().cases(10).file("suite.toml", &judged));
    let judge = |summary: &Value, fact: &str| summary["manifest"]["judges"][0][fact].clone();
    for fact in ["asked", "unreadable", "failed", "cost"] {
        assert_eq!(judge(&stored, fact), judge(&unstored, fact), "{fact}");
    }
    assert_eq!((judge(&unstored, "from_store"), judge(&unstored, "spend")), (json!(0), judge(&stored, "cost")));
    // Of twenty questions those on a case are equal: ten with a store, twenty without.
    assert_eq!(server.seen().len(), 20 + 10 + 20 + 20);

    let server = Server::start(|seen, _| early::better(seen));
    let [stored, unstored] = both(|| early::workspace(&server));
    let cases = |summary: &Value| summary["manifest"]["stopped_early"]["cases"].as_u64().expect("stopped early");
    assert_eq!(cases(&stored), cases(&unstored));

    let server = Server::start(|seen, _| answer(seen));
    let said = json!({"text": "1", "finish_reason": "stop"});
    let cases = recorded::lines(&[1, 2].map(|number| recorded::case(number, &said)));
    let suite = recorded::suite(server.port(), "");
    both(|| Workspace::new().file("suite.toml", &suite).file("cases.jsonl", &cases));
    assert!(server.seen().iter().all(|seen| seen.model() == "new"));
    assert_eq!(server.seen().len(), 4);
}

#[test]
fn a_closed_loop_that_was_cut_between_two_steps_begins_anew() {
    let (server, workspace) = closed_loop::interrupted_between_steps("run suite.toml --no-store");
    workspace.cutover("run suite.toml --no-store").exit(0);
    assert_eq!((server.seen().len(), workspace.runs().len()), (6, 1));
    assert_eq!(workspace.summary()["manifest"]["uncertain"], json!({"calls": null, "worst_case": null}));
}

#[test]
fn a_judge_that_was_interrupted_goes_on_with_its_own_verdicts() {
    let hold = Arc::new(Hold::default());
    let server = Server::held(&hold, |seen| judges::answers(seen, 0));
    let judge = judges::JUDGE.replace("[replay]\n", "[replay]\nconcurrency = 4\n");
    let workspace = Workspace::new().cases(5).file("suite.toml", &suite(server.port(), &judge));
    hold.release(10);
    let mut child = workspace.start("run suite.toml --no-store");
    server.wait_for(14);
    child.kill().expect("is killed");
    child.wait().expect("ends");
    hold.release(usize::MAX);
    let outcome = workspace.cutover("run suite.toml --no-store");
    outcome.exit(0);
    assert_eq!(outcome.stderr.matches(GOES_ON).count(), 1, "{}", outcome.stderr);
    // The ten answers are kept, the four questions on the way are asked again.
    assert_eq!((workspace.runs().len(), server.seen().len()), (1, 24));
    let manifest = &workspace.summary()["manifest"];
    assert_eq!((&manifest["judges"][0]["asked"], &manifest["uncertain"]["calls"]), (&json!(10), &Value::Null));
}
