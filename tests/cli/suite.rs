//! A suite with mistakes: all of them at once, each with its line and a way out, and nothing sent.

use crate::support::{Answer, Server, Workspace, suite};

#[test]
fn every_problem_is_reported_at_once_and_nothing_is_sent() {
    let server = Server::start(|_, _| Answer::text("1"));
    let suite = format!(
        r#"name = "my suite"
descripton = "x"

[dataset]
path = "cases.jsonl"
draw = {{ n = 0, by = "w" }}

[baseline]
model = "gpt-5-mini"
temperature = 3

[candidates.mini]
model = "opnai/gpt-5.4-mini"
top_pp = 0.5

[candidates.local]
model = "local/m"

[endpoints.local]
protocol = "openai-chatt"
base_url = "http://example.com/v1"

[prices."local/other"]
input = 0.1234567
output = 1

[replay]
repeats = 0
budget_usd = -1

[[scorers]]
kind = "exct"

[[scorers]]
kind = "regex"
pattern = "("

[gate]
confidence = 95
rules = [
  {{ metric = "acuracy", non_inferior = "2pp" }},
  {{ metric = "accuracy", non_inferior = 0.02 }},
  {{ metric = "cost_per_success", non_inferior = "2pp" }},
  {{ metric = "accuracy", non_inferior = "1pp", slice = "w", level = "loud" }},
]
# {port}
"#,
        port = server.port()
    );
    let workspace = Workspace::new().numbers(2, server.port()).file("suite.toml", &suite);
    let outcome = workspace.cutover("run suite.toml");
    outcome.exit(2).stderr(EXPECTED);
    assert!(server.seen().is_empty() && workspace.runs().is_empty());
}

const EXPECTED: &str = "\
error: suite.toml:1: `name` is \"my suite\", but must be made of letters, digits, `-` and `_`
  help: it becomes part of the names of folders
error: suite.toml:2: unknown key `descripton` in the suite
  help: did you mean `description`?
error: suite.toml:6: `n` is 0, but must be a whole number of at least 1
error: suite.toml:6: `by` is \"w\", but must be a list of texts
error: suite.toml:9: `model` is \"gpt-5-mini\", without an endpoint
  help: for example `model = \"openai/gpt-5-mini\"`: the endpoint, a slash, the model
error: suite.toml:10: `temperature` is 3, but must be a number from 0 to 2
error: suite.toml:13: there is no endpoint `opnai`
  help: did you mean `openai/gpt-5.4-mini`?
error: suite.toml:14: unknown key `top_pp` in [candidates.mini]
  help: did you mean `top_p`?
error: suite.toml:20: unknown protocol `openai-chatt`
  help: did you mean `openai-chat`?
error: suite.toml:21: `base_url` is \"http://example.com/v1\", but http goes to this machine only
  help: use https, or set `allow_http = true`: prompts and keys then travel in the open
error: suite.toml:23: the price of `local/other` belongs to no arm
  help: a price is named ENDPOINT/MODEL, as the arm's `model`
error: suite.toml:24: `input` is 0.1234567: more than 6 decimals
  help: prices are USD per million tokens
error: suite.toml:28: `repeats` is 0, but must be a whole number from 1 to 1000
error: suite.toml:29: `budget_usd` is -1, but must be above 0 and below 9 million
error: suite.toml:32: unknown scorer `exct`
  help: did you mean `exact`?
error: suite.toml:36: scorer `regex`: not a regular expression: unclosed group
  help: the syntax is that of the Rust crate `regex`: no lookaround, no backreferences
error: suite.toml:39: `confidence` is 95, but must be a number above 0 and below 1
error: suite.toml:41: unknown metric `acuracy`
  help: did you mean `accuracy`?
error: suite.toml:42: `non_inferior` is 0.02, but must be percentage points such as \"2pp\"
error: suite.toml:43: `cost_per_success` is judged by `max_ratio`, not by `non_inferior`
  help: write `max_ratio = 1.20`, candidate ÷ baseline at most; or `better`, `max_usd`
error: suite.toml:44: `slice` is \"w\"
  help: write the tag and its value: `slice = \"workload=refund\"`
error: suite.toml:44: `level` is \"loud\", but must be \"off\", \"warn\" or \"error\"
22 errors
";

#[test]
fn a_limit_that_makes_no_sense_for_its_metric_is_a_problem_with_a_way_out() {
    let of_rates = "write `non_inferior = \"2pp\"`, the largest loss you accept in percentage points";
    let rows = [
        (
            "accuracy",
            "max = \"2%\"",
            "`accuracy` is judged by `non_inferior`, not by `max`",
            format!("{of_rates}; or `better`, `min`"),
        ),
        (
            "tool_call_failure_rate",
            "min = \"2%\"",
            "`tool_call_failure_rate` is judged by `non_inferior`, not by `min`",
            format!("{of_rates}; or `better`, `max`"),
        ),
        (
            "latency_p95",
            "max_usd = 1",
            "`latency_p95` is judged by `max_ratio`, not by `max_usd`",
            "write `max_ratio = 1.20`, candidate ÷ baseline at most; or `better`, `max_ms`".to_owned(),
        ),
        (
            "accuracy",
            "non_inferior = \"5%\"",
            "a margin in percent would be a part of the baseline's own value, which is uncertain too",
            "write percentage points: `non_inferior = \"2pp\"`".to_owned(),
        ),
        (
            "accuracy",
            "min = \"90%\", better = true",
            "a rule has one limit, but this one has `better`, `min`",
            "make a rule of each: several rules may ask of one metric".to_owned(),
        ),
        ("accuracy", "level = \"off\"", "a rule lacks `non_inferior`", format!("{of_rates}; or `better`, `min`")),
        (
            "accuracy",
            "better = false",
            "`better` is false, but must be true; leave it out to ask for something else",
            String::new(),
        ),
        (
            "accuracy",
            "min = \"90\"",
            "`min` is \"90\", but must be a share between 0% and 100% such as \"90%\"",
            String::new(),
        ),
        (
            "accuracy",
            "min = \"100%\"",
            "`min` is \"100%\", but must be a share between 0% and 100% such as \"90%\"",
            String::new(),
        ),
        ("cost_per_success", "max_usd = 0", "`max_usd` is 0, but must be a number above 0", String::new()),
        ("latency_p95", "max_ms = \"4s\"", "`max_ms` is \"4s\", but must be a number above 0", String::new()),
    ];
    for (metric, limit, message, help) in rows {
        let gate =
            format!("[[scorers]]\nkind = \"tool_call\"\n[gate]\nrules = [{{ metric = \"{metric}\", {limit} }}]\n");
        let workspace = Workspace::new().file("suite.toml", &suite(9, &gate)).cases(1);
        let help = if help.is_empty() { help } else { format!("\n  help: {help}") };
        workspace.cutover("run suite.toml").exit(2).stderr(&format!("error: suite.toml:22: {message}{help}\n"));
    }
}

#[test]
fn text_that_is_no_toml_is_reported_with_its_line() {
    let workspace = Workspace::new().file("suite.toml", "name = \"a\"\n[dataset\npath = 1\n");
    workspace
        .cutover("run suite.toml")
        .exit(2)
        .stderr("error: suite.toml:2: not valid TOML: unclosed table, expected `]`\n");
}

#[test]
fn an_empty_suite_says_everything_that_it_needs() {
    let workspace = Workspace::new().file("suite.toml", "");
    workspace.cutover("run suite.toml").exit(2).stderr(
        "\
error: suite.toml:1: the suite lacks `name`
  help: put `name = \"suite\"` on the first line
error: suite.toml:1: the suite lacks `[dataset]`
  help: say where the cases are: `[dataset]` with `path = \"../datasets/cases.jsonl\"`
error: suite.toml:1: the suite lacks `[baseline]`
  help: name the model in use today: `[baseline]` with `model = \"openai/gpt-5-mini\"`
error: suite.toml:1: the suite lacks `[candidates.NAME]`
  help: name the model to move to: `[candidates.mini]` with `model = \"openai/gpt-5.4-mini\"`
error: suite.toml:1: the suite lacks `[[scorers]]`
  help: for example `[[scorers]]` with `kind = \"exact\"`
5 errors
",
    );
}

#[test]
fn a_suite_or_dataset_that_is_not_there_is_named() {
    let workspace = Workspace::new().numbers(1, 9);
    workspace.cutover("run other.toml").exit(2).stderr(
        "error: other.toml: cannot read the suite: No such file or directory (os error 2)\n  \
         help: name a suite's TOML file, for example `cutover run suites/demo.toml`\n",
    );
    std::fs::remove_file(workspace.path("cases.jsonl")).expect("is removed");
    workspace.cutover("run suite.toml").exit(2).stderr(
        "error: cases.jsonl: cannot read the dataset: No such file or directory (os error 2)\n  \
         help: the path in `[dataset]` is taken from the suite's own folder\n",
    );
}

#[test]
fn an_endpoint_cannot_carry_a_key_to_another_host_or_in_the_open() {
    let endpoint = "[endpoints.mine]\nprotocol = \"anthropic\"\nbase_url = \"https://evil.example/v1\"\n\
                    api_key_env = \"OPENAI_API_KEY\"\n\
                    [endpoints.mine.header_env]\nx-other = \"ANTHROPIC_API_KEY\"\ncontent-type = \"TYPE\"\n\
                    [endpoints.lan]\nprotocol = \"openai-chat\"\nbase_url = \"http://10.0.0.7/v1\"\nallow_http = true\n\
                    api_key_env = \"sk-proj-1234\"\ndialect = \"nativ\"\n\
                    [endpoints.lan.headers]\nX-Api-Key = \"sk-1\"\n\"bad name\" = \"x\"\nx-fine = \"yes\"\n";
    let suite = format!("{}{endpoint}", suite(9, ""));
    let workspace = Workspace::new().file("suite.toml", &suite).cases(1);
    workspace.cutover_with("run suite.toml", &[("OPENAI_API_KEY", "sk-real-000000000")]).exit(2).stderr(
        "error: suite.toml:19: [endpoints.mine] would send `OPENAI_API_KEY` elsewhere: that key belongs to api.openai.com\n  \
         help: put the key of this host into a variable of its own, and name that\n\
         error: suite.toml:19: [endpoints.mine] would send `ANTHROPIC_API_KEY` elsewhere: that key belongs to api.anthropic.com\n  \
         help: put the key of this host into a variable of its own, and name that\n\
         error: suite.toml:25: `header_env`: `content-type` is set by cutover itself\n\
         error: suite.toml:30: `api_key_env` must be the name of a variable\n  \
         help: write `api_key_env = \"MY_API_KEY\"`, and put the key into that variable\n\
         error: suite.toml:31: `dialect` is \"nativ\", but must be one of `native`, `compatible`\n\
         error: suite.toml:33: `headers`: `x-api-key` is secret by its name\n  \
         help: name a variable that holds its value in `header_env`, or use `api_key_env`\n\
         error: suite.toml:34: `headers`: `bad name` cannot be the name of a header\n7 errors\n",
    );
}

#[test]
fn a_literal_header_that_is_secret_by_its_name_is_refused() {
    for name in [
        "X-Auth",
        "x-apikey",
        "X-Token-Id",
        "client-secret",
        "set-cookie",
        "x-password",
        "Credentials",
        "proxy-authorization",
    ] {
        let suite = format!("{}[endpoints.local.headers]\nx-fine = \"yes\"\n\"{name}\" = \"sk-1\"\n", suite(9, ""));
        let workspace = Workspace::new().file("suite.toml", &suite).cases(1);
        let name = name.to_ascii_lowercase();
        workspace.cutover("run suite.toml").exit(2).stderr(&format!(
            "error: suite.toml:21: `headers`: `{name}` is secret by its name\n  \
             help: name a variable that holds its value in `header_env`, or use `api_key_env`\n"
        ));
    }
}

#[test]
fn a_header_that_would_be_sent_twice_is_refused() {
    let endpoint = |name: &str, protocol: &str| {
        format!(
            "[endpoints.{name}]\nprotocol = \"{protocol}\"\nbase_url = \"https://{name}.example/v1\"\napi_key_env = \"KEY\"\n\
             headers = {{ X-Team = \"a\", anthropic-version = \"2026-10-21\" }}\n"
        )
    };
    let twice = "keep one of the two: upper and lower case are the same";
    let key = "keep one of the two: `api_key_env` or this header";
    let stated = "it is no secret: put it into `headers`, which cutover then follows";
    let rows = [
        ("openai-chat", "x-team = \"TEAM\"", "`x-team` stands in `headers` already", twice),
        ("openai-chat", "X-A = \"A\", x-a = \"B\"", "`x-a` stands in `header_env` already", twice),
        ("openai-chat", "authorization = \"A\"", "`authorization` carries the key of `api_key_env` already", key),
        ("openai-responses", "Authorization = \"A\"", "`authorization` carries the key of `api_key_env` already", key),
        ("anthropic", "X-Api-Key = \"A\"", "`x-api-key` carries the key of `api_key_env` already", key),
        ("gemini", "x-goog-api-key = \"A\"", "`x-goog-api-key` carries the key of `api_key_env` already", key),
        ("anthropic", "anthropic-version = \"A\"", "`anthropic-version` stands in `headers` already", twice),
        ("anthropic", "Anthropic-Beta = \"A\"", "`anthropic-beta` is stated by cutover itself", stated),
    ];
    for (protocol, header_env, why, help) in rows {
        let suite = format!("{}{}header_env = {{ {header_env} }}\n", suite(9, ""), endpoint("own", protocol));
        let workspace = Workspace::new().file("suite.toml", &suite).cases(1);
        let problem = format!("error: suite.toml:24: `header_env`: {why}\n  help: {help}\n");
        workspace.cutover("run suite.toml").exit(2).stderr(&problem);
    }
    // The key of another protocol, and one that no `api_key_env` sends, are headers like any other.
    let fine = format!(
        "{}{}header_env = {{ authorization = \"A\" }}\n{}header_env = {{ x-api-key = \"A\" }}\n{}header_env = {{ x-api-key = \"A\" }}\n",
        suite(9, ""),
        endpoint("one", "anthropic"),
        endpoint("two", "openai-chat"),
        endpoint("three", "anthropic").replace("api_key_env = \"KEY\"\n", "")
    );
    Workspace::new().file("suite.toml", &fine).cases(1).cutover("doctor suite.toml").exit(0);
}
