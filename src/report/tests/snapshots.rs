//! The exact text of the usual report. To take over a wanted change: `UPDATE_SNAPSHOTS=1 cargo test snapshot`.

use std::path::Path;

use crate::report::View;
use crate::report::fixture;
use crate::report::format::{markdown, terminal};

pub(super) fn assert_snapshot(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/report").join(name);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, found).expect("the snapshot is written");
    }
    let expected = std::fs::read_to_string(&path).expect("the snapshot is there");
    assert!(found == expected, "{name} differs; found:\n{found}");
}

#[test]
fn snapshot_of_the_terminal() {
    let fixture = fixture::usual();
    let view = View::new(&fixture.input());
    for width in [80, 120, 200] {
        let text = terminal::render(&view, width, false);
        assert!(text.lines().all(|line| line.chars().count() <= width), "{width}");
        assert_snapshot(&format!("terminal-{width}.txt"), &text);
    }
}

#[test]
fn snapshot_of_the_summary() {
    let fixture = fixture::usual();
    assert_snapshot("summary.md", &markdown::render(&View::new(&fixture.input())));
}
