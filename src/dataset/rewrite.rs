//! New values for some members of some cases, with every other byte of the file as it was.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write as _};
use std::path::Path;

use serde_json::value::RawValue;

use super::line::BOM;
use super::node::Written;
use crate::private;

/// A member of a line, and the JSON text of its value.
pub type Member = (&'static str, String);

/// The line with these members, everything else in it byte for byte as it was. A member that is there is replaced, any
/// other is put behind the last. `None` where the line is no JSON object.
#[must_use]
pub fn set_members(line: &[u8], new: &[Member]) -> Option<Vec<u8>> {
    let bom = if line.starts_with(BOM) { BOM.len() } else { 0 };
    let Written(found) = serde_json::from_slice(&line[bom..]).ok()?;
    let start_of = |raw: &RawValue| raw.get().as_ptr() as usize - line.as_ptr() as usize;
    let end = found.iter().map(|(_, raw)| start_of(raw) + raw.get().len()).max();
    let opening = bom + line[bom..].iter().position(|byte| *byte == b'{')?;
    let behind = end.unwrap_or(opening + 1);
    let mut edits: Vec<(usize, usize, String)> = Vec::with_capacity(new.len());
    let mut is_empty = found.is_empty();
    for (name, value) in new {
        if let Some((_, raw)) = found.iter().find(|(found, _)| found == name) {
            edits.push((start_of(raw), raw.get().len(), value.clone()));
            continue;
        }
        let comma = if std::mem::take(&mut is_empty) { "" } else { "," };
        edits.push((behind, 0, format!("{comma}\"{name}\":{value}")));
    }
    // The sort is stable: members that are put behind the last one keep their order, and follow a replaced last one.
    edits.sort_by_key(|(start, length, _)| (*start, *length == 0));
    let mut out = Vec::with_capacity(line.len() + 256);
    let mut copied = 0;
    for (start, length, text) in edits {
        out.extend_from_slice(&line[copied..start]);
        out.extend_from_slice(text.as_bytes());
        copied = start + length;
    }
    out.extend_from_slice(&line[copied..]);
    Some(out)
}

/// Rewrites a dataset whole or not at all, with the permissions that it has. `edit` gets the number of each line, from
/// 1, and its bytes; what it gives back takes their place, `None` leaves them. A link stays one: the file behind it is
/// rewritten.
///
/// # Errors
/// The file cannot be read or written, or what `edit` says.
pub fn rewrite<E: From<io::Error>>(
    path: &Path,
    mut edit: impl FnMut(usize, &[u8]) -> Result<Option<Vec<u8>>, E>,
) -> Result<(), E> {
    let path = fs::canonicalize(path)?;
    let old = File::open(&path)?;
    let permissions = old.metadata()?.permissions();
    private::replace(&path, |file| {
        let mut reader = BufReader::with_capacity(1 << 16, &old);
        let mut writer = BufWriter::with_capacity(1 << 16, file);
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            if reader.read_until(b'\n', &mut line)? == 0 {
                break;
            }
            match edit(number, &line)? {
                Some(new) => writer.write_all(&new)?,
                None => writer.write_all(&line)?,
            }
        }
        writer.flush()?;
        file.set_permissions(permissions)?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::*;

    fn set(line: &str, new: &[Member]) -> String {
        String::from_utf8(set_members(line.as_bytes(), new).expect("is an object")).expect("is UTF-8")
    }

    #[test]
    fn a_member_is_replaced_where_it_stands_or_put_behind_the_last() {
        let labels = || vec![("labels", "[1]".to_owned())];
        let both = [("labels", "[1]".to_owned()), ("expected", "{}".to_owned())];
        let rows = [
            ("{\"id\" : 1.50 , \"b\":[ {} ] }\r\n", labels(), "{\"id\" : 1.50 , \"b\":[ {} ],\"labels\":[1] }\r\n"),
            ("{ \"labels\" : [ 0 ] , \"id\":1}", labels(), "{ \"labels\" : [1] , \"id\":1}"),
            ("{\"\\u006cabels\":null}\n", labels(), "{\"\\u006cabels\":[1]}\n"),
            ("{ }", labels(), "{\"labels\":[1] }"),
            ("\u{feff} {\"id\":\"}\\\"\"}", labels(), "\u{feff} {\"id\":\"}\\\"\",\"labels\":[1]}"),
            ("{\"id\":1,\"expected\":null}", both.to_vec(), "{\"id\":1,\"expected\":{},\"labels\":[1]}"),
            ("{}", both.to_vec(), "{\"labels\":[1],\"expected\":{}}"),
        ];
        for (line, new, expected) in rows {
            assert_eq!(set(line, &new), expected);
        }
        assert_eq!(set_members(b"[1]", &labels()), None);
        assert_eq!(set_members(b"{\"a\":1", &labels()), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_dataset_keeps_its_permissions_its_link_and_the_lines_that_nobody_edits() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};

        let folder = tempfile::tempdir().expect("a folder");
        let (file, link) = (folder.path().join("a.jsonl"), folder.path().join("link.jsonl"));
        fs::write(&file, "{ \"id\":1}\r\n\n{\"id\":2 }").expect("is written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o664)).expect("is set");
        symlink(&file, &link).expect("is linked");
        let edit = |number, line: &[u8]| Ok((number == 3).then(|| [line, b"!"].concat()));
        rewrite::<io::Error>(&link, edit).expect("is rewritten");
        assert_eq!(fs::read_to_string(&file).expect("is read"), "{ \"id\":1}\r\n\n{\"id\":2 }!");
        assert!(fs::symlink_metadata(&link).expect("is there").is_symlink());
        assert_eq!(fs::metadata(&file).expect("is there").permissions().mode() & 0o777, 0o664);
        let refused: io::Result<()> = rewrite(&file, |_, _| Err(io::Error::other("no")));
        assert_eq!(refused.expect_err("is refused").to_string(), "no");
        assert_eq!(fs::read_dir(folder.path()).expect("is read").count(), 2);
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    /// An object as text, with blanks wherever JSON allows some.
    fn spaced(object: &Map<String, Value>, blanks: &[String]) -> String {
        let mut blank = blanks.iter().cycle();
        let mut blank = || blank.next().map_or("", String::as_str);
        let fields: Vec<String> = object
            .iter()
            .map(|(name, value)| {
                format!("{}{}{}:{}{value}{}", blank(), Value::from(name.as_str()), blank(), blank(), blank())
            })
            .collect();
        format!("{}{{{}{}}}{}", blank(), fields.join(","), blank(), blank())
    }

    proptest! {
        #[test]
        fn whatever_a_line_holds_only_the_member_changes(
            fields in prop::collection::btree_map("[a-zé\"\\\\{}]{0,6}", value(), 0..6),
            old in prop::option::of(value()),
            blanks in prop::collection::vec("[ \t]{0,2}", 1..9),
            new in value(),
        ) {
            let mut object: Map<String, Value> = fields.into_iter().filter(|(name, _)| name != "labels").collect();
            let bare = object.clone();
            object.extend(old.map(|old| ("labels".to_owned(), old)));
            let line = spaced(&object, &blanks);
            let written = set(&line, &[("labels", new.to_string())]);
            let mut expected = bare;
            expected.insert("labels".to_owned(), new);
            prop_assert_eq!(serde_json::from_str::<Value>(&written).expect("is JSON"), json!(expected));
            let same = |a: &mut dyn Iterator<Item = char>, b: &mut dyn Iterator<Item = char>| {
                a.zip(b).take_while(|(a, b)| a == b).count()
            };
            // What stands before and behind the one edit is all of the line but the old value.
            let before = same(&mut line.chars(), &mut written.chars());
            let behind = same(&mut line.chars().rev(), &mut written.chars().rev());
            let gone = object.get("labels").map_or(0, |old| old.to_string().chars().count());
            prop_assert!(before + behind + gone >= line.chars().count(), "{line}\n{written}");
            prop_assert_eq!(set(&written, &[("labels", expected["labels"].to_string())]), written);
        }
    }
}
