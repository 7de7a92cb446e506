//! The HTTP server: the token endpoint and the documents on one port; health and metrics on another.

mod activity;
pub mod answer;
pub mod audit;
pub mod broker;
pub mod documents;
pub mod health;
pub mod limits;
pub mod listener;
pub mod metrics;
pub mod router;
pub mod serve;
mod span;
pub mod tls;
pub mod token;

#[cfg(test)]
mod properties;
