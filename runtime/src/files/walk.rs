//! The files of folders, found one after the other within bounds.
//!
//! Folders are walked in order of their names, those that are links last: what has a name of its own is shown by it.
//! A link may lead anywhere in the folder that was named, so folders of links may lead in circles: each is visited
//! once, by where it leads.

use std::collections::BTreeSet;
use std::fs::{DirEntry, FileType};
use std::path::{Path, PathBuf};

use super::open::{Links, about, check};
use super::{FileError, Why, resolve};

/// How deep folders are nested at most.
const MAX_DEPTH: usize = 32;
/// How many files are found at most, over all folders of one command. The largest estates have a few thousand
/// services, and a file for each.
const MAX_FILES: usize = 10_000;
/// How many names are looked at at most, over all folders of one command, whether they are of such files or not.
const MAX_NAMES: usize = 1_000_000;

/// A walk over some folders; the bounds are for all of them together.
#[derive(Debug, Default)]
pub struct Walk {
    names: usize,
    files: usize,
    /// A bound was hit: nothing more is looked at.
    ended: bool,
}

/// What a folder holds.
#[derive(Debug, Default)]
pub struct Walked {
    /// Each file by the path it was found under, and where it is once all links are followed.
    pub files: Vec<(PathBuf, PathBuf)>,
    /// What was not read, and why.
    pub refused: Vec<FileError>,
}

/// One folder on its way.
struct Folder<'a> {
    walk: &'a mut Walk,
    root: &'a Path,
    /// The root once all links are followed.
    resolved: PathBuf,
    /// Folders and files that were found, by where they are.
    visited: BTreeSet<PathBuf>,
    /// Links to be followed once everything else was found, with their depth.
    links: Vec<(PathBuf, usize)>,
    found: Walked,
    wanted: fn(&Path) -> bool,
}

impl Walk {
    /// Count a file that was named and not found in a folder.
    pub fn count(&mut self, file: &Path) -> Result<(), FileError> {
        self.files += 1;
        if self.files <= MAX_FILES {
            return Ok(());
        }
        Err(FileError::new(file, Why::TooMany { what: "files", most: MAX_FILES }))
    }

    /// The wanted files of a folder and of those below it, without those whose names begin with a dot. A link that
    /// leads out of the folder is refused if it leads to a folder or has the name of a wanted file; so is a link that
    /// leads nowhere, and a wanted name that is not of a regular file.
    pub fn folder(&mut self, root: &Path, wanted: fn(&Path) -> bool) -> Walked {
        let resolved = match resolve(root) {
            Ok(resolved) => resolved,
            Err(error) => return Walked { refused: vec![error], ..Walked::default() },
        };
        let (visited, links, found) = (BTreeSet::from([resolved.clone()]), Vec::new(), Walked::default());
        let mut folder = Folder { walk: self, root, resolved, visited, links, found, wanted };
        folder.enter(root, 0);
        // A link may lead to a hidden folder, which holds links.
        while !folder.links.is_empty() {
            for (path, depth) in std::mem::take(&mut folder.links) {
                folder.link(path, depth);
            }
        }
        folder.found
    }
}

impl Folder<'_> {
    /// Look at all names of a folder that is not a link, or whose link was followed.
    fn enter(&mut self, path: &Path, depth: usize) {
        if self.walk.ended {
            return;
        }
        if depth > MAX_DEPTH {
            return self.refuse(path, Why::TooDeep(MAX_DEPTH));
        }
        match self.entries(path) {
            Ok(entries) => entries.into_iter().for_each(|(path, kind)| self.entry(path, kind, depth)),
            Err(error) => self.found.refused.push(error),
        }
    }

    fn entries(&mut self, path: &Path) -> Result<Vec<(PathBuf, FileType)>, FileError> {
        let failed = FileError::system(path);
        let hidden = |entry: &DirEntry| entry.file_name().as_encoded_bytes().starts_with(b".");
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(path).map_err(&failed)? {
            let entry = entry.map_err(&failed)?;
            self.walk.names += 1;
            if self.walk.names > MAX_NAMES {
                self.walk.ended = true;
                return Err(FileError::new(path, Why::TooMany { what: "names in folders", most: MAX_NAMES }));
            }
            if !hidden(&entry) {
                entries.push((entry.path(), entry.file_type().map_err(FileError::system(&entry.path()))?));
            }
        }
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(entries)
    }

    fn entry(&mut self, path: PathBuf, kind: FileType, depth: usize) {
        if self.walk.ended {
            return;
        }
        if kind.is_symlink() {
            self.links.push((path, depth));
        } else if kind.is_dir() {
            match resolve(&path) {
                Ok(resolved) if self.visited.insert(resolved.clone()) => self.enter(&path, depth + 1),
                Ok(_) => {}
                Err(error) => self.found.refused.push(error),
            }
        } else if (self.wanted)(&path) {
            match check(&path, kind).and_then(|()| resolve(&path)) {
                Ok(resolved) if self.visited.insert(resolved.clone()) => self.file(path, resolved),
                Ok(_) => {}
                Err(error) => self.found.refused.push(error),
            }
        }
    }

    fn link(&mut self, path: PathBuf, depth: usize) {
        if self.walk.ended {
            return;
        }
        let led = resolve(&path).and_then(|to| Ok((about(&to, Links::Refuse)?.file_type(), to)));
        let (kind, to) = match led {
            Ok(led) => led,
            Err(FileError { why, .. }) => return self.refuse(&path, why),
        };
        if !kind.is_dir() && !(self.wanted)(&path) {
            return;
        }
        if !to.starts_with(&self.resolved) {
            return self.refuse(&path, Why::LeadsOut { to, root: self.root.to_owned() });
        }
        if !kind.is_dir()
            && let Err(FileError { why, .. }) = check(&path, kind)
        {
            return self.refuse(&path, why);
        }
        match (self.visited.insert(to.clone()), kind.is_dir()) {
            (true, true) => self.enter(&path, depth + 1),
            (true, false) => self.file(path, to),
            (false, _) => {}
        }
    }

    fn file(&mut self, path: PathBuf, open: PathBuf) {
        match self.walk.count(&path) {
            Ok(()) => self.found.files.push((path, open)),
            Err(FileError { why, .. }) => {
                self.walk.ended = true;
                self.refuse(self.root, why);
            }
        }
    }

    fn refuse(&mut self, path: &Path, why: Why) {
        self.found.refused.push(FileError::new(path, why));
    }
}
