//! What an answer does on the screen: its calls as actions of one vocabulary, whose details are read when asked for.

use serde_json::{Map, Value};

use crate::domain::{ActionKind, Button, Case, Chord, DIRECTIONS, Direction, Display, Place, Tool, ToolFault};

use super::super::clip::{clip, quoted, shown};
use super::super::tool_call::{Fault, Made};
use super::vocabulary::{self, Word};

/// What is wrong: the fault, and in words.
pub(super) type Wrong = (ToolFault, String);

/// How many parts each side of Gemini's grid has.
const GRID: f64 = 1000.0;

/// One action.
#[derive(Debug)]
pub(super) struct Act<'a> {
    /// The provider's word for it, or the name of the call.
    pub(super) word: &'a str,
    /// What it does, or why that cannot be said.
    pub(super) kind: Result<ActionKind, Fault>,
    button: Option<Button>,
    chord: Option<Chord>,
    details: Option<&'a Map<String, Value>>,
    on_grid: bool,
}

/// Why a place is not known.
#[derive(Debug)]
pub(super) enum Nowhere {
    /// It is not said, or not as it should be.
    Wrong(Wrong),
    /// It is on a grid, and the size of the screen is not known.
    NoDisplay,
}

/// Where a place can stand.
enum Source {
    /// Two numbers in a list.
    List(&'static str),
    /// Two numbers apart.
    Apart(&'static str, &'static str),
    /// The first of a list of places.
    First(&'static str),
    /// The last of a list of places.
    Last(&'static str),
}

const AT: &[Source] = &[Source::List("coordinate"), Source::Apart("x", "y")];
const FROM: &[Source] = &[
    Source::List("start_coordinate"),
    Source::First("path"),
    Source::Apart("start_x", "start_y"),
    Source::Apart("x", "y"),
];
const TO: &[Source] = &[
    Source::List("coordinate"),
    Source::Last("path"),
    Source::Apart("end_x", "end_y"),
    Source::Apart("destination_x", "destination_y"),
];

/// The actions of some calls, in order.
pub(super) fn acts<'a>(case: &Case, calls: &'a [Made<'a>]) -> Vec<Act<'a>> {
    let mut found = Vec::new();
    for call in calls {
        match &call.arguments {
            _ if !vocabulary::acts(case, call.name) => found.push(Act::broken(call.name, foreign(case, call.name))),
            Err(fault) => found.push(Act::broken(call.name, fault.clone())),
            Ok(arguments) => match vocabulary::call(call.name) {
                Some(word) => expand(word, call.name, (arguments, true), &mut found),
                None => of_computer(call.name, arguments, &mut found),
            },
        }
    }
    found
}

/// What is wrong with a call that does nothing on the screen.
fn foreign(case: &Case, name: &str) -> Fault {
    let offered: Vec<&str> = case.tools.iter().map(Tool::name).collect();
    if offered.is_empty() || offered.contains(&name) {
        return Fault::of_call(ToolFault::WrongTool, name, "no action on the screen");
    }
    let what = format!("not among the tools offered: {}", clip(&offered.join(", ")));
    Fault::of_call(ToolFault::UnknownTool, name, &what)
}

/// The actions of one call of the computer: a list, one object, or the word beside its own arguments.
fn of_computer<'a>(name: &'a str, arguments: &'a Map<String, Value>, found: &mut Vec<Act<'a>>) {
    match (arguments.get("actions"), arguments.get("action")) {
        (Some(Value::Array(actions)), _) => actions.iter().for_each(|action| of_value(name, action, found)),
        (Some(other), _) => {
            let what = format!("`actions` is {}, and no list", shown(other));
            found.push(Act::broken(name, Fault::of_call(ToolFault::WrongType, name, &what)));
        }
        (None, Some(action @ Value::Object(_))) => of_value(name, action, found),
        (None, _) => of_object(name, arguments, found),
    }
}

fn of_value<'a>(name: &'a str, action: &'a Value, found: &mut Vec<Act<'a>>) {
    if let Value::Object(details) = action {
        return of_object(name, details, found);
    }
    let what = format!("the action is {}, and no object", shown(action));
    found.push(Act::broken(name, Fault::of_call(ToolFault::WrongType, name, &what)));
}

fn of_object<'a>(name: &'a str, details: &'a Map<String, Value>, found: &mut Vec<Act<'a>>) {
    let fault = match first(details, &["action", "type"]) {
        Some(Value::String(text)) => match vocabulary::argument(text) {
            Some(word) => return expand(word, text, (details, false), found),
            None => Fault::of_call(ToolFault::WrongTool, name, &format!("{} is no action", quoted(text))),
        },
        Some(other) => {
            Fault::of_call(ToolFault::WrongType, name, &format!("the action is named {}, and no text", shown(other)))
        }
        None => Fault::of_call(ToolFault::Missing, name, "no action is named"),
    };
    found.push(Act::broken(name, fault));
}

/// One word can be several actions: a click before what is typed, Enter after it, keys one after the other.
fn expand<'a>(
    word: &Word,
    shown: &'a str,
    (details, on_grid): (&'a Map<String, Value>, bool),
    found: &mut Vec<Act<'a>>,
) {
    let get = |name: &str| details.get(name);
    let details = Some(details);
    let act = |kind| Act { word: shown, kind: Ok(kind), button: word.button, chord: None, details, on_grid };
    if word.clicks {
        // Its `text` is what is typed then, and no key that is held.
        found.push(Act { button: Some(Button::Left), chord: Some(Chord::default()), ..act(ActionKind::Click) });
    }
    let sequence = get("text").and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    match (word.kind, get("button").and_then(Value::as_str), sequence) {
        (ActionKind::Click, Some("back"), _) => found.push(act(ActionKind::Back)),
        (ActionKind::Click, Some("forward"), _) => found.push(act(ActionKind::Forward)),
        (ActionKind::Key, _, Some(text)) => {
            let text = text.replace(" + ", "+");
            let chords = text.split_whitespace().map(|chord| Chord::new([chord]));
            found.extend(chords.map(|chord| Act { chord: Some(chord), ..act(ActionKind::Key) }));
        }
        (kind, _, _) => found.push(act(kind)),
    }
    let enters = get("press_enter").and_then(Value::as_bool).unwrap_or(word.enters);
    if word.kind == ActionKind::Type && enters {
        found.push(Act { chord: Some(Chord::new(["enter"])), ..act(ActionKind::Key) });
    }
}

impl<'a> Act<'a> {
    fn broken(word: &'a str, fault: Fault) -> Self {
        Self { word, kind: Err(fault), button: None, chord: None, details: None, on_grid: false }
    }

    fn first(&self, names: &[&str]) -> Option<&'a Value> {
        first(self.details?, names)
    }

    /// Where it acts; of a drag, where it ends.
    pub(super) fn at(&self, display: Option<Display>) -> Result<Place, Nowhere> {
        let sources = if matches!(self.kind, Ok(ActionKind::Drag)) { TO } else { AT };
        self.place(sources, display)
    }

    /// Where a drag begins.
    pub(super) fn from(&self, display: Option<Display>) -> Result<Place, Nowhere> {
        self.place(FROM, display)
    }

    fn place(&self, sources: &[Source], display: Option<Display>) -> Result<Place, Nowhere> {
        let found = self.details.and_then(|details| sources.iter().find_map(|source| read(source, details)));
        let missing = || (ToolFault::Missing, "missing".to_owned());
        let Place { x, y } = found.unwrap_or_else(|| Err(missing())).map_err(Nowhere::Wrong)?;
        match (self.on_grid, display) {
            (false, _) => Ok(Place { x, y }),
            (true, Some(Display { width, height })) => {
                Ok(Place { x: x / GRID * f64::from(width), y: y / GRID * f64::from(height) })
            }
            (true, None) => Err(Nowhere::NoDisplay),
        }
    }

    /// The button of the mouse.
    pub(super) fn button(&self) -> Result<Button, Wrong> {
        if let Some(button) = self.button {
            return Ok(button);
        }
        match self.first(&["button"]) {
            None => Ok(Button::Left),
            Some(Value::String(name)) => match name.as_str() {
                "left" => Ok(Button::Left),
                "right" => Ok(Button::Right),
                "middle" | "wheel" => Ok(Button::Middle),
                _ => Err((ToolFault::WrongValue, format!("{} is no button", quoted(name)))),
            },
            Some(other) => Err((ToolFault::WrongType, format!("found {}, expected a text", shown(other)))),
        }
    }

    /// The keys it presses.
    pub(super) fn keys(&self) -> Result<Chord, Wrong> {
        if let Some(chord) = &self.chord {
            return Ok(chord.clone());
        }
        let found = self.first(&["keys", "key", "text"]).ok_or((ToolFault::Missing, "missing".to_owned()))?;
        chord(found)
    }

    /// The keys that are held while it points; none where nothing is said.
    pub(super) fn held(&self) -> Result<Chord, Wrong> {
        if let Some(chord) = &self.chord {
            return Ok(chord.clone());
        }
        self.first(&["keys", "text"]).map_or_else(|| Ok(Chord::new([])), chord)
    }

    /// The text typed, or the address.
    pub(super) fn text(&self) -> Result<&'a str, Wrong> {
        match self.first(&["text", "url"]) {
            Some(Value::String(text)) => Ok(text),
            Some(other) => Err((ToolFault::WrongType, format!("found {}, expected a text", shown(other)))),
            None => Err((ToolFault::Missing, "missing".to_owned())),
        }
    }

    /// Where to it scrolls: the direction named, or that of the greater of two distances.
    pub(super) fn direction(&self) -> Result<Direction, Wrong> {
        match self.first(&["direction", "scroll_direction"]) {
            Some(Value::String(name)) => {
                let row = DIRECTIONS.iter().find(|row| row.1.eq_ignore_ascii_case(name));
                row.map(|row| row.0).ok_or_else(|| (ToolFault::WrongValue, format!("{} is none", quoted(name))))
            }
            Some(other) => Err((ToolFault::WrongType, format!("found {}, expected a text", shown(other)))),
            None => self.way(),
        }
    }

    fn way(&self) -> Result<Direction, Wrong> {
        let distance = |name| match self.first(&[name]) {
            None => Ok(None),
            Some(found) => number(found).map(Some),
        };
        match (distance("scroll_x")?, distance("scroll_y")?) {
            (None, None) => Err((ToolFault::Missing, "missing".to_owned())),
            (x, y) => {
                let (x, y) = (x.unwrap_or(0.0), y.unwrap_or(0.0));
                let ways = [(y, Direction::Down), (-y, Direction::Up), (x, Direction::Right), (-x, Direction::Left)];
                let farthest = ways.into_iter().rev().max_by(|one, other| one.0.total_cmp(&other.0));
                let way = farthest.filter(|(distance, _)| *distance > 0.0);
                way.map(|(_, way)| way).ok_or_else(|| (ToolFault::WrongValue, "scrolls by nothing".to_owned()))
            }
        }
    }
}

/// The first of these members that is there and not null.
fn first<'a>(details: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| details.get(*name).filter(|value| !value.is_null()))
}

/// The place of a source; the outer `None` says that nothing stands there.
fn read(source: &Source, details: &Map<String, Value>) -> Option<Result<Place, Wrong>> {
    let end = |name: &str, end: fn(&[Value]) -> Option<&Value>| {
        let path = first(details, &[name])?;
        let point = path.as_array().and_then(|path| end(path));
        Some(point.map_or_else(|| Err(no_place(path)), point_of))
    };
    match source {
        Source::List(name) => first(details, &[name]).map(point_of),
        Source::First(name) => end(name, <[Value]>::first),
        Source::Last(name) => end(name, <[Value]>::last),
        Source::Apart(x, y) => match (first(details, &[x]), first(details, &[y])) {
            (None, None) => None,
            (Some(x), Some(y)) => Some(number(x).and_then(|x| Ok(Place { x, y: number(y)? }))),
            (Some(_), None) => Some(Err((ToolFault::Missing, format!("{y} is missing")))),
            (None, Some(_)) => Some(Err((ToolFault::Missing, format!("{x} is missing")))),
        },
    }
}

/// `[x, y]` or `{"x": x, "y": y}`.
fn point_of(value: &Value) -> Result<Place, Wrong> {
    let pair = match value {
        Value::Array(pair) if pair.len() == 2 => pair.first().zip(pair.last()),
        Value::Object(point) => point.get("x").zip(point.get("y")),
        _ => None,
    };
    let numbers = pair.and_then(|(x, y)| x.as_f64().zip(y.as_f64()));
    numbers.map(|(x, y)| Place { x, y }).ok_or_else(|| no_place(value))
}

fn no_place(value: &Value) -> Wrong {
    (ToolFault::WrongType, format!("found {}, expected two numbers", shown(value)))
}

fn number(value: &Value) -> Result<f64, Wrong> {
    value.as_f64().ok_or_else(|| (ToolFault::WrongType, format!("found {}, expected a number", shown(value))))
}

/// A text or a list of texts.
fn chord(value: &Value) -> Result<Chord, Wrong> {
    let texts: Option<Vec<&str>> = match value {
        Value::String(text) => Some(vec![text]),
        Value::Array(keys) => keys.iter().map(Value::as_str).collect(),
        _ => None,
    };
    let wrong = || (ToolFault::WrongType, format!("found {}, expected keys", shown(value)));
    texts.map(Chord::new).ok_or_else(wrong)
}
