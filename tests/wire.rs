//! Holds the protocols and the prices to the conformance fixtures in `tests/wire`, or in the folder that
//! `CUTOVER_WIRE_FIXTURES` names. One line per fixture that fails, a table, and a last line in libtest's form.

#![expect(clippy::print_stdout, reason = "a target without libtest reports by itself")]

mod wire_support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use wire_support::{Outcome, exchange, money, refusals};

/// Outcomes by what they belong to: a provider's folder, or a file of its own.
type Outcomes = BTreeMap<String, Vec<(String, Outcome)>>;

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    let folder = std::env::var_os("CUTOVER_WIRE_FIXTURES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire"), PathBuf::from);
    match run(&folder) {
        Ok(outcomes) => report(&outcomes),
        Err(problem) => {
            println!("{problem}");
            conclude([0, 1])
        }
    }
}

fn run(folder: &Path) -> Result<Outcomes, String> {
    let mut outcomes = Outcomes::new();
    for path in sorted(folder)? {
        let group = name(&path);
        if path.is_dir() {
            for file in sorted(&path)?.iter().filter(|file| is_json(file)) {
                let outcome = read(file).and_then(|text| exchange::check(&group, &text));
                outcomes.entry(group.clone()).or_default().push((name(file), outcome.unwrap_or_else(Outcome::failed)));
            }
        } else if is_json(&path) {
            let text = read(&path)?;
            let found = match group.as_str() {
                "costs" => money::costs(&text)?,
                "prices" => money::prices(&text)?,
                "refusals" => refusals::refusals(&text)?,
                _ => return Err(format!("{}: nothing reads this file", path.display())),
            };
            outcomes.insert(group, found);
        }
    }
    Ok(outcomes)
}

fn report(outcomes: &Outcomes) -> ExitCode {
    let all = || outcomes.values().flatten().map(|(_, outcome)| outcome);
    let [passed, failed] = counts(all());
    for (group, found) in outcomes {
        for (name, outcome) in found {
            if let Outcome::Failed(differences) = outcome {
                println!("FAILED {group}/{name}");
                for difference in differences {
                    println!("  {difference}");
                }
            }
        }
    }
    println!("{:<20}{:>8}{:>8}", "", "passed", "failed");
    for (group, found) in outcomes {
        let [passed, failed] = counts(found.iter().map(|(_, outcome)| outcome));
        println!("{group:<20}{passed:>8}{failed:>8}");
    }
    if passed + failed == 0 {
        println!("no fixture was checked");
    }
    conclude([passed, failed])
}

/// The last line, for whatever reads libtest's output.
fn conclude([passed, failed]: [usize; 2]) -> ExitCode {
    let ok = failed == 0 && passed > 0;
    let word = if ok { "ok" } else { "FAILED" };
    println!(
        "\ntest result: {word}. {passed} passed; {failed} failed; 0 ignored; 0 measured; 0 filtered out; \
         finished in 0.00s"
    );
    if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Passed, failed.
fn counts<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> [usize; 2] {
    let mut counts = [0; 2];
    for outcome in outcomes {
        let index = match outcome {
            Outcome::Passed => 0,
            Outcome::Failed(_) => 1,
        };
        counts[index] += 1;
    }
    counts
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let problem = |error: std::io::Error| format!("{}: {error}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(problem)?;
    let mut paths =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().map_err(problem)?;
    paths.sort();
    Ok(paths)
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json")
}

fn name(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
