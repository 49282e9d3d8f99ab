//! The one way to touch files. Everything that a user names or a folder contains is opened here, and `clippy` refuses
//! `std::fs` anywhere else in this crate.
//!
//! Others write into the folders that Holdfast reads: pull requests bring policies, plans and approvals. So
//! everywhere:
//!
//! - Only regular files are read. A device, a named pipe or a socket is refused without opening it, and the opened
//!   file is asked again.
//! - At most so many bytes are read. What the file system says about a size is used to refuse early, never to trust.
//! - A path that a user names may be a link. What a folder contains has to stay in that folder: [`read_inside`] and
//!   [`Walk`] refuse a link that leads out, and name it. Files that Holdfast keeps for itself (journal, embedded cloud)
//!   are never links: [`read_own`], [`read_own_text`], [`append_private`], [`lock_file`].
//! - A write goes to a new file beside the target, is synced, and is renamed to its name. A target that is a link, a
//!   device or a folder is refused. What may be sensitive is for its owner alone (mode 0600).
//!
//! Links are looked at before a file is opened, and the last part of a resolved path is opened without following a
//! link. Somebody who changes folders of this machine while Holdfast runs is not kept out: that is a user of the same
//! machine with the same rights, not the author of a pull request.

#![allow(clippy::disallowed_methods, reason = "this is the module that touches files")]

mod append;
mod error;
mod look;
mod open;
mod read;
mod walk;
mod write;

pub use append::{append_private, begin_private, lock_file};
pub use error::{FileError, Why};
pub use look::{absent, exists, inside, is_file, is_folder, list, regular, resolve};
pub use read::{read, read_inside, read_own, read_own_text, read_stream, read_text};
pub use walk::{Walk, Walked};
pub use write::{create, make_folder, remove, write, write_private};
