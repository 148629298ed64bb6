//! What may know what: the layers of the code, and where time, environment, network and tables may enter.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cutover::provider::PROTOCOLS;
use cutover::score::SCORERS;
use regex::Regex;

/// The rows of the code, the lowest first. A module imports from the rows below its own, and from its own folder.
const LAYERS: &[&[&str]] = &[
    &["domain", "stats", "table", "problem"],
    &["provider", "pricing"],
    &["compare", "score", "store", "dataset"],
    &["gate", "replay", "run_dir"],
    &["suite", "report"],
    &["cmd", "cli", "terminal", "exit"],
];

/// A file of the code as it is compiled into the product: without comments and tests.
struct Source {
    /// From `src`, for example `report/view/mod.rs`.
    path: String,
    code: String,
}

impl Source {
    /// The module under the crate's root.
    fn module(&self) -> &str {
        self.path.split(['/', '.']).next().unwrap_or_default()
    }

    /// How many modules deep it is; `gate.rs` and `report/mod.rs` are one deep.
    fn depth(&self) -> usize {
        self.path.split('/').filter(|part| *part != "mod.rs").count()
    }

    fn is_in(&self, modules: &[&str]) -> bool {
        modules.contains(&self.module())
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every file of `src` that is no test.
fn sources() -> Vec<Source> {
    let src = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
    let mut paths = Vec::new();
    files(src, &mut paths);
    paths.sort();
    let texts: Vec<(PathBuf, String)> =
        paths.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).expect("is read"))).collect();
    let of_tests: Vec<PathBuf> = texts.iter().flat_map(|(path, text)| test_modules(path, text)).collect();
    texts
        .into_iter()
        .filter(|(path, _)| !of_tests.iter().any(|test| path.starts_with(test) || *path == test.with_extension("rs")))
        .map(|(path, text)| Source {
            path: path.strip_prefix(src).expect("is below").to_string_lossy().into_owned(),
            code: code(&text),
        })
        .collect()
}

/// The modules in files of their own that a file declares as tests.
fn test_modules(path: &Path, text: &str) -> Vec<PathBuf> {
    let declared = Regex::new(r"(?m)^#\[cfg\(test\)\]\n(?:pub(?:\([a-z]+\))? )?mod (\w+);").expect("is valid");
    let is_root = path.file_name().is_some_and(|name| name == "mod.rs" || name == "lib.rs");
    let folder = if is_root { path.parent().expect("a folder").to_owned() } else { path.with_extension("") };
    declared.captures_iter(text).map(|found| folder.join(&found[1])).collect()
}

/// The code up to the tests, which stand at the end of a file, without comments.
fn code(text: &str) -> String {
    let tests = Regex::new(r"(?m)^#\[cfg\(test\)\]\n.*mod \w+ \{").expect("is valid");
    let code = tests.find(text).map_or(text, |found| &text[..found.start()]);
    code.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
}

/// Every place that a pattern is found in, but for the files that may hold it.
#[track_caller]
fn stands_only_in(pattern: &str, may: impl Fn(&Source) -> bool) {
    let pattern = Regex::new(pattern).expect("is valid");
    let sources = sources();
    let (allowed, others): (Vec<_>, Vec<_>) = sources.iter().partition(|source| may(source));
    let strays: Vec<String> = others
        .iter()
        .flat_map(|source| {
            source.code.lines().filter(|line| pattern.is_match(line)).map(|line| format!("{}: {line}", source.path))
        })
        .collect();
    assert!(strays.is_empty(), "{pattern}:\n{}", strays.join("\n"));
    assert!(allowed.iter().any(|source| pattern.is_match(&source.code)), "{pattern} is found nowhere at all");
}

#[test]
fn a_module_imports_from_the_rows_below_its_own_alone() {
    let row: BTreeMap<&str, usize> =
        LAYERS.iter().enumerate().flat_map(|(row, modules)| modules.iter().map(move |module| (*module, row))).collect();
    let absolute = Regex::new(r"\bcrate::(?:(\w+)|\{([^}]*)\})").expect("is valid");
    let relative = Regex::new(r"\b((?:super::)+)(\w+)").expect("is valid");
    let mut imports = 0;
    for source in sources().iter().filter(|source| !["main.rs", "lib.rs"].contains(&source.path.as_str())) {
        let own = *row.get(source.module()).unwrap_or_else(|| panic!("src/{} stands in no row", source.path));
        let named = absolute.captures_iter(&source.code).flat_map(|found| {
            let list = found.get(1).or(found.get(2)).map_or("", |list| list.as_str());
            list.split(',').filter_map(|item| item.trim().split("::").next().map(str::to_owned)).collect::<Vec<_>>()
        });
        let from_root = relative
            .captures_iter(&source.code)
            .filter(|found| found[1].matches("super::").count() == source.depth())
            .map(|found| found[2].to_owned());
        for name in named.chain(from_root).filter(|name| name != source.module()) {
            let other = *row.get(name.as_str()).unwrap_or_else(|| panic!("{}: crate::{name} is no module", source.path));
            let top = LAYERS.len() - 1;
            assert!(other < own || (own, other) == (top, top), "src/{} (row {own}) imports {name} (row {other})", source.path);
            imports += 1;
        }
    }
    assert!(imports > 100, "{imports} imports were found");
}

#[test]
fn every_module_stands_in_a_row() {
    let lib = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/lib.rs")).expect("is read");
    let mut declared: Vec<&str> =
        lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let mut rows: Vec<&str> = LAYERS.concat();
    declared.sort_unstable();
    rows.sort_unstable();
    assert_eq!(declared, rows);
}

#[test]
fn tables_network_time_and_environment_enter_where_they_are_named() {
    stands_only_in(r"\bpolars\b", |source| source.path == "table.rs");
    stands_only_in(r"\basync\b|\.await\b|\btokio\b", |source| source.is_in(&["replay", "cmd"]));
    stands_only_in(r"\breqwest\b", |source| source.module() == "replay" || source.path == "suite/arms.rs");
    stands_only_in(r"\brusqlite\b", |source| source.module() == "store");
    stands_only_in(r"SystemTime::now|Instant::now|\benv::var", |source| source.is_in(&["cmd", "terminal", "replay"]));
    stands_only_in(r"\b(io::)?(stdout|stderr)\(\)", |source| source.is_in(&["cmd", "terminal"]));
    stands_only_in(r"\bclap\b", |source| ["cli.rs", "main.rs"].contains(&source.path.as_str()));
    // A suite's base URL is parsed as the transport will parse it; nothing is sent from there.
    let arms = sources().into_iter().find(|source| source.path == "suite/arms.rs").expect("is there");
    assert_eq!(arms.code.matches("reqwest").count(), arms.code.matches("reqwest::Url::parse").count());
}

#[test]
fn code_is_split_by_noun_and_panics_nowhere() {
    let panics = Regex::new(r"\.unwrap\(\)|\.expect\(|\b(panic|todo|unimplemented)!").expect("is valid");
    for source in sources() {
        let lines = source.code.lines().count();
        assert!(lines <= 400, "src/{} has {lines} lines", source.path);
        let found = panics.find(&source.code);
        assert!(found.is_none(), "src/{}: {found:?}", source.path);
    }
}

#[test]
fn every_row_of_a_table_has_its_file() {
    let src = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
    let scorers = SCORERS.iter().map(|row| ("score", row.name.to_owned()));
    let protocols = PROTOCOLS.iter().map(|row| ("provider", row.name.replace('-', "_")));
    for (folder, name) in scorers.chain(protocols) {
        let path = src.join(folder).join(&name);
        assert!(path.join("mod.rs").exists() || path.with_extension("rs").exists(), "src/{folder}/{name}");
    }
}
