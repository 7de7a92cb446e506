//! M-2: every kind of signed token in every slot. Nearly all of them are made for somebody or something else,
//! and must stay so (S-8725-10).

mod federated;
mod foreign;
mod ours;
mod service_accounts;
mod typed;

use super::answer::Expected;
use super::slot::Slot;
use super::tally::Tally;
use super::world;
use crate::support::endpoint::Endpoint;
use countersign::oauth::reason::ReasonCode;
use std::collections::BTreeSet;

/// Where a kind of token is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Good {
    /// In every slot.
    Everywhere,
    /// In these slots; in the others not, for one of these reasons.
    Only(&'static [Slot], &'static [ReasonCode]),
    /// In no slot, for one of these reasons.
    Nowhere(&'static [ReasonCode]),
}

/// A kind of token. Each call makes another one.
struct Kind {
    name: String,
    make: Box<dyn Fn() -> String>,
    good: Good,
}

impl Kind {
    fn new(name: impl Into<String>, good: Good, make: impl Fn() -> String + 'static) -> Self {
        Self {
            name: name.into(),
            make: Box::new(make),
            good,
        }
    }

    fn expected(&self, slot: Slot) -> Expected {
        match self.good {
            Good::Everywhere => Expected::Granted,
            Good::Only(slots, _) if slots.contains(&slot) => Expected::Granted,
            Good::Only(_, reasons) | Good::Nowhere(reasons) => Expected::Refused(400, slot.error(), reasons),
        }
    }
}

async fn kinds(endpoint: &Endpoint) -> Vec<Kind> {
    let mut kinds = service_accounts::kinds();
    kinds.extend(typed::kinds());
    kinds.extend(federated::kinds());
    kinds.extend(foreign::kinds());
    kinds.extend(ours::kinds(endpoint).await);
    kinds
}

/// S-7523-06, S-7523bis-07, S-8725-10, D-05, D-22
#[tokio::test]
async fn a_token_is_good_for_what_it_was_made_for_and_for_nothing_else() {
    let endpoint = world::endpoint();
    let mut tally = Tally::new("M-2");
    let kinds = kinds(&endpoint).await;
    let mut names = BTreeSet::new();
    for kind in &kinds {
        if !names.insert(&kind.name) {
            tally.fail(format!("{} stands twice", kind.name));
        }
        for slot in Slot::ALL {
            let (token, other) = ((kind.make)(), world::partner());
            let name = || format!("{}, {}", kind.name, slot.name());
            tally
                .row(&endpoint, name, &slot.form(&token, &other), kind.expected(slot))
                .await;
        }
    }
    tally.finish(&format!("{} kinds x slots", kinds.len()), 5000);
}
