//! M-5: the times of a JWT against a clock that stands still, down to fractions and out to the extremes.

mod moment;

use super::answer::Expected;
use super::slot::Slot;
use super::tally::Tally;
use super::token::{Draft, Signer};
use super::world::{self, CLIENT, NOW};
use crate::support::endpoint::Endpoint;
use countersign::oauth::reason::ReasonCode;
use moment::{Times, Written};

/// Seconds from the present.
const OFFSETS: [i64; 15] = [-61, -31, -30, -29, -10, -1, 0, 1, 10, 11, 29, 30, 31, 60, 61];
/// Microseconds beside each of them; a double has room for no less than a quarter of one today.
const BESIDE: [i64; 7] = [-500_000, -1_000, -1, 0, 1, 1_000, 500_000];
/// Moments at which something about calendars or integers is odd.
const MOMENTS: [i64; 10] = [
    951_782_400,   // 2000-02-29
    1_230_768_000, // after the leap second at the end of 2008
    1_483_228_799, // before the leap second at the end of 2016, and after it
    1_483_228_800,
    2_147_483_647, // i32
    2_147_483_648,
    4_107_542_400, // 2100-03-01
    4_294_967_295, // u32
    4_294_967_296,
    17_179_869_184,
];

/// The claims that are times; the others stay good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Claim {
    Exp,
    Nbf,
    Iat,
}

const CLAIMS: [Claim; 3] = [Claim::Exp, Claim::Nbf, Claim::Iat];

/// Good times, of which one is `written`.
fn times(now: i64, claim: Claim, written: Written) -> Times {
    let second = Written::second;
    let mut times = Times {
        exp: second(now + 120),
        nbf: second(now - 60),
        iat: second(now - 5),
    };
    match claim {
        // Issued a minute before, so that it is never the lifetime that is refused.
        Claim::Exp => {
            times.iat = written.earlier(60);
            times.exp = written;
        }
        Claim::Nbf => times.nbf = written,
        Claim::Iat => times.iat = written,
    }
    times
}

async fn row(tally: &mut Tally, endpoint: &Endpoint, now: i64, times: &Times, slot: Slot, signer: Signer) {
    let draft = Draft::good_at(signer, now)
        .claim("exp", &times.exp.text)
        .claim("nbf", &times.nbf.text)
        .claim("iat", &times.iat.text);
    let expected = match times.judge(now, signer.max_lifetime()) {
        Ok(()) => Expected::Granted,
        Err(reasons) => Expected::Refused(400, slot.error(), reasons),
    };
    let (token, other) = (draft.token(), Draft::good_at(Signer::Ecdsa, now).token());
    let name = || {
        let Times { exp, nbf, iat } = times;
        let times = format!("exp {} nbf {} iat {} at {now}", exp.text, nbf.text, iat.text);
        format!("{times}, {}, {}", slot.name(), signer.name())
    };
    tally
        .row(endpoint, name, &slot.form(&token, &other), expected)
        .await;
}

/// S-7523-16, S-7523-17, S-7523-18, S-7523-19, S-7519-12, S-7519-13, S-7519-14
#[tokio::test]
async fn each_time_is_good_up_to_the_skew_and_no_further() {
    let endpoint = world::endpoint();
    let mut tally = Tally::new("M-5, one time off");
    for claim in CLAIMS {
        for offset in OFFSETS {
            for beside in BESIDE {
                let times = times(NOW, claim, Written::micros(NOW, offset * 1_000_000 + beside));
                for signer in Signer::ALL {
                    for slot in Slot::ALL {
                        row(&mut tally, &endpoint, NOW, &times, slot, signer).await;
                    }
                }
            }
        }
    }
    tally.finish("times x offsets x fractions x slots x signers", 5040);
}

/// S-7523-16, S-7519-12
#[tokio::test]
async fn a_jwt_dies_when_its_time_has_come() {
    let endpoint = world::endpoint();
    let mut tally = Tally::new("M-5, the clock goes on");
    let token = Draft::good(Signer::Cluster).claim("exp", NOW + 5).token();
    for second in 0..40 {
        for slot in Slot::ALL {
            let other = Draft::good_at(Signer::Ecdsa, NOW + second).token();
            let expected = if second < 35 {
                Expected::Granted
            } else {
                Expected::Refused(400, slot.error(), &[ReasonCode::Expired])
            };
            let name = || format!("after {second} s, {}", slot.name());
            tally
                .row(&endpoint, name, &slot.form(&token, &other), expected)
                .await;
        }
        endpoint.clock.advance(1);
    }
    tally.finish("seconds x slots", 160);
}

#[tokio::test]
async fn the_first_time_that_is_off_decides() {
    let endpoint = world::endpoint();
    let mut tally = Tally::new("M-5, all times off");
    let mut slots = Slot::ALL.into_iter().cycle();
    for exp in OFFSETS {
        for nbf in OFFSETS {
            for iat in OFFSETS {
                let times = Times {
                    exp: Written::second(NOW + exp),
                    nbf: Written::second(NOW + nbf),
                    iat: Written::second(NOW + iat),
                };
                let slot = slots.next().unwrap();
                row(&mut tally, &endpoint, NOW, &times, slot, Signer::Ecdsa).await;
            }
        }
    }
    tally.finish("exp x nbf x iat", 3375);
}

/// S-7519-10, S-7519-11
#[tokio::test]
async fn no_number_is_read_as_another_time() {
    let endpoint = world::endpoint();
    let mut tally = Tally::new("M-5, extremes");
    let extremes = moment::extremes(NOW);
    for claim in CLAIMS {
        for written in &extremes {
            let times = times(NOW, claim, written.clone());
            for signer in Signer::ALL {
                for slot in Slot::ALL {
                    row(&mut tally, &endpoint, NOW, &times, slot, signer).await;
                }
            }
        }
    }
    let shape = format!("times x {} numbers x slots x signers", extremes.len());
    tally.finish(&shape, 2500);
}

#[tokio::test]
async fn the_rule_is_the_same_at_every_moment() {
    let mut tally = Tally::new("M-5, moments");
    for now in MOMENTS {
        let endpoint = world::endpoint_with([world::client(CLIENT)], now);
        for claim in CLAIMS {
            for offset in OFFSETS {
                let times = times(now, claim, Written::second(now + offset));
                for signer in Signer::ALL {
                    for slot in [Slot::ClientAssertion, Slot::Assertion] {
                        row(&mut tally, &endpoint, now, &times, slot, signer).await;
                    }
                }
            }
        }
    }
    tally.finish("moments x times x offsets x slots x signers", 3600);
}
