//! (colours)
