//! Each assertion is honoured at most once: three server processes, one API server, and what can go wrong
//! between them.

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
mod report;
mod scenario;
mod site;
mod skewed;
mod storage;
mod storm;
mod uses;
mod workload;
mod writes;
