//! The picture to share: the verdict, the arms, three figures a candidate, and what they rest on.

use super::ChartError;
use super::canvas::{Align, Canvas, Frame, Svg, bold, paint, regular};
use super::palette::{GRID, INK, MUTED, of};
use crate::compare::Metric;
use crate::report::view::number::{count, plural};
use crate::report::view::{CandidateView, Reading, Strip, View, word};

const WIDTH: f64 = 1200.0;
const HEIGHT: f64 = 630.0;
const SIDE: f64 = 64.0;
/// The figures that a card has room for.
const FIGURES: [(Metric, &str); 3] = [
    (Metric::Accuracy, "Accuracy"),
    (Metric::ToolCallFailureRate, "Tool-call failures"),
    (Metric::CostPerSuccess, "Cost per success"),
];
/// Candidates that a card has room for.
const MOST: usize = 6;

/// The card of a run.
pub(in crate::report) fn draw(view: &View<'_>) -> Result<Svg, ChartError> {
    let title = format!("{}: {}", view.suite, word(view.worst()));
    let lines: Vec<_> =
        view.verdicts.iter().map(|strip| format!("{}: {}.", strip.candidate, word(strip.decision))).collect();
    let frame = Frame { width: WIDTH, height: HEIGHT, title: &title, description: &lines.join(" ") };
    paint(&frame, |canvas| {
        let inner = WIDTH - 2.0 * SIDE;
        canvas.fitted((SIDE, 66.0), bold(22.0, MUTED, Align::Left), (&view.suite, inner))?;
        match (view.verdicts.as_slice(), view.candidates.as_slice()) {
            ([strip], [candidate]) => single(canvas, strip, candidate)?,
            _ => several(canvas, view)?,
        }
        canvas.line(&[(SIDE, HEIGHT - 84.0), (WIDTH - SIDE, HEIGHT - 84.0)], GRID, 1.5)?;
        let pairs = view.candidates.iter().map(|candidate| candidate.pairs).min();
        let pairs = pairs.map_or_else(|| "no pairs".to_owned(), |pairs| plural(pairs, "pair", "pairs"));
        let least = if view.candidates.len() > 1 { "at least " } else { "" };
        let more = view.candidates.len().saturating_sub(MOST);
        let more = if more > 0 { format!("{} more in the report · ", count(more)) } else { String::new() };
        let foot = format!("{more}{least}{pairs} · {} intervals · {} · cutover", view.confidence, view.date);
        let look = regular(18.0, MUTED, Align::Left);
        canvas.text((SIDE, HEIGHT - 50.0), look, &foot)?;
        let left = inner - canvas.width(look, &foot)? - 40.0;
        let run = regular(18.0, MUTED, Align::Right);
        canvas.fitted((WIDTH - SIDE, HEIGHT - 50.0), run, (&view.run, left))
    })
}

/// One candidate: the verdict large, its reason, three figures.
fn single(canvas: &Canvas<'_>, strip: &Strip, candidate: &CandidateView) -> Result<(), ChartError> {
    let inner = WIDTH - 2.0 * SIDE;
    let colour = of(strip.decision);
    canvas.shape((SIDE + 22.0, 132.0), 22.0, strip.decision)?;
    canvas.text((SIDE + 64.0, 132.0), bold(58.0, colour, Align::Left), word(strip.decision))?;
    canvas.fitted((SIDE, 196.0), bold(26.0, INK, Align::Left), (&strip.models, inner))?;
    canvas.wrapped((SIDE, 240.0), regular(20.0, MUTED, Align::Left), (&strip.sentences.join(" "), inner, 3))?;
    let mut y = 364.0;
    for (metric, label) in FIGURES {
        canvas.text((SIDE, y), bold(21.0, INK, Align::Left), label)?;
        let Some(change) = candidate.change(metric) else { continue };
        let (before, after) = (text(&change.baseline), text(&change.candidate));
        canvas.text((SIDE + 250.0, y), regular(21.0, INK, Align::Left), &format!("{before} → {after}"))?;
        canvas.text((SIDE + 540.0, y), regular(21.0, INK, Align::Left), &change.contrast.whole())?;
        if let Some(decision) = change.decision {
            canvas.shape((WIDTH - SIDE - 160.0, y), 8.0, decision)?;
            canvas.text((WIDTH - SIDE - 142.0, y), bold(19.0, of(decision), Align::Left), word(decision))?;
        }
        y += 62.0;
    }
    Ok(())
}

/// Several candidates: one line each.
fn several(canvas: &Canvas<'_>, view: &View<'_>) -> Result<(), ChartError> {
    let inner = WIDTH - 2.0 * SIDE;
    let model = view.arms.first().map_or("the baseline", |arm| arm.model.as_str());
    let title = format!("{} against {model}", plural(view.candidates.len(), "candidate", "candidates"));
    canvas.fitted((SIDE, 116.0), bold(36.0, INK, Align::Left), (&title, inner))?;
    let places = [SIDE + 404.0, SIDE + 640.0, SIDE + 876.0];
    for ((_, label), x) in FIGURES.iter().zip(places) {
        canvas.text((x, 174.0), regular(17.0, MUTED, Align::Left), label)?;
    }
    let shown = view.candidates.len().min(MOST);
    #[expect(clippy::cast_precision_loss, reason = "a handful of candidates")]
    let step = (336.0 / shown as f64).min(150.0);
    // Few candidates leave room for the reason.
    let reason = step > 100.0;
    let mut y = 196.0 + step / 2.0 - if reason { 18.0 } else { 0.0 };
    let mut line = 196.0;
    for (candidate, strip) in view.candidates.iter().zip(&view.verdicts).take(MOST) {
        canvas.line(&[(SIDE, line), (WIDTH - SIDE, line)], GRID, 1.5)?;
        line += step;
        canvas.shape((SIDE + 11.0, y), 10.0, strip.decision)?;
        let name = bold(21.0, INK, Align::Left);
        canvas.fitted((SIDE + 36.0, y - 12.0), name, (&candidate.name, 348.0))?;
        let verdict = bold(16.0, of(strip.decision), Align::Left);
        canvas.text((SIDE + 36.0, y + 14.0), verdict, word(strip.decision))?;
        let after = canvas.width(verdict, word(strip.decision))? + 10.0;
        let model = view.arms.iter().find(|arm| arm.name == candidate.name).map_or("", |arm| arm.model.as_str());
        let look = regular(16.0, MUTED, Align::Left);
        canvas.fitted((SIDE + 36.0 + after, y + 14.0), look, (model, 348.0 - after))?;
        for ((metric, _), x) in FIGURES.iter().zip(places) {
            let Some(change) = candidate.change(*metric) else { continue };
            canvas.text((x, y - 12.0), bold(21.0, INK, Align::Left), text(&change.contrast))?;
            let interval = change.contrast.known().map_or("", |number| number.interval.as_str());
            canvas.fitted((x, y + 14.0), look, (interval, 224.0))?;
        }
        if let Some(sentence) = strip.sentences.first().filter(|_| reason) {
            let lines = if shown < 3 { 2 } else { 1 };
            canvas.wrapped((SIDE + 36.0, y + 46.0), look, (sentence, inner - 36.0, lines))?;
        }
        y += step;
    }
    Ok(())
}

fn text(reading: &Reading) -> &str {
    match reading {
        Reading::Known(number) => &number.text,
        Reading::Absent(word) => word,
    }
}
