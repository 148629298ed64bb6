//! Every difference on one scale a unit: value, interval, the line of no change, the ground beyond the margin.

use std::collections::BTreeSet;

use super::ChartError;
use super::canvas::{Align, Canvas, Frame, MARGIN, Svg, bold, paint, regular};
use super::palette::{BETTER, BEYOND, Colour, GRID, INK, MUTED, WORSE};
use super::scale::Scale;
use crate::compare::{Contrast, Direction, METRICS, Metric, MetricRow};
use crate::report::view::number::{Style, count};
use crate::report::view::{ChangeView, Number, Reading, View};

const WIDTH: f64 = 960.0;
const TOP: f64 = 76.0;
const ROW: f64 = 27.0;
/// What a panel needs beside its rows: its axis and the air below it.
const AXIS: f64 = 44.0;
const LEFT: f64 = 250.0;
const RIGHT: f64 = 632.0;
/// The place of n, flush right.
const PAIRS: f64 = 226.0;

/// The changes of one metric, a candidate each.
struct Group<'v> {
    row: &'static MetricRow,
    changes: Vec<(&'v str, &'v ChangeView)>,
}

pub(super) fn draw(view: &View<'_>) -> Result<Option<Svg>, ChartError> {
    let panels: Vec<Vec<Group<'_>>> = [Contrast::Difference, Contrast::Ratio]
        .into_iter()
        .map(|contrast| groups(view, contrast))
        .filter(|groups| !groups.is_empty())
        .collect();
    if panels.is_empty() {
        return Ok(None);
    }
    let height = TOP + panels.iter().map(|groups| rows(groups) * ROW + AXIS).sum::<f64>() + 20.0;
    let description = panels.iter().flatten().flat_map(sentences).collect::<Vec<_>>().join(" ");
    let title = format!("Candidates against {}", view.baseline);
    let subtitle = format!(
        "Differences and ratios over the pairs with {} intervals. Shaded: beyond the margin or limit of the rule.",
        view.confidence
    );
    let frame = Frame { width: WIDTH, height, title: &title, description: &description };
    let svg = paint(&frame, |canvas| {
        canvas.heading(&title, &subtitle, WIDTH - 2.0 * MARGIN)?;
        let mut top = TOP;
        for groups in &panels {
            panel(canvas, groups, top)?;
            top += rows(groups) * ROW + AXIS;
        }
        let key = regular(11.0, MUTED, Align::Left);
        let mut x = MARGIN;
        for (word, look) in [
            ("better", bold(11.0, BETTER, Align::Left)),
            ("worse", bold(11.0, WORSE, Align::Left)),
            ("grey: no clear difference", key),
        ] {
            canvas.text((x, height - 18.0), look, word)?;
            x += canvas.width(look, word)? + 12.0;
        }
        Ok(())
    })?;
    Ok(Some(svg))
}

/// The metrics of one kind of contrast, those that any candidate has; details only where a rule reads them.
fn groups<'v>(view: &'v View<'_>, contrast: Contrast) -> Vec<Group<'v>> {
    let changes = view.candidates.iter().flat_map(|candidate| &candidate.changes);
    let of_scorers: BTreeSet<Metric> =
        changes.map(|change| change.metric).filter(|metric| metric.scorer().is_some()).collect();
    let all = METRICS.iter().chain(of_scorers.into_iter().map(Metric::row));
    all.filter(|row| row.contrast == contrast)
        .map(|row| {
            let changes = view
                .candidates
                .iter()
                .filter_map(|candidate| Some((candidate.name.as_str(), candidate.change(row.metric)?)))
                .filter(|(_, change)| change.decides());
            Group { row, changes: changes.collect() }
        })
        .filter(|group| !group.changes.is_empty())
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "a handful of rows")]
fn rows(groups: &[Group<'_>]) -> f64 {
    groups.iter().map(|group| group.changes.len() + 1).sum::<usize>() as f64
}

fn sentences<'v>(group: &'v Group<'v>) -> impl Iterator<Item = String> + 'v {
    let line =
        |(name, change): &(&str, &ChangeView)| format!("{}, {name}: {}.", group.row.label, change.contrast.whole());
    group.changes.iter().map(line)
}

fn panel(canvas: &Canvas<'_>, groups: &[Group<'_>], top: f64) -> Result<(), ChartError> {
    let Some(first) = groups.first() else { return Ok(()) };
    let style = Style::of_contrast(first.row);
    let changes = || groups.iter().flat_map(|group| &group.changes);
    let known = || changes().filter_map(|(_, change)| change.contrast.known());
    let ends = known().flat_map(|number| [Some(number.value), number.low, number.high]);
    let limits = changes().map(|(_, change)| change.limit.as_ref().and_then(|limit| limit.on_contrast));
    let numbers: Vec<f64> = ends.chain(limits).flatten().collect();
    let (unchanged, scale) = match first.row.contrast {
        Contrast::Difference => {
            let numbers: Vec<f64> = numbers.into_iter().chain([0.0]).collect();
            (0.0, Scale::straight(&numbers, (LEFT, RIGHT)))
        }
        Contrast::Ratio => (1.0, Scale::ratios(&numbers, (LEFT, RIGHT))),
    };
    let bottom = top + rows(groups) * ROW;
    for (x, y, direction) in limit_rows(groups, &scale, top) {
        let (from, to) = match direction {
            Direction::HigherIsBetter => (LEFT, x),
            Direction::LowerIsBetter => (x, RIGHT),
        };
        canvas.rect((from, y), (to, y + ROW), BEYOND)?;
    }
    for tick in &scale.ticks {
        let x = scale.x(*tick);
        canvas.line(&[(x, top), (x, bottom)], GRID, 1.0)?;
        canvas.text((x, bottom + 14.0), regular(11.5, MUTED, Align::Centre), &tick_label(style, *tick))?;
    }
    canvas.line(&[(scale.x(unchanged), top), (scale.x(unchanged), bottom)], INK, 1.25)?;
    for (x, y, _) in limit_rows(groups, &scale, top) {
        canvas.dashed(x, (y, y + ROW), WORSE)?;
    }
    let mut y = top + ROW / 2.0;
    for group in groups {
        canvas.text((MARGIN, y), bold(13.0, INK, Align::Left), group.row.label)?;
        let better = match group.row.direction {
            Direction::HigherIsBetter => "better →",
            Direction::LowerIsBetter => "← better",
        };
        canvas.text((PAIRS, y), regular(11.0, MUTED, Align::Right), better)?;
        y += ROW;
        for (name, change) in &group.changes {
            row(canvas, (name, change), &scale, y)?;
            y += ROW;
        }
    }
    Ok(())
}

/// Every limit: where it lies, the height of its row, and the direction of its metric.
fn limit_rows<'v>(
    groups: &'v [Group<'v>],
    scale: &'v Scale,
    top: f64,
) -> impl Iterator<Item = (f64, f64, Direction)> + 'v {
    let rows = groups.iter().flat_map(|group| {
        // The name of the metric has a row of its own.
        let limits = group.changes.iter().map(|(_, change)| change.limit.as_ref().and_then(|limit| limit.on_contrast));
        std::iter::once(None).chain(limits).map(|limit| (limit, group.row.direction))
    });
    let mut y = top - ROW;
    rows.filter_map(move |(limit, direction)| {
        y += ROW;
        limit.map(|limit| (scale.x(limit), y, direction))
    })
}

fn row(canvas: &Canvas<'_>, (name, change): (&str, &ChangeView), scale: &Scale, y: f64) -> Result<(), ChartError> {
    canvas.fitted((MARGIN + 12.0, y), regular(13.0, INK, Align::Left), (name, PAIRS - 64.0 - MARGIN))?;
    canvas.text((PAIRS, y), regular(11.5, MUTED, Align::Right), &format!("n = {}", count(change.pairs)))?;
    let ink = match &change.contrast {
        Reading::Known(number) => {
            mark(canvas, number, scale, (y, colour(number, change)))?;
            INK
        }
        Reading::Absent(_) => MUTED,
    };
    canvas.text((RIGHT + 16.0, y), regular(12.5, ink, Align::Left), &change.contrast.whole())?;
    if let Some(decision) = change.decision {
        let look = bold(11.5, super::palette::of(decision), Align::Left);
        let x = WIDTH - MARGIN - 92.0;
        canvas.shape((x - 10.0, y), 4.5, decision)?;
        canvas.text((x, y), look, crate::report::view::word(decision))?;
    }
    Ok(())
}

/// A dot on its interval. Where a limit is unknown the line runs to the edge and ends in an arrow.
fn mark(canvas: &Canvas<'_>, number: &Number, scale: &Scale, (y, colour): (f64, Colour)) -> Result<(), ChartError> {
    if number.low.is_some() || number.high.is_some() {
        let (low, high) =
            (number.low.map_or(LEFT, |low| scale.x(low)), number.high.map_or(RIGHT, |high| scale.x(high)));
        canvas.line(&[(low, y), (high, y)], colour, 2.0)?;
        for (end, known, inward) in [(low, number.low.is_some(), 5.0), (high, number.high.is_some(), -5.0)] {
            if known {
                canvas.line(&[(end, y - 4.5), (end, y + 4.5)], colour, 1.5)?;
            } else {
                canvas.line(&[(end + inward, y - 4.0), (end, y), (end + inward, y + 4.0)], colour, 1.5)?;
            }
        }
    }
    canvas.dot((scale.x(number.value), y), 5.0, colour)
}

/// Better, worse, or grey where the interval holds no change or is unknown.
fn colour(number: &Number, change: &ChangeView) -> Colour {
    let row = change.metric.row();
    let unchanged = if row.contrast == Contrast::Ratio { 1.0 } else { 0.0 };
    let above = number.low.is_some_and(|low| low > unchanged);
    let below = number.high.is_some_and(|high| high < unchanged);
    match (above, below, row.direction) {
        (true, _, Direction::HigherIsBetter) | (_, true, Direction::LowerIsBetter) => BETTER,
        (true, _, Direction::LowerIsBetter) | (_, true, Direction::HigherIsBetter) => WORSE,
        (false, false, _) => MUTED,
    }
}

/// A tick without the digits that say nothing.
fn tick_label(style: Style, tick: f64) -> String {
    match style {
        Style::Ratio => format!("×{tick}"),
        _ => style.write(tick).replace(".0\u{a0}pp", "\u{a0}pp"),
    }
}
