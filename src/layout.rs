//! Where things are, in value space (seconds, fractions, rows) rather than pixels; and what is under
//! a point. Pure: no canvas, no colours.

pub mod flame;
pub mod sunburst;
pub mod timeline;
