//! The report's files in the folder of a run, each written whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread::{Scope, ScopedJoinHandle};

use super::View;
use super::chart::{self, CHARTS, Chart, ChartError};
use super::format::{html, json, markdown};
use crate::private;

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A file or folder of the report cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A chart cannot be made.
    #[error(transparent)]
    Chart(#[from] ChartError),
    /// The numbers cannot be written as JSON.
    #[error("cannot write the numbers as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// Writes `report.html`, `summary.md`, `summary.json`, `card.png` and `charts/*.svg` and `*.png` into the run's folder.
/// A chart with nothing to draw leaves no file, not even one of an earlier report.
///
/// # Errors
///
/// When a file cannot be written or a chart cannot be made. Files written before that stay.
pub fn write(dir: &Path, view: &View<'_>) -> Result<(), WriteError> {
    let charts = dir.join("charts");
    fs::create_dir_all(&charts).map_err(|source| WriteError::Io { path: charts.clone(), source })?;
    // Each waits for the disk in turn: all of them at once. The pictures, which take memory, come two at a time.
    std::thread::scope(|scope| {
        let texts = [
            scope.spawn(|| replace(&dir.join("summary.json"), json::render(view)?.as_bytes())),
            scope.spawn(|| replace(&dir.join("summary.md"), markdown::render(view).as_bytes())),
            scope.spawn(|| replace(&dir.join("report.html"), html::render(view)?.as_bytes())),
        ];
        let pictures = scope.spawn(|| {
            let writing = CHARTS.iter().map(|chart| write_chart(scope, &charts, chart, view));
            writing.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().try_for_each(joined)
        });
        let card = chart::png(&chart::card(view)?).map_err(WriteError::from);
        let card = card.and_then(|picture| replace(&dir.join("card.png"), &picture));
        texts.map(joined).into_iter().chain([card, joined(pictures)]).collect()
    })
}

/// Draws a chart, and writes both its pictures while what comes next is drawn.
fn write_chart<'scope>(
    scope: &'scope Scope<'scope, '_>,
    dir: &Path,
    chart: &Chart,
    view: &View<'_>,
) -> Result<Vec<Writing<'scope>>, WriteError> {
    let (svg, png) = (dir.join(format!("{}.svg", chart.id)), dir.join(format!("{}.png", chart.id)));
    let Some(drawing) = (chart.draw)(view)? else {
        [svg, png].iter().try_for_each(|path| remove(path))?;
        return Ok(Vec::new());
    };
    let picture = chart::png(&drawing)?;
    Ok(vec![
        scope.spawn(move || replace(&png, &picture)),
        scope.spawn(move || replace(&svg, drawing.text().as_bytes())),
    ])
}

type Writing<'scope> = ScopedJoinHandle<'scope, Result<(), WriteError>>;

/// What a thread came to; its panic is everybody's.
fn joined(thread: Writing<'_>) -> Result<(), WriteError> {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn replace(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    private::replace(path, |mut file| file.write_all(bytes))
        .map_err(|source| WriteError::Io { path: path.to_owned(), source })
}

fn remove(path: &Path) -> Result<(), WriteError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(WriteError::Io { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}
