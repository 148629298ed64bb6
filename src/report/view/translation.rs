//! What arms could not be asked, or were asked otherwise, and the settings in which they differ.

use std::collections::BTreeSet;

use super::number::count;
use crate::run_dir::{ArmInfo, Manifest, TranslationInfo};

/// One rule that was met.
#[derive(Debug, Clone)]
pub(in crate::report) struct TranslationView {
    pub(in crate::report) arm: String,
    /// Such as `12 of 300`.
    pub(in crate::report) cases: String,
    /// `not sent`, or `sent otherwise`.
    pub(in crate::report) effect: &'static str,
    pub(in crate::report) code: String,
    pub(in crate::report) message: String,
    pub(in crate::report) first: String,
}

/// A setting that is not the same for every arm that is asked.
#[derive(Debug, Clone)]
pub(in crate::report) struct SettingView {
    pub(in crate::report) name: String,
    /// One value an arm, in their order.
    pub(in crate::report) values: Vec<(String, Setting)>,
}

/// What holds for one arm.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::report) enum Setting {
    /// It was sent.
    Sent(String),
    /// The suite does not state it; this holds, and why.
    Held(String, String),
    /// It was not sent, and what holds is not known.
    Unknown,
}

pub(super) fn translations(manifest: &Manifest) -> Vec<TranslationView> {
    let view = |info: &TranslationInfo| TranslationView {
        arm: info.arm.clone(),
        cases: format!("{} of {}", count(info.cases), count(manifest.dataset.drawn)),
        effect: if info.effect == "refused" { "not sent" } else { "sent otherwise" },
        code: info.code.clone(),
        message: info.message.clone(),
        first: info.first.clone(),
    };
    manifest.translations.iter().map(view).collect()
}

/// The settings in which the arms that are asked differ, by name.
pub(super) fn settings(arms: &[ArmInfo]) -> Vec<SettingView> {
    let asked: Vec<&ArmInfo> = arms.iter().filter(|arm| arm.base_url.is_some()).collect();
    let names: BTreeSet<&String> =
        asked.iter().flat_map(|arm| arm.settings.keys().chain(arm.defaults.keys())).collect();
    let of = |name: &String| SettingView {
        name: name.clone(),
        values: asked.iter().map(|arm| (arm.name.clone(), setting(arm, name))).collect(),
    };
    names.into_iter().map(of).filter(differs).collect()
}

fn setting(arm: &ArmInfo, name: &str) -> Setting {
    let sent = arm.settings.get(name).map(|value| match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.to_string(),
    });
    let held =
        || arm.defaults.get(name).map_or(Setting::Unknown, |held| Setting::Held(held.value.clone(), held.why.clone()));
    // What was sent instead of what the suite states goes before it.
    if arm.defaults.contains_key(name) { held() } else { sent.map_or(Setting::Unknown, Setting::Sent) }
}

/// A default that equals what another arm was sent is no difference; one that is not known may be one.
fn differs(setting: &SettingView) -> bool {
    setting.values.iter().map(|(_, setting)| setting.known()).collect::<BTreeSet<_>>().len() > 1
}

impl Setting {
    /// The value, where it is known.
    pub(in crate::report) fn known(&self) -> Option<&str> {
        match self {
            Self::Sent(value) | Self::Held(value, _) => Some(value),
            Self::Unknown => None,
        }
    }

    /// In words.
    pub(in crate::report) fn text(&self) -> String {
        match self {
            Self::Sent(value) => value.clone(),
            Self::Held(value, why) => format!("{value} ({why})"),
            Self::Unknown => "not sent".to_owned(),
        }
    }
}
