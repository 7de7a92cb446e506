//! What the strict JOSE layer costs, beside the bare primitive with its key parsed once.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot run has nothing to measure"
)]

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RsaKeyPair,
};
use countersign::jose::{Algorithm, Claims, SigningKey, UnverifiedJws, VerificationKey};
use divan::{Bencher, black_box};

/// A client assertion as clients send it.
const CLAIMS: &[u8] = br#"{"iss":"payments/billing","sub":"payments/billing","aud":"https://tokens.example","exp":1800000060,"iat":1800000000,"jti":"5f1b4c7e-9d0a-4f7e-8a3d-2a6f0f2f4f11"}"#;

/// The algorithms on the hot path: the mandatory one, and the one that we sign with.
const HOT: [Algorithm; 2] = [Algorithm::Rs256, Algorithm::Es256];

fn main() {
    divan::main();
}

fn token(algorithm: Algorithm) -> (VerificationKey, String) {
    let key = SigningKey::generate(algorithm).unwrap();
    let token = key.sign_jws(Some("JWT"), CLAIMS).unwrap();
    (key.verification_key().unwrap(), token)
}

fn read(claims: &Claims) {
    black_box(claims.issuer().unwrap());
    black_box(claims.subject().unwrap());
    black_box(claims.audience().unwrap().sole());
    black_box(claims.expiry().unwrap());
    black_box(claims.not_before().unwrap());
    black_box(claims.issued_at().unwrap());
    black_box(claims.jwt_id().unwrap());
}

#[divan::bench]
fn verify_bare_rs256(bencher: Bencher<'_, '_>) {
    let key = SigningKey::generate(Algorithm::Rs256).unwrap();
    let pair = RsaKeyPair::from_pkcs8(&key.to_pkcs8().unwrap()).unwrap();
    let public = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key()).unwrap();
    verify_bare(bencher, &key, &public);
}

#[divan::bench]
fn verify_bare_es256(bencher: Bencher<'_, '_>) {
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key.to_pkcs8().unwrap()).unwrap();
    let public = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key()).unwrap();
    verify_bare(bencher, &key, &public);
}

/// As many bytes as [`verify_strict`] has to hash.
fn verify_bare(bencher: Bencher<'_, '_>, key: &SigningKey, public: &ParsedPublicKey) {
    let token = key.sign_jws(Some("JWT"), CLAIMS).unwrap();
    let message = token.rsplit_once('.').unwrap().0.as_bytes();
    let signature = key.sign(message).unwrap();
    bencher.bench_local(|| {
        public
            .verify_sig(black_box(message), black_box(&signature))
            .unwrap();
    });
}

#[divan::bench(args = HOT)]
fn verify_strict(bencher: Bencher<'_, '_>, algorithm: Algorithm) {
    let (key, token) = token(algorithm);
    bencher.bench_local(|| {
        let claims = UnverifiedJws::parse(black_box(&token))
            .unwrap()
            .verify(&key)
            .unwrap();
        read(&claims);
        claims
    });
}

#[divan::bench]
fn parse_and_read_claims(bencher: Bencher<'_, '_>) {
    let (_, token) = token(Algorithm::Es256);
    bencher.bench_local(|| {
        let jws = UnverifiedJws::parse(black_box(&token)).unwrap();
        read(jws.unverified_claims());
        jws
    });
}

#[divan::bench]
fn sign_bare_es256(bencher: Bencher<'_, '_>) {
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let random = SystemRandom::new();
    bencher.bench_local(|| key.sign(&random, black_box(CLAIMS)).unwrap());
}

#[divan::bench(args = HOT)]
fn sign_jws(bencher: Bencher<'_, '_>, algorithm: Algorithm) {
    let key = SigningKey::generate(algorithm).unwrap();
    bencher.bench_local(|| key.sign_jws(Some("at+jwt"), black_box(CLAIMS)).unwrap());
}
