//! Text that attacks a reader stays text in every format.

use crate::report::View;
use crate::report::fixture;
use crate::report::format::{html, json, markdown, terminal};

#[test]
fn the_terminal_gets_no_control_character() {
    let fixture = fixture::hostile();
    let view = View::new(&fixture.input());
    for width in [60, 120, 400] {
        let text = terminal::render(&view, width, false);
        assert!(text.contains("\\u{1b}[31mred\\u{1b}]52;c;aGk=\\u{7}"), "the text is shown");
        for line in text.lines() {
            assert!(!line.chars().any(|c| c.is_control() || ('\u{202a}'..='\u{2069}').contains(&c)), "{line:?}");
            assert!(!line.trim_start().starts_with("::") && !line.trim_start().starts_with("##["), "{line:?}");
        }
    }
}

/// The text of a Markdown line outside its code spans.
fn outside_code(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        let escaped = rest[..start].ends_with('\\');
        let run = rest[start..].chars().take_while(|c| *c == '`').count();
        let fence = "`".repeat(run);
        out.push_str(&rest[..start]);
        rest = &rest[start + run..];
        if !escaped {
            let end = rest.match_indices(&fence).find(|(at, _)| !rest[at + run..].starts_with('`'));
            rest = &rest[end.expect("every code span ends in its line").0 + run..];
        }
    }
    out + rest
}

#[test]
fn the_summary_gets_no_link_no_html_and_no_heading() {
    let fixture = fixture::hostile();
    let summary = markdown::render(&View::new(&fixture.input()));
    for line in summary.lines() {
        let mut text = outside_code(line);
        for ours in ["<details>", "</details>", "<summary>", "</summary>"] {
            text = text.replace(ours, "");
        }
        assert!(!text.contains('<') && !text.contains('>'), "{text:?}");
        assert!(!text.replace("\\]", "").contains("]("), "{text:?}");
        assert!(!text.contains("://") && !text.contains("@team") && !text.contains("#1"), "{text:?}");
        assert!(!line.starts_with("::") && !line.starts_with("### head"), "{line:?}");
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
    let rows = summary.lines().filter(|line| line.starts_with("| "));
    for row in rows {
        assert!(row.ends_with(" |") && !row.contains("|`|"), "{row}");
    }
}

#[test]
fn the_page_shows_markup_as_text() {
    let fixture = fixture::hostile();
    let page = html::render(&View::new(&fixture.input())).expect("a page");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(!page.contains("<script") && !page.contains("<img") && !page.contains('\u{202e}') && !page.contains('\0'));
}

#[test]
fn the_document_is_valid_json() {
    let fixture = fixture::hostile();
    let text = json::render(&View::new(&fixture.input())).expect("a document");
    let document: serde_json::Value = serde_json::from_str(&text).expect("valid JSON");
    assert_eq!(document["suite"], fixture::HOSTILE);
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
}
