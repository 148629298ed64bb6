//! Cases to read: where the arms disagree, side by side.

use crate::report::block::Block;
use crate::report::view::View;

pub(super) fn build<'v>(view: &'v View<'_>) -> Vec<Block<'v>> {
    if view.input.examples.is_empty() {
        return Vec::new();
    }
    let intro = "Cases where the arms disagree, the worst for a candidate first. Texts may be cut; cutover show gives \
                 them whole.";
    let mut blocks = vec![Block::Paragraph(intro.to_owned())];
    blocks.extend(view.input.examples.iter().map(Block::SideBySide));
    blocks
}
