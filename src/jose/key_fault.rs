//! Why a key is not usable. Every reason is about one key: the others of its set are not touched.

use thiserror::Error;

/// What is wrong with a key. No message contains key material.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyFault {
    /// It has private members or is a private key in PEM.
    #[error("it is a private key: revoke it, and register its public half only")]
    Private,
    /// A symmetric key (`kty: oct`).
    #[error("it is a symmetric key, which nobody may publish")]
    Symmetric,
    /// A key type or curve that is not supported.
    #[error("its key type or curve is not supported: use RSA, P-256, P-384, P-521 or Ed25519")]
    Unsupported,
    /// An RSA modulus under 2048 bits.
    #[error("its RSA modulus is shorter than 2048 bits")]
    ModulusTooShort,
    /// An RSA modulus over 4096 bits.
    #[error("its RSA modulus is longer than 4096 bits")]
    ModulusTooLong,
    /// An even RSA modulus, or an exponent that is even, below 65537 or above 2^33.
    #[error("its RSA modulus or exponent is not one that a sound key has")]
    WeakRsa,
    /// A member is missing, of the wrong type, not base64url, of the wrong length, or not on the curve.
    #[error("it is malformed: '{0}' is missing or not valid")]
    Malformed(&'static str),
    /// `use` is not `sig`.
    #[error("its use is not 'sig'")]
    NotForSignatures,
    /// `key_ops` does not have `verify`.
    #[error("its key_ops do not include 'verify'")]
    NotForVerification,
    /// `alg` is not an algorithm for a key of this type.
    #[error("its alg does not belong to its key type")]
    AlgorithmMismatch,
    /// The client does not allow the algorithm.
    #[error("its algorithm is not in spec.assertion.algorithms")]
    AlgorithmNotAllowed,
    /// An earlier key of the set has the same `kid` and algorithm, or is the same key.
    #[error("an earlier key is the same or has the same kid and algorithm")]
    Duplicate,
}

impl KeyFault {
    /// A stable name for conditions and metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Private => "PrivateKey",
            Self::Symmetric => "SymmetricKey",
            Self::Unsupported => "UnsupportedKey",
            Self::ModulusTooShort | Self::ModulusTooLong | Self::WeakRsa => "WeakKey",
            Self::Malformed(_) => "MalformedKey",
            Self::NotForSignatures | Self::NotForVerification => "KeyNotForVerification",
            Self::AlgorithmMismatch => "AlgorithmMismatch",
            Self::AlgorithmNotAllowed => "AlgorithmNotAllowed",
            Self::Duplicate => "DuplicateKey",
        }
    }
}
