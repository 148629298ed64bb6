//! A run that was stopped: what was bought is kept, and the same command goes on.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Child;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::{Answer, Hold, Outcome, Seen, Server, Workspace, signal, suite};

/// A server that holds its answers back.
struct Held {
    server: Server,
    hold: Arc<Hold>,
}

impl Held {
    fn start() -> Self {
        let hold = Arc::new(Hold::default());
        let server = Server::held(&hold, answer);
        Self { server, hold }
    }

    /// A workspace of ten cases, of which four trials are in flight at a time.
    fn workspace(&self) -> Workspace {
        let suite = suite(self.server.port(), "[replay]\nconcurrency = 4\n");
        Workspace::new().numbers(10, self.server.port()).file("suite.toml", &suite)
    }
}

fn answer(seen: &Seen) -> Answer {
    Answer::number(seen, seen.model() == "new" || !seen.number().is_multiple_of(3))
}

/// Sends a signal and waits until the process says that it has heard it.
pub(super) fn interrupt(child: &mut Child, name: &str) {
    signal(child, name);
    let mut line = String::new();
    // One byte at a time, so that what follows the line is left to be read.
    let stderr = child.stderr.as_mut().expect("is piped");
    BufReader::with_capacity(1, stderr).read_line(&mut line).expect("is read");
    assert_eq!(
        line,
        "finishing the calls in flight; once more to stop at once (their answers may be paid for and lost)\n"
    );
}

#[track_caller]
fn stopped(workspace: &Workspace, outcome: &Outcome, code: i32, saved: &str) {
    let name = workspace.run_dir().file_name().expect("a name").to_string_lossy().into_owned();
    let message =
        format!("\nerror: stopped: {saved} trials are saved in results/{name}\n  help: the same command goes on\n");
    outcome.exit(code).stdout("");
    assert!(outcome.stderr.ends_with(&message), "{}", outcome.stderr);
}

#[test]
fn an_interrupted_run_finishes_what_is_in_flight_and_goes_on() {
    let held = Held::start();
    let workspace = held.workspace();
    for (signal, code, before, saved) in [("INT", 130, 0, "4 of 20"), ("TERM", 143, 4, "8 of 20")] {
        let mut child = workspace.start("run suite.toml");
        held.server.wait_for(before + 4);
        workspace.cutover("run suite.toml").exit(10).stdout("").stderr(&format!(
            "error: another process is working on the run results/{}\n  help: wait for it to end, or choose another \
             folder with `--out`\n",
            workspace.run_dir().file_name().expect("a name").to_string_lossy()
        ));
        interrupt(&mut child, signal);
        held.hold.release(before + 4);
        stopped(&workspace, &Outcome::of(child), code, saved);
        assert_eq!(held.server.seen().len(), before + 4);
    }
    workspace.cutover("report").exit(2).stderr(
        "error: there is no run that is finished in results\n  help: `cutover run SUITE` or `cutover demo` makes one\n",
    );
    held.hold.release(usize::MAX);
    workspace.cutover("run suite.toml").exit(0);
    assert_eq!((workspace.runs().len(), held.server.seen().len()), (1, 20));
}

#[test]
fn a_second_interrupt_does_not_wait() {
    let held = Held::start();
    let workspace = held.workspace();
    let mut child = workspace.start("run suite.toml");
    held.server.wait_for(4);
    interrupt(&mut child, "INT");
    signal(&child, "INT");
    stopped(&workspace, &Outcome::of(child), 130, "0 of 20");
    held.hold.release(usize::MAX);
}

#[test]
fn a_killed_run_buys_again_at_most_what_was_in_flight_and_ends_as_an_undisturbed_one() {
    let held = Held::start();
    let workspace = held.workspace();
    let mut child = workspace.start("run suite.toml");
    held.server.wait_for(4);
    held.hold.release(4);
    // Eight requests mean that the first four answers are saved: each made room for another.
    held.server.wait_for(8);
    child.kill().expect("is killed");
    child.wait().expect("ends");
    let journal = workspace.run_dir().join("trials.jsonl");
    std::fs::OpenOptions::new()
        .append(true)
        .open(&journal)
        .and_then(|mut file| file.write_all(b"{\"case\":\"n0"))
        .expect("is torn");
    held.hold.release(usize::MAX);
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(0);
    let said = "4 calls were on the way when this run was killed: they may have been billed";
    assert!(outcome.stderr.starts_with(said), "{}", outcome.stderr);
    assert_eq!(held.server.seen().len(), 24);
    assert_eq!((workspace.runs().len(), workspace.trials().len()), (1, 20));
    assert_eq!(workspace.summary()["manifest"]["uncertain"]["calls"], 4);
    // What was bought before the kill was paid for by this run, although its answers now came from the store.
    for arm in workspace.summary()["results"]["arms"].as_array().expect("arms") {
        assert_eq!(arm["spend"], arm["cost"]);
    }

    let numbers = |summary: &Value| {
        let comparison = &summary["results"]["comparisons"][0];
        let arms = summary["results"]["arms"].as_array().expect("arms");
        let of_arms: Vec<_> =
            arms.iter().map(|arm| [&arm["accounting"], &arm["cost"], &arm["tokens"]].map(Clone::clone)).collect();
        (of_arms, comparison["changes"][0].clone(), comparison["changes"][2].clone(), comparison["lost"].clone())
    };
    let undisturbed = held.workspace();
    undisturbed.cutover("run suite.toml").exit(0);
    assert_eq!(numbers(&workspace.summary()), numbers(&undisturbed.summary()));
}

#[test]
fn a_call_that_was_to_be_asked_again_is_not_finished_by_an_interrupt() {
    let server = Server::start(|seen, before| match before {
        1 => Answer::Http(429, vec![("retry-after", "100".to_owned())], String::new()),
        _ => answer(seen),
    });
    let suite = suite(server.port(), "[replay]\nconcurrency = 1\n");
    let workspace = Workspace::new().numbers(1, server.port()).file("suite.toml", &suite);
    let mut child = workspace.start("run suite.toml");
    server.wait_for(2);
    interrupt(&mut child, "INT");
    stopped(&workspace, &Outcome::of(child), 130, "1 of 2");
    workspace.cutover("run suite.toml").exit(0);
    assert_eq!(server.seen().len(), 3);
}

/// Kills at moments that differ from loop to loop: at the n-th request that the server sees.
#[test]
fn killed_again_and_again_a_run_pays_once_and_what_was_on_the_way() {
    let kills = std::env::var("CUTOVER_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(6);
    // So many that the run does not end before the last kill.
    let cases = 40.max(kills * 8);
    let server = Server::start(|seen, _| answer(seen));
    let suite = suite(server.port(), "[replay]\nconcurrency = 4\n");
    let workspace = Workspace::new().numbers(cases, server.port()).file("suite.toml", &suite);
    for kill in 0..kills {
        let before = server.seen().len();
        let mut child = workspace.start("run suite.toml");
        server.wait_for_or(before + 1 + kill * 3 % 7, || child.try_wait().expect("is there").is_some());
        child.kill().expect("is killed");
        child.wait().expect("ends");
        if workspace.runs().iter().any(|run| run.join("report.html").exists()) {
            break;
        }
    }
    workspace.cutover("run suite.toml").exit(0);
    let run = workspace.runs().remove(0);
    let summary: Value =
        serde_json::from_slice(&std::fs::read(run.join("summary.json")).expect("is there")).expect("is JSON");
    let uncertain = summary["manifest"]["uncertain"]["calls"].as_u64().unwrap_or(0);
    let paid = server.seen().len() as u64;
    let answers = 2 * cases as u64;
    assert!(paid <= answers + uncertain, "{paid} calls for {answers} answers, {uncertain} uncertain");
    for arm in summary["results"]["arms"].as_array().expect("arms") {
        assert_eq!((&arm["accounting"]["planned"], &arm["accounting"]["call_failed"]), (&json!(cases), &json!(0)));
    }
}

#[test]
fn processes_that_share_a_store_buy_each_answer_once() {
    let server = Server::start(|seen, _| answer(seen));
    let workspace = Workspace::new().numbers(60, server.port());
    let start = |results: usize| workspace.start(&format!("run suite.toml --out results{results}"));
    let started: Vec<_> = (0..3).map(start).collect();
    for child in started {
        Outcome::of(child).exit(0);
    }
    let mut bodies: Vec<String> = server.seen().iter().map(|seen| seen.body.to_string()).collect();
    bodies.sort();
    bodies.dedup();
    assert_eq!((bodies.len(), server.seen().len()), (120, 120));
}
