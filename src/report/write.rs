//! The report's files in the folder of a run, each written whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread::{Scope, ScopedJoinHandle};

use super::View;
use super::chart::{self, CHARTS, ChartError};
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
    // Each waits for the disk in turn: all of them at once. The pictures, which take memory, come one after the other.
    std::thread::scope(|scope| {
        let texts = [
            scope.spawn(|| replace(&dir.join("summary.json"), json::render(view)?.as_bytes())),
            scope.spawn(|| replace(&dir.join("summary.md"), markdown::render(view).as_bytes())),
            scope.spawn(|| replace(&dir.join("report.html"), html::render(view)?.as_bytes())),
        ];
        let mut pictures = vec![write_on(scope, dir.join("card.png"), chart::png(&chart::card(view)?)?)];
        for chart in CHARTS {
            let (svg, png) = (charts.join(format!("{}.svg", chart.id)), charts.join(format!("{}.png", chart.id)));
            match (chart.draw)(view)? {
                Some(drawing) => {
                    pictures.push(write_on(scope, png, chart::png(&drawing)?));
                    pictures.push(write_on(scope, svg, drawing.into_text().into_bytes()));
                }
                None => [svg, png].iter().try_for_each(|path| remove(path))?,
            }
        }
        texts.into_iter().chain(pictures).try_for_each(joined)
    })
}

type Writing<'scope> = ScopedJoinHandle<'scope, Result<(), WriteError>>;

fn write_on<'scope>(scope: &'scope Scope<'scope, '_>, path: PathBuf, bytes: Vec<u8>) -> Writing<'scope> {
    scope.spawn(move || replace(&path, &bytes))
}

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
