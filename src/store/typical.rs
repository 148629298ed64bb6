//! What the fields of a request look like, most usual last: zstd compresses them with its help.

/// Without it the paths of a short request would take more room than its answer. It is part of the file's format: what
/// was compressed with it cannot be read without it.
pub(super) const TYPICAL: &[u8] = concat!(
    r##""body.contents[0].parts":"#","##,
    r##""body.contents[0].role":"\"user\"","##,
    r##""body.generationConfig.maxOutputTokens":"1024","##,
    r##""body.generationConfig.responseJsonSchema":"#","##,
    r##""body.generationConfig.responseMimeType":"\"application/json\"","##,
    r##""body.generationConfig.temperature":"0","##,
    r##""body.systemInstruction":"#","##,
    r##""body.tools[0].functionDeclarations[0].description":"#","##,
    r##""body.tools[0].functionDeclarations[0].name":"\"","##,
    r##""body.tools[0].functionDeclarations[0].parametersJsonSchema":"#","##,
    r##""body.input[0].content":"#","##,
    r##""body.input[0].role":"\"user\"","##,
    r##""body.instructions":"#","##,
    r##""body.max_output_tokens":"1024","##,
    r##""body.reasoning.effort":"\"low\"","##,
    r##""body.text.format.schema":"#","##,
    r##""body.text.format.type":"\"json_schema\"","##,
    r##""body.tools[0].parameters":"#","##,
    r##""body.tools[0].strict":"true","##,
    r##""body.max_tokens":"1024","##,
    r##""body.system":"#","##,
    r##""body.tools[0].description":"#","##,
    r##""body.tools[0].input_schema":"#","##,
    r##""body.tools[0].name":"\"","##,
    r##""body.tool_choice":"\"auto\"","##,
    r##""body.stream":"true","##,
    r##""body.max_completion_tokens":"1024","##,
    r##""body.messages[0].content":"#","##,
    r##""body.messages[0].role":"\"system\"","##,
    r##""body.messages[1].content":"#","##,
    r##""body.messages[1].role":"\"user\"","##,
    r##""body.messages[2].content":"#","##,
    r##""body.messages[2].role":"\"assistant\"","##,
    r##""body.messages[2].tool_calls":"#","##,
    r##""body.messages[3].content":"#","##,
    r##""body.messages[3].role":"\"tool\"","##,
    r##""body.messages[3].tool_call_id":"#","##,
    r##""body.model":"\"","##,
    r##""body.response_format.json_schema.name":"\"","##,
    r##""body.response_format.json_schema.schema":"#","##,
    r##""body.response_format.json_schema.strict":"true","##,
    r##""body.response_format.type":"\"json_schema\"","##,
    r##""body.temperature":"0","##,
    r##""body.tools[0].function.description":"#","##,
    r##""body.tools[0].function.name":"\"","##,
    r##""body.tools[0].function.parameters":"#","##,
    r##""body.tools[0].function.strict":"true","##,
    r##""body.tools[0].type":"\"function\"","##,
    r##""header.anthropic-version":"\"2023-06-01\"","##,
    r##""host":"\"api.anthropic.com\"","##,
    r##""path":"\"/v1/messages\"","##,
    r##""protocol":"\"anthropic\"","##,
    r##""host":"\"generativelanguage.googleapis.com\"","##,
    r##""path":"\"/v1beta/models/gemini-2.5-flash:generateContent\"","##,
    r##""protocol":"\"gemini\"","##,
    r##""path":"\"/v1/responses\"","##,
    r##""protocol":"\"openai-responses\"","##,
    r##""host":"\"api.openai.com\"","##,
    r##""path":"\"/v1/chat/completions\"","##,
    r##""protocol":"\"openai-chat\"","##,
    r##""repeat":"0","##,
    r##""salt":"\"a\"","##,
)
.as_bytes();

#[cfg(test)]
mod tests {
    use super::super::body::hash;
    use super::*;

    #[test]
    fn it_is_pinned_so_that_stores_stay_readable() {
        assert_eq!(hex::encode(hash(TYPICAL)), "bf9247c5c52abc040b3a76043f1abbe1528c8d97eb86fe2a17eef5c4c3da39c6");
    }
}
