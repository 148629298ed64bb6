//! What README.md says is true: its commands, its suite, its cases, its tables.

use std::path::Path;

use clap::Parser as _;
use cutover::cli::{Cli, Command};
use cutover::compare::{Contrast, METRICS};
use cutover::exit::EXITS;
use cutover::provider::{ENDPOINTS, PROTOCOLS};
use cutover::score::SCORERS;
use cutover::suite::Suite;

use crate::support::{Workspace, suite};

fn readme() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("is read")
}

/// The code blocks of a language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let begin = format!("```{language}\n");
    text.split(&begin).skip(1).map(|rest| rest.split("```").next().expect("ends").to_owned()).collect()
}

/// Every `cutover …` in a block or a line, as it would be typed.
fn commands(text: &str) -> Vec<String> {
    let typed = blocks(text, "sh").concat();
    let typed = typed.lines().map(|line| line.split(" #").next().unwrap_or_default().trim().to_owned());
    let inline = text.split('`').skip(1).step_by(2).map(str::to_owned);
    typed
        .chain(inline)
        .filter_map(|line| {
            let line = line.replace("cargo run -- ", "cutover ");
            line.starts_with("cutover ").then_some(line)
        })
        .collect()
}

/// The rows of the table under this heading.
fn table(text: &str, heading: &str) -> Vec<Vec<String>> {
    let rows = text.lines().skip_while(|line| *line != heading).skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()).collect()
}

#[test]
fn every_command_exists() {
    let text = readme();
    let commands = commands(&text);
    for line in &commands {
        let parsed = Cli::try_parse_from(line.split_whitespace());
        assert!(parsed.is_ok(), "{line}: {}", parsed.err().map(|error| error.to_string()).unwrap_or_default());
    }
    let names = |command: &Command| match command {
        Command::Demo(_) => "demo",
        Command::Import(_) => "import",
        Command::Plan(_) => "plan",
        Command::Run(_) => "run",
        Command::Rescore(_) => "rescore",
        Command::Label(_) => "label",
        Command::Report(_) => "report",
        Command::Gate(_) => "gate",
        Command::Ci(_) => "ci",
        Command::Lock(_) => "lock",
        Command::Show(_) => "show",
        Command::Doctor(_) => "doctor",
        Command::Cache(_) => "cache",
    };
    for wanted in
        ["demo", "import", "run", "report", "gate", "plan", "ci", "lock", "show", "doctor", "cache", "rescore", "label"]
    {
        let shown = commands.iter().filter_map(|line| Cli::try_parse_from(line.split_whitespace()).ok());
        assert!(shown.into_iter().any(|cli| names(&cli.command) == wanted), "README shows no `cutover {wanted}`");
    }
}

#[test]
fn the_suite_and_the_cases_are_valid_and_the_defaults_stated_there_are_true() {
    let text = readme();
    let suite = blocks(&text, "toml").remove(0);
    let cases = blocks(&text, "json").remove(0);
    let parse = |suite: String| Suite::parse(Path::new("suite.toml"), suite).expect("is valid");
    let stated = parse(suite.clone());
    let bare =
        parse(["repeats =", "concurrency =", "stream =", "max_steps =", "confidence =", "min_pairs ="].iter().fold(
            suite,
            |suite, key| {
                assert_eq!(suite.matches(key).count(), 1, "{key}");
                suite.lines().filter(|line| !line.starts_with(key)).map(|line| format!("{line}\n")).collect()
            },
        ));
    assert_eq!(stated.replay, bare.replay);
    let of = |suite: &Suite| (suite.gate.confidence, suite.gate.min_pairs, suite.gate.min_coverage);
    assert_eq!(of(&stated), of(&bare));
    assert!(text.contains(&format!("`{}` is read from the environment", ENDPOINTS[0].api_key_env.expect("a key"))));

    let workspace = Workspace::new().file("cases.jsonl", &cases);
    let dataset = cutover::dataset::open(&workspace.path("cases.jsonl")).expect("is valid");
    assert_eq!(dataset.entries.len(), cases.lines().count());
}

#[test]
fn every_shape_of_expected_is_read() {
    let text = readme();
    let text = text.split("\n\n").find(|paragraph| paragraph.starts_with("`expected` is one of")).expect("is there");
    let shapes = text.split('`').skip(1).step_by(2).filter(|code| code.starts_with("{\"") && code.ends_with('}'));
    let cases: String = shapes
        .map(|shape| shape.replace("{…}", "{\"a\":1}").replace("[…]", "[{\"name\":\"f\"}]"))
        .map(|shape| if shape.starts_with("{\"name\"") { format!("{{\"tool_calls\":[{shape}]}}") } else { shape })
        .enumerate()
        .map(|(id, expected)| {
            let tools = if expected.contains("tool") { "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]," } else { "" };
            format!("{{\"id\":\"{id}\",\"messages\":[{{\"role\":\"user\",\"content\":\"Q\"}}],{tools}\"expected\":{expected}}}\n")
        })
        .collect();
    let workspace = Workspace::new().file("cases.jsonl", &cases);
    let dataset = cutover::dataset::open(&workspace.path("cases.jsonl"));
    assert_eq!(
        dataset.map(|dataset| dataset.entries.len()).map_err(|problems| format!("{problems:?}\n{cases}")),
        Ok(9)
    );
}

#[test]
fn every_shape_of_tools_images_and_recorded_answers_is_read() {
    let text = readme().replace("\n  ", " ");
    let codes: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
    let starting = |start: &'static str| codes.iter().copied().filter(move |code| code.starts_with(start));
    let tools = starting("{\"type\"").collect::<Vec<_>>().join(",");
    let image = starting("\"image_url\"").next().expect("an image");
    let recorded = starting("\"recorded\":{").next().expect("an answer");
    let failure = starting("{\"kind\"").next().expect("a failure");
    let content = format!("[{{\"type\":\"image_url\",{image}}}]");
    let case = |id: &str, recorded: &str| {
        format!(
            "{{\"id\":\"{id}\",\"messages\":[{{\"role\":\"user\",\"content\":{content}}}],\"tools\":[{tools}],{recorded}}}\n"
        )
    };
    let cases = case("a", recorded) + &case("b", &format!("\"recorded\":{{\"failure\":{failure}}}"));
    let workspace = Workspace::new().file("cases.jsonl", &cases).file("receipts/17.png", "");
    std::fs::write(workspace.path("receipts/17.png"), b"\x89PNG\r\n\x1a\n").expect("is written");
    let dataset = cutover::dataset::open(&workspace.path("cases.jsonl"));
    let dataset = dataset.unwrap_or_else(|problems| panic!("{problems:?}\n{cases}"));
    assert_eq!(dataset.read(0).expect("is read").tools.len(), 3);
}

#[test]
fn the_tables_are_those_of_the_code() {
    let text = readme();
    let exits: Vec<_> = EXITS.iter().map(|(_, code, meaning)| vec![code.to_string(), (*meaning).to_owned()]).collect();
    assert_eq!(table(&text, "| exit code | meaning |"), exits);
    let options = |names: &[&str]| match names {
        [] => "none".to_owned(),
        names => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    };
    let scorers: Vec<_> =
        SCORERS.iter().map(|row| vec![format!("`{}`", row.name), row.doc.to_owned(), options(row.options)]).collect();
    assert_eq!(table(&text, "| scorer | an answer is right when | options |"), scorers);
    let example = blocks(&text, "toml").into_iter().find(|block| block.contains("paths =")).expect("is there");
    let rule = "[gate]\nrules = [{ metric = \"score:invoice\", non_inferior = \"2pp\" }]\n";
    let scored = suite(9, rule).replace("[[scorers]]\nkind = \"exact\"\n", &example);
    Suite::parse(Path::new("suite.toml"), scored).expect("is valid");
    let endpoints: Vec<_> = ENDPOINTS
        .iter()
        .map(|row| {
            let key = row.api_key_env.map_or_else(|| format!("none: {}", row.base_url), |name| format!("`{name}`"));
            vec![format!("`{}`", row.name), format!("`{}`", row.protocol.name), key]
        })
        .collect();
    assert_eq!(table(&text, "| endpoint | protocol | key |"), endpoints);
    let protocols: Vec<_> = PROTOCOLS.iter().map(|row| vec![format!("`{}`", row.name), row.doc.to_owned()]).collect();
    assert_eq!(table(&text, "| protocol | wire format |"), protocols);
    let by = |contrast| {
        let rows = METRICS.iter().filter(|row| row.gateable && row.contrast == contrast);
        rows.map(|row| format!("`{}`", row.name)).collect::<Vec<_>>().join(", ")
    };
    let metrics = format!(
        "Metrics of rules: {} (by `non_inferior`), {} (by `max_ratio`).",
        by(Contrast::Difference),
        by(Contrast::Ratio)
    );
    assert!(text.contains(&metrics), "{metrics}");
    let limits = table(&text, "| limit of a rule | it passes when the whole interval |");
    assert_eq!(limits.len(), 7);
    for row in limits {
        assert!(takes(&row[0]), "no metric takes {}", row[0]);
    }
}

/// Whether a rule of some metric may state this limit.
fn takes(limit: &str) -> bool {
    let limit = limit.trim_matches('`');
    METRICS.iter().filter(|row| row.gateable).any(|row| {
        let rule = format!("[gate]\nrules = [{{ metric = \"{}\", {limit} }}]\n", row.name);
        let suite = suite(9, &rule).replace("kind = \"exact\"", "kind = \"tool_call\"");
        Suite::parse(Path::new("suite.toml"), suite).is_ok()
    })
}

#[test]
fn every_file_it_links_to_is_there() {
    let text = readme();
    let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let mut found = 0;
    for link in links.filter(|link| !link.contains("://")) {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(link).exists(), "{link}");
        found += 1;
    }
    assert!(found > 0);
}
