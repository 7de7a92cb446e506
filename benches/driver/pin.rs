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
    on_a_thread(|| {
        move_this_thread(processor)?;
        work()
    })
}

/// The same as somebody idle (`SCHED_IDLE`): whatever else wants the processor gets it at once.
pub(crate) fn beneath<T: Send>(
    processor: u16,
    work: impl FnOnce() -> anyhow::Result<T> + Send,
) -> anyhow::Result<T> {
    on_a_thread(|| {
        move_this_thread(processor)?;
        of_this_thread("chrt", &["--idle", "-p", "0"])?;
        work()
    })
}

fn on_a_thread<T: Send>(work: impl FnOnce() -> anyhow::Result<T> + Send) -> anyhow::Result<T> {
    std::thread::scope(|scope| {
        let thread = scope.spawn(work);
        thread.join().map_err(|_| anyhow::anyhow!("a thread panicked"))?
    })
}

fn move_this_thread(processor: u16) -> anyhow::Result<()> {
    let processor = processor.to_string();
    of_this_thread("taskset", &["-pc", &processor])
        .with_context(|| format!("processor {processor} cannot be used"))
}

/// Runs a program of util-linux on this thread: its id is the last argument.
fn of_this_thread(program: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let thread = std::fs::read_link("/proc/thread-self").context("no /proc/thread-self")?;
    let id = thread.file_name().context("no thread id")?;
    let output = Command::new(program).args(arguments).arg(id).output();
    let output = output.with_context(|| format!("cannot run {program} (of util-linux)"))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{program}: {}", complaint.trim());
    Ok(())
}
