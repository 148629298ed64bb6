//! `[[judges]]` against a server: what a judge is asked, what becomes of its answers, and whose money it spends.

use std::io::{BufRead as _, BufReader};
use std::process::Child;
use std::sync::Arc;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::{Answer, Hold, Outcome, Seen, Server, Workspace, signal, suite};

pub(super) const JUDGE: &str = "[replay]\nmax_output_tokens = 50\n\
    [[judges]]\nname = \"helpful\"\nmodel = \"local/referee\"\nrubric = \"Is the number right?\"\n\
    [prices.\"local/referee\"]\ninput = 10.00\noutput = 20.00\n";

/// What a judge is to judge.
pub(super) fn document(seen: &Seen) -> Value {
    let text = seen.body["messages"][1]["content"].as_str().expect("a text");
    serde_json::from_str(text).expect("one JSON document")
}

/// Both arms answer alike; the judge finds every answer wrong whose number is a multiple of three, and says nothing that
/// can be read of multiples of five.
pub(super) fn answers(seen: &Seen, _: usize) -> Answer {
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

/// Arms that answer differently, so that no two questions are equal.
fn apart(seen: &Seen) -> Answer {
    if seen.model() == "referee" {
        return Answer::text(&json!({"reason": "so", "verdict": "pass"}).to_string());
    }
    Answer::text(&format!("{}{}", seen.number(), if seen.model() == "new" { "!" } else { "" }))
}

/// Four trials are in flight at a time, and judges are all that scores.
fn four_at_a_time(server: &Server, cases: usize) -> Workspace {
    let judge = JUDGE.replace("[replay]\n", "[replay]\nconcurrency = 4\n");
    let suite = suite(server.port(), &judge).replace("[[scorers]]\nkind = \"exact\"\n", "");
    Workspace::new().numbers(cases, server.port()).file("suite.toml", &suite)
}

/// Interrupts a run, and reads on until it says that it has heard.
fn interrupt(child: &mut Child) {
    signal(child, "INT");
    // One byte at a time, so that what follows the line is left to be read.
    let stderr = BufReader::with_capacity(1, child.stderr.as_mut().expect("is piped"));
    let heard =
        |line: &std::io::Result<String>| line.as_ref().is_ok_and(|line| line.starts_with("finishing the calls"));
    assert!(stderr.lines().any(|line| heard(&line)));
}

#[test]
fn an_interrupted_judge_goes_on() {
    let hold = Arc::new(Hold::default());
    let server = Server::held(&hold, apart);
    let workspace = four_at_a_time(&server, 5);
    hold.release(10);
    let mut child = workspace.start("run suite.toml");
    server.wait_for(14);
    interrupt(&mut child);
    hold.release(14);
    let outcome = Outcome::of(child);
    outcome.exit(130).stdout("");
    assert!(outcome.stderr.contains("stopped: 4 of 10 trials are saved"), "{}", outcome.stderr);
    hold.release(usize::MAX);
    workspace.cutover("run suite.toml").exit(0);
    assert_eq!((workspace.runs().len(), server.seen().len()), (1, 20));
    assert_eq!(workspace.summary()["manifest"]["judges"][0]["asked"], 10);
}

#[test]
fn a_killed_judge_buys_again_at_most_what_was_in_flight_and_ends_as_an_undisturbed_one() {
    let hold = Arc::new(Hold::default());
    let server = Server::held(&hold, apart);
    let workspace = four_at_a_time(&server, 5);
    hold.release(10);
    let mut child = workspace.start("run suite.toml");
    server.wait_for(14);
    hold.release(14);
    // Eighteen requests mean that the first four verdicts are saved.
    server.wait_for(18);
    child.kill().expect("is killed");
    child.wait().expect("ends");
    hold.release(usize::MAX);
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(0);
    let said = "4 calls were on the way when this run was killed: they may have been billed";
    assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
    assert_eq!((workspace.runs().len(), server.seen().len()), (1, 24));
    let undisturbed = four_at_a_time(&server, 5);
    undisturbed.cutover("run suite.toml").exit(0);
    let (killed, undisturbed) = (workspace.summary(), undisturbed.summary());
    assert_eq!(killed["manifest"]["uncertain"]["calls"], 4);
    let arms = |summary: &Value| {
        let arms = summary["results"]["arms"].as_array().expect("arms").iter();
        arms.map(|arm| ["accounting", "cost", "spend"].map(|fact| arm[fact].clone())).collect::<Vec<_>>()
    };
    assert_eq!(arms(&killed), arms(&undisturbed));
    let judge = |summary: &Value, fact: &str| summary["manifest"]["judges"][0][fact].clone();
    for fact in ["asked", "unreadable", "failed", "cost", "spend"] {
        assert_eq!(judge(&killed, fact), judge(&undisturbed, fact), "{fact}");
    }
}

#[test]
fn a_budget_that_ends_among_the_judges_stops_there_and_a_raised_one_goes_on() {
    let server = Server::start(|seen, _| apart(seen));
    let workspace = four_at_a_time(&server, 5);
    let suite = |dollars: &str| {
        let more = format!("[replay]\nbudget_usd = {dollars}\n");
        workspace.read("suite.toml").replacen("[replay]\n", &more, 1)
    };
    // The answers cost $0.0024; a verdict costs $0.0012, and its worst case is said where it does not fit.
    let (tight, wide) = (suite("0.01"), suite("0.2"));
    workspace.write("suite.toml", &tight);
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(6).stdout("");
    let worst = outcome.stderr.split("the next call may cost up to $").nth(1).and_then(|rest| rest.split(';').next());
    let worst: f64 = worst.and_then(|worst| worst.parse().ok()).expect("a worst case");
    assert_eq!(server.seen().len(), 10);
    workspace.write("suite.toml", &suite_of(&wide, worst + 0.0024 + 0.003));
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(6).stdout("");
    assert!(outcome.stderr.contains("error: the budget has $"), "{}", outcome.stderr);
    let verdicts = server.seen().iter().filter(|seen| seen.model() == "referee").count();
    assert!((1..10).contains(&verdicts), "{verdicts}");
    workspace.write("suite.toml", &wide);
    workspace.cutover("run suite.toml").exit(0);
    assert_eq!((workspace.runs().len(), server.seen().len()), (1, 20));
}

#[test]
fn a_judge_without_a_key_is_refused_before_anything_is_spent_unless_all_it_would_say_is_stored() {
    let server = Server::start(|seen, _| apart(seen));
    let workspace = four_at_a_time(&server, 2);
    let bench = format!(
        "[endpoints.bench]\nprotocol = \"openai-chat\"\nbase_url = \"http://127.0.0.1:{}/v1\"\napi_key_env = \"BENCH\"\n",
        server.port()
    );
    let suite = workspace.read("suite.toml").replace("local/referee", "bench/referee") + &bench;
    workspace.write("suite.toml", &suite);
    workspace.cutover("run suite.toml").exit(2).stdout("").stderr(
        "error: the environment variable BENCH is not set, and answers must be bought with its key\n  help: `export \
         BENCH=...`, or `--mode replay` to use stored answers alone\n",
    );
    assert_eq!((server.seen().len(), workspace.runs().len()), (0, 0));
    workspace.cutover_with("run suite.toml", &[("BENCH", "k")]).exit(0);
    assert_eq!(server.seen().len(), 8);
    workspace.cutover("run suite.toml").exit(0);
    // Another rubric is another question: nothing is bought without the key, and no answer anew.
    workspace.write("suite.toml", &suite.replace("Is the number right?", "Is it short?"));
    workspace.cutover("run suite.toml").exit(2);
    assert_eq!(server.seen().len(), 8);
}

#[test]
fn a_run_that_may_stop_early_takes_no_judges() {
    let workspace = Workspace::new()
        .numbers(1, 1)
        .file("suite.toml", &suite(1, &JUDGE.replace("[replay]\n", "[replay]\nstop_early = true\n")));
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(2);
    let said = "`stop_early` cannot be used with judges: they judge after all answers are there\n  help: leave one of them out";
    assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
}

fn suite_of(wide: &str, dollars: f64) -> String {
    wide.replace("budget_usd = 0.2\n", &format!("budget_usd = {dollars:.6}\n"))
}

/// The digest by which people's labels name an answer that is a text.
fn digest(text: &str) -> String {
    let seen = json!({"refusal": null, "text": text, "tool_calls": []});
    hex::encode(Sha256::digest(seen.to_string()))
}

#[test]
fn labels_say_how_far_a_judge_is_right_and_correct_it() {
    let server = Server::start(|seen, _| match seen.model() {
        "referee" => Answer::text(&json!({"reason": "so", "verdict": "pass"}).to_string()),
        model => Answer::number(seen, model == "old" || !seen.number().is_multiple_of(4)),
    });
    let workspace = four_at_a_time(&server, 60);
    let cases = |labelled: usize| {
        let case = |number: usize| {
            let said = number.to_string();
            let mut labels = vec![json!({"answer": digest(&said), "outcome": "pass", "by": "ann"})];
            labels.push(json!({"answer": digest("wrong"), "outcome": "fail"}));
            labels.truncate(if number < labelled { 2 } else { 0 });
            let messages = json!([{"role": "user", "content": format!("number {number}")}]);
            format!("{}\n", json!({"id": format!("n{number:03}"), "messages": messages, "labels": labels}))
        };
        (0..60).map(case).collect::<String>()
    };
    workspace.write("cases.jsonl", &cases(52));
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(0);
    let summary = workspace.summary();
    let judge = &summary["results"]["judges"][0];
    assert_eq!((&judge["judge"], &judge["labels_wanted"]), (&json!("helpful"), &json!(50)));
    let (arm, change) = (&judge["arms"][1], &judge["candidates"][0]);
    assert_eq!((&arm["arm"], &arm["answers"], &arm["labelled"]), (&json!("new"), &json!(60), &json!(52)));
    assert_eq!((&arm["agreement"]["value"], &arm["specificity"]["value"]), (&json!(0.75), &json!(0.0)));
    assert_eq!((&arm["judged"]["value"], &arm["corrected"]["estimate"]["value"]), (&json!(1.0), &json!(0.75)));
    assert_eq!((&change["judged"]["value"], &change["corrected"]["estimate"]["value"]), (&json!(0.0), &json!(-0.25)));
    // Thirteen of the labelled answers are wrong, whatever the judge says; it alone decides on the others.
    assert_eq!(summary["results"]["arms"][1]["accounting"]["failed_outcome"], 13);
    for page in ["report.html", "summary.md"] {
        let text = std::fs::read_to_string(workspace.run_dir().join(page)).expect("is read");
        assert!(text.contains("Judges and people"), "{page}");
    }
    assert_eq!(
        section(&outcome.stdout),
        "The judge helpful and people, with 95% intervals\n\
         Arm       Labelled                 Agree                    Kappa  Passes what is right  Fails what is wrong\n\
         baseline  52 of 60  100.0% [93.1, 100.0]                undefined  100.0% [93.1, 100.0]            no labels\n\
         new       52 of 60    75.0% [61.8, 84.8]  0.00 [interval unknown]  100.0% [91.0, 100.0]     0.0% [0.0, 22.8]\n\n\
         Pass rates by the judge helpful, with 95% intervals\n\
         Of              Cases           Judge alone        Corrected by people\n\
         baseline           60  100.0% [94.0, 100.0]  100.0% [interval unknown]\n\
         new                60  100.0% [94.0, 100.0]         75.0% [63.2, 86.8]\n\
         new − baseline     60   0.0 pp [−6.0, +6.0]    −25.0 pp [−36.8, −13.2]\n\
         Corrected by what people say of the labelled cases (PPI++), which must be a random part of all: labels of disagreements\n\
         alone mislead. Labelled cases: baseline: 52; new: 52; new, in both arms: 52. Below 50 there is no corrected number, nor\n\
         where cases weigh differently or belong together.\n"
    );

    for (labelled, absent, said) in [(3, "few_labels", "few labels"), (0, "no_labels", "uncorrected: no human labels")]
    {
        std::fs::remove_dir_all(workspace.path("results")).expect("is removed");
        workspace.write("cases.jsonl", &cases(labelled));
        let outcome = workspace.cutover("run suite.toml --mode replay");
        outcome.exit(0);
        let change = &workspace.summary()["results"]["judges"][0]["candidates"][0]["corrected"];
        assert_eq!((&change["absent"], &change["estimate"]), (&json!(absent), &Value::Null));
        assert!(section(&outcome.stdout).contains(said), "{}", outcome.stdout);
    }
}

/// The section on judges, as the terminal shows it.
fn section(stdout: &str) -> &str {
    let from = stdout.find("The judge helpful").or_else(|| stdout.find("Pass rates by the judge")).expect("a section");
    let length = stdout[from..].find("\nbaseline: 60 planned").expect("the next section");
    &stdout[from..from + length]
}

#[test]
fn a_rubric_may_stand_in_a_file_that_counts_as_if_it_stood_in_the_suite() {
    let server = Server::start(answers);
    let suite =
        suite(server.port(), &JUDGE.replace("rubric = \"Is the number right?\"", "rubric_file = \"rubric.md\""));
    let workspace = Workspace::new().numbers(2, server.port()).file("suite.toml", &suite);
    workspace.cutover("run suite.toml").exit(2).stderr(
        "error: suite.toml:24: cannot read rubric.md: No such file or directory (os error 2)\n  help: `rubric_file` is a text \
         file, and its path starts at the suite\n",
    );
    workspace.write("rubric.md", "\nIs the number right?\n");
    workspace.cutover("run suite.toml").exit(0);
    let asked = |server: &Server| {
        let seen = server.seen().into_iter().filter(|seen| seen.model() == "referee");
        seen.map(|seen| seen.body["messages"][0]["content"].as_str().expect("a text").to_owned()).collect::<Vec<_>>()
    };
    assert!(asked(&server).iter().all(|text| text.contains("Rubric:\nIs the number right?\n")), "{:?}", asked(&server));
    let outcome = workspace.cutover("lock suite.toml");
    outcome.exit(0);
    let lock = workspace.read(outcome.stdout.trim());
    let pinned = format!("rubric_sha256 = \"{}\"", hex::encode(Sha256::digest("Is the number right?")));
    assert!(lock.contains("[judges.helpful]") && lock.contains(&pinned), "{lock}");

    // Another rubric is another run, and not what is locked; a stored run needs the file no more.
    workspace.write("rubric.md", "Is it short?");
    let outcome = workspace.cutover("ci suite.toml --locked");
    outcome.exit(9);
    assert!(outcome.stderr.contains("judges.helpful.rubric_sha256"), "{}", outcome.stderr);
    std::fs::remove_file(workspace.path("rubric.md")).expect("is removed");
    workspace.cutover("report").exit(0);
    workspace.write("suite.toml", &suite.replace("rubric_file", "rubric = \"r\"\nrubric_file"));
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(2);
    assert!(outcome.stderr.contains("a judge has `rubric` or `rubric_file`, not both"), "{}", outcome.stderr);
}

#[test]
fn a_plan_counts_the_most_that_judges_are_asked_and_doctor_names_their_keys() {
    let bench = "[endpoints.bench]\nprotocol = \"openai-chat\"\nbase_url = \"http://127.0.0.1:9/v1\"\n\
                 api_key_env = \"BENCH\"\n";
    let judge = JUDGE
        .replace("local/referee", "bench/referee")
        .replace("rubric", "only = { tags = { kind = \"even\" } }\nrubric");
    let workspace = Workspace::new().numbers(10, 9).file("suite.toml", &suite(9, &(judge + bench)));
    let outcome = workspace.cutover("plan suite.toml --json");
    outcome.exit(0);
    let plan: Value = serde_json::from_str(&outcome.stdout).expect("is JSON");
    let forecast = &plan["judges"][0];
    // Five cases, two arms.
    assert_eq!(
        (&forecast["judge"], &forecast["model"], &forecast["questions"]),
        (&json!("helpful"), &json!("referee"), &json!(10))
    );
    // Fifty tokens of verdict at $20 and fifty of answer at $10 a million, and the question around them.
    let (cost, least) = (forecast["cost"].as_u64().expect("a cost"), 10 * (50 * 20_000_000 + 50 * 10_000_000));
    assert!((least + 10 * 100 * 10_000_000..least + 10 * 500 * 10_000_000).contains(&cost), "{cost}");
    let text = workspace.cutover("plan suite.toml").stdout;
    assert!(text.contains("judge helpful (referee): up to 10 questions, for about $"), "{text}");

    let outcome = workspace.cutover("doctor suite.toml");
    outcome.exit(2);
    let said = "helpful   bench/referee at http://127.0.0.1:9/v1  BENCH is not set\n";
    assert!(outcome.stdout.contains(said), "{}", outcome.stdout);
    workspace.cutover_with("doctor suite.toml", &[("BENCH", "k")]).exit(0);
}
