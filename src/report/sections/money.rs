//! What a success costs in each arm, and what this run paid.

use super::cells;
use crate::compare::{Metric, Unit};
use crate::report::block::{Block, Cell, Table};
use crate::report::view::number::count;
use crate::report::view::{CandidateView, ChangeView, Price, View};

pub(super) fn build<'v>(view: &'v View<'_>) -> Vec<Block<'v>> {
    let mut blocks = vec![Block::Table(costs(view)), Block::Figure("cost-per-success")];
    let note = "Cost is what all trials of an arm cost when they were bought, retries and failures included; answers \
                from the store were paid for earlier and are in the cost, not in the spend.";
    blocks.push(Block::Details {
        summary: "Prices and tokens".to_owned(),
        open: true,
        blocks: vec![Block::Note(note.to_owned()), Block::Table(prices(view)), Block::Table(tokens(view))],
    });
    let per_trial = per_trial(view);
    if !per_trial.rows.is_empty() {
        let blocks_inside = vec![Block::Table(per_trial)];
        let summary = "Tokens of a trial, arm against arm".to_owned();
        blocks.push(Block::Details { summary, open: false, blocks: blocks_inside });
    }
    blocks
}

fn costs(view: &View<'_>) -> Table {
    let mut table = Table::new(
        format!(
            "Cost per success: the cost of all trials of an arm ÷ its successes, with {} intervals",
            view.confidence
        ),
        &[
            ("Arm", false),
            ("Cost per success", true),
            ("Ratio to baseline", true),
            ("Successes", true),
            ("Total cost", true),
            ("Spent by this run", true),
        ],
    );
    for arm in &view.arms {
        let cost = cells::reading(&arm.money.cost_per_success);
        table.push(vec![
            Cell::plain(&arm.name),
            match arm.money.absent {
                Some(reason) => cost.detail(format!("({reason})")),
                None => cost,
            },
            arm.money.ratio.as_ref().map_or_else(|| Cell::empty("—"), cells::reading),
            Cell::plain(&arm.money.successes),
            Cell::plain(&arm.money.cost),
            Cell::plain(&arm.money.spend),
        ]);
    }
    table
}

fn prices(view: &View<'_>) -> Table {
    let mut table = Table::new(
        "Prices used, in US dollars per million tokens",
        &[
            ("Arm", false),
            ("Model", false),
            ("Input", true),
            ("Cached input", true),
            ("Output", true),
            ("Source", false),
        ],
    );
    for arm in &view.arms {
        let mut cells = vec![Cell::plain(&arm.name), Cell::code(&arm.model)];
        match &arm.money.price {
            Price::Known { rates, source } => {
                cells.extend(rates.iter().map(Cell::plain));
                cells.push(Cell::plain(source));
            }
            Price::Unknown => {
                cells.extend((0..3).map(|_| Cell::absent("unknown")));
                cells.push(Cell::absent("no price is known for this model"));
            }
        }
        table.push(cells);
    }
    table
}

fn tokens(view: &View<'_>) -> Table {
    let mut table = Table::new(
        "Tokens of all trials, as the providers counted them",
        &[
            ("Arm", false),
            ("Input", true),
            ("of which cached", true),
            ("Output", true),
            ("of which reasoning", true),
            ("Answers without a count", true),
        ],
    );
    for arm in &view.arms {
        let mut cells = vec![Cell::plain(&arm.name)];
        cells.extend(arm.money.tokens.iter().map(Cell::plain));
        cells.push(Cell::plain(count(arm.money.without_usage)));
        table.push(cells);
    }
    table
}

fn per_trial(view: &View<'_>) -> Table {
    let mut table = Table::new(
        format!("Mean tokens of a trial, over the pairs, with {} intervals", view.confidence),
        &[("Metric", false), ("Baseline", true), ("Candidate", true), ("Ratio", true), ("Pairs", true)],
    );
    let of_tokens = |metric: Metric| metric.row().unit == Unit::Tokens;
    let rows = |candidate: &CandidateView, change: &ChangeView| {
        vec![
            Cell::plain(format!("{}, {}", candidate.name, change.label)),
            cells::reading(&change.baseline),
            cells::reading(&change.candidate),
            cells::reading(&change.contrast),
            Cell::plain(count(change.pairs)),
        ]
    };
    for candidate in &view.candidates {
        for change in candidate.changes.iter().filter(|change| of_tokens(change.metric)) {
            table.push(rows(candidate, change));
        }
    }
    table
}
