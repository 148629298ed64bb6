//! The JSON shape of what answers the calls of a closed loop: calls on record, each with its result.

use super::fields::Field;
use super::line::BadLine;
use super::message::arguments;
use crate::domain::{Arguments, ToolResult};

pub(super) fn tool_results(field: Field<'_>) -> Result<Vec<ToolResult>, BadLine> {
    field.list()?.into_iter().map(tool_result).collect()
}

fn tool_result(field: Field<'_>) -> Result<ToolResult, BadLine> {
    let mut fields = field.object()?;
    let name = fields.require("name")?.text()?;
    let given = fields.take("arguments");
    let result = fields.require("result")?.text()?;
    let is_error = fields.flag("is_error")?;
    fields.finish(&[("args", "arguments"), ("content", "result"), ("input", "arguments"), ("output", "result")])?;
    let arguments = match given {
        None => "{}".to_owned(),
        Some(given) => match arguments(&given)? {
            Arguments::Object(text) => text,
            Arguments::Malformed(_) => return Err(given.wrong("a JSON object, or the text of one")),
        },
    };
    Ok(ToolResult { name, arguments, result, is_error })
}

#[cfg(test)]
mod tests {
    use super::super::line::parse;
    use super::*;

    #[test]
    fn calls_on_record_are_read_and_no_call_on_record_is_a_closed_loop_too() {
        let with = |results: &str| {
            let line = format!(r#"{{"id":"a","messages":[{{"role":"user","content":"Q"}}],"tool_results":{results}}}"#);
            parse(line.as_bytes()).expect("is read").tool_results
        };
        let row = |arguments: &str, is_error| ToolResult {
            name: "f".to_owned(),
            arguments: arguments.to_owned(),
            result: "r".to_owned(),
            is_error,
        };
        let given = r#"[{"name":"f","arguments":{"id": 12345678901234567890123},"result":"r"},
            {"name":"f","arguments":"{\"a\":1}","result":"r","is_error":true},{"name":"f","result":"r"}]"#;
        let expected =
            vec![row(r#"{"id": 12345678901234567890123}"#, None), row(r#"{"a":1}"#, Some(true)), row("{}", None)];
        assert_eq!(with(given), Some(expected));
        assert_eq!((with("[]"), with("null")), (Some(Vec::new()), None));
    }
}
