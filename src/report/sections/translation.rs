//! What each arm was asked: where that is not what the dataset says, and where the arms' settings differ.

use crate::report::block::{Block, Cell, Table};
use crate::report::view::{Setting, TranslationView, View};

pub(super) fn build<'v>(view: &'v View<'_>) -> Vec<Block<'v>> {
    let mut blocks = Vec::new();
    if !view.translations.is_empty() {
        let line = |row: &TranslationView| {
            let TranslationView { arm, cases, effect, code, message, first } = row;
            Cell::plain(format!("{arm}: {cases} cases {effect}: {message} ({code}; the first is {first})"))
        };
        blocks.push(Block::List(view.translations.iter().map(line).collect()));
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
