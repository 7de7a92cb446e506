//! What the benchmarks share: the limit that cryptography sets, what is asked for, and figures.

pub(crate) mod figures;
pub(crate) mod kind;
pub(crate) mod limit;
