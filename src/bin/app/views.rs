//! The views of a document, one file each.

pub mod box_card;
pub mod call_tree;
pub mod callers;
pub mod compare;
pub mod details;
pub mod difference;
pub mod events;
pub mod findings;
pub mod flame;
pub mod flame_chart;
pub mod functions;
pub mod lines;
pub mod memory;
pub mod overview;
pub mod queries;
pub mod requests;
pub mod sandwich;
pub mod schema;
pub mod single_requests;
pub mod site;
pub mod statement_card;
pub mod sunburst;
pub mod tables;
pub mod timeline;
