//! Names nobody can guess.

/// Letters and digits that are not mistaken for each other; 32 of them, so that a byte maps evenly.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";

/// `length` random characters, five bits each.
pub(crate) fn word(length: usize) -> String {
    let mut bytes = vec![0_u8; length];
    // Without randomness the process can do nothing safely; this source does not fail once the system is up.
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn words_differ() {
        assert_ne!(super::word(20), super::word(20));
        assert_eq!(super::word(20).len(), 20);
    }
}
