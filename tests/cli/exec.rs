//! The scorer `exec`: a program of the user's own.

use crate::support::{Answer, Server, Workspace, suite};

const SCORER: &str = "[[scorers]]\nkind = \"exec\"\ncommand = [\"/bin/sh\", \"judge.sh\"]\n";

/// Right is what begins with a digit.
const JUDGE: &str = "while read -r line; do case \"$line\" in *'\"refusal\":null,\"text\":\"'[0-9]*) echo '{\"outcome\":\"pass\"}';; \
                     *) echo '{\"outcome\":\"fail\",\"why\":\"no digit\"}';; esac; done\n";

#[test]
fn a_program_runs_only_where_it_is_allowed_and_nothing_is_sent_before() {
    let server = Server::start(|seen, _| Answer::number(seen, seen.model() == "new"));
    let workspace = Workspace::new().numbers(3, server.port()).file("judge.sh", JUDGE);
    workspace.write("suite.toml", &suite(server.port(), SCORER));
    for command in ["run", "ci"] {
        workspace.cutover(&format!("{command} suite.toml")).exit(2).stdout("").stderr(
            "error: suite.toml:19: this scorer runs a program of yours: /bin/sh judge.sh\n  help: allow it with \
             `--allow-exec`, once you know what it does\n",
        );
    }
    assert!(server.seen().is_empty());
    workspace.cutover("run suite.toml --allow-exec").exit(0);
    let trials = workspace.trials();
    let of = |arm: &str| trials[&("n001".to_owned(), arm.to_owned())]["scores"][1].clone();
    assert_eq!((of("new")["outcome"].as_str(), of("baseline")["why"].as_str()), (Some("pass"), Some("no digit")));

    workspace.cutover("rescore").exit(2);
    workspace.write("judge.sh", "exit 4\n");
    let outcome = workspace.cutover("rescore --allow-exec");
    outcome.exit(0);
    // What `exact` finds wrong is wrong, whatever the program would say; the rest nobody can tell.
    let told = "rescored 6 answers: 3 outcomes changed (new 3); judgements that changed: exec 6\n  \
                n000 (new): pass → unscored (scorer_failed)\n";
    assert!(outcome.stdout.contains(told), "{}", outcome.stdout);
}
