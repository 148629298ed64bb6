//! Keys pressed together, under one name each, whoever names them.

use std::fmt;

/// Keys pressed together. Their order does not count, and the names of all providers are one name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chord(Vec<String>);

/// The name of a key, and its other names: X11's, the browser's, a keyboard's. They are compared in lower case, without
/// spaces, `_` and `-`.
const NAMES: &[(&str, &[&str])] = &[
    ("ctrl", &["control", "ctl", "controll", "controlr", "controlleft", "controlright", "ctrlleft", "ctrlright"]),
    (
        "meta",
        &[
            "cmd",
            "command",
            "super",
            "win",
            "windows",
            "os",
            "⌘",
            "metal",
            "metar",
            "metaleft",
            "metaright",
            "superl",
            "superr",
            "winleft",
            "winright",
        ],
    ),
    ("alt", &["option", "opt", "⌥", "altl", "altr", "altleft", "altright"]),
    ("altgr", &["isolevel3shift"]),
    ("shift", &["⇧", "shiftl", "shiftr", "shiftleft", "shiftright"]),
    ("enter", &["return", "kpenter", "numpadenter"]),
    ("esc", &["escape"]),
    ("backspace", &["bksp"]),
    ("delete", &["del"]),
    ("insert", &["ins"]),
    ("pageup", &["pgup", "prior"]),
    ("pagedown", &["pgdn", "pgdown", "next"]),
    ("left", &["arrowleft", "leftarrow"]),
    ("right", &["arrowright", "rightarrow"]),
    ("up", &["arrowup", "uparrow"]),
    ("down", &["arrowdown", "downarrow"]),
    ("space", &["spacebar"]),
    ("capslock", &["caps"]),
    ("printscreen", &["print", "prtsc", "prtscr", "printscrn"]),
    ("menu", &["contextmenu", "apps"]),
    ("plus", &["+"]),
    ("minus", &["-", "hyphen"]),
    ("underscore", &["_"]),
    ("equal", &["=", "equals"]),
    ("comma", &[","]),
    ("period", &[".", "dot"]),
    ("slash", &["/"]),
    ("backslash", &["\\"]),
    ("semicolon", &[";"]),
    ("colon", &[":"]),
    ("apostrophe", &["'", "quote"]),
    ("grave", &["`", "backtick", "backquote"]),
    ("bracketleft", &["[", "leftbracket"]),
    ("bracketright", &["]", "rightbracket"]),
];

impl Chord {
    /// The chord of these texts, each a key or several keys with `+` or spaces between them.
    #[must_use]
    pub fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut keys: Vec<String> = texts.into_iter().flat_map(pieces).map(name).collect();
        keys.sort_unstable();
        Self(keys)
    }

    /// Whether it holds no key at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() { f.write_str("no key") } else { f.write_str(&self.0.join("+")) }
    }
}

/// The keys of a text. A plus sign is a key where it stands alone or at the end behind another.
fn pieces(text: &str) -> Vec<&str> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return if text.is_empty() { Vec::new() } else { vec![text] };
    }
    if trimmed == "+" {
        return vec![trimmed];
    }
    let (rest, plus) = trimmed.strip_suffix("++").map_or((trimmed, None), |rest| (rest, Some("+")));
    let keys = rest.split(|c: char| c == '+' || c.is_whitespace()).filter(|key| !key.is_empty());
    keys.chain(plus).collect()
}

fn name(key: &str) -> String {
    if key.trim().is_empty() {
        // What is pressed for such a character of a text.
        let name = if key.contains(['\n', '\r']) { "enter" } else { "space" };
        return if key.contains('\t') { "tab" } else { name }.to_owned();
    }
    let lower = key.to_lowercase();
    let squeezed = lower.replace(['_', '-'], "");
    let form = if squeezed.is_empty() { lower } else { squeezed };
    let row = NAMES.iter().find(|(_, others)| others.contains(&form.as_str()));
    row.map_or(form, |(name, _)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_name_of_a_key_is_one_name() {
        let rows: &[(&[&str], &str)] = &[
            (&["CTRL", "S"], "ctrl+s"),
            (&["ctrl+s"], "ctrl+s"),
            (&["s", "Control_L"], "ctrl+s"),
            (&["control + s"], "ctrl+s"),
            (&["cmd", "shift", "p"], "meta+p+shift"),
            (&["super+Shift+P"], "meta+p+shift"),
            (&["Meta", "ShiftLeft", "p"], "meta+p+shift"),
            (&["Return"], "enter"),
            (&["KP_Enter"], "enter"),
            (&["\n"], "enter"),
            (&["Escape"], "esc"),
            (&["Page_Down"], "pagedown"),
            (&["PAGEDOWN"], "pagedown"),
            (&["ArrowLeft"], "left"),
            (&[" "], "space"),
            (&["\t"], "tab"),
            (&["+"], "plus"),
            (&["ctrl++"], "ctrl+plus"),
            (&["ctrl", "-"], "ctrl+minus"),
            (&["_"], "underscore"),
            (&["F5"], "f5"),
            (&["Ü"], "ü"),
            (&["XF86AudioPlay"], "xf86audioplay"),
            (&["down", "down"], "down+down"),
            (&["", "+++"], "plus"),
            (&[""], "no key"),
            (&[], "no key"),
        ];
        for (texts, shown) in rows {
            assert_eq!(Chord::new(texts.iter().copied()).to_string(), *shown, "{texts:?}");
        }
    }

    #[test]
    fn every_name_stands_in_one_row_and_in_the_form_that_is_looked_for() {
        let all: Vec<&str> = NAMES.iter().flat_map(|(name, others)| others.iter().chain([name])).copied().collect();
        for (index, one) in all.iter().enumerate() {
            assert!(!all[..index].contains(one), "{one}");
            assert_eq!(name(&one.to_uppercase()), name(one), "{one}");
        }
        for (key, others) in NAMES {
            assert!(others.iter().chain([key]).all(|other| name(other) == *key), "{key}");
        }
    }

    proptest! {
        #[test]
        fn the_order_of_keys_does_not_count(keys in prop::collection::vec("\\PC{0,6}", 0..5).prop_shuffle()) {
            let forward = Chord::new(keys.iter().map(String::as_str));
            prop_assert_eq!(&forward, &Chord::new(keys.iter().rev().map(String::as_str)));
        }
    }
}
