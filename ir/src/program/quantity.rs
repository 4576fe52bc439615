//! Quantities with their unit in the type.

use std::fmt;

use bincode::{Decode, Encode};

/// A span of time in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Milliseconds(pub u64);

/// A size in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct ByteSize(pub u64);

/// Money in millionths of a US dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct MicroUsd(pub u64);

impl fmt::Display for Milliseconds {
    /// As an author writes it, in the largest unit that divides it: `90s`, `2m`, `250ms`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")];
        write_scaled(formatter, self.0, &units, "0s")
    }
}

impl fmt::Display for ByteSize {
    /// As an author writes it, in the largest binary unit that divides it: `64MiB`, `1500B`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"), (1, "B")];
        write_scaled(formatter, self.0, &units, "0B")
    }
}

impl fmt::Display for MicroUsd {
    /// Dollars with no more decimals than needed, at least two: `$0.50`, `$0.0375`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fraction = format!("{:06}", self.0 % 1_000_000);
        let kept = fraction.trim_end_matches('0');
        write!(formatter, "${}.{kept:0<2}", self.0 / 1_000_000)
    }
}

fn write_scaled(formatter: &mut fmt::Formatter<'_>, value: u64, units: &[(u64, &str)], zero: &str) -> fmt::Result {
    if value == 0 {
        return formatter.write_str(zero);
    }
    match units.iter().find(|(size, _)| value.is_multiple_of(*size)) {
        Some((size, unit)) => write!(formatter, "{}{unit}", value / size),
        None => write!(formatter, "{value}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_authors_write() {
        assert_eq!(Milliseconds(600_000).to_string(), "10m");
        assert_eq!(Milliseconds(90_000).to_string(), "90s");
        assert_eq!(Milliseconds(0).to_string(), "0s");
        assert_eq!(ByteSize(64 << 20).to_string(), "64MiB");
        assert_eq!(ByteSize(1500).to_string(), "1500B");
        assert_eq!(MicroUsd(500_000).to_string(), "$0.50");
        assert_eq!(MicroUsd(12_037_500).to_string(), "$12.0375");
    }
}
