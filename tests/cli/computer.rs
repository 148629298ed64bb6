//! Steps of computer use: expected actions in a dataset, three arms that speak of them in words of their own, and what
//! the report counts.

use serde_json::{Value, json};

use crate::support::speaks::last_text;
use crate::support::{Answer, Seen, Server, Workspace};

/// An arm of each protocol that has a computer tool, and the past as the baseline.
fn suite(port: u16) -> String {
    let endpoint = |name: &str, protocol: &str| {
        format!("[endpoints.{name}]\nprotocol = \"{protocol}\"\nbase_url = \"http://127.0.0.1:{port}/v1\"\n")
    };
    format!(
        "name = \"screen\"\n[dataset]\npath = \"cases.jsonl\"\n[baseline]\nmodel = \"recorded\"\n\
         [candidates.claude]\nmodel = \"claude/m\"\n[candidates.gpt]\nmodel = \"gpt/m\"\n{}{}\
         [replay]\nmax_output_tokens = 64\n[[scorers]]\nkind = \"computer_action\"\ntolerance = 5\n\
         [gate]\nmin_pairs = 2\nrules = [{{ metric = \"tool_call_failure_rate\", non_inferior = \"5pp\" }}]\n",
        endpoint("claude", "anthropic"),
        endpoint("gpt", "openai-responses"),
    )
}

/// What production's model, which points at a grid, did: a click, and a field filled in.
fn cases() -> Vec<Value> {
    let called = |calls: &[(&str, Value)]| {
        let calls: Vec<Value> = calls
            .iter()
            .map(|(name, arguments)| {
                json!({"type": "function", "function": {"name": name, "arguments": arguments.to_string()}})
            })
            .collect();
        json!({"tool_calls": calls, "finish_reason": "tool_calls"})
    };
    let case = |id: &str, expected: Value, recorded: Value| {
        json!({"id": id, "messages": [{"role": "user", "content": id}], "expected": {"actions": expected},
            "tools": [{"type": "computer_use", "display_width": 1000, "display_height": 500}], "recorded": recorded})
    };
    vec![
        case(
            "open",
            json!([{"type": "click", "box": [90, 40, 110, 60]}]),
            called(&[("click_at", json!({"x": 100, "y": 100}))]),
        ),
        case(
            "fill",
            json!([{"type": "click", "point": [500, 250]}, {"type": "type", "text": "Zürich"}, {"type": "key", "keys": ["enter"]}]),
            called(&[("type_text_at", json!({"x": 500, "y": 500, "text": "Zürich"}))]),
        ),
        case(
            "save",
            json!([{"type": "key", "keys": ["ctrl", "s"]}]),
            called(&[("key_combination", json!({"keys": "control+s"}))]),
        ),
    ]
}

/// What the two candidates do: the one all of it, the other clicks beside the button and saves with other keys.
fn act(seen: &Seen, _: usize) -> Answer {
    let asked = last_text(seen);
    if seen.path.ends_with("/messages") {
        let inputs = match asked.as_str() {
            "open" => vec![json!({"action": "left_click", "coordinate": [110, 60]})],
            "fill" => vec![
                json!({"action": "left_click", "coordinate": [503, 254]}),
                json!({"action": "type", "text": "Zürich"}),
                json!({"action": "key", "text": "Return"}),
            ],
            _ => vec![json!({"action": "key", "text": "ctrl+s"})],
        };
        let blocks: Vec<Value> = inputs
            .iter()
            .enumerate()
            .map(|(index, input)| json!({"type": "tool_use", "id": format!("t{index}"), "name": "computer", "input": input}))
            .collect();
        let body = json!({"id": "x", "type": "message", "role": "assistant", "model": "served", "content": blocks,
            "stop_reason": "tool_use", "usage": {"input_tokens": 60, "output_tokens": 10}});
        return Answer::Http(200, Vec::new(), body.to_string());
    }
    let actions = match asked.as_str() {
        "open" => json!([{"type": "click", "button": "left", "x": 111, "y": 50}]),
        "fill" => json!([{"type": "click", "button": "left", "x": 500, "y": 250}, {"type": "type", "text": "Zürich"},
            {"type": "keypress", "keys": ["ENTER"]}]),
        _ => json!([{"type": "keypress", "keys": ["S", "ALT"]}]),
    };
    let call = json!({"type": "computer_call", "id": "cu1", "call_id": "c1", "status": "completed",
        "pending_safety_checks": [], "actions": actions});
    let body = json!({"id": "x", "object": "response", "model": "served", "status": "completed", "output": [call],
        "usage": {"input_tokens": 60, "output_tokens": 10}});
    Answer::Http(200, Vec::new(), body.to_string())
}

#[test]
fn three_vocabularies_are_judged_as_one() {
    let server = Server::start(act);
    let lines: String = cases().iter().map(|case| format!("{case}\n")).collect();
    let workspace = Workspace::new().file("suite.toml", &suite(server.port())).file("cases.jsonl", &lines);
    workspace.cutover("run suite.toml").exit(0);
    assert_eq!(server.seen().len(), 6);
    let pass = json!([{"scorer": "computer_action", "outcome": "pass", "why": null}]);
    let wrong = |why: &str| json!([{"scorer": "computer_action", "outcome": {"fail": "wrong_value"}, "why": why}]);
    let rows = [
        ("open", "gpt", wrong("click: place: found (111, 50), expected in [90, 40, 110, 60]")),
        ("fill", "gpt", pass.clone()),
        ("save", "gpt", wrong("keypress: keys: found alt+s, expected ctrl+s")),
    ];
    let trials = workspace.trials();
    for (case, arm, scores) in rows {
        assert_eq!(trials[&(case.to_owned(), arm.to_owned())]["scores"], scores, "{case} {arm}");
    }
    for arm in ["baseline", "claude"] {
        for case in ["open", "fill", "save"] {
            assert_eq!(trials[&(case.to_owned(), arm.to_owned())]["scores"], pass, "{case} {arm}");
        }
    }
    for trial in trials.values() {
        assert_eq!((&trial["involves_tools"], &trial["tool_calls_judged"]), (&json!(true), &json!(true)));
    }
    let rate = |arm: usize| {
        let arms = &workspace.summary()["results"]["arms"];
        arms[arm]["estimates"]["tool_call_failure_rate"]["value"].as_f64().expect("a rate")
    };
    assert_eq!((rate(0), rate(1)), (0.0, 0.0));
    assert!((rate(2) - 2.0 / 3.0).abs() < 1e-9, "{}", rate(2));
    let shown = workspace.cutover("show save");
    shown.exit(0);
    for line in ["  key ctrl+s\n", "found alt+s, expected ctrl+s)"] {
        assert!(shown.stdout.contains(line), "{line}\nis not in\n{}", shown.stdout);
    }
}

#[test]
fn places_on_a_grid_of_no_known_size_count_neither_way() {
    let server = Server::start(act);
    let lines: String = cases()
        .into_iter()
        .map(|mut case| {
            case["tools"] = json!([]);
            format!("{case}\n")
        })
        .collect();
    let suite = suite(server.port()).replace("[candidates.claude]\nmodel = \"claude/m\"\n", "");
    let workspace = Workspace::new().file("suite.toml", &suite).file("cases.jsonl", &lines);
    workspace.cutover("run suite.toml").exit(0);
    let trials = workspace.trials();
    let of = |case: &str| &trials[&(case.to_owned(), "baseline".to_owned())];
    assert_eq!(of("save")["outcome"], "pass", "keys have no place");
    for case in ["open", "fill"] {
        assert_eq!(of(case)["outcome"], json!({"unscored": "unlabelled"}), "{case}");
        assert_eq!(of(case)["tool_calls_judged"], json!(false), "{case}");
    }
}

#[test]
fn an_action_that_cannot_be_is_a_problem_of_its_line() {
    let bad = |id: &str, action: Value| {
        json!({"id": id, "messages": [{"role": "user", "content": "Q"}],
            "expected": {"actions": [{"type": "wait"}, action]}})
    };
    let cases = [
        bad("a", json!({"type": "click", "box": [10, 10, 10, 20]})),
        bad("b", json!({"type": "click", "point": [1, 2], "tolerance": -3})),
        bad("c", json!({"type": "scrol"})),
        bad("d", json!({"type": "key", "text": "a"})),
        json!({"id": "e", "messages": [{"role": "user", "content": "Q"}], "expected": {"actions": []}}),
    ];
    let lines: String = cases.iter().map(|case| format!("{case}\n")).collect();
    let workspace = Workspace::new().file("suite.toml", &suite(9)).file("cases.jsonl", &lines);
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(2).stderr(
        "\
error: cases.jsonl:1: `expected.actions[1].box` is empty: [10, 10, 10, 20]
  help: write left, top, right, bottom in pixels; for one pixel give a `point`
error: cases.jsonl:2: `expected.actions[1].tolerance` is -3.0, but must be a number of pixels from 0 on
error: cases.jsonl:3: `expected.actions[1].type` is \"scrol\", but must be one of `click`, `double_click`, `triple_click`, `long_press`, `mouse_down`, `mouse_up`, `move`, `drag`, `scroll`, `type`, `key`, `hold_key`, `key_down`, `key_up`, `wait`, `screenshot`, `zoom`, `cursor_position`, `open_browser`, `navigate`, `search`, `back`, `forward`
  help: did you mean `scroll`?
error: cases.jsonl:4: `expected.actions[1]` is a `key`, which takes no `text`
  help: it takes `keys`
error: cases.jsonl:5: `expected.actions` is empty
  help: write {\"no_tool_call\": true} when no action is right
5 errors
",
    );
}
