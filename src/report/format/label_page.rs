//! A page to label answers in a browser: one file, which loads and sends nothing. What a model said is data in it, and is
//! only ever shown as text.

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::escape;
use super::html::base64;

const CSS: &str = include_str!("label.css");
const JS: &str = include_str!("label.js");

/// What the page is made from.
#[derive(Debug, Serialize)]
pub struct Page<'a> {
    /// The run: what the browser remembers belongs to it.
    pub run: &'a str,
    /// The suite's name.
    pub suite: &'a str,
    /// Who labels, where that is known already.
    pub by: Option<&'a str>,
    /// The questions in their order.
    pub pairs: &'a [Asked],
}

/// One question: which of two answers is right?
#[derive(Debug, Serialize)]
pub struct Asked {
    /// The case's id.
    pub case: String,
    /// What the person said last.
    pub question: String,
    /// The whole conversation.
    pub conversation: String,
    /// The digests of the answers, the left one first.
    pub answers: [String; 2],
    /// What a person sees of them.
    pub texts: [String; 2],
}

/// The page.
///
/// # Errors
/// Never for what this type can hold.
pub fn render(page: &Page<'_>) -> Result<String, serde_json::Error> {
    // Inside a script element the first `</script` would end it, and `<!--` changes how the rest is read.
    let data = serde_json::to_string(page)?.replace('<', "\\u003c").replace('\u{2028}', "\\u2028");
    let data = data.replace('\u{2029}', "\\u2029");
    let hash = |text: &str| base64(&Sha256::digest(text.as_bytes()));
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(JS),
        hash(CSS)
    );
    let title = escape::html(&format!("{}: which is right?", page.suite));
    Ok(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}</title>\n<style>{CSS}</style>\n</head>\n<body>\n{BODY}\
         <script type=\"application/json\" id=\"data\">{data}</script>\n<script>{JS}</script>\n</body>\n</html>\n"
    ))
}

const BODY: &str = r#"<header>
<h1 id="title">Which is right?</h1>
<p id="progress" class="quiet" role="status"></p>
<label class="quiet">Your name <input id="by" autocomplete="off" maxlength="60"></label>
</header>
<main id="main">
<h2 id="case"></h2>
<pre id="question"></pre>
<details id="more"><summary>The whole conversation (A)</summary><pre id="conversation"></pre></details>
<div class="sides">
<section aria-labelledby="left-title"><h3 id="left-title">1 left</h3><pre id="left"></pre></section>
<section aria-labelledby="right-title"><h3 id="right-title">2 right</h3><pre id="right"></pre></section>
</div>
<div class="keys" role="group" aria-label="Which is right?">
<button data-key="1">1 left only</button>
<button data-key="2">2 right only</button>
<button data-key="b">B both</button>
<button data-key="n">N neither</button>
<button data-key="s" class="faint">S skip</button>
<button data-key="u" class="faint">U undo</button>
</div>
</main>
<p id="done" hidden>That was the last one.</p>
<footer>
<button id="export">Save the labels</button>
<p class="quiet">This page loads nothing and sends nothing. It remembers in this browser what you said; the file that it saves is for <code>cutover label RUN --import FILE</code>. Keys: 1 2 b n, s skip, u undo, a conversation.</p>
</footer>
<noscript><p>This page needs its own script, which sends nothing.</p></noscript>
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_model_said_is_data_and_nothing_else_runs() {
        let hostile = "</script><script>alert(1)</script><!--<img src=x onerror=alert(1)>\u{2028}".to_owned();
        let pairs = [Asked {
            case: hostile.clone(),
            question: hostile.clone(),
            conversation: hostile.clone(),
            answers: ["0".repeat(64), "1".repeat(64)],
            texts: [hostile.clone(), hostile.clone()],
        }];
        let page = render(&Page { run: "r", suite: &hostile, by: Some("ann"), pairs: &pairs }).expect("is made");
        assert_eq!(page.matches("<script").count(), 2);
        assert_eq!(page.matches("</script>").count(), 2);
        assert!(!page.contains("<img") && !page.contains("<!--") && !page.contains('\u{2028}'));
        let data = page.split("id=\"data\">").nth(1).and_then(|rest| rest.split("</script>").next()).expect("data");
        let data: serde_json::Value = serde_json::from_str(data).expect("is JSON");
        assert_eq!((&data["pairs"][0]["texts"][1], &data["by"]), (&hostile.into(), &"ann".into()));
        for place in ["http:", "https:", "href=", "url(", "innerHTML", "fetch(", "eval("] {
            assert!(!page.contains(place), "{place}");
        }
        assert!(!JS.contains("</"));
    }
}
