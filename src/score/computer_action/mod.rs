//! The scorer `computer_action`: the answer does the expected actions on the screen, in order, and no others.
//!
//! How far a scroll goes and how long a wait lasts is not compared: every provider counts in a unit of its own.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::{
    ActionKind, Case, Display, Expected, ExpectedAction, Response, Target, Tool, ToolFault, UnscoredReason,
};

use super::clip::{clip, quoted};
use super::tool_call::{Fault, Made, Strings};
use super::{Built, Judgement, OptionError, Scorer, options};
use act::{Act, Nowhere};

mod act;
mod vocabulary;

pub(super) use vocabulary::{is_offered, is_same_tool};

pub(super) const OPTIONS: &[&str] = &["tolerance", "strings"];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Options {
    /// How many pixels an action may be away from a point that has no tolerance of its own.
    tolerance: f64,
    /// How typed texts are compared; whether one ends its line counts always, as that presses Enter.
    strings: Strings,
}

impl Default for Options {
    fn default() -> Self {
        Self { tolerance: 10.0, strings: Strings::default() }
    }
}

pub(super) fn build(given: Map<String, Value>) -> Built {
    let options = options::parse::<Options>(given)?;
    if options.tolerance < 0.0 {
        let message = format!("{} is no tolerance", options.tolerance);
        return Err(vec![OptionError::of("tolerance", message, "give a number of pixels from 0 on")]);
    }
    Ok(Box::new(options))
}

impl Scorer for Options {
    fn applies(&self, case: &Case) -> bool {
        matches!(case.expected, Expected::Actions(_))
    }

    fn score(&self, case: &Case, response: &Response) -> Judgement {
        let Expected::Actions(expected) = &case.expected else { return Judgement::abstain() };
        if response.tool_calls.is_empty() {
            let why = format!("no call, expected {}", listed(expected.iter()));
            return Judgement::fault(ToolFault::NotCalled, why);
        }
        let calls: Vec<Made<'_>> = response.tool_calls.iter().map(Made::read).collect();
        let acts = act::acts(case, &calls);
        if acts.len() != expected.len() {
            let made = listed(acts.iter().map(|act| act.word));
            let wanted = listed(expected.iter());
            let why = format!("made {} actions ({made}), expected {} ({wanted})", acts.len(), expected.len());
            return Judgement::fault(ToolFault::WrongCount, why);
        }
        if is_reordered(&acts, expected) {
            let made = listed(acts.iter().map(|act| act.word));
            return Judgement::fault(
                ToolFault::WrongOrder,
                format!("made {made}, expected {}", listed(expected.iter())),
            );
        }
        let screen = Screen { display: display(case), options: self };
        let (mut faults, mut untold) = (Vec::new(), false);
        for (act, expected) in acts.iter().zip(expected) {
            for found in screen.compare(act, expected) {
                match found {
                    Nowhere::Wrong((kind, what)) => faults.push(Fault::of_call(kind, act.word, &what)),
                    Nowhere::NoDisplay => untold = true,
                }
            }
        }
        match faults.into_iter().chain(acts.iter().filter_map(|act| act.kind.clone().err())).min() {
            Some(Fault { kind, why }) => Judgement::fault(kind, why),
            None if untold => {
                let why =
                    "the places are on a grid, and the case's `computer_use` does not say how large its screen is";
                Judgement::unscored(UnscoredReason::Unlabelled, Some(why.to_owned()))
            }
            None => Judgement::pass(),
        }
    }
}

fn display(case: &Case) -> Option<Display> {
    case.tools.iter().find_map(|tool| match tool {
        Tool::ComputerUse { display } => *display,
        Tool::Function(_) | Tool::WebSearch | Tool::FileSearch { .. } => None,
    })
}

/// Whether the actions are of the expected kinds, but in another order.
fn is_reordered(acts: &[Act<'_>], expected: &[ExpectedAction]) -> bool {
    let made: Option<Vec<ActionKind>> = acts.iter().map(|act| act.kind.as_ref().ok().copied()).collect();
    let Some(mut made) = made else { return false };
    let mut wanted: Vec<ActionKind> = expected.iter().map(|action| action.kind).collect();
    if made == wanted {
        return false;
    }
    made.sort_unstable();
    wanted.sort_unstable();
    made == wanted
}

/// What the actions are compared on.
struct Screen<'a> {
    display: Option<Display>,
    options: &'a Options,
}

impl Screen<'_> {
    /// What is wrong with an action; nothing of one that is none.
    fn compare(&self, act: &Act<'_>, expected: &ExpectedAction) -> Vec<Nowhere> {
        let Ok(kind) = act.kind else { return Vec::new() };
        if kind != expected.kind {
            return vec![Nowhere::Wrong((ToolFault::WrongTool, format!("expected {}", clip(&expected.to_string()))))];
        }
        let wrong = |what: &str, found: &str, wanted: &str| {
            Nowhere::Wrong((ToolFault::WrongValue, format!("{what}: found {found}, expected {wanted}")))
        };
        let named =
            |what: &'static str| move |(kind, why): act::Wrong| Nowhere::Wrong((kind, format!("{what}: {why}")));
        let mut found = Vec::new();
        let mut place = |what: &str, target: Option<Target>, place: Result<_, Nowhere>| {
            let Some(target) = target else { return };
            match place {
                Ok(place) if target.holds(place, self.options.tolerance) => {}
                Ok(place) => found.push(wrong(what, &place.to_string(), &target.to_string())),
                Err(Nowhere::Wrong((kind, why))) => {
                    found.push(Nowhere::Wrong((kind, format!("{what}: {why}, expected {target}"))));
                }
                Err(Nowhere::NoDisplay) => found.push(Nowhere::NoDisplay),
            }
        };
        let drags = kind == ActionKind::Drag;
        if drags {
            place("from", expected.from, act.from(self.display));
        }
        place(if drags { "to" } else { "place" }, expected.at, act.at(self.display));
        if kind.has_button() {
            match act.button() {
                Ok(button) if button == expected.button => {}
                Ok(button) => found.push(wrong("button", button.name(), expected.button.name())),
                Err(error) => found.push(named("button")(error)),
            }
        }
        if let Some(wanted) = &expected.direction {
            match act.direction() {
                Ok(direction) if direction == *wanted => {}
                Ok(direction) => found.push(wrong("direction", direction.name(), wanted.name())),
                Err(error) => found.push(named("direction")(error)),
            }
        }
        if let Some(wanted) = &expected.text {
            match act.text() {
                Ok(text) if self.is_same_text(text, wanted) => {}
                Ok(text) => found.push(wrong("text", &quoted(text), &quoted(wanted))),
                Err(error) => found.push(named("text")(error)),
            }
        }
        let held = kind.points().then(|| (act.held(), expected.keys.clone().unwrap_or_default()));
        let pressed = expected.keys.clone().filter(|_| !kind.points()).map(|wanted| (act.keys(), wanted));
        if let Some((keys, wanted)) = held.or(pressed) {
            match keys {
                Ok(keys) if keys == wanted => {}
                Ok(keys) => found.push(wrong("keys", &clip(&keys.to_string()), &clip(&wanted.to_string()))),
                Err(error) => found.push(named("keys")(error)),
            }
        }
        found
    }

    fn is_same_text(&self, found: &str, wanted: &str) -> bool {
        let strings = self.options.strings;
        let ends_line = |text: &str| text.ends_with(['\n', '\r']);
        strings.form(found) == strings.form(wanted) && ends_line(found) == ends_line(wanted)
    }
}

/// The first of some names, cut short.
fn listed(names: impl Iterator<Item = impl ToString>) -> String {
    let some: Vec<String> = names.take(16).map(|name| name.to_string()).collect();
    clip(&some.join(", ")).into_owned()
}

#[cfg(test)]
mod tests;
