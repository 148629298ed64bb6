//! What must not happen, whoever asks for it: paying twice, sharing an answer, going round the budget, leaking.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::{Answer, Outcome, Server, Workspace, suite};

/// Cases with the same prompt.
fn same_prompt(count: usize) -> String {
    (0..count)
        .map(|number| {
            format!(
                "{{\"id\":\"s{number}\",\"messages\":[{{\"role\":\"user\",\"content\":\"same\"}}],\"expected\":{{\"text\":\"yes\"}}}}\n"
            )
        })
        .collect()
}

#[test]
fn equal_requests_are_bought_once_and_every_trial_has_the_answer() {
    let server = Server::start(|_, _| Answer::text("yes"));
    let workspace = Workspace::new().file("cases.jsonl", &same_prompt(8)).file("suite.toml", &suite(server.port(), ""));
    workspace.cutover("run suite.toml").exit(0);
    assert_eq!(server.seen().len(), 2);
    let arms = &workspace.summary()["results"]["arms"];
    for arm in [0, 1] {
        assert_eq!(arms[arm]["accounting"]["passed"], 8);
        assert_eq!((&arms[arm]["from_store"], &arms[arm]["single_flight"]), (&7.into(), &7.into()));
    }
}

#[test]
fn two_arms_of_equal_requests_are_refused_and_so_is_a_way_round_the_budget() {
    let twins = suite(9, "")
        .replace("local/new", "local/old")
        .replace("[prices.\"local/old\"]\ninput = 3.00\noutput = 6.00\n", "");
    let workspace = Workspace::new().file("cases.jsonl", &same_prompt(1)).file("suite.toml", &twins);
    workspace.cutover("run suite.toml").exit(2).stderr(
        "error: suite.toml:6: `new` sends the very requests of `baseline`, so both would share one answer\n  \
         help: for an A/A run give each arm a `salt` of its own: `salt = \"a\"`\n",
    );
    let extra = "model = \"local/new\"\nextra = { n = 5, x = inf }";
    workspace.write("suite.toml", &suite(9, "").replace("model = \"local/new\"", extra));
    workspace.cutover("run suite.toml").exit(2).stderr(
        "error: suite.toml:8: `extra` may not set `n`\n  \
         help: `extra` is for fields that a suite has no key for\n\
         error: suite.toml:8: `x` in `extra` has no form in JSON\n2 errors\n",
    );
}

#[test]
fn no_proxy_sees_what_goes_to_this_machine() {
    let server = Server::start(|_, _| Answer::text("yes"));
    let proxy = Server::start(|_, _| Answer::text("yes"));
    let workspace = Workspace::new().file("cases.jsonl", &same_prompt(2)).file("suite.toml", &suite(server.port(), ""));
    let address = format!("http://127.0.0.1:{}", proxy.port());
    workspace.cutover_with("run suite.toml", &[("http_proxy", &address), ("all_proxy", &address)]).exit(0);
    assert_eq!((server.seen().len(), proxy.seen().len()), (2, 0));
}

#[test]
fn a_resumed_run_is_judged_by_the_rules_of_today() {
    let refuses = Arc::new(AtomicBool::new(true));
    let server = Server::start({
        let refuses = Arc::clone(&refuses);
        move |_, _| {
            if refuses.load(Ordering::SeqCst) {
                Answer::error(401, "invalid_api_key", "no")
            } else {
                Answer::text("yes")
            }
        }
    });
    let gate =
        |margin| format!("[gate]\nmin_pairs = 1\nrules = [{{ metric = \"accuracy\", non_inferior = \"{margin}\" }}]\n");
    let workspace =
        Workspace::new().file("cases.jsonl", &same_prompt(3)).file("suite.toml", &suite(server.port(), &gate("2pp")));
    workspace.cutover("run suite.toml").exit(8);
    refuses.store(false, Ordering::SeqCst);
    workspace.write("suite.toml", &suite(server.port(), &gate("99pp")));
    workspace.cutover("run suite.toml").exit(0);
    assert_eq!(workspace.summary()["gate"]["rules"][0]["limit"]["non_inferior"], 0.99);
}

#[test]
fn what_a_provider_says_moves_no_cursor_and_commands_no_ci() {
    let server = Server::start(|_, _| Answer::error(401, "x", "\u{1b}[2Jgone\n::error::pwn"));
    let workspace = Workspace::new().file("cases.jsonl", &same_prompt(1)).file("suite.toml", &suite(server.port(), ""));
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(8);
    assert!(!outcome.stderr.contains('\u{1b}'), "{}", outcome.stderr);
    assert!(outcome.stderr.lines().all(|line| !line.starts_with("::")), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("\\u{1b}[2Jgone"), "{}", outcome.stderr);
}

#[test]
fn tool_calls_that_nobody_looked_at_are_no_data() {
    let server = Server::start(|_, _| Answer::text("yes"));
    let case = "{\"id\":\"t\",\"messages\":[{\"role\":\"user\",\"content\":\"Q\"}],\
        \"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],\"expected\":{\"text\":\"yes\"}}\n";
    let workspace = Workspace::new().file("cases.jsonl", case).file("suite.toml", &suite(server.port(), ""));
    workspace.cutover("run suite.toml").exit(0);
    let arm = &workspace.summary()["results"]["arms"][0];
    assert_eq!(arm["accounting"]["passed"], 1);
    assert!(arm["estimates"]["tool_call_failure_rate"].is_null(), "{arm}");
}

#[test]
fn what_is_written_is_for_its_owner_alone_whatever_the_umask() {
    use std::os::unix::fs::PermissionsExt as _;
    let server = Server::start(|seen, _| Answer::number(seen, true));
    let workspace = Workspace::new().numbers(2, server.port());
    let mine = workspace.files();
    workspace.cutover_after("umask 000", "run suite.toml").exit(0);
    let written: Vec<_> = workspace.files().into_iter().filter(|path| !mine.contains(path)).collect();
    assert!(written.len() > 10, "{written:?}");
    for path in written {
        for place in path.ancestors().take_while(|place| *place != workspace.path("").as_path()) {
            let mode = std::fs::metadata(place).expect("is there").permissions().mode();
            assert_eq!(mode & 0o077, 0, "{} has mode {mode:o}", place.display());
        }
    }
}

#[test]
fn two_starts_at_one_moment_make_one_run() {
    let server = Server::start(|seen, _| Answer::number(seen, true));
    let workspace = Workspace::new().numbers(30, server.port());
    let started: Vec<_> = (0..4).map(|_| workspace.start("run suite.toml")).collect();
    let codes: Vec<_> = started.into_iter().map(|child| Outcome::of(child).code).collect();
    assert!(codes.contains(&Some(0)), "{codes:?}");
    assert!(codes.iter().all(|code| [Some(0), Some(10)].contains(code)), "{codes:?}");
    assert_eq!(workspace.runs().len(), codes.iter().filter(|code| **code == Some(0)).count());
    assert_eq!(server.seen().len(), 60, "no answer was bought twice");
}
