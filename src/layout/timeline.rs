//! (timeline)
