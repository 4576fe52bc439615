use num_bigint::BigInt;
use num_traits::{Num, Zero};

/// `StringToBigInt`
///
/// <https://tc39.es/ecma262/#sec-stringtobigint>
pub trait StringToBigInt<'a> {
    fn string_to_big_int(&self) -> Option<BigInt>;
}

impl StringToBigInt<'_> for &str {
    fn string_to_big_int(&self) -> Option<BigInt> {
        let s = self.trim_matches(crate::string_to_number::is_str_white_space_char);

        if s.is_empty() {
            return Some(BigInt::zero());
        }

        if s.len() > 2 && s.as_bytes()[0] == b'0' {
            // `| 32` converts upper case ASCII letters to lower case.
            // A bit more efficient than testing for `b'x' | b'X'`.
            // https://godbolt.org/z/Korrhd4TE
            let radix: u32 = match s.as_bytes()[1] | 32 {
                b'x' => 16,
                b'o' => 8,
                b'b' => 2,
                _ => 10,
            };

            if radix != 10 {
                // No sign and no separators, which `from_str_radix` accepts.
                let digits = &s[2..];
                return digits.chars().all(|c| c.is_digit(radix)).then(|| BigInt::from_str_radix(digits, radix).ok())?;
            }
        }

        let digits = s.strip_prefix(['+', '-']).unwrap_or(s);
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        BigInt::from_str_radix(s, 10).ok()
    }
}
