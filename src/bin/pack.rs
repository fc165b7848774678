//! After trunk: content security policy and size budget.

fn main() {}
