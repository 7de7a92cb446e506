//! Which Ed25519 public keys are good enough (RFC 8032 §5.1.3, S-8037-01).

use super::key_fault::KeyFault;

/// The y coordinates of the points whose order divides 8, little-endian. Under such a key a signature can be
/// made that holds for almost any message.
const SMALL_ORDER: [[u8; 32]; 5] = [
    *b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
    *b"\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
    *b"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05",
    *b"\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a",
    *b"\xec\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
];

/// A number modulo 2^255 - 19, least significant limb first; below 2^256, so not always in its one form.
type Field = [u64; 4];

/// The curve's constant d = -121665/121666.
const D: Field = [
    0x75eb_4dca_1359_78a3,
    0x0070_0a4d_4141_d8ab,
    0x8cc7_4079_7779_e898,
    0x5203_6cee_2b6f_fe73,
];
const ONE: Field = [1, 0, 0, 0];
/// What 1 looks like before it is reduced: 1, p + 1 and 2p + 1.
const FORMS_OF_ONE: [Field; 3] = [
    ONE,
    [u64::MAX - 17, u64::MAX, u64::MAX, u64::MAX >> 1],
    [u64::MAX - 36, u64::MAX, u64::MAX, u64::MAX],
];
const MINUS_ONE: Field = [u64::MAX - 19, u64::MAX, u64::MAX, u64::MAX >> 1];

/// Checks an encoded point: y in its one spelling (below 2^255 - 19), not of small order, and on the curve.
///
/// The library would take any 32 bytes for a key, and find out only when a signature does not verify.
pub(super) fn check(point: &[u8; 32]) -> Result<(), KeyFault> {
    let mut y = *point;
    if let Some(top) = y.last_mut() {
        *top &= 0x7f;
    }
    if SMALL_ORDER.contains(&y) {
        return Err(KeyFault::SmallOrder);
    }
    // p = 2^255 - 19 is ed ff .. ff 7f: at or above it are only eighteen more values, all with these high bytes.
    let at_least_p = match y {
        [0xed..=0xff, middle @ .., 0x7f] => middle.iter().all(|b| *b == 0xff),
        _ => false,
    };
    if at_least_p || !is_on_curve(&y) {
        return Err(KeyFault::NotOnCurve);
    }
    Ok(())
}

/// Whether there is an x for this y: whether (y^2 - 1)/(d y^2 + 1) has a square root (RFC 8032 §5.1.3).
///
/// A quotient has a root if the product has one, and a number other than 0 if its power (p - 1)/2 is 1.
fn is_on_curve(y: &[u8; 32]) -> bool {
    let mut limbs = ONE;
    for (limb, bytes) in limbs.iter_mut().zip(y.as_chunks::<8>().0) {
        *limb = u64::from_le_bytes(*bytes);
    }
    let square = multiply(&limbs, &limbs);
    let product = multiply(&add(&square, &MINUS_ONE), &add(&multiply(&D, &square), &ONE));
    // (p - 1)/2 = 2^254 - 10, in binary: 250 ones, then 0110.
    let exponent = std::iter::repeat_n(true, 250).chain([false, true, true, false]);
    let power = exponent.fold(ONE, |power, bit| {
        let power = multiply(&power, &power);
        if bit { multiply(&power, &product) } else { power }
    });
    FORMS_OF_ONE.contains(&power)
}

fn multiply(a: &Field, b: &Field) -> Field {
    let mut product = [0_u64; 8];
    for (position, x) in a.iter().enumerate() {
        let mut carry = 0;
        let mut limbs = product.iter_mut().skip(position);
        for (y, limb) in b.iter().zip(limbs.by_ref()) {
            (*limb, carry) = x.carrying_mul_add(*y, *limb, carry);
        }
        if let Some(limb) = limbs.next() {
            *limb = carry;
        }
    }
    let [l0, l1, l2, l3, h0, h1, h2, h3] = product;
    // 2^256 is 38 modulo p.
    let mut low = [l0, l1, l2, l3];
    let mut carry = 0;
    for (limb, high) in low.iter_mut().zip([h0, h1, h2, h3]) {
        (*limb, carry) = high.carrying_mul_add(38, *limb, carry);
    }
    fold(low, carry)
}

fn add(a: &Field, b: &Field) -> Field {
    let mut sum = *a;
    let mut carry = 0;
    for (limb, y) in sum.iter_mut().zip(b) {
        (*limb, carry) = y.carrying_mul_add(1, *limb, carry);
    }
    fold(sum, carry)
}

/// `low` + `high` * 2^256, where `high` is at most 38.
fn fold(mut low: Field, mut high: u64) -> Field {
    // The second time, what is left in `low` is so small that nothing is carried.
    for _ in 0..2 {
        let mut carry = high.wrapping_mul(38);
        for limb in &mut low {
            let (sum, overflows) = limb.overflowing_add(carry);
            *limb = sum;
            carry = u64::from(overflows);
        }
        high = carry;
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::{Algorithm, SigningKey};
    use rstest::rstest;

    /// The y from 2 to 41 that are on the curve, worked out apart from this program.
    const SMALL: [u8; 26] = [
        3, 4, 5, 6, 9, 10, 14, 15, 16, 18, 19, 21, 23, 24, 25, 26, 27, 28, 29, 30, 32, 33, 35, 37, 39, 40,
    ];
    /// The k from 20 to 59 for which p - k is on the curve.
    const LARGE: [u8; 26] = [
        21, 23, 24, 25, 26, 27, 28, 29, 30, 32, 33, 35, 37, 39, 40, 42, 43, 44, 48, 51, 52, 54, 55, 56, 57,
        58,
    ];

    fn expected(on_curve: bool) -> Result<(), KeyFault> {
        on_curve.then_some(()).ok_or(KeyFault::NotOnCurve)
    }

    #[rstest]
    fn small_coordinates(#[values(0, 0x80)] sign: u8) {
        for y in 2..42 {
            let mut point = [0; 32];
            point[0] = y;
            point[31] |= sign;
            assert_eq!(check(&point), expected(SMALL.contains(&y)), "{y}");
        }
    }

    #[rstest]
    fn large_coordinates(#[values(0, 0x80)] sign: u8) {
        for k in 20..60 {
            let mut point = [0xff; 32];
            point[0] = 0xed_u8.strict_sub(k);
            point[31] = 0x7f | sign;
            assert_eq!(check(&point), expected(LARGE.contains(&k)), "p - {k}");
        }
    }

    #[test]
    fn keys_of_the_library_are_on_the_curve() {
        for _ in 0..50 {
            assert!(SigningKey::generate(Algorithm::EdDsa).is_ok());
        }
    }
}
