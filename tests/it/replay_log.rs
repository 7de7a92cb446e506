//! Each assertion is honoured at most once: three server processes, one API server, and what can go wrong
//! between them.

// `tests/faults` has the long forms of the same scenarios.

mod api_servers;
mod checker;
mod clocks;
mod connections;
mod history;
mod load;
mod races;
mod recorder;
mod reinstalled;
mod replicas;
mod scenario;
mod second;
mod site;
mod skewed;
mod storage;
mod storm;
mod uses;
mod workload;
mod writes;
