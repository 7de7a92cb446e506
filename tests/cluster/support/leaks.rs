//! What must never be told: tokens and keys.

use super::Space;

/// Where anybody could read along: the logs of all pods of these namespaces, before and after a restart, events, and the
/// status of clients.
///
/// # Panics
/// When a JWT, a private key or one of `canaries` is in any of it, naming the place.
pub(crate) fn assert_none(spaces: &[&Space], canaries: &[&str]) {
    let mut searched = 0;
    for space in spaces {
        let name = space.name();
        let pods = space.kubectl(&["get", "pods", "--output=name"]);
        let mut places = vec![
            (
                "events".to_owned(),
                space.kubectl(&["get", "events", "--output=yaml"]),
            ),
            (
                "clients".to_owned(),
                space.kubectl(&["get", "oauthclients", "--output=yaml"]),
            ),
            (
                "ConfigMaps".to_owned(),
                space.kubectl(&["get", "configmaps", "--output=yaml"]),
            ),
        ];
        for pod in pods.lines() {
            let now = space.kubectl(&["logs", pod, "--all-containers"]);
            places.push((pod.to_owned(), now));
            if let Ok(before) = space.try_kubectl(&["logs", pod, "--all-containers", "--previous"]) {
                places.push((format!("{pod}, before its restart"), before));
            }
        }
        for (place, text) in places {
            searched += text.len();
            if let Some(leak) = find(&text, canaries) {
                panic!("{leak} in {place} of {name}");
            }
        }
    }
    assert!(searched > 10_000, "only {searched} bytes were searched");
    eprintln!("{searched} bytes of logs, events and objects hold no token and no key");
}

/// What of it the text holds. Never the secret itself: this is printed.
fn find(text: &str, canaries: &[&str]) -> Option<&'static str> {
    if canaries.iter().any(|canary| text.contains(canary)) {
        return Some("a canary");
    }
    if text.contains("PRIVATE KEY") {
        return Some("a private key");
    }
    let encoded = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let begins_jwt = |text: &str| {
        let rest = text.trim_start_matches(encoded);
        let claims = rest
            .strip_prefix('.')
            .map_or(0, |claims| claims.chars().take_while(|&c| encoded(c)).count());
        text.len() - rest.len() > 10 && claims > 10
    };
    let jwt = text
        .match_indices("eyJ")
        .any(|(at, _)| text.get(at..).is_some_and(begins_jwt));
    jwt.then_some("a JWT")
}

#[test]
fn the_search_finds_what_it_looks_for() {
    let jwt = format!("eyJhbGciOiJFUzI1NiJ9.{}.c2ln", "eyJpc3MiOiJhIn0");
    for (text, expected) in [
        (format!("{{\"a\":\"Bearer {jwt}\"}}"), Some("a JWT")),
        ("-----BEGIN PRIVATE KEY-----".to_owned(), Some("a private key")),
        ("x tell-no-one y".to_owned(), Some("a canary")),
        ("eyJ is how they begin".to_owned(), None),
        ("kid=eyJhbGciOiJFUzI1NiJ9".to_owned(), None),
    ] {
        assert_eq!(find(&text, &["tell-no-one"]), expected, "{text}");
    }
}
