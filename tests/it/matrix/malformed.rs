//! M-1: one corpus of malformed JWTs in every slot, and beside it what must not be taken for malformed.

use super::answer::Expected;
use super::slot::Slot;
use super::tally::Tally;
use super::token::{Draft, Signer};
use super::world;

#[tokio::test]
async fn a_good_jwt_is_good_in_every_slot() {
    let endpoint = world::endpoint();
    let mut tally = Tally::new("M-0");
    for signer in Signer::ALL {
        for slot in Slot::ALL {
            let (token, other) = (Draft::good(signer).token(), world::partner());
            let name = || format!("{}, {}", slot.name(), signer.name());
            tally
                .row(&endpoint, name, &slot.form(&token, &other), Expected::Granted)
                .await;
        }
    }
    tally.finish("good JWTs x slots x signers", 12);
}
