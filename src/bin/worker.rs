//! The worker of one document.

fn main() {}
