//! Charts as SVG with presentation attributes only, and the same drawings as PNG.
//!
//! plotters draws the SVG with the embedded font, resvg makes the PNG from that SVG: no system font is read, the bytes
//! are the same everywhere, and the page and the pictures cannot disagree.

mod canvas;
mod card;
mod cost;
mod forest;
mod palette;
mod png;
mod scale;
mod tool_faults;

pub(super) use canvas::Svg;
pub(super) use card::draw as card;
pub(super) use palette::PALETTE;
pub(super) use png::png;

use super::view::View;

/// Why a picture could not be made. None of these depend on the user's data.
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
    /// The embedded font could not be read.
    #[error("the embedded font cannot be read")]
    Font,
    /// The drawing library failed.
    #[error("drawing failed: {0}")]
    Draw(String),
    /// The SVG could not be read back.
    #[error("the drawing cannot be read back: {0}")]
    Svg(String),
    /// The PNG could not be made.
    #[error("the PNG cannot be made: {0}")]
    Png(String),
}

/// A chart of the report.
pub(super) struct Chart {
    /// Its file's stem, and the name that sections use.
    pub id: &'static str,
    /// Draws it; `None` when there is nothing to draw.
    pub draw: fn(&View<'_>) -> Result<Option<Svg>, ChartError>,
}

/// Every chart.
pub(super) const CHARTS: &[Chart] = &[
    Chart { id: "forest", draw: forest::draw },
    Chart { id: "cost-per-success", draw: cost::draw },
    Chart { id: "tool-faults", draw: tool_faults::draw },
];
