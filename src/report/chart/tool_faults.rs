//! Tool faults of every arm: one small chart an arm, on one scale, with the counts on the bars.

use std::collections::BTreeSet;

use super::ChartError;
use super::canvas::{Align, Canvas, Frame, MARGIN, Svg, bold, paint, regular};
use super::palette::{BASELINE, CANDIDATE, INK, MUTED, TRACK};
use crate::domain::ToolFault;
use crate::report::view::number::{count, plural};
use crate::report::view::{ArmView, View};

const WIDTH: f64 = 960.0;
const TOP: f64 = 122.0;
const ROW: f64 = 26.0;
const LEFT: f64 = 178.0;
/// Air between two arms.
const GAP: f64 = 14.0;
/// Room for the count behind the longest bar.
const COUNT: f64 = 40.0;

pub(super) fn draw(view: &View<'_>) -> Result<Option<Svg>, ChartError> {
    let faults = in_order(&view.arms);
    if faults.is_empty() {
        return Ok(None);
    }
    #[expect(clippy::cast_precision_loss, reason = "a handful of faults")]
    let height = TOP + faults.len() as f64 * ROW + 22.0;
    let lines: Vec<_> = view.arms.iter().map(|arm| sentence(arm, &faults)).collect();
    let title = "Tool faults";
    let subtitle = "Trials by the first fault that applies; a full bar would be every answered trial with tools";
    let frame = Frame { width: WIDTH, height, title, description: &lines.join(" ") };
    let svg = paint(&frame, |canvas| {
        canvas.heading(title, subtitle, WIDTH - 2.0 * MARGIN)?;
        let mut y = TOP + ROW / 2.0;
        for fault in &faults {
            canvas.text((LEFT - 14.0, y), regular(12.5, INK, Align::Right), &fault.name().replace('_', " "))?;
            y += ROW;
        }
        #[expect(clippy::cast_precision_loss, reason = "a handful of arms")]
        let width = (WIDTH - MARGIN - LEFT + GAP) / view.arms.len() as f64 - GAP;
        let mut left = LEFT;
        for (index, arm) in view.arms.iter().enumerate() {
            column(canvas, (arm, index == 0), &faults, (left, width))?;
            left += width + GAP;
        }
        Ok(())
    })?;
    Ok(Some(svg))
}

/// The faults that any arm made: those that a candidate makes more often than the baseline first.
fn in_order(arms: &[ArmView]) -> Vec<ToolFault> {
    let made: BTreeSet<_> = arms.iter().flat_map(|arm| arm.faults.iter().map(|(fault, _)| *fault)).collect();
    let mut made: Vec<_> = made.into_iter().collect();
    let increase = |fault: ToolFault| {
        let Some((baseline, candidates)) = arms.split_first() else { return 0.0 };
        let before = share(baseline, fault).unwrap_or(0.0);
        candidates
            .iter()
            .filter_map(|arm| share(arm, fault))
            .fold(f64::NEG_INFINITY, |most, now| most.max(now - before))
    };
    made.sort_by(|a, b| increase(*b).total_cmp(&increase(*a)));
    made
}

fn trials(arm: &ArmView, fault: ToolFault) -> usize {
    arm.faults.iter().find(|(one, _)| *one == fault).map_or(0, |(_, trials)| *trials)
}

/// The length of a bar; `None` when the arm has no trial with tools.
#[expect(clippy::cast_precision_loss, reason = "counts of trials")]
fn share(arm: &ArmView, fault: ToolFault) -> Option<f64> {
    (arm.tool_trials > 0).then(|| trials(arm, fault) as f64 / arm.tool_trials as f64)
}

fn sentence(arm: &ArmView, faults: &[ToolFault]) -> String {
    let counts: Vec<_> = faults
        .iter()
        .map(|fault| format!("{} {}", count(trials(arm, *fault)), fault.name().replace('_', " ")))
        .collect();
    format!("{}, of {} trials with tools: {}.", arm.name, count(arm.tool_trials), counts.join(", "))
}

fn column(
    canvas: &Canvas<'_>,
    (arm, baseline): (&ArmView, bool),
    faults: &[ToolFault],
    (left, width): (f64, f64),
) -> Result<(), ChartError> {
    canvas.fitted((left, TOP - 34.0), bold(13.0, INK, Align::Left), (&arm.name, width))?;
    let of = if arm.tool_trials == 0 {
        "no trial with tools".to_owned()
    } else {
        plural(arm.tool_trials, "trial", "trials")
    };
    canvas.fitted((left, TOP - 16.0), regular(11.0, MUTED, Align::Left), (&of, width))?;
    let colour = if baseline { BASELINE } else { CANDIDATE };
    let mut y = TOP + ROW / 2.0;
    for fault in faults {
        canvas.rect((left, y - 7.0), (left + width - COUNT, y + 7.0), TRACK)?;
        let label = match share(arm, *fault) {
            None => "—".to_owned(),
            Some(share) => {
                canvas.rect((left, y - 7.0), (left + share * (width - COUNT), y + 7.0), colour)?;
                count(trials(arm, *fault))
            }
        };
        canvas.text((left + width - COUNT + 8.0, y), regular(12.0, INK, Align::Left), &label)?;
        y += ROW;
    }
    Ok(())
}
