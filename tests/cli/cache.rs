//! The store as a file to look after: is it sound, what may go, who may read it, how does it travel.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use cutover::domain::Usd;
use cutover::store::{Call, Key, Settle, Settlement, Store};
use serde_json::{Value, json};

use crate::support::{Answer, Server, Workspace};

const STORE: &str = ".cutover/store.sqlite";

/// A workspace with a finished run of two cases, its server, and the run's name.
fn ran() -> (Workspace, Server, String) {
    let server = Server::start(|seen, _| Answer::number(seen, true));
    let workspace = Workspace::new().numbers(2, server.port());
    workspace.cutover("run suite.toml").exit(0);
    let run = workspace.run_dir().file_name().expect("a name").to_string_lossy().into_owned();
    (workspace, server, run)
}

fn json_of(workspace: &Workspace, arguments: &str) -> Value {
    serde_json::from_str(&workspace.cutover(&format!("{arguments} --json")).stdout).expect("is JSON")
}

/// A call that is on record as sent.
fn send(store: &Store, byte: u8, run: &str) {
    let (sender, receiver) = std::sync::mpsc::channel();
    let call = Call {
        key: Key([byte; 32]),
        run: run.to_owned(),
        pid: std::process::id(),
        worst_case: Some(Usd::from_pico(2_500_000_000)),
        now_ms: 1,
        lease_ms: 1,
        anew: false,
    };
    store.claim(call, move |claim| sender.send(claim).expect("is awaited"));
    receiver.recv().expect("is told").expect("is decided");
}

fn settle(store: &Store, byte: u8, run: &str, settlement: Settlement<'_>) {
    let (sender, receiver) = std::sync::mpsc::channel();
    let settle = Settle { key: Key([byte; 32]), run, now_ms: 2, settlement };
    store.settle(settle, move |saved| sender.send(saved).expect("is awaited"));
    receiver.recv().expect("is told").expect("is saved");
}

#[test]
fn a_store_is_verified_and_what_is_damaged_is_removed_and_bought_anew() {
    let (workspace, server, run) = ran();
    workspace.cutover("cache verify").exit(0).stderr("").stdout(".cutover/store.sqlite\nanswers  4\ndamaged  0\n");
    let key = workspace.trials()[&("n001".to_owned(), "new".to_owned())]["key"].as_str().expect("a key").to_owned();
    let damage =
        format!("UPDATE answers SET sha256 = zeroblob(32) WHERE id = (SELECT id FROM keys WHERE key = x'{key}')");
    let store = rusqlite::Connection::open(workspace.path(STORE)).expect("opens");
    assert_eq!(store.execute(&damage, []).expect("is damaged"), 1);
    drop(store);

    let listed =
        format!(".cutover/store.sqlite\nanswers  4\ndamaged  1\n  {key}  recording {run}: its hash does not match\n");
    workspace.cutover("cache verify").exit(9).stderr("").stdout(&format!(
        "{listed}`cutover cache verify --repair` removes what is damaged; it is then bought anew, or imported again\n"
    ));
    let damaged = json!([{"key": key, "recording": run, "why": "its hash does not match"}]);
    let found = json!({"answers": 4, "damaged": damaged, "file": [], "repaired": null});
    assert_eq!(json_of(&workspace, "cache verify"), found);
    workspace
        .cutover("cache verify --repair")
        .exit(0)
        .stderr("")
        .stdout(&format!("{listed}repaired: the damaged answers are removed; they are bought anew\n"));
    workspace.cutover("cache verify").exit(0).stdout(".cutover/store.sqlite\nanswers  3\ndamaged  0\n");
    workspace.cutover("run suite.toml").exit(0).stderr("baseline 2/2 hits 2  $0.0000\nnew 2/2 hits 1  $0.0004\n");
    assert_eq!(server.seen().len(), 5);
}

#[test]
fn a_store_whose_file_is_torn_is_no_fault_of_ours() {
    let (workspace, _server, _run) = ran();
    let bytes = std::fs::read(workspace.path(STORE)).expect("is read");
    // The header and the list of tables are there, the tables are not.
    let torn: Vec<u8> = bytes[..8192].iter().copied().chain(std::iter::repeat_n(0xee, bytes.len() - 8192)).collect();
    std::fs::write(workspace.path(STORE), torn).expect("is torn");
    let outcome = workspace.cutover("cache verify");
    outcome.exit(9).stderr("");
    assert!(outcome.stdout.contains("\nfile     "), "{}", outcome.stdout);
    workspace.cutover("cache stats").exit(9).stdout("").stderr(
        "error: the store .cutover/store.sqlite cannot be used: database disk image is malformed\n  help: \
         `cutover cache verify` says what is damaged, `--repair` removes it\n",
    );
}

#[test]
fn old_answers_go_when_they_are_named_and_the_calls_of_finished_runs_with_them() {
    let (workspace, _server, run) = ran();
    let store = Store::open(&workspace.path(STORE)).expect("opens");
    for (byte, run) in [(8, run.as_str()), (9, "unfinished")] {
        send(&store, byte, run);
        settle(&store, byte, run, Settlement::Failed { cost: Some(Usd::ZERO) });
    }
    drop(store);
    let rows = || -> u64 {
        let stats = json_of(&workspace, "cache stats");
        let calls = stats["calls"].as_object().expect("counts");
        calls.values().map(|count| count.as_u64().expect("a count")).sum()
    };
    let before = rows();
    let outcome = workspace.cutover("cache gc");
    let needed = "error: the following required arguments were not provided:\n  \
                  <--older-than <DAYS>|--keep-recording <RUN>...>\n";
    assert!(outcome.exit(2).stdout("").stderr.starts_with(needed), "{}", outcome.stderr);
    let misspelt = format!("{}x", &run[..run.len() - 1]);
    workspace
        .cutover(&format!("cache gc --keep-recording {misspelt}"))
        .exit(2)
        .stderr(&format!("error: the store has no recording `{misspelt}`\n  help: did you mean `{run}`?\n"));
    let nothing = "removed 0 answers and 0 rows of the ledger; 0 bytes freed\n";
    workspace.cutover("cache gc --older-than 1 --results elsewhere").exit(0).stderr("").stdout(nothing);
    let kept = format!("cache gc --older-than 0 --keep-recording {run}");
    assert_eq!(json_of(&workspace, &kept)["answers"], 0);

    let bytes = json_of(&workspace, "cache stats")["bytes"].clone();
    let counted = json!({"dry_run": true, "answers": 4, "calls": before - 1, "bytes": bytes});
    assert_eq!(json_of(&workspace, "cache gc --older-than 0 --dry-run"), counted);
    workspace
        .cutover("cache gc --older-than 0 --dry-run")
        .exit(0)
        .stdout(&format!("would remove 4 answers ({bytes} bytes, compressed) and {} rows of the ledger\n", before - 1));
    assert_eq!(rows(), before);
    let outcome = workspace.cutover("cache gc --older-than 0");
    let removed = format!("removed 4 answers and {} rows of the ledger; ", before - 1);
    assert!(outcome.exit(0).stdout.starts_with(&removed), "{}", outcome.stdout);
    assert_eq!((rows(), json_of(&workspace, "cache stats")["answers"].clone()), (1, json!(0)));
}

#[test]
fn the_ledger_is_summed_up_in_dollars() {
    let workspace = Workspace::new();
    let store = Store::open(&workspace.path(STORE)).expect("opens");
    send(&store, 1, "a");
    settle(&store, 1, "a", Settlement::Failed { cost: Some(Usd::from_pico(1_500_000_000_000)) });
    send(&store, 2, "a");
    drop(store);
    let empty = "format   3\nanswers  0\nbytes    0 (compressed)\noldest   —\nnewest   —\n";
    let known = "calls    0 done, 1 failed, 0 uncertain, 1 open\nspent    $1.5000 known\n";
    workspace.cutover("cache stats").exit(0).stdout(&format!(".cutover/store.sqlite\n{empty}{known}"));
    let store = Store::open(&workspace.path(STORE)).expect("opens");
    assert_eq!(store.forsake("a", 3).expect("is written").len(), 1);
    drop(store);
    let uncertain = "calls    0 done, 1 failed, 1 uncertain, 0 open\n\
                     spent    $1.5000 known, and at most $0.0025 for calls that may have been billed: 1\n";
    workspace.cutover("cache stats").exit(0).stdout(&format!(".cutover/store.sqlite\n{empty}{uncertain}"));
    let stats = json_of(&workspace, "cache stats");
    assert_eq!(stats["calls"], json!({"open": 0, "done": 0, "failed": 1, "uncertain": 1}));
    assert_eq!(stats["spent"], json!({"known_usd": 1.5, "uncertain_calls": 1, "uncertain_usd": 0.0025}));
}

#[test]
fn an_export_is_one_compact_file_that_no_link_and_no_half_line_can_spoil() {
    let (workspace, _server, _run) = ran();
    let text = workspace.cutover("cache export").stdout;
    workspace.write("victim", "untouched");
    symlink(workspace.path("victim"), workspace.path("answers.jsonl")).expect("is linked");
    for name in ["answers.jsonl", "answers.jsonl.zst"] {
        workspace.cutover(&format!("cache export --out {name}")).exit(0).stdout("").stderr("4 answers exported\n");
    }
    assert_eq!((workspace.read("victim"), workspace.read("answers.jsonl")), ("untouched".to_owned(), text.clone()));
    let packed = std::fs::read(workspace.path("answers.jsonl.zst")).expect("is read");
    assert!(packed.len() < text.len() / 2, "{} of {}", packed.len(), text.len());
    workspace
        .cutover("cache import answers.jsonl.zst --store other/store.sqlite")
        .exit(0)
        .stderr("4 answers added, 0 were there already\n");
    workspace.cutover("cache export --store other/store.sqlite").exit(0).stdout(&text);
    workspace
        .cutover("cache export --out missing/answers.jsonl")
        .exit(1)
        .stderr("error: cannot write missing/answers.jsonl: No such file or directory (os error 2)\n");

    let first: Value = serde_json::from_str(text.lines().next().expect("a line")).expect("is JSON");
    workspace.write("changed.jsonl", &text.replacen("\"latency_ms\":", "\"latency_ms\":1", 1));
    workspace.cutover("cache import changed.jsonl --store third.sqlite").exit(2).stderr(&format!(
        "error: changed.jsonl:1: the answer {} does not match its `sha256`\n",
        first["key"].as_str().expect("a key")
    ));
}

#[test]
fn what_the_store_writes_is_its_owners_alone_whatever_the_system_would_allow() {
    let (workspace, _server, _run) = ran();
    workspace.cutover("cache export --out answers.jsonl").exit(0);
    workspace.cutover_after("umask 000", "cache import answers.jsonl --store deep/er/store.sqlite").exit(0);
    workspace
        .cutover_after("umask 000", "cache export --store deep/er/store.sqlite --out deep/er/answers.jsonl.zst")
        .exit(0);
    let mode = |name: &str| workspace.path(name).metadata().expect("is there").permissions().mode() & 0o777;
    assert_eq!([mode("deep"), mode("deep/er")], [0o700, 0o700]);
    let files: Vec<_> = workspace.files().into_iter().filter(|path| path.starts_with(workspace.path("deep"))).collect();
    assert_eq!(files.len(), 2, "{files:?}");
    for path in files {
        assert_eq!(path.metadata().expect("is there").permissions().mode() & 0o777, 0o600, "{}", path.display());
    }
}
