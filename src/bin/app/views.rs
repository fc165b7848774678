//! The views of a document, one file each.

pub mod box_card;
pub mod call_tree;
pub mod callers;
pub mod findings;
pub mod flame;
pub mod functions;
mod paged;
pub mod queries;
pub mod statement_card;
pub mod sunburst;
pub mod timeline;
