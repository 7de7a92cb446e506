//! The Helm chart, and what else of `deploy/` says the same: rendered by the real helm, judged by the real API server.

mod accepted;
mod admitted;
mod copy;
mod crds;
mod docs;
mod documented;
mod faults;
mod gitops;
mod helm;
mod kubeconform;
mod kustomize;
mod matters;
mod monitoring;
mod names;
mod notes;
mod pods;
mod readme;
mod rights;
mod schema;
mod sources;
mod tls;
mod values;
