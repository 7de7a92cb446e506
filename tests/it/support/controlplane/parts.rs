//! The programs of a control plane, and how each is called.

use super::super::binaries::Binaries;
use super::super::leash::{self, Leash};
use super::{ISSUER, Options, Part};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How the parts of one control plane are started, the first time and again.
pub(super) struct Plan {
    pub(super) binaries: Binaries,
    pub(super) folder: PathBuf,
    /// The address of the API server.
    pub(super) url: String,
    pub(super) etcd_url: String,
    /// Where etcd listens for other members, of which there are none.
    pub(super) peer_url: String,
    pub(super) options: Options,
}

// === impl Plan ===

impl Plan {
    /// Starts a part, with the data and the address that it has in this control plane.
    pub(super) fn start(&self, part: Part) -> Result<Leash, String> {
        match part {
            Part::Etcd => start(self.etcd(), &self.folder.join("etcd.log")),
            Part::ApiServer => {
                let command = self.apiserver(&self.url, &self.etcd_url);
                start(command, &self.folder.join("kube-apiserver.log"))
            }
        }
    }

    fn etcd(&self) -> Command {
        let (url, peer) = (&self.etcd_url, &self.peer_url);
        let mut command = leash::command_on(self.options.processor, &self.binaries.program("etcd"), None);
        command
            .arg(flag("--data-dir", &self.folder.join("etcd")))
            .args(["--log-level=warn", "--name=test"])
            .args((!self.options.fsync).then_some("--unsafe-no-fsync"))
            .arg(format!("--listen-client-urls={url}"))
            .arg(format!("--advertise-client-urls={url}"))
            .arg(format!("--listen-peer-urls={peer}"))
            .arg(format!("--initial-advertise-peer-urls={peer}"))
            .arg(format!("--initial-cluster=test={peer}"));
        command
    }

    /// An API server that listens at `url` and keeps its objects in the etcd at `etcd_url`.
    pub(super) fn apiserver(&self, url: &str, etcd_url: &str) -> Command {
        let (port, folder) = (url.rsplit(':').next().unwrap_or_default(), &self.folder);
        let mut command = leash::command_on(
            self.options.processor,
            &self.binaries.program("kube-apiserver"),
            None,
        );
        command
            .arg(format!("--etcd-servers={etcd_url}"))
            .arg(format!("--secure-port={port}"))
            .args(["--bind-address=127.0.0.1", "--advertise-address=127.0.0.1"])
            // Loopback addresses are refused as endpoints of the `kubernetes` Service; nobody needs them.
            .arg("--endpoint-reconciler-type=none")
            .arg("--service-cluster-ip-range=10.0.0.0/24")
            .arg("--authorization-mode=Node,RBAC")
            .arg("--allow-privileged=true")
            .arg(flag("--client-ca-file", &folder.join("ca.crt")))
            .arg(flag("--tls-cert-file", &folder.join("serving.crt")))
            .arg(flag("--tls-private-key-file", &folder.join("serving.key")))
            .arg(format!("--service-account-issuer={ISSUER}"))
            .arg(flag(
                "--service-account-key-file",
                &folder.join("service-account.key"),
            ))
            .arg(flag(
                "--service-account-signing-key-file",
                &folder.join("service-account.key"),
            ))
            .args(&self.options.apiserver_flags);
        command
    }
}

pub(super) fn flag(name: &str, path: &Path) -> String {
    format!("{name}={}", path.display())
}

/// Starts a command whose outputs are added to `log`.
pub(super) fn start(mut command: Command, log: &Path) -> Result<Leash, String> {
    let open = || {
        let output = File::options().create(true).append(true).open(log)?;
        command.stdout(output.try_clone()?).stderr(output);
        Leash::start(command)
    };
    open().map_err(|error| format!("cannot start what writes {}: {error}", log.display()))
}
