//! The command line as a user has it: arguments in, two streams and an exit code out.

use super::Process;
use std::ffi::OsStr;
use std::time::Duration;

/// Longer than any command takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs `countersign` with these arguments to its end.
pub(crate) async fn countersign<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Ran {
    countersign_with(args, &[]).await
}

/// The same, with variables in an otherwise empty environment.
pub(crate) async fn countersign_with<A: AsRef<OsStr>>(
    args: impl IntoIterator<Item = A>,
    env: &[(&str, &OsStr)],
) -> Ran {
    let program = Process::countersign(args);
    let mut process = env
        .iter()
        .fold(program, |program, (name, value)| program.env(name, value))
        .start();
    let status = process.wait(PATIENCE).await;
    Ran {
        code: status.code().expect("an exit code rather than a signal"),
        stdout: process.stdout(),
        stderr: process.stderr(),
    }
}

// === impl Ran ===

impl Ran {
    /// The data of a command that did what it was asked to.
    pub(crate) fn data(&self) -> &str {
        assert_eq!(self.code, 0, "{self:?}");
        &self.stdout
    }

    /// The explanation of a command that did not, which is on standard error alone.
    pub(crate) fn failure(&self) -> &str {
        self.ended_with(1)
    }

    /// The explanation of wrong usage.
    pub(crate) fn usage(&self) -> &str {
        self.ended_with(2)
    }

    fn ended_with(&self, code: i32) -> &str {
        assert_eq!((self.code, self.stdout.as_str()), (code, ""), "{self:?}");
        assert!(!self.stderr.is_empty());
        &self.stderr
    }
}
