//! The words of the providers' computer tools, each with what it means in the one vocabulary.
//!
//! `OpenAI` and Anthropic have one tool `computer` whose arguments name the action; Gemini makes a call of its own for
//! every action, with places on a grid.

use crate::domain::{ActionKind, Button, Case, Tool};

/// The names of the tool that takes every action.
const COMPUTER: &[&str] = &["computer", "computer_use", "computer_use_preview"];

/// Where a word stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// In the arguments of a call of the computer.
    Argument,
    /// As the name of a call.
    Call,
    /// Both.
    Both,
}

/// A word of a provider.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    name: &'static str,
    form: Form,
    /// What it does.
    pub(super) kind: ActionKind,
    /// The button that it names; without one an argument does, or it is the left one.
    pub(super) button: Option<Button>,
    /// Whether it clicks first where it types.
    pub(super) clicks: bool,
    /// Whether it presses Enter at the end unless `press_enter` says otherwise.
    pub(super) enters: bool,
}

const fn word(name: &'static str, form: Form, kind: ActionKind) -> Word {
    Word { name, form, kind, button: None, clicks: false, enters: false }
}

const fn with(button: Button, word: Word) -> Word {
    Word { button: Some(button), ..word }
}

const WORDS: &[Word] = &[
    word("click", Form::Both, ActionKind::Click),
    word("click_at", Form::Call, ActionKind::Click),
    with(Button::Left, word("left_click", Form::Argument, ActionKind::Click)),
    with(Button::Right, word("right_click", Form::Both, ActionKind::Click)),
    with(Button::Middle, word("middle_click", Form::Both, ActionKind::Click)),
    word("double_click", Form::Both, ActionKind::DoubleClick),
    word("triple_click", Form::Both, ActionKind::TripleClick),
    word("long_press", Form::Call, ActionKind::LongPress),
    with(Button::Left, word("left_mouse_down", Form::Argument, ActionKind::MouseDown)),
    with(Button::Left, word("left_mouse_up", Form::Argument, ActionKind::MouseUp)),
    word("mouse_down", Form::Call, ActionKind::MouseDown),
    word("mouse_up", Form::Call, ActionKind::MouseUp),
    word("move", Form::Both, ActionKind::Move),
    word("mouse_move", Form::Argument, ActionKind::Move),
    word("hover_at", Form::Call, ActionKind::Move),
    word("drag", Form::Argument, ActionKind::Drag),
    word("left_click_drag", Form::Argument, ActionKind::Drag),
    word("drag_and_drop", Form::Call, ActionKind::Drag),
    word("scroll", Form::Both, ActionKind::Scroll),
    word("scroll_at", Form::Call, ActionKind::Scroll),
    word("scroll_document", Form::Call, ActionKind::Scroll),
    word("type", Form::Both, ActionKind::Type),
    Word { clicks: true, enters: true, ..word("type_text_at", Form::Call, ActionKind::Type) },
    word("key", Form::Argument, ActionKind::Key),
    word("keypress", Form::Argument, ActionKind::Key),
    word("press_key", Form::Call, ActionKind::Key),
    word("hotkey", Form::Call, ActionKind::Key),
    word("key_combination", Form::Call, ActionKind::Key),
    word("hold_key", Form::Argument, ActionKind::HoldKey),
    word("key_down", Form::Call, ActionKind::KeyDown),
    word("key_up", Form::Call, ActionKind::KeyUp),
    word("wait", Form::Both, ActionKind::Wait),
    word("wait_5_seconds", Form::Call, ActionKind::Wait),
    word("screenshot", Form::Argument, ActionKind::Screenshot),
    word("take_screenshot", Form::Call, ActionKind::Screenshot),
    word("zoom", Form::Argument, ActionKind::Zoom),
    word("cursor_position", Form::Argument, ActionKind::CursorPosition),
    word("open_web_browser", Form::Call, ActionKind::OpenBrowser),
    word("navigate", Form::Call, ActionKind::Navigate),
    word("search", Form::Call, ActionKind::Search),
    word("go_back", Form::Call, ActionKind::Back),
    word("go_forward", Form::Call, ActionKind::Forward),
];

/// What a word in the arguments of a call of the computer means.
pub(super) fn argument(name: &str) -> Option<&'static Word> {
    WORDS.iter().find(|word| word.name == name && word.form != Form::Call)
}

/// What the name of a call means.
pub(super) fn call(name: &str) -> Option<&'static Word> {
    WORDS.iter().find(|word| word.name == name && word.form != Form::Argument)
}

/// Whether it is a name of the tool that takes every action.
pub(super) fn is_computer(name: &str) -> bool {
    COMPUTER.contains(&name)
}

fn offers_computer(case: &Case) -> bool {
    case.tools.iter().any(|tool| matches!(tool, Tool::ComputerUse { .. }))
}

fn is_function(case: &Case, name: &str) -> bool {
    case.functions().any(|function| function.name == name)
}

/// Whether a call of this name is one of the provider's computer tool, which the case offers.
pub(in crate::score) fn is_offered(case: &Case, name: &str) -> bool {
    (is_computer(name) || call(name).is_some()) && offers_computer(case) && !is_function(case, name)
}

/// Whether two names are of one tool: the same, or two of the computer tool's own.
pub(in crate::score) fn is_same_tool(case: &Case, one: &str, other: &str) -> bool {
    one == other || [one, other].iter().all(|name| is_computer(name) && is_offered(case, name))
}

/// Whether a call of this name acts on the screen. Without the provider's tool, functions of these names are the
/// computer; beside it they are something else of the application's. Without tools on record nobody can say.
pub(super) fn acts(case: &Case, name: &str) -> bool {
    let known = is_computer(name) || call(name).is_some();
    known && (case.tools.is_empty() || offers_computer(case) != is_function(case, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_stands_once_and_is_found_where_it_stands() {
        for (index, word) in WORDS.iter().enumerate() {
            assert!(WORDS[..index].iter().all(|other| other.name != word.name), "{}", word.name);
            assert!(!is_computer(word.name));
            assert_eq!(argument(word.name).is_some(), word.form != Form::Call, "{}", word.name);
            assert_eq!(call(word.name).is_some(), word.form != Form::Argument, "{}", word.name);
        }
    }
}
