//! Each right of the table is needed, and no account has another one.

mod ablation;
mod check;
mod everywhere;
mod leases;
mod needed;
mod refused;
mod scene;
mod told;
mod trust;
