//! The kinds of `countersign.dev/v1alpha1`, as they travel.
//!
//! These types are wider than what is accepted: an object that was stored under an older schema, or
//! past the schema, still decodes, and [`accept`](crate::api::accept) says what is wrong with it. The
//! schema's own bounds and rules stand beside the fields that they are about.

#![expect(
    unreachable_pub,
    reason = "the schema derive repeats each type inside of a function"
)]

mod client;
mod grants;
mod identity;
mod jwk;
mod policy;
mod replay_segment;
mod rules;
mod status;

pub use client::{OAuthClient, OAuthClientSpec};
pub use grants::{ClientCredentials, Grants, JwtBearer, Resource};
pub use identity::{ConfigMapKey, Identity, Keys, SecretKey, ServiceAccount};
pub use jwk::{Jwk, Jwks, PrivateMember, PublicJwk};
pub use policy::{AssertionPolicy, TokenPolicy};
pub use replay_segment::{ANCHOR_EXPIRES, ANCHOR_PREFIX, ReplaySegment, ReplaySegmentSpec};
pub use status::{ConditionType, OAuthClientStatus, PublishedKey};

/// The API group of every kind of ours.
pub const GROUP: &str = "countersign.dev";
