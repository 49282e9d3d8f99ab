//! The name of the runner: who runs Holdfast, and where.

use std::path::Path;

use crate::files;

/// The most bytes of the file with the host name that are read; a host name has at most 253 (hostname(7)).
const MAX_HOST_BYTES: u64 = 4096;

/// Who runs Holdfast and where, for readers of a journal: `alice@host, process 7`.
#[must_use]
pub fn runner() -> String {
    let (user, host) = user_and_host();
    let host = host.unwrap_or_else(|| "an unknown host".to_owned());
    format!("{user}@{host}, process {}", std::process::id())
}

/// A runner without its process number; `None` if the name is empty.
pub(crate) fn person(runner: &str) -> Option<&str> {
    runner.split(", process").next().filter(|who| !who.is_empty())
}

/// The user of this process and the name of the machine.
#[must_use]
pub fn user_and_host() -> (String, Option<String>) {
    let user = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
    let user = user.filter(|user| !user.is_empty()).unwrap_or_else(|| "somebody".to_owned());
    let named = || files::read_text(Path::new("/etc/hostname"), MAX_HOST_BYTES).ok();
    let host = std::env::var("HOSTNAME").ok().or_else(named);
    (user, host.map(|host| host.trim().to_owned()).filter(|host| !host.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn journal_names_the_process_and_readers_see_the_person() {
        let process = format!(", process {}", std::process::id());
        assert!(runner().ends_with(&process) && runner().contains('@'));
        assert_eq!(person("alice@host, process 7"), Some("alice@host"));
        assert_eq!(person(""), None);
    }
}
