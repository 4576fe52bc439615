//! Choices read from bytes, so that whatever shrinks the bytes shrinks what was chosen. When the bytes run out every
//! choice is the first, and generators put the smallest thing there.

/// A source of choices.
#[derive(Debug, Clone)]
pub(crate) struct Tape<'a> {
    bytes: &'a [u8],
}

impl<'a> Tape<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        *first
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let number = if bound <= 256 {
            usize::from(self.byte())
        } else {
            usize::from(u16::from_be_bytes([self.byte(), self.byte()]))
        };
        number % bound.max(1)
    }

    /// Yes, once in `odds`; no at the end of the bytes.
    pub(crate) fn once_in(&mut self, odds: usize) -> bool {
        self.below(odds) == odds - 1
    }

    pub(crate) fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }

    /// A number from 0 to 1, in steps of 1/1000.
    pub(crate) fn share(&mut self) -> f64 {
        f64::from(u32::try_from(self.below(1001)).unwrap()) / 1000.0
    }
}

/// Bytes that look random and are the same each time (Knuth's MMIX generator).
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u8::try_from(state >> 56).unwrap()
    };
    (0..length).map(|_| next()).collect()
}
