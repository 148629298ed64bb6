//! What is broken or odd is read or refused, all the way from the wire to the report; and nothing hangs.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::{Value, json};

use crate::malformed_support::{count, spliced, values};
use crate::support::{Answer, Server, Workspace, suite};

/// An answer with everything that may be in one.
fn body() -> Value {
    let call = json!({"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{\"id\":1}"}});
    json!({"id": "x", "object": "chat.completion", "model": "served", "service_tier": "default",
        "choices": [{"index": 0, "finish_reason": "stop",
            "message": {"role": "assistant", "content": "yes", "refusal": null, "reasoning": "hm", "tool_calls": [call]}}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "prompt_tokens_details": {"cached_tokens": 40},
            "completion_tokens_details": {"reasoning_tokens": 3}}})
}

#[test]
fn whatever_stands_in_an_answer_the_run_ends_and_can_be_read_again() {
    let (body, values) = (body(), values());
    // Each value in three places, and over all of them each place many times.
    let bodies: Vec<Vec<u8>> = (0..values.len() * 3)
        .map(|number| {
            let place = (number * 5) % count(&body);
            spliced(&body, place, &values[number % values.len()].1)
        })
        .collect();
    let cases = bodies.len();
    let server = Server::start(move |seen, _| {
        let body = &bodies[seen.number()];
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
        Answer::Raw([head.as_bytes(), body].concat())
    });
    let suite = suite(server.port(), "[[scorers]]\nkind = \"tool_call\"\n[replay]\nattempts = 1\n");
    let workspace = Workspace::new().cases(cases).file("suite.toml", &suite);
    workspace.cutover("run suite.toml").exit(0);
    let trials = workspace.trials();
    assert_eq!(trials.len(), 2 * cases);
    let failed = trials.values().filter(|trial| !trial["failure"].is_null()).count();
    assert!(failed > 0 && failed < trials.len(), "{failed} of {}", trials.len());
    for (place, trial) in &trials {
        let broken = !trial["failure"].is_null();
        assert_eq!(
            (trial["outcome"] == json!({"unscored": "failed"}), trial["response"].is_null()),
            (broken, broken),
            "{place:?}"
        );
    }
    // What was kept is read again: by the store's own check, by a replay, by a report, by a person.
    workspace.cutover("cache verify").exit(0);
    workspace.cutover("report").exit(0);
    for case in ["n000", "n005", "n017", "n033"] {
        workspace.cutover(&format!("show {case}")).exit(0);
    }
    let export = workspace.cutover("cache export");
    export.exit(0);
    workspace.write("answers.jsonl", &export.stdout);
    workspace.cutover("cache import answers.jsonl --store other.sqlite").exit(0);
    assert_eq!(workspace.cutover("cache export --store other.sqlite").stdout, export.stdout);
}

#[test]
fn what_is_odd_in_a_case_and_still_json_is_sent_or_refused_by_its_line() {
    let case = json!({"id": "a", "messages": [{"role": "user", "content": "Q"}], "expected": {"text": "Q"},
        "tags": {"kind": "b"}, "weight": 1, "cluster": "c"});
    // In the order of names the content is the eighth value: each once there, and once elsewhere.
    let (content, places) = (7, count(&case));
    let broken = |(number, (_, value)): (usize, &(&str, Vec<u8>))| {
        let mut case = case.clone();
        [content, number % places].map(|place| {
            case["id"] = format!("{number} {place}").into();
            [spliced(&case, place, value), b"\n".to_vec()].concat()
        })
    };
    let all: Vec<u8> = values().iter().enumerate().flat_map(broken).flatten().collect();
    let server = Server::start(|_, _| Answer::text("yes"));
    let workspace = Workspace::new().file("suite.toml", &suite(server.port(), "[replay]\nattempts = 1\n"));
    std::fs::write(workspace.path("cases.jsonl"), &all).expect("is written");
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(2).stdout("");
    let named: BTreeSet<usize> = outcome
        .stderr
        .lines()
        .filter_map(|line| line.strip_prefix("error: cases.jsonl:")?.split(':').next()?.parse().ok())
        .collect();
    let lines: Vec<&[u8]> = all.split_inclusive(|byte| *byte == b'\n').collect();
    let good: Vec<&[u8]> = (1..).zip(&lines).filter(|(line, _)| !named.contains(line)).map(|(_, text)| *text).collect();
    assert!(good.len() > 5 && named.len() > 9, "{} good, {} refused", good.len(), named.len());
    std::fs::write(workspace.path("cases.jsonl"), good.concat()).expect("is written");
    workspace.cutover("run suite.toml").exit(0);
    assert_eq!(workspace.trials().len(), 2 * good.len());
}

#[test]
fn a_pipe_in_the_place_of_a_file_is_refused_and_not_waited_for() {
    let workspace = Workspace::new().numbers(1, 9);
    for (name, message) in [("suite.toml", "cannot read the suite"), ("cases.jsonl", "cannot read the dataset")] {
        let path = workspace.path(name);
        let aside = workspace.path("aside");
        std::fs::rename(&path, &aside).expect("is moved");
        assert!(Command::new("mkfifo").arg(&path).status().expect("runs").success());
        for command in ["run suite.toml", "doctor suite.toml"] {
            let outcome = workspace.cutover(command);
            let expected = format!("{name}: {message}: it is a pipe, a socket or a device, and no file\n  help: ");
            assert!(outcome.stderr.contains(&expected) || outcome.stdout.contains(&expected), "{command}: {outcome:?}");
            assert!(outcome.code.is_some_and(|code| code != 0 && code < 100), "{command}: {outcome:?}");
        }
        std::fs::rename(&aside, &path).expect("is moved back");
    }
}
