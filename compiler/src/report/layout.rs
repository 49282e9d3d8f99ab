//! Columns of text: how wide each is, and where its lines break.

/// How a word is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    Plain,
    Strong,
    Dim,
}

/// A word, and how it is drawn.
pub(super) type Word = (String, Face);

/// The most columns that one word makes a cell wide, in the order to try.
const MOST: [usize; 3] = [28, 20, 12];
/// The columns between two cells.
pub(super) const BETWEEN: usize = 2;

/// Words in lines of at most `width` columns. A longer word is divided.
pub(super) fn lines(words: &[Word], width: usize) -> Vec<Vec<Word>> {
    let width = width.max(1);
    let mut lines: Vec<Vec<Word>> = Vec::new();
    let (mut line, mut used): (Vec<Word>, usize) = (Vec::new(), 0);
    for (word, face) in words {
        let mut rest: Vec<char> = word.chars().collect();
        loop {
            let blank = usize::from(!line.is_empty());
            if used + blank + rest.len() <= width {
                used += blank + rest.len();
                line.push((rest.into_iter().collect(), *face));
                break;
            }
            if line.is_empty() {
                let tail = rest.split_off(width);
                line.push((rest.into_iter().collect(), *face));
                rest = tail;
            }
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// The columns that a line takes.
pub(super) fn columns(line: &[Word]) -> usize {
    let letters: usize = line.iter().map(|(word, _)| word.chars().count()).sum();
    letters + line.len().saturating_sub(1)
}

/// How wide each column of a table is. `None`: it does not fit, so each row is a list of its cells.
pub(super) fn widths(rows: &[Vec<Vec<Word>>], width: usize) -> Option<Vec<usize>> {
    let count = rows.iter().map(Vec::len).max()?;
    let cells = |nth: usize| rows.iter().filter_map(move |row| row.get(nth));
    let wanted: Vec<usize> =
        (0..count).map(|nth| cells(nth).map(|cell| columns(cell)).max().unwrap_or(0).max(1)).collect();
    let room = width.checked_sub(BETWEEN * count.saturating_sub(1))?;
    if wanted.iter().sum::<usize>() <= room {
        return Some(wanted);
    }
    // Long words stay whole if there is room for that.
    let longest = |nth| cells(nth).flatten().map(|(word, _)| word.chars().count()).max().unwrap_or(0);
    MOST.into_iter().find_map(|most| {
        let least: Vec<usize> = (0..count).map(|nth| longest(nth).clamp(1, most)).collect();
        let spare = room.checked_sub(least.iter().sum())?;
        // Whoever wants more than the least gets a part of what is left, by how much they want.
        let more: Vec<usize> =
            wanted.iter().zip(&least).map(|(wanted, least)| wanted.saturating_sub(*least)).collect();
        let all: usize = more.iter().sum::<usize>().max(1);
        Some(least.iter().zip(&more).map(|(least, more)| least + spare * more / all).collect())
    })
}
