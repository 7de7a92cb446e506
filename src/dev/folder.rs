//! A folder of YAML objects, in the place of a cluster.

use crate::api::installation::Installation;
use crate::api::serve::{self, Standing};
use crate::api::v1alpha1::OAuthClient;
use crate::controller::observed::Observed;
use crate::controller::plan::plan;
use crate::controller::plan::state::{Document, Missing, SourceState, Unreadable};
use crate::core::client::Client;
use crate::core::source::KeySource;
use crate::fetch::fault::FetchFault;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The namespace of objects that name none, as with `kubectl`.
const DEFAULT_NAMESPACE: &str = "default";

/// What a folder declares.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The clients that can be served.
    pub clients: Vec<Client>,
    /// What is wrong with the rest: where, and why.
    pub problems: Vec<String>,
}

/// Tells one state of a folder from another: names, sizes and times of change.
pub type Fingerprint = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

/// The data of `ConfigMap`s and `Secret`s by kind, namespace and name.
type Data = BTreeMap<(&'static str, String, String), BTreeMap<String, Bytes>>;

/// The fingerprint of a folder now; files other than `*.yaml`, `*.yml` and `*.json` do not count.
pub fn fingerprint(folder: &Path) -> std::io::Result<Fingerprint> {
    let mut found = Fingerprint::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let known = path
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml" || extension == "json");
        if let (true, Ok(metadata)) = (known, std::fs::metadata(&path)) {
            found.insert(path, (metadata.len(), metadata.modified().ok()));
        }
    }
    Ok(found)
}

/// Reads every object of the folder and judges it as the controller and the server of a cluster would.
/// One bad file or object never stops the others.
pub fn load(files: &Fingerprint, now: Timestamp) -> Loaded {
    let mut loaded = Loaded::default();
    let mut clients = Vec::new();
    let mut data = Data::new();
    for path in files.keys() {
        match objects(path) {
            Ok(objects) => {
                for object in objects {
                    sort(object, path, &mut clients, &mut data, &mut loaded.problems);
                }
            }
            Err(problem) => loaded.problems.push(format!("{}: {problem}", path.display())),
        }
    }
    for (object, path) in clients {
        match judge(object, &data, now, &mut loaded.problems, &path) {
            Ok(Some(client)) => loaded.clients.push(client),
            Ok(None) => {}
            Err(problem) => loaded.problems.push(format!("{}: {problem}", path.display())),
        }
    }
    loaded
}

fn objects(path: &Path) -> Result<Vec<Value>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    serde_saphyr::from_multiple(&text).map_err(|error| error.to_string())
}

fn sort(
    mut object: Value,
    path: &Path,
    clients: &mut Vec<(Value, PathBuf)>,
    data: &mut Data,
    problems: &mut Vec<String>,
) {
    let text = |object: &Value, pointer: &str| {
        object
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let kind = text(&object, "/kind");
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata
            .entry("namespace")
            .or_insert_with(|| json!(DEFAULT_NAMESPACE));
    }
    let (namespace, name) = (
        text(&object, "/metadata/namespace"),
        text(&object, "/metadata/name"),
    );
    match kind.as_str() {
        "OAuthClient" => clients.push((object, path.to_owned())),
        "ConfigMap" | "Secret" => {
            let kind = if kind == "Secret" { "Secret" } else { "ConfigMap" };
            let labelled = object
                .pointer("/metadata/labels/countersign.dev~1keys")
                .and_then(Value::as_str)
                == Some("true");
            if labelled {
                data.insert((kind, namespace, name), entries(&object));
            }
        }
        "" => problems.push(format!("{}: an object without a kind is ignored", path.display())),
        other => problems.push(format!(
            "{}: {other}/{name} is ignored: only OAuthClient, ConfigMap and Secret mean something here",
            path.display()
        )),
    }
}

fn entries(object: &Value) -> BTreeMap<String, Bytes> {
    let members = |name: &str| {
        object
            .get(name)
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_else(Map::new)
    };
    let mut entries = BTreeMap::new();
    let secret = object.get("kind").and_then(Value::as_str) == Some("Secret");
    for (encoded, from) in [(secret, "data"), (true, "binaryData"), (false, "stringData")] {
        for (key, value) in members(from) {
            let text = value.as_str().unwrap_or_default();
            let bytes = if encoded {
                STANDARD.decode(text).ok()
            } else {
                Some(text.as_bytes().to_vec())
            };
            entries.extend(bytes.map(|bytes| (key, Bytes::from(bytes))));
        }
    }
    entries
}

/// What became of one OAuthClient; `Ok(None)` if it is suspended.
fn judge(
    object: Value,
    data: &Data,
    now: Timestamp,
    problems: &mut Vec<String>,
    path: &Path,
) -> Result<Option<Client>, String> {
    let observed: Observed = serde_json::from_value(object).map_err(|error| error.to_string())?;
    let namespace = observed.metadata.namespace.clone().unwrap_or_default();
    let name = format!(
        "{namespace}/{}",
        observed.metadata.name.clone().unwrap_or_default()
    );
    let state = |source: &KeySource| state(source, &namespace, data, now);
    let planned = plan(&observed, &state, &Installation::default(), now);
    for condition in planned
        .status
        .conditions
        .iter()
        .filter(|condition| condition.status != "True")
    {
        problems.push(format!(
            "{}: {name}: {}={} {}: {}",
            path.display(),
            condition.type_,
            condition.status,
            condition.reason,
            condition.message
        ));
    }
    let mut object: OAuthClient = observed.object().map_err(str::to_owned)?;
    object.status = Some(planned.status);
    match serve::client(&object) {
        Ok(Standing::Active(client)) => Ok(Some(client)),
        Ok(Standing::Suspended(_)) => Ok(None),
        Err(_) => Err(format!("{name} is not served")),
    }
}

fn state(source: &KeySource, namespace: &str, data: &Data, now: Timestamp) -> SourceState {
    let (kind, name, key) = match source {
        KeySource::Secret { name, key } => ("Secret", name, key),
        KeySource::ConfigMap { name, key } => ("ConfigMap", name, key),
        KeySource::Inline | KeySource::Uri(_) => {
            // Only a cluster's controller fetches URLs.
            let why = Unreadable::Fetch(FetchFault::NoRoots);
            return SourceState::Unreadable {
                why,
                since: now,
                last_good: None,
            };
        }
    };
    match data.get(&(kind, namespace.to_owned(), name.clone())) {
        None => SourceState::Missing(Missing::Object),
        Some(entries) => match entries.get(key) {
            None => SourceState::Missing(Missing::Key),
            Some(bytes) => SourceState::Read(Document(bytes.clone())),
        },
    }
}
