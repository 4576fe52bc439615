//! The WebAssembly module a compiled tool is stored as: QuickJS bytecode in a wrapper of one function, as Javy's
//! dynamic modules are. It imports the engine and hands it the bytecode, so any WebAssembly host that has the engine can
//! run it. The wrapper is a function of the bytecode alone, which is what makes duty 9 possible: a module that is not
//! what [`wrap`] gives is refused, and nothing but bytecode can hide in one.

/// The module that the engine's exports are imported from.
pub const ENGINE_NAMESPACE: &str = "pace-tool-abi-1";

/// The bytes of a module that do not depend on its bytecode: everything but the contents of its last two sections and the
/// lengths in front of them.
const FIXED_OVERHEAD: usize = 136;
/// How much longer than its bytecode a module is at least: with no bytecode.
const SHORTEST_OVERHEAD: usize = 179;
/// How much longer at most: each of the six numbers that depend on the bytecode's length has five bytes then.
const LONGEST_OVERHEAD: usize = SHORTEST_OVERHEAD + 6 * 4;

/// Sections by their numbers (WebAssembly core specification 2.0, 5.5.2).
mod section {
    pub(super) const TYPE: u8 = 1;
    pub(super) const IMPORT: u8 = 2;
    pub(super) const FUNCTION: u8 = 3;
    pub(super) const EXPORT: u8 = 7;
    pub(super) const CODE: u8 = 10;
    pub(super) const DATA: u8 = 11;
    pub(super) const DATA_COUNT: u8 = 12;
}

/// What every module starts with: magic and version 1.
const PREAMBLE: &[u8] = b"\0asm\x01\0\0\0";
/// The value type `i32`.
const I32: u8 = 0x7F;
/// `func` in the type section, with the numbers of parameters and results to follow.
const FUNC: u8 = 0x60;

/// Wraps bytecode as a module. Its only export, `_start`, copies the bytecode into the engine's memory and calls `invoke`:
///
/// ```wat
/// (func (export "_start") (local i32)
///   (memory.init 0 (local.tee 0 (call $cabi_realloc (i32.const 0) (i32.const 0) (i32.const 1) (i32.const n)))
///                  (i32.const 0) (i32.const n))
///   (call $invoke (local.get 0) (i32.const n) (i32.const 0) (i32.const 0) (i32.const 0)))
/// ```
pub fn wrap(bytecode: &[u8]) -> Vec<u8> {
    let mut module = PREAMBLE.to_vec();
    push_section(&mut module, section::TYPE, &types());
    push_section(&mut module, section::IMPORT, &imports());
    // One function, of the third type.
    push_section(&mut module, section::FUNCTION, &[1, 2]);
    // One export: `_start`, function 2 (0 and 1 are imported).
    push_section(&mut module, section::EXPORT, &[&[1], text("_start").as_slice(), &[0, 2]].concat());
    push_section(&mut module, section::DATA_COUNT, &[1]);
    push_section(&mut module, section::CODE, &code(bytecode.len()));
    // One segment, passive (1).
    let segment = [&[1, 1], unsigned(bytecode.len()).as_slice(), bytecode].concat();
    push_section(&mut module, section::DATA, &segment);
    module
}

/// The bytecode of a module that [`wrap`] made; nothing for any other bytes. Linear in the module.
pub fn unwrap(module: &[u8]) -> Option<&[u8]> {
    // The bytecode is the end of the module, and a module gets longer with its bytecode: at most one length fits.
    let overheads = SHORTEST_OVERHEAD..=LONGEST_OVERHEAD;
    let fits = |overhead: &usize| module.len().checked_sub(*overhead).is_some_and(|n| overhead_of(n) == *overhead);
    let bytecode = module.get(overheads.into_iter().find(fits)?..)?;
    (wrap(bytecode) == module).then_some(bytecode)
}

/// How much longer the module is than `length` bytes of bytecode.
fn overhead_of(length: usize) -> usize {
    let sized = |inside: usize| unsigned(inside).len() + inside;
    let body = body(length).len();
    // Each number says how long the section is; the rest does not depend on the bytecode.
    let code = sized(1 + sized(body));
    let data = sized(2 + sized(length)) - length;
    FIXED_OVERHEAD + code + data
}

fn types() -> Vec<u8> {
    let realloc = [FUNC, 4, I32, I32, I32, I32, 1, I32];
    let invoke = [FUNC, 5, I32, I32, I32, I32, I32, 0];
    let start = [FUNC, 0, 0];
    [&[3], realloc.as_slice(), &invoke, &start].concat()
}

fn imports() -> Vec<u8> {
    let from_engine = |name: &str, what: &[u8]| [&text(ENGINE_NAMESPACE), &text(name), what].concat();
    [
        vec![3],
        from_engine("cabi_realloc", &[0, 0]),
        from_engine("invoke", &[0, 1]),
        // A memory of at least no pages, without a maximum.
        from_engine("memory", &[2, 0, 0]),
    ]
    .concat()
}

fn code(length: usize) -> Vec<u8> {
    let body = body(length);
    [&[1], unsigned(body.len()).as_slice(), &body].concat()
}

/// The function in the documentation of [`wrap`].
fn body(length: usize) -> Vec<u8> {
    const CONST: u8 = 0x41;
    const CALL: u8 = 0x10;
    const LOCAL_GET: u8 = 0x20;
    const LOCAL_TEE: u8 = 0x22;
    const MEMORY_INIT: [u8; 4] = [0xFC, 0x08, 0, 0];
    const END: u8 = 0x0B;
    let length = [&[CONST], signed(length).as_slice()].concat();
    [
        // One local of type i32.
        [1, 1, I32].as_slice(),
        &[CONST, 0, CONST, 0, CONST, 1],
        &length,
        &[CALL, 0, LOCAL_TEE, 0, CONST, 0],
        &length,
        &MEMORY_INIT,
        &[LOCAL_GET, 0],
        &length,
        &[CONST, 0, CONST, 0, CONST, 0, CALL, 1, END],
    ]
    .concat()
}

fn push_section(module: &mut Vec<u8>, number: u8, content: &[u8]) {
    module.push(number);
    module.extend(unsigned(content.len()));
    module.extend(content);
}

fn text(text: &str) -> Vec<u8> {
    [unsigned(text.len()).as_slice(), text.as_bytes()].concat()
}

/// LEB128 of an unsigned number.
fn unsigned(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = low_seven(number);
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// LEB128 of a number that is not negative, in the signed form: the last byte's bit 6 is the sign, so it has to be 0.
fn signed(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = low_seven(number);
        number >>= 7;
        if number == 0 && low & 0x40 == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

fn low_seven(number: usize) -> u8 {
    let [low, ..] = number.to_le_bytes();
    low & 0x7F
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTHS: [usize; 17] =
        [0, 1, 2, 54, 63, 64, 65, 127, 128, 129, 8191, 8192, 16_383, 16_384, 65_536, 1 << 20, (1 << 21) + 1];

    #[test]
    fn a_module_gives_its_bytecode_back() {
        for length in LENGTHS {
            let bytecode: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
            let module = wrap(&bytecode);
            assert_eq!(module.len() - length, overhead_of(length), "{length} bytes");
            assert_eq!(unwrap(&module), Some(bytecode.as_slice()), "{length} bytes");
        }
    }

    #[test]
    fn the_bounds_of_the_overhead_hold() {
        assert_eq!(overhead_of(0), SHORTEST_OVERHEAD);
        assert!(overhead_of(i32::MAX as usize) <= LONGEST_OVERHEAD);
    }

    #[test]
    fn any_other_module_is_none() {
        let module = wrap(b"bytecode");
        for at in 0..module.len() - b"bytecode".len() {
            let mut changed = module.clone();
            changed[at] ^= 1;
            assert_eq!(unwrap(&changed), None, "byte {at} is free");
        }
        for length in 0..module.len() {
            assert_eq!(unwrap(&module[..length]), None, "the first {length} bytes");
        }
        let longer = [module.as_slice(), b"!"].concat();
        assert_eq!(unwrap(&longer), None);
    }
}
