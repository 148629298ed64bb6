//! How far each judge agrees with people, and what its pass rates come to once they correct them.

use super::cells;
use crate::report::block::{Block, Cell, Table};
use crate::report::view::{JudgeView, View};

pub(super) fn build<'v>(view: &'v View<'_>) -> Vec<Block<'v>> {
    let pointwise = view.judges.iter().flat_map(|judge| blocks(view, judge));
    let compared = (!view.preferences.is_empty()).then(|| preferences(view));
    pointwise.chain(compared.into_iter().flatten()).collect()
}

fn preferences<'v>(view: &View<'_>) -> [Block<'v>; 2] {
    let mut table = Table::new(
        format!("Preferred to {}, with {} intervals", view.baseline, view.confidence),
        &[
            ("Candidate", false),
            ("Judge", false),
            ("Wins", true),
            ("Ties", true),
            ("Losses", true),
            ("Wins − losses", true),
            ("Order decides", true),
        ],
    );
    for found in &view.preferences {
        let [wins, ties, losses] = found.counts.each_ref().map(Cell::plain);
        table.push(vec![
            Cell::plain(&found.candidate),
            Cell::plain(&found.judge),
            wins,
            ties.detail(&found.equal),
            losses,
            cells::reading(&found.net),
            Cell::plain(&found.order),
        ]);
    }
    let note = "Every pair of differing answers is asked about in both orders. Where the orders disagree, the order \
                decides: a tie. Wins − losses is of all pairs, ties among them.";
    [Block::Table(table), Block::Note(note.to_owned())]
}

fn blocks<'v>(view: &View<'_>, judge: &JudgeView) -> Vec<Block<'v>> {
    let agreement = (!judge.agreement.is_empty()).then(|| Block::Table(agreement(view, judge)));
    agreement.into_iter().chain([Block::Table(rates(view, judge)), Block::Note(judge.note.clone())]).collect()
}

fn agreement(view: &View<'_>, judge: &JudgeView) -> Table {
    let mut table = Table::new(
        format!("The judge {} and people, with {} intervals", judge.name, view.confidence),
        &[
            ("Arm", false),
            ("Labelled", true),
            ("Agree", true),
            ("Kappa", true),
            ("Passes what is right", true),
            ("Fails what is wrong", true),
        ],
    );
    for arm in &judge.agreement {
        table.push(vec![
            Cell::plain(&arm.arm),
            Cell::plain(&arm.labelled),
            cells::reading(&arm.agreement),
            cells::reading(&arm.kappa),
            cells::reading(&arm.sensitivity),
            cells::reading(&arm.specificity),
        ]);
    }
    table
}

fn rates(view: &View<'_>, judge: &JudgeView) -> Table {
    let mut table = Table::new(
        format!("Pass rates by the judge {}, with {} intervals", judge.name, view.confidence),
        &[("Of", false), ("Cases", true), ("Judge alone", true), ("Corrected by people", true)],
    );
    for rate in &judge.rates {
        table.push(vec![
            Cell::plain(&rate.of),
            Cell::plain(&rate.cases),
            cells::reading(&rate.judged),
            cells::reading(&rate.corrected),
        ]);
    }
    table
}
