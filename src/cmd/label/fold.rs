//! Labels into the dataset: only the `labels` of the lines they belong to change.

use std::collections::HashMap;
use std::collections::btree_map::{BTreeMap, Entry};
use std::path::Path;

use super::journal::Given;
use crate::cmd::CommandError;
use crate::dataset::{self, rewrite, set_members};
use crate::domain::Label;
use crate::exit::Exit;

/// Puts labels into a dataset. `kept` is the file that holds them until that is done.
pub(super) fn fold(path: &Path, given: &[Given], kept: &Path) -> Result<(), CommandError> {
    let dataset = dataset::open(path)?;
    let places: HashMap<&str, usize> =
        dataset.entries.iter().enumerate().map(|(place, entry)| (&*entry.id, place)).collect();
    let mut lines: BTreeMap<usize, Vec<Label>> = BTreeMap::new();
    for Given { case, labels } in given {
        let Some(&place) = places.get(case.as_str()) else {
            return Err(CommandError::with_help(
                Exit::Integrity,
                format!("the case `{case}` was labelled, and is gone from {}", path.display()),
                format!("put it back, and label again: the labels are kept in {}", kept.display()),
            ));
        };
        let line = dataset.entries[place].line;
        let known = match lines.entry(line) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(dataset.read(place).map_err(|problem| vec![problem])?.labels),
        };
        for label in labels {
            merge(known, label);
        }
    }
    let members = lines
        .into_iter()
        .map(|(line, labels)| Ok((line, [("labels", serde_json::to_string(&labels)?)])))
        .collect::<Result<BTreeMap<_, _>, serde_json::Error>>()?;
    rewrite(path, |number, line| {
        Ok::<_, CommandError>(members.get(&number).and_then(|members| set_members(line, members)))
    })
}

/// Adds a label: what somebody says of an answer takes the place of what the same person said of it before.
fn merge(known: &mut Vec<Label>, new: &Label) {
    match known.iter_mut().find(|label| label.answer == new.answer && label.by == new.by) {
        Some(label) => label.outcome = new.outcome,
        None => known.push(new.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::LabelOutcome::{Fail, Pass};

    #[test]
    fn one_person_has_one_say_on_one_answer() {
        let label = |answer: &str, outcome, by: Option<&str>| Label {
            answer: answer.into(),
            outcome,
            by: by.map(str::to_owned),
        };
        let mut known = vec![label("a", Pass, Some("ann")), label("b", Pass, None)];
        for new in [label("a", Fail, Some("ann")), label("a", Pass, Some("bob")), label("b", Pass, None)] {
            merge(&mut known, &new);
        }
        let expected = [label("a", Fail, Some("ann")), label("b", Pass, None), label("a", Pass, Some("bob"))];
        assert_eq!(known, expected);
    }
}
