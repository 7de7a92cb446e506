//! How long refusals take, by what is wrong: whoever guesses must not learn from the time what was wrong.
//!
//! Each round asks once for every kind of refusal, in random order; what is printed is the distribution of
//! each, and its median beside that of a wrong signature. `cargo bench --bench refusals -- [--rounds N]`.

#[expect(dead_code, reason = "the limit and the medians are for the other benchmarks")]
mod shared;
mod world;

use anyhow::Context;
use aws_lc_rs::rand;
use countersign::clock::SystemClock;
use countersign::core::clock::Clock;
use countersign::jose::{Algorithm, SigningKey};
use countersign::oauth::request::JWT_CLIENT_ASSERTION;
use countersign::server::audit::Record;
use futures::FutureExt;
use serde_json::{Value, json};
use shared::kind::NAMESPACE;
use std::io::Write;
use std::time::Instant;
use world::{CLIENT, ISSUER, World};

/// Rounds that do not count.
const WARM_UP: usize = 500;
/// Different requests of each kind that take turns.
const POOL: usize = 32;

/// What is wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    Signature,
    Client,
    Key,
    Expired,
    Audience,
    Replayed,
}

/// The requests of one kind, and how long their refusals took.
struct Measured {
    wrong: Wrong,
    bodies: Vec<String>,
    nanoseconds: Vec<u128>,
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let rounds = match arguments.iter().skip_while(|word| *word != "--rounds").nth(1) {
        Some(number) => number.parse::<usize>().context("--rounds")?.clamp(1, 1_000_000),
        None => 20_000,
    };
    let world = World::new()?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{rounds} refusals of each kind, in process; microseconds\n{:<7} {:<18} {:>8} {:>8} {:>8} {:>8} {:>8} {:>10}",
        "", "wrong", "p5", "p25", "median", "p75", "p95", "of median"
    )?;
    for algorithm in [Algorithm::Rs256, Algorithm::Es256] {
        let mut kinds = Wrong::ALL
            .map(|wrong| {
                Ok(Measured {
                    wrong,
                    bodies: wrong.bodies(&world, algorithm)?,
                    nanoseconds: Vec::new(),
                })
            })
            .into_iter()
            .collect::<anyhow::Result<Vec<_>>>()?;
        for round in 0..rounds.saturating_add(WARM_UP) {
            shuffle(&mut kinds)?;
            for measured in &mut kinds {
                let body = measured.bodies.get(round % POOL).context("an empty pool")?;
                let took = refused(&world, body)?;
                if round >= WARM_UP {
                    measured.nanoseconds.push(took);
                }
            }
        }
        report(&mut out, algorithm, kinds)?;
    }
    Ok(())
}

/// The nanoseconds that it takes to refuse a request; all are refused in one way.
fn refused(world: &World, body: &str) -> anyhow::Result<u128> {
    let mut record = Record::default();
    let start = Instant::now();
    let answer = world
        .broker
        .exchange(body.as_bytes(), false, &mut record)
        .now_or_never();
    let took = start.elapsed().as_nanos();
    match answer.context("the log in memory must not wait")? {
        Err(refusal) if refusal.error.as_str() == "invalid_client" => Ok(took),
        other => anyhow::bail!("not refused: {other:?}"),
    }
}

fn report(out: &mut impl Write, algorithm: Algorithm, mut kinds: Vec<Measured>) -> anyhow::Result<()> {
    kinds.sort_by_key(|measured| Wrong::ALL.iter().position(|wrong| *wrong == measured.wrong));
    let mut base = None;
    for measured in &mut kinds {
        measured.nanoseconds.sort_unstable();
        let at = |percent: usize| -> anyhow::Result<f64> {
            let place = measured
                .nanoseconds
                .len()
                .saturating_sub(1)
                .saturating_mul(percent)
                / 100;
            let nanoseconds = measured.nanoseconds.get(place).context("no samples")?;
            Ok(f64::from(u32::try_from(*nanoseconds)?) / 1e3)
        };
        let median = at(50)?;
        let base = *base.get_or_insert(median);
        writeln!(
            out,
            "{:<7} {:<18} {:>8.2} {:>8.2} {:>8.2} {:>8.2} {:>8.2} {:>10.3}",
            algorithm.as_str(),
            measured.wrong.name(),
            at(5)?,
            at(25)?,
            median,
            at(75)?,
            at(95)?,
            median / base
        )?;
    }
    Ok(())
}

/// Puts the kinds in random order (Fisher and Yates).
fn shuffle(kinds: &mut [Measured]) -> anyhow::Result<()> {
    for last in (1..kinds.len()).rev() {
        let mut byte = [0];
        rand::fill(&mut byte).map_err(|_| anyhow::anyhow!("no randomness"))?;
        let [byte] = byte;
        kinds.swap(
            last,
            usize::from(byte)
                .checked_rem(last.saturating_add(1))
                .unwrap_or(last),
        );
    }
    Ok(())
}

// === impl Wrong ===

impl Wrong {
    /// Every kind; the first is what the others are compared with.
    const ALL: [Self; 6] = [
        Self::Signature,
        Self::Client,
        Self::Key,
        Self::Expired,
        Self::Audience,
        Self::Replayed,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Signature => "wrong signature",
            Self::Client => "unknown client",
            Self::Key => "unknown key",
            Self::Expired => "expired",
            Self::Audience => "wrong audience",
            Self::Replayed => "replayed",
        }
    }

    fn bodies(self, world: &World, algorithm: Algorithm) -> anyhow::Result<Vec<String>> {
        let stranger = SigningKey::generate(algorithm)?;
        (0..POOL)
            .map(|number| self.body(world, algorithm, &stranger, number))
            .collect()
    }

    fn body(
        self,
        world: &World,
        algorithm: Algorithm,
        stranger: &SigningKey,
        number: usize,
    ) -> anyhow::Result<String> {
        let now = SystemClock.now().as_second();
        let client = format!("{NAMESPACE}/{CLIENT}");
        let mut claims = json!({
            "iss": client, "sub": client, "aud": ISSUER, "iat": now, "exp": now.saturating_add(300),
            "jti": format!("{algorithm}-{number:08}"),
        });
        let mut set = |name: &str, value: Value| {
            if let Some(claim) = claims.get_mut(name) {
                *claim = value;
            }
        };
        match self {
            Self::Client => {
                let unknown = json!(format!("{NAMESPACE}/stranger"));
                set("iss", unknown.clone());
                set("sub", unknown);
            }
            Self::Expired => {
                set("iat", json!(now.saturating_sub(300)));
                set("exp", json!(now.saturating_sub(100)));
            }
            Self::Audience => set("aud", json!("https://others.example")),
            Self::Signature | Self::Key | Self::Replayed => {}
        }
        let claims = serde_json::to_vec(&claims)?;
        let key = if self == Self::Key {
            stranger
        } else {
            world.key(algorithm)
        };
        let mut token = key.sign_jws(None, &claims)?;
        if self == Self::Signature {
            let other = stranger.sign_jws(None, &claims)?;
            let (head, _) = token.rsplit_once('.').context("a token")?;
            let (_, signature) = other.rsplit_once('.').context("a token")?;
            token = format!("{head}.{signature}");
        }
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_assertion_type", JWT_CLIENT_ASSERTION)
            .append_pair("client_assertion", &token)
            .append_pair("resource", "https://es256.internal")
            .finish();
        if self == Self::Replayed {
            let first = world
                .broker
                .exchange(body.as_bytes(), false, &mut Record::default())
                .now_or_never();
            anyhow::ensure!(matches!(first, Some(Ok(_))), "the first use was refused");
        }
        Ok(body)
    }
}
