//! What to know before trusting the numbers.

use crate::report::block::Block;
use crate::report::view::View;

pub(super) fn build<'v>(view: &'v View<'_>) -> Vec<Block<'v>> {
    view.warnings.iter().cloned().map(Block::Warning).collect()
}
