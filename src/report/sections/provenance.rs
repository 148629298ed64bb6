//! How the numbers came about, and what it takes to make them again.

use crate::report::block::Block;
use crate::report::view::View;

pub(super) fn build<'v>(view: &'v View<'_>) -> Vec<Block<'v>> {
    vec![Block::Facts(view.provenance.clone())]
}
