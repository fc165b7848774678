//! (sunburst)
