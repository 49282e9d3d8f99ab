//! Multi-line scalars: only their indentation changes.

use super::STEP;
use super::cursor::Cursor;
use super::read::Quotes;

/// A plain or quoted scalar. YAML folds its lines, so spaces at their start and end are not significant.
pub(super) fn text(cursor: &mut Cursor<'_>, written: &str, quotes: Quotes, indent: usize, end: usize) {
    let mut lines = written.split('\n').peekable();
    let mut first = true;
    while let Some(line) = lines.next() {
        let mut line = if first { line } else { line.trim_start_matches([' ', '\t']) };
        if lines.peek().is_some() {
            line = without_end(line, quotes);
        }
        if !first {
            cursor.write("\n", None);
            let indent = if line.is_empty() { 0 } else { indent };
            cursor.write(&" ".repeat(indent), None);
        }
        cursor.write(line, None);
        first = false;
    }
    cursor.write("", end);
}

/// A line without trailing spaces. In double quotes, a space after a backslash is text.
fn without_end(line: &str, quotes: Quotes) -> &str {
    let trimmed = line.trim_end_matches([' ', '\t']);
    let backslashes = trimmed.len() - trimmed.trim_end_matches('\\').len();
    let escaped = quotes == Quotes::Double && backslashes % 2 == 1 && trimmed.len() < line.len();
    line.get(..trimmed.len() + usize::from(escaped)).unwrap_or(line)
}

/// Write a block scalar whose `|` or `>` is at `header` and which ends at `end`, in a collection at column
/// `outer`. Its lines are written at `indent`; extra indentation is kept.
pub(super) fn block(cursor: &mut Cursor<'_>, header: usize, end: usize, outer: usize, indent: usize) {
    let text = cursor.text;
    let rest = text.get(header..end.max(header)).unwrap_or_default();
    let (first, body) = text.get(header..).unwrap_or_default().split_once('\n').unwrap_or((rest, ""));
    let indicators = first.split([' ', '\t', '#']).next().unwrap_or_default();
    let body_start = header + first.len() + 1;
    let body = body.get(..end.saturating_sub(body_start)).unwrap_or_default();
    let keeps = indicators.contains('+');
    let own = match indicators.chars().find(char::is_ascii_digit) {
        // The new lines are one step deeper than their key.
        Some(digit) => {
            cursor.write(&indicators.replace(digit, &STEP.to_string()), header + indicators.len());
            let digit = digit.to_digit(10).and_then(|digit| usize::try_from(digit).ok());
            outer + digit.unwrap_or(0)
        }
        None => {
            cursor.write(indicators, header + indicators.len());
            let first = body.split('\n').find(|line| !line.trim_matches(' ').is_empty());
            first.map_or(usize::MAX, |line| line.len() - line.trim_start_matches(' ').len())
        }
    };
    cursor.trailing_comment();
    // After the last line feed comes the indentation of the next node, if there is one.
    let complete = body.rfind('\n').map_or(0, |at| at + 1);
    let last = body.get(complete..).unwrap_or_default();
    let lines = body.get(..complete).unwrap_or_default().strip_suffix('\n');
    let lines = lines.into_iter().flat_map(|lines| lines.split('\n'));
    let last = Some(last).filter(|last| !last.trim_matches(' ').is_empty());
    let mut blank = 0;
    let mut at = body_start;
    for line in lines.chain(last) {
        let content = deeper(line, own);
        at += line.len() + 1;
        if content.is_empty() {
            blank += 1;
            continue;
        }
        cursor.end_line();
        cursor.write(&"\n".repeat(std::mem::take(&mut blank)), None);
        cursor.write(&" ".repeat(indent), None);
        // The line feed is not consumed, so that a blank line after it is still seen.
        cursor.write(content, at - 1);
    }
    if keeps {
        cursor.end_line();
        cursor.write(&"\n".repeat(blank), at - 1);
        cursor.seal();
    }
}

/// A line without the indentation of its scalar.
fn deeper(line: &str, indent: usize) -> &str {
    let spaces = line.len() - line.trim_start_matches(' ').len();
    line.get(spaces.min(indent)..).unwrap_or_default()
}
