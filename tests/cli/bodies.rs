//! Answers without end, compressed bombs, and encodings that nobody asked for.

use serde_json::json;

use crate::support::{Answer, Server, Workspace, suite};

/// What the binary may have at most, whatever comes: 200 MB.
const MEMORY: u64 = 200_000_000;

/// A gzip stream of this many zeros, up to a few: one literal zero, then matches of 258 bytes at distance 1.
fn gzip_bomb(zeros: usize) -> Vec<u8> {
    let mut bits = Vec::new();
    // Of the header of a block the lowest bit comes first, of Huffman's codes the highest: the last block, fixed codes.
    bits.extend([1, 1, 0]);
    bits.extend([0, 0, 1, 1, 0, 0, 0, 0]);
    // Length 258, distance 1. Eight of these are thirteen whole bytes.
    let again = [1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0];
    (0..16).for_each(|_| bits.extend(again));
    let byte = |bits: &[u8]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | bit);
    let bytes: Vec<u8> = bits.chunks_exact(8).map(byte).collect();
    let mut bomb = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    bomb.extend(&bytes[..13]);
    bomb.extend(bytes[13..26].iter().cycle().take(zeros / (8 * 258) * 13));
    bomb
}

fn encoded(encoding: &str, body: &[u8]) -> Answer {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: {encoding}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    Answer::Raw([head.as_bytes(), body].concat())
}

#[test]
fn a_body_without_end_and_a_bomb_are_cut_and_take_no_memory() {
    let endless = |head: &str| Answer::Flood(format!("HTTP/1.1 {head}\r\n\r\n").into_bytes());
    let bomb = gzip_bomb(512 << 20);
    assert!(bomb.len() < 4 << 20, "{}", bomb.len());
    let rows = [
        ("endless", endless("200 OK\r\ncontent-type: application/json")),
        ("endless stream", endless("200 OK\r\ncontent-type: text/event-stream")),
        ("endless error", endless("500 Oops")),
        ("gzip", encoded("gzip", &bomb)),
    ];
    let server = Server::by_prompt(rows.to_vec());
    // What says that it is JSON is read whole, although a stream was asked for.
    let suite = suite(server.port(), "[replay]\nattempts = 1\nconcurrency = 1\nstream = true\n");
    let workspace =
        Workspace::new().prompts(rows.iter().map(|row| (row.0, json!({"text": "x"})))).file("suite.toml", &suite);
    let (outcome, memory) = workspace.cutover_measured("run suite.toml");
    outcome.exit(0);
    assert!(memory < MEMORY, "{memory} bytes");
    for ((case, _), trial) in workspace.trials() {
        let failure = &trial["failure"];
        let expected = (&json!("too_large"), &json!("the answer is larger than 16 MiB"));
        assert_eq!((&failure["kind"], &failure["message"]), expected, "{case}");
    }
}

#[test]
fn an_encoding_that_was_not_asked_for_is_a_failure_and_no_answer() {
    // The status of an error says enough, whatever its body is.
    let refused = "HTTP/1.1 429 X\r\ncontent-encoding: br\r\ncontent-length: 2\r\n\r\n\u{3}\u{3}";
    let odd = |encoding: &str| format!("the answer is encoded as `{encoding}`, which was not asked for");
    // A gzip stream with one stored block, which says that it is a gzip stream again.
    let inside = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let twice = [&inside[..], &[1, 10, 0, !10, 0xff], &inside, &[0xb9, 0xd8, 0xc8, 0x2f, 10, 0, 0, 0]].concat();
    let rows = [
        ("br", encoded("br", b"\x0b\x02\x80{}\x03"), "stream_error", odd("br")),
        ("zstd", encoded("zstd", b"(\xb5/\xfd\x04\x00"), "stream_error", odd("zstd")),
        ("two", encoded("gzip, gzip", &gzip_bomb(1 << 20)), "stream_error", odd("gzip, gzip")),
        ("long", encoded(&"x".repeat(999), b"{}"), "stream_error", odd(&"x".repeat(40))),
        ("inside", encoded("gzip", &twice), "stream_error", "the answer is not whole JSON".to_owned()),
        ("torn", encoded("gzip", &gzip_bomb(1 << 20)), "stream_error", "unexpected end of file".to_owned()),
        ("none", encoded("gzip", b"{\"choices\":[]}"), "stream_error", "Invalid gzip header".to_owned()),
        ("error", Answer::Raw(refused.into()), "rate_limit", "HTTP 429".to_owned()),
    ];
    let server = Server::by_prompt(rows.iter().map(|row| (row.0, row.1.clone())).collect());
    let workspace = Workspace::new()
        .prompts(rows.iter().map(|row| (row.0, json!({"text": "x"}))))
        .file("suite.toml", &suite(server.port(), "[replay]\nattempts = 1\n"));
    workspace.cutover("run suite.toml").exit(0);
    let trials = workspace.trials();
    for (case, _, kind, message) in rows {
        let failure = &trials[&(case.to_owned(), "new".to_owned())]["failure"];
        assert_eq!(failure["kind"], kind, "{case} {failure}");
        assert!(failure["message"].as_str().expect("words").contains(&message), "{case} {failure}");
    }
}

#[test]
fn an_answer_may_come_compressed_or_say_that_it_is_not() {
    let Answer::Http(_, _, body) = Answer::text("yes") else { panic!("is one") };
    let plain = encoded("identity", body.as_bytes());
    let server = Server::start(move |_, _| plain.clone());
    let workspace = Workspace::new().prompts([("a", json!({"text": "yes"}))].into_iter());
    workspace.write("suite.toml", &suite(server.port(), ""));
    workspace.cutover("run suite.toml").exit(0);
    assert!(workspace.trials().values().all(|trial| trial["outcome"] == "pass"));
    assert_eq!(server.seen()[0].header("accept-encoding"), Some("gzip"));
}
