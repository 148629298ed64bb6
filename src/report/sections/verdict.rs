//! The answer, first: one strip a candidate.

use crate::report::block::Block;
use crate::report::view::View;

pub(super) fn build<'v>(view: &'v View<'_>) -> Vec<Block<'v>> {
    if view.verdicts.is_empty() {
        return vec![Block::Note("The run has no candidate to judge.".to_owned())];
    }
    view.verdicts.iter().map(Block::Verdict).collect()
}
