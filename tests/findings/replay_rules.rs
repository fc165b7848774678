//! What caches and replicas could answer, sessions and slow writes, where recordings have no example.

use super::lines::{found, log};

/// A read a moment after the commit is not one a second and more after the UPDATE.
#[test]
fn a_write_counts_from_its_commit() {
    let text = log(&[
        (77, 10, 1.0, "BEGIN"),
        (77, 20, 1.0, "UPDATE t SET a = 1 WHERE id = 1"),
        (77, 1500, 1.0, "COMMIT"),
        (77, 1530, 10.0, "SELECT a FROM t WHERE id = 1"),
    ]);
    assert!(found(&text, "read-replicas", &[("read-replicas.reads", 1.0)]).is_empty());
}
