//! What may know what: the layers of the code, and where time, environment, network and tables may enter.

use std::path::{Path, PathBuf};

use cutover::provider::PROTOCOLS;
use cutover::score::SCORERS;

/// The rows of the code, the lowest first. A module imports from the rows below its own, and from its own folder.
const LAYERS: &[&[&str]] = &[
    &["domain", "stats", "table", "problem", "private", "behind", "input"],
    &["provider", "pricing"],
    &["compare", "score", "store", "dataset", "forecast"],
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
    let is_root = path.file_name().is_some_and(|name| name == "mod.rs" || name == "lib.rs");
    let folder = if is_root { path.parent().expect("a folder").to_owned() } else { path.with_extension("") };
    let declared = text.split("#[cfg(test)]\n").skip(1).filter_map(|after| after.lines().next()?.strip_suffix(';'));
    declared.filter_map(|line| Some(folder.join(line.split_once("mod ")?.1))).collect()
}

/// The code up to the tests, which stand at the end of a file, without comments.
fn code(text: &str) -> String {
    let tests = text.match_indices("\n#[cfg(test)]\n").find(|(start, mark)| {
        let next = text[start + mark.len()..].lines().next().unwrap_or_default();
        next.contains("mod ") && next.ends_with('{')
    });
    let code = tests.map_or(text, |(start, _)| &text[..start]);
    code.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
}

/// What follows each occurrence of a text that is no part of a longer name.
fn after<'a>(code: &'a str, text: &'a str) -> impl Iterator<Item = &'a str> {
    let is_name = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    code.match_indices(text)
        .filter(move |(start, _)| !is_name(start.checked_sub(1).map(|before| code.as_bytes()[before])))
        .map(move |(start, _)| &code[start + text.len()..])
        .filter(move |rest| text.ends_with("::") || !is_name(rest.bytes().next()))
}

/// The name at the beginning of a text.
fn name(text: &str) -> &str {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap_or_default()
}

/// The modules of the crate that a file names from the crate's root.
fn imports(source: &Source) -> Vec<&str> {
    let absolute = after(&source.code, "crate::").flat_map(|rest| match rest.strip_prefix('{') {
        Some(list) => list.split('}').next().unwrap_or_default().split(',').map(|item| name(item.trim())).collect(),
        None => vec![name(rest)],
    });
    let to_root = "super::".repeat(source.depth());
    let relative = source.code.split(&to_root).skip(1).map(name).filter(|name| *name != "super");
    let relative: Vec<&str> = relative.collect();
    absolute.chain(relative).filter(|name| !name.is_empty() && *name != source.module()).collect()
}

/// Checks that names stand in no other file than those that may hold them.
#[track_caller]
fn stand_only_in(sources: &[Source], names: &[&str], may: impl Fn(&Source) -> bool) {
    for name in names {
        let (allowed, others): (Vec<_>, Vec<_>) = sources.iter().partition(|source| may(source));
        let stray = others.iter().find(|source| after(&source.code, name).next().is_some());
        assert!(stray.is_none(), "src/{} names `{name}`", stray.map_or("", |source| source.path.as_str()));
        let used = allowed.iter().any(|source| after(&source.code, name).next().is_some());
        assert!(used, "`{name}` is named nowhere at all");
    }
}

#[test]
fn a_module_imports_from_the_rows_below_its_own_alone() {
    let row_of = |module: &str| LAYERS.iter().position(|row| row.contains(&module));
    let top = LAYERS.len() - 1;
    let mut seen = 0;
    for source in sources().iter().filter(|source| !["main.rs", "lib.rs"].contains(&source.path.as_str())) {
        let own = row_of(source.module()).unwrap_or_else(|| panic!("src/{} stands in no row", source.path));
        for name in imports(source) {
            let other = row_of(name).unwrap_or_else(|| panic!("src/{}: crate::{name} is no module", source.path));
            let fits = other < own || (own, other) == (top, top);
            assert!(fits, "src/{} (row {own}) imports {name} (row {other})", source.path);
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen} imports were found");
}

#[test]
fn an_import_is_found_however_it_is_written() {
    let code = "use crate::gate::{self, Gate};\nuse super::super::suite;\nlet a = crate::store::Key([0; 32]);\n\
                use crate::{exit::Exit, cli};\nuse super::number;\nuse crate::report::View;\n";
    let source = Source { path: "report/view/mod.rs".to_owned(), code: code.to_owned() };
    assert_eq!(imports(&source), ["gate", "store", "exit", "cli", "suite"]);
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
    let sources = sources();
    stand_only_in(&sources, &["polars"], |source| source.path == "table.rs");
    stand_only_in(&sources, &["async", "await", "tokio"], |source| source.is_in(&["replay", "cmd"]));
    // A suite's base URL and headers are parsed as the transport will parse them; nothing is sent from there.
    stand_only_in(&sources, &["reqwest"], |source| source.module() == "replay" || source.path == "suite/endpoints.rs");
    let endpoints = sources.iter().find(|source| source.path == "suite/endpoints.rs").expect("is there");
    let parsed = |rest: &str| rest.starts_with("::Url::parse(") || rest.starts_with("::header::");
    assert!(after(&endpoints.code, "reqwest").all(parsed));
    stand_only_in(&sources, &["tiktoken"], |source| source.path == "dataset/tokens.rs");
    stand_only_in(&sources, &["rusqlite"], |source| source.module() == "store");
    stand_only_in(&sources, &["clap"], |source| ["cli.rs", "main.rs"].contains(&source.path.as_str()));
    stand_only_in(&sources, &["SystemTime::now", "Instant::now", "env::var"], |source| {
        source.is_in(&["cmd", "terminal", "replay"])
    });
    // Those of a program that judges are pipes, and none of ours.
    let pipes = "score/exec/process.rs";
    stand_only_in(&sources, &["stdout", "stderr"], |source| source.is_in(&["cmd", "terminal"]) || source.path == pipes);
}

#[test]
fn code_is_split_by_noun_and_leaves_nothing_undone() {
    for source in sources() {
        let lines = source.code.lines().count();
        assert!(lines <= 400, "src/{} has {lines} lines", source.path);
        for undone in [".unwrap()", "todo!", "unimplemented!", "dbg!"] {
            assert!(!source.code.contains(undone), "src/{} holds {undone}", source.path);
        }
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
