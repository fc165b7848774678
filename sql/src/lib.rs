//! What is done to every byte of SQL: tokens, keywords, and fingerprints of statements.
//!
//! A crate of its own, as Cargo optimises by crates: in the worker this is compiled for speed and the rest for size
//! (`[profile.web-log-worker]` in the main crate's Cargo.toml, docs/size.md). The main crate has its modules under `queries`.

pub mod fingerprint;
pub mod keywords;
pub mod lexer;
