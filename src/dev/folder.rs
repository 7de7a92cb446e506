//! A folder of YAML objects, in the place of a cluster.

mod objects;

use crate::api::installation::Installation;
use crate::api::serve::{self, Standing};
use crate::controller::observed::Observed;
use crate::controller::plan::plan;
use crate::controller::plan::state::{Document, Missing, SourceState, Unreadable};
use crate::core::client::Client;
use crate::core::source::KeySource;
use jiff::Timestamp;
use objects::{Data, Objects};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

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
    let objects = Objects::read(files);
    let mut loaded = Loaded {
        clients: Vec::new(),
        problems: objects.problems,
    };
    for (object, path) in objects.clients {
        let (client, problems) = judge(object, &objects.data, now);
        loaded.clients.extend(client);
        let problems = problems.into_iter();
        loaded
            .problems
            .extend(problems.map(|problem| format!("{}: {problem}", path.display())));
    }
    loaded
}

/// What became of one `OAuthClient`, and what keeps it from being as its owner meant it.
fn judge(object: Value, data: &Data, now: Timestamp) -> (Option<Client>, Vec<String>) {
    let observed: Observed = match serde_json::from_value(object) {
        Ok(observed) => observed,
        Err(error) => return (None, vec![format!("an OAuthClient is ignored: {error}")]),
    };
    let namespace = observed.metadata.namespace.clone().unwrap_or_default();
    let name = observed.metadata.name.clone().unwrap_or_default();
    let state = |source: &KeySource| state(source, &namespace, data, now);
    let planned = plan(&observed, &state, &Installation::default(), now);
    // `Ready` repeats the others, and what is unknown here follows from what is false.
    let problems = planned.status.conditions.iter();
    let mut problems: Vec<_> = problems
        .filter(|condition| condition.status == "False" && condition.type_ != "Ready")
        .map(|condition| {
            format!(
                "{namespace}/{name}: {}=False {}: {}",
                condition.type_, condition.reason, condition.message
            )
        })
        .collect();
    let standing = observed.object().ok().and_then(|mut object| {
        object.status = Some(planned.status);
        serve::client(&object).ok()
    });
    match standing {
        Some(Standing::Active(client)) => (Some(*client), problems),
        Some(Standing::Suspended(_)) => {
            problems.push(format!("{namespace}/{name}: suspended: it gets no tokens"));
            (None, problems)
        }
        None => {
            if problems.is_empty() {
                problems.push(format!("{namespace}/{name}: it cannot be served"));
            }
            (None, problems)
        }
    }
}

fn state(source: &KeySource, namespace: &str, data: &Data, now: Timestamp) -> SourceState {
    let (kind, name, key) = match source {
        KeySource::Secret { name, key } => ("Secret", name, key),
        KeySource::ConfigMap { name, key } => ("ConfigMap", name, key),
        KeySource::Inline | KeySource::Uri(_) => {
            return SourceState::Unreadable {
                why: Unreadable::NoController,
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
