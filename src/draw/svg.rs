//! (svg)
