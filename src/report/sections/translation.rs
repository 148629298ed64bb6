//! What each arm was asked: where that is not what the dataset says, and where the arms' settings differ.

use crate::report::block::{Block, Cell, Table};
use crate::report::view::{Setting, View};

pub(super) fn build<'v>(view: &'v View<'_>) -> Vec<Block<'v>> {
    let mut blocks = Vec::new();
    if !view.translations.is_empty() {
        let mut table = Table::new(
            "Cases that an arm could not be asked as the dataset says",
            &[
                ("Arm", false),
                ("Cases", true),
                ("What happened", false),
                ("Why", false),
                ("Rule", false),
                ("First case", false),
            ],
        );
        for row in &view.translations {
            table.push(vec![
                Cell::plain(&row.arm),
                Cell::plain(&row.cases),
                Cell::plain(row.effect),
                Cell::plain(&row.message),
                Cell::code(&row.code),
                Cell::code(&row.first),
            ]);
        }
        blocks.push(Block::Table(table));
    }
    if let Some(first) = view.settings.first() {
        let arms = first.values.iter().map(|(arm, _)| (arm.as_str(), false));
        let columns: Vec<_> = std::iter::once(("Setting", false)).chain(arms).collect();
        let mut table = Table::new("Settings in which the arms differ", &columns);
        for setting in &view.settings {
            let cell = |value: &Setting| match value {
                Setting::Sent(_) | Setting::Held(..) => Cell::plain(value.text()),
                Setting::Unknown => Cell::absent(value.text()),
            };
            let values = setting.values.iter().map(|(_, value)| cell(value));
            table.push(std::iter::once(Cell::plain(&setting.name)).chain(values).collect());
        }
        blocks.push(Block::Table(table));
    }
    blocks
}
