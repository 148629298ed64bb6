//! Keys: sent to their own host, shown nowhere.

use crate::support::{Answer, Outcome, Server, Workspace, suite};

const CANARY: &str = "sk-canary/4f8e1b7d2a";
/// `printf %s KEY | base64`.
const BASE64: &str = "c2stY2FuYXJ5LzRmOGUxYjdkMmE=";
/// As JSON may write it.
const ESCAPED: &str = "sk-canary\\/4f8e1b7d2a";

/// A suite whose endpoint has a key.
fn suite_with_key(port: u16) -> String {
    suite(port, "[replay]\nattempts = 1\nconcurrency = 1\n").replace("/v1\"\n", "/v1\"\napi_key_env = \"LOCAL_KEY\"\n")
}

#[track_caller]
fn is_nowhere(workspace: &Workspace, outcome: &Outcome) {
    let files = workspace.files();
    let texts = files.iter().map(|path| (path.display().to_string(), std::fs::read(path).expect("is read")));
    let streams = [("stdout".to_owned(), &outcome.stdout), ("stderr".to_owned(), &outcome.stderr)];
    for (name, text) in texts.chain(streams.map(|(name, text)| (name, text.clone().into_bytes()))) {
        for form in [CANARY, BASE64, ESCAPED] {
            assert!(!text.windows(form.len()).any(|window| window == form.as_bytes()), "{form} is in {name}");
        }
    }
    assert!(files.len() > 5, "{files:?}");
}

#[test]
fn a_key_is_sent_and_written_nowhere_even_where_a_provider_repeats_it() {
    let server = Server::start(|seen, _| match seen.number() {
        0 => Answer::text(&format!("Your key is {CANARY}.")),
        1 => Answer::error(500, "x", &format!("no luck with {CANARY}")),
        2 => Answer::Http(502, Vec::new(), format!("<html>{CANARY} and \"{ESCAPED}\"</html>")),
        _ => Answer::number(seen, true),
    });
    let workspace = Workspace::new().numbers(4, server.port()).file("suite.toml", &suite_with_key(server.port()));
    let environment = [("LOCAL_KEY", CANARY)];
    let outcome = workspace.cutover_with("run suite.toml", &environment);
    outcome.exit(0);
    let bearer = format!("Bearer {CANARY}");
    assert!(server.seen().iter().all(|seen| seen.header("authorization") == Some(&bearer)));
    assert!(server.seen().iter().all(|seen| !seen.body.to_string().contains(CANARY)));
    is_nowhere(&workspace, &outcome);
    let trials = workspace.trials();
    let trial = |case: &str| &trials[&(case.to_owned(), "new".to_owned())];
    assert_eq!(trial("n000")["response"]["text"], "Your key is [API key].");
    assert_eq!(trial("n001")["failure"]["message"], "no luck with [API key]");
    assert_eq!(trial("n002")["failure"]["message"], "HTTP 502: <html>[API key] and \"[API key]\"</html>");
}

#[test]
fn blanks_around_a_key_are_no_part_of_it() {
    let server = Server::start(|_, _| Answer::text(&format!("Your key is {CANARY}.")));
    let workspace = Workspace::new().numbers(1, server.port()).file("suite.toml", &suite_with_key(server.port()));
    let outcome = workspace.cutover_with("run suite.toml", &[("LOCAL_KEY", &format!(" {CANARY}\r\n"))]);
    outcome.exit(0);
    let bearer = format!("Bearer {CANARY}");
    assert!(server.seen().iter().all(|seen| seen.header("authorization") == Some(&bearer)));
    is_nowhere(&workspace, &outcome);
    let response = &workspace.trials()[&("n000".to_owned(), "new".to_owned())]["response"];
    assert_eq!(response["text"], "Your key is [API key].");
}

#[test]
fn a_key_behind_a_scheme_is_known_when_it_is_repeated_alone_or_cut() {
    let filler = "x".repeat(285);
    let server = Server::start(move |seen, _| match seen.number() {
        0 => Answer::text(&format!("Your key is {CANARY}.")),
        _ => Answer::Http(502, Vec::new(), format!("{filler}{CANARY}")),
    });
    let suite = suite_with_key(server.port())
        .replace("api_key_env = \"LOCAL_KEY\"", "header_env = { Authorization = \"LOCAL_AUTH\" }");
    let workspace = Workspace::new().numbers(2, server.port()).file("suite.toml", &suite);
    let bearer = format!("Bearer {CANARY}");
    let outcome = workspace.cutover_with("run suite.toml", &[("LOCAL_AUTH", &bearer)]);
    outcome.exit(0);
    assert!(server.seen().iter().all(|seen| seen.header("authorization") == Some(&bearer)));
    is_nowhere(&workspace, &outcome);
    let trials = workspace.trials();
    let trial = |case: &str| &trials[&(case.to_owned(), "new".to_owned())];
    assert_eq!(trial("n000")["response"]["text"], "Your key is [API key].");
    let message = trial("n001")["failure"]["message"].as_str().expect("a message");
    assert!(message.contains("xxx[API key]") && !message.contains(&CANARY[..12]), "{message}");
}

#[test]
fn a_refusal_that_repeats_the_key_does_not_show_it() {
    let server = Server::start(|_, _| Answer::error(401, "invalid_api_key", &format!("Incorrect key: {CANARY}")));
    let workspace = Workspace::new().numbers(1, server.port()).file("suite.toml", &suite_with_key(server.port()));
    let outcome = workspace.cutover_with("run suite.toml", &[("LOCAL_KEY", CANARY)]);
    outcome.exit(8);
    assert!(outcome.stderr.contains(": auth: Incorrect key: [API key]; 0 of 2 "), "{}", outcome.stderr);
    is_nowhere(&workspace, &outcome);
}

#[test]
fn a_key_that_is_not_set_ends_the_run_before_it_begins() {
    let server = Server::start(|seen, _| Answer::number(seen, true));
    let workspace = Workspace::new().numbers(1, server.port()).file("suite.toml", &suite_with_key(server.port()));
    for environment in [&[] as &[_], &[("LOCAL_KEY", "")]] {
        workspace.cutover_with("run suite.toml", environment).exit(2).stdout("").stderr(
            "error: the environment variable LOCAL_KEY is not set, and answers must be bought with its key\n  \
             help: `export LOCAL_KEY=...`, or `--mode replay` to use stored answers alone\n",
        );
    }
    assert!(server.seen().is_empty() && workspace.runs().is_empty());

    // Stored answers need no key.
    workspace.cutover_with("run suite.toml", &[("LOCAL_KEY", CANARY)]).exit(0);
    workspace.cutover("run suite.toml").exit(0);
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn a_key_that_no_header_may_hold_is_a_refusal_and_not_the_models_fault() {
    let server = Server::start(|seen, _| Answer::number(seen, true));
    let workspace = Workspace::new().numbers(1, server.port()).file("suite.toml", &suite_with_key(server.port()));
    let outcome = workspace.cutover_with("run suite.toml", &[("LOCAL_KEY", "sk-canary\n4f8e1b7d2a")]);
    outcome.exit(8);
    let message = ": auth: the API key holds characters that no header may hold; 0 of 2 trials are saved in ";
    assert!(outcome.stderr.contains(message), "{}", outcome.stderr);
    assert!(server.seen().is_empty());
}

#[test]
fn a_key_goes_to_its_own_endpoint_alone() {
    let (keyed, other) =
        (Server::start(|seen, _| Answer::number(seen, true)), Server::start(|seen, _| Answer::number(seen, true)));
    let suite = suite_with_key(keyed.port()).replace("local/new", "other/new")
        + &format!(
            "[endpoints.other]\nprotocol = \"openai-chat\"\nbase_url = \"http://127.0.0.1:{}/v1\"\n",
            other.port()
        );
    let workspace = Workspace::new().numbers(2, keyed.port()).file("suite.toml", &suite);
    workspace.cutover_with("run suite.toml", &[("LOCAL_KEY", CANARY)]).exit(0);
    assert_eq!((keyed.seen().len(), other.seen().len()), (2, 2));
    assert!(keyed.seen().iter().all(|seen| seen.header("authorization").is_some()));
    let leaks = |name: &String, value: &String| value.contains(CANARY) || name.eq_ignore_ascii_case("authorization");
    assert!(other.seen().iter().all(|seen| !seen.headers.iter().any(|(name, value)| leaks(name, value))));
}
