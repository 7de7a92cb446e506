//! CEL rules that several fields share. What they refuse, [`accept`](crate::api::accept) refuses too.

use kube::core::Rule;

/// A name that an object can have.
pub(super) fn name() -> Rule {
    Rule::new(r"self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')")
        .message("must be a DNS subdomain: at most 253 of a-z, 0-9, '-' and '.', each part starting and ending with a letter or digit")
}

/// A key that the data of a Secret or ConfigMap can have.
pub(super) fn data_key() -> Rule {
    Rule::new("self.matches('^[-._a-zA-Z0-9]+$') && !self.startsWith('..') && self != '.'")
        .message("must be the name of a data key: letters, digits, '-', '_' and '.', not starting with '..'")
}

/// An https URL with a host.
pub(super) fn https_uri() -> Rule {
    Rule::new("self.startsWith('https://') && isURL(self) && url(self).getHostname() != ''")
        .message("must be an https URL with a host, such as https://ci.example/jwks.json")
}

/// The default port of https or an unprivileged one: no other service of a host can be probed. (As a
/// pattern, because the API server cannot bound what `int(url(self).getPort())` costs.)
pub(super) fn uri_port() -> Rule {
    let ports = [
        "443",
        "102[4-9]",
        "10[3-9][0-9]",
        "1[1-9][0-9]{2}",
        "[2-9][0-9]{3}",
        "[1-5][0-9]{4}",
        "6[0-4][0-9]{3}",
        "65[0-4][0-9]{2}",
        "655[0-2][0-9]",
        "6553[0-5]",
    ]
    .join("|");
    let host = r"([^/?#@]*@)?(\\[[^]]*\\]|[^:/?#]*)";
    Rule::new(format!(
        "!self.startsWith('https://') || self.matches('^https://{host}(:({ports}))?([/?#]|$)')"
    ))
    .message("must use port 443, or one from 1024 to 65535")
}

/// The characters of a URI (RFC 3986 §2).
pub(super) fn uri_characters() -> Rule {
    Rule::new(r"self.matches('^[]!#-;=?-\\[_a-z~]*$')")
        .message("must consist of ASCII characters that a URI may contain, without spaces, quotes or control characters")
}

/// No user name or password: they would be shown to everyone who may read the object.
pub(super) fn no_user_info() -> Rule {
    Rule::new("!self.matches('^[^/]*//[^/?#]*@')").message("must not contain user information")
}

/// No fragment.
pub(super) fn no_fragment() -> Rule {
    Rule::new("!self.contains('#')").message("must not have a fragment")
}

/// A sum of whole hours, minutes and seconds between the two.
pub(super) fn duration(from: &str, to: &str) -> Rule {
    Rule::new(format!(
        "self.matches('^([0-9]{{1,5}}[hms]){{1,3}}$') && duration(self) >= duration('{from}') && duration(self) <= duration('{to}')"
    ))
    .message(format!("must be a duration from {from} to {to}, such as 90s, 5m or 1m30s").as_str())
}
