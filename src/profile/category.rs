//! What a function belongs to, by its file and name: own code, or one of the layers of a Python web
//! application. Colours mean these.

use serde::{Deserialize, Serialize};

/// A layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Category {
    /// The user's own code.
    Own,
    /// An installed package not named below.
    Library,
    /// Database driver and ORM.
    Database,
    /// Template engines.
    Templates,
    /// Sockets, HTTP, TLS.
    Network,
    /// Python's own machinery: built-in functions and the standard library.
    Python,
}

/// The layer of the function `name` in `file`.
pub fn classify(file: &str, name: &str) -> Category {
    let _ = name;
    if file == "~" || file.starts_with('<') { Category::Python } else { Category::Own }
}
