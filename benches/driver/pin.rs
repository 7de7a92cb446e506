//! Which processor something runs on.

use anyhow::Context;
use std::process::Command;

/// A command that will run on one processor.
pub(crate) fn on(processor: u16, program: &str) -> Command {
    let mut command = Command::new("taskset");
    command.arg("-c").arg(processor.to_string()).arg(program);
    command
}

/// Does `work` on a thread of its own, on one processor.
pub(crate) fn apart<T: Send>(
    processor: u16,
    work: impl FnOnce() -> anyhow::Result<T> + Send,
) -> anyhow::Result<T> {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            move_this_thread(processor)?;
            work()
        });
        thread.join().map_err(|_| anyhow::anyhow!("a thread panicked"))?
    })
}

fn move_this_thread(processor: u16) -> anyhow::Result<()> {
    let thread = std::fs::read_link("/proc/thread-self").context("no /proc/thread-self")?;
    let id = thread.file_name().context("no thread id")?;
    let mut command = Command::new("taskset");
    command.args(["-pc", &processor.to_string()]).arg(id);
    let output = command.output().context("cannot run taskset (of util-linux)")?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(
        output.status.success(),
        "processor {processor} cannot be used: {}",
        complaint.trim()
    );
    Ok(())
}
