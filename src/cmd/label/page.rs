//! The page to label in a browser.

use std::io::Write as _;
use std::path::Path;

use super::ask::{answer, last_of_user};
use super::pairs::Survey;
use crate::cli::LabelArgs;
use crate::cmd::rescore::Stored;
use crate::cmd::{CommandError, examples};
use crate::private;
use crate::report::format::label_page::{self, Asked, Page};

/// Writes the page with every pair that is open, up to the limit.
pub(super) fn write(stored: &Stored, survey: &Survey, file: &Path, args: &LabelArgs) -> Result<(), CommandError> {
    let count = survey.open.len().min(args.limit.unwrap_or(usize::MAX));
    let pairs = survey.open[..count]
        .iter()
        .map(|pair| {
            let case = stored.case(&pair.case)?;
            Ok(Asked {
                case: pair.case.clone(),
                question: case.as_ref().map(last_of_user).unwrap_or_default(),
                conversation: case.as_ref().map(examples::prompt).unwrap_or_default(),
                answers: pair.answers.clone(),
                texts: [answer(stored, pair.rows[0])?, answer(stored, pair.rows[1])?],
            })
        })
        .collect::<Result<Vec<_>, CommandError>>()?;
    let page = Page { run: &stored.run.manifest.run, suite: &stored.suite.name, by: args.by.as_deref(), pairs: &pairs };
    let text = label_page::render(&page)?;
    private::replace(file, |mut file| file.write_all(text.as_bytes()))?;
    Ok(())
}
