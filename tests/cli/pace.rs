//! The pace at which a provider is asked: what it says of waiting is heeded, and what cannot succeed is not sent.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use serde_json::json;

use crate::support::{Answer, Hold, Outcome, Server, Workspace, suite};

/// Two arms of one model, which share a lane.
fn shared(port: u16, replay: &str) -> String {
    suite(port, &format!("[replay]\n{replay}"))
        .replace("model = \"local/old\"", "model = \"local/old\"\nsalt = \"a\"")
        .replace("model = \"local/new\"", "model = \"local/old\"\nsalt = \"b\"")
        .replace("[prices.\"local/new\"]\ninput = 3.00\noutput = 6.00\n", "")
}

fn workspace(cases: usize, server: &Server, replay: &str) -> Workspace {
    Workspace::new().cases(cases).file("suite.toml", &shared(server.port(), replay))
}

fn refusal(headers: Vec<(&'static str, String)>) -> Answer {
    let body = json!({"error": {"message": "slow down", "type": "requests", "code": "rate_limit_exceeded"}});
    Answer::Http(429, headers, body.to_string())
}

/// The end of stderr: why the run was stopped, and what to do.
#[track_caller]
fn given_up(workspace: &Workspace, outcome: &Outcome, why: &str, saved: &str) {
    let name = workspace.run_dir().file_name().expect("a name").to_string_lossy().into_owned();
    let message = format!(
        "\nerror: local old {why}; {saved} trials are saved in results/{name}\n  help: wait, and the same command goes \
         on; `max_wait_s` in [replay] says how long a run waits by itself\n"
    );
    outcome.exit(8).stdout("");
    assert!(outcome.stderr.ends_with(&message), "{}", outcome.stderr);
}

#[test]
fn a_wait_in_any_form_holds_every_call_of_the_lane_back() {
    // How a refusal says how long to wait, and the least that it means in milliseconds.
    type Form = (fn() -> Vec<(&'static str, String)>, u64);
    let forms: [Form; 5] = [
        (|| vec![("retry-after", "1".to_owned())], 1000),
        (|| vec![("Retry-After", "0.4".to_owned())], 400),
        (|| vec![("retry-after-ms", "300".to_owned()), ("retry-after", "9".to_owned())], 300),
        (|| vec![("retry-after", http_date(2))], 1000),
        (
            || {
                let header = |name, value: &str| (name, value.to_owned());
                vec![
                    header("x-ratelimit-limit-requests", "500"),
                    header("x-ratelimit-remaining-requests", "0"),
                    header("x-ratelimit-reset-requests", "350ms"),
                    header("x-ratelimit-reset-tokens", "6m0s"),
                ]
            },
            350,
        ),
    ];
    let arrivals = Arc::new(Mutex::new(Vec::new()));
    let server = Server::start({
        let arrivals = Arc::clone(&arrivals);
        move |seen, before| {
            arrivals.lock().expect("is not poisoned").push(Instant::now());
            // A refusal, an answer, a refusal: each is one that nothing went before.
            if before % 2 == 0 && before / 2 < forms.len() {
                refusal(forms[before / 2].0())
            } else {
                Answer::number(seen, true)
            }
        }
    });
    // A refused call is not asked again, so that it is another one that has to wait.
    let workspace = workspace(5, &server, "attempts = 1\nconcurrency = 1\n");
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(0);
    assert!(
        outcome.stderr.starts_with("local old: rate limited, 1 at once, next call in 1.0 s\n"),
        "{}",
        outcome.stderr
    );
    let arrivals = arrivals.lock().expect("is not poisoned");
    assert_eq!(arrivals.len(), 10);
    for (index, (_, least)) in forms.iter().enumerate() {
        let waited = arrivals[2 * index + 1] - arrivals[2 * index];
        assert!(waited >= Duration::from_millis(*least), "form {index}: {waited:?}");
    }
}

/// A date of HTTP, so many seconds from now.
fn http_date(seconds: u64) -> String {
    let at = SystemTime::now() + Duration::from_secs(seconds);
    chrono::DateTime::<chrono::Utc>::from(at).format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[test]
fn a_wait_that_is_too_long_ends_the_run_which_goes_on_later() {
    let refuses = Arc::new(AtomicBool::new(true));
    let server = Server::start({
        let refuses = Arc::clone(&refuses);
        move |seen, before| match before {
            2.. if refuses.load(Ordering::SeqCst) => refusal(vec![("retry-after", "3600".to_owned())]),
            _ => Answer::number(seen, true),
        }
    });
    let workspace = workspace(20, &server, "concurrency = 1\n");
    let outcome = workspace.cutover("run suite.toml");
    given_up(&workspace, &outcome, "asks to wait 3600 s, which is too long: rate_limit: slow down", "2 of 40");
    assert_eq!(server.seen().len(), 3);
    // A setting that changes no answer changes no plan: the same run goes on.
    workspace.write("suite.toml", &shared(server.port(), "concurrency = 1\nmax_wait_s = 3599\n"));
    workspace.cutover("run suite.toml").exit(8);
    assert_eq!(server.seen().len(), 4);
    refuses.store(false, Ordering::SeqCst);
    workspace.cutover("run suite.toml").exit(0);
    assert_eq!((workspace.runs().len(), server.seen().len()), (1, 42));
}

#[test]
fn a_storm_of_refusals_is_waited_out_and_every_answer_bought() {
    let hold = Hold::default();
    let server = Server::start(move |seen, before| match before {
        0..16 => {
            // All at once, when as many have come as may be in flight.
            if before == 15 {
                hold.release(usize::MAX);
            }
            hold.wait(before);
            refusal(Vec::new())
        }
        _ => Answer::number(seen, true),
    });
    let workspace = workspace(20, &server, "attempts = 2\nconcurrency = 16\n");
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(0);
    assert_eq!(server.seen().len(), 40 + 16, "the answers and the refusals");
    assert!(
        outcome.stderr.starts_with("local old: rate limited, 15 → 7 at once, next call in 0."),
        "{}",
        outcome.stderr
    );
    assert!(workspace.trials().values().all(|trial| trial["outcome"] == "pass"));
}

#[test]
fn what_can_never_succeed_is_sent_as_often_as_calls_are_in_flight() {
    let rows = [
        (401, "invalid_api_key", "auth: no"),
        (403, "forbidden", "permission: no"),
        (404, "model_not_found", "not_found: no"),
        (429, "insufficient_quota", "quota_exceeded: no"),
    ];
    for (status, code, said) in rows {
        let hold = Arc::new(Hold::default());
        let server = Server::start(move |_, before| {
            // All at once, when as many have come as may be in flight.
            if before == 7 {
                hold.release(usize::MAX);
            }
            hold.wait(before);
            Answer::error(status, code, "no")
        });
        let workspace = Workspace::new()
            .cases(50)
            .file("suite.toml", &suite(server.port(), "[replay]\nconcurrency = 8\nattempts = 9\n"));
        let outcome = workspace.cutover("run suite.toml");
        outcome.exit(8).stdout("");
        assert!(outcome.stderr.contains(&format!("` can succeed: {said}; 0 of 100 trials")), "{}", outcome.stderr);
        assert_eq!(server.seen().len(), 8, "{status}");
    }
}

#[test]
fn a_provider_that_is_down_is_probed_and_then_given_up() {
    let server = Server::start(|_, _| Answer::error(500, "x", "down"));
    let replay = "attempts = 1\nconcurrency = 1\nmax_wait_s = 1\n";
    let workspace = workspace(40, &server, replay);
    let outcome = workspace.cutover("run suite.toml");
    let why = "answers nothing: 24 calls failed in a row, 4 of them after waits of 0.6 s: server_error: down";
    given_up(&workspace, &outcome, why, "0 of 80");
    let told = "local old: 20 calls failed in a row, next call in 0.0 s\nlocal old: still fails, next call in 0.1 s\n\
                local old: still fails, next call in 0.2 s\nlocal old: still fails, next call in 0.3 s\n";
    assert!(outcome.stderr.starts_with(told), "{}", outcome.stderr);
    assert_eq!(server.seen().len(), 24);
}

#[test]
fn a_provider_that_comes_back_is_asked_on() {
    let server = Server::start(|seen, before| match before {
        0..21 => Answer::error(503, "x", "down"),
        _ => Answer::number(seen, true),
    });
    let workspace = workspace(20, &server, "attempts = 1\nconcurrency = 1\nmax_wait_s = 1\n");
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(0);
    assert!(outcome.stderr.contains("\nlocal old: answers again\n"), "{}", outcome.stderr);
    assert_eq!(server.seen().len(), 40);
}

#[test]
fn most_of_what_fails_is_not_asked_again() {
    // Two of three calls break, so that no breaker opens.
    let server = Server::start(|seen, before| match before % 3 {
        0 => Answer::number(seen, true),
        _ => Answer::Http(500, vec![("retry-after", "0".to_owned())], "{}".to_owned()),
    });
    let workspace = workspace(50, &server, "attempts = 20\nconcurrency = 8\n");
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(0);
    let told = "local old: more than a tenth of the calls failed: no more of them are asked again\n";
    assert_eq!(outcome.stderr.matches(told).count(), 1, "{}", outcome.stderr);
    let calls = server.seen().len();
    assert!((100 + 16..=100 + 16 + calls / 10).contains(&calls), "{calls}");
    let failure = workspace.trials().into_values().find(|trial| !trial["failure"].is_null()).expect("one failed");
    assert_eq!(failure["failure"]["message"], "HTTP 500: {} (not asked again: too many calls fail)");
}
