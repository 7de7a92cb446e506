//! Where the keys of a client come from, as one text that names the place in full.
//!
//! A published key is believed only while its source stands in the client's `spec`; sources are
//! therefore compared as the text that was written there, byte by byte, and never by position.

use crate::core::ids::is_dns_subdomain;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;
use url::Url;

/// A place where keys of a client are kept. Objects are in the client's own namespace.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeySource {
    /// In the client's `spec` itself.
    Inline,
    /// A JWK Set at an https URL.
    Uri(String),
    /// One key of a Secret.
    Secret {
        /// The name of the Secret.
        name: String,
        /// The key in its data.
        key: String,
    },
    /// One key of a ConfigMap.
    ConfigMap {
        /// The name of the ConfigMap.
        name: String,
        /// The key in its data.
        key: String,
    },
}

/// Why something cannot be a source of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidSource {
    /// Not one of the four forms.
    #[error("must be an https URL, Secret/<name>/<key>, ConfigMap/<name>/<key> or Inline")]
    Form,
    /// Not an https URL with a host.
    #[error("must be an https URL with a host, such as https://ci.example/jwks.json")]
    NotHttps,
    /// A character that a URI cannot contain, or too many of them.
    #[error(
        "must consist of at most 1024 ASCII characters that a URI may contain, without spaces, quotes or control characters"
    )]
    Characters,
    /// The URL names a user.
    #[error("must not contain user information")]
    UserInfo,
    /// The URL has a fragment.
    #[error("must not have a fragment")]
    Fragment,
    /// The URL names a port on which other services than https are to be expected.
    #[error("must use port 443, or one from 1024 to 65535")]
    Port,
    /// No object can have this name.
    #[error(
        "must be a DNS subdomain: at most 253 of a-z, 0-9, '-' and '.', each part starting and ending with a letter or digit"
    )]
    Name,
    /// No Secret or ConfigMap can have this key.
    #[error(
        "must be the name of a data key: at most 253 letters, digits, '-', '_' and '.', not starting with '..'"
    )]
    Key,
}

// === impl KeySource ===

impl KeySource {
    /// A JWK Set at `uri`: https, an unprivileged port or 443, no user information, no fragment.
    ///
    /// Which addresses may be reached is not decided here, but when the name is resolved.
    pub fn uri(uri: &str) -> Result<Self, InvalidSource> {
        let allowed = |b: u8| {
            b.is_ascii_graphic()
                && !matches!(b, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
        };
        if uri.len() > 1024 || !uri.bytes().all(allowed) {
            return Err(InvalidSource::Characters);
        }
        let rest = uri.strip_prefix("https://").ok_or(InvalidSource::NotHttps)?;
        if uri.contains('#') {
            return Err(InvalidSource::Fragment);
        }
        // The text is judged, not the parsed URL alone: that one makes `https:///a` of `https://a`, and
        // forgets an empty user name.
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(InvalidSource::UserInfo);
        }
        let url = Url::parse(uri).map_err(|_| InvalidSource::NotHttps)?;
        if authority.is_empty() || !url.has_host() {
            return Err(InvalidSource::NotHttps);
        }
        if url.port().is_some_and(|port| port < 1024) {
            return Err(InvalidSource::Port);
        }
        Ok(Self::Uri(uri.to_owned()))
    }

    /// The key `key` of the Secret `name`.
    pub fn secret(name: &str, key: &str) -> Result<Self, InvalidSource> {
        let (name, key) = data_key(name, key)?;
        Ok(Self::Secret { name, key })
    }

    /// The key `key` of the ConfigMap `name`.
    pub fn config_map(name: &str, key: &str) -> Result<Self, InvalidSource> {
        let (name, key) = data_key(name, key)?;
        Ok(Self::ConfigMap { name, key })
    }
}

fn data_key(name: &str, key: &str) -> Result<(String, String), InvalidSource> {
    if !is_dns_subdomain(name) {
        return Err(InvalidSource::Name);
    }
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let path = key == "." || key.starts_with("..");
    if key.is_empty() || key.len() > 253 || path || !key.bytes().all(allowed) {
        return Err(InvalidSource::Key);
    }
    Ok((name.to_owned(), key.to_owned()))
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inline => f.write_str("Inline"),
            Self::Uri(uri) => f.write_str(uri),
            Self::Secret { name, key } => write!(f, "Secret/{name}/{key}"),
            Self::ConfigMap { name, key } => write!(f, "ConfigMap/{name}/{key}"),
        }
    }
}

impl FromStr for KeySource {
    type Err = InvalidSource;

    fn from_str(text: &str) -> Result<Self, InvalidSource> {
        if text.starts_with("https://") {
            return Self::uri(text);
        }
        let parts: Vec<&str> = text.split('/').collect();
        match parts.as_slice() {
            ["Inline"] => Ok(Self::Inline),
            ["Secret", name, key] => Self::secret(name, key),
            ["ConfigMap", name, key] => Self::config_map(name, key),
            _ => Err(InvalidSource::Form),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("https://ci.example/jwks.json", Ok(()))]
    #[case("https://ci.example", Ok(()))]
    #[case("https://ci.example:443/", Ok(()))]
    #[case("https://ci.example:1024/", Ok(()))]
    #[case("https://ci.example:65535/", Ok(()))]
    #[case("https://[::1]:8443/j", Ok(()))]
    #[case("https://ci.example/a@b", Ok(()))]
    #[case("https://ci.example?x=@a", Ok(()))]
    #[case("", Err(InvalidSource::NotHttps))]
    #[case("https://", Err(InvalidSource::NotHttps))]
    #[case("https:///x", Err(InvalidSource::NotHttps))]
    #[case("https://?x", Err(InvalidSource::NotHttps))]
    #[case("https:ci.example", Err(InvalidSource::NotHttps))]
    #[case("http://ci.example/", Err(InvalidSource::NotHttps))]
    #[case("HTTPS://ci.example/", Err(InvalidSource::NotHttps))]
    #[case("ftp://ci.example/", Err(InvalidSource::NotHttps))]
    #[case("https://ci.example:65536/", Err(InvalidSource::NotHttps))]
    #[case("https://u@ci.example/", Err(InvalidSource::UserInfo))]
    #[case("https://u:p@ci.example:8443/", Err(InvalidSource::UserInfo))]
    #[case("https://@ci.example/", Err(InvalidSource::UserInfo))]
    #[case("https://ci.example/#x", Err(InvalidSource::Fragment))]
    #[case("https://ci.example#", Err(InvalidSource::Fragment))]
    #[case("https://ci.example:22/", Err(InvalidSource::Port))]
    #[case("https://ci.example:1023/", Err(InvalidSource::Port))]
    #[case("https://ci.example:80/", Err(InvalidSource::Port))]
    #[case("https://ci.example/a b", Err(InvalidSource::Characters))]
    #[case("https://ci.example\\@evil/", Err(InvalidSource::Characters))]
    #[case("https://ci.example/\u{e9}", Err(InvalidSource::Characters))]
    #[case("https://ci.example/\n", Err(InvalidSource::Characters))]
    fn uris(#[case] uri: &str, #[case] expected: Result<(), InvalidSource>) {
        assert_eq!(KeySource::uri(uri).map(|_| ()), expected);
    }

    #[test]
    fn a_long_uri_is_refused() {
        let of = |length: usize| format!("https://ci.example/{}", "a".repeat(length.saturating_sub(19)));
        assert!(KeySource::uri(&of(1024)).is_ok());
        assert_eq!(KeySource::uri(&of(1025)), Err(InvalidSource::Characters));
    }

    #[rstest]
    #[case("Inline", Ok(KeySource::Inline))]
    #[case("Secret/a/b", Ok(KeySource::Secret { name: "a".to_owned(), key: "b".to_owned() }))]
    #[case("ConfigMap/a.b/c_D-1.json", Ok(KeySource::ConfigMap { name: "a.b".to_owned(), key: "c_D-1.json".to_owned() }))]
    #[case("", Err(InvalidSource::Form))]
    #[case("inline", Err(InvalidSource::Form))]
    #[case("Inline/", Err(InvalidSource::Form))]
    #[case("Secret/a", Err(InvalidSource::Form))]
    #[case("Secret/other/a/b", Err(InvalidSource::Form))]
    #[case("secret/a/b", Err(InvalidSource::Form))]
    #[case("http://ci.example", Err(InvalidSource::Form))]
    #[case("https://ci.example:22/", Err(InvalidSource::Port))]
    #[case("Secret//b", Err(InvalidSource::Name))]
    #[case("Secret/A/b", Err(InvalidSource::Name))]
    #[case("Secret/../b", Err(InvalidSource::Name))]
    #[case("Secret/a/", Err(InvalidSource::Key))]
    #[case("Secret/a/.", Err(InvalidSource::Key))]
    #[case("Secret/a/..", Err(InvalidSource::Key))]
    #[case("Secret/a/..data", Err(InvalidSource::Key))]
    #[case("ConfigMap/a/b c", Err(InvalidSource::Key))]
    fn texts(#[case] text: &str, #[case] expected: Result<KeySource, InvalidSource>) {
        assert_eq!(text.parse::<KeySource>(), expected);
    }

    proptest! {
        #[test]
        fn what_is_printed_parses_to_the_same(name in "[a-z0-9]{1,8}(\\.[a-z0-9]{1,4})?", key in "[A-Za-z0-9_-][A-Za-z0-9._-]{0,12}", path in "[!$-;=?-\\[\\]_a-z~]{0,40}") {
            for source in [
                KeySource::Inline,
                KeySource::uri(&format!("https://{name}.example/{path}")).unwrap(),
                KeySource::secret(&name, &key).unwrap(),
                KeySource::config_map(&name, &key).unwrap(),
            ] {
                prop_assert_eq!(source.to_string().parse::<KeySource>(), Ok(source));
            }
        }

        #[test]
        fn any_text_is_either_refused_or_printed_as_it_was(text in "(https://|Secret/|ConfigMap/)?\\PC{0,30}") {
            if let Ok(source) = text.parse::<KeySource>() {
                prop_assert_eq!(source.to_string(), text);
            }
        }
    }
}
