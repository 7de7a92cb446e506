//! The leader's part in TLS: an authority and a serving certificate of our own, or those that are given.
//!
//! Either way what comes of it is the bundle that clients are to trust, for [`super::bundle`] to publish.

mod given;
mod managed;
pub mod metrics;
mod stored;

pub use given::{GivenBundle, GivenSource};
pub use managed::{CertificateEvent, ManagedCertificates};

use std::sync::Arc;
use tokio::sync::watch;

/// The certificates that clients are to trust, PEM; none before they are known.
pub type Bundle = Option<Arc<str>>;

/// Tells `bundle` to whoever publishes it, if it is another one than before.
fn tell(told: &watch::Sender<Bundle>, bundle: &str) {
    told.send_if_modified(|present| {
        let news = present.as_deref() != Some(bundle);
        if news {
            *present = Some(Arc::from(bundle));
        }
        news
    });
}
