//! Writing documents in other tools' formats.

pub mod folded;
pub mod json;
