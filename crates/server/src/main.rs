//! The binary `moim`.

fn main() {}
