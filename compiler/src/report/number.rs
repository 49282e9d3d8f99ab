//! The numbers of gaps and sections.

use super::{Block, Gap, Report, Section};

pub(super) fn of_sections(sections: &mut [Section], next: &mut usize) {
    for section in sections {
        of_blocks(&mut section.blocks, next);
        of_sections(&mut section.sections, next);
    }
}

pub(super) fn of_blocks(blocks: &mut [Block], next: &mut usize) {
    for block in blocks {
        match block {
            Block::Gap(gap) => {
                gap.number = *next;
                *next += 1;
            }
            Block::Details { blocks, .. } => of_blocks(blocks, next),
            _ => {}
        }
    }
}

pub(super) fn find<'r>(sections: &'r [Section], parent: &str, found: &mut Vec<(String, &'r Gap)>) {
    for (nth, section) in sections.iter().enumerate() {
        let number = below(parent, nth);
        in_blocks(&number, &section.blocks, found);
        find(&section.sections, &number, found);
    }
}

fn in_blocks<'r>(number: &str, blocks: &'r [Block], found: &mut Vec<(String, &'r Gap)>) {
    for block in blocks {
        match block {
            Block::Gap(gap) => found.push((number.to_owned(), gap)),
            Block::Details { blocks, .. } => in_blocks(number, blocks, found),
            _ => {}
        }
    }
}

/// The number of a section, from its place among its siblings, and from those that it is in: `4` or `4.2`.
pub(super) fn below(parent: &str, nth: usize) -> String {
    if parent.is_empty() { (nth + 1).to_string() } else { format!("{parent}.{}", nth + 1) }
}

/// The number of the first section with a key: what a reference leads to.
pub(super) fn of_key(report: &Report, key: &str) -> Option<String> {
    first(&report.sections, "", &|section| section.key == key)
}

/// The number of the section with a key about something.
pub(super) fn of_about(report: &Report, key: &str, about: &str) -> Option<String> {
    first(&report.sections, "", &|section| section.key == key && section.about.as_deref() == Some(about))
}

fn first(sections: &[Section], parent: &str, is: &dyn Fn(&Section) -> bool) -> Option<String> {
    sections.iter().enumerate().find_map(|(nth, section)| {
        let number = below(parent, nth);
        if is(section) { Some(number) } else { first(&section.sections, &number, is) }
    })
}
