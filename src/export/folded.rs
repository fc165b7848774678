//! Folded stacks (`a;b;c 12.000`), the input of flame graph tools.
