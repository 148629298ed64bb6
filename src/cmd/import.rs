//! `cutover import`: a log → a dataset, whole or not at all.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind};
use std::path::Path;

use serde_json::json;

use super::CommandError;
use crate::cli::ImportLogArgs;
use crate::dataset::{ImportCounts, ImportOptions, Log, LogError, cannot_read, import as import_log};
use crate::exit::Exit;
use crate::private;
use crate::terminal::Terminal;

/// Stands for stdin or stdout.
const STANDARD: &str = "-";

pub(super) fn import(args: &ImportLogArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    let to_stdout = args.out == Path::new(STANDARD);
    if to_stdout && terminal.json {
        let message = "`--json` and `--out -` both want stdout";
        return Err(CommandError::with_help(Exit::Usage, message, "name a file with `--out`"));
    }
    if !to_stdout {
        free(&args.out, args.force)?;
    }
    let counts = if to_stdout {
        let mut out = BufWriter::new(io::stdout().lock());
        let written = convert(args, &mut out);
        // What is left in the buffer has nowhere to go after an error.
        drop(out.into_parts());
        match written {
            Err(LogError::Output(error)) if error.kind() == ErrorKind::BrokenPipe => return Ok(Exit::Done),
            other => other,
        }
    } else {
        private::replace(&args.out, |file| convert(args, &mut BufWriter::new(file)))
    };
    let counts = counts.map_err(|error| match error {
        LogError::Log(problems) => CommandError::from(problems),
        LogError::Output(error) => CommandError::with_help(
            Exit::Fault,
            format!("cannot write {}: {error}", args.out.display()),
            "nothing is lost: run the command again when it can be written",
        ),
    })?;
    if terminal.json {
        let done = json!({"out": args.out.to_string_lossy(), "counts": counts});
        terminal.print(&format!("{}\n", serde_json::to_string_pretty(&done)?))?;
    } else if to_stdout {
        terminal.note(&said(&counts, args.closed_loop));
    } else {
        terminal.print(&format!("{}: {}\n", args.out.display(), said(&counts, args.closed_loop)))?;
    }
    Ok(Exit::Done)
}

/// Whether the cases may be written there: over nothing but a file, and that only when asked to.
fn free(out: &Path, force: bool) -> Result<(), CommandError> {
    match out.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(CommandError::with_help(
            Exit::Usage,
            format!("cannot write {}: {error}", out.display()),
            "name another file with `--out`",
        )),
        Ok(found) if !found.is_file() => Err(CommandError::with_help(
            Exit::Usage,
            format!("{} is there already, and is no plain file", out.display()),
            "name another file with `--out`, or `-` for stdout",
        )),
        Ok(_) if force => Ok(()),
        Ok(_) => Err(CommandError::with_help(
            Exit::Usage,
            format!("{} is there already", out.display()),
            "name another file with `--out`, or replace it with `--force`",
        )),
    }
}

fn convert(args: &ImportLogArgs, out: &mut impl io::Write) -> Result<ImportCounts, LogError> {
    let options = ImportOptions { expect_text: args.expect_text, closed_loop: args.closed_loop };
    let mut run = |name: &Path, log: &mut dyn BufRead| import_log(args.from, options, Log { name, lines: log }, out);
    let counts = if args.log == Path::new(STANDARD) {
        run(Path::new("stdin"), &mut io::stdin().lock())
    } else {
        let file = File::open(&args.log).map_err(|error| cannot_read(&args.log, &error))?;
        run(&args.log, &mut BufReader::with_capacity(1 << 20, file))
    }?;
    out.flush()?;
    Ok(counts)
}

fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn said(counts: &ImportCounts, closed_loop: bool) -> String {
    let ImportCounts { records, cases, later_turns, unlabelled, without_prompt, without_answer, without_result, cut } =
        *counts;
    let kind = if closed_loop {
        "closed loops".to_owned()
    } else {
        format!("{later_turns} on recorded earlier answers (teacher-forced)")
    };
    let mut said = format!(
        "{} from {}; {kind}, {unlabelled} unlabelled",
        plural(cases, "case", "cases"),
        plural(records, "line", "lines")
    );
    for (count, one, many) in [
        (without_prompt, "answer that nothing precedes left out", "answers that nothing precedes left out"),
        (without_answer, "line without an answer left out", "lines without an answer left out"),
        (
            without_result,
            "line with a call that has no result of text left out",
            "lines with a call that has no result of text left out",
        ),
        (cut, "line ends before the user's second turn", "lines end before the user's second turn"),
    ] {
        if count > 0 {
            said.push_str("; ");
            said.push_str(&plural(count, one, many));
        }
    }
    said
}
