//! `cutover demo`: the whole pipeline on answers that were recorded from real models; they are part of the program.

use std::fs;
use std::path::Path;

use super::CommandError;
use super::run::{Places, run_suite};
use crate::cli::{DemoArgs, OnUntranslatable};
use crate::exit::Exit;
use crate::private;
use crate::replay::Mode;
use crate::store::{self, Store};
use crate::suite::Suite;
use crate::terminal::Terminal;

/// Where the demo's files are unpacked.
const FOLDER: &str = ".cutover/demo";

/// The demo's files, laid out as in the repository, so that the suite's own paths hold.
const FILES: &[(&str, &str)] = &[
    ("suites/demo.toml", include_str!("../../suites/demo.toml")),
    ("datasets/demo.jsonl", include_str!("../../datasets/demo.jsonl")),
    ("datasets/demo-answers.jsonl", include_str!("../../datasets/demo-answers.jsonl")),
];

pub(super) fn demo(args: &DemoArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    let folder = Path::new(FOLDER);
    for (name, text) in FILES {
        let path = folder.join(name);
        path.parent().map_or(Ok(()), private::create_folder)?;
        fs::write(path, text)?;
    }
    let store = folder.join("store.sqlite");
    let answers = folder.join("datasets/demo-answers.jsonl");
    store::import(&Store::open(&store)?, fs::read(&answers)?.as_slice(), &answers)?;
    let suite = Suite::load(&folder.join("suites/demo.toml"))?;
    terminal.note("Recorded answers of three small models on real cases; nothing is sent anywhere.");
    let places = Places {
        mode: Some(Mode::Replay),
        on_untranslatable: OnUntranslatable::Refuse,
        store: Some(&store),
        results: &args.out,
        confirms: None,
    };
    run_suite(&suite, places, terminal)
}
