//! (flame)
