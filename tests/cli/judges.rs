//! `[[judges]]` against a server: what a judge is asked, what becomes of its answers, and whose money it spends.

use serde_json::{Value, json};

use crate::support::{Answer, Seen, Server, Workspace, suite};

const JUDGE: &str = "[replay]\nmax_output_tokens = 50\n\
    [[judges]]\nname = \"helpful\"\nmodel = \"local/referee\"\nrubric = \"Is the number right?\"\n\
    [prices.\"local/referee\"]\ninput = 10.00\noutput = 20.00\n";

/// What a judge is to judge.
fn document(seen: &Seen) -> Value {
    let text = seen.body["messages"][1]["content"].as_str().expect("a text");
    serde_json::from_str(text).expect("one JSON document")
}

/// Both arms answer alike; the judge finds every answer wrong whose number is a multiple of three, and says nothing that
/// can be read of multiples of five.
fn answers(seen: &Seen, _: usize) -> Answer {
    if seen.model() != "referee" {
        return Answer::number(seen, true);
    }
    let document = document(seen);
    let prompt = document["conversation"][0]["content"].as_str().expect("a text");
    let number: usize = prompt.trim_start_matches("number ").parse().expect("a number");
    let verdict = if number.is_multiple_of(3) { "fail" } else { "pass" };
    if number.is_multiple_of(5) {
        return Answer::text("It looks fine to me.");
    }
    Answer::text(&format!("```json\n{}\n```", json!({"reason": "so", "verdict": verdict})))
}

#[test]
fn a_judge_sees_no_arm_is_asked_once_of_equal_answers_and_spends_apart() {
    let server = Server::start(answers);
    let workspace = Workspace::new().numbers(10, server.port()).file("suite.toml", &suite(server.port(), JUDGE));
    workspace.cutover("run suite.toml").exit(0);

    let (asked, arms): (Vec<Seen>, Vec<Seen>) = server.seen().into_iter().partition(|seen| seen.model() == "referee");
    // Twenty answers, of which those of a case are equal.
    assert_eq!((arms.len(), asked.len()), (20, 10));
    for seen in &asked {
        let body = seen.body.to_string();
        for name in ["old", "new", "baseline", "candidate"] {
            assert!(!body.contains(name), "{name} in {body}");
        }
        assert!(body.contains("Is the number right?"), "{body}");
        assert_eq!(seen.body["response_format"]["type"], "json_schema");
        assert!(document(seen)["answer"]["text"].is_string());
    }

    let summary = workspace.summary();
    // Of 0 to 9: 3, 6 and 9 fail, 0 and 5 cannot be read, which is no fail.
    for arm in summary["results"]["arms"].as_array().expect("arms") {
        let accounting = &arm["accounting"];
        assert_eq!(
            (&accounting["passed"], &accounting["failed_outcome"], &accounting["unscored"]),
            (&json!(5), &json!(3), &json!(2))
        );
    }
    // A call has 100 tokens in and 10 out.
    let judge = &summary["manifest"]["judges"][0];
    let once = 100 * 10_000_000_u64 + 10 * 20_000_000;
    assert_eq!((&judge["asked"], &judge["unreadable"], &judge["failed"]), (&json!(20), &json!(4), &json!(0)));
    assert_eq!((&judge["cost"], &judge["spend"]), (&json!(20 * once), &json!(10 * once)));
    assert_eq!(summary["results"]["arms"][0]["spend"], json!(10 * 120_000_000));

    let again = workspace.cutover("run suite.toml --mode replay");
    again.exit(0);
    assert_eq!(server.seen().len(), 30);
}

#[test]
fn a_verdict_that_is_not_stored_is_a_miss_and_names_it() {
    let server = Server::start(answers);
    let workspace = Workspace::new().numbers(2, server.port()).file("suite.toml", &suite(server.port(), ""));
    workspace.cutover("run suite.toml").exit(0);
    let before = server.seen().len();
    let judge = JUDGE.replace("[replay]\nmax_output_tokens = 50\n", "");
    workspace.write("suite.toml", &suite(server.port(), &judge));
    let outcome = workspace.cutover("run suite.toml --mode replay");
    outcome.exit(7);
    assert!(outcome.stderr.contains("4 of 4 answers are not in the store"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("(helpful)"), "{}", outcome.stderr);
    assert_eq!((server.seen().len(), workspace.runs().len()), (before, 1));
}

#[test]
fn every_mistake_of_a_judge_is_told_at_once() {
    let more = "[replay]\nstop_early = true\n\
        [[judges]]\nname = \"a b\"\nmodel = \"local/referee\"\nrubric = \"r\"\nscale = [5, 1]\ncolour = 1\n\
        [[judges]]\nmodel = \"recorded\"\nscale = [1, 5]\n";
    let workspace = Workspace::new().numbers(1, 1).file("suite.toml", &suite(1, more));
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(2);
    for part in [
        "`a b` cannot be the name of a judge",
        "two whole numbers, the lower one first",
        "unknown key `colour` in [[judges]]",
        "[[judges]] lacks `name`",
        "[[judges]] lacks `rubric`",
        "[[judges]] lacks `pass_at`",
        "a judge cannot be `recorded`",
    ] {
        assert!(outcome.stderr.contains(part), "{part} is not in {}", outcome.stderr);
    }
}
