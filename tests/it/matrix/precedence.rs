//! M-4: of two faults in one request the earlier step's is answered, and one fault alone is answered as itself.
//!
//! The steps: transport, content, form, grant type, way of client authentication, client authentication, whether
//! the client may use the grant, required parameters, the grant, the target, the scope, the signing key, replay.

mod fault;
mod jwts;
mod parameters;
mod request;
mod transport;

use super::answer::Expected;
use super::tally::Tally;
use super::token::Signer;
use super::world;
use crate::support::announce;
use crate::support::endpoint::Endpoint;
use fault::{Answer, Fault};
use request::{Request, Shape};
use std::collections::BTreeMap;

/// The requests that faults are put into, by kind: who signs `client_assertion`, and who `assertion`.
const SHAPES: [Shape; 11] = [
    Shape::new(Some(Signer::Ecdsa), None),
    Shape::new(Some(Signer::Cluster), None),
    Shape::new(Some(Signer::Trusted), None),
    Shape::new(None, Some(Signer::Ecdsa)),
    Shape::new(None, Some(Signer::Cluster)),
    Shape::new(None, Some(Signer::Trusted)),
    Shape::new(Some(Signer::Ecdsa), Some(Signer::Ecdsa)),
    Shape::new(Some(Signer::Cluster), Some(Signer::Ecdsa)),
    Shape::new(Some(Signer::Ecdsa), Some(Signer::Cluster)),
    Shape::new(Some(Signer::Ecdsa), Some(Signer::Trusted)),
    Shape::new(Some(Signer::Trusted), Some(Signer::Ecdsa)),
];

fn faults() -> Vec<Fault> {
    let mut faults = transport::faults();
    faults.extend(parameters::faults());
    faults.extend(jwts::faults());
    faults
}

/// Sends the request of `shape` with these faults, and checks that the first of them is answered.
async fn row(tally: &mut Tally, endpoint: &Endpoint, shape: Shape, faults: &[&Fault], answer: &Answer) {
    let mut request = Request::new(shape);
    for fault in faults {
        (fault.apply)(&mut request);
    }
    let sent = request.send(endpoint).await;
    let name = || {
        let names: Vec<&str> = faults.iter().map(|fault| fault.name.as_str()).collect();
        format!("{} in {shape:?}", names.join(" + "))
    };
    let tokens: Vec<&str> = sent.tokens.iter().map(String::as_str).collect();
    let expected = Expected::Refused(answer.status, answer.error, answer.reasons);
    tally
        .judge(endpoint, name, &sent.reply, &tokens, sent.authorization, expected)
        .await;
}

/// S-6749-51, S-6749-60, D-01
#[tokio::test]
async fn one_fault_is_answered_as_itself() {
    let endpoint = world::endpoint();
    let mut tally = Tally::new("M-4, single faults");
    let faults = faults();
    for shape in SHAPES {
        let sent = Request::new(shape).send(&endpoint).await;
        let tokens: Vec<&str> = sent.tokens.iter().map(String::as_str).collect();
        let name = || format!("no fault in {shape:?}");
        tally
            .judge(&endpoint, name, &sent.reply, &tokens, false, Expected::Granted)
            .await;
        for fault in &faults {
            if let Some(answer) = (fault.answer)(shape) {
                row(&mut tally, &endpoint, shape, &[fault], &answer).await;
            }
        }
    }
    tally.finish(&format!("{} faults x shapes", faults.len()), 600);
}

/// S-7523-05, D-11
#[tokio::test]
async fn of_two_faults_the_earlier_step_answers() {
    let endpoint = world::endpoint();
    let mut tally = Tally::new("M-4");
    let faults = faults();
    let (mut pairs, mut same_step) = (0, 0);
    let mut apart: BTreeMap<String, usize> = BTreeMap::new();
    for (position, one) in faults.iter().enumerate() {
        for other in &faults[position + 1..] {
            if let Some(part) = one.parts.iter().find(|part| other.parts.contains(part)) {
                *apart.entry(format!("both change the {part:?}")).or_default() += 1;
                continue;
            }
            let (mut tested, mut together) = (false, false);
            for shapes in SHAPES.chunk_by(|one, other| one.kind() == other.kind()) {
                let answers = |shape: &Shape| {
                    let (first, second) = (one.answer)(*shape).zip((other.answer)(*shape))?;
                    Some((*shape, first, second))
                };
                let possible: Vec<_> = shapes.iter().filter_map(answers).collect();
                together |= !possible.is_empty();
                let two_steps = possible
                    .iter()
                    .filter(|(_, first, second)| first.step != second.step);
                // Another signer for each pair.
                let two_steps: Vec<_> = two_steps.collect();
                let Some((shape, first, second)) = two_steps.get(pairs % two_steps.len().max(1)) else {
                    continue;
                };
                tested = true;
                let earlier = if first.step < second.step { first } else { second };
                row(&mut tally, &endpoint, *shape, &[one, other], earlier).await;
            }
            if tested {
                pairs += 1;
            } else if together {
                same_step += 1;
            } else {
                *apart
                    .entry("no request has room for both".to_owned())
                    .or_default() += 1;
            }
        }
    }
    for (reason, count) in &apart {
        announce(format_args!("M-4: {count} pairs cannot be: {reason}"));
    }
    let shape = format!(
        "{} faults, {pairs} pairs of two steps x kinds of request; {same_step} pairs of one step and {} that cannot be left out",
        faults.len(),
        apart.values().sum::<usize>()
    );
    tally.finish(&shape, 9_000);
}
