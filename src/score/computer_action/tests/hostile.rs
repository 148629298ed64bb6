//! Answers that are made to break the scorer, and answers of any shape.

use proptest::prelude::*;

use super::*;

#[test]
fn answers_made_to_break_it_are_judged() {
    let case = expecting(vec![typed("a")]);
    let huge = "\u{1f600}".repeat(2_500_000);
    let deep = "[".repeat(100_000);
    let many = format!(r#"{{"actions":[{}{{"type":"wait"}}]}}"#, r#"{"type":"wait"},"#.repeat(600_000));
    let rows = [
        (String::new(), ToolFault::Malformed),
        ("\0".to_owned(), ToolFault::Malformed),
        ("{}".to_owned(), ToolFault::Missing),
        (format!(r#"{{"action":"type","text":"{huge}"}}"#), ToolFault::WrongValue),
        (format!(r#"{{"action":"{huge}"}}"#), ToolFault::WrongTool),
        (format!(r#"{{"action":"key","text":"{huge}"}}"#), ToolFault::WrongTool),
        (format!(r#"{{"action":"type","text":{deep}"#), ToolFault::Malformed),
        (format!(r#"{{"actions":{}{}}}"#, "[".repeat(100), "]".repeat(100)), ToolFault::WrongType),
        (r#"{"action":"type","text":"\u0000"}"#.to_owned(), ToolFault::WrongValue),
        (many, ToolFault::WrongCount),
    ];
    for (arguments, expected) in rows {
        let start: String = arguments.chars().take(60).collect();
        let scorer = scorer("computer_action", json!({}));
        let judged = scorer.score(&case, &calls(&[("computer", &arguments)]));
        assert_eq!(judged.outcome, fault(expected), "{start}");
        assert!(judged.why.unwrap().len() < 2000, "{start}");
        let named = scorer.score(&case, &calls(&[(&arguments, "{}")]));
        assert_eq!(named.outcome, fault(ToolFault::UnknownTool), "{start}");
    }
    let far = expecting(vec![click(near(0.0, 0.0, Some(1e300)))]);
    let out = ("computer", json!({"action": "left_click", "coordinate": [1e308, -1e308]}));
    assert_eq!(found(&far, &[out]), fault(ToolFault::WrongValue));
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::sample::select(vec!["click", "type", "drag", "key", "left", "down", "scroll"]).prop_map(Value::from),
    ];
    let names = vec![
        "type",
        "action",
        "actions",
        "x",
        "y",
        "coordinate",
        "path",
        "keys",
        "text",
        "button",
        "scroll_y",
        "direction",
    ];
    leaf.prop_recursive(4, 32, 4, move |inner| {
        let members = prop::collection::hash_map(prop::sample::select(names.clone()), inner.clone(), 0..6);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            members.prop_map(|members| members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #[test]
    fn a_click_anywhere_in_the_box_passes_and_outside_fails(
        (left, top) in (0_i32..1900, 0_i32..1000),
        (width, height) in (1_i32..500, 1_i32..500),
        (x, y) in (-100_i32..2600, -100_i32..1700),
        claude: bool,
    ) {
        let (right, bottom) = (left + width, top + height);
        let case = expecting(vec![click(within(left.into(), top.into(), right.into(), bottom.into()))]);
        let at = |x: i32, y: i32| {
            let openai = json!({"actions": [{"type": "click", "button": "left", "x": x, "y": y}]});
            let claude = claude.then(|| json!({"action": "left_click", "coordinate": [x, y]}));
            found(&case, &[("computer", claude.unwrap_or(openai))])
        };
        let inside = (left..=right).contains(&x) && (top..=bottom).contains(&y);
        let expected = if inside { Outcome::Pass } else { fault(ToolFault::WrongValue) };
        prop_assert_eq!(at(x, y), expected);
        let clamped = at(x.clamp(left, right), y.clamp(top, bottom));
        prop_assert_eq!(clamped, Outcome::Pass);
    }

    #[test]
    fn a_grid_is_scaled_to_the_screen(x in 0_u32..1000, y in 0_u32..1000) {
        let case = expecting(vec![click(near(f64::from(x) * 2.0, f64::from(y) * 0.5, Some(1e-6)))]);
        prop_assert_eq!(found(&case, &[("click_at", json!({"x": x, "y": y}))]), Outcome::Pass);
    }

    #[test]
    fn keys_may_come_in_any_order(
        keys in prop::sample::subsequence(vec!["ctrl", "shift", "alt", "meta", "s", "f5", "ü", "enter", "+"], 1..6),
        seed in any::<prop::sample::Index>(),
    ) {
        let mut turned = keys.clone();
        turned.rotate_left(seed.index(keys.len()));
        let case = expecting(vec![ExpectedAction {
            keys: Some(Chord::new(keys.iter().copied())), ..of_kind(ActionKind::Key)
        }]);
        let press = |keys: Vec<&str>| found(&case, &[("computer", json!({"actions": [{"type": "keypress", "keys": keys}]}))]);
        prop_assert_eq!(press(turned.clone()), Outcome::Pass);
        turned.pop();
        prop_assert_eq!(press(turned), fault(ToolFault::WrongValue));
    }

    #[test]
    fn text_of_any_characters_is_typed_as_it_is(text: String, other: String) {
        let case = expecting(vec![typed(&text)]);
        let made = |text: &str| found(&case, &[("computer", json!({"action": "type", "text": text}))]);
        prop_assert_eq!(made(&text), Outcome::Pass);
        if text.trim() != other.trim() {
            prop_assert_eq!(made(&other), fault(ToolFault::WrongValue));
        }
    }

    #[test]
    fn no_arguments_make_it_panic(arguments in values(), name in "computer|click_at|type_text_at|key_combination|\\PC{0,4}") {
        for expected in [click(within(0.0, 0.0, 9.0, 9.0)), typed("a"), key("a"), scroll(Direction::Up), of_kind(ActionKind::Drag)] {
            found(&expecting(vec![expected]), &[(name.as_str(), arguments.clone())]);
        }
    }
}
