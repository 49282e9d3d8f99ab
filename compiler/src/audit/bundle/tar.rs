//! The archive of a bundle: POSIX ustar (IEEE Std 1003.1, pax, "ustar Interchange Format") with regular files only, sorted, without
//! times and owners.
//!
//! A reader accepts exactly what the writer writes, byte for byte: no links, no devices, no names that lead out of a folder, nothing
//! twice, nothing behind the end. So there is only one archive of the same members, and a changed byte is always found.

/// The size of a block.
const BLOCK: usize = 512;
/// The most bytes of a bundle.
pub const MAX_BYTES: u64 = 512 * 1024 * 1024;
/// The most bytes of a name; a longer one would need its second field.
const MAX_NAME: usize = 100;

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name, with `/` between folders.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

pub(super) fn write(members: &[Member]) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    for (nth, member) in members.iter().enumerate() {
        if nth
            .checked_sub(1)
            .and_then(|before| members.get(before))
            .is_some_and(|before| before.name >= member.name)
        {
            return Err(format!("{}: its name is there twice, or not in order", member.name));
        }
        out.extend_from_slice(&header(member)?);
        out.extend_from_slice(&member.bytes);
        out.resize(out.len().next_multiple_of(BLOCK), 0);
    }
    out.resize(out.len() + 2 * BLOCK, 0);
    // A reader takes no larger one.
    match u64::try_from(out.len()) {
        Ok(size) if size <= MAX_BYTES => Ok(out),
        _ => Err(format!("its members are larger than {} MiB together", MAX_BYTES >> 20)),
    }
}

fn header(member: &Member) -> Result<[u8; BLOCK], String> {
    let name = &member.name;
    let parts_are_plain = name.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
    let is_plain = name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if name.len() > MAX_NAME || !is_plain || !parts_are_plain {
        return Err(format!("{name}: a bundle cannot have a member of this name"));
    }
    if u64::try_from(member.bytes.len()).map_or(true, |size| size > MAX_BYTES) {
        return Err(format!("{name}: it is too large for a bundle"));
    }
    let mut block = [0; BLOCK];
    let fields: [(usize, String); 10] = [
        (0, name.clone()),
        (100, "0000644\0".to_owned()),
        (108, "0000000\0".to_owned()),
        (116, "0000000\0".to_owned()),
        (124, format!("{:011o}\0", member.bytes.len())),
        (136, format!("{:011o}\0", 0)),
        (148, " ".repeat(8)),
        (156, "0".to_owned()),
        (257, "ustar\0".to_owned()),
        (263, "00".to_owned()),
    ];
    for (at, text) in fields {
        put(&mut block, at, &text);
    }
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    put(&mut block, 148, &format!("{sum:06o}\0 "));
    Ok(block)
}

fn put(block: &mut [u8; BLOCK], at: usize, text: &str) {
    for (to, from) in block.iter_mut().skip(at).zip(text.bytes()) {
        *to = from;
    }
}

pub(super) fn read(bytes: &[u8]) -> Result<Vec<Member>, String> {
    let mut members: Vec<Member> = Vec::new();
    let mut rest = bytes;
    loop {
        let after = members.last().map_or_else(|| "the beginning".to_owned(), |last| last.name.clone());
        let broken = || format!("after {after}: this is no member that Holdfast writes");
        let (head, tail) = rest.split_at_checked(BLOCK).ok_or_else(broken)?;
        if head.iter().all(|byte| *byte == 0) {
            if tail.len() != BLOCK || tail.iter().any(|byte| *byte != 0) {
                return Err(format!("after {after}: there is something behind the end"));
            }
            break;
        }
        let text = |from: usize, length: usize| {
            let field = head.get(from..from + length)?;
            let end = field.iter().position(|byte| *byte == 0).unwrap_or(length);
            String::from_utf8(field.get(..end)?.to_vec()).ok()
        };
        let name = text(0, MAX_NAME).ok_or_else(broken)?;
        let size = text(124, 12).and_then(|size| usize::from_str_radix(&size, 8).ok()).ok_or_else(broken)?;
        let padded = size.checked_next_multiple_of(BLOCK).ok_or_else(broken)?;
        let (content, tail) =
            tail.split_at_checked(padded).ok_or_else(|| format!("{name}: it is cut off"))?;
        let (content, padding) = content.split_at_checked(size).ok_or_else(broken)?;
        let member = Member { name, bytes: content.to_vec() };
        if header(&member)?.as_slice() != head {
            return Err(format!("{}: its header was changed", member.name));
        }
        if padding.iter().any(|byte| *byte != 0) {
            return Err(format!("{}: there is something behind its end", member.name));
        }
        if members.last().is_some_and(|last| last.name >= member.name) {
            return Err(format!("{}: its name is there twice, or not in order", member.name));
        }
        members.push(member);
        rest = tail;
    }
    Ok(members)
}
