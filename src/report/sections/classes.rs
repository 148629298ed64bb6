//! What each arm takes for what: classes with precision and recall, and the confusion matrix.

use crate::compare::Confusion;
use crate::report::block::{Block, Cell, Table};
use crate::report::view::View;
use crate::report::view::number::{amount, percent};

/// More classes than this make no matrix that anybody can read.
const MOST_IN_MATRIX: usize = 20;

pub(super) fn build<'v>(view: &'v View<'_>) -> Vec<Block<'v>> {
    let mut blocks = Vec::new();
    for arm in view.confusions() {
        for confusion in arm.confusions {
            blocks.push(Block::Table(classes(arm.name, confusion)));
            blocks.push(matrix(arm.name, confusion));
        }
    }
    if !blocks.is_empty() {
        blocks.insert(0, Block::Note(NOTE.to_owned()));
    }
    blocks
}

const NOTE: &str = "Macro F1 is the mean of F1 over the classes that cases have, each counted once. An answer outside the \
                    list of labels, a refusal and a cut answer are found in no class of the list.";

fn share(value: Option<f64>) -> Cell {
    value.map_or_else(|| Cell::absent("no data"), |share| Cell::plain(percent(share)))
}

fn classes(arm: &str, confusion: &Confusion) -> Table {
    let caption = format!("{arm}: classes by {}", confusion.scorer);
    let columns = [("Class", false), ("Precision", true), ("Recall", true), ("F1", true), ("Cases", true)];
    let mut table = Table::new(caption, &columns);
    for class in &confusion.classes {
        table.push(vec![
            Cell::code(&class.label),
            share(class.precision),
            share(class.recall),
            share(class.f1),
            Cell::plain(amount(class.support)),
        ]);
    }
    table.push(vec![
        Cell::plain("Macro F1"),
        Cell::empty("–"),
        Cell::empty("–"),
        share(confusion.macro_f1),
        Cell::plain(amount(confusion.classes.iter().map(|class| class.support).sum())),
    ]);
    table
}

fn matrix<'v>(arm: &str, confusion: &Confusion) -> Block<'v> {
    let labels = &confusion.labels;
    if labels.len() > MOST_IN_MATRIX {
        return Block::Note(format!(
            "{arm}: {} classes make no matrix that can be read; summary.json has all of them.",
            labels.len()
        ));
    }
    let columns: Vec<_> =
        std::iter::once(("Expected", false)).chain(labels.iter().map(|label| (label.as_str(), true))).collect();
    let mut table = Table::new(format!("{arm}: expected class by found class"), &columns);
    for (label, row) in labels.iter().zip(&confusion.matrix) {
        // A class that no case has is a column only.
        if row.iter().any(|cases| *cases > 0.0) {
            let cells = row.iter().map(|cases| Cell::plain(amount(*cases)));
            table.push(std::iter::once(Cell::code(label)).chain(cells).collect());
        }
    }
    Block::Table(table)
}
