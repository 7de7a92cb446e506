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

/// Checks an encoded point: y in its one spelling (below 2^255 - 19), and not of small order.
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
    if at_least_p {
        Err(KeyFault::NotOnCurve)
    } else {
        Ok(())
    }
}
