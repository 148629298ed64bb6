//! Distribution functions.

use cutover::stats::special;
use serde_json::{Value, json};

use super::input::Input;
use super::{Method, method};

pub(crate) const METHODS: &[Method] = &[method("special", special)];

fn special(input: Input<'_>) -> Result<Value, String> {
    let function: String = input.get("fn")?;
    let args: Value = input.get("args")?;
    let number = |index: usize| args[index].as_f64().ok_or_else(|| format!("argument {index} is not a number"));
    let count = |index: usize| {
        let count = args[index].as_u64().and_then(|count| usize::try_from(count).ok());
        count.ok_or_else(|| format!("argument {index} is not a count"))
    };
    let value = match function.as_str() {
        "normal_quantile" => Some(special::normal_quantile(number(0)?)),
        "normal_cdf" => Some(special::normal_cdf(number(0)?)),
        "t_quantile" => special::t_quantile(number(0)?, number(1)?),
        "binom_cdf" => Some(special::binomial_cdf(count(0)?, count(1)?, number(2)?)),
        "chi2_sf" => special::chi_squared_sf(number(0)?, number(1)?),
        other => return Err(format!("unknown function {other}")),
    };
    Ok(json!({ "value": value }))
}
