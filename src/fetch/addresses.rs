//! Which addresses a tenant's URL may lead to: pure, by the address that is really dialled.
//!
//! Everything that is not plain public unicast is refused (RFC 6890 and the IANA special-purpose
//! registries), unless an administrator lists it. An IPv4 address in IPv6 clothes is judged by the
//! IPv4 address.

use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Special-use IPv4 ranges, as (first address, prefix length).
const SPECIAL_V4: [(Ipv4Addr, u8); 15] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Global unicast, the only part of IPv6 that is handed out to the public (RFC 4291 §2.4).
const GLOBAL_V6: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Special-use ranges within [`GLOBAL_V6`]: protocol assignments with Teredo, documentation twice,
/// and 6to4.
const SPECIAL_V6: [(Ipv6Addr, u8); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// The well-known prefix of NAT64 (RFC 6052 §2.1): the last 32 bits are the IPv4 address reached.
const NAT64: (Ipv6Addr, u8) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// What an administrator says about addresses, over the built-in table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressPolicy {
    /// Ranges that may be dialled although they are special-use, such as an in-house issuer's.
    pub allowed: Vec<IpNet>,
    /// Ranges that may not be dialled although they look public, such as a cluster's pods on
    /// provider-owned IPv6 addresses. They win over `allowed`.
    pub refused: Vec<IpNet>,
}

// === impl AddressPolicy ===

impl AddressPolicy {
    /// Whether `address` may be dialled for a tenant.
    pub fn permits(&self, address: IpAddr) -> bool {
        let address = innermost(address);
        let listed = |nets: &[IpNet]| nets.iter().any(|net| net.contains(&address));
        !listed(&self.refused) && (listed(&self.allowed) || is_public(address))
    }
}

/// The address that a packet would reach in the end: IPv4 out of its mapped and NAT64 forms.
fn innermost(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    if let Some(v4) = v6.to_ipv4_mapped() {
        return IpAddr::V4(v4);
    }
    if within_v6(v6, NAT64) {
        let [.., a, b, c, d] = v6.octets();
        return IpAddr::V4(Ipv4Addr::new(a, b, c, d));
    }
    address
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !SPECIAL_V4.iter().any(|range| within_v4(v4, *range)),
        IpAddr::V6(v6) => within_v6(v6, GLOBAL_V6) && !SPECIAL_V6.iter().any(|range| within_v6(v6, *range)),
    }
}

fn within_v4(address: Ipv4Addr, (first, prefix): (Ipv4Addr, u8)) -> bool {
    let differing = address.to_bits() ^ first.to_bits();
    differing.leading_zeros() >= u32::from(prefix)
}

fn within_v6(address: Ipv6Addr, (first, prefix): (Ipv6Addr, u8)) -> bool {
    let differing = address.to_bits() ^ first.to_bits();
    differing.leading_zeros() >= u32::from(prefix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::public("8.8.8.8")]
    #[case::below_cgnat("100.63.255.255")]
    #[case::above_cgnat("100.128.0.0")]
    #[case::below_172("172.15.255.255")]
    #[case::above_172("172.32.0.0")]
    #[case::above_192_0_0("192.0.1.0")]
    #[case::below_benchmarks("198.17.255.255")]
    #[case::above_benchmarks("198.20.0.0")]
    #[case::last_unicast("223.255.255.255")]
    #[case::public_v6("2606:4700::1")]
    #[case::above_protocol_assignments("2001:200::1")]
    #[case::mapped_public("::ffff:8.8.8.8")]
    #[case::nat64_public("64:ff9b::8.8.8.8")]
    fn public_addresses_are_dialled(#[case] address: &str) {
        assert!(AddressPolicy::default().permits(address.parse().unwrap()));
    }

    /// S-8725-32
    #[rstest]
    #[case("0.0.0.0")]
    #[case("0.255.255.255")]
    #[case("10.0.0.1")]
    #[case("10.96.0.1")]
    #[case("100.64.0.1")]
    #[case("100.127.255.255")]
    #[case("127.0.0.1")]
    #[case("127.255.255.254")]
    #[case("169.254.169.254")]
    #[case("172.16.0.1")]
    #[case("172.31.255.255")]
    #[case("192.0.0.170")]
    #[case("192.0.2.1")]
    #[case("192.88.99.1")]
    #[case("192.168.1.1")]
    #[case("198.18.0.1")]
    #[case("198.19.255.255")]
    #[case("198.51.100.7")]
    #[case("203.0.113.7")]
    #[case("224.0.0.1")]
    #[case("239.255.255.255")]
    #[case("240.0.0.1")]
    #[case("255.255.255.255")]
    #[case("::")]
    #[case("::1")]
    #[case("::127.0.0.1")]
    #[case("::ffff:127.0.0.1")]
    #[case("::ffff:169.254.169.254")]
    #[case("64:ff9b::10.0.0.1")]
    #[case("64:ff9b:1::1")]
    #[case("100::1")]
    #[case("2001::1")]
    #[case("2001:1ff::1")]
    #[case("2001:db8::1")]
    #[case("2002:7f00:1::1")]
    #[case("3fff::1")]
    #[case("4000::1")]
    #[case("5f00::1")]
    #[case("fc00::1")]
    #[case("fd00:ec2::254")]
    #[case("fe80::1")]
    #[case("fec0::1")]
    #[case("ff02::1")]
    fn special_addresses_are_refused_unless_listed(#[case] address: &str) {
        let address: IpAddr = address.parse().unwrap();
        assert!(!AddressPolicy::default().permits(address), "{address}");
        let listed = AddressPolicy {
            allowed: vec![IpNet::from(innermost(address))],
            refused: Vec::new(),
        };
        assert!(listed.permits(address), "{address}");
    }

    #[test]
    fn an_allowed_range_opens_no_other_address() {
        let policy = AddressPolicy {
            allowed: vec!["127.0.0.1/32".parse().unwrap()],
            refused: Vec::new(),
        };
        assert!(policy.permits("127.0.0.1".parse().unwrap()));
        assert!(policy.permits("::ffff:127.0.0.1".parse().unwrap()));
        assert!(!policy.permits("127.0.0.2".parse().unwrap()));
        assert!(!policy.permits("::1".parse().unwrap()));
    }

    #[test]
    fn a_refused_range_wins_over_the_table_and_over_an_allowed_one() {
        let policy = AddressPolicy {
            allowed: vec!["2600:1f00::/24".parse().unwrap(), "10.0.0.0/8".parse().unwrap()],
            refused: vec!["2600:1f00::/24".parse().unwrap(), "10.96.0.0/12".parse().unwrap()],
        };
        assert!(!policy.permits("2600:1f00::1".parse().unwrap()));
        assert!(!policy.permits("10.96.0.1".parse().unwrap()));
        assert!(!policy.permits("64:ff9b::10.96.0.1".parse().unwrap()));
        assert!(policy.permits("10.0.0.1".parse().unwrap()));
    }
}
