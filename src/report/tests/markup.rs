//! The page and the drawings are well-formed, load nothing and run nothing.

use resvg::usvg::{Options, Tree};

use super::runs;
use crate::report::View;
use crate::report::chart::{self, CHARTS};
use crate::report::fixture;
use crate::report::format::html;
use crate::report::sections::SECTIONS;

const VOID: &[&str] = &["meta"];

/// A start tag with its attributes.
struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

/// The start tags of a page in which every element is closed in order; panics at the first that is not.
fn tags(page: &str) -> Vec<Tag> {
    let mut found = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut rest = page.strip_prefix("<!doctype html>").expect("a doctype");
    while let Some(start) = rest.find('<') {
        let text = &rest[..start];
        let in_style = open.last().is_some_and(|tag| tag == "style");
        assert!(in_style || !text.contains('>'), "a stray > in {text:?}");
        let end = start + rest[start..].find('>').expect("an end of the tag");
        let inside = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = inside.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "closed out of order");
            continue;
        }
        let (inside, closed) = inside.strip_suffix('/').map_or((inside, false), |inside| (inside, true));
        let (name, attributes) = inside.split_once(' ').unwrap_or((inside, ""));
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric()), "a tag named {name:?}");
        found.push(Tag { name: name.to_owned(), attributes: attributes_of(attributes) });
        if !closed && !VOID.contains(&name) {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "left open: {open:?}");
    found
}

fn attributes_of(text: &str) -> Vec<(String, String)> {
    let mut attributes = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").expect("a quoted value");
        let (value, after) = after.split_once('"').expect("an end of the value");
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "-:".contains(c)), "an attribute {name:?}");
        attributes.push((name.to_owned(), value.to_owned()));
        rest = after.trim_start();
    }
    attributes
}

#[test]
fn a_page_is_well_formed_loads_nothing_and_runs_nothing() {
    const NEVER: &[&str] = &["script", "iframe", "object", "embed", "img", "link", "form", "base", "image", "use"];
    for (name, fixture) in runs() {
        let page = html::render(&View::new(&fixture.input())).expect("a page");
        for tag in tags(&page) {
            assert!(!NEVER.contains(&tag.name.as_str()), "{name}: <{}>", tag.name);
            for (attribute, value) in tag.attributes {
                assert!(
                    !attribute.starts_with("on") && attribute != "style" && attribute != "src",
                    "{name}: {attribute}"
                );
                let inert = match attribute.as_str() {
                    "href" => value.starts_with('#'),
                    "xmlns" => value == "http://www.w3.org/2000/svg",
                    "fill" | "stroke" => !value.contains("url"),
                    _ => true,
                };
                assert!(inert, "{name}: {attribute}={value}");
            }
        }
    }
}

#[test]
fn every_table_has_a_caption_and_every_chart_a_name() {
    for (name, fixture) in runs() {
        let page = html::render(&View::new(&fixture.input())).expect("a page");
        let tags = tags(&page);
        let count = |wanted: &str| tags.iter().filter(|tag| tag.name == wanted).count();
        assert_eq!(count("table"), count("caption"), "{name}");
        for tag in tags.iter().filter(|tag| tag.name == "svg") {
            let has = |wanted: &str| tag.attributes.iter().any(|(name, value)| name == wanted && !value.is_empty());
            assert!(has("role") && has("aria-label") && has("viewBox"), "{name}");
        }
        assert!(
            tags.iter()
                .filter(|tag| tag.name == "th")
                .all(|tag| tag.attributes.iter().any(|(name, _)| name == "scope"))
        );
    }
}

#[test]
fn the_page_has_every_section_of_the_usual_run() {
    let [(_, mut fixture), ..] = runs();
    fixture.results.arms[0].confusions.push(fixture::classes("spam"));
    let page = html::render(&View::new(&fixture.input())).expect("a page");
    for section in SECTIONS {
        assert!(page.contains(&format!("<section id=\"{}\"", section.id)), "{}", section.id);
        assert!(page.contains(&format!("href=\"#{}\"", section.id)), "{}", section.id);
    }
    assert_eq!(page.matches("<figure>").count(), CHARTS.len(), "every chart has its place in a section");
}

#[test]
fn drawings_are_well_formed_and_use_attributes_only() {
    for (name, fixture) in runs() {
        let view = View::new(&fixture.input());
        let charts = CHARTS.iter().filter_map(|chart| (chart.draw)(&view).expect("a chart"));
        for svg in charts.chain([chart::card(&view).expect("a card")]) {
            Tree::from_str(svg.text(), &Options::default()).expect("well-formed SVG");
            assert!(!svg.text().contains("style=") && !svg.text().contains("<script"), "{name}");
        }
    }
}
