use super::*;
use crate::jose::Algorithm;
use crate::jose::testing::{pkcs1, spki};
use rstest::rstest;

/// The key of `algorithm` with other bytes in the place of `from`; lengths stay what they were.
fn altered(algorithm: Algorithm, from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut der = spki(algorithm);
    let at = der.windows(from.len()).position(|window| window == from).unwrap();
    der.splice(at..at.strict_add(from.len()), to.iter().copied());
    der
}

/// RFC 3279 §2.3.1: the parameters of an RSA key are NULL.
#[rstest]
#[case::null(&[NULL, 0], None)]
#[case::octets(&[0x04, 0], Some(KeyFault::MalformedPem))]
#[case::sequence(&[SEQUENCE, 0], Some(KeyFault::MalformedPem))]
fn parameters_of_rsa(#[case] parameters: &[u8], #[case] expected: Option<KeyFault>) {
    let der = altered(
        Algorithm::Rs256,
        &[RSA_ENCRYPTION, &[NULL, 0]].concat(),
        &[RSA_ENCRYPTION, parameters].concat(),
    );
    assert_eq!(subject_public_key_info(&der).err(), expected);
}

/// RFC 8410 §3: an Ed25519 key has none.
#[test]
fn parameters_of_ed25519() {
    let good = spki(Algorithm::EdDsa);
    assert!(subject_public_key_info(&good).is_ok());
    let with_null = [
        &[SEQUENCE, 0x2c, SEQUENCE, 7, OBJECT_IDENTIFIER, 3][..],
        ED25519,
        &[NULL, 0],
        &good[9..],
    ]
    .concat();
    assert_eq!(
        subject_public_key_info(&with_null).err(),
        Some(KeyFault::MalformedPem)
    );
}

/// RFC 5480 §2.1.1: those of an EC key name its curve.
#[rstest]
#[case::another_curve(b"\x2a\x86\x48\xce\x3d\x03\x01\x06", KeyFault::Unsupported)]
#[case::shorter_than_its_length(b"\x2b\x81\x04\x00\x22", KeyFault::MalformedPem)]
fn parameters_of_ec(#[case] curve: &[u8], #[case] expected: KeyFault) {
    let der = altered(Algorithm::Es256, SECP256R1, curve);
    assert_eq!(subject_public_key_info(&der).err(), Some(expected));
}

#[test]
fn another_algorithm() {
    let der = altered(Algorithm::EdDsa, ED25519, b"\x2b\x65\x71");
    assert_eq!(subject_public_key_info(&der).err(), Some(KeyFault::Unsupported));
}

/// X.690 §8.3.2: an INTEGER has no needless leading zero, and §8.3.3: it is not negative here.
#[rstest]
#[case::minimal(&[3, 1, 0, 1], None)]
#[case::needless_zero(&[4, 0, 1, 0, 1], Some(KeyFault::MalformedPem))]
#[case::negative(&[3, 0x81, 0, 1], Some(KeyFault::MalformedPem))]
#[case::none(&[0], Some(KeyFault::MalformedPem))]
fn exponents(#[case] exponent: &[u8], #[case] expected: Option<KeyFault>) {
    let good = pkcs1();
    let (head, rest) = good.split_at(4);
    let n = rest.strip_suffix(&[INTEGER, 3, 1, 0, 1]).unwrap();
    let content = [n, &[INTEGER], exponent].concat();
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let der = [&head[..2], &length, &content].concat();
    assert_eq!(rsa_public_key(&der).err(), expected);
}
