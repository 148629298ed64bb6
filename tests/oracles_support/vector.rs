//! Reading vectors, and comparing what is got with what is expected.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::Method;
use super::input::Input;

/// One vector.
#[derive(Deserialize)]
pub(crate) struct Vector {
    #[serde(skip)]
    pub(crate) file: String,
    id: String,
    pub(crate) method: String,
    input: Value,
    expected: Value,
    tolerance: Tolerance,
}

/// How far a number may be off: `|x - e| <= abs + rel * |e|`.
#[derive(Clone, Copy, Deserialize)]
struct Tolerance {
    abs: f64,
    rel: f64,
}

/// Every vector of the `*.json` files in `folder`, in the order of the file names. No vectors is an error.
pub(crate) fn load(folder: &Path) -> Result<Vec<Vector>, String> {
    let unreadable = |error| format!("{}: {error}", folder.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut vectors = Vec::new();
    for path in paths {
        let invalid = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let text = fs::read_to_string(&path).map_err(|error| invalid(&error))?;
        let mut of_file: Vec<Vector> = serde_json::from_str(&text).map_err(|error| invalid(&error))?;
        for vector in &mut of_file {
            vector.file = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        }
        vectors.append(&mut of_file);
    }
    if vectors.is_empty() { Err(format!("{}: no vectors", folder.display())) } else { Ok(vectors) }
}

impl Vector {
    /// Runs the vector; the error names it, with what was expected and what was got.
    pub(crate) fn check(&self, method: &Method) -> Result<(), String> {
        let got = (method.run)(Input(&self.input)).map_err(|error| format!("FAILED {}: {error}", self.id))?;
        if self.tolerance.accepts(&self.expected, &got) {
            Ok(())
        } else {
            Err(format!("FAILED {}\n  expected {}\n  got      {got}", self.id, self.expected))
        }
    }
}

impl Tolerance {
    /// Whether `got` is `expected`: numbers within the tolerance or between two ends, whole numbers and all else equal.
    fn accepts(self, expected: &Value, got: &Value) -> bool {
        match (expected, got) {
            (Value::Object(expected), Value::Object(got)) => {
                expected.len() == got.len()
                    && expected.iter().all(|(key, value)| got.get(key).is_some_and(|got| self.accepts(value, got)))
            }
            (Value::Array(expected), Value::Array(got)) => {
                expected.len() == got.len() && expected.iter().zip(got).all(|(value, got)| self.accepts(value, got))
            }
            (Value::Array(ends), Value::Number(got)) => {
                let [low, high] = ends.as_slice() else { return false };
                let number = [low.as_f64(), got.as_f64(), high.as_f64()];
                matches!(number, [Some(low), Some(got), Some(high)] if low <= got && got <= high)
            }
            (Value::Number(expected), Value::Number(got)) if !(expected.is_f64() || got.is_f64()) => expected == got,
            (Value::Number(expected), Value::Number(got)) => {
                expected.as_f64().zip(got.as_f64()).is_some_and(|(expected, got)| self.near(expected, got))
            }
            _ => expected == got,
        }
    }

    /// Without a tolerance the last bits may still differ, as those of sums in another order do.
    fn near(self, expected: f64, got: f64) -> bool {
        let last_bit = 4.0 * expected.abs() * f64::EPSILON;
        (got - expected).abs() <= (self.abs + self.rel * expected.abs()).max(last_bit)
    }
}
