//! `[endpoints.NAME]`: where protocols are spoken, beside the built-in places, and which variables hold what is secret.

use std::collections::BTreeMap;
use std::ops::Range;
use std::str::FromStr as _;

use reqwest::header::HeaderName;

use super::reader::{Problems, Table, json, list};
use crate::problem::suggestion;
use crate::provider::{Auth, DIALECTS, Dialect, ENDPOINTS, Endpoint, PROTOCOLS, Protocol, protocol};

/// An endpoint as a suite knows it: only the secrets themselves are missing.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) endpoint: Endpoint,
    /// The variable that holds the API key.
    pub(super) api_key_env: Option<String>,
    /// Further headers, with the variables that hold their values.
    pub(super) header_env: Vec<(String, String)>,
}

/// Headers that the transport sets itself.
const OWN_HEADERS: &[&str] = &["content-length", "content-type", "host", "transfer-encoding", "user-agent"];
/// What the name of a header holds whose value is secret by nature.
const SECRET_WORDS: &[&str] = &["auth", "cookie", "credential", "key", "password", "secret", "token"];
/// Headers that the requests of a protocol state themselves, unless `headers` does.
const STATED_HEADERS: &[(&str, &[&str])] = &[("anthropic", &["anthropic-beta", "anthropic-version"])];

/// A header that an endpoint names.
struct Header {
    /// In lower case.
    name: String,
    /// Its value, or the variable that holds it.
    value: String,
    /// The table that names it: `headers` or `header_env`.
    table: &'static str,
    span: Range<usize>,
}

/// Every endpoint by its name: the built-in ones and the suite's own. One with problems is `None`.
pub(super) fn read(root: &Table<'_>, problems: &Problems<'_>) -> BTreeMap<String, Option<Place>> {
    let mut places: BTreeMap<String, Option<Place>> = ENDPOINTS
        .iter()
        .map(|row| {
            let api_key_env = row.api_key_env.map(str::to_owned);
            let place = Place { endpoint: row.endpoint(), api_key_env, header_env: Vec::new() };
            (row.name.to_owned(), Some(place))
        })
        .collect();
    let Some(table) = root.table("endpoints", "[endpoints]") else { return places };
    for (name, span, value) in table.entries() {
        let label = format!("[endpoints.{name}]");
        if name.contains('/') || name.is_empty() {
            let help = "an arm's `model` is split at its first slash: ENDPOINT/MODEL".to_owned();
            problems.add(&span, format!("the endpoint `{name}` has a slash in its name"), Some(help));
        }
        let place = problems.table(label, value).and_then(|table| place(name, table));
        places.insert(name.to_owned(), place);
    }
    places
}

fn place(name: &str, table: Table<'_>) -> Option<Place> {
    let spoken = spoken(&table);
    let allow_http = table.flag("allow_http");
    let base_url = table.text("base_url");
    match &base_url {
        Some(found) => {
            if let Err((message, help)) = check_url(found.value, allow_http) {
                table.problem(&found.range(), message, Some(help.to_owned()));
            }
        }
        None if table.get("base_url").is_none() => {
            table.missing("base_url", "for example `base_url = \"http://127.0.0.1:8080/v1\"`");
        }
        None => {}
    }
    let dialect = dialect(&table);
    let api_key_env = table.text("api_key_env").and_then(|found| {
        let named = variable(found.value);
        if named.is_none() {
            // The value is not repeated: it may be a key.
            let help = "write `api_key_env = \"MY_API_KEY\"`, and put the key into that variable".to_owned();
            table.problem(&found.range(), "`api_key_env` must be the name of a variable".to_owned(), Some(help));
        }
        named
    });
    let headers = headers(&table, "headers", literal);
    let header_env = headers_of_variables(&table);
    if let Some(spoken) = spoken {
        let all: Vec<&Header> = headers.iter().chain(&header_env).collect();
        report_repeated(&table, all, spoken, api_key_env.is_some());
    }
    let [headers, header_env] =
        [headers, header_env].map(|all| all.into_iter().map(|header| (header.name, header.value)).collect::<Vec<_>>());
    let named = api_key_env.iter().chain(header_env.iter().map(|(_, variable)| variable));
    for (variable, owner) in named.filter_map(|variable| elsewhere(variable, base_url.as_ref()?.value)) {
        let message = format!("{} would send `{variable}` elsewhere: that key belongs to {owner}", table.name);
        let help = "put the key of this host into a variable of its own, and name that".to_owned();
        table.problem(&table.span, message, Some(help));
    }
    table.finish(&[]);
    let endpoint = Endpoint {
        name: name.to_owned(),
        protocol: spoken?,
        base_url: base_url?.value.trim_end_matches('/').to_owned(),
        dialect,
        headers,
    };
    Some(Place { endpoint, api_key_env, header_env })
}

/// A message, and the way out where there is one.
type Refusal = (String, Option<&'static str>);

/// The value of a header that stands in the suite itself.
fn literal(name: &str, value: &str) -> Result<String, Refusal> {
    if SECRET_WORDS.iter().any(|word| name.contains(word)) {
        let help = "name a variable that holds its value in `header_env`, or use `api_key_env`";
        return Err((format!("`{name}` is secret by its name"), Some(help)));
    }
    match reqwest::header::HeaderValue::from_str(value) {
        Ok(_) => Ok(value.to_owned()),
        Err(_) => Err((format!("`{name}` holds what no header may hold"), None)),
    }
}

fn headers_of_variables(table: &Table<'_>) -> Vec<Header> {
    headers(table, "header_env", |name, value| {
        variable(value).ok_or_else(|| (format!("`{name}` must name a variable, which holds the header's value"), None))
    })
}

/// A table of headers, with values that `read` accepts.
fn headers(table: &Table<'_>, key: &'static str, read: impl Fn(&str, &str) -> Result<String, Refusal>) -> Vec<Header> {
    let Some(found) = table.table(key, &format!("`{key}`")) else { return Vec::new() };
    let mut headers = Vec::new();
    for (written, span, value) in found.entries() {
        let name = written.to_ascii_lowercase();
        let checked = match (HeaderName::from_str(&name), json(value.get_ref()).as_str()) {
            (Err(_), _) => Err((format!("`{written}` cannot be the name of a header"), None)),
            (Ok(_), _) if OWN_HEADERS.contains(&&*name) => Err((format!("`{name}` is set by cutover itself"), None)),
            (Ok(_), None) => Err((format!("`{name}` must be a text"), None)),
            (Ok(_), Some(value)) => read(&name, value),
        };
        match checked {
            Ok(value) => headers.push(Header { name, value, table: key, span }),
            Err((why, help)) => found.problem(&span, format!("`{key}`: {why}"), help.map(str::to_owned)),
        }
    }
    headers
}

/// Reports every header that a request would carry twice: some servers take the first, some the last.
fn report_repeated(table: &Table<'_>, mut all: Vec<&Header>, protocol: &Protocol, has_key: bool) {
    let of_key = match protocol.auth {
        Auth::Bearer => "authorization",
        Auth::Header(name) => name,
    };
    let stated = STATED_HEADERS.iter().find(|row| row.0 == protocol.name).map_or(&[] as &[_], |row| row.1);
    all.sort_by_key(|header| header.span.start);
    for (place, header) in all.iter().enumerate() {
        let name = header.name.as_str();
        let (why, help) = if let Some(earlier) = all[..place].iter().find(|earlier| earlier.name == name) {
            (format!("stands in `{}` already", earlier.table), "keep one of the two: upper and lower case are the same")
        } else if has_key && name == of_key {
            ("carries the key of `api_key_env` already".to_owned(), "keep one of the two: `api_key_env` or this header")
        } else if header.table == "header_env" && stated.contains(&name) {
            (
                "is stated by cutover itself".to_owned(),
                "it is no secret: put it into `headers`, which cutover then follows",
            )
        } else {
            continue;
        };
        table.problem(&header.span, format!("`{}`: `{name}` {why}", header.table), Some(help.to_owned()));
    }
}

/// The host that a well-known variable holds the key of, when the base URL is on another one. A suite from elsewhere must
/// not be able to send the vendors' keys to a host of its choice.
fn elsewhere<'a>(variable: &'a str, base_url: &str) -> Option<(&'a str, String)> {
    let host = |url: &str| reqwest::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    let owner = host(ENDPOINTS.iter().find(|row| row.api_key_env == Some(variable))?.base_url)?;
    (host(base_url).as_ref() != Some(&owner)).then_some((variable, owner))
}

/// The name of an environment variable, if it is one.
fn variable(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_name = text.chars().all(plain) && !text.starts_with(|c: char| c.is_ascii_digit()) && !text.is_empty();
    is_name.then(|| text.to_owned())
}

/// A server of the suite's own is taken for one that imitates the protocol's first home, unless it says otherwise.
fn dialect(table: &Table<'_>) -> Dialect {
    let names: Vec<&str> = DIALECTS.iter().map(|row| row.1).collect();
    let wanted = format!("one of {}", list(&names));
    let row = table.read("dialect", &wanted, |value| DIALECTS.iter().find(|row| value.as_str() == Some(row.1)));
    row.map_or(Dialect::Compatible, |row| row.value.0)
}

fn spoken(table: &Table<'_>) -> Option<&'static Protocol> {
    let names: Vec<&str> = PROTOCOLS.iter().map(|row| row.name).collect();
    let all = || format!("the protocols are {}", list(&names));
    let Some(found) = table.text("protocol") else {
        if table.get("protocol").is_none() {
            table.missing("protocol", &all());
        }
        return None;
    };
    let spoken = protocol(found.value);
    if spoken.is_none() {
        let help = suggestion(found.value, names.iter().copied(), all);
        table.problem(&found.range(), format!("unknown protocol `{}`", found.value), Some(help));
    }
    spoken
}

/// A base URL that a key may be sent to: https, or http to this machine, or http where the suite allows it.
fn check_url(url: &str, allow_http: bool) -> Result<(), (String, &'static str)> {
    let bad = |why: &str, help| Err((format!("`base_url` is \"{url}\", {why}"), help));
    let Ok(parsed) = reqwest::Url::parse(url) else {
        return bad("which is no URL", "write it with its scheme: `https://host/v1`");
    };
    if !parsed.username().is_empty() || parsed.password().is_some() {
        // The URL is not repeated: it holds a secret.
        let message = "`base_url` holds a user or password".to_owned();
        return Err((message, "put the key in a variable and name that as `api_key_env`"));
    }
    if parsed.query().is_some() || parsed.fragment().is_some() {
        return bad("which has a query or fragment", "the protocol appends its own path to the base URL");
    }
    let loopback = match parsed.host_str() {
        Some("localhost" | "[::1]") => true,
        Some(host) => host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback()),
        None => false,
    };
    match parsed.scheme() {
        "https" => Ok(()),
        "http" if loopback || allow_http => Ok(()),
        "http" => bad(
            "but http goes to this machine only",
            "use https, or set `allow_http = true`: prompts and keys then travel in the open",
        ),
        _ => bad("but must begin with https:// or http://", "write it with its scheme: `https://host/v1`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Content, Message, Request, Role, Sampling, Tool};

    #[test]
    fn what_requests_state_themselves_stands_in_the_table() {
        let message = Message {
            role: Role::User,
            content: Some(Content::Text("Q".to_owned())),
            name: None,
            tool_calls: Vec::new(),
            tool_call_id: None,
            is_error: None,
            thought_signature: None,
        };
        let request = Request {
            model: "m".to_owned(),
            messages: vec![message],
            tools: vec![Tool::ComputerUse { display: None }],
            tool_choice: None,
            parallel_tool_calls: None,
            response_format: None,
            sampling: Sampling::default(),
            stream: true,
        };
        for row in ENDPOINTS {
            let sent = (row.protocol.encode)((&request).into(), &row.endpoint());
            let mut names: Vec<String> = sent.headers.into_iter().map(|header| header.0).collect();
            names.sort_unstable();
            let stated = STATED_HEADERS.iter().find(|stated| stated.0 == row.protocol.name);
            assert_eq!(names, stated.map_or(&[] as &[_], |stated| stated.1), "{}", row.name);
        }
    }
}
