//! What a server knows, shown as it is at the moment of a scrape.

use crate::core::clock::Clock;
use crate::index::Index;
use crate::jose::Algorithm;
use crate::keys::{KeyEntry, KeyState, RotationPolicy, SigningKeyStore, SigningKeys};
use crate::metrics::AtScrape;
use jiff::Timestamp;
use prometheus::{Error, GaugeVec, Registry};
use std::sync::Arc;

const STATES: [KeyState; 3] = [KeyState::Published, KeyState::Active, KeyState::Retiring];

/// Registers the signing keys of `store`: those that the key set shows now, and how many there are for each
/// algorithm of `signing`. Fails if they are there already.
pub fn register_keys(
    registry: &Registry,
    store: &Arc<SigningKeyStore>,
    clock: &Arc<dyn Clock>,
    signing: &[Algorithm],
) -> Result<(), Error> {
    let show = |described, labels, show: fn(&GaugeVec, &KeyEntry, KeyState)| {
        let (store, clock) = (Arc::clone(store), Arc::clone(clock));
        AtScrape::register(registry, described, labels, move |gauges| {
            each(store.current().as_deref(), clock.now(), |entry, state| {
                show(gauges, entry, state);
            });
        })
    };
    show(
        (
            "countersign_signing_key_info",
            "The signing keys that the key set shows, with their state. Always 1.",
        ),
        &["kid", "alg", "state"],
        |gauges, entry, state| {
            let algorithm = entry.algorithm().as_str();
            gauges
                .with_label_values(&[entry.key().kid(), algorithm, name(state)])
                .set(1.0);
        },
    )?;
    show(
        (
            "countersign_signing_key_not_after_timestamp_seconds",
            "When a signing key leaves the key set; for one that has no successor yet, when it is due to be replaced.",
        ),
        &["kid"],
        |gauges, entry, _| {
            let seconds = not_after(entry)
                .duration_since(Timestamp::UNIX_EPOCH)
                .as_secs_f64();
            gauges.with_label_values(&[entry.key().kid()]).set(seconds);
        },
    )?;
    let (store, clock, signing) = (Arc::clone(store), Arc::clone(clock), signing.to_vec());
    AtScrape::register(
        registry,
        (
            "countersign_signing_keys",
            "Signing keys for each algorithm of the server's resources, by state; without an active one nothing is issued.",
        ),
        &["alg", "state"],
        move |gauges| {
            for algorithm in &signing {
                for state in STATES {
                    gauges
                        .with_label_values(&[algorithm.as_str(), name(state)])
                        .set(0.0);
                }
            }
            each(store.current().as_deref(), clock.now(), |entry, state| {
                if signing.contains(&entry.algorithm()) {
                    gauges
                        .with_label_values(&[entry.algorithm().as_str(), name(state)])
                        .inc();
                }
            });
        },
    )
}

/// Registers how many clients `index` knows, and the controller's last sign of life. Fails if they are there
/// already.
pub fn register_index(registry: &Registry, index: &Arc<Index>) -> Result<(), Error> {
    let clients = Arc::clone(index);
    AtScrape::register_one(
        registry,
        (
            "countersign_client_index_clients",
            "Clients that this server serves; the same on every server of an installation, but for moments.",
        ),
        move || u32::try_from(clients.len()).map_or(f64::INFINITY, f64::from),
    )?;
    let beats = index.last_heartbeat();
    AtScrape::register_one(
        registry,
        (
            "countersign_controller_heartbeat_timestamp_seconds",
            "The controller's last sign of life, 0 before the first: fetched and referenced keys are believed for an hour after it.",
        ),
        move || {
            let beat = beats.get().unwrap_or(Timestamp::UNIX_EPOCH);
            beat.duration_since(Timestamp::UNIX_EPOCH).as_secs_f64()
        },
    )
}

/// Calls `show` with each key that the key set shows at `now`.
fn each(keys: Option<&SigningKeys>, now: Timestamp, mut show: impl FnMut(&KeyEntry, KeyState)) {
    for entry in keys.into_iter().flat_map(|keys| keys.ring().published(now)) {
        show(entry, entry.state(now));
    }
}

fn not_after(entry: &KeyEntry) -> Timestamp {
    entry.retirement().map_or_else(
        || {
            let due = entry.active_from().saturating_add(RotationPolicy::ROTATE_EVERY);
            due.unwrap_or(Timestamp::MAX)
        },
        |end| end.expires,
    )
}

const fn name(state: KeyState) -> &'static str {
    match state {
        KeyState::Published => "published",
        KeyState::Active => "active",
        KeyState::Retiring => "retiring",
        KeyState::Gone => "gone",
    }
}
