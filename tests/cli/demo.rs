//! The demo: recorded answers of real models, in a folder of its own, with no network and no key.

use crate::support::Workspace;

#[test]
fn the_demo_runs_anywhere_and_says_what_the_committed_example_says() {
    let workspace = Workspace::new();
    let outcome = workspace.cutover("demo");
    outcome.exit(0).stderr(
        "Recorded answers of three small models on real cases; nothing is sent anywhere.\n\
         baseline 214/214 hits 214  $0.0000\n\
         gemma 214/214 hits 214  $0.0000\n\
         qwen 214/214 hits 214  $0.0000\n",
    );
    let example = |name: &str| concat!(env!("CARGO_MANIFEST_DIR"), "/results/example/").to_owned() + name;
    let committed: serde_json::Value =
        serde_json::from_slice(&std::fs::read(example("summary.json")).expect("is there")).expect("is JSON");
    let fresh = workspace.summary();
    for part in ["results", "verdicts", "gate"] {
        assert!(!committed[part].is_null(), "{part}");
        assert_eq!(fresh[part], committed[part], "{part}");
    }
    let chart = |path| std::fs::read(path).expect("is there");
    let drawn = workspace.run_dir().join("charts/forest.png");
    assert_eq!(chart(drawn), chart(example("charts/forest.png").into()));
    assert!(outcome.stdout.contains("◆ INCONCLUSIVE  gemma") && outcome.stdout.contains("● PASS  qwen"));
}

#[test]
fn the_committed_example_is_rendered_again_to_the_same_bytes() {
    let workspace = Workspace::new();
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/results/example");
    let copy = workspace.path("results/example");
    let names = ["manifest.json", "trials.parquet", "examples.json"];
    std::fs::create_dir_all(&copy).expect("is made");
    for name in names {
        std::fs::copy(format!("{example}/{name}"), copy.join(name)).expect("is copied");
    }
    workspace.cutover("report results/example").exit(0);
    for name in ["report.html", "summary.json", "summary.md", "card.png", "charts/forest.svg", "charts/tool-faults.png"]
    {
        let bytes = |path: &std::path::Path| std::fs::read(path).expect("is there");
        assert!(bytes(&copy.join(name)) == bytes(format!("{example}/{name}").as_ref()), "{name} differs");
    }
}
