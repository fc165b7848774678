//! Flamedrop on the command line: the same library as the page.

fn main() {}
