//! Programs that the tests bring along as Go modules, built once.
//!
//! A build is kept in `target/<module>/` with a digest of what it was made from, and is made again only
//! when that changes. Two processes never build at once, and neither ever sees half a binary. Having no
//! Go is a failure that says what to do, never a skip.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A module in `tests/<name>`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GoModule {
    /// Its folder, and the name of the binary.
    pub(crate) name: &'static str,
    /// What it is told through the linker.
    pub(crate) ldflags: &'static str,
    /// What is built and how long that takes, for who waits.
    pub(crate) told: &'static str,
    /// What helps who has no Go, besides installing it.
    pub(crate) otherwise: &'static str,
}

// === impl GoModule ===

impl GoModule {
    /// The binary, building it if it is not there or not the right one.
    pub(crate) fn built(self) -> PathBuf {
        let folder = target_folder().join(self.name);
        fs::create_dir_all(&folder).expect("create the folder of a build");
        let lock = File::create(folder.join("lock")).expect("create the lock of a build");
        lock.lock().expect("lock a build");
        let module = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests")
            .join(self.name);
        let binary = folder.join(self.name);
        let marker = folder.join(format!("{}.sha256", self.name));
        let wanted = self.digest(&module);
        let made_from = fs::read_to_string(&marker).unwrap_or_default();
        if !binary.is_file() || made_from != wanted {
            self.build(&module, &binary);
            fs::write(&marker, wanted).expect("write the digest of a build");
        }
        binary
    }

    fn build(self, module: &Path, binary: &Path) {
        let mut stderr = std::io::stderr();
        writeln!(stderr, "building {} from {}", self.told, module.display()).expect("write to stderr");
        let started = Instant::now();
        let unfinished = binary.with_extension(format!("{}.new", std::process::id()));
        let fixed = ["build", "-mod=readonly", "-trimpath", "-buildvcs=false"];
        let output = Command::new("go")
            .args(fixed)
            .args(["-ldflags", self.ldflags, "-o"])
            .arg(&unfinished)
            .arg(".")
            .current_dir(module)
            .env("GOTOOLCHAIN", "local")
            .env("GOWORK", "off")
            .output()
            .unwrap_or_else(|error| {
                panic!(
                    "cannot run `go` ({error}) to build tests/{}. Install Go 1.26 or newer \
                     (https://go.dev/dl){}",
                    self.name, self.otherwise
                )
            });
        assert!(
            output.status.success(),
            "`go build` in {} failed: {}",
            module.display(),
            String::from_utf8_lossy(&output.stderr)
        );
        fs::rename(&unfinished, binary).expect("put a build in place");
        writeln!(stderr, "built tests/{} in {:.0?}", self.name, started.elapsed()).expect("write to stderr");
    }

    /// A digest of everything that decides what the binary does.
    fn digest(self, module: &Path) -> String {
        let mut context = Context::new(&SHA256);
        context.update(self.ldflags.as_bytes());
        let mut sources = Vec::new();
        collect(module, &mut sources);
        sources.sort();
        for path in sources {
            let bytes =
                fs::read(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
            let name = path.strip_prefix(module).expect("a file of the module");
            context.update(name.as_os_str().as_encoded_bytes());
            context.update(&bytes);
        }
        STANDARD.encode(context.finish())
    }
}

/// The files of a module, and of its packages.
fn collect(folder: &Path, sources: &mut Vec<PathBuf>) {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("cannot read {}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("an entry of a folder").path();
        let of_go = ["go", "mod", "sum"]
            .iter()
            .any(|extension| path.extension() == Some(OsStr::new(extension)));
        if path.is_dir() {
            collect(&path, sources);
        } else if of_go {
            sources.push(path);
        }
    }
}

/// The `target` folder of this build, wherever it was put.
pub(crate) fn target_folder() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("CARGO_TARGET_TMPDIR is inside the target folder")
}
