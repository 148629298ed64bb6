//! The JSON shape of expected actions on a screen.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::line::BadLine;
use crate::domain::{ACTIONS, ActionRow, BUTTONS, Chord, DIRECTIONS, ExpectedAction, Place, Target};
use crate::problem::suggestion;

/// Reads the actions, in order.
pub(super) fn actions(given: Vec<Map<String, Value>>) -> Result<Vec<ExpectedAction>, BadLine> {
    if given.is_empty() {
        return Err(BadLine {
            message: "`expected.actions` is empty".into(),
            help: Some(r#"write {"no_tool_call": true} when no action is right"#.into()),
        });
    }
    let place = |index| format!("expected.actions[{index}]");
    given.into_iter().enumerate().map(|(index, fields)| action(Object { place: place(index), fields })).collect()
}

fn action(mut given: Object) -> Result<ExpectedAction, BadLine> {
    let row = kind(&mut given)?;
    if let Some(stray) = given.fields.keys().find(|name| !row.takes.contains(&name.as_str())) {
        let message = format!("`{}` is a `{}`, which takes no `{stray}`", given.place, row.name);
        let help = suggestion(stray, row.takes.iter().copied(), || match row.takes {
            [] => "it takes nothing beside `type`".to_owned(),
            some => format!("it takes {}", listed(some.iter())),
        });
        return Err(BadLine { message, help: Some(help) });
    }
    let end = given.object("to")?.map(only_target).transpose()?;
    let from = given.object("from")?.map(only_target).transpose()?;
    Ok(ExpectedAction {
        at: target(&mut given)?.or(end),
        from,
        button: given.one_of("button", BUTTONS)?.unwrap_or(ExpectedAction::any(row.kind).button),
        text: given.read("text", "a text")?,
        keys: keys(&mut given)?,
        direction: given.one_of("direction", DIRECTIONS)?,
        ..ExpectedAction::any(row.kind)
    })
}

fn kind(given: &mut Object) -> Result<&'static ActionRow, BadLine> {
    let Some(found) = given.fields.remove("type") else {
        return Err(BadLine::from(format!("`{}` lacks `type`", given.place)));
    };
    let row = found.as_str().and_then(|name| ACTIONS.iter().find(|row| row.name == name));
    row.ok_or_else(|| {
        let names = || ACTIONS.iter().map(|row| row.name);
        let wanted = format!("one of {}", listed(names()));
        let near = found.as_str().map(|name| suggestion(name, names(), String::new)).filter(|help| !help.is_empty());
        BadLine { help: near, ..given.wrong("type", &found, &wanted) }
    })
}

/// A box, or a point with or without a tolerance of its own.
fn target(given: &mut Object) -> Result<Option<Target>, BadLine> {
    let within: Option<[f64; 4]> = given.read("box", "four numbers: left, top, right, bottom")?;
    let point: Option<[f64; 2]> = given.read("point", "two numbers: x and y")?;
    let tolerance: Option<f64> = given.read("tolerance", "a number of pixels from 0 on")?;
    let place = &given.place;
    if tolerance.is_some_and(|tolerance| tolerance < 0.0) {
        let found = Value::from(tolerance);
        return Err(given.wrong("tolerance", &found, "a number of pixels from 0 on"));
    }
    match (within, point) {
        (Some(_), Some(_)) => Err(BadLine::from(format!("`{place}` has both `box` and `point`"))),
        (None, None) if tolerance.is_some() => {
            Err(BadLine::from(format!("`{place}` has a `tolerance`, but no `point`")))
        }
        (None, None) => Ok(None),
        (Some(_), None) if tolerance.is_some() => Err(BadLine {
            message: format!("`{place}` has a `tolerance`, which a `box` does not take"),
            help: Some("make the box larger, or give a `point`".to_owned()),
        }),
        (Some([left, top, right, bottom]), None) if left >= right || top >= bottom => Err(BadLine {
            message: format!("`{place}.box` is empty: [{left}, {top}, {right}, {bottom}]"),
            help: Some("write left, top, right, bottom in pixels; for one pixel give a `point`".to_owned()),
        }),
        (Some([left, top, right, bottom]), None) => {
            Ok(Some(Target::Box { from: Place { x: left, y: top }, to: Place { x: right, y: bottom } }))
        }
        (None, Some([x, y])) => Ok(Some(Target::Near { point: Place { x, y }, tolerance })),
    }
}

/// An object that says where, and nothing else.
fn only_target(mut given: Object) -> Result<Target, BadLine> {
    let found = target(&mut given)?;
    if let Some(stray) = given.fields.keys().next() {
        let message = format!("unknown field `{stray}` in `{}`", given.place);
        return Err(BadLine { message, help: Some("it takes `box`, or `point` and `tolerance`".to_owned()) });
    }
    found.ok_or_else(|| BadLine::from(format!("`{}` has neither `box` nor `point`", given.place)))
}

fn keys(given: &mut Object) -> Result<Option<Chord>, BadLine> {
    let wanted = r#"a list of keys such as ["ctrl", "s"]"#;
    let Some(texts) = given.read::<Vec<String>>("keys", wanted)? else { return Ok(None) };
    if texts.is_empty() || texts.iter().any(String::is_empty) {
        return Err(given.wrong("keys", &Value::from(texts), wanted));
    }
    Ok(Some(Chord::new(texts.iter().map(String::as_str))))
}

fn listed(names: impl Iterator<Item = impl std::fmt::Display>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// An object of the line, and where it stands.
struct Object {
    place: String,
    fields: Map<String, Value>,
}

impl Object {
    /// The value of a field, in this shape.
    fn read<T: DeserializeOwned>(&mut self, name: &str, wanted: &str) -> Result<Option<T>, BadLine> {
        let Some(found) = self.fields.remove(name) else { return Ok(None) };
        serde_json::from_value(found.clone()).map(Some).map_err(|_| self.wrong(name, &found, wanted))
    }

    /// What a word of a table stands for.
    fn one_of<T: Copy>(&mut self, name: &str, rows: &[(T, &str)]) -> Result<Option<T>, BadLine> {
        let Some(found) = self.fields.remove(name) else { return Ok(None) };
        let row = rows.iter().find(|row| found.as_str() == Some(row.1));
        let wanted = || format!("one of {}", listed(rows.iter().map(|row| row.1)));
        row.map(|row| Some(row.0)).ok_or_else(|| self.wrong(name, &found, &wanted()))
    }

    /// An object inside.
    fn object(&mut self, name: &str) -> Result<Option<Self>, BadLine> {
        let fields = self.read(name, "an object with `box` or `point`")?;
        Ok(fields.map(|fields| Self { place: format!("{}.{name}", self.place), fields }))
    }

    fn wrong(&self, name: &str, found: &Value, wanted: &str) -> BadLine {
        BadLine::from(format!("`{}.{name}` is {found}, but must be {wanted}", self.place))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::{ActionKind, Button, Direction};

    fn read(given: &Value) -> Result<Vec<ExpectedAction>, BadLine> {
        actions(serde_json::from_value(given.clone()).expect("a list of objects"))
    }

    #[test]
    fn every_form_of_an_action_is_read() {
        let place = |x: f64, y: f64| Place { x, y };
        let near = |x, y, tolerance| Some(Target::Near { point: place(x, y), tolerance });
        let any = ExpectedAction::any;
        let within = Some(Target::Box { from: place(1.0, 2.0), to: place(3.5, 4.0) });
        let rows = [
            (json!({"type": "click", "box": [1, 2, 3.5, 4]}), ExpectedAction { at: within, ..any(ActionKind::Click) }),
            (
                json!({"type": "double_click", "point": [5, 6], "tolerance": 0, "button": "right", "keys": ["shift"]}),
                ExpectedAction {
                    at: near(5.0, 6.0, Some(0.0)),
                    button: Button::Right,
                    keys: Some(Chord::new(["shift"])),
                    ..any(ActionKind::DoubleClick)
                },
            ),
            (
                json!({"type": "type", "text": "héllo\u{0}"}),
                ExpectedAction { text: Some("héllo\u{0}".into()), ..any(ActionKind::Type) },
            ),
            (
                json!({"type": "key", "keys": ["ctrl", "s"]}),
                ExpectedAction { keys: Some(Chord::new(["ctrl+s"])), ..any(ActionKind::Key) },
            ),
            (
                json!({"type": "scroll", "direction": "down"}),
                ExpectedAction { direction: Some(Direction::Down), ..any(ActionKind::Scroll) },
            ),
            (
                json!({"type": "drag", "from": {"point": [7, 8]}, "to": {"box": [1, 2, 3.5, 4]}}),
                ExpectedAction { from: near(7.0, 8.0, None), at: within, ..any(ActionKind::Drag) },
            ),
            (json!({"type": "wait"}), any(ActionKind::Wait)),
            (json!({"type": "screenshot"}), any(ActionKind::Screenshot)),
        ];
        for (given, expected) in rows {
            assert_eq!(read(&json!([given])), Ok(vec![expected]), "{given}");
        }
        for row in ACTIONS {
            assert_eq!(read(&json!([{"type": row.name}])), Ok(vec![any(row.kind)]));
        }
    }

    #[test]
    fn what_is_no_action_is_refused_with_its_place() {
        let rows = [
            (json!({}), "`expected.actions[1]` lacks `type`", ""),
            (
                json!({"type": "clik"}),
                "`expected.actions[1].type` is \"clik\", but must be one of",
                "did you mean `click`?",
            ),
            (json!({"type": 5}), "`expected.actions[1].type` is 5, but must be one of", ""),
            (json!({"type": "click", "box": [1, 2, 3]}), "`expected.actions[1].box` is [1,2,3], but must be four", ""),
            (json!({"type": "click", "box": [1, 2, 3, "4"]}), "`expected.actions[1].box` is [1,2,3,\"4\"], but", ""),
            (
                json!({"type": "click", "box": [3, 2, 1, 4]}),
                "`expected.actions[1].box` is empty: [3, 2, 1, 4]",
                "write left",
            ),
            (
                json!({"type": "click", "box": [1, 2, 3, 2]}),
                "`expected.actions[1].box` is empty: [1, 2, 3, 2]",
                "write left",
            ),
            (json!({"type": "click", "point": [1]}), "`expected.actions[1].point` is [1], but must be two numbers", ""),
            (
                json!({"type": "click", "point": [1, 2], "tolerance": -1}),
                "`expected.actions[1].tolerance` is -1.0, but must be a number of pixels from 0 on",
                "",
            ),
            (json!({"type": "click", "tolerance": 1}), "`expected.actions[1]` has a `tolerance`, but no `point`", ""),
            (
                json!({"type": "click", "box": [1, 2, 3, 4], "tolerance": 1}),
                "`expected.actions[1]` has a `tolerance`, which a `box` does not take",
                "make the box larger",
            ),
            (
                json!({"type": "click", "box": [1, 2, 3, 4], "point": [1, 2]}),
                "`expected.actions[1]` has both `box` and `point`",
                "",
            ),
            (
                json!({"type": "click", "button": "wheel"}),
                "`expected.actions[1].button` is \"wheel\", but must be one of",
                "",
            ),
            (json!({"type": "key", "keys": "ctrl"}), "`expected.actions[1].keys` is \"ctrl\", but must be a list", ""),
            (json!({"type": "key", "keys": []}), "`expected.actions[1].keys` is [], but must be a list of keys", ""),
            (json!({"type": "key", "keys": [""]}), "`expected.actions[1].keys` is [\"\"], but must be a list", ""),
            (json!({"type": "type", "text": 5}), "`expected.actions[1].text` is 5, but must be a text", ""),
            (
                json!({"type": "type", "point": [1, 2]}),
                "`expected.actions[1]` is a `type`, which takes no `point`",
                "it takes `text`",
            ),
            (
                json!({"type": "wait", "text": "x"}),
                "`expected.actions[1]` is a `wait`, which takes no `text`",
                "it takes nothing beside `type`",
            ),
            (
                json!({"type": "click", "bx": [1, 2, 3, 4]}),
                "`expected.actions[1]` is a `click`, which takes no `bx`",
                "did you mean `box`?",
            ),
            (json!({"type": "scroll", "direction": "south"}), "`expected.actions[1].direction` is \"south\", but", ""),
            (json!({"type": "drag", "to": [1, 2]}), "`expected.actions[1].to` is [1,2], but must be an object", ""),
            (json!({"type": "drag", "to": {}}), "`expected.actions[1].to` has neither `box` nor `point`", ""),
            (
                json!({"type": "drag", "from": {"point": [1, 2], "button": "left"}}),
                "unknown field `button` in `expected.actions[1].from`",
                "it takes `box`",
            ),
        ];
        for (given, message, help) in rows {
            let bad = read(&json!([{"type": "wait"}, given])).expect_err("is refused");
            assert!(bad.message.starts_with(message), "{given}: {}", bad.message);
            assert!(bad.help.unwrap_or_default().starts_with(help), "{given}");
        }
        assert_eq!(read(&json!([])).expect_err("is refused").message, "`expected.actions` is empty");
    }
}
