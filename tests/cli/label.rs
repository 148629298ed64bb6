//! `cutover label`: people judge the answers on which the arms differ.

use std::io::{BufRead as _, BufReader, Write as _};

use serde_json::{Value, json};

use crate::support::{Answer, Outcome, Server, Workspace, signal, suite};

/// Four cases that say nothing of a right answer, odd in their spacing; the arms differ on all but the first.
fn unlabelled() -> Workspace {
    let server = Server::start(|seen, _| match (seen.number(), seen.model()) {
        (0, _) => Answer::text("same"),
        (3, "old") => Answer::text("\u{1b}[2J<script>"),
        (number, model) => Answer::text(&format!("{model} {number}")),
    });
    let case = |number: usize| {
        format!(
            "{{ \"id\" : \"n{number}\",\"messages\":[{{\"role\":\"user\",\"content\":\"number {number}\"}}] , \"weight\":1.50}}\r\n"
        )
    };
    let cases: String = (0..4).map(case).collect();
    let workspace = Workspace::new().file("suite.toml", &suite(server.port(), "")).file("cases.jsonl", &cases);
    workspace.cutover("run suite.toml").exit(0);
    workspace
}

/// The labels of every case of the dataset.
fn labels(workspace: &Workspace) -> Vec<(String, Vec<Value>)> {
    let lines = workspace.read("cases.jsonl");
    let case = |line: &str| {
        let case: Value = serde_json::from_str(line).expect("is JSON");
        (case["id"].as_str().expect("an id").to_owned(), case["labels"].as_array().cloned().unwrap_or_default())
    };
    lines.lines().map(case).filter(|(_, labels)| !labels.is_empty()).collect()
}

/// The cases in the order in which they were asked for.
fn asked(outcome: &Outcome) -> Vec<String> {
    let heads = outcome.stdout.lines().filter(|line| line.contains(" of ") && line.contains("  n"));
    heads.filter_map(|line| line.rsplit(' ').next().map(str::to_owned)).collect()
}

#[test]
fn answers_that_differ_are_shown_blinded_and_what_is_said_is_in_the_dataset_and_the_verdict() {
    let workspace = unlabelled();
    let before = workspace.read("cases.jsonl");
    let outcome = workspace.cutover_told("label --by ann", "?\nb\nu\nn\ns\n1\n");
    outcome.exit(0).stderr("");
    let count = "3 of 4 pairs differ, and the scorers decide 0 of them alike; 0 labelled already, 3 to label\n";
    assert!(outcome.stdout.starts_with(count), "{}", outcome.stdout);
    let questions = outcome.stdout.split("4 labels are in cases.jsonl").next().expect("the questions");
    assert!(!questions.contains("baseline") && !questions.contains("local/"), "{questions}");
    assert!(questions.contains("\\u{1b}[2J<script>") && !questions.contains('\u{1b}'), "{questions}");
    assert!(
        outcome.stdout.contains("rescored 8 answers: 4 outcomes changed (baseline 2, new 2)"),
        "{}",
        outcome.stdout
    );
    assert!(outcome.stdout.ends_with("○ NO-DATA  new  (old → new)\n"), "{}", outcome.stdout);

    let order = asked(&outcome);
    // What was said of the first was taken back: it and the second were asked twice.
    assert_eq!((order.len(), &order[..2]), (5, &order[2..4]));
    let order = &order[2..];
    let found = labels(&workspace);
    let of = |case: &str| {
        let found = found.iter().find(|(id, _)| id == case).map(|(_, labels)| labels.clone());
        found.map(|labels| labels.iter().map(|label| label["outcome"].clone()).collect::<Vec<_>>())
    };
    assert_eq!(of(&order[0]), Some(vec![json!("fail"), json!("fail")]));
    assert_eq!(of(&order[1]), None);
    assert_eq!(of(&order[2]), Some(vec![json!("pass"), json!("fail")]));
    assert!(found.iter().all(|(_, labels)| labels.iter().all(|label| label["by"] == "ann")));
    // Nothing else of the dataset has changed, and nothing is left beside it.
    let after = workspace.read("cases.jsonl");
    let bare: String = after
        .split_inclusive('\n')
        .map(|line| match line.split_once(",\"labels\":[") {
            Some((head, rest)) => format!("{head}{}", rest.split_once(']').expect("ends").1),
            None => line.to_owned(),
        })
        .collect();
    assert_eq!(bare, before);
    assert!(!workspace.path("cases.jsonl.labels").exists());

    // What was skipped is what is left, and somebody else is asked for all.
    let again = workspace.cutover_told("label --no-rescore", "q\n");
    again.exit(0);
    assert_eq!(asked(&again), [order[1].clone()]);
    let count = "3 of 4 pairs differ, and the scorers decide 0 of them alike; 2 labelled already, 1 to label\n";
    assert!(again.stdout.starts_with(count), "{}", again.stdout);
    let other = workspace.cutover_told("label --by bob --no-rescore", "s\ns\ns\n");
    assert_eq!(asked(&other), order);
    assert_eq!(asked(&workspace.cutover_told("label --by bob --limit 1", "")), [order[0].clone()]);
}

#[test]
fn killed_between_two_labels_a_session_loses_none() {
    for (name, code) in [("KILL", None), ("INT", Some(130)), ("TERM", Some(143))] {
        let workspace = unlabelled();
        let mut child = workspace.start_listening("label");
        // To wait for a child closes what it listens to.
        let mut stdin = child.stdin.take().expect("is piped");
        let mut lines = BufReader::new(child.stdout.take().expect("is piped")).lines();
        let mut until = |count: usize| {
            let mut prompts =
                lines.by_ref().map(|line| line.expect("is read")).filter(|line| line.starts_with("which is right?"));
            (0..count).for_each(|_| drop(prompts.next().expect("another question")));
        };
        until(1);
        stdin.write_all(b"1\nb\n").expect("is told");
        // The third question comes when the first two answers are kept.
        until(2);
        signal(&child, name);
        assert_eq!(child.wait().expect("ends").code(), code, "{name}");
        if code.is_none() {
            assert!(labels(&workspace).is_empty());
            assert_eq!(workspace.read("cases.jsonl.labels").lines().count(), 2);
        }
        let outcome = workspace.cutover_told("label", "q\n");
        outcome.exit(0);
        assert!(
            outcome
                .stdout
                .starts_with("3 of 4 pairs differ, and the scorers decide 0 of them alike; 2 labelled already")
        );
        assert_eq!(labels(&workspace).iter().map(|(_, labels)| labels.len()).sum::<usize>(), 4, "{name}");
        assert!(!workspace.path("cases.jsonl.labels").exists());
    }
}

#[test]
fn a_page_asks_the_same_and_its_labels_are_taken_in_or_refused_all_at_once() {
    let workspace = unlabelled();
    workspace.cutover("label --html page.html --by ann").exit(0).stderr("").stdout(
        "3 of 4 pairs differ, and the scorers decide 0 of them alike; 0 labelled already, 3 to label\npage.html\n",
    );
    let page = workspace.read("page.html");
    let data = page.split("id=\"data\">").nth(1).and_then(|rest| rest.split("</script>").next()).expect("data");
    let data: Value = serde_json::from_str(data).expect("is JSON");
    let pairs = data["pairs"].as_array().expect("pairs");
    assert_eq!((pairs.len(), page.matches("<script").count(), page.contains('\u{1b}')), (3, 2, false));
    let label = |pair: &Value, side: usize, outcome: &str| json!({"case": pair["case"], "answer": pair["answers"][side], "outcome": outcome, "by": "ann"});
    let lines: String = pairs
        .iter()
        .flat_map(|pair| [label(pair, 0, "pass"), label(pair, 1, "fail")])
        .map(|label| format!("{label}\n"))
        .collect();
    let mut wrong = label(&pairs[0], 0, "pass");
    wrong["case"] = "n9".into();
    let mut other = label(&pairs[0], 0, "pass");
    other["answer"] = "00".repeat(32).into();
    workspace.write("bad.jsonl", &format!("{lines}{wrong}\n{other}\nnot json\n"));
    let refused = workspace.cutover("label --import bad.jsonl");
    refused.exit(2).stdout("");
    let zeros = "00".repeat(32);
    assert_eq!(
        refused.stderr,
        format!(
            "error: bad.jsonl:7: the run has no case `n9`\nerror: bad.jsonl:8: the run has no answer {zeros} to the case `{}`\n  \
             help: label the page of this very run\nerror: bad.jsonl:9: not a label: expected ident at line 1 column 2\n  \
             help: a label is {{\"case\": …, \"answer\": …, \"outcome\": \"pass\" or \"fail\", \"by\": …}}\n3 errors\n",
            pairs[0]["case"].as_str().expect("an id")
        )
    );
    assert!(labels(&workspace).is_empty());
    workspace.write("labels.jsonl", &lines);
    let taken = workspace.cutover("label --import labels.jsonl");
    taken.exit(0).stderr("");
    assert!(taken.stdout.starts_with("6 labels from labels.jsonl are in cases.jsonl\n"), "{}", taken.stdout);
    assert_eq!(labels(&workspace).len(), 3);
}

#[test]
fn agreed_answers_become_the_expected_ones() {
    let workspace = unlabelled();
    workspace.cutover_told("label --by ann", "1\nb\nn\n").exit(0);
    let promoted = workspace.cutover("label --promote");
    promoted.exit(0).stderr("");
    assert!(
        promoted.stdout.starts_with("2 cases of cases.jsonl got an expected answer from its labels\n  left: 1 case, of which no answer is right: n"),
        "{}",
        promoted.stdout
    );
    let expected: Vec<Value> = workspace
        .read("cases.jsonl")
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).expect("is JSON").get("expected").cloned())
        .collect();
    let kinds: std::collections::BTreeSet<_> =
        expected.iter().map(|one| if one.get("text").is_some() { "text" } else { "any_of" }).collect();
    assert_eq!((expected.len(), kinds.len()), (2, 2), "{expected:?}");
    let again = workspace.cutover("label --promote");
    assert!(
        again.stdout.contains("left: 2 cases, which expect something already (`--force` replaces it): n"),
        "{}",
        again.stdout
    );
    workspace.cutover("label --promote --force").exit(0);
    // The labels decide as before.
    assert!(workspace.cutover("rescore").stdout.contains("0 outcomes changed"));
}
