//! Cost per success of every arm, from zero on one scale, with its interval.

use super::ChartError;
use super::canvas::{Align, Canvas, Frame, MARGIN, Svg, bold, paint, regular};
use super::palette::{BASELINE, CANDIDATE, GRID, INK, MUTED};
use super::scale::Scale;
use crate::report::view::number::Style;
use crate::report::view::{ArmView, Reading, View};

const WIDTH: f64 = 960.0;
const TOP: f64 = 82.0;
const ROW: f64 = 48.0;
const LEFT: f64 = 250.0;
const RIGHT: f64 = 610.0;

pub(super) fn draw(view: &View<'_>) -> Result<Option<Svg>, ChartError> {
    if view.arms.is_empty() {
        return Ok(None);
    }
    #[expect(clippy::cast_precision_loss, reason = "a handful of arms")]
    let bottom = TOP + view.arms.len() as f64 * ROW;
    let title = "Cost per success";
    let subtitle = format!("Cost of all trials of an arm ÷ its successes, with {} intervals", view.confidence);
    let lines: Vec<_> =
        view.arms.iter().map(|arm| format!("{}: {}.", arm.name, arm.money.cost_per_success.whole())).collect();
    let frame = Frame { width: WIDTH, height: bottom + 46.0, title, description: &lines.join(" ") };
    let svg = paint(&frame, |canvas| {
        canvas.heading(title, &subtitle, WIDTH - 2.0 * MARGIN)?;
        let numbers = view.arms.iter().filter_map(|arm| arm.money.cost_per_success.known());
        let ends = numbers.flat_map(|number| [Some(number.value), number.high]).flatten();
        let scale = Scale::straight(&[0.0].into_iter().chain(ends).collect::<Vec<_>>(), (LEFT, RIGHT));
        if view.arms.iter().any(|arm| arm.money.cost_per_success.known().is_some()) {
            for tick in &scale.ticks {
                let x = scale.x(*tick);
                canvas.line(&[(x, TOP), (x, bottom)], if *tick == 0.0 { INK } else { GRID }, 1.0)?;
                canvas.text((x, bottom + 16.0), regular(11.5, MUTED, Align::Centre), &tick_label(*tick))?;
            }
        }
        let mut y = TOP + ROW / 2.0;
        for (index, arm) in view.arms.iter().enumerate() {
            row(canvas, (arm, index == 0), &scale, y)?;
            y += ROW;
        }
        Ok(())
    })?;
    Ok(Some(svg))
}

fn row(canvas: &Canvas<'_>, (arm, baseline): (&ArmView, bool), scale: &Scale, y: f64) -> Result<(), ChartError> {
    let width = LEFT - MARGIN - 14.0;
    canvas.fitted((MARGIN, y - 8.0), bold(13.0, INK, Align::Left), (&arm.name, width))?;
    canvas.fitted((MARGIN, y + 9.0), regular(11.0, MUTED, Align::Left), (&arm.model, width))?;
    let beside = RIGHT + 18.0;
    let Reading::Known(number) = &arm.money.cost_per_success else {
        let why = arm.money.absent.unwrap_or("no estimate");
        canvas.text((beside, y - 8.0), bold(13.0, MUTED, Align::Left), "unknown")?;
        canvas.fitted((beside, y + 9.0), regular(11.0, MUTED, Align::Left), (why, WIDTH - MARGIN - beside))?;
        return Ok(());
    };
    let colour = if baseline { BASELINE } else { CANDIDATE };
    if let (Some(low), Some(high)) = (number.low, number.high) {
        canvas.line(&[(scale.x(low), y), (scale.x(high), y)], colour, 2.5)?;
    }
    canvas.dot((scale.x(number.value), y), 5.0, colour)?;
    // Taller than the dot, so that a narrow interval is seen too.
    for end in [number.low, number.high].into_iter().flatten().map(|end| scale.x(end)) {
        canvas.line(&[(end, y - 8.0), (end, y + 8.0)], colour, 1.5)?;
    }
    let ratio = match &arm.money.ratio {
        None => "baseline".to_owned(),
        Some(Reading::Known(ratio)) => format!("{} of the baseline", ratio.whole()),
        Some(Reading::Absent(word)) => format!("ratio to the baseline {word}"),
    };
    canvas.text((beside, y - 8.0), bold(13.0, INK, Align::Left), &number.text)?;
    let after = beside + canvas.width(bold(13.0, INK, Align::Left), &number.text)? + 8.0;
    canvas.text((after, y - 8.0), regular(12.0, MUTED, Align::Left), &number.interval)?;
    canvas.fitted((beside, y + 9.0), regular(11.0, MUTED, Align::Left), (&ratio, WIDTH - MARGIN - beside))
}

/// Money on the axis without the zeros that say nothing.
fn tick_label(tick: f64) -> String {
    let text = Style::Usd.write(tick);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
