//! Judges that compare two answers: both orders, hidden names, and what the order decides.

use serde_json::{Value, json};

use crate::judges::{JUDGE, document};
use crate::support::{Answer, Seen, Server, Workspace, suite};

#[test]
fn a_pairwise_judge_is_asked_in_both_orders_and_what_the_order_decides_is_a_tie() {
    let server = Server::start(|seen, _| {
        if seen.model() != "referee" {
            let loud = if seen.model() == "new" && !seen.number().is_multiple_of(5) { "!" } else { "" };
            return Answer::text(&format!("{}{loud}", seen.number()));
        }
        let document = document(seen);
        let number: usize = document["conversation"][0]["content"]
            .as_str()
            .and_then(|prompt| prompt.strip_prefix("number "))
            .and_then(|number| number.parse().ok())
            .expect("a number");
        let first_is_loud = document["answer_a"]["text"].as_str().expect("a text").ends_with('!');
        let better = if number.is_multiple_of(3) || first_is_loud { "a" } else { "b" };
        Answer::text(&json!({"reason": "so", "better": better}).to_string())
    });
    let judge = JUDGE.replace("rubric =", "kind = \"pairwise\"\nrubric =").replace("right?", "plain?");
    let workspace = Workspace::new().numbers(10, server.port()).file("suite.toml", &suite(server.port(), &judge));
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(0);

    let asked: Vec<Seen> = server.seen().into_iter().filter(|seen| seen.model() == "referee").collect();
    // Ten pairs, of which those of 0 and 5 are equal.
    assert_eq!(asked.len(), 16);
    for seen in &asked {
        let body = seen.body.to_string();
        for name in ["old", "new", "baseline", "candidate"] {
            assert!(!body.contains(name), "{name} in {body}");
        }
    }
    let summary = workspace.summary();
    let found = &summary["results"]["preferences"][0];
    let counts = ["wins", "ties", "losses", "order_decides", "equal", "missing"].map(|name| found[name].as_u64());
    // 1, 2, 4, 7 and 8 are won; of 3, 6 and 9 whatever comes first is better.
    assert_eq!(counts, [5, 0, 0, 3, 2, 0].map(Some));
    assert_eq!(
        (&found["judge"], &found["candidate"], &found["net"]["value"]),
        (&json!("helpful"), &json!("new"), &json!(0.5))
    );
    // A preference passes and fails nothing: `exact` alone does.
    let all_pass = |summary: &Value| {
        let accounting = &summary["results"]["arms"][1]["accounting"];
        assert_eq!((&accounting["passed"], &accounting["failed_outcome"]), (&json!(10), &json!(0)));
    };
    all_pass(&summary);
    assert!(outcome.stdout.contains("Preferred to baseline, with 95% intervals\n"), "{}", outcome.stdout);
    let line = outcome.stdout.lines().find(|line| line.starts_with("new        helpful")).expect("a row");
    let cells: Vec<&str> = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
    assert_eq!(cells[..5], ["new", "helpful", "5", "5 2 equal", "0"]);
    assert_eq!(cells.last(), Some(&"37.5% of 8"));

    // The candidate in the place of the baseline loses what it won; nothing is asked anew.
    let swapped = workspace.read("suite.toml").replace("local/old", "local/x").replace("local/new", "local/old");
    workspace.write("suite.toml", &swapped.replace("local/x", "local/new"));
    std::fs::remove_dir_all(workspace.path("results")).expect("is removed");
    workspace.cutover("run suite.toml --mode replay").exit(0);
    let summary = workspace.summary();
    all_pass(&summary);
    let found = &summary["results"]["preferences"][0];
    let counts = ["wins", "ties", "losses", "order_decides", "equal"].map(|name| found[name].as_u64());
    assert_eq!((counts, &found["net"]["value"]), ([0, 0, 5, 3, 2].map(Some), &json!(-0.5)));

    workspace.write("suite.toml", &suite(1, &judge.replace("rubric =", "scale = [1, 5]\npass_at = 3\nrubric =")));
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(2);
    assert!(outcome.stderr.contains("a pairwise judge has no `scale`"), "{}", outcome.stderr);
}
