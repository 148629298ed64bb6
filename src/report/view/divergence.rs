//! How a candidate's tool calls differ from the baseline's, in words.

use super::number::{Style, count};
use crate::compare::{Divergence, DivergenceKind, DivergenceRow};

/// The tool calls of a candidate against the baseline's.
#[derive(Debug, Clone)]
pub(in crate::report) struct DivergenceView {
    pub pairs: usize,
    pub unanswered: usize,
    /// One row a kind that occurs.
    pub kinds: Vec<DivergenceKindView>,
}

/// The pairs whose calls differ in one way.
#[derive(Debug, Clone)]
pub(in crate::report) struct DivergenceKindView {
    pub label: &'static str,
    pub pairs: String,
    /// Of all pairs.
    pub share: String,
    /// Both pass, lost, gained, both fail, unscored.
    pub outcomes: [String; 5],
}

impl DivergenceView {
    pub(super) fn new(divergence: &Divergence) -> Self {
        let Divergence { pairs, unanswered, ref kinds } = *divergence;
        let made = kinds.iter().filter(|row| row.pairs() > 0);
        Self { pairs, unanswered, kinds: made.map(|row| DivergenceKindView::new(row, pairs)).collect() }
    }
}

impl DivergenceKindView {
    fn new(row: &DivergenceRow, all: usize) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "counts of pairs")]
        let share = row.pairs() as f64 / all as f64;
        Self {
            label: label(row.kind),
            pairs: count(row.pairs()),
            share: Style::Share.write(share),
            outcomes: [row.both_pass, row.lost, row.gained, row.both_fail, row.unscored].map(count),
        }
    }
}

fn label(kind: DivergenceKind) -> &'static str {
    match kind {
        DivergenceKind::NoCalls => "No call in either",
        DivergenceKind::SameCalls => "The same calls",
        DivergenceKind::OtherArguments => "Other arguments",
        DivergenceKind::OtherTools => "Other tools",
        DivergenceKind::OtherCount => "More or fewer calls",
        DivergenceKind::OnlyBaseline => "Baseline alone calls",
        DivergenceKind::OnlyCandidate => "Candidate alone calls",
    }
}
