//! Countersign: a workload identity token broker for Kubernetes.
//!
//! A workload hands in a signed statement of who it is (RFC 7523); Countersign verifies it and
//! countersigns it with an access token. `ARCHITECTURE.md` in the repository is the map; this is the
//! order in which the modules build on each other:
//!
//! - pure, values and `now` in, values out: [`core`], [`jose`], [`oauth`], [`grants`], [`keys`],
//!   [`api`] and the plans of the [`controller`];
//! - edges, where clocks, Kubernetes, files and HTTP are touched: the rest.

pub mod api;
pub mod certificates;
pub mod cli;
pub mod client;
pub mod clock;
pub mod cluster;
pub mod controller;
pub mod core;
pub mod dev;
pub mod fetch;
pub mod grants;
pub mod index;
pub mod jose;
pub mod keys;
pub mod lifecycle;
pub mod metrics;
pub mod oauth;
pub mod readiness;
pub mod replay;
pub mod server;
pub mod telemetry;
