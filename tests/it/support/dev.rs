//! A running `countersign dev`, and the folder that it follows.

use super::Process;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

/// How long it may take to start, or to notice a change.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// The server, the folder with its objects, and another one for keys.
#[derive(Debug)]
pub(crate) struct Dev {
    pub(crate) process: Process,
    pub(crate) issuer: String,
    objects: TempDir,
    keys: TempDir,
}

// === impl Dev ===

impl Dev {
    /// Starts on a folder with these files.
    pub(crate) async fn start(files: &[(&str, &str)]) -> Self {
        Self::start_with(files, &[]).await
    }

    /// The same, with further arguments.
    pub(crate) async fn start_with(files: &[(&str, &str)], args: &[&str]) -> Self {
        Self::start_env(files, args, &[]).await
    }

    /// The same, with variables in its environment.
    pub(crate) async fn start_env(files: &[(&str, &str)], args: &[&str], env: &[(String, String)]) -> Self {
        let folder = || {
            let mut builder = tempfile::Builder::new();
            builder
                .prefix("dev-")
                .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
                .unwrap()
        };
        let (objects, keys) = (folder(), folder());
        for (name, text) in files {
            std::fs::write(objects.path().join(name), text).unwrap();
        }
        let dir = objects.path().to_str().unwrap();
        let fixed = ["dev", "--dir", dir, "--listen", "127.0.0.1:0"];
        let mut process = Process::countersign(fixed.iter().chain(args)).envs(env).start();
        let line = process.wait_for_line("issuer", SOON).await;
        process.wait_for_line("clients", SOON).await;
        let issuer = line.split_whitespace().last().unwrap().to_owned();
        Self {
            process,
            issuer,
            objects,
            keys,
        }
    }

    /// Writes a file of objects, in one step, as an editor does.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let unfinished = self.keys.path().join("unfinished");
        std::fs::write(&unfinished, text).unwrap();
        std::fs::rename(unfinished, self.objects.path().join(name)).unwrap();
    }

    /// Deletes a file of objects.
    pub(crate) fn delete(&self, name: &str) {
        std::fs::remove_file(self.objects.path().join(name)).unwrap();
    }

    /// Where a key of this name is kept.
    pub(crate) fn key(&self, name: &str) -> PathBuf {
        self.keys.path().join(name)
    }
}
