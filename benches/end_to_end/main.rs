//! cutover as a whole process, beside a raw load generator that sends the same requests to the same server on this
//! machine: one table of ratios. `benches/README.md` says what each row means.

#![expect(clippy::print_stdout, reason = "the table is what this is for")]
#![expect(clippy::print_stderr, reason = "a run takes minutes: it says how far it is")]

mod answer;
mod cutover;
mod dataset;
mod faults;
mod host;
mod http;
mod measures;
mod oha;
mod process;
mod raw;
mod server;
mod table;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use faults::Script;
use measures::{Extent, MEASURES};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The first argument with which this program starts itself as a server.
const SERVE: &str = "serve-requests";
/// The first argument with which it starts itself as the raw load generator.
const RAW: &str = "send-raw";

const USAGE: &str = "cargo bench --bench end_to_end -- [--quick | --smoke] [--full] [--goals 1,4]
  --quick   3 rounds instead of 5
  --smoke   1 round of 500 cases: whether it works, not how fast
  --full    100,000 cases too (goals 7 and 11)
  --goals   only the measures that these goals need";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<()> {
    match arguments {
        [SERVE, delay, script] => {
            let script = Script::from_name(script).ok_or("no such script")?;
            server::serve(Duration::from_millis(delay.parse()?), script)
        }
        [RAW, port, cases, concurrency] => raw::send(port.parse()?, Path::new(cases), concurrency.parse()?),
        _ => measure(arguments),
    }
}

fn measure(arguments: &[&str]) -> Result<()> {
    // `cargo test --benches` starts this without `--bench`: then it only shows that it works.
    let mut smoke = !arguments.contains(&"--bench");
    let (mut quick, mut full, mut goals) = (false, false, Vec::new());
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match *argument {
            "--bench" => {}
            "--quick" => quick = true,
            "--smoke" => smoke = true,
            "--full" => full = true,
            "--goals" => {
                let list = rest.next().ok_or(USAGE)?;
                goals = list.split(',').map(str::parse).collect::<std::result::Result<_, _>>()?;
            }
            _ => return Err(USAGE.into()),
        }
    }
    let extent = Extent {
        rounds: if smoke {
            1
        } else if quick {
            3
        } else {
            5
        },
        cases: if smoke { 500 } else { 10_000 },
        few: if smoke { 500 } else { 1_000 },
        many: full.then_some(100_000),
    };
    let mut rows = Vec::new();
    for (of, measure) in MEASURES {
        if goals.is_empty() || of.iter().any(|goal| goals.contains(goal)) {
            eprintln!("goals {of:?}");
            rows.extend(measure(&extent)?);
        }
    }
    println!("Raw is {}.\n", oha::name()?);
    print!("{}", table::render(rows));
    Ok(())
}
