//! No text longer than a limit, so that nothing that others write pushes something else out of a document. Code is never cut: half
//! a command is another command. It stays whole or goes.

use crate::report::{Block, Inline, Phrase, Report};

/// Cut each text of a report to a number of characters, and say how many are cut. Verbatim text stays whole.
pub(super) fn report(report: &mut Report, most: usize) {
    text(&mut report.title, most);
    report.blocks.iter_mut().for_each(|one| block(one, most));
}

/// Cut each text of a block.
pub(super) fn block(one: &mut Block, most: usize) {
    match one {
        Block::Paragraph { text } | Block::Note { text, .. } => phrase(text, most),
        Block::List { items, .. } => items.iter_mut().for_each(|item| phrase(item, most)),
        Block::Facts { facts } => facts.iter_mut().for_each(|(_, value)| phrase(value, most)),
        Block::Table(table) => table.rows.iter_mut().flatten().for_each(|cell| phrase(cell, most)),
        Block::Details { summary, blocks } => {
            text(summary, most);
            blocks.iter_mut().for_each(|one| block(one, most));
        }
        Block::Gap(_) | Block::Verbatim { .. } | Block::Figure(_) => {}
    }
}

/// Cut a phrase. Nothing of it follows the first text that does not fit.
pub(super) fn phrase(whole: &mut Phrase, most: usize) {
    let (mut left, mut cut) = (most, 0);
    whole.0.retain_mut(|inline| {
        let (text, is_code) = match inline {
            Inline::Plain(text) | Inline::Strong(text) => (text, false),
            Inline::Code(text) => (text, true),
            _ => return true,
        };
        let length = text.chars().count();
        if length <= left {
            left -= length;
            return true;
        }
        let kept = if is_code { 0 } else { left };
        *text = text.chars().take(kept).collect();
        cut += length - kept;
        left = 0;
        kept > 0
    });
    if cut > 0 {
        whole.0.push(Inline::Plain(format!(" … ({cut} characters cut)")));
    }
}

fn text(whole: &mut String, most: usize) {
    let cut = whole.chars().count().saturating_sub(most);
    if cut > 0 {
        *whole = whole.chars().take(most).collect();
        whole.push_str(&format!(" … ({cut} characters cut)"));
    }
}
