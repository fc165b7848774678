//! Writing documents in other tools' formats.

pub mod callgrind;
pub mod folded;
pub mod json;
pub mod speedscope;
mod stacks;
