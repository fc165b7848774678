//! Index candidates, and conditions that no index serves, for SQL as people write it.
