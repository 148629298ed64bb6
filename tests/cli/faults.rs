//! Providers that break, refuse, stall or cost too much.

use serde_json::{Value, json};

use crate::support::{Answer, Seen, Server, Workspace, suite};

/// A call that breaks, and what is recorded of it.
struct Broken {
    case: &'static str,
    answer: Answer,
    kind: &'static str,
    status: Option<u16>,
    message: String,
}

fn broken() -> Vec<Broken> {
    let row =
        |case, answer, kind, status, message: &str| Broken { case, answer, kind, status, message: message.into() };
    let raw = |text: &str, case, kind, message| row(case, Answer::Raw(text.into()), kind, None, message);
    let http = |status, text: &str, case, kind, message: &str| {
        row(case, Answer::Http(status, Vec::new(), text.into()), kind, Some(status), message)
    };
    let no_json = |text: &str, case, why: &str| {
        http(200, text, case, "stream_error", &format!("the answer is not whole JSON (EOF while parsing a {why}"))
    };
    let send = "client error (SendRequest):";
    let read = "request or response body error: error reading a body from connection:";
    let cut_short = format!("{read} end of file before message length reached");
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"choices\":";
    let too_large = "the answer is larger than 16 MiB";
    let quoted = "[".repeat(300);
    vec![
        raw("", "closed", "network", &format!("{send} connection closed before message completed")),
        raw("SSH-2.0-OpenSSH_9.2\r\n\r\n", "no http", "network", &format!("{send} invalid HTTP version parsed")),
        row("half-closed", Answer::HalfClosed(cut.into()), "stream_error", None, &cut_short),
        raw(cut, "cut", "stream_error", &cut_short),
        no_json("{\"choices\": [", "half", "list at line 1 column 13): HTTP 200: {\"choices\": ["),
        no_json("", "empty", "value at line 1 column 0): HTTP 200 with an empty body"),
        no_json(&"[".repeat(9999), "nested", &format!("list at line 1 column 9999): HTTP 200: {quoted}…")),
        http(200, "{}", "no choice", "stream_error", "the answer has no choice with a message: HTTP 200: {}"),
        row("huge", Answer::Http(200, Vec::new(), " ".repeat(33 << 20)), "too_large", None, too_large),
        http(200, "{\"error\": {\"message\": \"oops\"}}", "error inside", "server_error", "oops"),
        http(502, "<html>\n Bad\n</html>", "html", "server_error", "HTTP 502: <html> Bad </html>"),
        http(503, "", "busy", "overloaded", "HTTP 503 with an empty body"),
        row("limit", Answer::error(429, "x", "slow down"), "rate_limit", Some(429), "slow down"),
    ]
}

#[test]
fn every_way_in_which_a_call_breaks_is_recorded_and_nothing_of_it_is_scored() {
    let rows = broken();
    let server = Server::by_prompt(rows.iter().map(|row| (row.case, row.answer.clone())).collect());
    let workspace = Workspace::new()
        .prompts(rows.iter().map(|row| (row.case, json!({"text": "x"}))))
        .file("suite.toml", &suite(server.port(), "[replay]\nattempts = 1\n"));
    workspace.cutover("run suite.toml").exit(0);
    let trials = workspace.trials();
    for Broken { case, kind, status, message, .. } in &rows {
        let trial = &trials[&((*case).to_owned(), "new".to_owned())];
        let failure = &trial["failure"];
        let recorded = json!([failure["kind"], failure["status"], failure["message"]]);
        assert_eq!(recorded, json!([kind, status, message]), "{case}");
        assert_eq!((&trial["outcome"], &trial["response"]), (&json!({"unscored": "failed"}), &Value::Null), "{case}");
        // What was sent and not answered with an error status may have been billed.
        let cost = status.filter(|status| *status != 200).map(|_| 0);
        assert_eq!(trial["cost"], json!(cost), "{case}");
    }
    let arm = workspace.summary()["results"]["arms"][1].clone();
    let accounting = json!({"planned": 13, "passed": 0, "failed_outcome": 0, "refused": 0, "cut": 0, "filtered": 0,
        "rejected": 0, "call_failed": 13, "unscored": 0, "not_sent": 0});
    assert_eq!((&arm["accounting"], &arm["cost"]), (&accounting, &Value::Null));
    let classes =
        json!({"network": 2, "stream_error": 6, "too_large": 1, "server_error": 2, "overloaded": 1, "rate_limit": 1});
    assert_eq!(arm["failures"], classes);
}

#[test]
fn a_call_that_was_turned_away_is_asked_again_and_is_one_trial() {
    let server = Server::start(|seen, before| match before {
        0 => Answer::Http(429, vec![("retry-after", "0".to_owned())], String::new()),
        _ => Answer::number(seen, true),
    });
    let suite = suite(server.port(), "[replay]\nconcurrency = 1\n");
    let workspace = Workspace::new().numbers(1, server.port()).file("suite.toml", &suite);
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(0);
    assert_eq!(server.seen().len(), 3);
    let first = if server.seen()[0].model() == "old" { "baseline" } else { "new" };
    let trials = workspace.trials();
    let trial = &trials[&("n000".to_owned(), first.to_owned())];
    let attempts: Vec<_> = trial["attempts"]
        .as_array()
        .expect("attempts")
        .iter()
        .map(|attempt| (&attempt["failure"], &attempt["status"]))
        .collect();
    assert_eq!(attempts, [(&json!("rate_limit"), &json!(429)), (&Value::Null, &json!(200))]);
    assert_eq!((trials.len(), &trial["outcome"]), (2, &json!("pass")));
    let arms = workspace.summary()["results"]["arms"].clone();
    // A call that was turned away is not billed.
    assert_eq!((&arms[0]["cost"], &arms[1]["cost"]), (&json!(120_000_000), &json!(360_000_000)));
    assert_eq!(arms[0]["retries"].as_u64().zip(arms[1]["retries"].as_u64()).map(|(old, new)| old + new), Some(1));
    assert!(outcome.stderr.contains("  retries 1\n"), "{}", outcome.stderr);
}

#[test]
fn a_key_that_is_refused_ends_the_run_and_keeps_what_was_bought() {
    let server = Server::start(|seen, before| match before {
        3.. => Answer::error(401, "invalid_api_key", "Incorrect API key provided"),
        _ => Answer::number(seen, true),
    });
    let serial = suite(server.port(), "[replay]\nconcurrency = 1\n");
    let workspace = Workspace::new().numbers(20, server.port()).file("suite.toml", &serial);
    let outcome = workspace.cutover("run suite.toml");
    let name = workspace.run_dir().file_name().expect("a name").to_string_lossy().into_owned();
    let arm = if server.seen()[3].model() == "old" { "baseline" } else { "new" };
    let message = format!(
        "\nerror: no call of `{arm}` can succeed: auth: Incorrect API key provided; 3 of 40 trials are saved in \
         results/{name}\n  help: check the address, the key, the model's name and the quota; the same command goes on\n"
    );
    outcome.exit(8).stdout("");
    assert!(outcome.stderr.ends_with(&message), "{}", outcome.stderr);
    assert_eq!((server.seen().len(), workspace.trials().len()), (4, 4));

    // However many calls may be in flight, no other begins after the first refusal.
    workspace.write("suite.toml", &suite(server.port(), "[replay]\nconcurrency = 5\n"));
    workspace.cutover("run suite.toml --out other").exit(8);
    assert!((5..=9).contains(&server.seen().len()), "{}", server.seen().len());
}

#[test]
fn a_server_that_is_not_there_ends_the_run() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address");
    let suite = suite(closed.port(), "[replay]\nattempts = 1\nconcurrency = 1\n");
    let workspace = Workspace::new().numbers(9, closed.port()).file("suite.toml", &suite);
    let outcome = workspace.cutover("run suite.toml");
    let name = workspace.run_dir().file_name().expect("a name").to_string_lossy().into_owned();
    let trials = workspace.trials();
    let ((_, arm), trial) = trials.first_key_value().expect("a trial");
    outcome.exit(8);
    let message = format!(
        "\nerror: no call of `{arm}` can succeed: unreachable: client error (Connect): tcp connect error: Connection \
         refused (os error 111); 0 of 18 trials are saved in results/{name}\n  help: check the address, the key, the \
         model's name and the quota; the same command goes on\n"
    );
    assert!(outcome.stderr.ends_with(&message), "{}", outcome.stderr);
    assert_eq!((trials.len(), &trial["spend"]), (1, &json!(0)));
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = Server::start(|seen, _| Answer::number(seen, true));
    let location = format!("http://127.0.0.1:{}/v1/chat/completions", elsewhere.port());
    let server = Server::start(move |_, _| Answer::Http(307, vec![("location", location.clone())], String::new()));
    let workspace = Workspace::new().numbers(1, server.port());
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(8);
    assert!(
        outcome.stderr.contains("` can succeed: not_found: HTTP 307 with an empty body; 0 of 2 trials are saved in "),
        "{}",
        outcome.stderr
    );
    assert!(elsewhere.seen().is_empty());
}

#[test]
fn a_provider_that_says_nothing_is_not_waited_for() {
    let server = Server::start(|_, _| Answer::Silence);
    let suite = suite(server.port(), "[replay]\nattempts = 1\ntimeout_s = 1\n");
    let workspace = Workspace::new().numbers(1, server.port()).file("suite.toml", &suite);
    workspace
        .cutover("run suite.toml")
        .exit(0)
        .stderr("baseline 1/1 hits 0  spend unknown  failures 1\nnew 1/1 hits 0  spend unknown  failures 1\n");
    for trial in workspace.trials().values() {
        let failure = &trial["failure"];
        assert_eq!((&failure["kind"], &failure["message"]), (&json!("timeout"), &json!("no whole answer within 1 s")));
    }
}

/// A server that accepts, begins to answer, and then drips or stops: how, and what is said of it.
#[test]
fn a_provider_that_drips_or_goes_silent_is_given_up() {
    let head = "HTTP/1.1 200 X\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{";
    let rows = [
        ("idle_timeout_s = 1\n", Answer::Stall(head.as_bytes().to_vec()), "the answer went silent for 1 s"),
        ("first_byte_timeout_s = 1\n", Answer::Silence, "no byte of an answer within 1 s"),
        ("timeout_s = 1\n", Answer::Drip(head.as_bytes().to_vec()), "no whole answer within 1 s"),
    ];
    for (limit, answer, message) in rows {
        let server = Server::start(move |_, _| answer.clone());
        let suite = suite(server.port(), &format!("[replay]\nattempts = 1\n{limit}"));
        let workspace = Workspace::new().numbers(1, server.port()).file("suite.toml", &suite);
        workspace.cutover("run suite.toml").exit(0);
        for trial in workspace.trials().values() {
            let failure = &trial["failure"];
            assert_eq!((&failure["kind"], &failure["message"]), (&json!("timeout"), &json!(message)));
        }
    }
}

/// The most that a call may cost, in pico-dollars: every byte a token in, and 50 tokens out.
fn worst_case(seen: &Seen) -> u64 {
    let bytes = seen.body.to_string().len() as u64;
    if seen.model() == "old" { bytes * 1_000_000 + 50 * 2_000_000 } else { bytes * 3_000_000 + 50 * 6_000_000 }
}

fn budget(port: u16, dollars: &str, concurrency: usize) -> String {
    let replay = format!(
        "[replay]\nattempts = 1\nmax_output_tokens = 50\nbudget_usd = {dollars}\nconcurrency = {concurrency}\n"
    );
    suite(port, &replay)
}

#[test]
fn a_budget_stops_the_run_before_it_is_passed() {
    // The provider bills all that it may.
    let server = Server::start(|seen, _| {
        let usage = json!({"prompt_tokens": seen.body.to_string().len(), "completion_tokens": 50});
        let choice = json!({"message": {"content": seen.number().to_string()}, "finish_reason": "stop"});
        Answer::Http(200, Vec::new(), json!({"choices": [choice], "usage": usage}).to_string())
    });
    let workspace = Workspace::new().numbers(40, server.port()).file("suite.toml", &budget(server.port(), "0.005", 8));
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(6).stdout("");
    let worst: Vec<u64> = server.seen().iter().map(worst_case).collect();
    let (billed, dearest) = (worst.iter().sum::<u64>(), worst.iter().max().expect("requests"));
    // Nothing may be left that another call of the dearer arm would fit in.
    assert!((5_000_000_000 - dearest..=5_000_000_000).contains(&billed), "{billed}");
    let spent: u64 = workspace.trials().values().map(|trial| trial["spend"].as_u64().expect("is known")).sum();
    assert_eq!(spent, billed);

    let saved = server.seen().len();
    workspace.write("suite.toml", &budget(server.port(), "0.05", 8));
    workspace.cutover("run suite.toml").exit(0);
    assert_eq!((workspace.runs().len(), server.seen().len(), saved < 80), (1, 80, true));
}

#[test]
fn a_budget_that_fits_no_call_says_what_would() {
    let server = Server::start(|seen, _| Answer::number(seen, true));
    let workspace = Workspace::new().numbers(1, server.port()).file("suite.toml", &budget(server.port(), "0.0001", 1));
    let outcome = workspace.cutover("run suite.toml");
    let name = workspace.run_dir().file_name().expect("a name").to_string_lossy().into_owned();
    let message = format!(
        "\nerror: the budget has $0.000100 left, and the next call may cost up to $0.000181; 0 of 2 trials are saved in \
         results/{name}\n  help: raise `budget_usd` in [replay], and the same command goes on; with `max_output_tokens = 9` \
         that call would fit, in a run of its own\n"
    );
    outcome.exit(6).stdout("");
    assert!(outcome.stderr.ends_with(&message), "{}", outcome.stderr);
    assert!(server.seen().is_empty());
    // As much as it says is enough for one call, and what the call leaves is not enough for another.
    workspace.write("suite.toml", &budget(server.port(), "0.000181", 1));
    workspace.cutover("run suite.toml").exit(6);
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn what_may_have_been_billed_counts_against_the_budget_of_a_resumed_run() {
    // Every connection breaks after the request was sent: nobody knows what it cost.
    let server = Server::start(|_, _| Answer::Raw(Vec::new()));
    let workspace = Workspace::new().numbers(20, server.port()).file("suite.toml", &budget(server.port(), "0.003", 1));
    workspace.cutover("run suite.toml").exit(6);
    let sent = server.seen().len();
    assert!(server.seen().iter().map(worst_case).sum::<u64>() <= 3_000_000_000 && sent > 5, "{sent}");
    workspace.cutover("run suite.toml").exit(6);
    assert_eq!(server.seen().len(), sent);
}

#[test]
fn a_provider_that_bills_more_than_a_call_can_cost_ends_the_run() {
    let server = Server::start(|seen, _| {
        let usage = json!({"prompt_tokens": 10, "completion_tokens": 5_000});
        let choice = json!({"message": {"content": seen.number().to_string()}, "finish_reason": "stop"});
        Answer::Http(200, Vec::new(), json!({"choices": [choice], "usage": usage}).to_string())
    });
    let workspace = Workspace::new().numbers(40, server.port()).file("suite.toml", &budget(server.port(), "5.00", 2));
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(6).stdout("");
    assert!(server.seen().len() <= 4, "{} calls", server.seen().len());
    assert!(outcome.stderr.contains(" was billed $0.0"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("more than the $0.000"), "{}", outcome.stderr);
}

#[test]
fn a_budget_refuses_searches_that_nobody_bounds() {
    let case =
        json!({"id": "a", "messages": [{"role": "user", "content": "news?"}], "tools": [{"type": "web_search"}]});
    let suite = "name = \"x\"\n[dataset]\npath = \"cases.jsonl\"\n[baseline]\nmodel = \"openai-responses/gpt-5.4\"\n\
                 [candidates.b]\nmodel = \"openai-responses/gpt-5.4-mini\"\n\
                 [replay]\nmax_output_tokens = 50\nbudget_usd = 1.00\n[[scorers]]\nkind = \"exact\"\n";
    let workspace = Workspace::new().file("suite.toml", suite).file("cases.jsonl", &format!("{case}\n"));
    workspace.cutover("run suite.toml").exit(2).stderr(
        "error: 1 of 1 cases cannot be sent to `baseline`, first `a`: the provider's own search has no bound, and a budget \
         needs one [searches_unbounded]\n  help: set `max_searches` in [replay]\n\
         error: 1 of 1 cases cannot be sent to `b`, first `a`: the provider's own search has no bound, and a budget needs one \
         [searches_unbounded]\n  help: set `max_searches` in [replay]\n2 errors\n",
    );
}

#[test]
fn an_arm_whose_every_call_is_rejected_ends_the_run() {
    let server = Server::start(|seen, _| match seen.model() {
        "old" => Answer::number(seen, true),
        _ => Answer::error(400, "unknown_parameter", "Unknown parameter: 'tempreture'."),
    });
    let workspace = Workspace::new().numbers(60, server.port());
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(8).stdout("");
    assert!(outcome.stderr.contains("no call of `new` can succeed: invalid_request: Unknown parameter: 'tempreture'."));
}

#[test]
fn an_answer_that_the_provider_ended_as_an_error_is_asked_again_and_not_kept() {
    let server = Server::start(|seen, before| match before {
        0 => Answer::message(&json!({"role": "assistant", "content": "par"}), "abort"),
        _ => Answer::number(seen, true),
    });
    let suite = suite(server.port(), "[replay]\nconcurrency = 1\n");
    let workspace = Workspace::new().numbers(1, server.port()).file("suite.toml", &suite);
    workspace.cutover("run suite.toml").exit(0);
    assert_eq!(server.seen().len(), 3);
    assert!(workspace.trials().values().all(|trial| trial["outcome"] == "pass"));
}

#[test]
fn a_budget_refuses_a_model_whose_price_nobody_knows_before_anything_is_sent() {
    let server = Server::start(|seen, _| Answer::number(seen, true));
    let suite = budget(server.port(), "1.00", 1).replace("[prices.\"local/new\"]\ninput = 3.00\noutput = 6.00\n", "");
    let workspace = Workspace::new().numbers(1, server.port()).file("suite.toml", &suite);
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(2).stdout("");
    let message = "error: suite.toml:6: `local/new` has no price, and a budget needs one\n  help: ";
    assert!(outcome.stderr.starts_with(message), "{}", outcome.stderr);
    assert_eq!((server.seen().len(), workspace.runs().len()), (0, 0));
}
