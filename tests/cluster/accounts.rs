//! What our accounts may do on the real cluster is what the documented table says, and nothing else.

use crate::support::Space;
use crate::support::command::kubectl;
use crate::support::release::{HOME, Release};
use countersign::api::installation::Account;
use countersign::api::rights::{RIGHTS, Reach, Right, What};
use std::collections::BTreeSet;

/// `resource[.group] name verb` of each thing that may be done.
type Rights = BTreeSet<String>;

#[tokio::test]
async fn each_account_may_do_what_its_table_says() {
    let release = Release::install(&["--set", "global.logLevel=trace"]).await;
    let watched = Space::new("accounts-watched").await;
    watched.kubectl(&["create", "serviceaccount", "nobody"]);
    for account in Account::ALL {
        let name = format!("countersign-{}", account.role());
        for (namespace, reaches) in [
            (HOME, &[Reach::Release, Reach::Watched, Reach::Cluster][..]),
            (watched.name(), &[Reach::Watched, Reach::Cluster]),
        ] {
            let anybody = may(watched.name(), "nobody", namespace);
            let given: Rights = may(HOME, &name, namespace)
                .difference(&anybody)
                .cloned()
                .collect();
            assert_eq!(given, documented(account, reaches), "{name} in {namespace}");
        }
    }
    drop(release);
}

/// What `kubectl auth can-i --list` says of an account in a namespace.
fn may(home: &str, account: &str, namespace: &str) -> Rights {
    let user = format!("system:serviceaccount:{home}:{account}");
    let told = kubectl(&[
        "auth",
        "can-i",
        "--list",
        "--no-headers",
        "--namespace",
        namespace,
        "--as",
        &user,
        "--as-group=system:serviceaccounts",
        "--as-group=system:authenticated",
    ]);
    let mut rights = Rights::new();
    for line in told.lines() {
        let (resource, rest) = line.split_once(' ').unwrap_or((line, ""));
        let lists: Vec<&str> = rest
            .split('[')
            .skip(1)
            .map(|part| part.split(']').next().unwrap())
            .collect();
        let [paths, names, verbs] = lists[..] else {
            panic!("not a line of rights: {line}");
        };
        let subjects: Vec<&str> = if resource.is_empty() {
            paths.split(' ').collect()
        } else {
            vec![resource]
        };
        for subject in subjects {
            for verb in verbs.split(' ') {
                let names = if names.is_empty() {
                    vec!["*"]
                } else {
                    names.split(' ').collect()
                };
                rights.extend(names.iter().map(|name| format!("{subject} {name} {verb}")));
            }
        }
    }
    rights
}

fn documented(account: Account, reaches: &[Reach]) -> Rights {
    let ours = |right: &&Right| right.who == account && reaches.contains(&right.reach);
    let mut rights = Rights::new();
    for right in RIGHTS.iter().filter(ours) {
        let (group, resource, names) = match right.what {
            What::Objects {
                group,
                resource,
                names,
            } => (group, resource, names),
            What::Owner { group, resource } => (group, resource, &["countersign-controller"][..]),
            What::Discovery { .. } => continue,
        };
        let (kind, sub) = resource
            .split_once('/')
            .map_or((resource, ""), |(kind, sub)| (kind, sub));
        let mut subject = kind.to_owned();
        if !group.is_empty() {
            subject = format!("{subject}.{group}");
        }
        if !sub.is_empty() {
            subject = format!("{subject}/{sub}");
        }
        let names = if names.is_empty() { &["*"][..] } else { names };
        for name in names {
            rights.extend(right.verbs.iter().map(|verb| format!("{subject} {name} {verb}")));
        }
    }
    rights
}
