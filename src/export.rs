//! Writing documents in other tools' formats, and their tables.

pub mod callgrind;
#[cfg(feature = "flamegraph")]
pub mod flamegraph_svg;
pub mod folded;
pub mod json;
pub mod speedscope;
mod stacks;
pub mod table;
pub use crate::text;
