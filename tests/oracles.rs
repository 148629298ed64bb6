//! The statistics against reference vectors. A `main` of its own, so that the table is printed on success too.
//!
//! The vectors are the `*.json` files of the folder named by `CUTOVER_ORACLES`, or of `tests/oracles`; their shape is
//! described in `tests/oracles/stats-README.md`. A method without a row below counts as not yet implemented.

#![expect(clippy::print_stdout, reason = "the table on stdout is what this target is for")]

mod oracles_support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use oracles_support::{
    Method, adjusted, bootstrap, breakeven, cost, draws, judge, latency, paired, planner, pricing, rates, ratios,
    sequential, special, vector, verdict,
};
use vector::Vector;

/// Every method that is implemented, by the files of vectors.
const METHODS: &[&[Method]] = &[
    special::METHODS,
    rates::METHODS,
    paired::METHODS,
    verdict::METHODS,
    planner::METHODS,
    ratios::METHODS,
    latency::METHODS,
    adjusted::METHODS,
    sequential::METHODS,
    bootstrap::METHODS,
    pricing::METHODS,
    cost::METHODS,
    breakeven::METHODS,
    draws::METHODS,
    judge::METHODS,
];

/// What became of the vectors of one method.
#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    not_implemented: usize,
}

fn main() -> ExitCode {
    // Filters and other arguments of the usual harness are of no use here: all vectors run in a moment.
    if std::env::args().any(|argument| argument == "--list") {
        println!("oracles: test");
        return ExitCode::SUCCESS;
    }
    let folder = std::env::var_os("CUTOVER_ORACLES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles"), PathBuf::from);
    let started = Instant::now();
    match vector::load(&folder) {
        Ok(vectors) => report(&vectors, started),
        Err(message) => {
            println!("oracles: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Runs every vector and prints the table.
fn report(vectors: &[Vector], started: Instant) -> ExitCode {
    let mut tallies: BTreeMap<(&str, &str), Tally> = BTreeMap::new();
    let mut failures = Vec::new();
    for vector in vectors {
        let tally = tallies.entry((&vector.file, &vector.method)).or_default();
        let Some(method) = METHODS.iter().copied().flatten().find(|method| method.name == vector.method) else {
            tally.not_implemented += 1;
            continue;
        };
        match vector.check(method) {
            Ok(()) => tally.passed += 1,
            Err(failure) => {
                tally.failed += 1;
                failures.push(failure);
            }
        }
    }
    print_table(&tallies);
    for failure in &failures {
        println!("{failure}");
    }
    let count = |of: fn(&Tally) -> usize| tallies.values().map(of).sum::<usize>();
    let (passed, failed, not_implemented) =
        (count(|tally| tally.passed), count(|tally| tally.failed), count(|tally| tally.not_implemented));
    println!(
        "\ntest result: {}. {passed} passed; {failed} failed; {not_implemented} ignored; 0 measured; 0 filtered out; \
         finished in {:.2}s\n",
        if failed == 0 { "ok" } else { "FAILED" },
        started.elapsed().as_secs_f64()
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn print_table(tallies: &BTreeMap<(&str, &str), Tally>) {
    println!("{:<22}{:<24}{:>7}{:>8}{:>21}", "file", "method", "passed", "failed", "not yet implemented");
    for ((file, method), tally) in tallies {
        println!("{file:<22}{method:<24}{:>7}{:>8}{:>21}", tally.passed, tally.failed, tally.not_implemented);
    }
    println!();
}
