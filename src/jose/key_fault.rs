//! Why a public key cannot be used.

use super::json::JsonFault;
use thiserror::Error;

/// One variant per way in which a key is unusable. Each message is about "it", the key, and holds no part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyFault {
    /// It has a private member (RFC 7518 §6.2.2, §6.3.2) or is a private key in PEM.
    #[error("it is a private key: revoke it, and register its public half only")]
    Private,
    /// A symmetric key (`kty: oct`).
    #[error("it is a symmetric key, which nobody may publish")]
    Symmetric,
    /// The same key, or the same `kid` and algorithm, came earlier in the set.
    #[error("an earlier key is the same or has the same kid and algorithm")]
    Duplicate,
    /// The entry of `keys` is not an acceptable JSON object.
    #[error("its entry is not acceptable JSON: {0}")]
    Json(JsonFault),
    /// A member is missing, not a string, or not base64url as RFC 7518 §2 has it.
    #[error("it is malformed: '{0}' is missing or not valid")]
    Malformed(&'static str),
    /// The point is not on the curve.
    #[error("its point is not on the curve")]
    NotOnCurve,
    /// An Ed25519 point of small order: signatures under it prove nothing.
    #[error("its point has small order")]
    SmallOrder,
    /// A key type or curve that is not supported.
    #[error("its key type or curve is not supported: use RSA, P-256, P-384, P-521 or Ed25519")]
    Unsupported,
    /// Certificates only, without the key itself.
    #[error("it has certificates only (x5c): the key's own members are needed")]
    CertificateOnly,
    /// An RSA modulus under 2048 bits.
    #[error("its RSA modulus is shorter than 2048 bits")]
    ModulusTooShort,
    /// An RSA modulus over 4096 bits.
    #[error("its RSA modulus is longer than 4096 bits")]
    ModulusTooLong,
    /// The RSA modulus has a small factor, 2 among others.
    #[error("its RSA modulus is even or has another small factor")]
    ModulusFactored,
    /// The RSA modulus has the structure of CVE-2017-15361 (ROCA).
    #[error("its RSA modulus comes from a generator that is known to be broken (CVE-2017-15361)")]
    ModulusStructured,
    /// The RSA exponent is below 65537.
    #[error("its RSA exponent is less than 65537")]
    ExponentTooSmall,
    /// The RSA exponent is even.
    #[error("its RSA exponent is even")]
    ExponentEven,
    /// The RSA exponent is above 2^33.
    #[error("its RSA exponent is greater than 2^33")]
    ExponentTooLarge,
    /// `use` is not `sig`.
    #[error("its use is not 'sig'")]
    NotForSignatures,
    /// `key_ops` is not a list of strings with `verify` in it.
    #[error("its key_ops do not include 'verify'")]
    NotForVerification,
    /// `alg` names no signature algorithm that we support.
    #[error("its alg is not a supported signature algorithm")]
    UnknownAlgorithm,
    /// `alg` is not an algorithm for a key of this type.
    #[error("its alg does not belong to its key type")]
    AlgorithmMismatch,
    /// The client does not allow the algorithm.
    #[error("its algorithm is not in spec.assertion.algorithms")]
    AlgorithmNotAllowed,
    /// A PEM block of another kind, certificates among them.
    #[error("its PEM block is not supported: use PUBLIC KEY or RSA PUBLIC KEY")]
    UnknownPemLabel,
    /// A PEM block that is not terminated, not base64, or without the DER of a public key in it.
    #[error("its PEM block is damaged")]
    MalformedPem,
}

// === impl KeyFault ===

impl KeyFault {
    /// A stable reason in CamelCase, for conditions, Events and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Private => "PrivateKey",
            Self::Symmetric => "SymmetricKey",
            Self::Duplicate => "DuplicateKey",
            Self::Json(_) | Self::Malformed(_) | Self::NotOnCurve | Self::MalformedPem => "MalformedKey",
            Self::SmallOrder
            | Self::ModulusTooShort
            | Self::ModulusFactored
            | Self::ModulusStructured
            | Self::ExponentTooSmall
            | Self::ExponentEven => "WeakKey",
            Self::Unsupported
            | Self::CertificateOnly
            | Self::ModulusTooLong
            | Self::ExponentTooLarge
            | Self::UnknownAlgorithm
            | Self::UnknownPemLabel => "UnsupportedKey",
            Self::NotForSignatures | Self::NotForVerification => "KeyNotForVerification",
            Self::AlgorithmMismatch => "AlgorithmMismatch",
            Self::AlgorithmNotAllowed => "AlgorithmNotAllowed",
        }
    }
}
