//! What a protocol sends says what the neutral request says: encoded, then read by a second reader that shares no code
//! with the encoders, every request comes back, up to what its wire is known to change.

mod roundtrip_support;

use proptest::prelude::*;

use roundtrip_support::{
    ANTHROPIC, GEMINI, OPENAI_CHAT, OPENAI_COMPAT, OPENAI_RESPONSES, WIRES, check, check_fixtures, requests,
};

/// Cases per protocol; a failure is reported as its smallest case, and kept in no file.
fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, max_shrink_iters: 20_000, ..ProptestConfig::with_cases(64) }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn openai_chat_sends_every_request_whole(request in requests(&OPENAI_CHAT)) {
        check(&OPENAI_CHAT, &request).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn openai_compat_sends_every_request_whole(request in requests(&OPENAI_COMPAT)) {
        check(&OPENAI_COMPAT, &request).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn openai_responses_sends_every_request_whole(request in requests(&OPENAI_RESPONSES)) {
        check(&OPENAI_RESPONSES, &request).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn anthropic_sends_every_request_whole(request in requests(&ANTHROPIC)) {
        check(&ANTHROPIC, &request).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn gemini_sends_every_request_whole(request in requests(&GEMINI)) {
        check(&GEMINI, &request).map_err(TestCaseError::fail)?;
    }
}

#[test]
fn the_readings_hold_for_the_fixtures() {
    let problems: Vec<String> = WIRES.iter().flat_map(check_fixtures).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
