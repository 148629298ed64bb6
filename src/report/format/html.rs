//! `report.html`: the whole report as one file. It loads nothing, runs nothing and reads well without its style sheet.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::tags::Html;
use crate::gate::Decision;
use crate::report::block::{Block, Cell, Look, Row, Table};
use crate::report::chart::{self, ChartError, PALETTE, Svg};
use crate::report::sections::SECTIONS;
use crate::report::view::outcome;
use crate::report::view::{Strip, View, mark};
use crate::run_dir::{Example, ExampleAnswer};

const CSS: &str = include_str!("page.css");

/// The page.
///
/// # Errors
///
/// When a chart cannot be drawn.
pub fn render(view: &View<'_>) -> Result<String, ChartError> {
    let charts = chart::CHARTS
        .iter()
        .map(|chart| Ok(((chart.draw)(view)?).map(|svg| (chart.id, svg))))
        .collect::<Result<Vec<_>, ChartError>>()?;
    let page = Page { charts: charts.into_iter().flatten().collect() };
    let css = css();
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'",
        base64(&Sha256::digest(css.as_bytes()))
    );
    let title = format!("{}: {}", view.suite, mark(view.worst()));
    let mut html = Html::new();
    html.element("html", &[("lang", "en")], |html| {
        html.element("head", &[], |html| {
            html.void("meta", &[("charset", "utf-8")]);
            html.void("meta", &[("http-equiv", "Content-Security-Policy"), ("content", &policy)]);
            html.void("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
            html.void("meta", &[("name", "color-scheme"), ("content", "light dark")]);
            html.void("meta", &[("name", "referrer"), ("content", "no-referrer")]);
            html.leaf("title", &[], &title);
            html.style(&css);
        });
        html.element("body", &[], |html| page.body(html, view));
    });
    Ok(html.finish())
}

/// What the blocks need to be shown.
struct Page {
    charts: Vec<(&'static str, Svg)>,
}

impl Page {
    fn body(&self, html: &mut Html, view: &View<'_>) {
        let sections: Vec<_> = SECTIONS
            .iter()
            .map(|section| (section, (section.build)(view)))
            .filter(|(_, blocks)| !blocks.is_empty())
            .collect();
        html.element("header", &[], |html| {
            html.leaf("h1", &[], &view.suite);
            if let Some(description) = &view.description {
                html.leaf("p", &[], description);
            }
            html.leaf("p", &[("class", "quiet")], &format!("Run {} · {}", view.run, view.date));
            html.element("nav", &[("aria-label", "Sections")], |html| {
                html.element("ul", &[], |html| {
                    for (section, _) in &sections {
                        let link = format!("#{}", section.id);
                        html.element("li", &[], |html| html.leaf("a", &[("href", &link)], section.title));
                    }
                });
            });
        });
        html.element("main", &[], |html| {
            for (section, blocks) in &sections {
                let heading = format!("{}-title", section.id);
                html.element("section", &[("id", section.id), ("aria-labelledby", &heading)], |html| {
                    html.leaf("h2", &[("id", &heading)], section.title);
                    self.blocks(html, blocks);
                });
            }
        });
        let foot = "Made by cutover. This page loads nothing and sends nothing; summary.json has every number in full.";
        html.element("footer", &[], |html| html.leaf("p", &[], foot));
    }

    fn blocks(&self, html: &mut Html, blocks: &[Block<'_>]) {
        for block in blocks {
            self.block(html, block);
        }
    }

    fn block(&self, html: &mut Html, block: &Block<'_>) {
        match block {
            Block::Paragraph(text) => html.leaf("p", &[], text),
            Block::Note(text) => html.leaf("p", &[("class", "note")], text),
            Block::Warning(text) => html.element("p", &[("class", "warning")], |html| {
                html.leaf("strong", &[], "Warning: ");
                html.text(text);
            }),
            Block::Verdict(strip) => verdict(html, strip),
            Block::Table(block) => table(html, block),
            Block::Facts(facts) => html.element("dl", &[], |html| {
                for (name, value) in facts {
                    html.leaf("dt", &[], name);
                    html.leaf("dd", &[], value);
                }
            }),
            Block::List(cells) => html.element("ul", &[("class", "plain")], |html| {
                for one in cells {
                    html.element("li", &[], |html| cell(html, one));
                }
            }),
            Block::Figure(id) => {
                let drawn = self.charts.iter().find(|(drawn, _)| drawn == id);
                if let Some((_, svg)) = drawn {
                    html.element("figure", &[], |html| scroll(html, "Chart", |html| html.svg(svg)));
                }
            }
            Block::Details { summary, open, blocks } => {
                let attributes: &[_] = if *open { &[("open", "")] } else { &[] };
                html.element("details", attributes, |html| {
                    html.leaf("summary", &[], summary);
                    self.blocks(html, blocks);
                });
            }
            Block::SideBySide(one) => example(html, one),
        }
    }
}

fn class(decision: Decision) -> &'static str {
    match decision {
        Decision::Pass => "pass",
        Decision::Fail => "fail",
        Decision::Inconclusive => "inconclusive",
        Decision::NoData => "no-data",
    }
}

fn verdict(html: &mut Html, strip: &Strip) {
    html.element("div", &[("class", &format!("strip {}", class(strip.decision)))], |html| {
        html.element("h3", &[], |html| {
            let look = format!("decision {}", class(strip.decision));
            html.leaf("span", &[("class", &look)], mark(strip.decision));
            html.text(&format!(" {}", strip.candidate));
        });
        for sentence in &strip.sentences {
            html.leaf("p", &[], sentence);
        }
        let rule =
            strip.rule.as_ref().map_or_else(|| "No rule decides".to_owned(), |rule| format!("Decided by: {rule}"));
        let facts = format!("{rule} · {} · {} · {}", strip.models, strip.pairs, strip.date);
        html.leaf("p", &[("class", "quiet")], &facts);
    });
}

/// A region that scrolls on its own where the window is narrow; it can be reached and scrolled with the keyboard.
fn scroll(html: &mut Html, label: &str, inside: impl FnOnce(&mut Html)) {
    let attributes = [("class", "scroll"), ("role", "region"), ("aria-label", label), ("tabindex", "0")];
    html.element("div", &attributes, inside);
}

fn table(html: &mut Html, table: &Table) {
    scroll(html, &table.caption, |html| {
        html.element("table", &[], |html| {
            html.leaf("caption", &[], &table.caption);
            html.element("thead", &[], |html| {
                html.element("tr", &[], |html| {
                    for column in &table.columns {
                        let number: &[_] = if column.numeric { &[("class", "number")] } else { &[] };
                        if column.title.is_empty() {
                            html.element("td", number, |_| ());
                        } else {
                            html.leaf("th", &[&[("scope", "col")], number].concat(), &column.title);
                        }
                    }
                });
            });
            html.element("tbody", &[], |html| table.rows.iter().for_each(|one| row(html, table, one)));
        });
    });
}

fn row(html: &mut Html, table: &Table, row: &Row) {
    let faint: &[_] = if row.faint { &[("class", "faint")] } else { &[] };
    html.element("tr", faint, |html| {
        for (index, (one, column)) in row.cells.iter().zip(&table.columns).enumerate() {
            let number: &[_] = if column.numeric { &[("class", "number")] } else { &[] };
            if index == 0 {
                html.element("th", &[("scope", "row")], |html| cell(html, one));
            } else {
                html.element("td", number, |html| cell(html, one));
            }
        }
    });
}

fn cell(html: &mut Html, cell: &Cell) {
    match cell.look {
        Look::Plain => html.text(&cell.text),
        Look::Code => html.leaf("code", &[], &cell.text),
        Look::Decision(decision) => {
            html.leaf("span", &[("class", &format!("decision {}", class(decision)))], &cell.text);
        }
        Look::Absent | Look::Empty => html.leaf("span", &[("class", "absent")], &cell.text),
    }
    if let Some(detail) = &cell.detail {
        html.text(" ");
        html.leaf("span", &[("class", "detail")], detail);
    }
}

fn example(html: &mut Html, example: &Example) {
    html.element("article", &[], |html| {
        html.element("h3", &[], |html| html.leaf("code", &[], &example.case));
        if !example.tags.is_empty() {
            let tags: Vec<_> = example.tags.iter().map(|(tag, value)| format!("{tag}={value}")).collect();
            html.leaf("p", &[("class", "quiet")], &tags.join(" · "));
        }
        html.element("details", &[], |html| {
            html.leaf("summary", &[], "The request");
            html.leaf("pre", &[], &example.prompt);
        });
        html.leaf("h4", &[], "Expected");
        html.leaf("pre", &[], &example.expected);
        html.element("div", &[("class", "sides")], |html| {
            example.answers.iter().for_each(|one| answer(html, one));
        });
    });
}

fn answer(html: &mut Html, answer: &ExampleAnswer) {
    html.element("section", &[], |html| {
        html.element("h4", &[], |html| {
            html.text(&format!("{}: ", answer.arm));
            let (look, word) = outcome(answer.outcome);
            html.leaf("span", &[("class", &format!("decision {look}"))], &word);
        });
        if let Some(failure) = answer.failure {
            html.leaf("p", &[("class", "note")], &format!("The call brought no answer: {}.", failure.name()));
        }
        if !answer.text.is_empty() {
            html.leaf("pre", &[], &answer.text);
        } else if answer.tool_calls.is_empty() && answer.failure.is_none() {
            html.leaf("p", &[("class", "note")], "An empty answer.");
        }
        for (name, arguments) in &answer.tool_calls {
            html.leaf("pre", &[], &format!("{name}({arguments})"));
        }
        for why in &answer.why {
            html.leaf("p", &[("class", "note")], why);
        }
    });
}

/// The style sheet with the palette: the page's custom properties, and on a dark page every colour of a chart replaced
/// by its partner.
fn css() -> String {
    let hex = |(r, g, b): (u8, u8, u8)| format!("#{r:02X}{g:02X}{b:02X}");
    let mut css = String::with_capacity(CSS.len() + 4096);
    let mut light = String::new();
    let mut dark = String::new();
    let mut charts = String::new();
    for colour in PALETTE {
        let (name, by_day, by_night) = (colour.name, hex(colour.light), hex(colour.dark));
        // Writing to a String cannot fail.
        let _ = write!(light, " --{name}: {by_day};");
        let _ = write!(dark, " --{name}: {by_night};");
        for paint in ["fill", "stroke"] {
            let _ = writeln!(charts, "  svg [{paint}=\"{by_day}\"] {{ {paint}: {by_night}; }}");
        }
    }
    let _ = write!(css, "\n:root {{{light} }}\n{CSS}");
    let _ = write!(css, "@media screen and (prefers-color-scheme: dark) {{\n  :root {{{dark} }}\n{charts}}}\n");
    css
}

/// Standard base64 with padding, RFC 4648 section 4.
pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for index in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * index) & 63) as usize];
            out.push(if index <= group.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_allows_the_style_sheet_of_the_page_and_nothing_else() {
        let fixture = crate::report::fixture::usual();
        let page = render(&View::new(&fixture.input())).expect("a page");
        let (_, after) = page.split_once("<style>").expect("a style sheet");
        let (css, after) = after.split_once("</style>").expect("its end");
        assert!(!after.contains("<style"), "one style sheet");
        let hash = base64(&Sha256::digest(css.as_bytes()));
        assert!(
            page.contains(&format!("default-src &#39;none&#39;; style-src &#39;sha256-{hash}&#39;; img-src data:;"))
        );
        assert!(!css.contains("url(") && !css.contains("@import"));
    }

    #[test]
    fn base64_gives_the_vectors_of_rfc_4648() {
        for (bytes, expected) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(bytes.as_bytes()), expected);
        }
    }
}
