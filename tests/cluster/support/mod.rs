//! What the tests on a cluster stand on: the tools that users have, namespaces that go away, and waiting.

pub(crate) mod command;
#[path = "../../it/support/eventually.rs"]
pub(crate) mod eventually;
pub(crate) mod leaks;
pub(crate) mod observers;
pub(crate) mod pod;
pub(crate) mod release;
mod report;
pub(crate) mod space;
pub(crate) mod workload;

pub(crate) use eventually::eventually;
pub(crate) use space::Space;

use std::time::Duration;

/// Our image, as `images/build` names it.
pub(crate) const IMAGE: &str = concat!("ghcr.io/countersign/countersign:", env!("CARGO_PKG_VERSION"));
/// The image with the programs of `tests/cluster/workloads`.
pub(crate) const WORKLOADS: &str = "localhost/countersign-workloads:1";

/// How long something may take that a cluster does by itself, on a machine that has much to do.
pub(crate) const SOON: Duration = Duration::from_secs(90);

/// Whether the cluster is the node of `tests/cluster/up`, rather than one that somebody else has started.
pub(crate) fn is_own_node() -> bool {
    std::env::var_os("COUNTERSIGN_CLUSTER").is_none_or(|value| value != "existing")
}
