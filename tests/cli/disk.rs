//! A disk on which nothing more fits: what is there stays, the run stops, and goes on once there is room.

use std::path::Path;

use crate::support::{Answer, Outcome, Seen, Server, Workspace, suite};

/// A line of shell after which no file of the process may grow beyond so many KiB: writes fail as on a full disk.
fn limit(kib: u64) -> String {
    format!("trap '' XFSZ; ulimit -f {}", kib * 2)
}

/// Numbers, each with so many spaces, which the scorer strips and the store compresses.
fn padded(spaces: usize) -> impl Fn(&Seen, usize) -> Answer {
    move |seen, _| Answer::text(&format!("{}{}", seen.number(), " ".repeat(spaces)))
}

/// Ends in a fault that names the file and what the system said.
#[track_caller]
fn full(outcome: &Outcome, path: &str, why: &str) {
    outcome.exit(1).stdout("");
    let last = outcome.stderr.lines().rfind(|line| line.starts_with("error: ")).unwrap_or_default();
    assert!(last.contains(path) && last.ends_with(why), "{}", outcome.stderr);
}

/// Goes on to the end with room: what was saved is not asked again.
fn finish(workspace: &Workspace, server: &Server, trials: usize, lost: usize) {
    workspace.cutover("cache verify").exit(0);
    workspace.cutover("run suite.toml").exit(0);
    assert_eq!(workspace.runs().len(), 1);
    assert_eq!(workspace.trials().len(), trials);
    let asked = server.seen().len();
    assert!((trials..=trials + lost).contains(&asked), "{asked} calls for {trials} answers");
    workspace.cutover("cache verify").exit(0);
}

const CONCURRENCY: usize = 4;

fn workspace(server: &Server, cases: usize) -> Workspace {
    let suite = suite(server.port(), &format!("[replay]\nconcurrency = {CONCURRENCY}\n"));
    Workspace::new().numbers(cases, server.port()).file("suite.toml", &suite)
}

#[test]
fn a_store_that_is_full_stops_the_buying_and_keeps_what_it_has() {
    let server = Server::start(padded(0));
    let workspace = workspace(&server, 40);
    let outcome = workspace.cutover_after(&limit(400), "run suite.toml");
    full(&outcome, "the store .cutover/store.sqlite cannot be used: ", "disk I/O error");
    let (asked, saved) = (server.seen().len(), workspace.trials().len());
    // No call is sent that was not put on record first, so that only what was in flight can be lost.
    assert!(saved > 0 && asked < 80 && asked - saved <= CONCURRENCY, "{asked} calls, {saved} saved");
    finish(&workspace, &server, 80, CONCURRENCY);
}

#[test]
fn a_journal_that_is_full_stops_the_buying_and_every_answer_is_in_the_store() {
    // Five answers fit; what is compressed takes no room.
    let server = Server::start(padded(200_000));
    let workspace = workspace(&server, 10);
    let outcome = workspace.cutover_after(&limit(1000), "run suite.toml");
    full(&outcome, "trials.jsonl: ", "File too large (os error 27)");
    let asked = server.seen().len();
    assert!((5..=5 + 2 * CONCURRENCY).contains(&asked), "{asked}");
    // Half a line is no line.
    let journal = std::fs::read(workspace.run_dir().join("trials.jsonl")).expect("is read");
    assert_eq!(journal.split(|byte| *byte == b'\n').count() - 1, 5);
    finish(&workspace, &server, 20, 0);
}

#[test]
fn a_report_that_does_not_fit_leaves_the_old_one_and_no_rubbish() {
    let server = Server::start(padded(0));
    let workspace = Workspace::new().numbers(10, server.port());
    workspace.cutover("run suite.toml").exit(0);
    let run = workspace.run_dir();
    let before: Vec<_> =
        workspace.files().into_iter().map(|path| (std::fs::read(&path).expect("is read"), path)).collect();
    let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    let kib = |file: &str| run.join(file).metadata().expect("is there").len().div_ceil(1024);
    // The card is larger than all that is written before it.
    let texts = kib("summary.json").max(kib("summary.md")).max(kib("report.html"));
    assert!(kib("card.png") > texts);
    for (kib, file) in [(1, "summary.json"), (texts, "card.png")] {
        let outcome = workspace.cutover_after(&limit(kib), "report");
        full(&outcome, &format!("cannot write results/{}/{file}: ", name(&run)), "File too large (os error 27)");
        for (bytes, path) in &before {
            assert!(std::fs::read(path).expect("is there") == *bytes, "{}", path.display());
        }
        assert_eq!(workspace.files().len(), before.len(), "{:?}", workspace.files());
    }
    workspace.cutover("report").exit(0);
}
