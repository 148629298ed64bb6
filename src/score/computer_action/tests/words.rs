//! Every word of every provider stands for one kind of action, wherever its details are.

use serde_json::{Value, json};

use super::*;

/// An action as Responses has it.
fn openai(action: &Value) -> (&'static str, Value) {
    ("computer", json!({"actions": [action]}))
}

/// A call as Anthropic has it.
fn claude(arguments: Value) -> (&'static str, Value) {
    ("computer", arguments)
}

fn all_pass<const N: usize>(rows: [(ExpectedAction, (&str, Value)); N]) {
    for (expected, made) in rows {
        let case = expecting(vec![expected]);
        assert_eq!(found(&case, std::slice::from_ref(&made)), Outcome::Pass, "{made:?}");
    }
}

#[test]
fn the_words_for_the_mouse_are_one_vocabulary() {
    let (place, corner) = (within(90.0, 40.0, 110.0, 60.0), within(0.0, 0.0, 10.0, 10.0));
    let left = click(place);
    let right = ExpectedAction { button: Button::Right, ..left.clone() };
    let middle = ExpectedAction { button: Button::Middle, ..left.clone() };
    let of = |kind| ExpectedAction { at: Some(place), ..of_kind(kind) };
    let held = ExpectedAction { keys: Some(Chord::new(["shift"])), ..left.clone() };
    let dragged = drag(corner, place);
    let rows = [
        (left.clone(), openai(&json!({"type": "click", "button": "left", "x": 100, "y": 50}))),
        (left.clone(), ("computer", json!({"action": {"type": "click", "button": "left", "x": 100, "y": 50}}))),
        (left.clone(), claude(json!({"action": "left_click", "coordinate": [100, 50]}))),
        (left.clone(), ("computer_use", json!({"action": "left_click", "coordinate": [100, 50]}))),
        (left.clone(), ("click_at", json!({"x": 50, "y": 100}))),
        (left.clone(), ("click", json!({"x": 50, "y": 100, "intent": "to open it"}))),
        (right.clone(), openai(&json!({"type": "click", "button": "right", "x": 100, "y": 50}))),
        (right.clone(), claude(json!({"action": "right_click", "coordinate": [100, 50]}))),
        (right, ("right_click", json!({"x": 50, "y": 100}))),
        (middle.clone(), openai(&json!({"type": "click", "button": "wheel", "x": 100, "y": 50}))),
        (middle, claude(json!({"action": "middle_click", "coordinate": [100, 50]}))),
        (held.clone(), openai(&json!({"type": "click", "button": "left", "x": 100, "y": 50, "keys": ["SHIFT"]}))),
        (held, claude(json!({"action": "left_click", "coordinate": [100, 50], "text": "shift"}))),
        (of(ActionKind::DoubleClick), openai(&json!({"type": "double_click", "x": 100, "y": 50, "keys": null}))),
        (of(ActionKind::DoubleClick), claude(json!({"action": "double_click", "coordinate": [100, 50]}))),
        (of(ActionKind::TripleClick), claude(json!({"action": "triple_click", "coordinate": [100, 50]}))),
        (of(ActionKind::Move), openai(&json!({"type": "move", "x": 100, "y": 50}))),
        (of(ActionKind::Move), claude(json!({"action": "mouse_move", "coordinate": [100, 50]}))),
        (of(ActionKind::Move), ("hover_at", json!({"x": 50, "y": 100}))),
        (
            dragged.clone(),
            openai(&json!({"type": "drag", "path": [{"x": 5, "y": 5}, {"x": 900, "y": 9}, {"x": 100, "y": 50}]})),
        ),
        (
            dragged.clone(),
            claude(json!({"action": "left_click_drag", "start_coordinate": [5, 5], "coordinate": [100, 50]})),
        ),
        (dragged.clone(), ("drag_and_drop", json!({"x": 2, "y": 9, "destination_x": 50, "destination_y": 100}))),
        (dragged, ("drag_and_drop", json!({"start_x": 2, "start_y": 9, "end_x": 50, "end_y": 100}))),
    ];
    all_pass(rows);
}

#[test]
fn the_words_for_the_keyboard_and_the_rest_are_one_vocabulary() {
    let place = within(90.0, 40.0, 110.0, 60.0);
    let opened = ExpectedAction { text: Some("https://a.example".into()), ..of_kind(ActionKind::Navigate) };
    let rows = [
        (typed("héllo"), openai(&json!({"type": "type", "text": "héllo"}))),
        (typed("héllo"), claude(json!({"action": "type", "text": "héllo"}))),
        (typed("héllo"), ("type", json!({"text": "héllo"}))),
        (key("ctrl+s"), openai(&json!({"type": "keypress", "keys": ["CTRL", "S"]}))),
        (key("ctrl+s"), claude(json!({"action": "key", "text": "ctrl+s"}))),
        (key("s+ctrl"), claude(json!({"action": "key", "text": "Control_L + s"}))),
        (key("ctrl+s"), ("key_combination", json!({"keys": "control+s"}))),
        (key("ctrl+s"), ("hotkey", json!({"keys": ["control", "s"]}))),
        (key("enter"), ("press_key", json!({"key": "Return"}))),
        (key("space"), claude(json!({"action": "key", "text": " "}))),
        (
            ExpectedAction { keys: Some(Chord::new(["shift"])), ..of_kind(ActionKind::HoldKey) },
            claude(json!({"action": "hold_key", "text": "shift", "duration": 2})),
        ),
        (scroll(Direction::Down), openai(&json!({"type": "scroll", "x": 1, "y": 1, "scroll_x": 0, "scroll_y": 300}))),
        (scroll(Direction::Up), openai(&json!({"type": "scroll", "x": 1, "y": 1, "scroll_x": 20, "scroll_y": -300}))),
        (scroll(Direction::Left), openai(&json!({"type": "scroll", "x": 1, "y": 1, "scroll_x": -9, "scroll_y": 0}))),
        (
            ExpectedAction { at: Some(place), ..scroll(Direction::Right) },
            claude(
                json!({"action": "scroll", "coordinate": [100, 50], "scroll_direction": "right", "scroll_amount": 3}),
            ),
        ),
        (scroll(Direction::Down), ("scroll_document", json!({"direction": "down"}))),
        (
            ExpectedAction { at: Some(place), ..scroll(Direction::Down) },
            ("scroll_at", json!({"x": 50, "y": 100, "direction": "down", "magnitude": 800})),
        ),
        (of_kind(ActionKind::Wait), openai(&json!({"type": "wait"}))),
        (of_kind(ActionKind::Wait), claude(json!({"action": "wait", "duration": 3}))),
        (of_kind(ActionKind::Wait), ("wait_5_seconds", json!({}))),
        (of_kind(ActionKind::Screenshot), openai(&json!({"type": "screenshot"}))),
        (of_kind(ActionKind::Screenshot), claude(json!({"action": "screenshot"}))),
        (of_kind(ActionKind::Back), openai(&json!({"type": "click", "button": "back", "x": 1, "y": 1}))),
        (of_kind(ActionKind::Back), ("go_back", json!({}))),
        (opened, ("navigate", json!({"url": "https://a.example"}))),
    ];
    all_pass(rows);
}

#[test]
fn some_words_are_several_actions() {
    let field = click(within(90.0, 40.0, 110.0, 60.0));
    let typing = |more: Value| {
        let mut arguments = json!({"x": 50, "y": 100, "text": "ctrl"});
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ("type_text_at", arguments)
    };
    let case = expecting(vec![field.clone(), typed("ctrl"), key("enter")]);
    assert_eq!(found(&case, &[typing(json!({}))]), Outcome::Pass);
    assert_eq!(found(&case, &[typing(json!({"press_enter": false}))]), fault(ToolFault::WrongCount));
    let case = expecting(vec![field.clone(), typed("ctrl")]);
    assert_eq!(found(&case, &[typing(json!({"press_enter": false}))]), Outcome::Pass);
    let apart = [
        ("computer", json!({"action": "left_click", "coordinate": [100, 50]})),
        ("computer", json!({"action": "type", "text": "ctrl"})),
    ];
    assert_eq!(found(&case, &apart), Outcome::Pass);
    let together = json!({"actions": [{"type": "click", "x": 100, "y": 50}, {"type": "type", "text": "ctrl"}]});
    assert_eq!(found(&case, &[("computer", together)]), Outcome::Pass);
    let case = expecting(vec![key("down"), key("down"), key("ctrl+c")]);
    let keys = ("computer", json!({"action": "key", "text": "Down Down ctrl+c"}));
    assert_eq!(found(&case, &[keys]), Outcome::Pass);
}
