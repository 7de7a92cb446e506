//! helm and kubeconform, in the versions that `tests/tools` pins.

use super::go::target_folder;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The program called `name`; all of them are built if they are not there.
///
/// Having no program and no way to build it is a failure that says what to do, never a skip.
pub(crate) fn tool(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(built).join(name)
}

fn built() -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/build");
    let output = Command::new("bash")
        .arg(&script)
        .env("CARGO_TARGET_DIR", target_folder())
        .output()
        .unwrap_or_else(|error| panic!("cannot run bash: {error}"));
    assert!(
        output.status.success(),
        "{} failed: {}",
        script.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    target_folder().join("tools")
}
