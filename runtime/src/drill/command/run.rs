//! Running a command: with nothing of what this process has been given. It is a program of the same user all the same: it can read what that
//! user can, and reach what the machine can.

use std::process::Stdio;
use std::time::Duration as Time;

use holdfast_compiler::units::Duration;
use tokio::process::{Child, Command};

use super::output::Output;
use crate::files::PrivateFolder;

/// Where a program may look for others: the folders of the system (hier(7)).
const PATH: &str = "/usr/bin:/bin";

/// Run a command to its end. Whether it exits with 0, and what was seen; `None`: it could not be run.
pub(super) async fn run(argv: &[String], within: Duration) -> (Option<bool>, String) {
    let folder = match PrivateFolder::new() {
        Ok(folder) => folder,
        Err(error) => return (None, format!("it was not run: {error}")),
    };
    let Some((program, arguments)) = argv.split_first() else {
        return (None, "it was not run: it names no program".to_owned());
    };
    let mut command = Command::new(program);
    hide();
    // Nothing of this environment, and so none of its credentials.
    command.args(arguments).env_clear().env("PATH", PATH).env("HOME", folder.path());
    command.current_dir(folder.path());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    command.process_group(0);
    let mut child = match command.kill_on_drop(true).spawn() {
        Ok(child) => child,
        Err(error) => return (None, format!("it could not be run: {error}")),
    };
    let group = Group::of(&child);
    let output = Output::of(&mut child);
    let ended = tokio::time::timeout(Time::from_secs(within.as_seconds()), child.wait()).await;
    drop(group);
    let said = output.said().await;
    match ended {
        Err(_) => (Some(false), format!("it did not end within {}, and was ended{said}", within.in_words())),
        Ok(Err(error)) => (None, format!("nobody can tell how it ended: {error}")),
        Ok(Ok(status)) => match status.code() {
            Some(code) => (Some(code == 0), format!("it exited with {code}{said}")),
            None => (Some(false), format!("a signal ended it{said}")),
        },
    }
}

/// Keep other programs of this user from reading the environment of this process (proc(5), `/proc/pid/environ`). Root can all the same.
fn hide() {
    #[cfg(target_os = "linux")]
    {
        // Only an unknown behaviour is an error.
        let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    }
}

/// The process group of a command. Dropping it ends everything in it, also if the drill is stopped.
struct Group(#[cfg_attr(not(unix), expect(dead_code, reason = "there are no process groups"))] Option<u32>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(child.id())
    }
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        use rustix::process::{Pid, Signal, kill_process_group};
        let id = self.0.and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        // It may be over already.
        let _ = id.map(|id| kill_process_group(id, Signal::KILL));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    async fn shell(script: &str, seconds: u64) -> (Option<bool>, String) {
        let argv = ["/bin/sh", "-c", script].map(str::to_owned);
        run(&argv, Duration::seconds(seconds)).await
    }

    #[tokio::test]
    async fn exit_code_decides_and_output_is_bounded() {
        assert_eq!(shell("echo fine", 30).await, (Some(true), "it exited with 0: fine".to_owned()));
        assert_eq!(
            shell("echo bad >&2; exit 3", 30).await,
            (Some(false), "it exited with 3: bad".to_owned())
        );
        let (met, said) = shell("yes | head -c 1000000", 30).await;
        assert!(met == Some(true) && said.len() < 1_100 && said.ends_with('…'), "{}", said.len());
        assert_eq!(shell("kill -9 $$", 30).await.1, "a signal ended it");
        let (met, said) = run(&["/no/such/program".to_owned()], Duration::seconds(1)).await;
        assert!(met.is_none() && said.starts_with("it could not be run: "), "{said}");
    }

    #[tokio::test]
    async fn command_sees_no_environment_no_home_and_no_input() {
        // What cargo gives a test, such as `CARGO_PKG_NAME`, is not there either.
        let (_, said) = shell(
            "/usr/bin/env | /bin/sed 's/=.*//' | /usr/bin/sort | /usr/bin/tr '\\n' ' '; cat; ls -A $HOME .",
            30,
        )
        .await;
        let names: Vec<&str> = said.trim_start_matches("it exited with 0: ").split_whitespace().collect();
        let allowed = ["PATH", "HOME", "PWD", "OLDPWD", "SHLVL", "_", ".:"];
        let strange: Vec<_> =
            names.iter().filter(|name| !allowed.contains(name) && !name.starts_with('/')).collect();
        assert!(strange.is_empty(), "{said}");
    }

    #[tokio::test]
    async fn command_that_hangs_is_ended_with_its_children() {
        let (met, said) = shell("sleep 1000 & echo $!; sleep 1000", 1).await;
        assert_eq!(met, Some(false));
        let child = said.strip_prefix("it did not end within 1 s, and was ended: ").unwrap();
        // A child that was ended and that nobody waited for is a zombie at most.
        let status = format!("/proc/{child}/stat");
        let is_over = || {
            let text = crate::files::read_text(std::path::Path::new(&status), 4096);
            text.map_or(true, |text| text.contains(") Z ") || text.contains(") X "))
        };
        // The kernel ends the child soon after the signal.
        let until_over = async {
            while !is_over() {
                tokio::time::sleep(Time::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Time::from_secs(30), until_over).await.unwrap();
    }
}
