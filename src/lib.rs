//! Flamedrop's library: it reads profiles, SQL logs and logs of requests and answers questions about them.
//! It knows neither browser nor terminal; the page, its worker and the command line are thin
//! binaries over it.
//!
//! ```text
//! file ─ input::Source ─ input::Input ─ import::detect ─ Format::import ─ document::Document
//!                                                                              │
//!   page ◄── protocol::Response ◄── session::Session::answer ◄── protocol::Request
//!    │
//!    └─ layout (value space, hit test) ─ draw::Scene ─ canvas, or SVG
//! ```
//!
//! Words: self time and total time are pstats' `tottime` and `cumtime`, in seconds. A call graph
//! (functions and caller→callee edges) is exact in pstats; a call tree is estimated from it. A
//! statement is one execution of SQL; a fingerprint is its text with literals normalised away.

#![forbid(unsafe_code)]

pub mod brief;
pub mod code;
pub mod diagnostics;
pub mod document;
pub mod draw;
pub mod export;
pub mod findings;
pub mod format;
pub mod import;
pub mod input;
pub mod layout;
pub mod link;
pub mod profile;
pub mod protocol;
pub mod queries;
pub mod requests;
pub mod saved;
pub mod schema;
pub mod session;
pub mod share;
pub mod sort;
pub mod text;
pub mod time_axis;
