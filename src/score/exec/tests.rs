//! Programs that judge, hang, die, and talk too much.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::super::fixture::{call, case, option_errors, scorer, text};
use super::*;
use crate::domain::Outcome;
use crate::domain::{Expected, FinishReason};

fn program(script: &str, timeout_s: f64) -> Box<dyn Scorer> {
    scorer("exec", json!({"command": ["/bin/sh", "-c", script], "timeout_s": timeout_s}))
}

fn whys(scorer: &dyn Scorer, answers: &[&str]) -> Vec<String> {
    let case = case(Expected::Unlabelled);
    let judged = answers.iter().map(|answer| scorer.score(&case, &text(answer)));
    judged
        .map(|judgement| match judgement.outcome {
            Outcome::Pass => "pass".to_owned(),
            Outcome::Fail(_) => format!("fail {}", judgement.why.unwrap_or_default()),
            Outcome::Unscored(reason) => format!("{} {}", reason.name(), judgement.why.unwrap_or_default()),
        })
        .collect()
}

#[test]
fn a_program_judges_answer_after_answer_in_one_process() {
    let script = r#"n=0; while read -r line; do n=$((n+1)); case "$line" in
        *good*) echo '{"outcome":"pass"}';;
        *odd*) echo '{"outcome":"unscored","why":"no idea","value":0.5}';;
        *) echo "{\"outcome\":\"fail\",\"why\":\"number $n\"}";; esac; done"#;
    let found = whys(&*program(script, 30.0), &["bad", "good", "bad", "odd"]);
    assert_eq!(found, ["fail number 1", "pass", "fail number 3", "scorer_failed no idea"]);
}

#[test]
fn a_program_that_judges_one_answer_is_started_for_each() {
    let script = r#"read -r line; echo '{"outcome":"fail","why":"once"}'"#;
    assert_eq!(whys(&*program(script, 30.0), &["a", "b", "c", "d", "e"]), ["fail once"; 5]);
}

#[test]
fn a_program_that_fails_leaves_answers_unscored_and_is_given_up_after_three() {
    let died = "scorer_failed the program ended without a judgement: exit status: 3: no module\nnamed x";
    let given_up = "scorer_failed the program was given up: 3 answers in a row without a judgement, the last: the \
                    program ended without a judgement: exit status: 3: no module\nnamed x";
    // The marks tell how often it was started.
    let folder = tempfile::tempdir().expect("a folder");
    let mut dying = program("echo x >> started; echo 'no module\nnamed x' >&2; exit 3", 30.0);
    dying.place(folder.path(), 7);
    assert_eq!(whys(&*dying, &["a", "b", "c", "d", "e"]), [died, died, died, given_up, given_up]);
    assert_eq!(std::fs::read_to_string(folder.path().join("started")).expect("is read"), "x\n".repeat(3));
    assert_eq!(dying.program().map(|program| (program.line, program.command.len())), Some((7, 3)));

    let recovers = program(r#"read -r line; case "$line" in *bad*) exit 1;; esac; echo '{"outcome":"pass"}'"#, 30.0);
    let found = whys(&*recovers, &["bad", "bad", "ok", "bad", "bad", "ok"]);
    assert_eq!((found[2].as_str(), found[5].as_str()), ("pass", "pass"));
}

#[test]
fn a_program_that_hangs_is_ended_with_all_that_it_started() {
    let folder = tempfile::tempdir().expect("a folder");
    // What it starts holds a lock as long as it runs.
    let mut hanging = program("exec 9> held; flock 9; (sleep 20; echo x > survived) & wait", 0.3);
    hanging.place(folder.path(), 1);
    assert_eq!(whys(&*hanging, &["a"]), ["scorer_failed the program said nothing within 0.3 s"]);
    std::fs::File::open(folder.path().join("held")).and_then(|held| held.lock()).expect("all have ended");
    assert!(!folder.path().join("survived").exists());
}

#[test]
fn nonsense_endless_talk_and_missing_programs_are_said() {
    let nonsense = whys(&*program("read -r line; echo maybe", 30.0), &["a"]).remove(0);
    assert_eq!(
        nonsense,
        "scorer_failed the program said \"maybe\", which is no judgement: expected value at line 1 column 1"
    );
    let endless = whys(&*program("read -r line; yes | tr -d '\\n'", 30.0), &["a"]).remove(0);
    assert_eq!(endless, "scorer_failed the program said more than 1 MiB in one line");
    let missing = scorer("exec", json!({"command": ["/nowhere/judge"]}));
    let found = whys(&*missing, &["a"]).remove(0);
    assert!(found.starts_with("scorer_failed `/nowhere/judge` cannot be started: "), "{found}");
    // It reads nothing, and the question does not fit the pipe.
    let deaf = whys(&*program("sleep 600", 0.3), &[&"x".repeat(1 << 20)]).remove(0);
    assert_eq!(deaf, "scorer_failed the program said nothing within 0.3 s");
}

#[test]
fn a_program_sees_the_case_and_the_answer_and_no_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut seeing =
        program(r#"read -r line; printf '%s\n' "$line" > seen; env > environment; echo '{"outcome":"pass"}'"#, 30.0);
    seeing.place(folder.path(), 1);
    let response = Response {
        tool_calls: vec![call("find", r#"{"id": 1}"#), call("find", "{")],
        finish_reason: FinishReason::ToolCalls,
        ..text("Here\nit is")
    };
    let mut case = case(Expected::AnyOf(vec!["a".into()]));
    case.tags = Arc::new(BTreeMap::from([("tier".into(), "1".into())]));
    assert_eq!(seeing.score(&case, &response).outcome, Outcome::Pass);
    let seen: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("seen")).expect("is read")).expect("is JSON");
    assert_eq!(
        seen,
        json!({
            "case": {"id": "c", "messages": [{"role": "user", "content": "?"}], "tools": [],
                "expected": {"any_of": ["a"]}, "tags": {"tier": "1"}},
            "response": {"text": "Here\nit is", "refusal": null, "finish_reason": "tool_calls", "tool_calls": [
                {"name": "find", "arguments": {"id": 1}}, {"name": "find", "arguments": "{"}]},
        })
    );
    let environment = std::fs::read_to_string(folder.path().join("environment")).expect("is read");
    let names = environment.lines().filter_map(|line| line.split('=').next());
    let others: Vec<&str> = names.filter(|name| !["PATH", "HOME", "LANG", "LC_ALL", "TMPDIR"].contains(name)).collect();
    // What a shell sets by itself.
    assert!(others.iter().all(|name| ["PWD", "OLDPWD", "SHLVL", "_"].contains(name)), "{others:?}");
}

#[test]
fn options_that_make_no_program_are_refused() {
    let messages = |options| option_errors("exec", options).into_iter().map(|error| error.message).collect::<Vec<_>>();
    assert_eq!(messages(json!({})), ["`command` is missing or empty"]);
    assert_eq!(
        messages(json!({"command": [" "], "timeout_s": 0})),
        ["`command` is missing or empty", "0 is no time for one answer"]
    );
    assert_eq!(messages(json!({"command": ["x"], "timeout_s": 3601})), ["3601 is no time for one answer"]);
}
