//! Answers from store to store.

use super::import::{Limits, import_within};
use super::*;

const FILE: &str = "answers.jsonl";

fn exported(store: &Store, recording: Option<&str>) -> String {
    let mut text = Vec::new();
    export(store, recording, &mut text).expect("exports");
    String::from_utf8(text).expect("is UTF-8")
}

fn imported(store: &Store, bytes: &[u8]) -> Result<ImportCount, String> {
    import(store, bytes, Path::new(FILE)).map_err(|error| error.to_string())
}

#[test]
fn an_export_carries_everything_to_another_store_and_adds_nothing_twice() {
    let (_folder, from) = store();
    let fields: Fields = serde_json::from_str(r#"{"host":"\"h\""}"#).expect("are fields");
    try_put(&from, 2, &exchange("b", "r1"), Some(&fields)).expect("is saved");
    put(&from, 1, &exchange("a", "r1"));
    put(&from, 3, &exchange("c", "r2"));
    let text = exported(&from, Some("r1"));
    assert_eq!(text.lines().count(), 2);
    let (_folder, to) = store();
    assert_eq!(imported(&to, text.as_bytes()), Ok(ImportCount { added: 2, present: 0 }));
    assert_eq!(imported(&to, text.as_bytes()), Ok(ImportCount { added: 0, present: 2 }));
    assert_eq!(to.get(&key(1), None).expect("reads"), Some(exchange("a", "r1")));
    assert_eq!(to.fields(&key(2)).expect("reads"), Some(fields));
    assert_eq!(exported(&to, None), text);
    assert_eq!(
        imported(&to, b"{\"key\":\"00\"}"),
        Err("answers.jsonl:1: not a stored answer: missing field `exchange` at line 1 column 12".to_owned())
    );
}

#[test]
fn a_file_is_written_whole_and_compressed_when_its_name_says_so() {
    let (folder, from) = store();
    (0..50).for_each(|byte| put(&from, byte, &exchange("the same words over and over", "r")));
    let [plain, packed] = ["a.jsonl", "a.jsonl.zst"].map(|name| folder.path().join(name));
    for path in [&plain, &packed] {
        assert_eq!(export_to(&from, None, path).expect("exports"), 50);
    }
    let [plain, packed] = [plain, packed].map(|path| std::fs::read(path).expect("reads"));
    assert_eq!(plain, exported(&from, None).as_bytes());
    assert!(packed.len() * 5 < plain.len(), "{} of {}", packed.len(), plain.len());
    let (_folder, to) = store();
    assert_eq!(imported(&to, &packed), Ok(ImportCount { added: 50, present: 0 }));
    assert_eq!(exported(&to, None).as_bytes(), plain);
    let error = imported(&to, &packed[..packed.len() - 20]).expect_err("is cut");
    assert!(error.starts_with("answers.jsonl:") && error.contains("cannot be read: "), "{error}");
}

#[test]
fn a_line_that_was_changed_is_refused_and_an_old_one_without_a_hash_is_not() {
    let (_folder, from) = store();
    put(&from, 1, &exchange("Paris", "r"));
    let line = exported(&from, None);
    let (_folder, to) = store();
    let changed = line.replace("Paris", "Lyons");
    let expected = format!("answers.jsonl:1: the answer {} does not match its `sha256`", key(1));
    assert_eq!(imported(&to, changed.as_bytes()), Err(expected));
    assert_eq!(to.stats().expect("reads").answers, 0);
    let begin = line.find(",\"sha256\":").expect("is there");
    let old = format!("{}{}", &line[..begin], &line[line.find(",\"exchange\":").expect("is there")..]);
    assert_eq!(imported(&to, old.as_bytes()), Ok(ImportCount { added: 1, present: 0 }));
    let unknown = line.replace("{\"key\"", "{\"extra\":1,\"key\"");
    assert!(imported(&to, unknown.as_bytes()).expect_err("is refused").contains("unknown field `extra`"));
}

#[test]
fn what_is_damaged_here_is_taken_from_an_export() {
    let (folder, store) = store();
    put(&store, 1, &exchange("a", "r"));
    let text = exported(&store, None);
    raw(&folder).execute("UPDATE answers SET sha256 = zeroblob(32)", []).expect("damages");
    assert_eq!(imported(&store, text.as_bytes()), Ok(ImportCount { added: 1, present: 0 }));
    assert_eq!(store.get(&key(1), None).expect("reads"), Some(exchange("a", "r")));
}

#[test]
fn what_is_too_large_is_refused_before_it_fills_the_memory() {
    let (_folder, store) = store();
    let limits = Limits { line: 1000, ratio: 20, slack: 10_000 };
    let import =
        |bytes: &[u8]| import_within(limits, &store, bytes, Path::new(FILE)).map_err(|error| error.to_string());
    assert_eq!(import(&[b' '; 5000]), Err("answers.jsonl:1: has more than 1000 bytes, which no answer has".to_owned()));
    let bomb = zstd::bulk::compress(&b"\n".repeat(1 << 20), 19).expect("compresses");
    assert!(bomb.len() < 200, "{}", bomb.len());
    // Even lines that are short: the first of them is no answer, so none of it is read far.
    let wide = [&bomb[..], &bomb[..]].concat();
    assert!(import(&wide).expect_err("is refused").contains("not a stored answer"));
    let long = zstd::bulk::compress(&b" ".repeat(1 << 20), 19).expect("compresses");
    let roomy = Limits { line: 1 << 20, ..limits };
    let error = import_within(roomy, &store, &long[..], Path::new(FILE)).map_err(|error| error.to_string());
    assert_eq!(
        error,
        Err("answers.jsonl:1: cannot be read: it inflates to more than 20 times its size, as no export does".to_owned())
    );
}

#[test]
fn the_answers_of_the_demo_are_an_export_without_hashes() {
    let (_folder, store) = store();
    let text = include_bytes!("../../../datasets/demo-answers.jsonl");
    assert_eq!(imported(&store, text).map(|count| count.present), Ok(0));
    assert!(store.stats().expect("reads").answers > 600);
}
