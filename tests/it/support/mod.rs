//! What the tests stand on: a real control plane, processes that cannot outlive the run, and waiting.

pub(crate) mod accounts;
mod announce;
pub(crate) mod binaries;
pub(crate) mod cluster;
pub(crate) mod command;
pub(crate) mod controlplane;
pub(crate) mod dev;
pub(crate) mod endpoint;
pub(crate) mod eventually;
pub(crate) mod go;
pub(crate) mod home;
pub(crate) mod kubeconfig;
pub(crate) mod leash;
pub(crate) mod logs;
pub(crate) mod manifests;
pub(crate) mod pki;
pub(crate) mod ports;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod release;
pub(crate) mod seat;
pub(crate) mod stub;
pub(crate) mod tools;
pub(crate) mod workloads;

pub(crate) use announce::announce;
pub(crate) use controlplane::{ControlPlane, Options};
pub(crate) use eventually::eventually;
pub(crate) use process::Process;
