//! All file access. Every path that a user names or a folder contains is opened here, and `clippy` refuses `std::fs`
//! anywhere else in this crate.
//!
//! Holdfast reads folders that others can write: pull requests bring policies, plans and approvals. Therefore:
//!
//! - Only regular files are read. A device, a named pipe or a socket is refused without opening it, and the type is
//!   checked again on the opened file.
//! - Every read has a size limit. The size that the file system reports is used only to refuse early.
//! - A path that a user names may be a link. What a folder contains must stay in that folder: [`read_inside`] and
//!   [`Walk`] refuse a link that leads out, and name it. Holdfast's own files (journal, embedded cloud) are never links:
//!   [`read_own`], [`read_own_text`], [`append_private`], [`lock_file`].
//! - A write goes to a new file beside the target, is synced, and is renamed over the target. A target that is a link, a
//!   device or a folder is refused. Files with sensitive content have mode 0600.
//!
//! Links are checked before a file is opened, and the last part of a resolved path is opened without following a
//! link. There is no protection against somebody who changes these folders while Holdfast runs: that is a user of the
//! same machine with the same rights, not the author of a pull request.

#![allow(clippy::disallowed_methods, reason = "this is the module for file access")]

mod append;
mod error;
mod folder;
mod look;
mod open;
mod read;
mod walk;
mod write;

pub use append::{append_private, begin_private, lock_file};
pub use error::{FileError, Why};
pub use folder::PrivateFolder;
pub use look::{absent, exists, inside, is_file, is_folder, list, own_folder, regular, resolve};
pub use read::{read, read_inside, read_own, read_own_text, read_stream, read_text};
pub use walk::{Walk, Walked};
pub use write::{create, make_folder, remove, write, write_private};
