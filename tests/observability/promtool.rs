//! `promtool`, from the `PATH`.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs it in `folder` with these arguments, and this on its standard input.
///
/// # Panics
/// When it finds a fault, or is not there.
pub(crate) fn run(folder: &Path, args: &[&str], input: &str) {
    let mut child = Command::new("promtool")
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| {
            panic!("promtool: {error}; install it: `apt-get install prometheus`, or a release of Prometheus")
        });
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let told = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "promtool {args:?}:\n{told}");
    // It writes its advice, and is content.
    let advice = told
        .lines()
        .find(|line| line.contains("should") || line.contains("lint"));
    assert_eq!(advice, None, "promtool {args:?}");
}
