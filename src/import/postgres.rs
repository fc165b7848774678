//! What PostgreSQL's log formats share: the prefix of a line, the grammar of messages, and the
//! executions they add up to.

pub mod application;
pub mod batch;
pub mod collect;
mod event;
pub mod events;
pub mod executions;
pub mod infer;
pub mod languages;
pub mod message;
mod model;
pub mod prefix;
pub mod seen;
pub mod server;
mod session;
pub mod steps;
