//! The programs of the control plane: from `KUBEBUILDER_ASSETS`, or built here, once.
//!
//! Having no programs and no way to build them is a failure that says what to do, never a skip.

use std::ffi::OsString;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::go::GoModule;

/// The environment variable, by the convention of envtest, that names a folder with `etcd`,
/// `kube-apiserver` and `kubectl`, and perhaps `kube-controller-manager`.
const ASSETS: &str = "KUBEBUILDER_ASSETS";

/// All four programs in one. The version is the one that the module pins, which its `go.mod` cannot tell
/// the binary.
const MODULE: GoModule = GoModule {
    name: "controlplane",
    ldflags: "-s -w \
        -X k8s.io/component-base/version.gitVersion=v1.36.3 \
        -X k8s.io/component-base/version.gitMajor=1 \
        -X k8s.io/component-base/version.gitMinor=36",
    told: "etcd, kube-apiserver, kube-controller-manager and kubectl (about 5 minutes on 2 cores, once; \
           seconds if Go's cache is warm)",
    otherwise: ", or bring your own programs: \
                `export KUBEBUILDER_ASSETS=$(setup-envtest use 1.36 -p path)`",
};

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
        let binary = MODULE.built();
        let folder = binary.parent().expect("a binary in a folder").to_owned();
        for name in COMPONENTS {
            link(&folder, name);
        }
        Self { folder }
    }
}

/// The binary takes the part of the name it is called by.
fn link(folder: &Path, name: &str) {
    let path = folder.join(name);
    if !path.is_symlink() {
        symlink("controlplane", &path)
            .unwrap_or_else(|error| panic!("cannot link {}: {error}", path.display()));
    }
}
