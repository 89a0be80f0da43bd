//! What tests of damage have in common.

/// Calls `run` with short texts of noise, which are the same in every run.
pub fn noise(mut run: impl FnMut(&[u8])) {
    // Marsaglia's xorshift of 64 bits.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for _ in 0..20_000 {
        // Many bits that are not set make short numbers, and so more of a structure.
        let sparse = random() % 2 == 0;
        let n = random() % 120;
        let bytes: Vec<u8> = (0..n).map(|_| (random() & if sparse { random() } else { u64::MAX }) as u8).collect();
        run(&bytes);
    }
}
