//! What a step of computer use does on a screen, in one vocabulary for all providers, and which action is expected.

use std::fmt;

use super::Chord;

/// What an action does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ActionKind {
    /// A button of the mouse, pressed and let go.
    Click,
    /// Two clicks in quick succession.
    DoubleClick,
    /// Three clicks in quick succession.
    TripleClick,
    /// A button or a finger, held for a while.
    LongPress,
    /// A button of the mouse, pressed.
    MouseDown,
    /// A button of the mouse, let go.
    MouseUp,
    /// The pointer goes elsewhere.
    Move,
    /// The pointer goes elsewhere with the button held.
    Drag,
    /// The wheel turns.
    Scroll,
    /// Text is typed.
    Type,
    /// Keys are pressed together and let go.
    Key,
    /// Keys are held for a while.
    HoldKey,
    /// Keys are pressed.
    KeyDown,
    /// Keys are let go.
    KeyUp,
    /// Nothing, for a while.
    Wait,
    /// The screen is looked at.
    Screenshot,
    /// A part of the screen is looked at.
    Zoom,
    /// The place of the pointer is asked for.
    CursorPosition,
    /// The browser is opened.
    OpenBrowser,
    /// The browser opens an address.
    Navigate,
    /// The browser opens its search page.
    Search,
    /// The browser goes back.
    Back,
    /// The browser goes forward.
    Forward,
}

/// One kind of action.
#[derive(Debug)]
pub struct ActionRow {
    /// The kind.
    pub kind: ActionKind,
    /// The name that a dataset gives as `type`.
    pub name: &'static str,
    /// What an expected action of this kind may say beside it.
    pub takes: &'static [&'static str],
}

const POINTED: &[&str] = &["box", "point", "tolerance", "button", "keys"];
const PRESSED: &[&str] = &["keys"];

/// Every kind, in the order of [`ActionKind`].
pub const ACTIONS: &[ActionRow] = &[
    ActionRow { kind: ActionKind::Click, name: "click", takes: POINTED },
    ActionRow { kind: ActionKind::DoubleClick, name: "double_click", takes: POINTED },
    ActionRow { kind: ActionKind::TripleClick, name: "triple_click", takes: POINTED },
    ActionRow { kind: ActionKind::LongPress, name: "long_press", takes: POINTED },
    ActionRow { kind: ActionKind::MouseDown, name: "mouse_down", takes: POINTED },
    ActionRow { kind: ActionKind::MouseUp, name: "mouse_up", takes: POINTED },
    ActionRow { kind: ActionKind::Move, name: "move", takes: &["box", "point", "tolerance", "keys"] },
    ActionRow { kind: ActionKind::Drag, name: "drag", takes: &["from", "to", "keys"] },
    ActionRow { kind: ActionKind::Scroll, name: "scroll", takes: &["box", "point", "tolerance", "direction", "keys"] },
    ActionRow { kind: ActionKind::Type, name: "type", takes: &["text"] },
    ActionRow { kind: ActionKind::Key, name: "key", takes: PRESSED },
    ActionRow { kind: ActionKind::HoldKey, name: "hold_key", takes: PRESSED },
    ActionRow { kind: ActionKind::KeyDown, name: "key_down", takes: PRESSED },
    ActionRow { kind: ActionKind::KeyUp, name: "key_up", takes: PRESSED },
    ActionRow { kind: ActionKind::Wait, name: "wait", takes: &[] },
    ActionRow { kind: ActionKind::Screenshot, name: "screenshot", takes: &[] },
    ActionRow { kind: ActionKind::Zoom, name: "zoom", takes: &[] },
    ActionRow { kind: ActionKind::CursorPosition, name: "cursor_position", takes: &[] },
    ActionRow { kind: ActionKind::OpenBrowser, name: "open_browser", takes: &[] },
    ActionRow { kind: ActionKind::Navigate, name: "navigate", takes: &["text"] },
    ActionRow { kind: ActionKind::Search, name: "search", takes: &[] },
    ActionRow { kind: ActionKind::Back, name: "back", takes: &[] },
    ActionRow { kind: ActionKind::Forward, name: "forward", takes: &[] },
];

impl ActionKind {
    /// Its row in [`ACTIONS`].
    #[must_use]
    pub fn row(self) -> &'static ActionRow {
        &ACTIONS[self as usize]
    }

    /// Whether it uses a button of the mouse that counts.
    #[must_use]
    pub fn has_button(self) -> bool {
        self.row().takes.contains(&"button")
    }

    /// Whether it points somewhere, while keys may be held.
    #[must_use]
    pub fn points(self) -> bool {
        self.row().takes.iter().any(|name| ["point", "from"].contains(name))
    }
}

/// A button of the mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Button {
    /// The first.
    Left,
    /// The second, for menus.
    Right,
    /// The third, the wheel.
    Middle,
}

/// Every button with its name, in the order of [`Button`].
pub const BUTTONS: &[(Button, &str)] = &[(Button::Left, "left"), (Button::Right, "right"), (Button::Middle, "middle")];

impl Button {
    /// The name that datasets use.
    #[must_use]
    pub fn name(self) -> &'static str {
        BUTTONS[self as usize].1
    }
}

/// Where to a scroll goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Towards the beginning.
    Up,
    /// Towards the end.
    Down,
    /// To the left.
    Left,
    /// To the right.
    Right,
}

/// Every direction with its name, in the order of [`Direction`].
pub const DIRECTIONS: &[(Direction, &str)] =
    &[(Direction::Up, "up"), (Direction::Down, "down"), (Direction::Left, "left"), (Direction::Right, "right")];

impl Direction {
    /// The name that datasets use.
    #[must_use]
    pub fn name(self) -> &'static str {
        DIRECTIONS[self as usize].1
    }
}

/// A place on the screen in pixels from the upper left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}, {})", self.x, self.y)
    }
}

/// Where an action is right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// Anywhere from one corner to the other, edges included.
    Box {
        /// The upper left corner.
        from: Place,
        /// The lower right corner.
        to: Place,
    },
    /// Not farther than so many pixels from a point; `None` leaves the distance to the scorer.
    Near {
        /// The point.
        point: Place,
        /// The greatest distance.
        tolerance: Option<f64>,
    },
}

impl Target {
    /// Whether a place is right; `tolerance` is for a point that has none of its own.
    #[must_use]
    pub fn holds(&self, place: Place, tolerance: f64) -> bool {
        match self {
            Self::Box { from, to } => (from.x..=to.x).contains(&place.x) && (from.y..=to.y).contains(&place.y),
            Self::Near { point, tolerance: own } => {
                (place.x - point.x).hypot(place.y - point.y) <= own.unwrap_or(tolerance)
            }
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Box { from, to } => write!(f, "in [{}, {}, {}, {}]", from.x, from.y, to.x, to.y),
            Self::Near { point, tolerance: Some(tolerance) } => write!(f, "within {tolerance} of {point}"),
            Self::Near { point, tolerance: None } => write!(f, "near {point}"),
        }
    }
}

/// An action of a right answer. What it leaves out may be anything, but for the button and held keys of the mouse.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedAction {
    /// What it does.
    pub kind: ActionKind,
    /// Where; of a drag, where it ends.
    pub at: Option<Target>,
    /// Where a drag begins.
    pub from: Option<Target>,
    /// The button; the left one unless the case says another.
    pub button: Button,
    /// What is typed, or the address that is opened.
    pub text: Option<String>,
    /// The keys pressed; those held meanwhile where the action points somewhere, and then `None` is none.
    pub keys: Option<Chord>,
    /// Where to it scrolls.
    pub direction: Option<Direction>,
}

impl ExpectedAction {
    /// Any action of this kind, with the left button.
    #[must_use]
    pub fn any(kind: ActionKind) -> Self {
        Self { kind, at: None, from: None, button: Button::Left, text: None, keys: None, direction: None }
    }
}

impl fmt::Display for ExpectedAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.row().name)?;
        if self.button != Button::Left {
            write!(f, " {}", self.button.name())?;
        }
        if let Some(keys) = &self.keys {
            write!(f, " {keys}")?;
        }
        if let Some(direction) = self.direction {
            write!(f, " {}", direction.name())?;
        }
        if let Some(text) = &self.text {
            write!(f, " {text:?}")?;
        }
        if let Some(from) = self.from {
            write!(f, " from {from}")?;
        }
        match self.at {
            Some(at) if self.kind == ActionKind::Drag => write!(f, " to {at}"),
            Some(at) => write!(f, " {at}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_kind_button_and_direction_finds_its_own_row() {
        for (index, row) in ACTIONS.iter().enumerate() {
            assert_eq!(row.kind as usize, index, "{}", row.name);
            assert_eq!(row.kind.row().name, row.name);
            assert!(ACTIONS[..index].iter().all(|other| other.name != row.name));
        }
        assert!(BUTTONS.iter().all(|(button, name)| button.name() == *name));
        assert!(DIRECTIONS.iter().all(|(direction, name)| direction.name() == *name));
        assert!(ActionKind::Click.has_button() && !ActionKind::Scroll.has_button());
        assert!(ActionKind::Drag.points() && ActionKind::Move.points() && !ActionKind::Key.points());
    }

    #[test]
    fn an_expected_action_reads_as_a_line() {
        let place = |x: f64, y: f64| Place { x, y };
        let within = Target::Box { from: place(1.0, 2.0), to: place(3.0, 4.5) };
        let near = |tolerance| Some(Target::Near { point: place(5.0, 6.0), tolerance });
        let any = ExpectedAction::any;
        let rows = [
            (ExpectedAction { at: Some(within), ..any(ActionKind::Click) }, "click in [1, 2, 3, 4.5]"),
            (
                ExpectedAction { button: Button::Right, at: near(Some(2.0)), ..any(ActionKind::Click) },
                "click right within 2 of (5, 6)",
            ),
            (
                ExpectedAction { from: near(None), at: Some(within), ..any(ActionKind::Drag) },
                "drag from near (5, 6) to in [1, 2, 3, 4.5]",
            ),
            (ExpectedAction { text: Some("a\n\"b\"".into()), ..any(ActionKind::Type) }, r#"type "a\n\"b\"""#),
            (ExpectedAction { keys: Some(Chord::new(["Ctrl+S"])), ..any(ActionKind::Key) }, "key ctrl+s"),
            (ExpectedAction { direction: Some(Direction::Down), ..any(ActionKind::Scroll) }, "scroll down"),
            (any(ActionKind::Screenshot), "screenshot"),
        ];
        for (action, line) in rows {
            assert_eq!(action.to_string(), line);
        }
    }

    proptest! {
        #[test]
        fn a_box_holds_what_is_between_its_edges_and_nothing_else(
            (left, top) in (-2000.0..2000.0, -2000.0..2000.0),
            (width, height) in (0.1..2000.0, 0.1..2000.0),
            (across, down) in (0.0..=1.0, 0.0..=1.0),
            beyond in 0.001..1e6,
        ) {
            let (right, bottom) = (left + width, top + height);
            let target = Target::Box { from: Place { x: left, y: top }, to: Place { x: right, y: bottom } };
            let inside = Place { x: f64::min(left + across * width, right), y: f64::min(top + down * height, bottom) };
            prop_assert!(target.holds(inside, 0.0));
            for (x, y) in [
                (left - beyond, inside.y), (right + beyond, inside.y), (inside.x, top - beyond), (inside.x, bottom + beyond),
            ] {
                prop_assert!(!target.holds(Place { x, y }, 1e9), "({x}, {y}) in {target}");
            }
        }

        #[test]
        fn a_tolerance_is_a_distance_in_every_direction(
            (x, y) in (-2000.0..2000.0, -2000.0..2000.0),
            angle in 0.0..std::f64::consts::TAU,
            tolerance in 0.01..500.0,
            own: bool,
        ) {
            let (own, given) = if own { (Some(tolerance), 0.0) } else { (None, tolerance) };
            let target = Target::Near { point: Place { x, y }, tolerance: own };
            let at = |distance: f64| Place { x: x + distance * f64::cos(angle), y: y + distance * f64::sin(angle) };
            prop_assert!(target.holds(at(tolerance * 0.999), given));
            prop_assert!(!target.holds(at(tolerance * 1.001), given));
        }
    }
}
