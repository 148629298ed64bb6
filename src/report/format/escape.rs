//! What a model or a user wrote, made inert: one function for each kind of reader.
//!
//! All of them first make invisible and controlling characters visible, so that no text can move a cursor, reorder a
//! line or hide in it. Characters are filtered, never patterns: no list of escape sequences is ever complete.

use std::borrow::Cow;
use std::fmt::Write;

/// The no-break space that numbers hold.
pub(in crate::report) const NO_BREAK: char = '\u{a0}';

/// Whether a character acts on its surroundings without being seen: C0 and C1 controls, line and paragraph
/// separators, bidirectional controls, zero-width characters, tags.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180E}'
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}'
            | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E007F}')
}

/// Hidden characters as `\u{..}`; line breaks and tabs stay where `lines` says so, and are spaces otherwise.
fn visible(text: &str, lines: bool) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' | '\t' if lines => out.push(c),
            '\n' | '\t' => out.push(' '),
            hidden if is_hidden(hidden) => push_code(&mut out, hidden),
            plain => out.push(plain),
        }
    }
    Cow::Owned(out)
}

fn push_code(out: &mut String, c: char) {
    // Writing to a String cannot fail.
    let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
}

/// For HTML and SVG, as text and inside quoted attributes; line breaks stay.
pub(in crate::report) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for c in visible(text, true).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            plain => out.push(plain),
        }
    }
    out
}

/// For running text in GitHub's Markdown, in one line: no link, image, mention, emphasis, formula, HTML or table border.
pub(in crate::report) fn markdown(text: &str) -> String {
    let text = visible(text, false).replace(NO_BREAK, " ");
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let interval = interval(rest);
        if interval > 0 {
            out.push_str(&rest[..interval]);
            rest = &rest[interval..];
            continue;
        }
        rest = &rest[c.len_utf8()..];
        let next = rest.chars().next();
        let inside_word = out.ends_with(char::is_alphanumeric) && next.is_some_and(char::is_alphanumeric);
        match c {
            '_' if inside_word => out.push('_'),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' => out.extend(['\\', c]),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // A zero-width space ends what GitHub would take for a mention, an address or a reference to an issue.
            '@' | '#' => out.extend([c, '\u{200b}']),
            // A scheme before slashes makes a link, and so does `www.`.
            ':' if next == Some('/') => out.push_str("&#58;"),
            '.' if ends_with_www(&out) => out.push_str("&#46;"),
            // Before a digit it is money; elsewhere it could end a formula.
            '$' if !next.is_some_and(|next| next.is_ascii_digit()) => out.push_str("&#36;"),
            plain => out.push(plain),
        }
    }
    out
}

/// The length of an interval such as `[−4.1, +0.7]` at the start of a text, else 0. It may stand as it is unless what
/// follows would make it a link.
fn interval(text: &str) -> usize {
    let is_number = |c: char| c.is_ascii_digit() || " ,.+−ms".contains(c);
    let Some(inside) = text.strip_prefix('[').and_then(|text| text.split_once(']')).map(|(inside, _)| inside) else {
        return 0;
    };
    let end = inside.len() + 2;
    let linked = text[end..].starts_with(['(', '[', ':']);
    if inside.contains(", ") && inside.chars().all(is_number) && !linked { end } else { 0 }
}

fn ends_with_www(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 3 && bytes[bytes.len() - 3..].eq_ignore_ascii_case(b"www")
}

/// For something to type, as a code span in GitHub's Markdown, safe inside a table too.
pub(in crate::report) fn markdown_code(text: &str) -> String {
    let text = visible(text, false).replace('|', "\\|");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// For a terminal or a CI log, in one line. A CI service that reads the log finds no command of its own in it: GitHub
/// takes `::` at the start of a line and `##[` anywhere for one, and a line may be broken at any space.
pub(in crate::report) fn terminal(text: &str) -> Cow<'_, str> {
    let text = visible(text, false);
    if !text.contains("::") && !text.contains("##[") {
        return text;
    }
    let text = text.replace("##[", "\\u{23}#[").replace(" ::", " \\u{3a}:");
    Cow::Owned(text.strip_prefix("::").map_or_else(|| text.clone(), |rest| format!("\\u{{3a}}:{rest}")))
}

/// For JSON that may be shown on a terminal: characters that JSON allows and a terminal acts on become its own escapes.
/// They can only stand inside strings.
pub(in crate::report) fn json(text: &str) -> Cow<'_, str> {
    let acts = |c: char| is_hidden(c) && c != '\n';
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if acts(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// For the message of a workflow command of GitHub, which ends at the end of the line.
pub(in crate::report) fn command(text: &str) -> String {
    visible(text, false).replace(NO_BREAK, " ").replace('%', "%25")
}

/// For a property of a workflow command of GitHub, which ends at a comma or at two colons.
pub(in crate::report) fn command_property(text: &str) -> String {
    command(text).replace(':', "%3A").replace(',', "%2C")
}

/// For a picture, in one line; the drawing library escapes markup itself.
pub(in crate::report) fn picture(text: &str) -> String {
    visible(text, false).replace(NO_BREAK, " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hidden_reaches_any_reader() {
        let hostile = "a\u{1b}[31mred\u{7}\u{9b}2J\0\u{202e}txt\u{2066}\u{200b}\u{feff}\u{e0041}\r\n\tb";
        for out in
            [html(hostile), markdown(hostile), markdown_code(hostile), terminal(hostile).into(), picture(hostile)]
        {
            assert!(out.chars().all(|c| !is_hidden(c) || c == '\n' || c == '\t'), "{out:?}");
            assert!(out.contains("\\u{1b}") || out.contains("\\\\u{1b}"), "{out:?}");
        }
        assert_eq!(terminal("a\nb\tc"), "a b c");
        assert_eq!(terminal("::error::a ::b a::b ##[c]"), "\\u{3a}:error::a \\u{3a}:b a::b \\u{23}#[c]");
        assert_eq!(command_property("a:b,c%\nd\r"), "a%3Ab%2Cc%25 d\\u{d}");
        assert_eq!(json("{\"a\":\"\u{85}\u{e0041}\"}\n"), "{\"a\":\"\\u0085\\udb40\\udc41\"}\n");
        assert_eq!(terminal("\u{1b}]52;c;aGk=\u{7}"), "\\u{1b}]52;c;aGk=\\u{7}");
    }

    #[test]
    fn markup_is_text_in_html() {
        assert_eq!(
            html("<script>\"a\"&'b'</script>\n"),
            "&lt;script&gt;&quot;a&quot;&amp;&#39;b&#39;&lt;/script&gt;\n"
        );
    }

    #[test]
    fn markup_is_text_in_markdown() {
        let rows = [
            ("[x](javascript:alert(1))", "\\[x\\](javascript:alert(1))"),
            ("![x](https://e.com/p)", "!\\[x\\](https&#58;//e.com/p)"),
            ("a|b`c`<b>&amp;", "a\\|b\\`c\\`&lt;b&gt;&amp;amp;"),
            ("@team fix #12", "@\u{200b}team fix #\u{200b}12"),
            ("www.e.com", "www&#46;e.com"),
            ("line\n# head", "line #\u{200b} head"),
            ("**b** _i_ ~s~ $m$", "\\*\\*b\\*\\* \\_i\\_ \\~s\\~ &#36;m&#36;"),
            ("$0.01 and 12: 34. new.", "$0.01 and 12: 34. new."),
            ("−4.1 pp [−5.6, +0.7], rate_limit", "−4.1 pp [−5.6, +0.7], rate_limit"),
            ("[1, 2](//e.com) [1, 2]: //e.com [x] _a", "\\[1, 2\\](//e.com) \\[1, 2\\]: //e.com \\[x\\] \\_a"),
        ];
        for (text, expected) in rows {
            assert_eq!(markdown(text), expected);
        }
    }

    #[test]
    fn a_code_span_cannot_be_left() {
        assert_eq!(markdown_code("cutover show a"), "`cutover show a`");
        assert_eq!(markdown_code("a``b`"), "``` a``b` ```");
        assert_eq!(markdown_code("a|b"), "`a\\|b`");
    }
}
