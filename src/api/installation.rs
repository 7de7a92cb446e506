//! Where Countersign is installed, and what its objects are called there.

/// One installation in a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// What the names of its objects begin with: two installations in one cluster have different ones, or watch
    /// different namespaces each.
    pub name: String,
    /// The namespace that the server and the controller run in.
    pub namespace: String,
    /// The namespaces whose objects are served. None means the whole cluster.
    ///
    /// This is the one list whose emptiness means "all": an installation without anything to watch has
    /// no use, and the administrator who installs it is the one who says so.
    pub watch_namespaces: Vec<String>,
}

/// The processes that have an account of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Account {
    /// `countersign server`.
    Server,
    /// `countersign controller`.
    Controller,
}

// === impl Installation ===

impl Default for Installation {
    /// `countersign`, which serves the whole cluster from `countersign-system`.
    fn default() -> Self {
        Self {
            name: "countersign".to_owned(),
            namespace: "countersign-system".to_owned(),
            watch_namespaces: Vec::new(),
        }
    }
}

impl Installation {
    /// Whether every namespace is served.
    pub fn is_cluster_wide(&self) -> bool {
        self.watch_namespaces.is_empty()
    }

    /// The name of an object of the release namespace that `part` is for.
    pub fn own_name(&self, part: &str) -> String {
        format!("{}-{part}", self.name)
    }

    /// The name of a cluster-scoped object, or of one in a watched namespace: there two installations may
    /// meet, so that the name holds the release namespace unless there can only be one. (No namespace has
    /// a `.` in its name: two names never meet by chance.)
    pub fn shared_name(&self, part: &str) -> String {
        let name = self.own_name(part);
        if self.is_cluster_wide() {
            name
        } else {
            format!("{name}.{}", self.namespace)
        }
    }

    /// The name of a cluster-scoped object of which a cluster can have only one if the whole of it is served, however many
    /// installations somebody makes: the second one is refused because the name is taken.
    pub fn sole_name(&self, part: &str) -> String {
        if self.is_cluster_wide() {
            format!("countersign-{part}")
        } else {
            self.shared_name(part)
        }
    }

    /// The service account of `account`, in the release namespace.
    pub fn service_account(&self, account: Account) -> String {
        self.own_name(account.role())
    }

    /// The user name that the API server gives `account`.
    pub fn user_name(&self, account: Account) -> String {
        format!(
            "system:serviceaccount:{}:{}",
            self.namespace,
            self.service_account(account)
        )
    }

    /// The ClusterRole of what `account` may do in the whole cluster.
    pub fn cluster_role(&self, account: Account) -> String {
        format!("{}-cluster.{}", self.service_account(account), self.namespace)
    }

    /// The ClusterRole that a namespace's administrator binds to the controller's account, so that it may
    /// read keys from Secrets there.
    pub fn key_reader_role(&self) -> String {
        self.shared_name("key-reader")
    }
}

// === impl Account ===

impl Account {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Server, Self::Controller];

    /// The command that it runs.
    pub const fn role(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Controller => "controller",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_installations_that_watch_parts_of_a_cluster_share_no_name() {
        let of = |namespace: &str, watched: &[&str]| Installation {
            namespace: namespace.to_owned(),
            watch_namespaces: watched.iter().map(|name| (*name).to_owned()).collect(),
            ..Installation::default()
        };
        assert_ne!(
            of("a", &["x"]).key_reader_role(),
            of("b", &["x"]).key_reader_role()
        );
        assert_eq!(of("a", &["x"]).key_reader_role(), "countersign-key-reader.a");
        assert_eq!(of("a", &[]).key_reader_role(), "countersign-key-reader");
    }

    #[test]
    fn two_installations_of_the_whole_cluster_meet_at_one_name() {
        let of = |name: &str| Installation {
            name: name.to_owned(),
            ..Installation::default()
        };
        assert_ne!(of("one").shared_name("status"), of("two").shared_name("status"));
        assert_eq!(of("one").sole_name("status"), of("two").sole_name("status"));
    }
}
