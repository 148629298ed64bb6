//! `[[scorers]]`: what judges an answer, and which cases it judges.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::DeValue;

use super::reader::{Problems, Table, json, list};
use crate::problem::suggestion;
use crate::score::{ANSWER, Configured, SCORERS};

pub(super) fn read(root: &Table<'_>, problems: &Problems<'_>) -> Option<Vec<Configured>> {
    let help = "for example `[[scorers]]` with `kind = \"exact\"`";
    let Some(value) = root.get("scorers") else {
        if root.get("judges").is_some() {
            return Some(Vec::new());
        }
        root.missing("[[scorers]]", help);
        return None;
    };
    let Some(items) = value.get_ref().as_array().filter(|items| !items.is_empty()) else {
        root.problem(&value.span(), "`scorers` is no list of tables".to_owned(), Some(help.to_owned()));
        return None;
    };
    let mut given = Vec::new();
    let scorers: Vec<Option<Configured>> =
        items.iter().map(|item| scorer(problems.table("[[scorers]]".to_owned(), item)?, &mut given)).collect();
    let scorers: Vec<Configured> = scorers.into_iter().collect::<Option<_>>()?;
    for Named { name, span } in given {
        if scorers.iter().filter(|one| one.name == name).count() > 1 {
            let help = "a name tells scorers apart; the kind is the name of one that is given none";
            problems.add(&span, format!("another scorer is named `{name}` too"), Some(help.to_owned()));
        }
    }
    Some(scorers)
}

/// A name that a suite gives a scorer.
struct Named {
    name: String,
    span: Range<usize>,
}

/// The name of a scorer: its kind, unless the suite gives another.
fn name(table: &Table<'_>, kind: &str, given: &mut Vec<Named>) -> Option<String> {
    if table.get("name").is_none() {
        return Some(kind.to_owned());
    }
    let found = table.text("name")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !found.value.chars().all(plain) || found.value == ANSWER {
        let help = format!("use letters, digits, `-` and `_`, and not the word `{ANSWER}`");
        table.problem(&found.range(), format!("`{}` is no name for a scorer", found.value), Some(help));
        return None;
    }
    given.push(Named { name: found.value.to_owned(), span: found.range() });
    Some(found.value.to_owned())
}

fn scorer(table: Table<'_>, given: &mut Vec<Named>) -> Option<Configured> {
    let names: Vec<&str> = SCORERS.iter().map(|row| row.name).collect();
    let Some(found) = table.text("kind") else {
        if table.get("kind").is_none() {
            table.missing("kind", &format!("the scorers are {}", list(&names)));
        }
        return None;
    };
    let Some(row) = SCORERS.iter().find(|row| row.name == found.value) else {
        let help = suggestion(found.value, names.iter().copied(), || format!("the scorers are {}", list(&names)));
        table.problem(&found.range(), format!("unknown scorer `{}`", found.value), Some(help));
        return None;
    };
    let name = name(&table, row.name, given);
    let only = only(&table);
    let mut options = serde_json::Map::new();
    let mut spans = BTreeMap::new();
    for &name in row.options {
        if let Some(value) = table.get(name) {
            options.insert(name.to_owned(), json(value.get_ref()));
            spans.insert(name.to_owned(), value.span());
            // An error may be about one item of a list: `paths[1]`.
            for (at, item) in value.get_ref().as_array().into_iter().flatten().enumerate() {
                spans.insert(format!("{name}[{at}]"), item.span());
            }
        }
    }
    let mut built = (row.build)(options);
    if let Err(errors) = &built {
        for error in errors {
            let span = error.option.as_deref().and_then(|name| spans.get(name)).unwrap_or(&table.span);
            table.problem(span, format!("scorer `{}`: {}", row.name, error.message), error.help.clone());
        }
    }
    if let Ok(scorer) = &mut built {
        let (folder, line) = table.place();
        scorer.place(folder, line);
    }
    table.finish(&[]);
    Some(Configured { kind: row.name, name: name?, only: only?, scorer: built.ok()? })
}

/// `only = { tags = { workload = "classify" } }`; without it every case.
pub(super) fn only(table: &Table<'_>) -> Option<BTreeMap<String, String>> {
    if table.get("only").is_none() {
        return Some(BTreeMap::new());
    }
    let only = table.table("only", "`only`")?;
    let Some(tags) = only.table("tags", "`only.tags`") else {
        if only.get("tags").is_none() {
            only.missing("tags", "for example `only = { tags = { workload = \"classify\" } }`");
        }
        return None;
    };
    only.finish(&[]);
    tags.entries()
        .map(|(tag, span, value)| match value.get_ref() {
            DeValue::String(text) => Some((tag.to_owned(), text.to_string())),
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) => {
                Some((tag.to_owned(), json(value.get_ref()).to_string()))
            }
            _ => {
                tags.problem(&span, format!("the tag `{tag}` is no text"), None);
                None
            }
        })
        .collect()
}
