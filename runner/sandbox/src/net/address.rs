//! What an IP address is good for: where it leads after translation, whether the whole internet can be meant, whether it is
//! where a cloud hands out credentials.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where clouds answer with the machine's own credentials. AWS (instance, container, pod; IPv6), Azure, Google, Oracle,
/// Alibaba, OpenStack.
const METADATA: [IpAddr; 11] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0023)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254)),
    IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0xa9fe, 0xa9fe)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xa9fe, 0xa9fe, 0, 0, 0, 0, 1)),
];

/// The address that is reached in the end: IPv4 in its IPv6 clothes (mapped, compatible, NAT64, 6to4) becomes IPv4.
pub(crate) fn reached(address: IpAddr) -> IpAddr {
    let IpAddr::V6(six) = address else { return address };
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    if six.is_unspecified() || six.is_loopback() {
        return address;
    }
    match six.segments() {
        // RFC 4291 2.5.5: compatible and mapped; RFC 2765: translated; RFC 6052: NAT64.
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        // RFC 3056: 6to4.
        | [0x2002, high, low, ..] => embedded(high, low),
        _ => address,
    }
}

/// Whether an address, after [`reached`], belongs to the public internet (IANA's special-purpose registries: what is
/// globally reachable).
pub(crate) fn is_public(address: IpAddr) -> bool {
    if is_metadata(address) {
        return false;
    }
    match address {
        IpAddr::V4(four) => is_public_four(four),
        IpAddr::V6(six) => is_public_six(six),
    }
}

/// Whether a cloud hands out credentials there.
pub(crate) fn is_metadata(address: IpAddr) -> bool {
    METADATA.contains(&address)
}

fn is_public_four(address: Ipv4Addr) -> bool {
    let is_special = match address.octets() {
        // Shared by carriers (RFC 6598); private.
        [100, second, ..] => (64..128).contains(&second),
        [172, second, ..] => (16..32).contains(&second),
        // This network; private; loopback; multicast, reserved, broadcast; link-local; protocol assignments, documentation, 6to4
        // relays, private; benchmarks, documentation.
        [0 | 10 | 127 | 224.., ..]
        | [169, 254, ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [192, 168, ..]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _] => true,
        _ => false,
    };
    !is_special
}

fn is_public_six(address: Ipv6Addr) -> bool {
    match address.segments() {
        // Protocol assignments (Teredo, ORCHID, benchmarks), documentation.
        [0x2001, second, ..] => second >= 0x200 && second != 0xdb8,
        [0x3fff, second, ..] => second >= 0x1000,
        // Everything handed out so far; the rest is local, multicast or nobody's.
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(text: &str) -> bool {
        is_public(reached(text.parse().unwrap()))
    }

    #[test]
    fn public_addresses_are_public() {
        for text in ["1.1.1.1", "93.184.216.34", "100.63.0.1", "100.128.0.1", "172.32.0.1", "192.0.1.1", "198.20.0.1"] {
            assert!(public(text), "{text}");
            assert!(public(&format!("::ffff:{text}")) && public(&format!("64:ff9b::{text}")), "{text} in IPv6");
        }
        for text in ["2606:4700:4700::1111", "2a00:1450:4001::8a", "2001:4860:4860::8888", "2002:101:101::1"] {
            assert!(public(text), "{text}");
        }
    }

    #[test]
    fn special_addresses_are_not() {
        let four = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "169.254.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
        ];
        for text in four {
            assert!(!public(text), "{text}");
            for prefix in ["::ffff:", "64:ff9b::", "::", "::ffff:0:"] {
                assert!(!public(&format!("{prefix}{text}")), "{prefix}{text}");
            }
        }
        let six = [
            "::",
            "::1",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:a9fe:a9fe::1",
            "64:ff9b:1::1",
            "100::1",
            "3fff::1",
            "4000::1",
            "2001:10::1",
        ];
        for text in six {
            assert!(!public(text), "{text}");
        }
    }

    #[test]
    fn metadata_is_found_in_disguise() {
        for text in
            ["169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "fd00:ec2::254", "2002:a9fe:a9fe::"]
        {
            assert!(is_metadata(reached(text.parse().unwrap())), "{text}");
        }
    }
}
