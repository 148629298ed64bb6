//! The readings themselves against bodies that no encoder here made: the conformance fixtures.

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Wire, compare, json, neutral};

#[derive(Deserialize)]
struct Fixture {
    notes: Option<String>,
    request_neutral: Box<RawValue>,
    request_path: String,
    request_wire: Box<RawValue>,
}

/// Reads the request of every fixture of a wire back; one line per problem.
pub(crate) fn check_fixtures(wire: &Wire) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire").join(wire.folder);
    let problem = |path: &Path, problem: &dyn Display| format!("{}: {problem}", path.display());
    let files = match files(&folder) {
        Ok(files) if files.is_empty() => return vec![problem(&folder, &"no fixture")],
        Ok(files) => files,
        Err(error) => return vec![problem(&folder, &error)],
    };
    let check = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).map_err(|error| problem(path, &error))?;
        check_fixture(wire, &text).map_err(|why| problem(path, &why))
    };
    files.iter().filter_map(|path| check(path).err()).collect()
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
}

fn check_fixture(wire: &Wire, text: &str) -> Result<(), String> {
    let fixture: Fixture = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if fixture.notes.is_some_and(|notes| notes.contains("do not compare")) {
        return Ok(());
    }
    let request = neutral::request(&json::minified(fixture.request_neutral.get()))
        .map_err(|neutral::Invalid(why)| format!("request_neutral: {why}"))?;
    let base_path = wire.base_url.splitn(4, '/').nth(3).unwrap_or_default();
    let path = fixture.request_path.strip_prefix(&format!("/{base_path}")).ok_or("another path than the server's")?;
    let read = (wire.read)(path, &json::minified(fixture.request_wire.get()))?;
    compare(wire, request, &read)
}
