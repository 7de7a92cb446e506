//! The token endpoint in this process: the whole HTTP pipeline, without a socket, at a time that stands still.

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use countersign::core::clock::ManualClock;
use countersign::core::issuer::Issuer;
use countersign::grants::Settings;
use countersign::index::Index;
use countersign::jose::{Algorithm, SigningKey, UnverifiedJws, judge_document};
use countersign::keys::{KeyRing, Plan, RotationPolicy, SigningKeyStore, SigningKeys, plan};
use countersign::oauth::response::REQUEST_ID;
use countersign::replay::Capacity;
use countersign::replay::memory::MemoryLog;
use countersign::server::audit::AuditLog;
use countersign::server::broker::Broker;
use countersign::server::limits::Limits;
use countersign::server::serve::routes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use jiff::Timestamp;
use prometheus::Registry;
use serde_json::Value;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tower::ServiceExt;
use tracing::Dispatch;
use tracing::instrument::WithSubscriber;
use tracing::level_filters::LevelFilter;

/// Our issuer identifier.
pub(crate) const ISSUER: &str = "https://tokens.example";
/// The URL of the token endpoint.
pub(crate) const TOKEN_ENDPOINT: &str = "https://tokens.example/token";
/// What a token request's body is.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// How long the audit log may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// The algorithms that the endpoint has signing keys for.
const SIGNING: [Algorithm; 2] = [Algorithm::Es256, Algorithm::Rs256];

/// A server of its own, whose log is kept.
pub(crate) struct Endpoint {
    /// What the server knows; changes count from the next request on.
    pub(crate) index: Arc<Index>,
    /// The server's time.
    pub(crate) clock: Arc<ManualClock>,
    /// The server's metrics.
    pub(crate) metrics: Registry,
    router: Router,
    audit: AuditLog,
    decisions: Log,
    log: Log,
    dispatch: Dispatch,
}

/// An answer, and what was logged while it was made.
#[derive(Debug)]
pub(crate) struct Reply {
    /// The status.
    pub(crate) status: u16,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: Bytes,
    /// The log's lines, each a JSON object.
    pub(crate) log: String,
    /// The lines of the audit log.
    pub(crate) decisions: String,
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

// === impl Endpoint ===

impl Endpoint {
    /// A server that knows what `index` does, at `now`, in seconds since the epoch.
    pub(crate) fn new(index: Index, now: i64) -> Self {
        Self::with(settings(), index, now)
    }

    /// The same, with other rules than the usual ones.
    pub(crate) fn with(settings: Settings, index: Index, now: i64) -> Self {
        let (index, now) = (Arc::new(index), Timestamp::from_second(now).unwrap());
        let clock = Arc::new(ManualClock::new(now));
        let keys = SigningKeyStore::new();
        keys.replace(signing_keys(now));
        let broker = Broker {
            settings,
            directory: index.clone(),
            replay: Arc::new(MemoryLog::new(None, Capacity::default())),
            keys: Arc::new(keys),
            clock: clock.clone(),
        };
        let (metrics, log, decisions) = (Registry::new(), Log::default(), Log::default());
        let audit = AuditLog::to(decisions.clone(), false, &metrics).unwrap();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_max_level(LevelFilter::TRACE)
            .with_writer(move || writer.clone())
            .finish();
        Self {
            router: routes(
                Arc::new(broker),
                &SIGNING,
                Limits::default(),
                &metrics,
                audit.clone(),
            )
            .unwrap(),
            audit,
            decisions,
            dispatch: Dispatch::new(subscriber),
            index,
            clock,
            metrics,
            log,
        }
    }

    /// Answers `request`.
    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        let before = (self.log.len(), self.decisions.len());
        let call = async {
            let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
            (parts, body.collect().await.unwrap().to_bytes())
        };
        let (parts, body) = call.with_subscriber(self.dispatch.clone()).await;
        assert!(self.audit.flush(PATIENCE).await, "the audit log is not written");
        Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
            log: self.log.since(before.0),
            decisions: self.decisions.since(before.1),
        }
    }

    /// Answers a token request with these parameters.
    pub(crate) async fn token(&self, form: &[(&str, &str)]) -> Reply {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let request = Request::post("/token").header(CONTENT_TYPE, FORM);
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// What a counter without labels shows.
    pub(crate) fn count(&self, counter: &str) -> f64 {
        let families = self.metrics.gather();
        let family = families.iter().find(|family| family.name() == counter).unwrap();
        family.get_metric()[0].get_counter().get_value()
    }

    /// The claims of an access token, once it verified with a key of the published set.
    pub(crate) async fn verified(&self, access_token: &str) -> Result<Value, String> {
        let published = self
            .send(Request::get("/jwks").body(Body::empty()).unwrap())
            .await;
        let set =
            judge_document(&published.body, &SIGNING).map_err(|fault| format!("the key set: {fault}"))?;
        let jws = UnverifiedJws::parse(access_token).map_err(|fault| fault.to_string())?;
        if jws.typ() != Some("at+jwt") {
            return Err(format!("typ is {:?}", jws.typ()));
        }
        let key = set.keys.iter().find(|key| Some(key.kid()) == jws.kid());
        let key = key.ok_or("its key is not published")?;
        let claims = jws.verify(key).map_err(|fault| fault.to_string())?;
        let names = [
            "iss",
            "sub",
            "aud",
            "client_id",
            "iat",
            "exp",
            "jti",
            "scope",
            "act",
            "kubernetes.io",
        ];
        let members = names.map(|name| (name.to_owned(), claims.get(name).cloned().unwrap_or_default()));
        Ok(Value::Object(members.into_iter().collect()))
    }
}

/// The rules of a server with our issuer identifier, unless it is told otherwise.
pub(crate) fn settings() -> Settings {
    Settings::new(Issuer::parse(ISSUER).unwrap())
}

fn signing_keys(now: Timestamp) -> SigningKeys {
    let policy = RotationPolicy::new(SIGNING.into()).unwrap();
    let Plan::Write(draft) = plan(&KeyRing::default(), now, &policy) else {
        panic!("no signing key was planned")
    };
    let made = |algorithm| -> anyhow::Result<_> { Ok(SigningKey::generate(algorithm)?) };
    SigningKeys::new(draft.complete(made).unwrap())
}

// === impl Reply ===

impl Reply {
    /// The body as JSON; `null` if it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A header's value; empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map(|value| value.to_str().unwrap_or("not ASCII"))
            .unwrap_or_default()
    }

    /// The line of the audit log about this answer, if it is the only one.
    pub(crate) fn audit(&self) -> Option<Value> {
        let id = self.header(REQUEST_ID);
        let mut lines = self
            .decisions
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        let line = lines.next().filter(|_| lines.next().is_none())?;
        (!id.is_empty() && line["type"] == "audit" && line["request_id"] == id).then_some(line)
    }
}

// === impl Log ===

impl Log {
    fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    fn since(&self, start: usize) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()[start..]).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
