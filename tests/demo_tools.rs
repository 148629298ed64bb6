//! The demo's recorded tool calls against the verdicts of the Berkeley Function-Calling Leaderboard's own checker.

use std::collections::BTreeMap;
use std::path::Path;

use cutover::run_dir::Finished;

/// What BFCL's checker says of one recorded answer.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Verdict {
    arm: String,
    id: String,
    valid: bool,
    error_type: Option<String>,
}

/// BFCL looks at the calls alone, as a tool fault does: an answer that was cut although no call was expected fails here,
/// and has no tool fault.
#[test]
fn a_recorded_answer_has_a_tool_fault_exactly_where_bfcl_finds_its_calls_invalid() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let verdicts = std::fs::read_to_string(root.join("tests/bfcl/demo.jsonl")).expect("is read");
    let verdicts: Vec<Verdict> =
        verdicts.lines().map(|line| serde_json::from_str(line).expect("is a verdict")).collect();
    let trials = Finished::load(&root.join("results/example")).and_then(|run| run.trials()).expect("is read");
    let faults: BTreeMap<(&str, &str), _> =
        trials.iter().map(|trial| ((&*trial.key.arm, &*trial.key.case), trial.tool_fault)).collect();
    assert_eq!(verdicts.len(), 3 * 44);
    for verdict in &verdicts {
        let fault = faults[&(verdict.arm.as_str(), verdict.id.as_str())];
        assert_eq!(
            fault.is_none(),
            verdict.valid,
            "{} {}: {fault:?}, {:?}",
            verdict.arm,
            verdict.id,
            verdict.error_type
        );
    }
}
