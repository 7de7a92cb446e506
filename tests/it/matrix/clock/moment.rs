//! The rule of the times, said again with whole numbers: nothing here is the product's.

use countersign::oauth::reason::ReasonCode;

/// Nanoseconds in a second.
const SECOND: i128 = 1_000_000_000;
/// How far clocks may be apart, in seconds.
const SKEW: i128 = 30 * SECOND;
/// The last second of the year 9999.
const LAST: i128 = 253_402_300_799 * SECOND;

/// A number as it stands in a claim, and what it means in nanoseconds; nothing if it is no date.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub(super) text: String,
    meaning: Option<i128>,
}

/// The times of a JWT.
#[derive(Debug, Clone)]
pub(super) struct Times {
    pub(super) exp: Written,
    pub(super) nbf: Written,
    pub(super) iat: Written,
}

// === impl Written ===

impl Written {
    pub(super) fn second(second: i64) -> Self {
        Self::new(second.to_string(), i128::from(second) * SECOND)
    }

    /// So many microseconds after a second.
    pub(super) fn micros(second: i64, micros: i64) -> Self {
        let all = i128::from(second) * 1_000_000 + i128::from(micros);
        let (whole, fraction) = (all / 1_000_000, all % 1_000_000);
        Self::new(format!("{whole}.{fraction:06}"), all * 1000)
    }

    fn new(text: impl Into<String>, nanos: i128) -> Self {
        Self {
            text: text.into(),
            meaning: (0..=LAST).contains(&nanos).then_some(nanos),
        }
    }

    fn no_date(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            meaning: None,
        }
    }

    /// A time that is good beside this one: so many seconds before, or the present's if this is none.
    pub(super) fn earlier(&self, seconds: i64) -> Self {
        let nanos = self.meaning.map(|nanos| nanos - i128::from(seconds) * SECOND);
        let nanos = nanos.filter(|nanos| *nanos >= 0).unwrap_or_default();
        let (whole, fraction) = (nanos / SECOND, nanos % SECOND);
        Self::new(format!("{whole}.{fraction:09}"), nanos)
    }
}

// === impl Times ===

impl Times {
    /// RFC 7523 §3 rules 4 to 6 with a skew of 30 s, and a lifetime of at most `limit` seconds. What is wrong
    /// may be any of the reasons.
    pub(super) fn judge(&self, now: i64, limit: i64) -> Result<(), &'static [ReasonCode]> {
        let now = i128::from(now) * SECOND;
        let limit = i128::from(limit) * SECOND;
        let (Some(exp), Some(nbf), Some(iat)) = (self.exp.meaning, self.nbf.meaning, self.iat.meaning) else {
            return Err(&[
                ReasonCode::ClaimMalformed,
                ReasonCode::Expired,
                ReasonCode::NotYetValid,
            ]);
        };
        if now >= exp + SKEW {
            return Err(&[ReasonCode::Expired]);
        }
        if nbf > now + SKEW {
            return Err(&[ReasonCode::NotYetValid]);
        }
        if iat > now + SKEW {
            return Err(&[ReasonCode::IssuedInTheFuture]);
        }
        if exp - iat > limit || exp < iat {
            return Err(&[ReasonCode::Lifetime]);
        }
        Ok(())
    }
}

/// Numbers that overflow, wrap, round, or have an unusual spelling.
pub(super) fn extremes(now: i64) -> Vec<Written> {
    let second = |second: i64| Written::second(second);
    let nanos = i128::from(now) * SECOND;
    let mut extremes: Vec<Written> = [
        0,
        1,
        59,
        60,
        2_147_483_647,
        2_147_483_648,
        4_294_967_295,
        4_294_967_296,
        9_007_199_254_740_991,
        9_007_199_254_740_993,
        253_402_207_200,
        253_402_300_799,
        253_402_300_800,
        i64::MAX,
        i64::MAX - 1,
        i64::MIN,
        i64::MIN + 1,
        -1,
        -now,
        now * 1000,
        now * 1_000_000,
        now * 1_000_000_000,
        // What wraps to the present, in 32 bits or in milliseconds.
        now + 4_294_967_296,
        now - 4_294_967_296,
    ]
    .map(second)
    .into();
    extremes.extend([
        Written::new("0.0", 0),
        Written::new("-0", 0),
        Written::new("-0.0", 0),
        Written::new("0e0", 0),
        Written::new("1e-300", 0),
        Written::new("5e-324", 0),
        Written::new("0.000000001", 1),
        Written::new("1.8e9", 1_800_000_000 * SECOND),
        Written::new("18E+8", 1_800_000_000 * SECOND),
        Written::new("18000000000e-1", 1_800_000_000 * SECOND),
        Written::new(format!("{now}.0"), nanos),
        Written::new(format!("{now}.000000000000000000000000000000000001"), nanos),
        Written::new("253402300799.0", LAST),
        Written::no_date("253402300799.5"),
        Written::no_date("2.53402300800e11"),
        Written::no_date("1e12"),
        Written::no_date("1e18"),
        Written::no_date("1e19"),
        Written::no_date("9223372036854775808"),
        Written::no_date("-9223372036854775809"),
        Written::no_date("18446744073709551615"),
        Written::no_date("18446744073709551616"),
        Written::no_date("18446744075509551616"),
        Written::no_date("340282366920938463463374607431768211455"),
        Written::no_date("1e300"),
        Written::no_date("1.7976931348623157e308"),
        Written::no_date("-1e300"),
        Written::no_date("-0.5"),
        Written::no_date("-1e-9"),
    ]);
    extremes
}
