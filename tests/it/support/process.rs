//! The product's programs, run as processes, with what they write kept for the test to read.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use tempfile::TempDir;

use super::leash::{self, Leash};
use super::{eventually, logs};

/// Where a product built for measuring coverage writes what it measured.
const COVERAGE: &str = "LLVM_PROFILE_FILE";

/// A running program, killed when the value is dropped or this process ends.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    leash: Leash,
    outputs: TempDir,
}

/// A program with its arguments and environment, not started yet.
#[derive(Debug)]
pub(crate) struct Program {
    path: PathBuf,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
}

// === impl Program ===

impl Program {
    /// Adds a variable to the environment, which otherwise has only `PATH`.
    pub(crate) fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env
            .push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Adds these variables.
    pub(crate) fn envs(mut self, variables: &[(String, String)]) -> Self {
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
        self.env.extend(variables);
        self
    }

    /// Starts the program.
    pub(crate) fn start(self) -> Process {
        let outputs = tempfile::Builder::new()
            .prefix("process-")
            .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
            .expect("make a folder for a process");
        let file = |name: &str| File::create(outputs.path().join(name)).expect("make an output file");
        let coverage = std::env::var_os(COVERAGE).map(|value| (COVERAGE, value));
        let mut command = leash::command(&self.path, Some(outputs.path()));
        command.args(self.args).envs(coverage).envs(self.env);
        command.stdout(file("stdout")).stderr(file("stderr"));
        let name = self.path.file_name().unwrap_or_default().display().to_string();
        let leash = Leash::start(command).unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
        Process { name, leash, outputs }
    }
}

// === impl Process ===

impl Process {
    /// The product's `countersign` with these arguments.
    pub(crate) fn countersign<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Program {
        Self::program(Path::new(env!("CARGO_BIN_EXE_countersign")), args)
    }

    /// Another program with these arguments.
    pub(crate) fn program<A: AsRef<OsStr>>(path: &Path, args: impl IntoIterator<Item = A>) -> Program {
        Program {
            path: path.to_owned(),
            args: args.into_iter().map(|arg| arg.as_ref().to_owned()).collect(),
            env: Vec::new(),
        }
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.leash.pid()
    }

    /// What it has written to its standard output so far.
    pub(crate) fn stdout(&self) -> String {
        logs::text(&self.output("stdout"))
    }

    /// What it has written to its standard error so far.
    pub(crate) fn stderr(&self) -> String {
        logs::text(&self.output("stderr"))
    }

    /// Asks it to end, as a kubelet does (SIGTERM).
    pub(crate) fn terminate(&self) {
        self.signal("TERM");
    }

    /// Sends it the signal of this name (`INT`, `KILL`, `STOP`, …).
    pub(crate) fn signal(&self, name: &str) {
        self.leash.signal(name);
    }

    /// Waits until it has ended.
    ///
    /// # Panics
    /// When it still runs after `deadline`.
    pub(crate) async fn wait(&mut self, deadline: Duration) -> ExitStatus {
        let what = format!("the end of {}\n{}", self.name, self.tails());
        eventually(deadline, &what, async || self.leash.ended()).await
    }

    /// Waits until it has written a line with `part` in it, to either output, and returns the line.
    ///
    /// # Panics
    /// When the line has not come after `deadline`, or cannot come because the process has ended.
    pub(crate) async fn wait_for_line(&mut self, part: &str, deadline: Duration) -> String {
        eventually(
            deadline,
            &format!("a line of {} with {part:?} in it", self.name),
            async || {
                let ended = self.leash.ended();
                let found = [self.stdout(), self.stderr()].iter().find_map(|text| {
                    // The last piece is no line until its end is there, or nothing more can come.
                    let whole = text
                        .split_inclusive('\n')
                        .filter(|line| ended.is_some() || line.ends_with('\n'));
                    whole
                        .map(str::trim_end)
                        .find(|line| line.contains(part))
                        .map(str::to_owned)
                });
                if let (None, Some(status)) = (&found, ended) {
                    panic!(
                        "{} ended ({status}) without a line with {part:?} in it\n{}",
                        self.name,
                        self.tails()
                    );
                }
                found.ok_or_else(|| self.tails())
            },
        )
        .await
    }

    fn output(&self, name: &str) -> PathBuf {
        self.outputs.path().join(name)
    }

    fn tails(&self) -> String {
        format!(
            "{}\n{}",
            logs::tail(&self.output("stdout")),
            logs::tail(&self.output("stderr"))
        )
    }
}
