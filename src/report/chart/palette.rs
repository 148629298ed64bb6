//! The colours of charts and page, light and dark: Okabe–Ito hues on a neutral ground.
//!
//! Charts are drawn in the light colours; on a dark page CSS replaces each by its partner.

use plotters::style::RGBColor;

use crate::gate::Decision;

/// One colour in both modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) struct Colour {
    /// Its custom property on the page.
    pub name: &'static str,
    pub light: (u8, u8, u8),
    pub dark: (u8, u8, u8),
}

const fn colour(name: &'static str, light: (u8, u8, u8), dark: (u8, u8, u8)) -> Colour {
    Colour { name, light, dark }
}

pub(super) const INK: Colour = colour("ink", (0x1F, 0x29, 0x33), (0xE6, 0xEA, 0xEF));
pub(super) const MUTED: Colour = colour("muted", (0x5A, 0x66, 0x75), (0xA6, 0xB1, 0xBF));
pub(super) const GRID: Colour = colour("grid", (0xE1, 0xE5, 0xEA), (0x36, 0x40, 0x4C));
pub(super) const GROUND: Colour = colour("ground", (0xFF, 0xFF, 0xFF), (0x16, 0x1B, 0x22));
/// The baseline recedes.
pub(super) const BASELINE: Colour = colour("baseline", (0x82, 0x8D, 0x9C), (0x93, 0x9F, 0xAE));
/// A candidate stands out.
pub(super) const CANDIDATE: Colour = colour("candidate", (0x00, 0x72, 0xB2), (0x56, 0xB4, 0xE9));
pub(super) const WORSE: Colour = colour("worse", (0xB8, 0x48, 0x00), (0xF2, 0x8E, 0x4C));
pub(super) const BETTER: Colour = colour("better", (0x00, 0x78, 0x5A), (0x3F, 0xC7, 0x9B));
pub(super) const UNDECIDED: Colour = colour("undecided", (0x86, 0x5F, 0x00), (0xE5, 0xB5, 0x4F));
/// The ground beyond a margin.
pub(super) const BEYOND: Colour = colour("beyond", (0xFB, 0xED, 0xE2), (0x38, 0x26, 0x1B));
/// The ground behind a bar.
pub(super) const TRACK: Colour = colour("track", (0xF1, 0xF3, 0xF6), (0x22, 0x2A, 0x34));

/// Every colour.
pub(in crate::report) const PALETTE: &[Colour] =
    &[INK, MUTED, GRID, GROUND, BASELINE, CANDIDATE, WORSE, BETTER, UNDECIDED, BEYOND, TRACK];

impl Colour {
    pub(super) fn rgb(self) -> RGBColor {
        RGBColor(self.light.0, self.light.1, self.light.2)
    }
}

/// The colour of a decision.
pub(super) fn of(decision: Decision) -> Colour {
    match decision {
        Decision::Pass => BETTER,
        Decision::Fail => WORSE,
        Decision::Inconclusive => UNDECIDED,
        Decision::NoData => MUTED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance, WCAG 2.2.
    fn luminance((r, g, b): (u8, u8, u8)) -> f64 {
        let channel = |value: u8| {
            let share = f64::from(value) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b)
    }

    fn contrast(a: (u8, u8, u8), b: (u8, u8, u8)) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_is_readable_and_marks_are_visible_in_both_modes() {
        for (colours, least) in [(&[INK, MUTED, CANDIDATE, WORSE, BETTER, UNDECIDED][..], 4.5), (&[BASELINE][..], 3.0)]
        {
            for colour in colours {
                assert!(contrast(colour.light, GROUND.light) >= least, "{} light", colour.name);
                assert!(contrast(colour.dark, GROUND.dark) >= least, "{} dark", colour.name);
            }
        }
    }

    #[test]
    fn no_two_colours_share_a_light_value() {
        for (index, colour) in PALETTE.iter().enumerate() {
            assert!(PALETTE[..index].iter().all(|other| other.light != colour.light), "{}", colour.name);
        }
    }
}
