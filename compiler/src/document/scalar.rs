//! Plain scalars according to the core schema of YAML 1.2.2 (§10.3.2): `no` and `on` are text, `014` is 14.

use serde_json::{Number, Value};

/// The value of a plain scalar, or why it has none.
pub(super) fn plain(text: &str) -> Result<Value, &'static str> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "true" | "True" | "TRUE" => return Ok(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Value::Bool(false)),
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Err("a number must be finite");
    }
    if let Some(radix) = integer_radix(text, unsigned) {
        return integer(text, radix).ok_or("an integer must fit into 64 bits");
    }
    if is_float(unsigned) {
        let number = text.parse().ok().and_then(Number::from_f64);
        return number.map(Value::Number).ok_or("a number must be finite");
    }
    Ok(Value::String(text.to_owned()))
}

fn integer_radix(text: &str, unsigned: &str) -> Option<u32> {
    let digits = |s: &str, radix| !s.is_empty() && s.chars().all(|c| c.is_digit(radix));
    match () {
        () if digits(unsigned, 10) => Some(10),
        () if text.strip_prefix("0x").is_some_and(|d| digits(d, 16)) => Some(16),
        () if text.strip_prefix("0o").is_some_and(|d| digits(d, 8)) => Some(8),
        () => None,
    }
}

fn integer(text: &str, radix: u32) -> Option<Value> {
    let digits = if radix == 10 { text } else { text.get(2..)? };
    let signed = i64::from_str_radix(digits, radix).ok().map(Value::from);
    signed.or_else(|| u64::from_str_radix(digits, radix).ok().map(Value::from))
}

/// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn is_float(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mantissa_ok = digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    let exponent_ok = exponent.is_none_or(|e| {
        let e = e.strip_prefix(['-', '+']).unwrap_or(e);
        !e.is_empty() && digits(e)
    });
    mantissa_ok && exponent_ok
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn plain_scalars_follow_the_yaml_core_schema() {
        for (text, value) in [
            ("no", json!("no")),
            ("True", json!(true)),
            ("~", json!(null)),
            ("014", json!(14)),
            ("0x1F", json!(31)),
            ("+12", json!(12)),
            ("-3", json!(-3)),
            ("1e3", json!(1000.0)),
            (".5", json!(0.5)),
            ("18446744073709551615", json!(18_446_744_073_709_551_615_u64)),
            ("60s", json!("60s")),
            ("1.2.3.4", json!("1.2.3.4")),
            ("e", json!("e")),
            (".", json!(".")),
        ] {
            assert_eq!(plain(text), Ok(value), "{text}");
        }
        assert!(plain("-.inf").is_err());
        assert!(plain("99999999999999999999").is_err());
        assert!(plain("1e999").is_err());
    }
}
