//! Drawing in logical pixels on a plotters SVG canvas.
//!
//! plotters' coordinates are whole numbers, so it draws on a canvas four times as large and the root tag alone is
//! rewritten: quarter-pixel precision. It writes `font-size` as size ÷ 1.24 and measures with ascent + descent as the
//! em (1.21 in Inter), hence the factors below.

use std::sync::OnceLock;

use plotters::coord::Shift;
use plotters::prelude::{Circle, DrawingArea, IntoDrawingArea, PathElement, Polygon, Rectangle, SVGBackend, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, ShapeStyle, TextStyle, register_font};

use super::ChartError;
use super::palette::{Colour, GROUND, INK, MUTED};
use crate::gate::Decision;
use crate::report::format::escape;

pub(super) const REGULAR: &[u8] = include_bytes!("fonts/Inter-Regular.subset.otf");
pub(super) const SEMI_BOLD: &[u8] = include_bytes!("fonts/Inter-SemiBold.subset.otf");
/// Registered under a whole CSS font stack, which plotters copies into the SVG.
const FAMILY: &str = "Inter, Helvetica Neue, Arial, sans-serif";
/// Canvas pixels a logical pixel.
const FINE: f64 = 4.0;
const EM: f64 = 1.24;
const MEASURED_EM: f64 = 1.21;
/// plotters centres on half the height of a lower-case letter; capitals and digits are centred this many ems lower.
const DROP: f64 = 0.09;

/// A finished drawing: well-formed SVG, with a name and a description for those who cannot see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct Svg(String);

impl Svg {
    pub(in crate::report) fn text(&self) -> &str {
        &self.0
    }
}

/// What a drawing is.
pub(super) struct Frame<'a> {
    pub width: f64,
    pub height: f64,
    pub title: &'a str,
    /// What it shows, for those who cannot see it.
    pub description: &'a str,
}

/// How a text looks.
#[derive(Clone, Copy)]
pub(super) struct Type {
    pub size: f64,
    pub bold: bool,
    pub colour: Colour,
    pub align: Align,
}

/// On which side of its place a text stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Centre,
    Right,
}

pub(super) const fn regular(size: f64, colour: Colour, align: Align) -> Type {
    Type { size, bold: false, colour, align }
}

pub(super) const fn bold(size: f64, colour: Colour, align: Align) -> Type {
    Type { size, bold: true, colour, align }
}

/// A drawing under way.
pub(super) struct Canvas<'a> {
    root: DrawingArea<SVGBackend<'a>, Shift>,
}

/// Draws on a fresh canvas.
pub(super) fn paint(
    frame: &Frame<'_>,
    paint: impl FnOnce(&Canvas<'_>) -> Result<(), ChartError>,
) -> Result<Svg, ChartError> {
    static FONTS: OnceLock<bool> = OnceLock::new();
    let registered = FONTS.get_or_init(|| {
        register_font(FAMILY, FontStyle::Normal, REGULAR).is_ok()
            && register_font(FAMILY, FontStyle::Bold, SEMI_BOLD).is_ok()
    });
    if !registered {
        return Err(ChartError::Font);
    }
    let (width, height) = (fine(frame.width), fine(frame.height));
    let mut svg = String::new();
    {
        let size = (width.unsigned_abs(), height.unsigned_abs());
        let canvas = Canvas { root: SVGBackend::with_string(&mut svg, size).into_drawing_area() };
        canvas.root.fill(&GROUND.rgb()).map_err(draw_error)?;
        paint(&canvas)?;
        canvas.root.present().map_err(draw_error)?;
    }
    let root = format!(
        "<svg width=\"{}\" height=\"{}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\" \
         xmlns=\"http://www.w3.org/2000/svg\">\n<title>{}</title>\n<desc>{}</desc>",
        frame.width,
        frame.height,
        escape::html(&format!("{}. {}", frame.title, frame.description)),
        escape::html(frame.title),
        escape::html(frame.description),
    );
    let end = svg.find('>').ok_or_else(|| ChartError::Draw("no root tag".to_owned()))?;
    Ok(Svg(format!("{root}{}", &svg[end + 1..])))
}

impl Canvas<'_> {
    /// A text at a place, vertically centred on it.
    pub(super) fn text(&self, at: (f64, f64), look: Type, text: &str) -> Result<(), ChartError> {
        let side = match look.align {
            Align::Left => HPos::Left,
            Align::Centre => HPos::Center,
            Align::Right => HPos::Right,
        };
        let style = style(look).pos(Pos::new(side, VPos::Center));
        let at = (at.0, at.1 + look.size * DROP);
        self.root.draw(&Text::new(escape::picture(text), place(at), style)).map_err(draw_error)
    }

    /// A text cut with an ellipsis where it would be wider than this.
    pub(super) fn fitted(&self, at: (f64, f64), look: Type, (text, width): (&str, f64)) -> Result<(), ChartError> {
        self.text(at, look, &self.fit(look, text, width)?)
    }

    /// The width of a text.
    pub(super) fn width(&self, look: Type, text: &str) -> Result<f64, ChartError> {
        let (width, _) = self.root.estimate_text_size(&escape::picture(text), &style(look)).map_err(draw_error)?;
        Ok(f64::from(width) / FINE * (MEASURED_EM / EM))
    }

    fn fit(&self, look: Type, text: &str, width: f64) -> Result<String, ChartError> {
        let text = escape::picture(text);
        if self.width(look, &text)? <= width {
            return Ok(text);
        }
        let letters: Vec<char> = text.chars().collect();
        // The longest head that fits, by halving: width grows with every letter.
        let (mut fits, mut too_long) = (0, letters.len());
        while too_long - fits > 1 {
            let middle = usize::midpoint(fits, too_long);
            let head: String = letters[..middle].iter().collect();
            if self.width(look, &format!("{head}…"))? <= width {
                fits = middle;
            } else {
                too_long = middle;
            }
        }
        Ok(letters[..fits].iter().collect::<String>() + "…")
    }

    /// A text in lines no wider than this, one below the other, `most` of them at most.
    pub(super) fn wrapped(
        &self,
        at: (f64, f64),
        look: Type,
        (text, width, most): (&str, f64, usize),
    ) -> Result<(), ChartError> {
        let mut lines = vec![String::new()];
        for word in escape::picture(text).split(' ') {
            let line = lines.last().map_or("", String::as_str);
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if line.is_empty() || self.width(look, &longer)? <= width {
                lines.pop();
                lines.push(longer);
            } else {
                lines.push(word.to_owned());
            }
        }
        let cut = lines.len() > most;
        lines.truncate(most);
        if let Some(last) = lines.last_mut().filter(|_| cut) {
            last.push('…');
        }
        let mut y = at.1;
        for line in &lines {
            self.fitted((at.0, y), look, (line, width))?;
            y += look.size * 1.45;
        }
        Ok(())
    }

    pub(super) fn line(&self, points: &[(f64, f64)], colour: Colour, width: f64) -> Result<(), ChartError> {
        let points: Vec<_> = points.iter().map(|point| place(*point)).collect();
        self.root.draw(&PathElement::new(points, stroke(colour, width))).map_err(draw_error)
    }

    /// An upright dashed line. The backend knows no dashes: many short lines.
    pub(super) fn dashed(&self, x: f64, (top, bottom): (f64, f64), colour: Colour) -> Result<(), ChartError> {
        let (on, off) = (4.0, 3.0);
        let mut y = top;
        while y < bottom {
            self.line(&[(x, y), (x, (y + on).min(bottom))], colour, 1.25)?;
            y += on + off;
        }
        Ok(())
    }

    pub(super) fn rect(&self, from: (f64, f64), to: (f64, f64), colour: Colour) -> Result<(), ChartError> {
        self.root.draw(&Rectangle::new([place(from), place(to)], colour.rgb().filled())).map_err(draw_error)
    }

    /// A dot with a halo, so that it stands out from the line it lies on.
    pub(super) fn dot(&self, at: (f64, f64), radius: f64, colour: Colour) -> Result<(), ChartError> {
        self.circle(at, radius + 1.5, GROUND)?;
        self.circle(at, radius, colour)
    }

    fn circle(&self, at: (f64, f64), radius: f64, colour: Colour) -> Result<(), ChartError> {
        self.root.draw(&Circle::new(place(at), fine(radius), colour.rgb().filled())).map_err(draw_error)
    }

    /// The shape of a decision.
    pub(super) fn shape(&self, at: (f64, f64), size: f64, decision: Decision) -> Result<(), ChartError> {
        let (x, y) = at;
        let colour = super::palette::of(decision);
        match decision {
            Decision::Pass => self.circle(at, size, colour),
            Decision::Fail => {
                let half = size * 0.88;
                self.rect((x - half, y - half), (x + half, y + half), colour)
            }
            Decision::Inconclusive => {
                let half = size * 1.2;
                let corners = [(x, y - half), (x + half, y), (x, y + half), (x - half, y)];
                let corners: Vec<_> = corners.into_iter().map(place).collect();
                self.root.draw(&Polygon::new(corners, colour.rgb().filled())).map_err(draw_error)
            }
            Decision::NoData => {
                self.circle(at, size, colour)?;
                self.circle(at, size * 0.6, GROUND)
            }
        }
    }

    /// Title and subtitle at the top left, within this width.
    pub(super) fn heading(&self, title: &str, subtitle: &str, width: f64) -> Result<(), ChartError> {
        self.fitted((MARGIN, 28.0), bold(18.0, INK, Align::Left), (title, width))?;
        self.fitted((MARGIN, 52.0), regular(12.5, MUTED, Align::Left), (subtitle, width))
    }
}

/// The space left free at the sides of a chart.
pub(super) const MARGIN: f64 = 24.0;

fn style(look: Type) -> TextStyle<'static> {
    let weight = if look.bold { FontStyle::Bold } else { FontStyle::Normal };
    let mut style = TextStyle::from((FAMILY, look.size * EM * FINE, weight));
    style.color = look.colour.rgb().to_backend_color();
    style
}

fn stroke(colour: Colour, width: f64) -> ShapeStyle {
    ShapeStyle { color: colour.rgb().to_rgba(), filled: false, stroke_width: fine(width).unsigned_abs().max(1) }
}

fn place((x, y): (f64, f64)) -> (i32, i32) {
    (fine(x), fine(y))
}

#[expect(clippy::cast_possible_truncation, reason = "a picture is a few thousand pixels wide; a cast saturates")]
fn fine(logical: f64) -> i32 {
    (logical * FINE).round() as i32
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err takes")]
fn draw_error<E: std::error::Error + Send + Sync>(error: plotters::drawing::DrawingAreaErrorKind<E>) -> ChartError {
    ChartError::Draw(error.to_string())
}
