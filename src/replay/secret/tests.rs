use proptest::prelude::*;

use super::*;
use crate::domain::Failure;

fn secret(value: &str) -> Secret {
    Secret::new(value.to_owned())
}

#[test]
fn a_key_is_taken_out_of_what_a_provider_says_however_it_is_written() {
    let rows = [
        ("sk-abc/def/123", "bad key sk-abc/def/123, sk-abc\\/def\\/123!", "bad key [API key], [API key]!"),
        ("sk-abc/def/123", r"quoted twice: sk-abc\\\/def\\\/123", "quoted twice: [API key]"),
        ("sk-abc/def+123", r"by its codes: sk-abc\u002Fdef\u002b123", "by its codes: [API key]"),
        ("sk-abc/def/123", "sk-abc", "sk-abc"),
        ("sk-abc/def/123", "cut: sk-abc/def/1", "cut: [API key]"),
        ("sk-\"quote\"-123", "no sk-\"quote\"-123", "no [API key]"),
        ("sk-\"quote\"-123", r#"{"quoted":"sk-\"quote\"-123"}"#, r#"{"quoted":"[API key]"}"#),
        (r"sk-\u0041\back\", r"as it is sk-\u0041\back\", r"as it is [API key]\"),
        ("clé-très-secrète", "(clé-très-secrète)", "([API key])"),
        // A scheme: the key alone is found too.
        ("Bearer sk-abcdef-123", "Bearer sk-abcdef-123 or sk-abcdef-123", "Bearer [API key] or [API key]"),
        ("Bearer abc123", "bearer of abc123", "bearer of [API key]"),
        ("Key id=0123456789ab secret=cdef01234567", "no 0123456789ab", "no [API key]"),
        ("correct horse battery", "it is correct horse battery, not correct horse", "it is [API key], not [API key]"),
        // From six characters on, but for words that answers hold.
        ("abc123", "abc123 and abc12", "[API key] and abc12"),
        ("abc12", "abc12", "abc12"),
        ("none", "none of them", "none of them"),
        ("Ollama", "Ollama and ollama", "Ollama and ollama"),
        ("Bearer secret", "a secret", "a secret"),
    ];
    for (key, said, expected) in rows {
        assert_eq!(secret(key).scrub(said.to_owned()), expected, "{key}");
        assert_eq!(secret(key).scrub_bytes(said.into()), expected.as_bytes(), "{key}");
    }
}

#[test]
fn a_key_that_is_a_word_of_the_record_leaves_the_record_readable() {
    let said: Result<(), Failure> = Err(Failure::local(FailureKind::ServerError, "my server_error and message", true));
    for (key, expected) in [("server_error", "my [API key] and message"), ("message", "my server_error and [API key]")]
    {
        let failure = secret(key).scrub(said.clone()).expect_err("stays a failure");
        assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::ServerError, expected));
    }
}

#[test]
fn a_body_that_is_not_text_is_kept_but_for_the_key() {
    let body = b"\xff\x80sk-abcdef-123\xff\\".to_vec();
    assert_eq!(secret("sk-abcdef-123").scrub_bytes(body), b"\xff\x80[API key]\xff\\");
}

/// How a key may stand in a body, the JSON of a body or a quotation of it.
fn spellings(key: &str) -> [String; 4] {
    let json = |text: &str| serde_json::to_string(text).expect("is JSON").trim_matches('"').to_owned();
    [key.to_owned(), json(key), key.replace('/', "\\/"), json(&json(key).replace('/', "\\/"))]
}

proptest! {
    #[test]
    fn nothing_that_comes_back_holds_the_secret_or_twelve_characters_of_it(
        scheme in "([A-Z][a-z]{1,5} )?",
        key in "[!#-Z^-~]{6,40}",
        before in "[^\\\\]{0,20}",
        after in ".{0,20}",
        cut in 0.0f64..1.0,
    ) {
        let secret = secret(&format!("{scheme}{key}"));
        let length = RUN.min(key.len());
        let parts: Vec<&str> = (0..=key.len() - length).map(|start| &key[start..start + length]).collect();
        for spelt in spellings(&key) {
            #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let cut = (spelt.len() as f64 * cut) as usize;
            for said in [format!("{before}{spelt}{after}"), format!("{before}{}…{after}", &spelt[..cut])] {
                let bytes = String::from_utf8(secret.scrub_bytes(said.clone().into())).expect("stays text");
                let quoted = serde_json::to_vec(&said).expect("is JSON");
                let quoted: String = serde_json::from_slice(&secret.scrub_bytes(quoted)).expect("stays JSON");
                for output in [secret.scrub(said), bytes, quoted] {
                    for part in parts.iter().flat_map(|part| spellings(part)) {
                        prop_assert!(!output.contains(&part), "{part} is in {output}");
                    }
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn what_may_be_passed_over_is_passed_over_alone(
        key in "[0-9a-cx-z/é]{6,20}",
        said in prop::collection::vec(prop_oneof!["[0-9a-cx-z/é]{1,9}", Just("KEY".to_owned()), "[ !q\\\\u]{1,3}"], 0..12),
        cut in 0_usize..6,
    ) {
        let text = said.concat().replace("KEY", &key);
        let text = text.as_bytes().get(cut..).unwrap_or_default();
        for piece in &secret(&key).pieces {
            let mut found = Vec::new();
            piece.find_within(text, 0..text.len(), &mut found);
            prop_assert_eq!(piece.find(text), found);
        }
    }
}
