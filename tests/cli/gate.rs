//! `cutover gate`: the verdict as an exit code.

use serde_json::json;

use crate::support::{Answer, Server, Workspace, suite};

/// Four candidates, one for every answer that a gate can give.
fn four_candidates(port: u16) -> String {
    let arm = |name: &str, price: &str| {
        format!(
            "[candidates.{name}]\nmodel = \"local/{name}\"\n[prices.\"local/{name}\"]\ninput = {price}\noutput = {price}\n"
        )
    };
    let more = format!(
        "{}{}{}[replay]\nattempts = 1\n[gate]\nrules = [\n  {{ metric = \"accuracy\", non_inferior = \"2pp\" }},\n  \
         {{ metric = \"cost_per_success\", max_ratio = 1.20, level = \"warn\" }},\n]\n",
        arm("even", "1.00"),
        arm("silent", "1.00"),
        arm("worse", "1.00"),
    );
    suite(port, &more)
}

#[test]
fn every_answer_has_its_code_and_the_worst_of_several_counts() {
    let server = Server::start(|seen, _| {
        let quarter = seen.number() % 4;
        match seen.model() {
            "old" => Answer::number(seen, quarter > 0),
            "new" => Answer::number(seen, true),
            "even" => Answer::number(seen, quarter != 1),
            "worse" => Answer::number(seen, quarter == 3),
            _ if seen.number() % 8 == 0 => Answer::number(seen, true),
            _ => Answer::error(500, "x", "down"),
        }
    });
    let workspace = Workspace::new().numbers(120, server.port()).file("suite.toml", &four_candidates(server.port()));
    let run = workspace.cutover("run suite.toml");
    run.exit(0);
    drop(server);

    workspace.cutover("gate").exit(3).stderr("").stdout(&[EVEN, NEW, SILENT, WORSE].concat());
    for (candidate, text, code, lenient) in
        [("even", EVEN, 4, 0), ("new", NEW, 0, 0), ("silent", SILENT, 5, 5), ("worse", WORSE, 3, 3)]
    {
        let gate = |more: &str| workspace.cutover(&format!("gate --candidate {candidate}{more}"));
        gate("").exit(code).stdout(text);
        gate(" --fail-on fail").exit(lenient).stdout(text);
        gate(" --fail-on never").exit(0).stdout(text);
    }
    workspace
        .cutover("gate --candidate wrose")
        .exit(2)
        .stdout("")
        .stderr("error: the run has no candidate `wrose`\n  help: did you mean `worse`?\n");
    workspace
        .cutover("gate --candidate other")
        .exit(2)
        .stderr("error: the run has no candidate `other`\n  help: the candidates are even, new, silent, worse\n");
}

const EVEN: &str = "\
◆ INCONCLUSIVE  even  (old → even)
  ◆ INCONCLUSIVE  Cannot tell for accuracy: the interval [−12.6, +12.6] crosses the margin of 2 pp (seen 0.0 pp,
    n = 120, which can show a margin of 18.1 pp); about 9,773 more cases would decide if the difference is as seen,
    about 9,773 more cases if there is none.
  ● PASS  Warning only: cost per success stays below ×1.20 of the baseline's: ×0.92 [0.77, 1.09], n = 120.
";

/// A warning fails here, and changes nothing.
const NEW: &str = "\
● PASS  new  (old → new)
  ● PASS  Accuracy is better than the baseline's: +25.0 pp [+18.1, +33.4], n = 120.
  ■ FAIL  Warning only: cost per success is worse beyond the limit of ×1.20: ×2.25 [2.03, 2.50], n = 120.
";

const SILENT: &str = "\
○ NO-DATA  silent  (old → silent)
  ○ NO-DATA  No data for accuracy: 15 pairs, and the gate asks for at least 50.
  ○ NO-DATA  Warning only: no data for cost per success: 15 pairs, and the gate asks for at least 50.
";

const WORSE: &str = "\
■ FAIL  worse  (old → worse)
  ■ FAIL  Accuracy is worse beyond the margin of 2 pp: −50.0 pp [−58.8, −41.2], n = 120.
  ■ FAIL  Warning only: cost per success is worse beyond the limit of ×1.20: ×2.75 [2.04, 3.70], n = 120.
";

#[test]
fn without_rules_or_pairs_there_is_no_data_and_few_pairs_decide_nothing() {
    let server = Server::start(|seen, _| Answer::number(seen, seen.number() > 0));
    let workspace = Workspace::new().numbers(10, server.port());
    let rule = "rules = [{ metric = \"accuracy\", non_inferior = \"2pp\" }]";
    let rows = [
        (String::new(), 5, "○ NO-DATA  new  (old → new)\n"),
        (
            format!("[gate]\n{rule}\n"),
            5,
            "○ NO-DATA  new  (old → new)\n  ○ NO-DATA  No data for accuracy: 10 pairs, and the gate asks for at least 50.\n",
        ),
        (format!("[gate]\nmin_pairs = 5\n{rule}\n"), 4, FEW),
    ];
    for (gate, code, text) in rows {
        workspace.write("suite.toml", &suite(server.port(), &gate));
        workspace.cutover("run suite.toml").exit(0);
        workspace.cutover("gate").exit(code).stdout(text);
    }
    assert_eq!(server.seen().len(), 20);
}

const FEW: &str = "\
◆ INCONCLUSIVE  new  (old → new)
  ◆ INCONCLUSIVE  Cannot tell for accuracy: the interval [−27.8, +27.8] crosses the margin of 2 pp (seen 0.0 pp, n = 10,
    which can show a margin of 40.2 pp); about 1,821 more cases would decide if the difference is as seen, about 1,821
    more cases if there is none.
";

#[test]
fn every_limit_has_its_answer_and_a_rule_that_is_off_has_none() {
    let server = Server::start(|seen, _| Answer::number(seen, seen.model() == "new" || seen.number() % 4 > 0));
    let rules = "[gate]\nrules = [\n  { metric = \"accuracy\", better = true },\n  { metric = \"accuracy\", min = \"90%\" },\n  \
                 { metric = \"accuracy\", min = \"99%\", level = \"warn\" },\n  \
                 { metric = \"accuracy\", min = \"90%\", slice = \"kind=odd\" },\n  \
                 { metric = \"cost_per_success\", max_usd = 0.0003, level = \"warn\" },\n  \
                 { metric = \"latency_p95\", max_ms = 600000 },\n  \
                 { metric = \"accuracy\", non_inferior = \"2pp\", level = \"off\" },\n]\n";
    let workspace = Workspace::new().numbers(120, server.port()).file("suite.toml", &suite(server.port(), rules));
    workspace.cutover("run suite.toml").exit(0);
    let gate = workspace.cutover("gate");
    gate.exit(0);
    let (latency, others): (Vec<&str>, Vec<&str>) = gate.stdout.lines().partition(|line| line.contains("Latency p95"));
    assert_eq!(others.join("\n"), EVERY_LIMIT);
    assert!(latency[0].starts_with("  ● PASS  Latency p95 is below the maximum of 600 s: "), "{latency:?}");
    let findings = workspace.summary()["verdicts"][0]["findings"].clone();
    assert_eq!((&findings[6]["decision"], &findings[6]["why"]), (&json!(null), &json!({"reason": "off"})));
    assert_eq!(
        (&findings[1]["rule"]["limit"], &findings[0]["rule"]["limit"]),
        (&json!({"min": 0.9}), &json!("better"))
    );
    let summary = std::fs::read_to_string(workspace.run_dir().join("summary.md")).expect("is read");
    let row = |start: &str, end: &str| summary.lines().any(|line| line.starts_with(start) && line.ends_with(end));
    assert!(row("| Accuracy | 75.0%", "| ≥ −2 pp | off |"), "{summary}");
    assert!(row("| Accuracy alone | 75.0%", "| 120 | ≥ 90% | ● PASS |"), "{summary}");
    assert!(row("| Accuracy kind=odd, alone | ", "| 60 | ≥ 90% | ● PASS |"), "{summary}");
}

const EVERY_LIMIT: &str = "\
● PASS  new  (old → new)
  ● PASS  Accuracy is better than the baseline's: +25.0 pp [+18.1, +33.4], n = 120.
  ● PASS  Accuracy is above the minimum of 90%: 100.0% [96.9, 100.0], n = 120.
  ◆ INCONCLUSIVE  Warning only: cannot tell for accuracy: the interval [96.9, 100.0] crosses the minimum of 99% (seen
    100.0%, n = 120); about 1,681 more cases would decide if it is as seen.
  ● PASS  Accuracy in kind=odd is above the minimum of 90%: 100.0% [94.0, 100.0], n = 60.
  ■ FAIL  Warning only: cost per success is above the maximum of $0.0003: $0.000360 [0.000360, 0.000360], n = 120.
  – OFF  The rule is off, and was not judged: accuracy not worse by more than 2 pp.";

#[test]
fn a_fail_by_any_of_several_rules_says_how_often_chance_brings_one() {
    let server = Server::start(|seen, _| Answer::number(seen, seen.model() == "old"));
    let rules = "[gate]\nrules = [{ metric = \"accuracy\", non_inferior = \"2pp\" }, { metric = \"accuracy\", min = \"50%\" }]\n";
    let workspace = Workspace::new().numbers(60, server.port()).file("suite.toml", &suite(server.port(), rules));
    let run = workspace.cutover("run suite.toml");
    let remark =
        "  Any of 2 rules may fail it: a candidate that sits on every limit does so by chance in up to 5% of runs.\n";
    assert!(run.stdout.contains(remark), "{}", run.stdout);
}

#[test]
fn a_run_that_is_not_there_is_named() {
    let workspace = Workspace::new();
    workspace.cutover("gate").exit(2).stdout("").stderr(
        "error: there is no run that is finished in results\n  help: `cutover run SUITE` or `cutover demo` makes one\n",
    );
    workspace
        .cutover("gate numbers --results kept")
        .exit(2)
        .stderr("error: there is no run `numbers` in kept\n  help: `cutover run SUITE` or `cutover demo` makes one\n");
}
