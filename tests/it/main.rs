//! The integration tests: the product against a real control plane.
//!
//! They are one binary so that one control plane, started by the first test that asks for it, serves
//! the whole run. Every test works in a namespace of its own.

mod fixture;
mod oauthclient_schema;
mod status_policy;
mod support;
