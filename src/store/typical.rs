//! What answers and the fields of a request look like, most usual last: zstd compresses them with the help of it.

/// The fields of a request. Without it the paths of a short request would take more room than its answer. It is part of
/// the file's format: what was compressed with it cannot be read without it.
pub(super) const FIELDS: &[u8] = concat!(
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

/// An answer, of which a short one is little else. It is part of the file's format from 3 on; what was compressed without
/// it is read with it as well.
pub(super) const ANSWER: &[u8] = concat!(
    r##"{"failure":"network","status":null,"latency_ms":1},{"failure":"timeout","status":null,"latency_ms":60000},"##,
    r##"{"failure":"server_error","status":500,"latency_ms":1},{"failure":"server_error","status":503,"latency_ms":1},"##,
    r##"{"failure":"overloaded","status":529,"latency_ms":1},{"failure":"rate_limit","status":429,"latency_ms":1},"##,
    r##""finish_reason":"content_filter","finish_raw":"content_filter""##,
    r##""refusal":"I'm sorry, but I can't help with that.","finish_reason":"refusal","finish_raw":"refusal""##,
    r##""finish_reason":"length","finish_raw":"max_tokens""finish_reason":"length","finish_raw":"length""##,
    r##""finish_reason":"stop","finish_raw":"completed""finish_reason":"stop","finish_raw":"STOP""##,
    r##""finish_reason":"stop","finish_raw":"end_turn""finish_reason":"tool_calls","finish_raw":"tool_use""##,
    r##"},"alternatives":[{"text":""warnings":[""stop_sequence":""reasoning_text":"","usage":null,"model":null,"##,
    r##""request_id":null,"fingerprint":null},"request_id":"req_","fingerprint":null,"service_tier":"standard"},"##,
    r##""request_id":"msg_01","fingerprint":null},"request_id":"resp_","fingerprint":null,"service_tier":"default"},"##,
    r##","cache_read_tokens":0,"cache_write_5m_tokens":0,"cache_write_1h_tokens":0,"cache_write_other_tokens":0,"##,
    r##""output_tokens":1,"reasoning_tokens":0,"input_audio_tokens":0,"output_audio_tokens":0,"web_search_requests":0},"##,
    r##""first_token_ms":100,"first_reasoning_ms":100,"##,
    r##"{"reply":{"response":{"text":"","tool_calls":[{"id":"call_","name":"","arguments":{"object":"{\"":"}},"##,
    r##"{"id":"toolu_01","name":"","arguments":{"object":"{}"}}],"##,
    r##""refusal":null,"finish_reason":"tool_calls","finish_raw":"tool_calls"},"##,
    r##"{"reply":{"response":{"text":"The","tool_calls":[],"##,
    r##""refusal":null,"finish_reason":"stop","finish_raw":"stop"},"##,
    r##""usage":{"input_tokens":1000,"uncached_input_tokens":1000,"cache_read_tokens":null,"##,
    r##""cache_write_5m_tokens":null,"cache_write_1h_tokens":null,"cache_write_other_tokens":null,"output_tokens":100,"##,
    r##""reasoning_tokens":null,"input_audio_tokens":null,"output_audio_tokens":null,"web_search_requests":null},"##,
    r##""model":"gpt-","request_id":"chatcmpl-","fingerprint":"fp_"},"latency_ms":100,"first_token_ms":null,"##,
    r##""attempts":[{"failure":null,"status":200,"latency_ms":100}],"bought_at":1800000000000,"recording":"-20270115T"}"##,
)
.as_bytes();

#[cfg(test)]
mod tests {
    use super::super::body::hash;
    use super::*;

    #[test]
    fn it_is_pinned_so_that_stores_stay_readable() {
        assert_eq!(hex::encode(hash(ANSWER)), "a214d345d01b336c3c152b91332809951a33bff11080aa5d322b3f6c5f2fb934");
        assert_eq!(hex::encode(hash(FIELDS)), "bf9247c5c52abc040b3a76043f1abbe1528c8d97eb86fe2a17eef5c4c3da39c6");
    }
}
