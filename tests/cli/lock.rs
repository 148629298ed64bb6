//! `cutover lock` and `--locked`: what was judged once stays what is judged.

use serde_json::json;

use crate::support::{Answer, Server, Workspace, suite};

const GATE: &str = "[gate]\nrules = [{ metric = \"accuracy\", non_inferior = \"10pp\", slice = \"kind=odd\" }]\n";

fn draw(text: &str) -> String {
    text.replace("path = \"cases.jsonl\"\n", "path = \"cases.jsonl\"\ndraw = { n = 60, by = [\"kind\"], seed = 7 }\n")
}

fn locked(server: &Server) -> Workspace {
    let text = draw(&suite(server.port(), GATE))
        .replace("model = \"local/new\"\n", "model = \"local/new\"\ntemperature = 0.5\n");
    let workspace = Workspace::new().cases(80).file("suites/numbers.toml", &text);
    std::fs::rename(workspace.path("cases.jsonl"), workspace.path("suites/cases.jsonl")).expect("is moved");
    workspace.cutover("run suites/numbers.toml").exit(0);
    let run = workspace.run_dir().file_name().expect("a name").to_string_lossy().into_owned();
    let outcome = workspace.cutover("lock suites/numbers.toml");
    outcome
        .exit(0)
        .stdout("suites/numbers.lock\n")
        .stderr(&format!("pins the run {run}; commit it, and `cutover ci --locked` holds the suite to it\n"));
    workspace
}

fn always_right() -> Server {
    Server::start(|seen, _| Answer::number(seen, true))
}

#[test]
fn a_lock_says_everything_that_decides_and_is_the_same_twice() {
    let server = always_right();
    let workspace = locked(&server);
    let lock = workspace.read("suites/numbers.lock");
    let summary = workspace.summary();
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let ids_hash = lock.lines().find_map(|line| line.strip_prefix("drawn_ids_sha256 = ")).expect("is there");
    let day = lock.lines().find_map(|line| line.strip_prefix("finished = ")).expect("is there");
    assert_eq!((ids_hash.len(), day.len()), (66, 12));
    assert_eq!(
        lock,
        format!(
            "# Written by `cutover lock`: commit it. `cutover ci --locked` refuses what differs from it.\n\
             version = 1\ncutover = \"{version}\"\nplan = \"{plan}\"\n\n\
             [run]\nname = \"{run}\"\nfinished = {day}\n\n\
             [dataset]\npath = \"cases.jsonl\"\nsha256 = \"{dataset}\"\ncases = 80\ndrawn = 60\ndraw_seed = 7\n\
             draw_by = [\"kind\"]\ndrawn_ids_sha256 = {ids_hash}\n\n\
             [replay]\nrepeats = 1\nseed = 1\nstream = false\n\n\
             [arms.baseline]\nendpoint = \"local\"\nprotocol = \"openai-chat\"\naddress = \"http://127.0.0.1:{port}/v1\"\n\
             model = \"old\"\nreturned = [\"served\"]\n\n\
             [arms.baseline.price]\ninput = \"1\"\noutput = \"2\"\n\n\
             [arms.new]\nendpoint = \"local\"\nprotocol = \"openai-chat\"\naddress = \"http://127.0.0.1:{port}/v1\"\n\
             model = \"new\"\nreturned = [\"served\"]\n\n\
             [arms.new.settings]\ntemperature = 0.5\n\n\
             [arms.new.price]\ninput = \"3\"\noutput = \"6\"\n\n\
             [[scorers]]\nkind = \"exact\"\n\n\
             [gate]\nconfidence = 0.95\nmin_pairs = 50\nmin_coverage = 0.95\n\n\
             [[gate.rules]]\nmetric = \"accuracy\"\nslice = \"kind=odd\"\nasks = \"non_inferior\"\nlimit = 0.1\n\
             level = \"error\"\n",
            version = env!("CARGO_PKG_VERSION"),
            plan = text(&summary["manifest"]["plan_hash"]),
            run = text(&summary["run"]),
            dataset = text(&summary["manifest"]["dataset"]["sha256"]),
            port = server.port(),
        )
    );
    let json = workspace.cutover("lock suites/numbers.toml --json");
    let json: serde_json::Value = serde_json::from_str(&json.stdout).expect("is JSON");
    assert_eq!(json["arms"]["new"]["settings"], json!({"temperature": 0.5}));
    assert_eq!(workspace.read("suites/numbers.lock"), lock);
    workspace.cutover("ci suites/numbers.toml --locked").exit(4);
    workspace.cutover("gate --locked").exit(4);
    assert_eq!(server.seen().len(), 120);
}

#[test]
fn whatever_differs_from_the_lock_is_listed_before_anything_is_sent() {
    let server = always_right();
    let workspace = locked(&server);
    let kept = workspace.read("suites/numbers.toml");
    let rows = [
        ("local/new\"\ntemperature", "local/newer\"\ntemperature", "arms.new.model: locked new, now newer"),
        ("temperature = 0.5", "temperature = 0.6", "arms.new.settings.temperature: locked 0.5, now 0.6"),
        ("temperature = 0.5\n", "", "arms.new.settings.temperature: locked 0.5, now nothing"),
        ("output = 6.00", "output = 6.50", "arms.new.price.output: locked 6, now 6.5"),
        ("kind = \"exact\"", "kind = \"contains\"", "scorers.1.kind: locked exact, now contains"),
        (
            "kind = \"exact\"\n",
            "kind = \"exact\"\ncompare = \"verbatim\"\n",
            "scorers.1.compare: locked nothing, now verbatim",
        ),
        ("\"10pp\"", "\"12pp\"", "gate.rules.1.limit: locked 0.1, now 0.12"),
        ("kind=odd\"", "kind=odd\", level = \"warn\"", "gate.rules.1.level: locked error, now warn"),
        ("[gate]\n", "[gate]\nconfidence = 0.9\n", "gate.confidence: locked 0.95, now 0.9"),
        ("[gate]\n", "[replay]\nseed = 3\n[gate]\n", "replay.seed: locked 1, now 3"),
    ];
    for (from, to, drift) in rows {
        assert_eq!(kept.matches(from).count(), 1, "{from}");
        let changed = kept
            .replace(from, to)
            .replace("local/new\"]", if to.contains("newer") { "local/newer\"]" } else { "local/new\"]" });
        workspace.write("suites/numbers.toml", &changed);
        refused(&workspace, &[drift]);
    }
    // A header changes what is asked, and shows in the hash of the plan alone.
    workspace.write(
        "suites/numbers.toml",
        &kept.replace("[prices.\"local/old\"]", "headers = { x-team = \"a\" }\n[prices.\"local/old\"]"),
    );
    let outcome = workspace.cutover("ci suites/numbers.toml --locked");
    outcome.exit(9);
    assert!(outcome.stderr.contains("error: suites/numbers.lock: plan: locked "), "{}", outcome.stderr);
    let help =
        "\n  help: headers, salts, dialects and `--on-untranslatable` are in the plan too; undo the change, or run ";
    assert!(outcome.stderr.contains(help), "{}", outcome.stderr);
    // A later draw of other cases, and a dataset that was edited: several drifts at once.
    workspace.write("suites/numbers.toml", &kept.replace("seed = 7", "seed = 8"));
    let outcome = workspace.cutover("ci suites/numbers.toml --locked");
    let lines: Vec<&str> =
        outcome.stderr.lines().filter_map(|line| line.strip_prefix("error: suites/numbers.lock: ")).collect();
    assert!(outcome.code == Some(9) && lines[0] == "dataset.draw_seed: locked 7, now 8", "{}", outcome.stderr);
    assert!(lines.len() == 2 && lines[1].starts_with("dataset.drawn_ids_sha256: locked "), "{}", outcome.stderr);
    workspace.write("suites/numbers.toml", &kept);
    workspace.write("suites/cases.jsonl", &workspace.read("suites/cases.jsonl").replacen("number 3", "number 33", 1));
    let outcome = workspace.cutover("ci suites/numbers.toml --locked");
    outcome.exit(9);
    assert!(outcome.stderr.contains("error: suites/numbers.lock: dataset.sha256: locked "), "{}", outcome.stderr);
    assert_eq!(server.seen().len(), 120);
}

#[track_caller]
fn refused(workspace: &Workspace, drifts: &[&str]) {
    let outcome = workspace.cutover("ci suites/numbers.toml --locked");
    let listed: String = drifts.iter().map(|drift| format!("error: suites/numbers.lock: {drift}\n")).collect();
    let help = "  help: undo the change, or run without `--locked` and pin the new state with `cutover lock`\n";
    let no_budget = "warning: no `budget_usd` in [replay]: nothing bounds what this pipeline may spend\n";
    outcome.exit(9).stdout("").stderr(&format!("{no_budget}{listed}{help}"));
}

#[test]
fn a_lock_that_is_not_there_or_cannot_be_read_is_named() {
    let server = always_right();
    let workspace = locked(&server);
    for (text, why) in [
        ("version = 2\n", "its version is 2"),
        ("cutover = \"0.1.0\"\n", "it has no version"),
        ("version = \n", "string values must be quoted, expected literal string"),
    ] {
        workspace.write("suites/numbers.lock", text);
        for command in ["ci suites/numbers.toml --locked", "gate --locked"] {
            let outcome = workspace.cutover(command);
            let message = format!("error: suites/numbers.lock is no lock that this version of cutover can read: {why}");
            outcome.exit(9).stdout("");
            assert!(outcome.stderr.contains(&message), "{}", outcome.stderr);
        }
    }
    std::fs::remove_file(workspace.path("suites/numbers.lock")).expect("is removed");
    workspace.cutover("gate --locked").exit(2).stderr(
        "error: `--locked` needs a lock, and there is none at suites/numbers.lock\n  help: `cutover lock \
         suites/numbers.toml` writes it from a finished run\n",
    );
    workspace.cutover("ci suites/numbers.toml --locked").exit(2);
    assert_eq!(server.seen().len(), 120);
}

#[test]
fn a_model_that_answers_in_the_name_of_another_is_a_warning_with_the_day() {
    let moved = |seen: &crate::support::Seen, before: usize| {
        let Answer::Http(status, headers, body) = Answer::number(seen, true) else { panic!("an answer") };
        let served = if before >= 120 && seen.model() == "new" { "served-2" } else { "served" };
        Answer::Http(status, headers, body.replace("\"served\"", &format!("\"{served}\"")))
    };
    let server = Server::start(moved);
    let workspace = locked(&server);
    let lock = workspace.read("suites/numbers.lock");
    let day =
        lock.lines().find_map(|line| line.strip_prefix("finished = ")).expect("is there").trim_matches('"').to_owned();
    let same = workspace.cutover("ci suites/numbers.toml --locked");
    same.exit(4);
    assert!(!same.stderr.contains("is answered by"), "{}", same.stderr);
    let warning = format!("new: new is answered by served-2, and was by served when the suite was locked on {day}");
    let record = "ci suites/numbers.toml --locked --mode record";
    let outcome = workspace.cutover_with(record, &[("GITHUB_ACTIONS", "true")]);
    outcome.exit(4);
    assert!(outcome.stderr.contains(&format!("\nwarning: {warning}\n")), "{}", outcome.stderr);
    let annotation = format!("::warning file=suites/numbers.toml,title=cutover::{warning}\n");
    assert!(outcome.stderr.ends_with(&annotation), "{}", outcome.stderr);
    workspace.cutover("gate --locked").exit(4).stderr(&format!("warning: {warning}\n"));
}

#[test]
fn only_a_run_that_the_suite_would_make_again_is_locked() {
    let server = always_right();
    let workspace = locked(&server);
    let run = workspace.run_dir().file_name().expect("a name").to_string_lossy().into_owned();
    let kept = workspace.read("suites/numbers.toml");
    workspace.write("suites/numbers.toml", &kept.replace("\"10pp\"", "\"12pp\""));
    workspace.cutover("lock suites/numbers.toml").exit(2).stdout("").stderr(&format!(
        "error: the suite has changed since the run {run}: gate.rules.1.limit: then 0.1, now 0.12\n  help: `cutover run \
         suites/numbers.toml` again: answers that are stored are not bought again\n"
    ));
    workspace.write("suites/numbers.toml", &kept.replace("name = \"numbers\"", "name = \"others\""));
    workspace.cutover("lock suites/numbers.toml").exit(2).stderr(
        "error: there is no finished run of `others` in results\n  help: `cutover run suites/numbers.toml` makes one\n",
    );
    workspace.cutover(&format!("lock suites/numbers.toml --run {run}")).exit(2).stderr(&format!(
        "error: the run {run} is one of `numbers`, not of `others`\n  help: name a run of this suite, or none for the newest\n"
    ));
    workspace.write("suites/numbers.toml", &kept);
    workspace.cutover(&format!("lock suites/numbers.toml --run {run}")).exit(0);
    // What confirms a run has repeats of its own: the run itself is what is locked.
    workspace.cutover("ci suites/numbers.toml --locked --confirm").exit(4);
    let (_, confirmation) = {
        let runs = workspace.runs();
        let of = |run: &std::path::PathBuf| std::fs::read_to_string(run.join("manifest.json")).expect("is read");
        runs.into_iter().partition::<Vec<_>, _>(|run| !of(run).contains("\"confirms\""))
    };
    let second = confirmation[0].file_name().expect("a name").to_string_lossy().into_owned();
    let outcome = workspace.cutover(&format!("lock suites/numbers.toml --run {second}"));
    outcome.exit(2);
    assert!(outcome.stderr.starts_with(&format!("error: the run {second} confirms another one on fresh answers\n")));
    workspace.cutover("lock suites/numbers.toml").exit(0);
    assert!(!workspace.read("suites/numbers.lock").contains(&second));
}
