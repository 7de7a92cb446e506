//! More than a year of certificates, by the clock, as a client sees it that reads the bundle once a week.

use super::world::{SOON, TLS, bundle};
use crate::support::home::Home;
use crate::support::{ControlPlane, eventually};
use countersign::api::installation::Installation;
use countersign::certificates::{Names, anchors};
use countersign::cluster::serving_certificate;
use countersign::controller::certificates::metrics::CertificateMetrics;
use countersign::controller::certificates::{Bundle, CertificateEvent, ManagedCertificates};
use countersign::controller::owners::{OwnerNames, Owners};
use countersign::core::clock::{Clock, ManualClock};
use countersign::readiness::Readiness;
use countersign::server::tls::ServingTls;
use kube::Api;
use prometheus::Registry;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, RootCertStore};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tokio_util::sync::CancellationToken;

pub(super) const DAY: i64 = 86_400;

/// What a leader told.
#[derive(Clone, Default)]
pub(super) struct Told(Arc<Mutex<Vec<CertificateEvent>>>);

impl Told {
    pub(super) fn count(&self, which: impl Fn(&CertificateEvent) -> bool) -> usize {
        self.0.lock().unwrap().iter().filter(|event| which(event)).count()
    }

    pub(super) async fn hears(&self, times: usize, what: &str, which: impl Fn(&CertificateEvent) -> bool) {
        eventually(SOON, what, async || {
            let told = self.0.lock().unwrap().clone();
            (self.count(&which) >= times)
                .then_some(())
                .ok_or(format!("{told:?}"))
        })
        .await;
    }
}

/// Leads in certificates until it is stopped, or the test ends; tells whom clients are to trust.
pub(super) async fn lead(home: &Home, told: &Told) -> (CancellationToken, watch::Receiver<Bundle>) {
    let client = home.controller().await;
    let installation = Installation {
        namespace: home.namespace.clone(),
        ..Installation::default()
    };
    let owners = Arc::new(Owners::new(client.clone(), installation, OwnerNames::default()));
    let (bundle, published) = watch::channel(None);
    let names = Names::new(["tokens.test".parse().unwrap()]).unwrap();
    let heard = told.clone();
    let managed = ManagedCertificates::new(
        Api::namespaced(client, &home.namespace),
        (TLS.to_owned(), names),
        Arc::<ManualClock>::clone(&home.clock),
        owners,
        bundle,
        CertificateMetrics::new(&Registry::new()).unwrap(),
    )
    .look_every(Duration::from_millis(50))
    .report(move |event| heard.0.lock().unwrap().push(event));
    let stop = CancellationToken::new();
    let until = stop.clone();
    home.tasks
        .spawn("certificates", async move { managed.run(until).await });
    (stop, published)
}

/// What a server has of its certificate, under its own account.
pub(super) async fn serve(home: &Home) -> Arc<ServingTls> {
    let tls = Arc::new(ServingTls::default());
    let secrets = Api::namespaced(home.server().await, &home.namespace);
    let first = Readiness::new().block("serving certificate");
    let served = Arc::clone(&tls);
    home.tasks.spawn("serving certificate", async move {
        let stop = CancellationToken::new();
        serving_certificate::follow(served, secrets, TLS.to_owned(), first, stop).await;
    });
    tls
}

/// A client's clock.
#[derive(Debug)]
struct At(Arc<ManualClock>);

impl TimeProvider for At {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

/// A whole handshake between the server and a client that trusts `bundle`, at the time of the clock; returns the
/// certificate that was served.
pub(super) async fn handshake(
    home: &Home,
    tls: &ServingTls,
    bundle: &str,
) -> Result<CertificateDer<'static>, String> {
    let mut roots = RootCertStore::empty();
    for certificate in anchors(bundle.as_bytes()).ok_or("no bundle")? {
        roots.add(certificate).unwrap();
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_details(provider, Arc::new(At(Arc::clone(&home.clock))))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let server = TlsAcceptor::from(tls.config().ok_or("no certificate is served")?);
    let (near, far) = tokio::io::duplex(64 * 1024);
    let name = ServerName::try_from("tokens.test").unwrap();
    let client = TlsConnector::from(Arc::new(config));
    let (connected, accepted) = tokio::join!(client.connect(name, near), server.accept(far));
    let connected = connected.map_err(|error| error.to_string())?;
    accepted.map_err(|error| error.to_string())?;
    let shown = connected.get_ref().1.peer_certificates().unwrap();
    Ok(shown[0].clone().into_owned())
}

#[tokio::test]
async fn a_client_that_reads_the_bundle_once_a_week_verifies_for_more_than_a_year() {
    let home = Home::new("tls-year").await;
    let told = Told::default();
    let (_stop, mut published) = lead(&home, &told).await;
    let server = serve(&home).await;
    let mut weekly = String::new();
    let mut shown_so_far = Vec::new();
    let mut sizes = Vec::new();
    // A week is seven steps and the bundle is read on the first: the client's is up to a week old.
    for day in 0..400 {
        let current = eventually(SOON, "a bundle", async || published.borrow_and_update().clone()).await;
        if day % 7 == 0 {
            weekly = current.to_string();
        }
        let ends = |der: &CertificateDer<'_>| {
            countersign::certificates::validity(der)
                .unwrap()
                .not_after
                .as_second()
                - home.now().as_second()
        };
        let shown = eventually(SOON, &format!("TLS on day {day}"), async || {
            let shown = handshake(&home, &server, &weekly).await?;
            let fresh = handshake(&home, &server, &current).await?;
            if shown != fresh || ends(&shown) <= 10 * DAY {
                return Err("a renewal is due".to_owned());
            }
            Ok(shown)
        })
        .await;
        if shown_so_far.last() != Some(&shown) {
            shown_so_far.push(shown);
        }
        sizes.push(anchors(current.as_bytes()).unwrap().len());
        home.clock.advance(DAY);
    }
    sizes.dedup();
    assert_eq!(
        sizes,
        [1, 2, 1],
        "the successor comes, and the first authority goes"
    );
    assert!(
        (20..=23).contains(&shown_so_far.len()),
        "{} certificates",
        shown_so_far.len()
    );
    assert_eq!(
        told.count(|event| *event == CertificateEvent::AuthorityWritten),
        3
    );
    assert_eq!(told.count(|event| *event == CertificateEvent::Failed), 0);
    assert!(
        bundle(ControlPlane::shared(), &home.namespace).await.is_none(),
        "nobody publishes here"
    );
}
