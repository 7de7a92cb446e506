//! Which RSA public keys are good enough (RFC 7518 §3.3, §3.5; FAPI 2.0 §5.4.1; S-7518-01, -02).

use super::key_fault::KeyFault;

const MIN_BITS: usize = 2048;
const MAX_BITS: usize = 4096;
const MIN_EXPONENT: u64 = 65_537;
const MAX_EXPONENT: u64 = 1 << 33;

/// The odd primes below 168: enough to see the structure of CVE-2017-15361 with less than one false alarm in
/// 2^27 good keys of 2048 bits.
const SMALL_PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103,
    107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/// Checks modulus and exponent, both big-endian without leading zeros.
pub(super) fn check(n: &[u8], e: &[u8]) -> Result<(), KeyFault> {
    match bits(n) {
        ..MIN_BITS => return Err(KeyFault::ModulusTooShort),
        MIN_BITS..=MAX_BITS => {}
        _ => return Err(KeyFault::ModulusTooLong),
    }
    check_exponent(e)?;
    let even = n.last().is_none_or(|b| b % 2 == 0);
    if even || SMALL_PRIMES.iter().any(|p| remainder(n, *p) == 0) {
        return Err(KeyFault::ModulusFactored);
    }
    if SMALL_PRIMES
        .iter()
        .all(|p| is_power_of_65537(remainder(n, *p), *p))
    {
        return Err(KeyFault::ModulusStructured);
    }
    Ok(())
}

fn check_exponent(e: &[u8]) -> Result<(), KeyFault> {
    let mut value: u64 = 0;
    for byte in e {
        value = value
            .checked_mul(256)
            .and_then(|high| high.checked_add(u64::from(*byte)))
            .ok_or(KeyFault::ExponentTooLarge)?;
    }
    if value < MIN_EXPONENT {
        return Err(KeyFault::ExponentTooSmall);
    }
    if value > MAX_EXPONENT {
        return Err(KeyFault::ExponentTooLarge);
    }
    if value.is_multiple_of(2) {
        return Err(KeyFault::ExponentEven);
    }
    Ok(())
}

/// The length in bits of a big-endian number without leading zero bytes.
fn bits(number: &[u8]) -> usize {
    let unused = number.first().map_or(0, |b| b.leading_zeros());
    let unused = usize::try_from(unused).unwrap_or_default();
    number.len().saturating_mul(8).saturating_sub(unused)
}

/// `number` mod `prime`.
fn remainder(number: &[u8], prime: u32) -> u32 {
    number.iter().fold(0, |rest: u32, byte| {
        // `rest` is below 168, so the sum stays below 2^16.
        rest.wrapping_mul(256)
            .wrapping_add(u32::from(*byte))
            .checked_rem(prime)
            .unwrap_or_default()
    })
}

/// Whether `rest` is 65537^k mod `prime` for some k: true of every prime for the broken generator's moduli.
fn is_power_of_65537(rest: u32, prime: u32) -> bool {
    let base = 65_537_u32.checked_rem(prime).unwrap_or_default();
    let mut power = 1;
    for _ in 0..prime {
        if power == rest {
            return true;
        }
        power = base.wrapping_mul(power).checked_rem(prime).unwrap_or_default();
    }
    false
}
