//! The programs of the control plane: from `KUBEBUILDER_ASSETS`, or built here, once.
//!
//! A build is kept in `target/controlplane/` with a digest of what it was made from, and is made again
//! only when that changes. Two processes never build at once, and neither ever sees half a binary.
//! Having no programs and no way to build them is a failure that says what to do, never a skip.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The environment variable, by the convention of envtest, that names a folder with `etcd`,
/// `kube-apiserver` and `kubectl`, and perhaps `kube-controller-manager`.
const ASSETS: &str = "KUBEBUILDER_ASSETS";

/// The version that the module in `tests/controlplane` pins, which its `go.mod` cannot tell the binary.
const LDFLAGS: &str = "-s -w \
    -X k8s.io/component-base/version.gitVersion=v1.36.3 \
    -X k8s.io/component-base/version.gitMajor=1 \
    -X k8s.io/component-base/version.gitMinor=36";

const COMPONENTS: [&str; 4] = ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"];

/// A folder with the programs of the control plane.
#[derive(Debug, Clone)]
pub(crate) struct Binaries {
    folder: PathBuf,
}

// === impl Binaries ===

impl Binaries {
    /// Finds the programs, building them if they are not there.
    pub(crate) fn find() -> Self {
        match std::env::var_os(ASSETS).filter(|value| !value.is_empty()) {
            Some(folder) => Self::in_assets(folder),
            None => Self::built(),
        }
    }

    /// The path of the program called `name`.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        let path = self.folder.join(name);
        assert!(
            path.is_file(),
            "this test needs {name}, and {} has none: put it there, or unset {ASSETS} so that the tests \
             build their own control plane (this takes Go)",
            self.folder.display()
        );
        path
    }

    /// The programs in a folder that somebody else filled.
    pub(crate) fn in_assets(folder: OsString) -> Self {
        let binaries = Self {
            folder: PathBuf::from(folder),
        };
        for name in ["etcd", "kube-apiserver", "kubectl"] {
            binaries.program(name);
        }
        binaries
    }

    fn built() -> Self {
        let folder = target_folder().join("controlplane");
        fs::create_dir_all(&folder).expect("create target/controlplane");
        let lock = File::create(folder.join("lock")).expect("create the lock of target/controlplane");
        lock.lock().expect("lock target/controlplane");
        let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/controlplane");
        let binary = folder.join("controlplane");
        let marker = folder.join("controlplane.sha256");
        let wanted = digest(&module);
        let made_from = fs::read_to_string(&marker).unwrap_or_default();
        if !binary.is_file() || made_from != wanted {
            build(&module, &binary);
            fs::write(&marker, wanted).expect("write the digest of the control plane");
        }
        for name in COMPONENTS {
            link(&folder, name);
        }
        Self { folder }
    }
}

/// The `target` folder of this build, wherever it was put.
pub(crate) fn target_folder() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("CARGO_TARGET_TMPDIR is inside the target folder")
}

fn build(module: &Path, binary: &Path) {
    let mut stderr = std::io::stderr();
    writeln!(
        stderr,
        "building etcd, kube-apiserver, kube-controller-manager and kubectl from {}: about 5 minutes on 2 \
         cores, once (seconds if Go's cache is warm)",
        module.display()
    )
    .expect("write to stderr");
    let started = Instant::now();
    let unfinished = binary.with_extension(format!("{}.new", std::process::id()));
    let output = Command::new("go")
        .args([
            "build",
            "-mod=readonly",
            "-trimpath",
            "-buildvcs=false",
            "-ldflags",
            LDFLAGS,
            "-o",
        ])
        .arg(&unfinished)
        .arg(".")
        .current_dir(module)
        .env("GOTOOLCHAIN", "local")
        .env("GOWORK", "off")
        .output()
        .unwrap_or_else(|error| {
            panic!(
                "cannot run `go` ({error}) to build the control plane of the tests. Install Go 1.26 or newer \
                 (https://go.dev/dl), or bring your own programs: \
                 `export {ASSETS}=$(setup-envtest use 1.36 -p path)`"
            )
        });
    assert!(
        output.status.success(),
        "`go build` in {} failed: {}",
        module.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    fs::rename(&unfinished, binary).expect("put the built control plane in place");
    writeln!(stderr, "built the control plane in {:.0?}", started.elapsed()).expect("write to stderr");
}

/// A digest of everything that decides what the binary does.
fn digest(module: &Path) -> String {
    let mut context = Context::new(&SHA256);
    context.update(LDFLAGS.as_bytes());
    for name in ["go.mod", "go.sum", "main.go"] {
        let path = module.join(name);
        let bytes = fs::read(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
        context.update(name.as_bytes());
        context.update(&bytes);
    }
    STANDARD.encode(context.finish())
}

/// The binary takes the part of the name it is called by.
fn link(folder: &Path, name: &str) {
    let path = folder.join(name);
    if !path.is_symlink() {
        symlink("controlplane", &path)
            .unwrap_or_else(|error| panic!("cannot link {}: {error}", path.display()));
    }
}
