//! Countersign: a workload identity token broker for Kubernetes.
//!
//! A workload hands in a signed statement of who it is (RFC 7523); Countersign verifies it and
//! countersigns it with an access token. `ARCHITECTURE.md` in the repository is the map; this is the
//! order in which the modules build on each other:
//!
//! - pure, values and `now` in, values out: [`core`], [`jose`], [`keys`];
//! - edges, where clocks, Kubernetes, files and HTTP are touched: the rest.

pub mod api;
pub mod clock;
pub mod cluster;
pub mod controller;
pub mod core;
pub mod jose;
pub mod keys;
pub mod lifecycle;
pub mod oauth;
pub mod readiness;
pub mod replay;
