//! Tags that a case has without being given any: what shape its request has. They slice the results like other tags.

use super::{Case, Content, Message, Part, Role};

/// What the name of every such tag begins with. A case whose author gave it a tag of the same name keeps the author's.
pub const AUTO_PREFIX: &str = "auto:";

/// A tag: what is counted in a case, and into which of its values the count falls.
struct Row {
    tag: &'static str,
    /// The least count of each value, ascending from 0, and the value.
    values: &'static [(usize, &'static str)],
    count: fn(&Case) -> usize,
}

const ROWS: &[Row] = &[
    Row { tag: "auto:modality", values: &[(0, "text"), (1, "image")], count: images },
    Row {
        tag: "auto:prompt_length",
        values: &[(0, "0-1k"), (1_000, "1k-4k"), (4_000, "4k-16k"), (16_000, "16k+")],
        count: characters,
    },
    Row { tag: "auto:tools", values: &[(0, "0"), (1, "1"), (2, "2-5"), (6, "6+")], count: |case| case.tools.len() },
    Row { tag: "auto:turn", values: &[(0, "1"), (2, "2-3"), (4, "4+")], count: turns },
];

/// The tags of a case by its shape, each with its value.
pub fn auto_tags(case: &Case) -> impl Iterator<Item = (&'static str, &'static str)> {
    ROWS.iter().filter_map(|row| {
        let count = (row.count)(case);
        let (_, value) = row.values.iter().rev().find(|(least, _)| count >= *least)?;
        Some((row.tag, *value))
    })
}

/// The place of a value among those of its tag, smallest first; 0 for every value of a tag that somebody gave.
#[must_use]
pub fn auto_rank(tag: &str, value: &str) -> usize {
    let row = ROWS.iter().find(|row| row.tag == tag);
    row.and_then(|row| row.values.iter().position(|(_, known)| *known == value)).unwrap_or(0)
}

/// Images in the conversation.
fn images(case: &Case) -> usize {
    case.messages.iter().flat_map(parts).filter(|part| matches!(part, Part::Image { .. })).count()
}

/// Characters of all messages: what was said and the arguments of earlier calls, without tools and images.
fn characters(case: &Case) -> usize {
    let of_part = |part: &Part| match part {
        Part::Text(text) => text.chars().count(),
        Part::Image { .. } => 0,
    };
    let of_message = |message: &Message| {
        let text = match &message.content {
            Some(Content::Text(text)) => text.chars().count(),
            Some(Content::Parts(parts)) => parts.iter().map(of_part).sum(),
            None => 0,
        };
        text + message.tool_calls.iter().map(|call| call.arguments.text().chars().count()).sum::<usize>()
    };
    case.messages.iter().map(of_message).sum()
}

/// The turn that the answer belongs to: how often the person has spoken.
fn turns(case: &Case) -> usize {
    case.messages.iter().filter(|message| message.role == Role::User).count()
}

fn parts(message: &Message) -> &[Part] {
    match &message.content {
        Some(Content::Parts(parts)) => parts,
        Some(Content::Text(_)) | None => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ImageSource, Tool};
    use super::*;

    fn message(role: Role, content: Content) -> Message {
        Message {
            role,
            content: Some(content),
            name: None,
            tool_calls: vec![],
            tool_call_id: None,
            is_error: None,
            thought_signature: None,
        }
    }

    fn case(messages: Vec<Message>, tools: usize) -> Case {
        Case { tools: vec![Tool::WebSearch; tools], ..Case::new("a", messages) }
    }

    fn values(case: &Case) -> Vec<&'static str> {
        auto_tags(case).map(|(_, value)| value).collect()
    }

    #[test]
    fn edges_belong_to_the_value_above() {
        let said = |length: usize| message(Role::User, Content::Text("é".repeat(length)));
        assert_eq!(values(&case(vec![said(999)], 0)), ["text", "0-1k", "0", "1"]);
        assert_eq!(values(&case(vec![said(500), said(500)], 1)), ["text", "1k-4k", "1", "2-3"]);
        assert_eq!(values(&case(vec![said(1_000); 4], 2)), ["text", "4k-16k", "2-5", "4+"]);
        assert_eq!(values(&case(vec![said(16_000)], 6)), ["text", "16k+", "6+", "1"]);
    }

    #[test]
    fn only_the_person_begins_a_turn_and_an_image_is_seen_wherever_it_stands() {
        let source = ImageSource::File("a.png".into());
        let image = Content::Parts(vec![Part::Text("see".into()), Part::Image { source, detail: None }]);
        let system = message(Role::System, Content::Text("s".repeat(998)));
        let first = case(vec![system.clone(), message(Role::User, image)], 5);
        assert_eq!(values(&first), ["image", "1k-4k", "2-5", "1"]);
        assert_eq!(values(&case(vec![system], 0)), ["text", "0-1k", "0", "1"]);
    }

    #[test]
    fn every_value_has_its_place_and_every_tag_the_prefix() {
        for row in ROWS {
            assert!(row.tag.starts_with(AUTO_PREFIX) && row.values[0].0 == 0 && row.values.is_sorted());
            for (place, (_, value)) in row.values.iter().enumerate() {
                assert_eq!(auto_rank(row.tag, value), place);
            }
        }
        assert_eq!(auto_rank("workload", "16k+"), 0);
    }
}
