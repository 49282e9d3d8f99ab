//! Finds the files in folders, within limits.
//!
//! Folders are walked in order of their names and links last, so that a file is shown under its own name and not
//! under that of a link. A link may lead anywhere in the folder that was named, so links may form cycles: each target
//! is visited once.

use std::collections::BTreeSet;
use std::fs::{DirEntry, FileType};
use std::path::{Path, PathBuf};

use super::open::{Links, about, check};
use super::{FileError, Why, resolve};

/// The deepest nesting of folders.
const MAX_DEPTH: usize = 32;
/// The most files over all folders of one command. The largest estates have a few thousand services, and a file for
/// each.
const MAX_FILES: usize = 10_000;
/// The most directory entries over all folders of one command, wanted or not.
const MAX_NAMES: usize = 1_000_000;

/// A walk over some folders; the limits are for all of them together.
#[derive(Debug, Default)]
pub struct Walk {
    names: usize,
    files: usize,
    /// A limit was exceeded, so the walk stops.
    ended: bool,
}

/// The result of walking a folder.
#[derive(Debug, Default)]
pub struct Walked {
    /// Each file: the path it was found under, and its canonical path.
    pub files: Vec<(PathBuf, PathBuf)>,
    /// The paths that were refused, and why.
    pub refused: Vec<FileError>,
}

/// The state of walking one folder.
struct Folder<'a> {
    walk: &'a mut Walk,
    root: &'a Path,
    /// The canonical path of the root.
    resolved: PathBuf,
    /// The canonical paths of the folders and files that were found.
    visited: BTreeSet<PathBuf>,
    /// Links to follow after everything else, with their depth.
    links: Vec<(PathBuf, usize)>,
    found: Walked,
    wanted: fn(&Path) -> bool,
}

impl Walk {
    /// Count a file that the user named directly.
    ///
    /// # Errors
    /// There are more than `MAX_FILES`.
    pub fn count(&mut self, file: &Path) -> Result<(), FileError> {
        self.files += 1;
        if self.files <= MAX_FILES {
            return Ok(());
        }
        Err(FileError::new(file, Why::TooMany { what: "files", most: MAX_FILES }))
    }

    /// The wanted files in a folder and below it, without hidden ones. A link that leads out of the folder is refused
    /// if it leads to a folder or has the name of a wanted file. A dangling link is refused, and so is a wanted name
    /// that is not a regular file.
    pub fn folder(&mut self, root: &Path, wanted: fn(&Path) -> bool) -> Walked {
        let resolved = match resolve(root) {
            Ok(resolved) => resolved,
            Err(error) => return Walked { refused: vec![error], ..Walked::default() },
        };
        let (visited, links, found) = (BTreeSet::from([resolved.clone()]), Vec::new(), Walked::default());
        let mut folder = Folder { walk: self, root, resolved, visited, links, found, wanted };
        folder.enter(root, 0);
        // A link may lead to a hidden folder that holds further links.
        while !folder.links.is_empty() {
            for (path, depth) in std::mem::take(&mut folder.links) {
                folder.link(path, depth);
            }
        }
        folder.found
    }
}

impl Folder<'_> {
    /// Visit all entries of a folder.
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
