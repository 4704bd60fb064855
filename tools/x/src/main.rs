//! `cargo x`: the project's own commands, in plain Rust.
fn main() {}
