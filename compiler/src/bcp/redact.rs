//! What is left out of a document without contacts: addresses and telephone numbers in text that somebody has written, such as a
//! reason in a policy or the subject of a commit.

use super::context::Context;
use crate::document::Reach;

/// What stands in the place of an address.
const LEFT_OUT: &str = "(left out)";
/// The fewest digits of a telephone number with its area (shorter ones are years, counts and issue numbers).
const FEWEST_DIGITS: usize = 7;
/// The digits of an account of AWS.
const ACCOUNT: usize = 12;

/// Text that people have written: prose of the policies, and what the journal and git say. Without contacts, ways to reach people,
/// words with an `@`, and what looks like a telephone number are left out.
pub(crate) fn redacted(context: &Context<'_>, text: &str) -> String {
    if context.inputs.with_contacts {
        return text.to_owned();
    }
    without_numbers(&without_mail(&without_addresses(context, text)))
}

/// Text without words that have an `@`. Lines stay lines.
fn without_mail(text: &str) -> String {
    let words = text.split_inclusive(char::is_whitespace).map(|word| {
        let kept = word.trim_end();
        let blank = word.get(kept.len()..).unwrap_or_default();
        if kept.contains('@') { format!("{LEFT_OUT}{blank}") } else { word.to_owned() }
    });
    words.collect()
}

/// Who did something, as the journal names them: a name, an address, or a user of a machine. Without contacts, what follows an `@`
/// is left out, because the name alone reaches nobody.
pub(crate) fn without_domain(context: &Context<'_>, name: &str) -> String {
    if context.inputs.with_contacts {
        return name.to_owned();
    }
    let words = name.split(' ').map(|word| match word.split_once('@') {
        Some((before, _)) if !before.is_empty() => format!("{before} {LEFT_OUT}"),
        _ => word.to_owned(),
    });
    redacted(context, &words.collect::<Vec<_>>().join(" "))
}

/// Text without the addresses that the continuity plan states.
fn without_addresses(context: &Context<'_>, text: &str) -> String {
    let mut text = text.to_owned();
    let contacts = context.body().into_iter().flat_map(|body| body.contacts.values());
    let mut addresses: Vec<&str> = contacts.flat_map(|contact| contact.reach.iter().map(address)).collect();
    // A long one can contain a short one.
    addresses.sort_by_key(|address| std::cmp::Reverse(address.len()));
    for address in addresses.into_iter().filter(|address| !address.is_empty()) {
        text = without(&text, address);
    }
    text
}

/// Text without an address, where it stands alone and is no part of a word.
fn without(text: &str, address: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(address) {
        let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        // A mark at the edge of the address, such as a plus, divides words too.
        let begins_inside = letter(before.chars().next_back()) && letter(address.chars().next());
        let ends_inside = letter(after.chars().next()) && letter(address.chars().next_back());
        let alone = !begins_inside && !ends_inside;
        out.push_str(before);
        out.push_str(if alone { LEFT_OUT } else { address });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The address of a way to reach somebody.
fn address(reach: &Reach) -> &str {
    match reach {
        Reach::Phone(text) | Reach::Pager(text) | Reach::Mail(text) | Reach::Chat(text) => text.0.as_str(),
        Reach::Https(text) => text.as_str(),
    }
}

/// Text without runs of digits, blanks and the marks of telephone numbers that have enough digits.
fn without_numbers(text: &str) -> String {
    let mut out = String::new();
    let mut run = String::new();
    for c in text.chars() {
        // The account in an ARN stands between colons and reaches nobody.
        if c == ':'
            && out.ends_with(':')
            && run.len() == ACCOUNT
            && run.bytes().all(|byte| byte.is_ascii_digit())
        {
            out.push_str(&std::mem::take(&mut run));
        }
        let joins = matches!(c, ' ' | '-' | '.' | '/' | '(' | ')' | '\u{a0}');
        if c.is_ascii_digit() || c == '+' || joins && !run.is_empty() {
            run.push(c);
        } else {
            end_of_run(&mut run, &mut out);
            out.push(c);
        }
    }
    end_of_run(&mut run, &mut out);
    out
}

fn end_of_run(run: &mut String, out: &mut String) {
    let kept = run.trim_end_matches(|c: char| !c.is_ascii_digit());
    let tail = run.get(kept.len()..).unwrap_or_default();
    let digits = kept.split(' ').filter(|word| !is_no_telephone(word)).flat_map(str::chars);
    if digits.filter(char::is_ascii_digit).count() >= FEWEST_DIGITS {
        out.push_str(LEFT_OUT);
    } else {
        out.push_str(kept);
    }
    out.push_str(tail);
    run.clear();
}

/// Whether digits are a date, an IP address, an act of the European Union such as `2022/2554`, or a clause such as `8.4.4`.
fn is_no_telephone(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_ascii_digit());
    let is_act = word.split_once('/').is_some_and(|(year, number)| {
        let is_year = year.len() == 4 && (year.starts_with("19") || year.starts_with("20"));
        is_year
            && (1..=4).contains(&number.len())
            && year.chars().chain(number.chars()).all(|c| c.is_ascii_digit())
    });
    let is_clause = (2..=4).contains(&word.split('.').count()) && word.split('.').all(|part| part.len() == 1);
    is_act
        || is_clause
        || crate::units::Date::parse(word).is_some()
        || word.parse::<std::net::Ipv4Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telephone_numbers_are_left_out_and_dates_stay() {
        let line = "Call +1 (202) 555-0143, or 0800 555 0143. Since 2026-11-30 10:15, 3 of 12 (#123456).";
        let wanted = "Call (left out), or (left out). Since 2026-11-30 10:15, 3 of 12 (#123456).";
        assert_eq!(without_numbers(line), wanted);
        let line = "DORA (Regulation (EU) 2022/2554), ISO 22301 8.4.4: move 192.0.2.10 to 198.51.100.10.";
        assert_eq!(without_numbers(line), line);
        let key = "arn:aws:kms:us-west-2:111122223333:alias/ledger";
        assert_eq!(without_numbers(key), key);
        assert_eq!(without_numbers("Call 111122223333: now"), "Call (left out): now");
    }

    #[test]
    fn mail_addresses_are_left_out_and_lines_stay() {
        assert_eq!(without_mail("ask\nbob@acme.example\tnow"), "ask\n(left out)\tnow");
    }

    #[test]
    fn an_address_is_left_out_where_it_stands_alone() {
        assert_eq!(without("ask ops, then opsgenie", "ops"), "ask (left out), then opsgenie");
    }
}
