//! `cutover show`: one case of a stored run, all arms side by side.

use std::path::Path;

use super::{CommandError, examples};
use crate::cli::ShowArgs;
use crate::dataset::{self, Dataset};
use crate::exit::Exit;
use crate::problem::suggestion;
use crate::report::format;
use crate::run_dir::{self, Finished};
use crate::terminal::Terminal;

pub(super) fn show(args: &ShowArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    let run = run_dir::find(&args.stored.results, args.stored.run.as_deref())?;
    let answers = run.answers(&|case| case == args.case)?;
    if answers.is_empty() {
        return Err(no_such_case(&run, &args.case)?);
    }
    let dataset = dataset_of(&run);
    if let Err(why) = &dataset {
        terminal.note(&format!("the case itself cannot be shown: {why}"));
    }
    let example = examples::example(&args.case, answers, dataset.ok().as_ref())?;
    let text =
        if terminal.json { format::json::document(&example)? } else { format::case::render(&example, terminal.width) };
    terminal.print(&text)?;
    Ok(Exit::Done)
}

/// The dataset of the run, as it was when the run was made.
fn dataset_of(run: &Finished) -> Result<Dataset, String> {
    let info = &run.manifest.dataset;
    let folder = Path::new(&run.manifest.suite.path).parent().unwrap_or_else(|| Path::new(""));
    let path = folder.join(&info.path);
    let dataset = dataset::open(&path).map_err(|problems| {
        problems.first().map_or_else(|| format!("{} is empty", path.display()), ToString::to_string)
    })?;
    if dataset.sha256 != info.sha256 {
        return Err(format!("{} has changed since the run", path.display()));
    }
    Ok(dataset)
}

fn no_such_case(run: &Finished, case: &str) -> Result<CommandError, CommandError> {
    let trials = run.trials()?;
    let otherwise = || "`trials.parquet` in the run's folder lists every case".to_owned();
    let help = suggestion(case, trials.iter().map(|trial| &*trial.key.case), otherwise);
    let message = format!("the run {} has no case `{case}`", run.manifest.run);
    Ok(CommandError::with_help(Exit::Usage, message, help))
}
