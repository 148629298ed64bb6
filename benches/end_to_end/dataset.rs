//! The cases: prompts of about 500 tokens, of which the last line says what a right answer is.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use crate::Result;

/// The file of cases.
pub(crate) const CASES: &str = "cases.jsonl";
/// The file of the bodies that they are sent as, one a line.
pub(crate) const BODIES: &str = "bodies.txt";
/// The models of both arms.
pub(crate) const MODELS: [&str; 2] = ["old", "new"];
/// Stands before the expected answer, in the last line of a prompt.
pub(crate) const MARK: &[u8] = b"[[";
/// Stands after it.
pub(crate) const END_MARK: &[u8] = b"]]";

/// Characters of a prompt, about.
const PROMPT: usize = 2000;
const WORDS: [&str; 16] = [
    "account",
    "delivery",
    "the",
    "of",
    "refund",
    "was",
    "yesterday",
    "invoice",
    "not",
    "a",
    "customer",
    "\\\"order\\\"",
    "and",
    "returned",
    "for",
    "warehouse",
];
const WORKLOADS: [&str; 4] = ["sort", "extract", "route", "summarize"];

/// Writes cases and their bodies into a folder.
pub(crate) fn write(folder: &Path, cases: usize) -> Result<()> {
    let mut file = BufWriter::new(File::create(folder.join(CASES))?);
    let mut bodies = BufWriter::new(File::create(folder.join(BODIES))?);
    let mut seed = 7;
    let mut prompt = String::with_capacity(PROMPT + 100);
    for number in 0..cases {
        prompt.clear();
        let mut words = 0;
        while prompt.len() < PROMPT {
            seed = mix(seed);
            prompt.push_str(WORDS[(seed % 16) as usize]);
            words += 1;
            prompt.push_str(if words % 12 == 0 { ".\\n" } else { " " });
        }
        let workload = WORKLOADS[number % WORKLOADS.len()];
        let messages = format!("[{{\"role\":\"user\",\"content\":\"{prompt}\\nAnswer: [[{workload}-{number}]]\"}}]");
        for model in MODELS {
            writeln!(bodies, "{{\"model\":\"{model}\",\"messages\":{messages}}}")?;
        }
        writeln!(
            file,
            "{{\"id\":\"case-{number:06}\",\"messages\":{messages},\"expected\":{{\"text\":\"{workload}-{number}\"}},\
             \"tags\":{{\"workload\":\"{workload}\"}}}}"
        )?;
    }
    bodies.flush()?;
    Ok(file.flush()?)
}

/// The messages of every case, as they stand in the file.
pub(crate) fn messages(cases: &str) -> impl Iterator<Item = &str> {
    cases.lines().filter_map(|line| Some(line.split_once("\"messages\":")?.1.rsplit_once(",\"expected\":")?.0))
}

/// Writes `suite.toml` into a folder: both arms at a server on this port.
pub(crate) fn write_suite(folder: &Path, port: u16, concurrency: usize) -> Result<()> {
    let [old, new] = MODELS;
    let suite = format!(
        "name = \"benchmark\"\n\
         [dataset]\npath = \"{CASES}\"\n\
         [baseline]\nmodel = \"local/{old}\"\n\
         [candidates.new]\nmodel = \"local/{new}\"\n\
         [endpoints.local]\nprotocol = \"openai-chat\"\nbase_url = \"http://127.0.0.1:{port}/v1\"\n\
         [prices.\"local/{old}\"]\ninput = 1.00\noutput = 2.00\n\
         [prices.\"local/{new}\"]\ninput = 3.00\noutput = 6.00\n\
         [replay]\nconcurrency = {concurrency}\nattempts = 8\ntimeout_s = 60\n\
         [[scorers]]\nkind = \"exact\"\n\
         [gate]\nrules = [\n\
         {{ metric = \"accuracy\", non_inferior = \"2pp\" }},\n\
         {{ metric = \"cost_per_success\", max_ratio = 3.5, level = \"warn\" }},\n]\n"
    );
    Ok(fs::write(folder.join("suite.toml"), suite)?)
}

/// The next number of a fixed sequence (splitmix64).
pub(crate) fn mix(state: u64) -> u64 {
    let mut bits = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
