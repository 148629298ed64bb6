//! The report as a whole: exact texts, well-formed and inert pages, the same bytes twice.

mod economics;
mod inert;
mod markup;
mod snapshots;

use super::chart::{self, CHARTS};
use super::fixture::{self, Fixture};
use super::format::{html, json, markdown, terminal};
use super::view::mark;
use super::{Input, View, write};
use crate::gate::Decision;
use crate::run_dir::{Manifest, StoppedEarly, UncertainInfo};

/// Every made-up run, with its name.
fn runs() -> [(&'static str, Fixture); 5] {
    [
        ("usual", fixture::usual()),
        ("single", fixture::single()),
        ("many", fixture::many()),
        ("empty", fixture::empty()),
        ("hostile", fixture::hostile()),
    ]
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    for (name, fixture) in runs() {
        let render = || {
            let input = fixture.input();
            let view = View::new(&input);
            let charts = CHARTS.iter().map(|chart| (chart.draw)(&view).expect("a chart")).collect::<Vec<_>>();
            (
                html::render(&view).expect("a page"),
                markdown::render(&view),
                json::render(&view).expect("a document"),
                terminal::render(&view, 100, true),
                (charts, chart::card(&view).expect("a card")),
            )
        };
        assert!(render() == render(), "{name}");
    }
    let fixture = fixture::usual();
    let view = View::new(&fixture.input());
    let drawing = (CHARTS[1].draw)(&view).expect("a chart").expect("a drawing");
    assert!(chart::png(&drawing).expect("a picture") == chart::png(&drawing).expect("a picture"));
}

#[test]
fn an_early_stop_is_said_with_what_it_means() {
    let mut fixture = fixture::single();
    let stopped =
        StoppedEarly { cases: 114, planned: 1_300, planned_ids_sha256: String::new(), beyond: 1, beyond_spend: None };
    fixture.manifest.stopped_early = Some(stopped.clone());
    let text = markdown::render(&View::new(&fixture.input()));
    let warning = "Stopped early after 114 of 1,300 cases: every rule that can be read after every case was decided. The \
                   estimates lean away from the margins (they are biased when a run stops early); the intervals of \
                   accuracy and of the tool-call failure rate are confidence sequences at 99%, which hold at any time. \
                   Cost, latency and all else were read once, at the stop, and did not trigger it. 1 trial beyond it had \
                   begun, at an unknown cost, and count in no number.";
    assert!(text.contains(warning), "{text}");
    assert!(text.contains(", case by case, stopped early after 114 of 1,300 cases"), "{text}");
    let many = fixture::many();
    let manifest = Manifest { stopped_early: Some(stopped), ..many.manifest.clone() };
    let text = markdown::render(&View::new(&Input { manifest: &manifest, ..many.input() }));
    assert!(text.contains("every rule, of every candidate, that can be read after every case was decided"), "{text}");
}

#[test]
fn every_format_says_every_verdict() {
    let fixture = fixture::many();
    let view = View::new(&fixture.input());
    let page = html::render(&view).expect("a page");
    for decision in [Decision::Pass, Decision::Fail, Decision::Inconclusive, Decision::NoData] {
        for text in [&page, &markdown::render(&view), &terminal::render(&view, 120, false)] {
            assert!(text.contains(mark(decision)), "{decision:?}");
        }
    }
}

#[test]
fn what_is_not_known_is_never_a_number() {
    let fixture = fixture::empty();
    let view = View::new(&fixture.input());
    let page = html::render(&view).expect("a page");
    for text in [&page, &markdown::render(&view), &terminal::render(&view, 120, false)] {
        assert!(text.contains("unknown") && text.contains("no data") && text.contains("NO-DATA"));
        let text = text.replace("(0.0%; the gate asks", "");
        for number in ["0.0%", "$0<", "$0 ", "0\u{a0}ms", "0.0\u{a0}pp", "×0"] {
            assert!(!text.contains(number), "{number}");
        }
    }
}

type Edit = fn(&mut Fixture);

#[test]
fn warnings_follow_the_facts() {
    let usual = fixture::usual();
    let has = |fixture: &Fixture, text: &str| View::new(&fixture.input()).warnings.iter().any(|one| one.contains(text));
    // What is changed, and a warning that appears or disappears with it.
    let rows: [(Edit, &str); 11] = [
        (|run| run.manifest.finished_at = None, "The run is unfinished"),
        (
            |run| run.manifest.uncertain = None,
            "2 calls were cut off, or on the way when this run was killed: they may have been billed, up to $0.003400 in \
             all, beyond what is counted here.",
        ),
        (
            |run| run.manifest.uncertain = Some(UncertainInfo { calls: None, worst_case: None }),
            "The run keeps no store, and was stopped or killed before its end: it may have been billed for calls that it \
             asked again, nobody knows how many and how much, beyond what is counted here.",
        ),
        (
            |run| run.results.comparisons[1].changes[0].unweighted = None,
            "local, accuracy: the mix of cases turns the answer. As drawn the change is −3.1\u{a0}pp, weighted to \
             production −0.7\u{a0}pp",
        ),
        (
            |run| run.results.comparisons[1].routing = None,
            "local, by workload: the shares of the slices turn the answer. With those of the draw the difference of \
             accuracy is −3.1\u{a0}pp, with those of production −0.7\u{a0}pp",
        ),
        (
            |run| run.results.comparisons[0].pairs = 12,
            "mini rests on 12 pairs: one case more or less moves a share by 8.3%",
        ),
        (|run| run.results.arms[2].tool_trials_with_calls = 1, "local made no tool call in 252 trials"),
        (|run| run.results.arms[2].tool_trials = 0, "local made no tool call"),
        (|run| run.manifest.arms[2].price = run.manifest.arms[0].price.clone(), "no price is known for qwen3-8b"),
        (|run| run.manifest.arms[1].price = run.manifest.arms[0].price.clone(), "assumed by the suite"),
        (
            |run| run.manifest.arms[0].models_returned.push("other".to_owned()),
            "more than one model answered to gpt-5-mini",
        ),
    ];
    for (change, warning) in rows {
        let mut fixture = usual.clone();
        change(&mut fixture);
        assert_ne!(has(&usual, warning), has(&fixture, warning), "{warning}");
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    let fixture = fixture::many();
    let view = View::new(&fixture.input());
    let coloured = terminal::render(&view, 120, true);
    let mut plain = coloured.clone();
    for code in ["\u{1b}[1;31m", "\u{1b}[1;32m", "\u{1b}[1;33m", "\u{1b}[1;36m", "\u{1b}[0m"] {
        assert!(coloured.contains(code), "{code:?}");
        plain = plain.replace(code, "");
    }
    assert_eq!(plain, terminal::render(&view, 120, false));
}

#[test]
fn the_document_has_every_digit_and_null_for_what_is_missing() {
    let fixture = fixture::usual();
    let view = View::new(&fixture.input());
    let document: serde_json::Value =
        serde_json::from_str(&json::render(&view).expect("a document")).expect("valid JSON");
    assert_eq!(document["schema_version"], crate::run_dir::SCHEMA_VERSION);
    let changes = |candidate: usize| &document["results"]["comparisons"][candidate]["changes"];
    assert_eq!(changes(0)[2]["baseline"]["value"], 0.000_913);
    assert_eq!(changes(0)[0]["contrast"]["interval"]["low"], -0.104);
    assert!(changes(1)[2]["contrast"].is_null() && document["results"]["arms"][2]["cost"].is_null());
    assert_eq!(document["results"]["arms"][1]["cost"], 710_940_000_000_u64);
    assert_eq!(document["verdicts"][1]["findings"][0]["why"]["more_cases_if_as_seen"], 1_240);
}

#[test]
fn a_summary_stays_below_the_limit_of_a_comment() {
    let mut fixture = fixture::usual();
    let comparison = &mut fixture.results.comparisons[0];
    let slice = comparison.slices[0].clone();
    comparison.slices.extend((0..2_000).map(|index| {
        let mut slice = slice.clone();
        slice.value = format!("customer-{index}");
        slice
    }));
    let view = View::new(&fixture.input());
    let summary = markdown::render(&view);
    assert!(summary.chars().count() < 60_000);
    assert!(summary.contains("report.html has them") && summary.contains("#### Headline figures"));
    assert!(!summary.contains("customer-7"));
}

#[test]
fn every_file_is_written_whole_and_no_link_is_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (run, victim) = (folder.path().join("run"), folder.path().join("victim"));
    std::fs::create_dir_all(run.join("charts")).expect("a folder");
    std::fs::write(&victim, "untouched").expect("a file");
    std::fs::write(run.join("charts/tool-faults.svg"), "of an earlier report").expect("a file");
    #[cfg(unix)]
    for link in ["report.html", "summary.md.part"] {
        std::os::unix::fs::symlink(&victim, run.join(link)).expect("a link");
    }
    let fixture = fixture::empty();
    let view = View::new(&fixture.input());
    write(&run, &view).expect("a report");
    assert_eq!(std::fs::read_to_string(&victim).expect("a file"), "untouched");
    let mut files = Vec::new();
    for dir in [run.clone(), run.join("charts")] {
        for entry in std::fs::read_dir(dir).expect("a folder") {
            files.push(entry.expect("an entry").file_name().into_string().expect("a name"));
        }
    }
    files.sort();
    let expected = [
        "card.png",
        "charts",
        "cost-per-success.png",
        "cost-per-success.svg",
        "forest.png",
        "forest.svg",
        "report.html",
        "summary.json",
        "summary.md",
    ];
    assert_eq!(files, expected);
    let card = std::fs::read(run.join("card.png")).expect("a picture");
    let side = |at: usize| u32::from_be_bytes(card[at..at + 4].try_into().expect("four bytes"));
    assert_eq!((side(16), side(20)), (2_400, 1_260));
}
