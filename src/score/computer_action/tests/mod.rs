//! Every fault and every option.

use serde_json::{Value, json};

use super::super::fixture::{applies, calls, case, option_errors, outcome, scorer, text, tool, why};
use crate::domain::{
    ActionKind, Button, Case, Chord, Direction, Display, Expected, ExpectedAction, Outcome, Place, Target, Tool,
    ToolFault, UnscoredReason,
};

mod hostile;
mod words;

const DISPLAY: Display = Display { width: 2000, height: 500 };

fn of_kind(kind: ActionKind) -> ExpectedAction {
    ExpectedAction::any(kind)
}

fn within(left: f64, top: f64, right: f64, bottom: f64) -> Target {
    Target::Box { from: Place { x: left, y: top }, to: Place { x: right, y: bottom } }
}

fn near(x: f64, y: f64, tolerance: Option<f64>) -> Target {
    Target::Near { point: Place { x, y }, tolerance }
}

fn click(at: Target) -> ExpectedAction {
    ExpectedAction { at: Some(at), ..of_kind(ActionKind::Click) }
}

fn typed(text: &str) -> ExpectedAction {
    ExpectedAction { text: Some(text.to_owned()), ..of_kind(ActionKind::Type) }
}

fn key(keys: &str) -> ExpectedAction {
    ExpectedAction { keys: Some(Chord::new([keys])), ..of_kind(ActionKind::Key) }
}

fn scroll(direction: Direction) -> ExpectedAction {
    ExpectedAction { direction: Some(direction), ..of_kind(ActionKind::Scroll) }
}

fn drag(from: Target, to: Target) -> ExpectedAction {
    ExpectedAction { at: Some(to), from: Some(from), ..of_kind(ActionKind::Drag) }
}

fn expecting(actions: Vec<ExpectedAction>) -> Case {
    Case { tools: vec![Tool::ComputerUse { display: Some(DISPLAY) }], ..case(Expected::Actions(actions)) }
}

fn fault(kind: ToolFault) -> Outcome {
    Outcome::Fail(Some(kind))
}

/// The outcome of calls, each a name and its arguments.
fn found(case: &Case, made: &[(&str, Value)]) -> Outcome {
    let made: Vec<(&str, String)> = made.iter().map(|(name, arguments)| (*name, arguments.to_string())).collect();
    let made: Vec<(&str, &str)> = made.iter().map(|(name, arguments)| (*name, arguments.as_str())).collect();
    outcome("computer_action", json!({}), case, &calls(&made))
}

#[test]
fn each_detail_is_right_or_has_its_fault() {
    use ToolFault::{Malformed, Missing, WrongCount, WrongTool, WrongType, WrongValue};
    let target = within(10.0, 20.0, 30.0, 40.0);
    let from = near(0.0, 0.0, None);
    let rows = [
        (click(target), json!({"type": "click", "x": 10, "y": 40}), None),
        (click(target), json!({"type": "click", "x": 30.5, "y": 40}), Some(WrongValue)),
        (click(target), json!({"type": "click"}), Some(Missing)),
        (click(target), json!({"type": "click", "x": 10}), Some(Missing)),
        (click(target), json!({"type": "click", "y": 40}), Some(Missing)),
        (click(target), json!({"type": "click", "x": "10", "y": 40}), Some(WrongType)),
        (click(target), json!({"type": "click", "coordinate": [10]}), Some(WrongType)),
        (click(target), json!({"type": "click", "coordinate": "10,40"}), Some(WrongType)),
        (click(target), json!({"type": "click", "x": 10, "y": 40, "button": "right"}), Some(WrongValue)),
        (click(target), json!({"type": "click", "x": 10, "y": 40, "button": "fifth"}), Some(WrongValue)),
        (click(target), json!({"type": "click", "x": 10, "y": 40, "button": 1}), Some(WrongType)),
        (click(target), json!({"type": "click", "x": 10, "y": 40, "keys": ["ctrl"]}), Some(WrongValue)),
        (click(target), json!({"type": "click", "x": 10, "y": 40, "keys": [1]}), Some(WrongType)),
        (click(target), json!({"type": "click", "x": 10, "y": 40, "keys": []}), None),
        (of_kind(ActionKind::Click), json!({"type": "click"}), None),
        (click(near(10.0, 10.0, Some(5.0))), json!({"type": "click", "x": 13, "y": 14}), None),
        (click(near(10.0, 10.0, Some(5.0))), json!({"type": "click", "x": 14, "y": 14}), Some(WrongValue)),
        (click(near(10.0, 10.0, None)), json!({"type": "click", "x": 20, "y": 10}), None),
        (click(near(10.0, 10.0, None)), json!({"type": "click", "x": 20, "y": 11}), Some(WrongValue)),
        (click(target), json!({"type": "double_click", "x": 10, "y": 40}), Some(WrongTool)),
        (click(target), json!({"type": "clik", "x": 10, "y": 40}), Some(WrongTool)),
        (click(target), json!({"type": "click_at", "x": 10, "y": 40}), Some(WrongTool)),
        (click(target), json!({"x": 10, "y": 40}), Some(Missing)),
        (click(target), json!({"type": 5, "x": 10, "y": 40}), Some(WrongType)),
        (click(target), json!("click"), Some(WrongType)),
        (typed("a"), json!({"type": "type"}), Some(Missing)),
        (typed("a"), json!({"type": "type", "text": null}), Some(Missing)),
        (typed("a"), json!({"type": "type", "text": ["a"]}), Some(WrongType)),
        (typed("a"), json!({"type": "type", "text": "A"}), Some(WrongValue)),
        (typed("a"), json!({"type": "type", "text": " a "}), None),
        (typed("a"), json!({"type": "type", "text": "a\n"}), Some(WrongValue)),
        (typed("a\n"), json!({"type": "type", "text": "a\n"}), None),
        (typed("a\0b"), json!({"type": "type", "text": "a\0b"}), None),
        (typed("a\0b"), json!({"type": "type", "text": "ab"}), Some(WrongValue)),
        (typed("日本 🎌"), json!({"type": "type", "text": "日本 🎌"}), None),
        (key("ctrl+s"), json!({"type": "keypress"}), Some(Missing)),
        (key("ctrl+s"), json!({"type": "keypress", "keys": 5}), Some(WrongType)),
        (key("ctrl+s"), json!({"type": "keypress", "keys": ["ctrl"]}), Some(WrongValue)),
        (key("ctrl+s"), json!({"type": "keypress", "keys": ["ctrl", "s", "s"]}), Some(WrongValue)),
        (key("ctrl+s"), json!({"type": "keypress", "keys": []}), Some(WrongValue)),
        (of_kind(ActionKind::Key), json!({"type": "keypress", "keys": ["a"]}), None),
        (scroll(Direction::Down), json!({"type": "scroll", "scroll_y": -1}), Some(WrongValue)),
        (scroll(Direction::Down), json!({"type": "scroll", "scroll_x": 0, "scroll_y": 0}), Some(WrongValue)),
        (scroll(Direction::Down), json!({"type": "scroll"}), Some(Missing)),
        (scroll(Direction::Down), json!({"type": "scroll", "scroll_y": "1"}), Some(WrongType)),
        (scroll(Direction::Down), json!({"type": "scroll", "direction": "south"}), Some(WrongValue)),
        (scroll(Direction::Down), json!({"type": "scroll", "direction": 5}), Some(WrongType)),
        (drag(from, target), json!({"type": "drag", "path": [[0, 0], [20, 30]]}), None),
        (drag(from, target), json!({"type": "drag", "path": [[20, 30], [0, 0]]}), Some(WrongValue)),
        (drag(from, target), json!({"type": "drag", "path": []}), Some(WrongType)),
        (drag(from, target), json!({"type": "drag", "path": {"x": 1}}), Some(WrongType)),
        (drag(from, target), json!({"type": "left_click_drag", "coordinate": [20, 30]}), Some(Missing)),
    ];
    for (expected, action, wrong) in rows {
        let case = expecting(vec![expected]);
        let expected = wrong.map_or(Outcome::Pass, fault);
        assert_eq!(found(&case, &[("computer", json!({"actions": [action]}))]), expected, "{action}");
    }
    let case = expecting(vec![of_kind(ActionKind::Wait)]);
    let whole = [
        (json!({}), Missing),
        (json!({"actions": []}), WrongCount),
        (json!({"actions": {}}), WrongType),
        (json!({"action": 5}), WrongType),
        (json!({"actions": [{"type": "wait"}, {"type": "wait"}]}), WrongCount),
        (json!([{"type": "wait"}]), Malformed),
        (json!(r#"{"action":"wait"}"#), ToolFault::DoubleEncoded),
    ];
    for (arguments, kind) in whole {
        assert_eq!(found(&case, &[("computer", arguments.clone())]), fault(kind), "{arguments}");
    }
}

#[test]
fn count_and_order_count_and_a_call_of_something_else_is_no_action() {
    let case = expecting(vec![of_kind(ActionKind::Click), typed("a")]);
    let act = |name: &str| ("computer", json!({"action": name, "text": "a"}));
    let click = ("computer", json!({"action": "left_click"}));
    assert_eq!(found(&case, &[act("type"), click.clone()]), fault(ToolFault::WrongOrder));
    assert_eq!(found(&case, &[click.clone(), act("type"), act("screenshot")]), fault(ToolFault::WrongCount));
    assert_eq!(found(&case, &[click.clone(), act("screenshot")]), fault(ToolFault::WrongTool));
    assert_eq!(found(&case, &[click.clone(), ("find_order", json!({}))]), fault(ToolFault::UnknownTool));
    let mut both = case.clone();
    both.tools.extend([tool("find_order", json!({})), tool("search", json!({}))]);
    assert_eq!(found(&both, &[click.clone(), ("find_order", json!({}))]), fault(ToolFault::WrongTool));
    let searched = Case { expected: Expected::Actions(vec![of_kind(ActionKind::Search)]), ..both };
    assert_eq!(found(&searched, &[("search", json!({}))]), fault(ToolFault::WrongTool), "it is the application's own");
    assert_eq!(outcome("computer_action", json!({}), &case, &text("Done.")), fault(ToolFault::NotCalled));
}

#[test]
fn without_the_providers_tool_functions_of_its_words_are_the_computer() {
    let made = [("computer", json!({"action": "left_click", "coordinate": [1, 1]}))];
    let expected = || Expected::Actions(vec![click(near(1.0, 1.0, None))]);
    assert_eq!(found(&case(expected()), &made), Outcome::Pass, "nobody can say what was offered");
    let own = Case { tools: vec![tool("computer", json!({}))], ..case(expected()) };
    assert_eq!(found(&own, &made), Outcome::Pass);
    let other = Case { tools: vec![tool("find_order", json!({}))], ..case(expected()) };
    assert_eq!(found(&other, &made), fault(ToolFault::UnknownTool));
}

#[test]
fn a_place_on_a_grid_says_nothing_without_the_size_of_the_screen() {
    let blind =
        |expected| Case { tools: vec![Tool::ComputerUse { display: None }], ..case(Expected::Actions(vec![expected])) };
    let made = [("click_at", json!({"x": 50, "y": 100}))];
    let case = blind(click(near(100.0, 50.0, None)));
    assert_eq!(found(&case, &made), Outcome::Unscored(UnscoredReason::Unlabelled));
    let why = why("computer_action", json!({}), &case, &calls(&[("click_at", r#"{"x": 50, "y": 100}"#)]));
    assert!(why.contains("does not say how large its screen is"), "{why}");
    assert_eq!(found(&blind(of_kind(ActionKind::Click)), &made), Outcome::Pass, "no place is asked for");
    assert_eq!(
        found(&blind(of_kind(ActionKind::Move)), &made),
        fault(ToolFault::WrongTool),
        "it is wrong wherever it is"
    );
    let pixels = [("computer", json!({"action": "left_click", "coordinate": [100, 50]}))];
    assert_eq!(found(&case, &pixels), Outcome::Pass, "pixels need no size");
}

#[test]
fn options_say_how_near_and_how_alike() {
    let case = expecting(vec![click(near(10.0, 10.0, None)), typed("Hello, World")]);
    let made =
        calls(&[("computer", r#"{"actions":[{"type":"click","x":40,"y":10},{"type":"type","text":"hello world"}]}"#)]);
    let rows = [
        (json!({}), fault(ToolFault::WrongValue)),
        (json!({"tolerance": 30}), fault(ToolFault::WrongValue)),
        (json!({"strings": "loose"}), fault(ToolFault::WrongValue)),
        (json!({"tolerance": 30, "strings": "loose"}), Outcome::Pass),
    ];
    for (options, expected) in rows {
        assert_eq!(outcome("computer_action", options.clone(), &case, &made), expected, "{options}");
    }
    assert_eq!(option_errors("computer_action", json!({"tolerance": -1}))[0].option.as_deref(), Some("tolerance"));
    assert!(!applies("computer_action", json!({}), &Case { expected: Expected::NoToolCall, ..case.clone() }));
    assert!(!applies("tool_call", json!({}), &case), "actions are not for `tool_call` to judge");
    assert!(case.involves_tools());
}

#[test]
fn the_first_fault_is_told_with_what_was_found_and_expected() {
    let case = expecting(vec![click(within(10.0, 20.0, 30.0, 40.0)), typed("a")]);
    let rows = [
        (r#"{"actions":[{"type":"click","x":1,"y":30},{"type":"type"}]}"#, "type: text: missing"),
        (
            r#"{"actions":[{"type":"click","x":1.5,"y":30},{"type":"type","text":"a"}]}"#,
            "click: place: found (1.5, 30), expected in [10, 20, 30, 40]",
        ),
        (
            r#"{"actions":[{"type":"click","x":11,"y":30},{"type":"type","text":"\u0000"}]}"#,
            r#"type: text: found "\u0000", expected "a""#,
        ),
        (r#"{"actions":[{"type":"click","x":11,"y":30},{"type":"wait"}]}"#, r#"wait: expected type "a""#),
        (
            r#"{"actions":[{"type":"click"}]}"#,
            r#"made 1 actions (click), expected 2 (click in [10, 20, 30, 40], type "a")"#,
        ),
    ];
    for (arguments, expected) in rows {
        assert_eq!(why("computer_action", json!({}), &case, &calls(&[("computer", arguments)])), expected);
    }
}
