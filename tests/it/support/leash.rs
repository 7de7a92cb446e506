//! Child processes that cannot outlive this one, however it ends.
//!
//! Each child has a watcher beside it, which waits for the end of a pipe whose other end only this
//! process holds. The kernel closes it when this process exits, panics, is interrupted or is killed
//! with -9, and the watcher then kills the child with -9 and removes what it was told to. The watcher
//! is a member of the child's process group, so the child's id cannot pass to another process
//! while the watcher lives, and the group is not the terminal's, so Ctrl-C reaches neither.

use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

/// Starts the watcher, then becomes the program. `$1` is the folder to remove at the end, or empty. The
/// program gets no input and does not inherit the pipe.
const SCRIPT: &str = r#"
folder=$1
shift
exec 3<&0 </dev/null
{
  trap '' HUP INT TERM
  read -r _ <&3
  kill -9 $$
  if [ -n "$folder" ]; then rm -rf "$folder" || { sleep 1; rm -rf "$folder"; }; fi
} >/dev/null 2>&1 &
exec 3<&-
exec "$@"
"#;

/// A running child and the only writing end of the pipe that keeps it alive.
#[derive(Debug)]
pub(crate) struct Leash {
    child: Child,
    _held: ChildStdin,
}

/// A command that runs `program` on a leash; arguments, environment and outputs are the caller's to
/// add. Of this process's environment it has only `PATH`, because `KUBECONFIG`, `ETCD_NAME` and the
/// like are the developer's settings, not the test's. Once this process has let go of the program, `remove` and everything in it is deleted.
pub(crate) fn command(program: &Path, remove: Option<&Path>) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", SCRIPT, "leash"])
        .arg(remove.unwrap_or(Path::new("")))
        .arg(program);
    shell
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    shell.process_group(0).stdin(Stdio::piped());
    shell
}

/// The same on one processor, if one is given (with `taskset`, of util-linux).
pub(crate) fn command_on(processor: Option<u16>, program: &Path, remove: Option<&Path>) -> Command {
    match processor {
        Some(processor) => {
            let mut command = command(Path::new("taskset"), remove);
            command.arg("-c").arg(processor.to_string()).arg(program);
            command
        }
        None => command(program, remove),
    }
}

// === impl Leash ===

impl Leash {
    /// Starts a command made by [`command`].
    pub(crate) fn start(mut leashed: Command) -> io::Result<Self> {
        let mut child = leashed.spawn()?;
        let held = child
            .stdin
            .take()
            .ok_or_else(|| io::Error::other("the child has no input pipe"))?;
        Ok(Self { child, _held: held })
    }

    /// The process id of the program itself: the shell that started it has become it.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How the program ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("ask for the state of a child")
    }

    /// Sends the signal of this name (`TERM`, `INT`, `KILL`, …) to the program.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("/bin/sh")
            .args(["-c", r#"kill -s "$1" "$2""#, "kill", name])
            .arg(self.pid().to_string())
            .status()
            .expect("run kill");
        assert!(status.success(), "cannot send SIG{name} to {}", self.pid());
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        // An error means that it has ended already.
        self.child.kill().unwrap_or_default();
        self.child.wait().unwrap_or_else(|_| ExitStatus::from_raw(0));
    }
}
