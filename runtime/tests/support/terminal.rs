//! A terminal, on which a command asks and a person answers.

use std::process::Command;

use super::{Bench, Ran};

/// Runs a command on a terminal, answers its question, and prints what it says.
const ON_A_TERMINAL: &str = "
import os, pty, sys
process, terminal = pty.fork()
if process == 0:
    os.execv(sys.argv[2], sys.argv[2:])
said, answered = b'', False
while True:
    try:
        data = os.read(terminal, 4096)
    except OSError:
        break
    if not data:
        break
    said += data
    if b'is accepted: ' in said and not answered:
        os.write(terminal, sys.argv[1].encode() + b'\\n')
        answered = True
sys.stdout.buffer.write(said)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
";

/// Run the command on a terminal, in the embedded cloud, and answer its question. All that it says is in `stdout`.
pub(crate) fn on_a_terminal(bench: &Bench<'_>, answer: &str, words: &str) -> Ran {
    let holdfast = bench.command(&[]);
    let mut command = Command::new("python3");
    command.args(["-c", ON_A_TERMINAL, answer]).arg(holdfast.get_program()).args(words.split(' '));
    command.current_dir(bench.folder.path()).env("HOLDFAST_CLOUD", "local:cloud.json").env("NO_COLOR", "1");
    command.output().unwrap().into()
}
