//! Nothing that is read from outside ends in a panic or without an end, however broken it is: answers of providers,
//! datasets, suites, prices, exports, stored answers, journals and manifests.
#![expect(clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod malformed_support;

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use cutover::domain::Reply;
use cutover::pricing::{PriceTable, TIERS};
use cutover::provider::{Headers, HttpResponse, PROTOCOLS, Protocol, Stream};
use cutover::run_dir::{Finished, RunDir, find};
use cutover::store::{Key, Store, StoreError};
use cutover::suite::Suite;
use malformed_support::{Change, count, spliced, values};

/// Something that reads bytes from outside, with the documents that it is meant for.
struct Parser {
    name: &'static str,
    read: fn(&Room, &[u8]),
    seeds: fn() -> Vec<Vec<u8>>,
}

/// Where what is read from disk is put, and a store; each test has its own.
struct Room {
    folder: TempDir,
    store: Store,
}

thread_local! {
    static ROOM: Room = {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("store.sqlite")).expect("opens");
        Room { folder, store }
    };
}

impl Room {
    /// Puts a file into the room.
    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("is made");
        std::fs::write(&path, bytes).expect("is written");
        path
    }
}

const PARSERS: &[Parser] = &[
    Parser { name: "answers", read: answers, seeds: bodies },
    Parser {
        name: "dataset",
        read: dataset,
        seeds: || {
            let actions = lines("tests/malformed/actions.jsonl", 2);
            lines("datasets/demo.jsonl", 3).chain(lines("tests/bfcl/cases.jsonl", 2)).chain(actions).collect()
        },
    },
    Parser { name: "suite", read: suite, seeds: || vec![file("suites/demo.toml"), file("tests/malformed/suite.toml")] },
    Parser { name: "prices", read: prices, seeds: || vec![file("src/pricing/prices.toml")] },
    Parser { name: "export", read: export, seeds: || vec![file("tests/malformed/export.jsonl")] },
    Parser { name: "stored", read: stored, seeds: || vec![file("tests/malformed/exchange.json")] },
    Parser { name: "journal", read: journal, seeds: || lines("tests/malformed/trials.jsonl", 9).collect() },
    Parser { name: "manifest", read: manifest, seeds: || vec![file("results/example/manifest.json")] },
    Parser { name: "examples", read: examples, seeds: || vec![file("tests/malformed/examples.json")] },
];

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).expect("is read")
}

/// The shortest lines of a file, each as a document.
fn lines(name: &str, most: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = file(name).split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    lines.retain(|line| !line.is_empty());
    lines.sort_by_key(Vec::len);
    lines.into_iter().take(most)
}

/// The answers of every recorded exchange: a protocol's whole bodies and its streams.
fn bodies() -> Vec<Vec<u8>> {
    let mut bodies = Vec::new();
    for protocol in PROTOCOLS {
        let mut paths: Vec<_> = std::fs::read_dir(path("tests/wire").join(protocol.name))
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        paths.sort();
        for path in paths {
            let fixture: Value = serde_json::from_slice(&std::fs::read(path).expect("is read")).expect("is JSON");
            let (whole, stream) = (&fixture["response_wire"], fixture["response_sse"].as_str());
            bodies.extend((!whole.is_null()).then(|| whole.to_string().into_bytes()));
            bodies.extend(stream.map(|stream| stream.as_bytes().to_vec()));
        }
    }
    bodies
}

/// Every protocol, whole and in pieces, with any status that matters.
fn answers(_: &Room, bytes: &[u8]) {
    for protocol in PROTOCOLS {
        for status in [200, 400] {
            let whole = HttpResponse { status, headers: &Headers::default(), body: bytes };
            check((protocol.decode)(&whole).map_err(|broken| broken.failure.message));
        }
        for size in [7, usize::MAX] {
            check(streamed(protocol, bytes, size.min(bytes.len().max(1))));
        }
    }
}

fn streamed(protocol: &'static Protocol, bytes: &[u8], size: usize) -> Result<Reply, String> {
    let mut stream = Stream::new(protocol);
    bytes.chunks(size).for_each(|piece| stream.push(piece));
    let head = HttpResponse { status: 200, headers: &Headers::default(), body: b"" };
    stream.finish(&head).1.map_err(|broken| broken.failure.message)
}

/// What was understood can be kept and priced; what was not is explained.
fn check(answer: Result<Reply, String>) {
    match answer {
        Ok(reply) => {
            let kept = serde_json::to_vec(&reply).expect("has a JSON form");
            assert_eq!(serde_json::from_slice::<Reply>(&kept).expect("is read back"), reply);
            let price = PriceTable::builtin().price("openai", "gpt-5.4").expect("has a price");
            for (tier, _) in TIERS {
                std::hint::black_box(reply.usage.and_then(|usage| price.cost(&usage, *tier)));
            }
        }
        Err(message) => assert!(!message.is_empty()),
    }
}

fn dataset(room: &Room, bytes: &[u8]) {
    match cutover::dataset::open(&room.put("cases.jsonl", bytes)) {
        Ok(dataset) => {
            for index in 0..dataset.entries.len() {
                let case = dataset.read(index).expect("was read before");
                std::hint::black_box(dataset.to_send(index, &case).is_ok());
            }
        }
        Err(problems) => assert!(problems.iter().all(|problem| !problem.message.is_empty()) && !problems.is_empty()),
    }
}

fn suite(room: &Room, bytes: &[u8]) {
    if let Err(problems) = Suite::load(&room.put("suite.toml", bytes)) {
        assert!(!problems.is_empty());
    }
}

fn prices(_: &Room, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Err(problems) = PriceTable::parse(&text, Path::new("prices.toml")) {
        assert!(!problems.is_empty());
    }
}

fn export(room: &Room, bytes: &[u8]) {
    let store = &room.store;
    if cutover::store::import(store, bytes, Path::new("answers.jsonl")).is_ok() {
        // What came in can go out.
        for key in store.keys().expect("reads") {
            assert!(store.get(&key, None).expect("is sound").is_some());
        }
        cutover::store::export(store, None, &mut std::io::sink()).expect("is written");
    }
}

/// An answer in the store that is what its hash says, and no answer.
fn stored(room: &Room, bytes: &[u8]) {
    let store = &room.store;
    let body = zstd::bulk::compress(bytes, 1).expect("is compressed");
    let sha256: [u8; 32] = Sha256::digest(bytes).into();
    rusqlite::Connection::open(room.folder.path().join("store.sqlite"))
        .and_then(|raw| {
            raw.execute_batch("PRAGMA synchronous = OFF")?;
            raw.execute("INSERT OR IGNORE INTO names (name) VALUES ('r')", [])?;
            raw.execute("INSERT OR IGNORE INTO keys (key) VALUES (?1)", [[7_u8; 32]])?;
            raw.execute(
                "INSERT OR REPLACE INTO answers (id, recording, bought_at, sha256, body, fields)
                 VALUES ((SELECT id FROM keys WHERE key = ?1), (SELECT id FROM names WHERE name = 'r'), 1, ?2, ?3, ?4)",
                rusqlite::params![[7_u8; 32], sha256, body, bytes],
            )
        })
        .expect("is written");
    let key = Key([7; 32]);
    let found = store.get(&key, None);
    assert!(matches!(found, Ok(Some(_)) | Err(StoreError::Damaged { .. })), "{found:?}");
    assert!(matches!(store.fields(&key), Ok(None) | Err(StoreError::Damaged { .. })));
    let health = cutover::store::verify(store).expect("reads");
    assert_eq!(health.damaged.len(), 1, "what was asked is damaged in any case");
    cutover::store::repair(store, &health).expect("is written");
    assert!(!store.contains(&key).expect("reads"));
}

fn journal(room: &Room, bytes: &[u8]) {
    room.put("run/manifest.json", &file("results/example/manifest.json"));
    let path = room.put("run/trials.jsonl", &[bytes, b"\n"].concat());
    match RunDir::resume(path.parent().expect("a folder")) {
        Ok(run) => assert!(run.done() <= bytes.len()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn manifest(room: &Room, bytes: &[u8]) {
    let path = room.put("results/broken/manifest.json", bytes);
    let run = path.parent().expect("a folder");
    drop(Finished::load(run));
    drop(RunDir::resume(run));
    // Among other runs it is passed over.
    drop(find(&room.folder.path().join("results"), None));
}

fn examples(room: &Room, bytes: &[u8]) {
    room.put("shown/manifest.json", &file("results/example/manifest.json"));
    let path = room.put("shown/examples.json", bytes);
    drop(Finished::load(path.parent().expect("a folder")).expect("is finished").examples());
}

/// The documents with something else in the place of each of their values; a value of the list for each place, in turn.
fn broken(seed: &[u8], turn: usize) -> Vec<Vec<u8>> {
    let values = values();
    let of = |document: &Value, around: &dyn Fn(Vec<u8>) -> Vec<u8>| -> Vec<Vec<u8>> {
        let pick = |place: usize| &values[(place * 7 + turn) % values.len()].1;
        (0..count(document)).map(|place| around(spliced(document, place, pick(place)))).collect()
    };
    if let Ok(document) = serde_json::from_slice::<Value>(seed) {
        return of(&document, &|bytes| bytes);
    }
    let text = String::from_utf8_lossy(seed).into_owned();
    let mut found = Vec::new();
    // The data of an event, or what stands behind the equals sign of a line of TOML.
    for line in text.lines() {
        let Some((name, value)) = line.split_once("data: ").or_else(|| line.split_once("= ")) else { continue };
        let (before, after) = text.split_once(line).expect("is a line");
        let sign = if line.contains("data: ") { "data: " } else { "= " };
        let around =
            |bytes: Vec<u8>| [before.as_bytes(), name.as_bytes(), sign.as_bytes(), &bytes, after.as_bytes()].concat();
        let document = serde_json::from_str(value).unwrap_or(Value::Null);
        found.extend(of(&document, &around));
    }
    found
}

fn read_all(parser: &Parser, documents: impl IntoIterator<Item = Vec<u8>>) {
    ROOM.with(|room| documents.into_iter().for_each(|document| (parser.read)(room, &document)));
}

#[test]
fn every_value_in_every_place_is_read_or_refused() {
    for parser in PARSERS {
        let seeds = (parser.seeds)();
        // Of many recorded answers some; each stands in turn for another part of the values.
        for (number, seed) in seeds.iter().step_by(1 + seeds.len() / 20).enumerate() {
            read_all(parser, broken(seed, number));
        }
    }
}

#[test]
fn every_value_alone_is_read_or_refused() {
    for parser in PARSERS {
        let framed = values().into_iter().flat_map(|(_, value)| {
            let event = [b"data: ", &value[..], b"\n\n"].concat();
            let assigned = [b"name = ", &value[..], b"\n"].concat();
            let marked = [b"\xef\xbb\xbf", &value[..], b"\r\n\0"].concat();
            [value, event, assigned, marked]
        });
        read_all(parser, framed);
    }
}

#[test]
fn a_document_cut_at_any_place_is_read_or_refused() {
    for parser in PARSERS {
        let seeds = (parser.seeds)();
        let seed = seeds.iter().min_by_key(|seed| seed.len()).expect("has one");
        let step = 1 + seed.len() / 100;
        read_all(parser, (0..seed.len()).step_by(step).map(|length| seed[..length].to_vec()));
    }
}

#[test]
fn the_documents_themselves_are_read() {
    let export = file("tests/malformed/export.jsonl");
    let count = ROOM.with(|room| cutover::store::import(&room.store, &export[..], Path::new("x")).expect("is one"));
    assert!(count.added > 0);
    assert!(serde_json::from_slice::<cutover::domain::Exchange>(&file("tests/malformed/exchange.json")).is_ok());
    for line in lines("tests/malformed/trials.jsonl", 9) {
        assert!(serde_json::from_slice::<cutover::run_dir::Record>(&line).is_ok());
    }
    let path = path("tests/malformed/suite.toml");
    assert_eq!(Suite::load(&path).err(), None);
    assert!(serde_json::from_slice::<Vec<cutover::run_dir::Example>>(&file("tests/malformed/examples.json")).is_ok());
}

fn change() -> impl Strategy<Value = Change> {
    let words = prop::sample::select(
        values().into_iter().map(|(_, value)| value).filter(|value| value.len() < 99).collect::<Vec<_>>(),
    );
    prop_oneof![
        (any::<u16>(), 1_u8..).prop_map(|(at, mask)| Change::Flip(at, mask)),
        any::<u16>().prop_map(Change::Cut),
        (any::<u16>(), 1_u8..).prop_map(|(at, length)| Change::Remove(at, length)),
        (any::<u16>(), 1_u8.., 1_u8..5).prop_map(|(at, length, times)| Change::Repeat(at, length, times)),
        (any::<u16>(), words).prop_map(|(at, word)| Change::Insert(at, word)),
        (any::<u16>(), any::<Vec<u8>>()).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
    ]
}

/// A failure is reported as its smallest case, and kept in no file; `CUTOVER_CASES` asks for more cases.
fn config() -> ProptestConfig {
    let cases = std::env::var("CUTOVER_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(64);
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn changed_documents_are_read_or_refused(
        parser in 0..PARSERS.len(),
        seed in any::<prop::sample::Index>(),
        changes in prop::collection::vec(change(), 1..6),
    ) {
        let parser = &PARSERS[parser];
        let seeds = (parser.seeds)();
        let mut document = seed.get(&seeds).clone();
        for change in &changes {
            change.apply(&mut document);
        }
        read_all(parser, [document]);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        for parser in PARSERS {
            read_all(parser, [bytes.clone()]);
        }
    }
}

#[test]
fn every_parser_has_documents() {
    for parser in PARSERS {
        assert!(!(parser.seeds)().is_empty(), "{}", parser.name);
    }
}
