//! A server's view of the cluster, kept current by watches; nothing here is on the request path.

pub mod api_clock;
pub mod clients;
pub mod connect;
pub mod dated;
pub mod heartbeat;
pub mod issuer;
pub mod object_watch;
pub mod replay_log;
pub mod serving_certificate;
pub mod signing_keys;
pub mod view;
