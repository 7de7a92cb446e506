//! The limit that cryptography sets: verify one signature and sign one token, with nothing around it.

use super::figures::own_time;
use super::kind::Kind;
use anyhow::{Context, anyhow};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
};
use countersign::jose::Algorithm;
use std::hint::black_box;
use std::time::Duration;

/// As long as the signing input of an assertion.
const PRESENTED: [u8; 340] = [b'p'; 340];
/// As long as the signing input of a token.
const TOKEN: [u8; 480] = [b't'; 480];

/// The bare operations behind one exchange, with parsed keys.
pub(crate) struct Limit {
    verifier: ParsedPublicKey,
    signature: Vec<u8>,
    signer: Signer,
}

enum Signer {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
}

// === impl Limit ===

impl Limit {
    /// Fresh keys for `kind`.
    pub(crate) fn new(kind: Kind) -> anyhow::Result<Self> {
        let presented = kind.presented_algorithm();
        let theirs = Signer::new(presented)?;
        Ok(Self {
            verifier: theirs.verifier()?,
            signature: theirs.sign(&PRESENTED)?,
            signer: Signer::new(kind.token)?,
        })
    }

    /// The time on the processor of `rounds` times both operations.
    pub(crate) fn run(&self, rounds: usize) -> anyhow::Result<Duration> {
        let start = own_time()?;
        for _ in 0..rounds {
            self.verifier
                .verify_sig(black_box(&PRESENTED), &self.signature)
                .map_err(|_| anyhow!("a good signature does not verify"))?;
            black_box(self.signer.sign(black_box(&TOKEN))?);
        }
        Ok(own_time()?.saturating_sub(start))
    }
}

// === impl Signer ===

impl Signer {
    fn new(algorithm: Algorithm) -> anyhow::Result<Self> {
        if algorithm == Algorithm::Rs256 {
            return Ok(Self::Rsa(
                RsaKeyPair::generate(KeySize::Rsa2048)
                    .ok()
                    .context("no RSA key")?,
            ));
        }
        anyhow::ensure!(algorithm == Algorithm::Es256, "no limit for {algorithm}");
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        Ok(Self::Ecdsa(pair.ok().context("no P-256 key")?))
    }

    fn verifier(&self) -> anyhow::Result<ParsedPublicKey> {
        let parsed = match self {
            Self::Rsa(pair) => ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key()),
            Self::Ecdsa(pair) => ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key()),
        };
        parsed.ok().context("a public key cannot be read")
    }

    fn sign(&self, message: &[u8]) -> anyhow::Result<Vec<u8>> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let signed = pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature);
                signed.ok().context("RSA does not sign")?;
                Ok(signature)
            }
            Self::Ecdsa(pair) => Ok(pair
                .sign(&random, message)
                .ok()
                .context("ECDSA does not sign")?
                .as_ref()
                .to_vec()),
        }
    }
}
