//! The tools that users have, run to their end.

use serde_json::Value;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// Runs `kubectl`, and returns what it printed.
///
/// # Panics
/// When it fails, with everything that it said.
#[track_caller]
pub(crate) fn kubectl<A: AsRef<str>>(args: &[A]) -> String {
    done(try_kubectl(args))
}

/// The same, or everything that it said when it failed.
pub(crate) fn try_kubectl<A: AsRef<str>>(args: &[A]) -> Result<String, String> {
    run("kubectl", args, "")
}

/// Runs `kubectl … --output json`, and returns what it found.
#[track_caller]
pub(crate) fn kubectl_json<A: AsRef<str>>(args: &[A]) -> Value {
    let mut all: Vec<&str> = args.iter().map(AsRef::as_ref).collect();
    all.extend(["--output", "json"]);
    serde_json::from_str(&kubectl(&all)).expect("JSON from kubectl")
}

/// Applies YAML or JSON (server-side, as a user would), or returns what the API server has against it.
pub(crate) fn try_apply(yaml: &str) -> Result<String, String> {
    run("kubectl", &["apply", "--server-side", "--filename", "-"], yaml)
}

/// Applies YAML or JSON.
#[track_caller]
pub(crate) fn apply(yaml: &str) {
    done(try_apply(yaml));
}

/// Runs `helm`, and returns what it printed.
#[track_caller]
pub(crate) fn helm<A: AsRef<str>>(args: &[A]) -> String {
    done(try_helm(args))
}

/// The same, or everything that it said when it failed.
pub(crate) fn try_helm<A: AsRef<str>>(args: &[A]) -> Result<String, String> {
    run("helm", args, "")
}

/// Runs a program with an input to its end; the error is what a person would want to see of it.
pub(crate) fn run<A: AsRef<str>>(program: &str, args: &[A], input: &str) -> Result<String, String> {
    let args: Vec<&str> = args.iter().map(AsRef::as_ref).collect();
    let mut child = Command::new(program)
        .args(&args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot run {program} ({error}): start with tests/cluster/run"));
    let mut stdin = child.stdin.take().expect("a pipe to the child");
    // A program that has failed before it read all of it says why itself.
    stdin.write_all(input.as_bytes()).unwrap_or_default();
    drop(stdin);
    let output = child.wait_with_output().expect("wait for a child");
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(stdout);
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "{program} {}: {}\n{stderr}{stdout}{input}",
        args.join(" "),
        output.status
    ))
}

#[track_caller]
fn done(ran: Result<String, String>) -> String {
    ran.unwrap_or_else(|error| panic!("{error}"))
}
