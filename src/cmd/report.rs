//! `cutover report`: the report of a stored run, written again from its folder alone.

use super::{CommandError, judged};
use crate::cli::StoredArgs;
use crate::exit::Exit;
use crate::run_dir;
use crate::terminal::Terminal;

pub(super) fn report(args: &StoredArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    let run = run_dir::find(&args.results, args.run.as_deref())?;
    let judged = judged::judge(&run)?;
    judged::publish(&run, &judged, &run.examples()?, terminal)?;
    Ok(Exit::Done)
}
