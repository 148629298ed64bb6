//! `cutover gate`: the verdict as an exit code.

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
    n = 120); about 9,773 more cases would decide if the difference is as seen, about 9,773 more cases if there is none.
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
  ○ NO-DATA  No data for accuracy: 0 pairs, and the gate asks for at least 50.
  ○ NO-DATA  Warning only: no data for cost per success: 0 pairs, and the gate asks for at least 50.
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
  ◆ INCONCLUSIVE  Cannot tell for accuracy: the interval [−27.8, +27.8] crosses the margin of 2 pp (seen 0.0 pp,
    n = 10); about 1,821 more cases would decide if the difference is as seen, about 1,821 more cases if there is none.
";

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
