//! Every difference on one scale, with its interval, the line of no change and the margin.

use crate::report::block::Block;
use crate::report::view::View;

pub(super) fn build<'v>(view: &'v View<'_>) -> Vec<Block<'v>> {
    if view.candidates.is_empty() { Vec::new() } else { vec![Block::Figure("forest")] }
}
