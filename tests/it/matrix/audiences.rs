//! M-3: which `aud` names us, by the policy of the client, the floor of the server, the signer and the slot.

mod table;

use super::answer::Expected;
use super::slot::Slot;
use super::tally::Tally;
use super::token::{Draft, Signer};
use super::world::{self, CLIENT};
use crate::support::endpoint::Endpoint;
use countersign::core::client::AudiencePolicy;
use countersign::oauth::reason::ReasonCode;
use table::{Mark, Row};

/// The policies, in the order of the table's columns: each stricter than the next.
const POLICIES: [AudiencePolicy; 4] = [
    AudiencePolicy::Fapi,
    AudiencePolicy::Strict,
    AudiencePolicy::Standard,
    AudiencePolicy::Compat,
];

/// How the assertions that were taken had named us.
#[derive(Debug, Default, PartialEq, Eq)]
struct Addressed {
    endpoint: u32,
    shared: u32,
}

impl Addressed {
    fn counted(endpoint: &Endpoint) -> (f64, f64) {
        (
            endpoint.count("countersign_endpoint_audience_total"),
            endpoint.count("countersign_shared_audience_total"),
        )
    }
}

/// An endpoint whose client has this policy, under this floor.
fn endpoint(policy: AudiencePolicy, floor: AudiencePolicy) -> Endpoint {
    let mut client = world::client(CLIENT);
    client.assertion.audience = policy;
    world::endpoint_with_floor(client, floor)
}

/// Every row of the table in one slot, whose effective policy has the column `column`.
async fn column(
    tally: &mut Tally,
    endpoint: &Endpoint,
    what: &str,
    column: usize,
    slot: Slot,
    signer: Signer,
) -> Addressed {
    let mut addressed = Addressed::default();
    for row in table::rows() {
        let token = Draft::good(signer).claim("aud", &row.audience).token();
        let other = world::partner();
        let accepted = taken(&row, column, slot, signer);
        let expected = if accepted {
            Expected::Granted
        } else {
            Expected::Refused(400, slot.error(), &[ReasonCode::Audience])
        };
        if accepted && signer.is_client() {
            addressed.shared += u32::from(row.shared());
            addressed.endpoint += u32::from(row.endpoint());
        }
        let name = || format!("aud {}, {what}, {}, {}", row.audience, slot.name(), signer.name());
        tally
            .row(endpoint, name, &slot.form(&token, &other), expected)
            .await;
    }
    addressed
}

fn taken(row: &Row, column: usize, slot: Slot, signer: Signer) -> bool {
    match signer {
        Signer::Cluster => row.cluster,
        Signer::Trusted => row.trusted,
        Signer::Rsa | Signer::Ecdsa => match row.policies[column] {
            Mark::Taken => true,
            Mark::Refused => false,
            Mark::AsGrant => !slot.authenticates(),
        },
    }
}

/// S-7523-15, S-7523bis-01, S-7523bis-02, S-7523bis-04, S-7523bis-05, S-7523bis-10, S-7523bis-20, D-04
#[tokio::test]
async fn an_audience_is_ours_as_the_policy_has_it() {
    let mut tally = Tally::new("M-3");
    for (number, policy) in POLICIES.into_iter().enumerate() {
        let endpoint = endpoint(policy, AudiencePolicy::Compat);
        let mut sum = Addressed::default();
        for signer in Signer::ALL {
            for slot in Slot::ALL {
                let what = policy.to_string();
                let addressed = column(&mut tally, &endpoint, &what, number, slot, signer).await;
                sum.endpoint += addressed.endpoint;
                sum.shared += addressed.shared;
            }
        }
        let counted = Addressed::counted(&endpoint);
        if counted != (f64::from(sum.endpoint), f64::from(sum.shared)) {
            tally.fail(format!("{policy}: {sum:?} taken, but {counted:?} counted"));
        }
    }
    let shape = format!("{} audiences x policies x slots x signers", table::rows().len());
    tally.finish(&shape, 10_000);
}

/// D-04
#[tokio::test]
async fn no_client_is_laxer_than_the_server() {
    let mut tally = Tally::new("M-3, floors");
    for (of_client, policy) in POLICIES.into_iter().enumerate() {
        for (of_server, floor) in POLICIES.into_iter().enumerate() {
            let endpoint = endpoint(policy, floor);
            let what = format!("{policy} under {floor}");
            for slot in [Slot::ClientAssertion, Slot::Assertion] {
                let effective = of_client.min(of_server);
                column(&mut tally, &endpoint, &what, effective, slot, Signer::Ecdsa).await;
            }
        }
    }
    let shape = format!("{} audiences x policies x floors x slots", table::rows().len());
    tally.finish(&shape, 5000);
}
